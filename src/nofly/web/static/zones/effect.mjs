/** Who would have been inside: a zone weighed by the reports that are kept. */

import { ask } from "../page/api.mjs";
import { element, fill } from "../page/dom.mjs";
import { clock, distance, duration, height } from "../page/units.mjs";
import { say, sayWord } from "../page/words.mjs";
import { button, choice, fault, field, line, parseMoment } from "./fields.mjs";

const HOURS = ["1", "6", "24", "72", "168"];
const MARGIN_MS = 300_000;
const LONGEST_MS = 6 * 3_600_000;

/**
 * Return the part of the page that weighs a zone.
 * @param {() => any} feature
 * @param {(flown: any) => void} show draws a flight
 */
export function effectPart(feature, show) {
  const told = element("div", { class: "effect", "aria-live": "polite" });
  const hours = choice("24", HOURS.map((value) => [value, say("effect.hours", { hours: value })]), () => undefined, { id: "effect-hours" });
  const until = line("", () => fault(until, ""), { id: "effect-until", placeholder: say("effect.now") });
  const weigh = /** @type {HTMLButtonElement} */ (button("effect.weigh", async () => {
    let moment;
    try {
      moment = parseMoment(until.value);
    } catch (error) {
      return fault(until, /** @type {Error} */ (error).message);
    }
    weigh.disabled = true;
    fill(told, element("p", {}, say("effect.weighing")));
    try {
      const query = new URLSearchParams({ hours: hours.value, ...(moment ? { until: moment } : {}) });
      const found = await ask(`zones/effect?${query}`, { method: "POST", body: { feature: feature() } });
      fill(told, ...answerOf(found, show));
    } catch (error) {
      fill(told, element("p", { class: "error" }, /** @type {Error} */ (error).message));
    } finally {
      weigh.disabled = false;
    }
  }, { id: "effect-weigh" }));
  return element("section", { class: "part" }, element("h2", {}, say("effect")),
    element("div", { class: "pair" }, field("effect.span", hours), field("effect.until", until)), weigh, told);
}

/**
 * @param {any} found
 * @param {(flown: any) => void} show
 */
function answerOf(found, show) {
  const span = { since: clock(found.since, true), until: clock(found.until, true), reports: found.reports };
  const said = [element("p", { class: "fine" }, say("effect.rests", span))];
  if (!found.whole) said.push(element("p", { class: "error" }, say("effect.part")));
  if (!found.reports) return [element("p", {}, say("effect.unknown")), ...said];
  if (!found.stays.length) return [element("p", {}, say("effect.nobody")), ...said];
  const heads = ["effect.who", "effect.entry", "effect.exit", "effect.height", "effect.depth", "effect.verdict"];
  return [
    element("p", {}, say("effect.count", { stays: found.stays.length, aircraft: new Set(found.stays.map((/** @type {any} */ stay) => stay.target_id)).size })),
    ...said,
    element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("effect") }, element("table", {},
      element("thead", {}, element("tr", {}, ...heads.map((key) => element("th", { scope: "col" }, say(key))))),
      element("tbody", {}, ...found.stays.map((/** @type {any} */ stay) => row(stay, show))))),
  ];
}

/**
 * @param {any} stay
 * @param {(flown: any) => void} show
 */
function row(stay, show) {
  const name = stay.callsign || stay.icao24 || stay.target_id;
  const depth = stay.depth_m === null ? "–" : distance(stay.depth_m);
  return element("tr", {},
    element("td", { class: "name" }, element("button", {
      type: "button", title: say("effect.show"), "aria-label": say("effect.show.of", { name }), click: () => void fly(stay, show),
    }, name)),
    element("td", {}, clock(stay.entry_time, true)),
    element("td", {}, clock(stay.exit_time), " ", element("span", { class: "fine" }, duration(stay.duration_s ?? 0))),
    element("td", {}, height(stay.height_m, stay.height_datum)),
    element("td", {}, depth),
    element("td", {}, sayWord("status", stay.status), ", ", sayWord("certainty", stay.certainty)));
}

/**
 * Draw where an aircraft was, from shortly before its stay until shortly after.
 * @param {any} stay
 * @param {(flown: any) => void} show
 */
async function fly(stay, show) {
  const since_ms = Date.parse(stay.entry_time) - MARGIN_MS;
  const until_ms = Math.min(Date.parse(stay.exit_time ?? stay.entry_time) + MARGIN_MS, since_ms + LONGEST_MS);
  const query = new URLSearchParams({ since: new Date(since_ms).toISOString(), until: new Date(until_ms).toISOString() });
  show(await ask(`flown/${encodeURIComponent(stay.target_id)}?${query}`).catch(() => null));
}
