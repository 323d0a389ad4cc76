// The connection: said when it is lost, gone on with when it is back. What is typed, what it was asked without, the
// filters and which conversation is open outlive both, and a page that is loaded again, in this window's own storage.
// Also: notices that leave by themselves.
// Runs behind script.js, in the same function.

const OFTEN = 2000; // milliseconds
const SELDOM = 5000;
const store = window.sessionStorage;
const served = window.gradio_config?.app_id;
let restoring = store.getItem("desk.talk");
let watching;

async function reached() {
  let response;
  try {
    response = await fetch("gradio_api/app_id", { cache: "no-store" });
  } catch {
    return "lost";
  }
  if (response.status >= 500) return "lost";
  const now = response.ok ? (await response.json()).app_id : served; // refused for another reason: it is there
  return now === served ? "here" : "another";
}

async function look() {
  clearTimeout(watching);
  const state = await reached();
  if (state === "lost") lose();
  else if (desk.lost && state === "another") return location.reload(); // it was started again, and knows no window
  else desk.lost = false;
  if (!desk.lost) {
    if (find("#lost:popover-open")) find("#lost").hidePopover();
    await refresh();
  }
  clearTimeout(watching);
  watching = setTimeout(look, desk.lost || find("#head .notice") ? OFTEN : SELDOM);
}
desk.look = () => {
  store.removeItem("desk.unheard");
  setTimeout(look, 700); // what was sent should have arrived by then
};

function lose() {
  if (!find("#lost:popover-open")) find("#lost").showPopover();
  desk.lost = true;
  every("#answer .working").forEach((line) => {
    line.classList.remove("working");
    line.textContent = "The connection was lost before the answer was whole.";
  });
  if (desk.pending && !box().value) {
    desk.unheard = { question: desk.pending, ignore: desk.ignore };
    store.setItem("desk.unheard", JSON.stringify(desk.unheard));
    write(desk.pending);
  }
  desk.pending = "";
}

async function refresh() {
  if (!find("#head .notice")) return;
  const now = await server.news({}).catch(() => null); // the next look tells whether it is lost
  const shown = find("#head .notices");
  if (now !== null && shown.innerHTML !== now) shown.innerHTML = now;
}

// What is shown, for the next load: a finished answer's conversation, or none where there is the start.
function remember() {
  if (find("#answer .foot, #answer .problem") && find("#answer h2.question")?.textContent === desk.pending) desk.pending = "";
  const current = find("#answer [data-current]")?.dataset.current;
  if (current) store.setItem("desk.talk", current);
  if (current) restoring = null;
  if (restoring && find("#answer .problem")) enter(""); // it was deleted meanwhile
  if (find("#answer .problem, #answer .start") && !restoring) store.removeItem("desk.talk");
  if (find("#answer .problem")) restoring = null;
}

const kept = (name) => JSON.parse(store.getItem(name)); // null if there is none

function restore() {
  if (!box() || !find("#send") || !find("#answer .start")) return setTimeout(restore, 50); // the page is still coming
  const typed = store.getItem("desk.typed");
  desk.unheard = kept("desk.unheard");
  choose(kept("desk.filters") ?? {});
  desk.filtered = () => store.setItem("desk.filters", JSON.stringify(chosen()));
  if (typed && !box().value) write(typed);
  box().addEventListener("input", () => store.setItem("desk.typed", box().value));
  if (restoring) {
    desk.next = { open: restoring };
    find("#send").click();
  }
  new MutationObserver(remember).observe(find("#answer"), { childList: true, subtree: true });
}

restore();
watching = setTimeout(look, OFTEN);
