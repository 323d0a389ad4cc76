// The Settings view. It follows shelf.js in the same function and uses what is there.

const who = find("#settings .who:not(.checks, .finds)");
const checks = find("#settings .checks");
const finds = find("#settings .finds");
const who_told = who.querySelector(".told");

async function settings() {
  const got = await ask_server("settings_view", { writer: find("#writer select")?.value }, who_told);
  if (!got) return;
  find("#settings .used").innerHTML = got.used;
  who.querySelector(".writers").innerHTML = got.writers;
  checks.querySelector(".judges").innerHTML = got.judges;
  finds.querySelector(".embedders").innerHTML = got.embedders;
  find("#settings .packs").innerHTML = got.packs;
  pulling.watch(got.pull);
  embedding.watch(got.embed);
}

const named = (form) => form.querySelector("[type=radio]:checked")?.value || form.querySelector(".other input").value.trim();

for (const form of [who, checks, finds]) {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({ target }) => {
    if (target.closest(".other")) form.querySelector("[type=radio][value='']").checked = true;
  });
}

async function writer_chosen(control) {
  const act = control.dataset.writer;
  who_told.textContent = act === "try" ? "Asking it for a word" : "";
  control.disabled = true;
  const got = await ask_server(act === "try" ? "settings_try" : "settings_use", { name: named(who), keep: act === "keep" }, who_told);
  control.disabled = false;
  control.focus();
  if (got === null) return;
  who_told.innerHTML = got.told ?? got;
  if (!got.writer) return;
  renewed(got);
  await settings();
}

async function judge_chosen(control) {
  const told = checks.querySelector(".told");
  control.disabled = true;
  const got = await ask_server("settings_judge", { name: named(checks) }, told);
  control.disabled = false;
  control.focus();
  if (!got) return;
  if (got.kept) await settings();
  told.innerHTML = got.told;
}

// Work that goes on at the server: begun by one of its functions, followed and stopped by another.
function work(place, begins, follows) {
  const told = find(`${place} .told`);
  let followed = false;
  const shown = (got) => work_shown(`${place} .work`, got);

  async function watch(got) {
    shown(got);
    if (!got.running || followed) return void (got.running || (told.innerHTML ||= got.told));
    followed = true;
    told.replaceChildren();
    while (got?.running) {
      await new Promise((done) => setTimeout(done, 600));
      got = await ask_server(follows, {}, told);
      shown(got);
    }
    followed = false;
    if (!got) return;
    told.innerHTML = got.told;
    await settings();
  }

  async function begin_with(data) {
    told.replaceChildren();
    const got = await ask_server(begins, data, told);
    if (got?.problem) told.innerHTML = got.problem;
    else if (got) watch(got);
  }

  return { watch, begin: begin_with, stop: () => ask_server(follows, { stop: true }, told) };
}

const pulling = work("#settings .fetch", "settings_pull", "settings_pulling");
const embedding = work("#settings .finds", "settings_embed", "settings_embedding");

actions.push(
  ["[data-writer]", writer_chosen],
  ["[data-judge]", judge_chosen],
  ["[data-pull]", (control) => pulling.begin({ pack: control.dataset.pull })],
  ["[data-unpull]", pulling.stop],
  ["[data-embed]", () => embedding.begin({ name: named(finds) })],
  ["[data-unembed]", embedding.stop],
);
show();
