/** Aircraft on the map: coloured by height, marked where an incident is open about them. */

import { MAP, ofHeight } from "./colours.mjs";
import { iconOf, sizeAmong } from "./icons.mjs";
import { addSource, collection, line, point, showFeatures } from "./layers.mjs";
import { FONT } from "./map.mjs";
import { arrow, duration, height, speed } from "./units.mjs";

/** An aircraft that was not heard for so long fades; by then it has moved a few miles. */
const FRESH_S = 30;
const OLD_S = 120;
const NEAR_PX = 14;
const LABELS_ZOOM = 5.5;
/** Data blocks. Those of aircraft that an incident is about are never left out for want of room. */
const LABELS = ["aircraft-labels", "marked-labels"];
const FADING = ["interpolate", ["linear"], ["get", "age_s"], FRESH_S, 1, OLD_S, 0.45];
/** How large pictures are drawn on a map, beside those of few aircraft. @type {WeakMap<object, number>} */
const sizes = new WeakMap();

/**
 * @typedef {import("./frames.mjs").Report & import("./socket.mjs").Name & {
 *   mark: import("./marks.mjs").Mark | null, incident: any,
 * }} Aircraft
 */

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function addAircraft(map, theme) {
  addSource(map, "aircraft", { tolerance: 0 });
  addSource(map, "paths");
  map.addLayer({
    id: "paths", type: "line", source: "paths", paint: { "line-width": 2, "line-dasharray": [3, 2] },
  });
  map.addLayer({
    id: "marks", type: "symbol", source: "aircraft", filter: ["has", "mark"],
    layout: {
      "icon-image": ["get", "mark"], "icon-allow-overlap": true, "icon-ignore-placement": true,
      "icon-size": iconSize(1),
    },
  });
  map.addLayer({
    id: "selection", type: "circle", source: "aircraft", filter: ["==", ["get", "selected"], true],
    paint: { "circle-radius": 26, "circle-opacity": 0, "circle-stroke-width": 2 },
  });
  map.addLayer({
    id: "aircraft", type: "symbol", source: "aircraft",
    layout: {
      "icon-image": ["get", "icon"], "icon-rotate": ["get", "track_deg"], "icon-rotation-alignment": "map",
      "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": iconSize(1),
      "symbol-sort-key": ["get", "rank"],
    },
    paint: { "icon-color": ["get", "colour"], "icon-halo-width": 1.2, "icon-opacity": FADING },
  });
  for (const id of LABELS) {
    const marked = id === "marked-labels";
    map.addLayer({
      id, type: "symbol", source: "aircraft", minzoom: marked ? LABELS_ZOOM - 1.5 : LABELS_ZOOM,
      filter: marked ? ["has", "mark"] : ["!", ["has", "mark"]],
      layout: {
        "text-field": ["get", "said"], "text-font": FONT, "text-size": 12, "text-justify": "auto",
        "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 1.7,
        "text-max-width": 40, "text-line-height": 1.15, "text-allow-overlap": marked,
        "symbol-sort-key": ["-", 0, ["get", "rank"]],
      },
      paint: { "text-halo-width": 1.6, "text-opacity": FADING },
    });
  }
  themeAircraft(map, theme);
}

/**
 * Return how large pictures are at each zoom. Those of aircraft that are marked or selected keep their size.
 * @param {number} size of the others, beside the pictures of few
 */
function iconSize(size) {
  const of = (/** @type {number} */ whole) => ["case", [">", ["get", "rank"], 0], whole, whole * size];
  return ["interpolate", ["linear"], ["zoom"], 3, of(0.45), 6, of(0.75), 10, of(1)];
}

/**
 * Draw pictures as large as there is room for so many.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {number} count of aircraft in view
 */
function fitIcons(map, count) {
  const now = sizes.get(map) ?? 1;
  const size = sizeAmong(count, now);
  if (size === now) return;
  sizes.set(map, size);
  map.setLayoutProperty("aircraft", "icon-size", iconSize(size));
}

/**
 * Show data blocks, or hide them.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {boolean} shown
 */
export function showLabels(map, shown) {
  for (const id of LABELS) map.setLayoutProperty(id, "visibility", shown ? "visible" : "none");
}

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function themeAircraft(map, theme) {
  const { ink, halo } = MAP[theme];
  map.setPaintProperty("aircraft", "icon-halo-color", theme === "dark" ? "#000000" : "#ffffff");
  for (const id of LABELS) {
    map.setPaintProperty(id, "text-color", ink);
    map.setPaintProperty(id, "text-halo-color", halo);
  }
  map.setPaintProperty("selection", "circle-stroke-color", ink);
  map.setPaintProperty("paths", "line-color", theme === "dark" ? "#ff9640" : "#b34700");
}

/**
 * Show aircraft, and of those that are expected to enter the way in.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {Aircraft[]} aircraft
 * @param {{ selected: string, theme: import("./colours.mjs").Theme, now_ms: number,
 *           entries: Map<string, { lat_deg: number, lon_deg: number }> }} how `entries`: where, by incident
 */
export function showAircraft(map, aircraft, { selected, theme, now_ms, entries }) {
  fitIcons(map, aircraft.length);
  const labelled = map.getZoom() >= LABELS_ZOOM;
  showFeatures(map, "aircraft", collection(aircraft.map((one) => point(one.lat_deg, one.lon_deg, {
    target_id: one.target_id, icon: iconOf(one.category, one.track_deg), track_deg: one.track_deg ?? 0,
    colour: ofHeight(one.alt_m, one.ground, theme), age_s: one.age_s,
    said: labelled || one.mark ? dataBlock(one, now_ms) : "",
    rank: one.target_id === selected ? 2 : one.mark ? 1 : 0,
    ...(one.mark ? { mark: `mark-${one.mark}` } : {}), ...(one.target_id === selected ? { selected: true } : {}),
  }))));
  showFeatures(map, "paths", collection(aircraft.flatMap((one) => {
    const entry = one.mark === "predicted" ? entries.get(one.incident.id) : undefined;
    return entry ? [line([[one.lon_deg, one.lat_deg], [entry.lon_deg, entry.lat_deg]])] : [];
  })));
}

/**
 * Return what stands beside an aircraft: who, how high, how fast, and how long until it enters.
 * @param {Aircraft} one
 * @param {number} now_ms
 */
function dataBlock(one, now_ms) {
  const lines = [nameOf(one), `${height(one.alt_m, one.datum)}${arrow(one.vrate_mps)} ${speed(one.gs_mps)}`];
  const left_s = one.mark === "predicted" ? secondsToEntry(one.incident, now_ms) : null;
  if (left_s !== null) lines.push(`▲ ${duration(left_s)}`);
  return lines.join("\n");
}

/**
 * Return what an aircraft is called: its callsign, or what its address is.
 * @param {{ callsign: string | null, target_id: string | null }} one
 */
export const nameOf = ({ callsign, target_id }) => callsign?.trim() || (target_id ?? "?").replace(/^icao24:/, "");

/**
 * Return how long until an aircraft is expected to enter; null where it is not.
 * @param {any} incident
 * @param {number} now_ms
 */
export function secondsToEntry(incident, now_ms) {
  const at = incident.phase === "predicted" ? incident.predicted_entry_time : null;
  return at === null ? null : (Date.parse(at) - now_ms) / 1000;
}

/**
 * Return the target id of the aircraft at a place of the screen; null where there is none.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {{ x: number, y: number }} place
 * @returns {string | null}
 */
export function aircraftAt(map, { x, y }) {
  const box = [[x - NEAR_PX, y - NEAR_PX], [x + NEAR_PX, y + NEAR_PX]];
  const found = map.queryRenderedFeatures(box, { layers: ["aircraft"] });
  const away = (/** @type {any} */ one) => {
    const at = map.project(one.geometry.coordinates);
    return Math.hypot(at.x - x, at.y - y);
  };
  found.sort((/** @type {any} */ a, /** @type {any} */ b) => away(a) - away(b));
  return found[0]?.properties.target_id ?? null;
}
