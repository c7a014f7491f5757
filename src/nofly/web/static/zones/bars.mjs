/** When a zone holds in the next weeks: a bar for each day. */

import { element } from "../page/dom.mjs";
import { clock } from "../page/units.mjs";
import { say, spoken } from "../page/words.mjs";

const DAY_MS = 86_400_000;

/**
 * Return the days with their times, in UTC.
 * @param {{ since: string, until: string, times: { start: string, end: string, certain: boolean }[] }} told
 */
export function bars({ since, until, times }) {
  const [from_ms, to_ms] = [Date.parse(since), Date.parse(until)];
  const rows = times.map(({ start, end, certain }) => ({ start: Date.parse(start), end: Date.parse(end), certain }));
  if (!rows.length) return element("p", { class: "fine" }, say("bars.never"));
  if (rows.length === 1 && rows[0].start <= from_ms && rows[0].end >= to_ms) {
    return element("p", { class: "fine" }, say(rows[0].certain ? "bars.always" : "bars.perhaps"));
  }
  const table = element("table", { class: "bars" }, element("caption", {}, say("bars"), " ", axis()));
  const weekday = new Intl.DateTimeFormat(spoken(), { weekday: "short", timeZone: "UTC" });
  for (let day_ms = from_ms - from_ms % DAY_MS; day_ms < to_ms; day_ms += DAY_MS) {
    const mine = rows.filter(({ start, end }) => start < day_ms + DAY_MS && end > day_ms);
    const date = new Date(day_ms);
    table.append(element("tr", date.getUTCDay() === 1 ? { class: "monday" } : {},
      element("th", { scope: "row" }, weekday.format(date), " ", date.toISOString().slice(5, 10)),
      element("td", {}, element("span", { class: "day", "aria-hidden": "true" }, ...mine.map((row) => bar(row, day_ms)))),
      element("td", { class: "hours" }, mine.map((row) => hours(row, day_ms)).join(", ") || "–")));
  }
  return table;
}

/**
 * @param {{ start: number, end: number, certain: boolean }} row
 * @param {number} day_ms
 */
function bar({ start, end, certain }, day_ms) {
  const from = Math.max(0, (start - day_ms) / DAY_MS) * 100;
  const to = Math.min(1, (end - day_ms) / DAY_MS) * 100;
  return element("span", {
    class: certain ? "bar" : "bar perhaps", style: `left:${from.toFixed(2)}%;width:${(to - from).toFixed(2)}%`,
  });
}

/**
 * @param {{ start: number, end: number, certain: boolean }} row
 * @param {number} day_ms
 */
function hours({ start, end, certain }, day_ms) {
  const from = start <= day_ms ? "00:00" : clock(start).slice(0, 5);
  const to = end >= day_ms + DAY_MS ? "24:00" : clock(end).slice(0, 5);
  return `${from}–${to}${certain ? "" : "?"}`;
}

const axis = () => element("span", { class: "axis fine" }, say("bars.axis"));
