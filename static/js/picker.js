// The date and hour picker. Without this script the page works as two plain forms; with it,
// the calendar and the hours follow each other without loading the page again.

import { drawCalendar, mark, reopen, shownMonth } from "./calendar.js";
import { dayName, fetchOpen, fill, monthName, nextAfter, session } from "./times.js";

const root = document.querySelector("[data-picker]");
const part = (name) => root.querySelector(`[data-${name}]`);
const text = root.dataset;
const dayField = root.querySelector("#day");
const hoursForm = root.querySelector("#hours");
const chip = root.querySelector("template[data-chip]");
const kept = text.kept ?? ""; // what the address says beside the day and the hour
const outside = JSON.parse(document.getElementById("outside")?.textContent ?? "{}"); // staff's alone
const NOON = 12;

let open = new Map(); // "2026-11-24" → [9, 10, …]
let shown = dayField.value;
let calendar;
let asked = 0; // how many times for what is open
let isSettled = false; // what is shown from here on was chosen by a person

const chosenHour = () => Number(hoursForm.querySelector("input[name=hour]:checked")?.value) || null;
const isOffered = (day, hour) => [open.get(day), outside[day]].some((hours) => hours?.includes(hour));
const slotName = (day, hour) => `${dayName(day)}, ${session(hour, text.minutes)}`;

// What is empty, and the way to the next day that is not.
function emptyNote(words, day) {
  const next = nextAfter(open, day);
  if (!next) return [words];
  const link = document.createElement("a");
  link.href = `?${kept}date=${next}#hours`;
  link.dataset.date = next;
  link.textContent = fill(text.textNext, { day: dayName(next) });
  return [words, " ", link];
}

function showHours(day, wanted) {
  shown = day;
  const hours = open.get(day) ?? [];
  const others = outside[day] ?? [];
  for (const group of root.querySelectorAll("[data-part]")) {
    const isOutside = group.dataset.part === "outside";
    const mine = isOutside ? others : hours.filter((hour) => (hour < NOON) === (group.dataset.part === "morning"));
    listHours(group.querySelector(".chips"), mine, wanted);
    group.hidden = mine.length === 0;
    if (isOutside && (!hours.length || mine.includes(wanted))) group.open = true;
  }
  dayField.value = part("date-field").value = day;
  part("day-name").textContent = dayName(day);
  const note = hours.length
    ? [fill(text.textCount, { day: dayName(day), count: hours.length })]
    : emptyNote(fill(text.textEmpty, { day: dayName(day) }), day);
  part("day-note").replaceChildren(...note);
  part("rest").hidden = !hours.length && !others.length;
  part("day-note").classList.toggle("visually-hidden", hours.length > 0);
  showChoice();
}

// Hours that are listed already stay as they are; the focus stays with its hour, or near it.
function listHours(chips, hours, wanted) {
  const inputs = [...chips.querySelectorAll("input")];
  if (inputs.map((input) => input.value).join() !== hours.join()) {
    const focused = inputs.find((input) => input === document.activeElement)?.value;
    chips.replaceChildren(...hours.map((hour) => makeChip(hour, wanted)));
    if (focused) (chips.querySelector(`input[value="${focused}"]`) ?? chips.querySelector("input"))?.focus();
  } else {
    for (const input of inputs) input.checked = Number(input.value) === wanted;
  }
}

function makeChip(hour, wanted) {
  const label = chip.content.firstElementChild.cloneNode(true);
  const input = label.querySelector("input");
  input.value = hour;
  input.checked = hour === wanted;
  label.querySelector("span").textContent = session(hour, text.minutes);
  return label;
}

function showChoice() {
  const hour = chosenHour();
  part("choice").textContent = hour ? slotName(shown, hour) : "";
  noteAddress(hour);
}

// The address says what is chosen, so that the back button and a reload find it again.
function noteAddress(hour) {
  const address = `?${kept}date=${shown}${hour ? `&hour=${hour}` : ""}`;
  if (isSettled) history.replaceState(null, "", address);
}

function noteMonth() {
  const month = shownMonth(calendar);
  const isOpen = [...open.keys()].some((day) => day.startsWith(month));
  const note = isOpen ? [] : emptyNote(fill(text.textMonth, { month: monthName(month) }), `${month}-31`);
  part("month-note").replaceChildren(...note);
  part("heard").textContent = isOpen ? monthName(month) : "";
}

function pick(day, hour) {
  mark(calendar, day);
  showHours(day, hour);
  noteMonth();
}

// Tells whether the times are there. Only the last to ask is told so: the others' are older.
async function load() {
  const mine = ++asked;
  root.setAttribute("aria-busy", "true");
  try {
    const found = await fetchOpen(text.url);
    if (mine !== asked) return false;
    open = found;
  } catch {
    if (mine === asked) part("month-note").textContent = text.textFailed;
    return false;
  } finally {
    if (mine === asked) root.removeAttribute("aria-busy");
  }
  return true;
}

// Somebody may have booked while this tab was away.
async function refresh() {
  if (document.visibilityState !== "visible" || !(await load())) return;
  const hour = chosenHour(); // it may have been changed while the times were loading
  reopen(calendar, open);
  noteMonth();
  if (shown) showHours(shown, hour);
  if (hour && !isOffered(shown, hour)) {
    const next = hoursForm.querySelector("input[name=hour]") ?? dayField;
    notify(fill(text.textGone, { slot: slotName(shown, hour) }), next);
  }
}

async function notify(words, next) {
  const { toast } = await import("./toast.js");
  toast(words, next);
}

function listen() {
  dayField.addEventListener("blur", leaveDay);
  part("day-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (dayField.value) pick(dayField.value, chosenHour());
  });
  document.getElementById("main").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-date]");
    if (!link) return;
    event.preventDefault();
    pick(link.dataset.date, Number(link.dataset.hour));
    hoursForm.querySelector("input[name=hour]:checked, input[name=hour]")?.focus();
  });
  document.addEventListener("visibilitychange", refresh);
}

// Until the times are there the hours are those of the day that the server has shown.
function chooseDay() {
  if (!isSettled) hoursForm.hidden = true;
  else if (dayField.value && dayField.validity.valid) pick(dayField.value, chosenHour());
}

// A date that cannot be booked does not stay beside the hours of another day.
function leaveDay() {
  if (dayField.value && dayField.validity.valid) return;
  dayField.value = shown;
  notify(fill(text.textRange, { first: dayName(dayField.min), last: dayName(dayField.max) }), dayField);
}

async function start() {
  hoursForm.addEventListener("change", showChoice);
  dayField.addEventListener("change", chooseDay);
  if (dayField.value !== dayField.defaultValue) chooseDay();
  part("heard").textContent = text.textLoading;
  try {
    if (!(await load())) throw new Error("no times");
    drawMonth();
    root.classList.add("has-script");
  } catch {
    root.classList.add("has-failed"); // the page goes on as two plain forms
    part("month-note").textContent = text.textFailed;
    return;
  } finally {
    part("heard").textContent = "";
  }
  if (shown) showHours(shown, chosenHour());
  hoursForm.hidden = false;
  isSettled = true;
  listen();
}

function drawMonth() {
  shown = dayField.value; // it may have been changed while the times were loading
  drawCalendar(part("calendar"), {
    day: shown,
    first: dayField.min,
    last: dayField.max,
    open,
    words: {
      calendar: text.textCalendar,
      closed: text.textClosed,
      previous: text.textPreviousMonth,
      next: text.textNextMonth,
    },
    onDay: (day) => showHours(day, chosenHour()),
    onDrawn(drawn) {
      calendar = drawn;
      noteMonth();
    },
  });
}

start();
