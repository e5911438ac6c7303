// The open times: fetched from the server, and how a day and a session are written.

const language = document.documentElement.lang;
const MINUTES = 60;

export const two = (number) => String(number).padStart(2, "0");
export const localDate = (iso) => new Date(`${iso}T00:00`);

// "{day} has {count}" with what stands for day and count.
export const fill = (pattern, values) =>
  pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// Made once: making one takes far longer than using it.
const month = new Intl.DateTimeFormat(language, { month: "long", year: "numeric" });
const day = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const dayName = (iso) => day.format(localDate(iso)).replace(",", "");

export const monthName = (iso) => month.format(localDate(`${iso}-01`));

// "10:00–10:50" for an hour and the session's length in minutes.
export function session(hour, minutes) {
  const end = hour * MINUTES + Number(minutes);
  return `${two(hour)}:00–${two(Math.floor(end / MINUTES))}:${two(end % MINUTES)}`;
}

const PATIENCE = 8000; // milliseconds
const wasReloaded = () => performance.getEntriesByType("navigation")[0]?.type === "reload";

// All open times of the months ahead: "2026-11-24" → [9, 10, …]. Fails when there is no answer.
export async function fetchOpen(url) {
  const answer = await fetch(url, {
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(PATIENCE),
  });
  // Signed out meanwhile: sign in, and come back. Once, for a page that is shown all the same.
  if (answer.status === 401 && !wasReloaded()) location.reload();
  if (!answer.ok) throw new Error(answer.status);
  return new Map(Object.entries((await answer.json()).days));
}

export const nextAfter = (open, day) => [...open.keys()].find((other) => other > day);
