/** Where the map looks. */

import { boundsOf } from "../page/zone_layer.mjs";
import { showFlown } from "./drawing.mjs";

/**
 * Look at zones, all of them.
 * @param {any} map
 * @param {any[]} zones
 */
export function lookAtZones(map, zones) {
  const all = zones.map(boundsOf).filter((bounds) => Number.isFinite(bounds[0]));
  if (!all.length) return;
  const edge = (/** @type {number} */ i) => Math[i < 2 ? "min" : "max"](...all.map((one) => one[i]));
  map.fitBounds([[edge(0), edge(1)], [edge(2), edge(3)]], { padding: 60, maxZoom: 11, animate: false });
}

/**
 * Draw a flight and look at it; return by how many reports it is known.
 * @param {any} map
 * @param {any} flown as the API has it, or null
 */
export function lookAtFlown(map, flown) {
  showFlown(map, flown);
  const places = (flown?.reports ?? []).map((/** @type {any} */ one) => [one.lon_deg, one.lat_deg]);
  if (!places.length) return 0;
  const of = (/** @type {number} */ i) => places.map((/** @type {number[]} */ place) => place[i]);
  map.fitBounds([[Math.min(...of(0)), Math.min(...of(1))], [Math.max(...of(0)), Math.max(...of(1))]], { padding: 70, maxZoom: 10 });
  return places.length;
}
