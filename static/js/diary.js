// The counsellor's week: arrow keys go from hour to hour, and an appointment can be dragged to a
// free hour. Without this script each hour is a link, and "Move…" moves.

import { fill } from "./times.js";

const table = document.querySelector("[data-week]");
const dialog = document.querySelector("[data-move-dialog]");
const form = dialog.querySelector("form");

// Rows of cells by place: a closed cell that spans three hours stands in three rows.
function grid() {
  const rows = [...table.rows].map(() => []);
  [...table.rows].forEach((row, down) => {
    for (const cell of row.cells) {
      const across = rows[down].findIndex((taken) => !taken);
      const place = across < 0 ? rows[down].length : across;
      for (let span = 0; span < cell.rowSpan; span++) setAt(rows[down + span], place, cell);
    }
  });
  return rows;
}

function setAt(row, place, cell) {
  while (row.length < place) row.push(undefined);
  row[place] = cell;
}

const cells = grid();
const links = [...table.querySelectorAll("td a")];

function placeOf(cell) {
  const down = cell.parentNode.rowIndex;
  return [down, cells[down].indexOf(cell)];
}

// One tab stop into the table; the arrow keys go on from there.

function stopAt(link) {
  for (const other of links) other.tabIndex = other === link ? 0 : -1;
}

const linkAt = (down, across) => cells[down]?.[across]?.querySelector("a");

// The next link from a place on, in steps; closed and past hours are passed over.
function next([down, across], [stepDown, stepAcross]) {
  for (;;) {
    down += stepDown;
    across += stepAcross;
    if (!cells[down]?.[across]) return null;
    const link = linkAt(down, across);
    if (link) return link;
  }
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function wanted(event, cell) {
  const [down] = placeOf(cell);
  const isWhole = event.ctrlKey || event.metaKey;
  const row = isWhole ? links : cells[down].map((one) => one.querySelector("a")).filter(Boolean);
  if (event.key === "Home") return row.at(0);
  if (event.key === "End") return row.at(-1);
  return event.key in STEPS && !isWhole && !event.altKey ? next(placeOf(cell), STEPS[event.key]) : null;
}

function go(event) {
  const link = wanted(event, event.target.closest("td"));
  if (!link) return;
  event.preventDefault();
  link.focus();
}

if (links.length) {
  const today = table.querySelector("th[aria-current]")?.cellIndex;
  stopAt(links.find((link) => placeOf(link.closest("td"))[1] === today) ?? links[0]);
  for (const link of links) {
    link.addEventListener("keydown", go);
    link.addEventListener("focus", () => stopAt(link));
  }
}

// Dragging an appointment that is ahead to a free hour asks, and then moves.

let dragged = null;

const freeAt = (target) => target.closest?.("td")?.querySelector("a.free");

function slotName(cell) {
  const [down, across] = placeOf(cell);
  return `${cells[0][across].textContent}, ${cells[down][0].textContent}`.replaceAll(" ", "\u00a0");
}

function start(event) {
  const link = event.target.closest?.("a");
  if (!link?.matches(".movable")) {
    event.preventDefault(); // nothing else in the week is to be carried about
    return;
  }
  dragged = link;
  event.dataTransfer.clearData(); // no address with it, should it be dropped on another window
  event.dataTransfer.setData("text/plain", " ");
  event.dataTransfer.effectAllowed = "move";
  link.classList.add("is-dragged");
  setTimeout(() => table.classList.add("is-dragging")); // the picture under the pointer is taken by then
}

function markTarget(cell) {
  table.querySelector(".is-target")?.classList.remove("is-target");
  cell?.classList.add("is-target");
}

function over(event) {
  const free = dragged && freeAt(event.target);
  markTarget(free && free.closest("td"));
  if (!free) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
}

function end() {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  table.classList.remove("is-dragging");
  markTarget(null);
}

function drop(event) {
  const free = dragged && freeAt(event.target);
  if (!free) return;
  event.preventDefault();
  ask(dragged, free);
}

function ask(link, free) {
  const slot = new URL(free.href).searchParams;
  const title = dialog.querySelector("[data-text]");
  form.action = new URL(`move/?seen=${link.dataset.seen}`, link.href);
  for (const name of ["date", "hour"]) form.elements[name].value = slot.get(name);
  form.querySelector("#tell").checked = true;
  title.textContent = fill(title.dataset.text, {
    name: link.querySelector("bdi").textContent,
    from: slotName(link.closest("td")),
    to: slotName(free.closest("td")),
  });
  dialog.showModal();
}

table.addEventListener("dragstart", start);
table.addEventListener("dragover", over);
table.addEventListener("drop", drop);
table.addEventListener("dragend", end);
table.addEventListener("dragleave", (event) => {
  if (!table.contains(event.relatedTarget)) markTarget(null);
});
dialog.querySelector("[data-keep]").addEventListener("click", () => dialog.close());

document.querySelector("[data-hint]").hidden = false;
