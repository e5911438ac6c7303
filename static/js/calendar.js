// The month: flatpickr draws it; names, roles and tab stops are ours.

import { dayName, two } from "./times.js";

const isoDate = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

// Which days can be chosen. A list of days would be parsed again for each day that is drawn.
const among = (open) => [(date) => open.has(isoDate(date))];

export const shownMonth = (calendar) => `${calendar.currentYear}-${two(calendar.currentMonth + 1)}`;

export const focusDay = (calendar) => calendar.days.querySelector(".flatpickr-day[tabindex='0']")?.focus();

function nameDay(cell, closedName) {
  const closed = cell.classList.contains("flatpickr-disabled");
  cell.setAttribute("role", "button");
  cell.setAttribute("aria-pressed", String(cell.classList.contains("selected")));
  if (closed) cell.setAttribute("aria-disabled", "true");
  cell.setAttribute("aria-label", dayName(isoDate(cell.dateObj)) + (closed ? `, ${closedName}` : ""));
}

function oneTabStop(calendar) {
  const cells = [...calendar.days.querySelectorAll(".flatpickr-day:not(.flatpickr-disabled)")];
  stopAt(cells, cells.find((cell) => cell.classList.contains("selected")) ?? cells[0]);
}

function stopAt(cells, stop) {
  for (const cell of cells) cell.tabIndex = cell === stop ? 0 : -1;
}

function nameArrow(arrow, name, other) {
  arrow.setAttribute("role", "button");
  arrow.setAttribute("aria-label", name);
  arrow.tabIndex = 0;
  arrow.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    arrow.click();
    if (arrow.classList.contains("flatpickr-disabled")) other.focus(); // there is no further month
  });
}

// How many days a key goes on. The open day there, or the next one beyond, gets the focus.
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, PageUp: -28, PageDown: 28 };

function openDay(calendar, from, step) {
  const { minDate, maxDate } = calendar.config;
  const date = new Date(from);
  date.setDate(date.getDate() + step);
  while (!calendar.isEnabled(date)) {
    if (date < minDate || date > maxDate) return null;
    date.setDate(date.getDate() + Math.sign(step));
  }
  return date;
}

function goOn(calendar, event) {
  const step = STEPS[event.key];
  if (!step || !event.target.matches(".flatpickr-day")) return;
  event.preventDefault();
  event.stopPropagation(); // flatpickr's own keys would wrap around at the first and the last day
  const date = openDay(calendar, event.target.dateObj, step);
  if (!date) return;
  calendar.jumpToDate(date);
  const cells = [...calendar.days.querySelectorAll(".flatpickr-day:not(.flatpickr-disabled)")];
  stopAt(cells, cells.find((cell) => isoDate(cell.dateObj) === isoDate(date)));
  focusDay(calendar);
}

// Draws into `place` the months between `first` and `last`, the open days to choose from.
// `onDay` is told the day that is chosen, `onDrawn` that a month is shown.
export function drawCalendar(place, { day, first, last, open, words, onDay, onDrawn }) {
  const field = document.createElement("input");
  field.hidden = true;
  place.replaceChildren(field);
  const drawn = (_dates, _value, calendar) => {
    oneTabStop(calendar);
    onDrawn(calendar);
  };
  const calendar = flatpickr(field, {
    inline: true,
    disableMobile: true,
    dateFormat: "Y-m-d",
    defaultDate: day || null,
    minDate: first,
    maxDate: last,
    enable: among(open),
    locale: { firstDayOfWeek: 1 },
    monthSelectorType: "static",
    onDayCreate: (_dates, _value, _calendar, cell) => nameDay(cell, words.closed),
    onReady: drawn,
    onMonthChange: drawn,
    onYearChange: drawn,
    onChange(dates, value, self) {
      if (dates.length) onDay(isoDate(dates[0]));
      drawn(dates, value, self);
      if (document.activeElement === document.body) focusDay(self); // its day was drawn anew
    },
  });
  calendar.calendarContainer.setAttribute("role", "group");
  calendar.calendarContainer.setAttribute("aria-label", words.calendar);
  calendar.calendarContainer.setAttribute("aria-describedby", "calendar-keys");
  calendar.calendarContainer.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches(".flatpickr-day")) return;
    event.preventDefault();
    event.target.click();
  });
  // flatpickr would send the focus to its own hidden field, and nobody could get out backwards.
  const letOut = (event) => event.key === "Tab" && event.shiftKey && event.stopPropagation();
  place.addEventListener("keydown", letOut, { capture: true });
  place.addEventListener("keydown", (event) => goOn(calendar, event), { capture: true });
  nameArrow(calendar.prevMonthNav, words.previous, calendar.nextMonthNav);
  nameArrow(calendar.nextMonthNav, words.next, calendar.prevMonthNav);
  for (const year of calendar.calendarContainer.querySelectorAll(".cur-year")) {
    year.readOnly = true;
    year.tabIndex = -1;
  }
  if (day) show(calendar, day); // flatpickr shows today where nothing is open on the day
  drawn([], "", calendar);
  return calendar;
}

// Marks a day as chosen, and shows its month.
export function mark(calendar, day) {
  calendar.setDate(day, false);
  show(calendar, day);
  oneTabStop(calendar);
}

// Each jump draws the month anew, also the one that is shown.
function show(calendar, day) {
  if (!day.startsWith(shownMonth(calendar))) calendar.jumpToDate(day);
}

// Shows which days are open now; a focus among the days stays there.
export function reopen(calendar, open) {
  const hadFocus = calendar.days.contains(document.activeElement);
  calendar.set("enable", among(open));
  oneTabStop(calendar);
  if (hadFocus) focusDay(calendar);
}
