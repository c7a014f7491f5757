/** The list of incidents, open and past. */

import { nameOf, secondsToEntry } from "./aircraft_layer.mjs";
import { byId, element, refill } from "./dom.mjs";
import { KINDS, markOf, markPicture } from "./marks.mjs";
import { matches } from "./table.mjs";
import { clock, duration } from "./units.mjs";
import { say, sayWord } from "./words.mjs";

/**
 * Draw the incidents.
 * @param {any[]} incidents as the API has them
 * @param {{ filter: string, selected: string, now_ms: number, more: boolean,
 *           theme: import("./colours.mjs").Theme, open: (id: string) => void }} how
 */
export function drawIncidents(incidents, { filter, selected, now_ms, more, theme, open }) {
  const found = incidents.filter((one) => matches(
    [one.callsign, one.target_id, one.zone_id, one.zone_name, one.id], filter,
  ));
  const draw = (/** @type {any} */ one) => item(one, { selected, now_ms, theme, open });
  for (const [id, of] of /** @type {const} */ ([["open", true], ["past", false]])) {
    const weight = (/** @type {any} */ one) => KINDS.indexOf(markOf(one) ?? "exempt") + (markOf(one) ? 0 : 1);
    const some = found.filter((one) => one.open === of);
    // Sorting is stable: of those that weigh the same the newest stays first.
    if (of) some.sort((a, b) => weight(a) - weight(b));
    const rows = some.map(draw);
    refill(byId(`incidents-${id}`), rows.length ? rows : [element("li", { class: "none", "data-key": "none" }, say("incidents.none"))]);
    byId(`incidents-${id}-count`).textContent = String(rows.filter((row) => !row.classList.contains("none")).length);
  }
  byId("incidents-more").hidden = !more;
}

/**
 * Return what an incident is, in a few words: where it is in its life, what is thought of it.
 * @param {any} incident
 */
export function inShort(incident) {
  const words = [sayWord("phase", incident.phase)];
  if (incident.status !== "predicted") words.push(sayWord("status", incident.status));
  if (incident.status !== "predicted" && incident.certainty) words.push(sayWord("certainty", incident.certainty));
  if (!incident.credible) words.push(sayWord("status", "suspect"));
  return [...new Set(words)].filter(Boolean).join(" · ");
}

/**
 * @param {any} incident
 * @param {{ selected: string, now_ms: number, theme: import("./colours.mjs").Theme, open: (id: string) => void }} how
 */
function item(incident, { selected, now_ms, theme, open }) {
  const mark = markOf(incident);
  const zone = incident.zone_name || incident.zone_id || "";
  return element("li", { "data-key": incident.id }, element(
    "button",
    {
      type: "button", class: `incident ${mark ?? "past"}`, "data-phase": incident.phase,
      "aria-current": incident.id === selected ? "true" : null, click: () => open(incident.id),
    },
    mark ? markPicture(mark, theme) : element("span", { class: "mark" }),
    element("span", { class: "who" }, nameOf(incident)),
    element("span", { class: "when" }, timing(incident, now_ms)),
    element("span", { class: "zone" }, zone),
    element("span", { class: "what" }, inShort(incident)),
  ));
}

/**
 * @param {any} incident
 * @param {number} now_ms
 */
function timing(incident, now_ms) {
  const left_s = secondsToEntry(incident, now_ms);
  if (left_s !== null) return left_s > 0 ? say("incident.in", { duration: duration(left_s) }) : say("incident.due");
  const inside = ["infringing", "undetermined"].includes(incident.phase);
  if (inside && incident.entry_time) {
    return say("incident.now", { duration: duration((now_ms - Date.parse(incident.entry_time)) / 1000) });
  }
  return clock(incident.entry_time ?? incident.predicted_entry_time);
}
