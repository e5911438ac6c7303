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
const NOON = 12;

let open = new Map(); // "2026-11-24" → [9, 10, …]
let shown = dayField.value;
let calendar;
let isSettled = false; // what is shown from here on was chosen by a person

const chosenHour = () => Number(hoursForm.querySelector("input[name=hour]:checked")?.value) || null;
const slotName = (day, hour) => `${dayName(day)}, ${session(hour, text.minutes)}`;

function nextOpen(day) {
  const next = nextAfter(open, day);
  return next ? ` ${fill(text.textNext, { day: dayName(next) })}` : "";
}

function showHours(day, wanted) {
  shown = day;
  const hours = open.get(day) ?? [];
  for (const group of root.querySelectorAll("[data-part]")) {
    const mine = hours.filter((hour) => (hour < NOON) === (group.dataset.part === "morning"));
    listHours(group.querySelector(".chips"), mine, wanted);
    group.hidden = mine.length === 0;
  }
  dayField.value = part("date-field").value = day;
  part("day-name").textContent = dayName(day);
  part("day-note").textContent = hours.length
    ? fill(text.textCount, { day: dayName(day), count: hours.length })
    : fill(text.textEmpty, { day: dayName(day) }) + nextOpen(day);
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
  const choice = part("choice");
  if (choice) choice.textContent = hour ? slotName(shown, hour) : "";
  noteAddress(hour);
}

// The address says what is chosen, so that the back button and a reload find it again.
function noteAddress(hour) {
  const address = hour ? `?date=${shown}&hour=${hour}` : `?date=${shown}`;
  if (isSettled) history.replaceState(null, "", address);
}

function noteMonth() {
  const month = shownMonth(calendar);
  const isOpen = [...open.keys()].some((day) => day.startsWith(month));
  const empty = fill(text.textMonth, { month: monthName(month) });
  part("month-note").textContent = isOpen ? "" : empty + nextOpen(`${month}-31`);
  part("heard").textContent = isOpen ? monthName(month) : "";
}

function pick(day, hour) {
  mark(calendar, day);
  showHours(day, hour);
  noteMonth();
}

async function load() {
  root.setAttribute("aria-busy", "true");
  try {
    open = await fetchOpen(text.url);
    return true;
  } catch {
    part("month-note").textContent = text.textFailed;
    return false;
  } finally {
    root.removeAttribute("aria-busy");
  }
}

// Somebody may have booked while this tab was away.
async function refresh() {
  if (document.visibilityState !== "visible" || !(await load())) return;
  const hour = chosenHour(); // it may have been changed while the times were loading
  reopen(calendar, open);
  noteMonth();
  if (shown) showHours(shown, hour);
  if (hour && !open.get(shown)?.includes(hour)) {
    const { toast } = await import("./toast.js");
    const next = hoursForm.querySelector("input[name=hour]") ?? dayField;
    toast(fill(text.textGone, { slot: slotName(shown, hour) }), next);
  }
}

function listen() {
  dayField.addEventListener("change", () => {
    if (dayField.value && dayField.validity.valid) pick(dayField.value, chosenHour());
  });
  part("day-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (dayField.value) pick(dayField.value, chosenHour());
  });
  for (const link of document.querySelectorAll(".soonest a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      pick(link.dataset.date, Number(link.dataset.hour));
      hoursForm.querySelector("input[name=hour]:checked")?.focus();
    });
  }
  document.addEventListener("visibilitychange", refresh);
}

async function start() {
  hoursForm.addEventListener("change", showChoice);
  part("heard").textContent = text.textLoading;
  const loaded = await load();
  part("heard").textContent = "";
  root.classList.add(loaded ? "has-script" : "has-failed");
  if (!loaded) return;
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
  if (shown) showHours(shown, chosenHour());
  isSettled = true;
  listen();
}

start();
