/** Flights inside, hour by hour: a bar an hour, its outcomes stacked; and the same as a table. */

import { shape } from "../incident/svg.mjs";
import { element } from "../page/dom.mjs";
import { duration } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { table } from "./tables.mjs";

/** From the ground of a bar upwards. */
export const OUTCOMES = ["infringement", "exempt", "cleared", "undetermined"];
const [HIGH, LEFT, TOP, FOOT] = [220, 36, 10, 36];
const LEAST_PX = 300, MOST_PX = 1000, HOUR_PX = 60;
const STEPS = [1, 2, 3, 6, 12, 24];
const LABEL_PX = 44;

/**
 * Return the bars and their table.
 * @param {any[]} hours
 */
export function hoursOf(hours) {
  if (!hours.length) return [element("p", {}, say("whatif.nobody"))];
  const head = ["hour", "heard.one", "inside"].map((name) => say(`whatif.${name}`)).concat(OUTCOMES.map((one) => say(`outcome.${one}`)), say("whatif.time"));
  const rows = hours.map((hour) => [hourWords(hour), hour.flights_heard, hour.flights_inside, ...OUTCOMES.map((one) => hour[one]), duration(hour.inside_s)]);
  const used = OUTCOMES.filter((one) => hours.some((hour) => hour[one]));
  return [
    keyOf(used, hours.some(({ flights_heard: heard }) => !heard)),
    element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("whatif.hours") }, drawn(hours)),
    element("details", {}, element("summary", {}, say("whatif.astable")), table(say("whatif.hours"), head, rows)),
  ];
}

/**
 * Return the key to colours.
 * @param {string[]} used
 * @param {boolean} unheard
 */
export function keyOf(used, unheard) {
  return element("p", { class: "key" }, ...used.map((one) => signOf(one, say(`outcome.${one}`))), unheard ? signOf("unheard", say("whatif.unheard")) : null);
}

/**
 * Return a sign and what it means.
 * @param {string} kind
 * @param {string} text
 */
export const signOf = (kind, text) => element("span", { class: "sign-of" }, element("i", { class: `swatch ${kind}`, "aria-hidden": "true" }), text);

/** @param {any} hour */
const hourWords = ({ from }) => `${from.slice(0, 10)} ${from.slice(11, 13)} Z`;

/** @param {any[]} hours */
function drawn(hours) {
  const most = Math.max(1, ...hours.map((hour) => OUTCOMES.reduce((sum, one) => sum + hour[one], 0)));
  const wide = Math.min(MOST_PX, Math.max(LEAST_PX, LEFT + HOUR_PX * hours.length));
  const step = Math.min(HOUR_PX, (wide - LEFT) / hours.length);
  const high = HIGH - TOP - FOOT;
  const picture = shape("svg", { viewBox: `0 0 ${wide} ${HIGH}`, width: wide, height: HIGH, role: "img", "aria-label": say("whatif.hours"), class: "bars-by-hour" });
  for (const count of gridOf(most)) {
    const y = TOP + high * (1 - count / most);
    picture.append(shape("line", { x1: LEFT, x2: wide, y1: y, y2: y, class: "grid" }), shape("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, String(count)));
  }
  const every = STEPS.find((n) => n * step >= LABEL_PX) ?? 24;
  hours.forEach((hour, i) => {
    const x = LEFT + i * step;
    picture.append(barOf(hour, x, step, high / most, high));
    const number = Number(hour.from.slice(11, 13));
    if (number % every) return;
    picture.append(shape("text", { x, y: HIGH - FOOT + 15 }, `${hour.from.slice(11, 13)} h`));
    if (number === 0 || i < every) picture.append(shape("text", { x, y: HIGH - FOOT + 30 }, hour.from.slice(5, 10)));
  });
  return picture;
}

/** @param {number} most */
function gridOf(most) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((one) => most / one <= 5) ?? 10000;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

/**
 * @param {any} hour
 * @param {number} x_px
 * @param {number} step_px
 * @param {number} unit_px
 * @param {number} high_px
 */
function barOf(hour, x_px, step_px, unit_px, high_px) {
  const told = OUTCOMES.filter((one) => hour[one]).map((one) => `${hour[one]} ${say(`outcome.${one}`)}`).join(", ");
  const title = hour.flights_heard ? say("whatif.hour.told", { hour: hourWords(hour), inside: hour.flights_inside, heard: hour.flights_heard, told }) : `${hourWords(hour)}: ${say("whatif.unheard")}`;
  const group = shape("g", { class: "hour" }, shape("title", {}, title));
  if (!hour.flights_heard) group.append(shape("rect", { x: x_px, y: TOP, width: step_px, height: high_px, class: "unheard" }));
  let base = TOP + high_px;
  for (const outcome of OUTCOMES) {
    const tall = hour[outcome] * unit_px;
    if (!tall) continue;
    base -= tall;
    group.append(shape("rect", { x: x_px, y: base, width: Math.max(step_px - Math.min(3, step_px / 5), 0.5), height: tall, class: outcome }));
  }
  return group;
}
