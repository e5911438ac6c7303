// The date and hour picker. Without this script the page works as two plain forms; with it,
// the calendar and the hours follow each other without loading the page again.

const root = document.querySelector("[data-picker]");
const part = (name) => root.querySelector(`[data-${name}]`);
const text = root.dataset;
const language = document.documentElement.lang;
const dayField = root.querySelector("#day");
const hoursForm = root.querySelector("#hours");
const chip = root.querySelector("template[data-chip]");
const NOON = 12;

let open = new Map(); // "2026-11-24" → [9, 10, …]
let shown = dayField.value;

const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const localDate = (iso) => new Date(`${iso}T00:00`);
const iso = (date) => flatpickr.formatDate(date, "Y-m-d");
const dayName = (day) =>
  new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", year: "numeric" })
    .format(localDate(day)).replace(",", "");
const two = (number) => String(number).padStart(2, "0");
const session = (hour) => {
  const end = hour * 60 + Number(text.minutes);
  return `${two(hour)}:00–${two(Math.floor(end / 60))}:${two(end % 60)}`;
};
const nextAfter = (day) => [...open.keys()].find((other) => other > day);

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
    : nothingOn(day);
  part("day-note").classList.toggle("visually-hidden", hours.length > 0);
  showChoice();
  history.replaceState(null, "", `?date=${day}`);
}

// Hours that are listed already stay as they are, and keep the focus.
function listHours(chips, hours, wanted) {
  const inputs = [...chips.querySelectorAll("input")];
  if (inputs.map((input) => input.value).join() !== hours.join()) {
    chips.replaceChildren(...hours.map((hour) => makeChip(hour, wanted)));
  } else {
    for (const input of inputs) input.checked = Number(input.value) === wanted;
  }
}

function nothingOn(day) {
  const next = nextAfter(day);
  const empty = fill(text.textEmpty, { day: dayName(day) });
  return next ? `${empty} ${fill(text.textNext, { day: dayName(next) })}` : empty;
}

function makeChip(hour, wanted) {
  const label = chip.content.firstElementChild.cloneNode(true);
  const input = label.querySelector("input");
  input.value = hour;
  input.checked = hour === wanted;
  label.querySelector("span").textContent = session(hour);
  return label;
}

const chosenHour = () => Number(hoursForm.querySelector("input[name=hour]:checked")?.value) || null;

function showChoice() {
  const hour = chosenHour();
  const choice = part("choice");
  if (choice) choice.textContent = hour ? `${dayName(shown)}, ${session(hour)}` : "";
}

// The calendar: flatpickr draws it; names, roles and tab stops are ours.

function nameMonth(calendar) {
  const month = `${calendar.currentYear}-${two(calendar.currentMonth + 1)}`;
  const days = [...open.keys()];
  const note = part("month-note");
  note.textContent = "";
  if (days.some((day) => day.startsWith(month))) return;
  const name = new Intl.DateTimeFormat(language, { month: "long", year: "numeric" })
    .format(localDate(`${month}-01`));
  const next = nextAfter(`${month}-31`);
  note.textContent = fill(text.textMonth, { month: name });
  if (next) note.textContent += ` ${fill(text.textNext, { day: dayName(next) })}`;
}

function nameDay(_dates, _value, calendar, cell) {
  const closed = cell.classList.contains("flatpickr-disabled");
  const chosen = cell.classList.contains("selected");
  cell.setAttribute("role", "button");
  cell.setAttribute("aria-pressed", String(chosen));
  if (closed) cell.setAttribute("aria-disabled", "true");
  cell.setAttribute("aria-label", dayName(iso(cell.dateObj)) + (closed ? `, ${text.textClosed}` : ""));
}

function oneTabStop(calendar) {
  const cells = [...calendar.days.querySelectorAll(".flatpickr-day:not(.flatpickr-disabled)")];
  const stop = cells.find((cell) => cell.classList.contains("selected")) ?? cells[0];
  for (const cell of cells) cell.tabIndex = cell === stop ? 0 : -1;
}

const focusDay = (calendar) => calendar.days.querySelector(".flatpickr-day[tabindex='0']")?.focus();

function nameArrow(calendar, arrow, name) {
  arrow.setAttribute("role", "button");
  arrow.setAttribute("aria-label", name);
  arrow.tabIndex = 0;
  arrow.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    arrow.click();
    if (arrow.classList.contains("flatpickr-disabled")) focusDay(calendar);
  });
}

function redraw(_dates, _value, calendar) {
  nameMonth(calendar);
  oneTabStop(calendar);
}

function drawCalendar() {
  const field = document.createElement("input");
  field.hidden = true;
  part("calendar").append(field);
  const calendar = flatpickr(field, {
    inline: true,
    disableMobile: true,
    dateFormat: "Y-m-d",
    defaultDate: shown || null,
    minDate: dayField.min,
    maxDate: dayField.max,
    enable: [...open.keys()],
    locale: { firstDayOfWeek: 1 },
    monthSelectorType: "static",
    onDayCreate: nameDay,
    onReady: redraw,
    onMonthChange: redraw,
    onYearChange: redraw,
    onChange(dates, _value, self) {
      if (dates.length) showHours(iso(dates[0]), chosenHour());
      redraw(null, null, self);
      if (document.activeElement === document.body) focusDay(self); // its day was drawn anew
    },
  });
  calendar.calendarContainer.setAttribute("role", "group");
  calendar.calendarContainer.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches(".flatpickr-day")) return;
    event.preventDefault();
    event.target.click();
  });
  nameArrow(calendar, calendar.prevMonthNav, text.textPreviousMonth);
  nameArrow(calendar, calendar.nextMonthNav, text.textNextMonth);
  for (const year of calendar.calendarContainer.querySelectorAll(".cur-year")) {
    year.readOnly = true;
    year.tabIndex = -1;
  }
  return calendar;
}

async function load() {
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(text.url, { headers: { Accept: "application/json" } });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    open = new Map(Object.entries((await answer.json()).days));
  } catch {
    part("month-note").textContent = text.textFailed;
    return false;
  } finally {
    root.removeAttribute("aria-busy");
  }
  return true;
}

async function refresh(calendar) {
  if (!(await load())) return;
  calendar.set("enable", [...open.keys()]);
  if (shown) showHours(shown, chosenHour());
  redraw(null, null, calendar);
}

async function start() {
  hoursForm.addEventListener("change", showChoice);
  part("month-note").textContent = text.textLoading;
  if (!(await load())) return;
  root.classList.add("has-script");
  shown = dayField.value; // it may have been changed while the times were loading
  const calendar = drawCalendar();
  if (shown) showHours(shown, chosenHour());
  const pick = (day, hour) => {
    calendar.setDate(day, false);
    calendar.jumpToDate(day);
    showHours(day, hour);
    redraw(null, null, calendar);
  };
  dayField.addEventListener("change", () => dayField.value && pick(dayField.value, chosenHour()));
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
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refresh(calendar);
  });
}

start();
