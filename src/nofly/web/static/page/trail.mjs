/** The ways aircraft came: of all in view, or of the selected one, and how well it knows where it is. A gap is never drawn as flown. */

import { MAP, ofHeight } from "./colours.mjs";
import { addSource, collection, feature, line, showFeatures } from "./layers.mjs";

/** Reports further apart than this have a gap between them: where it was meanwhile, nobody knows. */
export const GAP_S = 120;
const M_PER_DEG = 111_195;
const CORNERS = 64;
const WIDTH = ["case", ["has", "other"], 1.5, 3];

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function addTrail(map, theme) {
  addSource(map, "trail", { tolerance: 0.1 });
  addSource(map, "error");
  map.addLayer({ id: "error-fill", type: "fill", source: "error", paint: { "fill-opacity": 0.1 } });
  map.addLayer({ id: "error-line", type: "line", source: "error", paint: { "line-width": 1.5 } });
  map.addLayer({
    id: "trail", type: "line", source: "trail", filter: ["!", ["get", "gap"]],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": ["get", "colour"], "line-width": WIDTH },
  });
  map.addLayer({
    id: "trail-gaps", type: "line", source: "trail", filter: ["get", "gap"], layout: { "line-cap": "round" },
    paint: { "line-color": ["get", "colour"], "line-width": WIDTH, "line-dasharray": [0.1, 2.5] },
  });
  themeTrail(map, theme);
}

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function themeTrail(map, theme) {
  map.setPaintProperty("error-fill", "fill-color", MAP[theme].ink);
  map.setPaintProperty("error-line", "line-color", MAP[theme].ink);
}

/**
 * Return a trail as lines, each flown or a gap, of one colour.
 * @param {any[]} places in order of time, as the API has them
 * @param {import("./colours.mjs").Theme} theme
 */
export function linesOf(places, theme) {
  const lines = [];
  let last = null;
  for (let i = 1; i < places.length; i += 1) {
    const [from, to] = [places[i - 1], places[i]];
    const [from_deg, to_deg] = [from.lon_deg, near(to.lon_deg, from.lon_deg)];
    const gap = Date.parse(to.time) - Date.parse(from.time) > GAP_S * 1000;
    const colour = ofHeight(from.alt_m, from.on_ground, theme);
    if (last && last.properties.gap === gap && last.properties.colour === colour && !gap) {
      last.geometry.coordinates.push([near(to_deg, last.geometry.coordinates.at(-1)[0]), to.lat_deg]);
    } else {
      last = line([[from_deg, from.lat_deg], [to_deg, to.lat_deg]], { gap, colour });
      lines.push(last);
    }
  }
  return lines;
}

/**
 * Return a longitude turned so that it lies within half a turn of another: the short way over the antimeridian.
 * @param {number} lon_deg
 * @param {number} other_deg
 */
const near = (lon_deg, other_deg) => lon_deg + 360 * Math.round((other_deg - lon_deg) / 360);

/**
 * Show the way of an aircraft, or none, and of others.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {{ aircraft: any, trail: any[] } | null} way as the API has it
 * @param {{ others: { target_id: string, places: any[] }[], theme: import("./colours.mjs").Theme }} how
 */
export function showTrail(map, way, { others, theme }) {
  const mine = way?.aircraft.target_id;
  const lines = others.flatMap(({ target_id, places }) => target_id === mine ? []
    : linesOf(places, theme).map((one) => feature(one.geometry, { ...one.properties, other: true })));
  showFeatures(map, "trail", collection([...lines, ...way ? linesOf(way.trail, theme) : []]));
  const error_m = way?.aircraft.pos_err_m ?? null;
  showFeatures(map, "error", collection(way && error_m !== null ? [circle(way.aircraft, error_m)] : []));
}

/**
 * Return a circle on the ground.
 * @param {{ lat_deg: number, lon_deg: number }} centre
 * @param {number} radius_m
 */
export function circle({ lat_deg, lon_deg }, radius_m) {
  const ring = Array.from({ length: CORNERS + 1 }, (_, i) => {
    const turn = 2 * Math.PI * i / CORNERS;
    const [north_deg, east_deg] = [Math.cos(turn) * radius_m / M_PER_DEG, Math.sin(turn) * radius_m / M_PER_DEG];
    return [lon_deg + east_deg / Math.cos(lat_deg * Math.PI / 180), lat_deg + north_deg];
  });
  return feature({ type: "Polygon", coordinates: [ring] });
}
