/** The table of aircraft: what is in view, sorted and filtered. */

import { nameOf } from "./aircraft_layer.mjs";
import { ofHeight } from "./colours.mjs";
import { byId, element, fill, refill } from "./dom.mjs";
import { KINDS, markPicture } from "./marks.mjs";
import { arrow, bearing, height, speed } from "./units.mjs";
import { say } from "./words.mjs";

const MOST_ROWS = 150;

/** @typedef {import("./aircraft_layer.mjs").Aircraft} Aircraft */

/** @type {Record<string, (one: Aircraft) => string | number>} */
const COLUMNS = {
  mark: (one) => one.mark ? KINDS.indexOf(one.mark) : KINDS.length,
  name: (one) => nameOf(one).toLowerCase(),
  height: (one) => one.alt_m ?? -Infinity,
  speed: (one) => one.gs_mps ?? -Infinity,
  track: (one) => one.track_deg ?? Infinity,
  age: (one) => one.age_s,
};

/**
 * Draw the heads of the columns.
 * @param {string} sort
 * @param {(sort: string) => void} sorted told by which column, as the view's address says it
 */
export function drawHeads(sort, sorted) {
  const [by, down] = order(sort);
  refill(byId("aircraft-heads"), Object.keys(COLUMNS).map((name) => element(
    "th", { scope: "col", class: name, "data-key": sort + name, "aria-sort": name === by ? down ? "descending" : "ascending" : null },
    element("button", {
      type: "button", click: () => sorted(name === by && !down ? `-${name}` : name === by && name === "mark" ? "" : name),
    }, name === "mark"
      ? element("span", { class: "unseen" }, say("column.mark"))
      : say(`column.${name}`), name === "mark" ? element("span", { "aria-hidden": "true" }, "◎") : null, element("span", { "aria-hidden": "true" }, name === by ? down ? " ▼" : " ▲" : "")),
  )));
}

/**
 * Draw the aircraft.
 * @param {Aircraft[]} aircraft
 * @param {{ sort: string, filter: string, selected: string, known: number,
 *           theme: import("./colours.mjs").Theme, select: (target: string) => void }} how
 */
export function drawAircraft(aircraft, { sort, filter, selected, known, theme, select }) {
  const found = aircraft.filter((one) => matches([one.callsign, one.target_id, one.squawk, one.category], filter));
  const shown = sortedBy(found, sort).slice(0, MOST_ROWS);
  fill(byId("aircraft-count"), found.length
    ? say("aircraft.count", { shown: shown.length, found: found.length, known })
    : say("aircraft.none"));
  refill(byId("aircraft-rows"), shown.map((one) => row(one, { selected, theme, select })));
}

/**
 * @param {Aircraft} one
 * @param {{ selected: string, theme: import("./colours.mjs").Theme, select: (target: string) => void }} how
 */
function row(one, { selected, theme, select }) {
  const is = one.target_id === selected;
  const sample = element("span", { class: "sample", "aria-hidden": "true" });
  sample.style.background = ofHeight(one.alt_m, one.ground, theme);
  const said = one.mark ? say(`mark.${one.mark}`) : "";
  return element(
    "tr", { "data-key": one.target_id, class: is ? "selected" : null, click: () => select(one.target_id) },
    element("td", { class: "state", title: said }, one.mark ? markPicture(one.mark, theme) : null,
      one.mark ? element("span", { class: "unseen" }, said) : null),
    element("td", { class: "name" }, element("button", {
      type: "button", "aria-pressed": String(is), title: one.target_id,
    }, nameOf(one))),
    element("td", { class: "height" }, sample, height(one.alt_m, one.datum), arrow(one.vrate_mps)),
    element("td", {}, speed(one.gs_mps)),
    element("td", {}, bearing(one.track_deg)),
    element("td", {}, `${Math.round(one.age_s)} s`),
  );
}

/**
 * Return whether any of the texts holds what is looked for.
 * @param {(string | null | undefined)[]} texts
 * @param {string} filter
 */
export function matches(texts, filter) {
  const wanted = filter.trim().toLowerCase();
  return !wanted || texts.some((text) => text?.toLowerCase().includes(wanted));
}

/**
 * @param {Aircraft[]} aircraft
 * @param {string} sort
 */
function sortedBy(aircraft, sort) {
  const [by, down] = order(sort);
  const value = COLUMNS[by];
  const keyed = aircraft.map((one) => ({ one, key: value(one), name: nameOf(one) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (down ? -1 : 1) || (a.name < b.name ? -1 : 1));
  return keyed.map(({ one }) => one);
}

/**
 * @param {string} sort
 * @returns {[string, boolean]} the column, and whether downwards
 */
function order(sort) {
  const down = sort.startsWith("-");
  const by = down ? sort.slice(1) : sort;
  return by in COLUMNS ? [by, down] : ["mark", false];
}
