/** What is known of the selected aircraft, over the map. */

import { nameOf } from "./aircraft_layer.mjs";
import { byId, element, fill } from "./dom.mjs";
import { bearing, distance, height, speed, verticalRate } from "./units.mjs";
import { say } from "./words.mjs";

/**
 * Draw the card of the selected aircraft, or none.
 * @param {string} target_id empty for none
 * @param {any} aircraft as the API has it; null where it was not heard
 * @param {{ mark: string, incident: any } | undefined} marked
 * @param {(id: string) => void} open told which incident is to be opened
 */
export function drawSelected(target_id, aircraft, marked, open) {
  byId("selected").hidden = !target_id;
  if (!target_id) return;
  byId("selected-name").textContent = nameOf(aircraft ?? { callsign: null, target_id });
  if (!aircraft) {
    fill(byId("selected-facts"), element("p", {}, target_id), element("p", {}, say("selected.unheard")));
    return;
  }
  const { alt_m, alt_datum, gs_mps, track_deg, vrate_mps, pos_err_m, age_s, squawk, category, source } = aircraft;
  const facts = [
    [say("column.height"), height(alt_m, alt_datum)], [say("column.vertical"), verticalRate(vrate_mps)],
    [say("column.speed"), speed(gs_mps)], [say("column.track"), bearing(track_deg)],
    [say("selected.squawk"), squawk], [say("selected.category"), category], [say("selected.source"), source],
  ].filter(([, value]) => value !== null);
  fill(
    byId("selected-facts"),
    element("p", { class: "fine" }, target_id, " · ", say("selected.heard", { age: Math.round(age_s) })),
    element("dl", {}, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
    element("p", { class: "fine" }, pos_err_m === null
      ? say("selected.noerror") : say("selected.error", { error: distance(pos_err_m) })),
    marked ? element("button", { type: "button", class: `incident-link ${marked.mark}`, click: () => open(marked.incident.id) },
      `${say(`mark.${marked.mark}`)}: ${marked.incident.zone_name || marked.incident.zone_id}`) : null,
  );
}
