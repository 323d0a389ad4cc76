"use strict";
// Without this the page works too: folded parts are opened by hand, and lists stay sorted by the worst of all runs.
const value = (row, i) => {
  const text = row.cells[i].textContent.replace(/,/g, "");
  return text === "failed" ? -Infinity : text === "–" ? Infinity : parseFloat(text);
};
const sort = (head) => {
  const table = head.closest("table"), body = table.tBodies[0], i = head.cellIndex;
  const signed = (row) => { const v = value(row, i); return table.dataset.better === "lower" && isFinite(v) ? -v : v; };
  const order = (a, b) => { const x = signed(a), y = signed(b); return x < y ? -1 : x > y ? 1 : 0; };
  body.append(...[...body.rows].sort(order));
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", table.dataset.better === "lower" ? "descending" : "ascending");
};
for (const head of document.querySelectorAll("table[data-better] th[id]")) {
  const button = document.createElement("button");
  button.textContent = head.textContent;
  button.title = "Worst first";
  button.addEventListener("click", () => sort(head));
  head.replaceChildren(button);
}
const reach = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (!target) return;
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  if (target.matches("table[data-better] th")) sort(target);
  target.scrollIntoView();
  const focus = target.querySelector(":scope > summary, :scope > button");
  if (focus) focus.focus({ preventScroll: true });
};
addEventListener("hashchange", reach);
addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest('a[href^="#"]');
  if (link && link.hash === location.hash) reach();
});
reach();
