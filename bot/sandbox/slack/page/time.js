// Formats times in the user's time zone.

import { h } from "./dom.js";

const DAY_MS = 86_400_000;
const HALF_YEAR_MS = 183 * DAY_MS;

const format = (options) => new Intl.DateTimeFormat("en-US", options);
const clock = (seconds) => new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", ...(seconds && { second: "2-digit" }) });

function ordinal(day) {
  const rest = day % 100;
  if (rest >= 11 && rest <= 13) return `${day}th`;
  return `${day}${{ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th"}`;
}

function dateWords(date, { month, weekday = false, plainDay = false }) {
  const far = Math.abs(Date.now() - date.getTime()) > HALF_YEAR_MS;
  const day = plainDay ? date.getDate() : ordinal(date.getDate());
  const words = `${format({ month }).format(date)} ${day}${far ? `, ${date.getFullYear()}` : ""}`;
  return weekday ? `${format({ weekday: "long" }).format(date)}, ${words}` : words;
}

/** Returns "Today", "Yesterday", "Tomorrow", or undefined for any other day. */
function nearDay(date) {
  const midnight = (when) => new Date(when.getFullYear(), when.getMonth(), when.getDate()).getTime();
  return { 0: "Today", 1: "Tomorrow", "-1": "Yesterday" }[Math.round((midnight(date) - midnight(new Date())) / DAY_MS)];
}

const pretty = (date, shape, inside) => {
  const near = nearDay(date);
  if (!near) return dateWords(date, shape);
  return inside ? near.toLowerCase() : near;
};

const two = (number) => String(number).padStart(2, "0");

const TOKENS = {
  date_num: (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
  date_slash: (date) => `${two(date.getMonth() + 1)}/${two(date.getDate())}/${date.getFullYear()}`,
  date: (date) => dateWords(date, { month: "long" }),
  date_short: (date) => dateWords(date, { month: "short", plainDay: true }),
  date_long: (date) => dateWords(date, { month: "long", weekday: true }),
  date_pretty: (date, inside) => pretty(date, { month: "long" }, inside),
  date_short_pretty: (date, inside) => pretty(date, { month: "short", plainDay: true }, inside),
  date_long_pretty: (date, inside) => pretty(date, { month: "long", weekday: true }, inside),
  day_divider_pretty: (date) => dayLabel(date.getTime() / 1000),
  time: (date) => clock(false).format(date),
  time_secs: (date) => clock(true).format(date),
};

/** Converts a pattern such as `{date_short} at {time}` to text and <time> nodes; the fallback for an unknown token. */
export function dateNodes(seconds, pattern, fallback) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return [fallback ?? ""];
  const parts = pattern.split(/\{(\w+)\}/);
  const known = parts.every((part, index) => index % 2 === 0 || part === "ago" || Object.hasOwn(TOKENS, part));
  if (!known) return [fallback ?? pattern];
  const shown = parts.map((part, index) => {
    if (index % 2 === 0) return part;
    return part === "ago" ? agoNode(seconds) : TOKENS[part](date, parts[0] !== "");
  });
  return [h("span", { class: "date", title: `${dateWords(date, { month: "long", weekday: true })} at ${clock(true).format(date)}` }, shown)];
}

/** Returns "3 minutes ago" or "in 2 hours" for a time in seconds since the epoch. */
export function agoText(seconds) {
  const away = seconds - Date.now() / 1000;
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  for (const [unit, length] of units) {
    if (Math.abs(away) >= length) return words.format(Math.trunc(away / length), unit);
  }
  return Math.abs(away) < 5 ? "just now" : words.format(Math.trunc(away), "second");
}

/** Creates a relative time, updated by refreshAgo. */
export function agoNode(seconds) {
  return h("time", { datetime: new Date(seconds * 1000).toISOString(), data: { ago: seconds } }, agoText(seconds));
}

/** Updates all relative times on the page. */
export function refreshAgo(root) {
  for (const node of root.querySelectorAll("time[data-ago]")) {
    const text = agoText(Number(node.dataset.ago));
    if (node.textContent !== text) node.textContent = text;
  }
}

/** Returns "Today", "Yesterday" or "Monday, November 16th" for the divider between days. */
export function dayLabel(seconds) {
  const date = new Date(seconds * 1000);
  return nearDay(date) ?? dateWords(date, { month: "long", weekday: true });
}

/** Creates the time of a message, with the full date as its title. */
export function stamp(seconds) {
  const date = new Date(seconds * 1000);
  const full = `${dateWords(date, { month: "long", weekday: true })} at ${clock(true).format(date)}`;
  return h("time", { class: "stamp", datetime: date.toISOString(), title: full }, clock(false).format(date));
}
