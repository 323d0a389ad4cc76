// The views beside the desk, and the Archive view. It follows script.js in the same function and uses what is there.

const NONE = "No reply. Is the server still running?";

// A function of the server: what it gives, or null (and the reader is told in `told`) when the server is gone.
async function ask_server(name, data, told = null) {
  let got;
  try {
    got = await server[name](data);
  } catch {
    got = undefined;
  }
  if (got === undefined && told) told.innerHTML = `<p class="notice problem">${NONE}</p>`;
  return got ?? null;
}

// -- views: the address names one after "#"; the desk stays as it was ------------------------------------------------

const views = { archive: "#shelf", settings: "#settings" };
let left = 0; // how far the desk was scrolled

function current() {
  every(".views a").forEach((link) => {
    const here = link.hash === `#${document.body.dataset.view || "ask"}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
}

function show() {
  const before = document.body.dataset.view;
  const name = views[location.hash.slice(1)] ? location.hash.slice(1) : "";
  if (name === (before ?? "")) return current();
  if (!before) left = window.scrollY;
  document.body.dataset.view = name;
  for (const [other, place] of Object.entries(views)) find(place).hidden = other !== name;
  current();
  window.scrollTo(0, name ? 0 : left);
  if (!name) return;
  find(`${views[name]} h2`).focus({ preventScroll: true });
  if (name === "archive") shelf();
  else settings();
}

addEventListener("hashchange", show);

// -- the archive: what is in it, and the list --------------------------------------------------------------------------

const shelf_told = find("#shelf .adding .told");
const picked = new Set(); // ids of the articles that are chosen, on whatever page of the list
let page_shown = 0;
let asked_list = 0;

async function shelf() {
  const got = await ask_server("shelf_view", null, find("#shelf .overview"));
  if (!got) return;
  find("#shelf .overview").innerHTML = got.overview;
  fill_sieve(got.sieve);
  watch_work(got);
  await articles(page_shown);
}

// The filters anew, with what was chosen of them still chosen.
function keep_choice(form, html, put) {
  const values = chosen(form);
  const opened = find(form)?.open;
  put(html);
  for (const input of every(`${form} input`)) {
    const value = values[input.name];
    if (input.type === "checkbox") input.checked = value?.includes(input.value) ?? false;
    else input.value = value ?? "";
  }
  if (find(form)) find(form).open = opened ?? false;
  count();
}

const fill_sieve = (html) => keep_choice("#sieve", html, (text) => (find("#shelf .sieve").innerHTML = text));

async function articles(number) {
  const mine = ++asked_list;
  const found = find("#shelf .found");
  const got = await ask_server(
    "shelf_list", { search: find("#shelf [name=search]").value, filters: chosen("#sieve"), page: number }, found,
  );
  if (got === null || mine !== asked_list) return; // the list was asked for anew meanwhile
  page_shown = number;
  found.innerHTML = got;
  every(".listed input", found).forEach((input) => (input.checked = picked.has(input.value)));
  counted();
}

function counted() {
  const button = find("#shelf [data-removal]");
  if (!button) return;
  button.disabled = !picked.size;
  button.textContent = picked.size ? `Remove ${picked.size}…` : "Remove…";
  find("#shelf [data-all]").checked = every(".listed input").every((input) => input.checked);
}

find("#shelf").addEventListener("change", ({ target }) => {
  if (target.matches("[data-all]")) every(".listed input").forEach((input) => pick(input, target.checked));
  else if (target.matches(".listed input")) pick(target, target.checked);
  else if (target.closest("#sieve")) return articles(0);
  counted();
});

function pick(input, chosen) {
  input.checked = chosen;
  if (chosen) picked.add(input.value);
  else picked.delete(input.value);
}

find("#shelf .search").addEventListener("submit", (event) => {
  event.preventDefault();
  articles(0);
});
find("#shelf [name=search]").addEventListener("search", () => articles(0)); // also its own button that empties it

async function turn_page(control) {
  await articles(Number(control.dataset.page));
  find("#shelf .found").scrollIntoView({ block: "nearest" });
  find("#shelf .listed .read")?.focus({ preventScroll: true });
}

// -- taking articles out -------------------------------------------------------------------------------------------------

const removal = find("#removal");

async function ask_removal() {
  const got = await ask_server("shelf_removal", { ids: [...picked] }, find("#shelf .found"));
  if (!got) return;
  removal.querySelector(".page").innerHTML = got;
  removal.showModal();
  removal.querySelector("[data-close]").focus();
}

async function removed(control) {
  control.disabled = true;
  const got = await ask_server("shelf_remove", { ids: [...picked] }, shelf_told);
  removal.close();
  if (got === null) return;
  picked.clear();
  shelf_told.innerHTML = got;
  await fresh();
  find("#shelf-name").focus();
}

// -- taking articles in --------------------------------------------------------------------------------------------------

let followed = false;

// Shows how far an ingest is until it has ended; then the page shows the archive as it is now.
async function watch_work(got) {
  work_shown("#shelf .adding .work", got);
  if (!got.running) return void (shelf_told.innerHTML ||= got.told);
  if (followed) return;
  followed = true;
  shelf_told.replaceChildren();
  while (got?.running) {
    await new Promise((done) => setTimeout(done, 600));
    got = await ask_server("shelf_work", {}, shelf_told);
    work_shown("#shelf .adding .work", got);
  }
  followed = false;
  if (!got) return;
  shelf_told.innerHTML = got.told;
  await fresh();
}

function work_shown(place, got) {
  const work = find(place);
  const held = work.contains(document.activeElement);
  work.hidden = !got?.running;
  if (got?.running) work.querySelector(".seen").innerHTML = got.seen;
  else if (held) work.closest(".view").querySelector("h2").focus({ preventScroll: true });
}

async function begin(name, data) {
  shelf_told.replaceChildren();
  const got = await ask_server(name, data, shelf_told);
  if (got?.problem) shelf_told.innerHTML = got.problem;
  else if (got) watch_work(got);
  return got && !got.problem;
}

async function upload_all(files) {
  const { most, bytes } = find("#shelf .drop").dataset;
  const refused = [];
  const names = [];
  const replace = find("#shelf [name=replace]").checked;
  for (const [n, file] of [...files].slice(0, Number(most)).entries()) {
    shelf_told.textContent = `Uploading ${n + 1} of ${Math.min(files.length, Number(most))}: ${file.name}`;
    if (file.size > Number(bytes)) {
      refused.push(`${file.name}: bigger than ${Number(bytes) / 1e6} MB`);
      continue;
    }
    const got = await ask_server("shelf_upload", { binary: true, data: { file, replace } });
    if (got?.name) names.push(got.name);
    else refused.push(`${file.name}: ${got?.problem ?? "could not be sent"}`);
  }
  if (files.length > Number(most)) refused.push(`${files.length - most} files more: add them after these`);
  shelf_told.replaceChildren();
  if (names.length) await begin("shelf_add", { uploads: names });
  find("#shelf .refused").replaceChildren(...refused.map((text) => {
    const line = document.createElement("p");
    line.className = "notice problem";
    line.textContent = text;
    return line;
  }));
}

const drop = find("#shelf .drop");

drop.addEventListener("change", async ({ target }) => {
  if (target.name !== "files" || !target.files.length) return;
  const files = [...target.files];
  target.value = "";
  await upload_all(files);
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop") upload_all([...event.dataTransfer.files]);
  });
}
// A file that misses the place for it would be opened by the browser, in place of the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

find("#shelf .place").addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = event.target.querySelector("input");
  find("#shelf .refused").replaceChildren();
  if (await begin("shelf_add", { place: input.value })) input.value = "";
});

// What shows the archive's articles anew: head, filters, examples, plots and list.
async function fresh() {
  const got = await ask_server("shelf_fresh", null, shelf_told);
  if (!got) return;
  find("#shelf .overview").innerHTML = got.overview;
  fill_sieve(got.sieve);
  renewed(got);
  await articles(page_shown);
}

function renewed({ head, controls, start, writer }) {
  find("#head .title").parentElement.innerHTML = head;
  current();
  const chosen_writer = writer ?? find("#writer select")?.value;
  const at = find("#controls .html-container > *") ?? find("#controls .html-container");
  keep_choice("#filters", controls, (text) => (at.innerHTML = text));
  const select = find("#writer select");
  if (select && [...select.options].some((option) => option.value === chosen_writer)) select.value = chosen_writer;
  if (find("#answer .start")) find("#answer .start").outerHTML = start;
}

actions.push(
  ["[data-page]", turn_page],
  ["[data-removal]", ask_removal],
  ["[data-remove]", removed],
  ["[data-finish]", () => begin("shelf_finish", null)],
  ["[data-halt]", () => ask_server("shelf_work", { stop: true }, shelf_told)],
);
