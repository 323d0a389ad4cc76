// The desk's behaviour: asking, chips, the panel, keys, and what a screen reader is told.
// Gradio runs this once, as the body of a function with `server`, whose functions are those of ui/page.py.

const find = (selector) => document.querySelector(selector);
const every = (selector, within = document) => [...within.querySelectorAll(selector)];
const desk = { last: "", ignore: [], again: false, next: null };
window.desk = desk;

// -- asking ----------------------------------------------------------------------------------------------------

const box = () => find("#question textarea, #question input");
const entry = () => (document.body.dataset.view ? find("#shelf [name=search]") : box()); // what "/" goes to

function write(text) {
  box().value = text;
  box().dispatchEvent(new Event("input", { bubbles: true })); // for Gradio to know
}

// What goes to the server with a question: the inputs of `turn` in ui/page.py.
desk.sent = (typed) => {
  const unheard = desk.unheard?.question === typed.trim() ? desk.unheard.ignore : []; // what it was asked without
  const next = desk.next ?? { question: typed, ignore: unheard, again: false };
  desk.next = null;
  if (next.open !== undefined) return ["", { open: next.open }, null, null];
  if (!next.question.trim()) return ["", null, null, null];
  if (desk.lost) return ["", null, null, null]; // nobody would hear it, and it stays where it was typed
  desk.last = desk.pending = next.question;
  desk.look?.();
  desk.ignore = next.ignore;
  desk.unheard = null;
  if (!next.again) setTimeout(() => write(""), 0);
  find("#said").replaceChildren();
  const wishes = { ignore: next.ignore, again: next.again, writer: find("#writer select")?.value ?? null, filters: chosen() };
  return [next.question, wishes, null, null];
};

desk.stopped = () => every("#answer .working").forEach((line) => {
  line.classList.remove("working");
  line.textContent = "Stopped.";
  desk.pending = "";
});

// The last question, also that of a conversation that was opened again.
const asked = () => desk.last || (find("#answer .answer.done") && find("#answer h2.question").textContent);

function ask(question, ignore = [], again = false) {
  if (!question) return;
  desk.next = { question, ignore, again };
  find("#send").click();
}

// -- filters ---------------------------------------------------------------------------------------------------

function chosen(form = "#filters") {
  const filters = {};
  for (const input of every(`${form} input`)) {
    if (input.type === "checkbox" ? input.checked : input.value) {
      if (input.type === "checkbox") (filters[input.name] ??= []).push(input.value);
      else filters[input.name] = input.value;
    }
  }
  return filters;
}

function choose(filters) {
  for (const input of every("#filters input")) {
    const value = filters[input.name] ?? "";
    if (input.type === "checkbox") input.checked = value.includes(input.value);
    else input.value = value;
  }
  count();
}

function count() {
  for (const shown of every(".filters .chosen")) {
    const number = Object.values(chosen(`#${shown.closest(".filters").id}`)).flat().length;
    shown.hidden = !number;
    shown.textContent = number ? `${number} chosen` : "";
  }
  desk.filtered?.();
}

function clear(control) {
  for (const input of every("input", control?.closest(".filters") ?? find("#filters"))) {
    if (input.type === "checkbox") input.checked = false;
    else input.value = "";
  }
  count();
}

// -- the panel -------------------------------------------------------------------------------------------------

const panel = find("#panel");
const page = find("#panel .page");
const cites = () => every(document.body.dataset.view ? "#shelf .listed .read" : "#answer .cite");
let opener = null; // what has the focus when the panel closes
let opening = 0;

async function open(control) {
  if (!panel.contains(control)) opener = control;
  const mine = ++opening;
  page.innerHTML = '<p class="quiet">Opening</p>';
  if (!panel.open) panel.showModal();
  place();
  let shown;
  try {
    shown = await server.open_article({ ...control.dataset });
  } catch {
    shown = '<h2 tabindex="-1">This article cannot be opened</h2><p class="notice">No reply. Is the server still running?</p>';
  }
  if (mine !== opening) return; // another one was opened meanwhile
  page.innerHTML = shown;
  page.scrollTop = 0;
  page.querySelector("h2")?.focus({ preventScroll: true });
  const words = page.querySelector("mark");
  words?.scrollIntoView({ block: "center" });
  // Paragraphs are laid out as they come into view, which moves what was scrolled to.
  requestAnimationFrame(() => {
    words?.scrollIntoView({ block: "center" });
    await_more();
  });
}

// A long text comes in parts, each as it is scrolled to.
async function more(control) {
  if (control.disabled) return;
  control.disabled = true;
  let shown;
  try {
    shown = await server.open_article({ ...control.dataset, article: control.dataset.of });
  } catch {
    control.disabled = false;
    return;
  }
  if (!control.isConnected) return; // another article was opened meanwhile
  if (document.activeElement === control) page.focus({ preventScroll: true });
  const [height, top] = [page.scrollHeight, page.scrollTop];
  control.outerHTML = shown;
  if (control.dataset.more === "before" && !top) page.scrollTop = page.scrollHeight - height; // else the browser does
  await_more();
}

const near = new IntersectionObserver(
  (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => more(one.target)),
  { root: page, rootMargin: "800px" },
);

function await_more() {
  near.disconnect();
  every(".more", page).forEach((control) => near.observe(control));
}

function place() {
  const all = cites();
  const at = all.indexOf(opener);
  const name = opener?.dataset.number ? `${opener.dataset.called} ${opener.dataset.number}` : "Article";
  find("#panel .place").textContent = at < 0 ? "" : `${name}, ${at + 1} of ${all.length}`;
  for (const button of every("#panel [data-step]")) {
    button.disabled = all.length < 2 && at >= 0 ? true : all[at < 0 ? 0 : at + Number(button.dataset.step)] === undefined;
  }
}

function step(by) {
  const all = cites();
  const from = all.indexOf(panel.open ? opener : document.activeElement);
  const to = all[from < 0 ? (by > 0 ? 0 : all.length - 1) : from + by];
  if (!to) return;
  if (panel.open) open(to);
  else to.focus();
}

panel.addEventListener("close", () => {
  opening++;
  page.replaceChildren();
  (opener?.isConnected ? opener : entry()).focus();
});

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not given to pages that are served without https to another machine
    const area = document.createElement("textarea");
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  say("Copied");
}

// -- taking an answer away, and what a reader says of it --------------------------------------------------------------

async function take(button) {
  const told = button.parentElement.querySelector(".told");
  let file;
  try {
    file = await server.take({ answer: button.parentElement.dataset.answer, format: button.dataset.take });
  } catch {
    file = { problem: "No reply. Is the server still running?" };
  }
  told.textContent = file.problem ?? "Downloaded";
  if (file.problem) return;
  const bytes = Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: file.type }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be reading it
}

async function note(button) {
  const form = button.closest(".feedback");
  const told = form.querySelector(".told");
  told.textContent = "";
  try {
    told.textContent = await server.say({
      answer: form.dataset.answer, kind: button.dataset.said, note: form.querySelector("[name=note]").value,
      facts: form.querySelector("[name=facts]").value, unanswerable: form.querySelector("[name=unanswerable]").checked,
    });
  } catch {
    told.textContent = "No reply. Is the server still running?";
  }
}

// -- conversations ---------------------------------------------------------------------------------------------

const search = find("#talks input");
let listing = 0;

async function list(change = {}) {
  const mine = ++listing;
  let shown;
  try {
    shown = await server.conversations({ search: search.value, ...change });
  } catch {
    shown = '<p class="notice">No reply. Is the server still running?</p>';
  }
  if (mine === listing) find("#talks .found").innerHTML = shown;
}

function talks() {
  search.value = "";
  find("#talks").showModal();
  return list();
}

function enter(id) {
  find("#talks").close();
  desk.last = "";
  desk.ignore = [];
  desk.next = { open: id };
  find("#send").click();
  box().focus();
}

async function rename({ id, name }) {
  const chosen = prompt("Name of the conversation", name);
  if (chosen !== null) await list({ rename: id, name: chosen });
  search.focus();
}

async function remove({ id, name }) {
  if (confirm(`Delete “${name}”? It cannot be brought back.`)) await list({ delete: id });
  search.focus();
}

search.addEventListener("input", () => list());
const row = (control) => control.closest("[data-id]").dataset;

// -- users -----------------------------------------------------------------------------------------------------

const toSignIn = () => location.assign("/sign-in");

async function leave() {
  desk.filtered = null;
  window.sessionStorage.clear(); // what one reader typed and chose is nothing to the next
  await fetch("/sign-out", { method: "POST" });
  toSignIn();
}

// A session that has ended is told by whatever is asked of the server next.
const fetched = window.fetch;
window.fetch = async (...request) => {
  const answer = await fetched(...request);
  if (answer.status === 401) toSignIn();
  return answer;
};

// -- clicks and keys -------------------------------------------------------------------------------------------

const actions = [
  ["[data-article]", open],
  ["[data-ask]", (control) => ask(control.dataset.ask)],
  ["[data-ignore]", (control) => ask(asked(), [...desk.ignore, control.dataset.ignore], true)],
  ["[data-restore]", (control) => ask(asked(), desk.ignore.filter((value) => value !== control.dataset.restore), true)],
  ["[data-again]", () => ask(asked(), desk.ignore, true)],
  ["[data-more]", more],
  ["[data-step]", (control) => step(Number(control.dataset.step))],
  ["[data-copy]", copy],
  ["[data-take]", take],
  ["[data-said]", note],
  ["[data-talks]", talks],
  ["[data-new]", () => enter("")],
  ["[data-load]", (control) => enter(row(control).id)],
  ["[data-rename]", (control) => rename(row(control))],
  ["[data-delete]", (control) => remove(row(control))],
  ["[data-clear]", clear],
  ["[data-wide]", () => { clear(); ask(asked(), desk.ignore, true); }],
  ["[data-leave]", leave],
  ["[data-help]", () => find("#help").showModal()],
  ["[data-close]", (control) => control.closest("dialog").close()],
];

document.addEventListener("click", (event) => {
  for (const [selector, act] of actions) {
    const control = event.target.closest?.(selector);
    if (control) return act(control);
  }
});
document.addEventListener("change", count);

const writes = (element) => element.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=file])");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const used = key(event);
  if (used) event.preventDefault();
});

function key(event) {
  const target = event.target;
  if (event.key === "Escape") return escape(target);
  if (target === box()) {
    if (event.key !== "ArrowUp" || target.value || !desk.last) return false;
    write(desk.last);
    return true;
  }
  if (writes(target) || find("#help").open || find("#talks").open) return false;
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  else if (panel.open) return false;
  else if (event.key === "/") entry().focus();
  else if (event.key === "?") find("#help").showModal();
  else return false;
  return true;
}

function escape(target) {
  if (find("dialog[open]")) return false; // the browser closes it
  const told = target.closest?.(".sentence") ?? find(".sentence:hover");
  if (told?.querySelector(".reason")) told.classList.add("dismissed");
  if (!find("#answer .working")) return false;
  find("#stop").click();
  return true;
}

for (const kind of ["mouseover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const entered = event.target.closest?.(".sentence");
    every(".sentence.dismissed").filter((one) => one !== entered).forEach((one) => one.classList.remove("dismissed"));
  });
}

// -- what a screen reader is told: what is going on, and each sentence once it is checked --------------------------

const told = new Map();
let status = "";

function say(text) {
  const line = document.createElement("p");
  line.textContent = text;
  find("#said").append(line);
}

function spoken(sentence) {
  const verdict = sentence.querySelector(".mark").getAttribute("aria-label");
  const words = [...sentence.childNodes].filter((node) => !node.matches?.("button, .mark, .why"));
  return `${verdict}: ${words.map((node) => node.textContent).join("")}`;
}

function listen() {
  const now = find("#answer .working, #answer .problem")?.textContent ?? "";
  if (now && now !== status) say(now);
  status = now;
  for (const sentence of every("#answer .sentence[data-name]")) {
    const text = spoken(sentence);
    if (told.get(sentence.dataset.name) !== text) say(text);
    told.set(sentence.dataset.name, text);
  }
  const none = every("#answer .abstained > p, #answer .missed").map((part) => part.textContent).join(" ");
  if (none && told.get("none") !== none) say(none);
  told.set("none", none);
}

// The whole body: what stands in #answer is put there after this has run.
new MutationObserver(listen).observe(document.body, { childList: true, subtree: true, characterData: true });
