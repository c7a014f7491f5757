/** Zones on the map: each state has its own outline and filling, not its colour alone. */

import { MAP, ZONES } from "./colours.mjs";
import { addSource, collection, point, showFeatures } from "./layers.mjs";
import { FONT } from "./map.mjs";
import { limit } from "./units.mjs";

/** States in the order in which they lie over one another, the one that binds on top. */
export const STATES = /** @type {const} */ (["proposed", "expired", "inactive", "upcoming", "perhaps", "active"]);
const OUTLINES = {
  proposed: { "line-width": 2, "line-dasharray": [3, 2] },
  expired: { "line-width": 1, "line-dasharray": [1, 4] },
  inactive: { "line-width": 1, "line-dasharray": [1, 2] },
  upcoming: { "line-width": 2, "line-dasharray": [4, 3] },
  perhaps: { "line-width": 2.5, "line-dasharray": [6, 2, 1, 2] },
  active: { "line-width": 3 },
};
const FILLINGS = { proposed: 0.03, expired: 0.02, inactive: 0.03, upcoming: 0.07, perhaps: 0.1, active: 0.12 };
const TILE_PX = 24;

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function addZones(map, theme) {
  addSource(map, "zones", { tolerance: 0.2 });
  addSource(map, "zone-names");
  for (const state of STATES) {
    const filter = ["==", ["get", "state"], state];
    map.addLayer({ id: `zone-fill-${state}`, type: "fill", source: "zones", filter });
    if (state === "active" || state === "perhaps") {
      map.addImage(`zone-${state}`, hatching(state, theme), { pixelRatio: 2 });
      map.addLayer({
        id: `zone-hatch-${state}`, type: "fill", source: "zones", filter,
        paint: { "fill-pattern": `zone-${state}`, "fill-opacity": 0.55 },
      });
    }
    map.addLayer({
      id: `zone-line-${state}`, type: "line", source: "zones", filter,
      layout: { "line-join": "round" }, paint: OUTLINES[state],
    });
  }
  themeZones(map, theme);
}

/**
 * Add the names and limits of zones. They lie over all else: no aircraft takes their place.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function addZoneNames(map, theme) {
  map.addLayer({
    id: "zone-names", type: "symbol", source: "zone-names", minzoom: 4,
    layout: {
      "text-field": ["get", "said"], "text-font": FONT, "text-size": 12, "text-max-width": 14,
      "symbol-sort-key": ["get", "rank"], "text-padding": 4,
      "text-variable-anchor": ["center", "bottom", "top", "left", "right"], "text-radial-offset": 2.5,
    },
  });
  themeZoneNames(map, theme);
}

/**
 * Show zones.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {any} zones as the API has them
 */
export function showZones(map, zones) {
  showFeatures(map, "zones", zones);
  showFeatures(map, "zone-names", collection(zones.features.map((/** @type {any} */ zone) => {
    const [lat_deg, lon_deg] = middle(zone);
    const { name, id, floor, ceiling, state } = zone.properties;
    const said = `${name || id}\n${limit(ceiling)}\n${limit(floor)}`;
    return point(lat_deg, lon_deg, { said, state, rank: -STATES.indexOf(state) });
  })));
}

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function themeZones(map, theme) {
  const colours = ZONES[theme];
  for (const state of STATES) {
    map.setPaintProperty(`zone-fill-${state}`, "fill-color", colours[state]);
    map.setPaintProperty(`zone-fill-${state}`, "fill-opacity", FILLINGS[state]);
    map.setPaintProperty(`zone-line-${state}`, "line-color", colours[state]);
    if (state === "active" || state === "perhaps") map.updateImage(`zone-${state}`, hatching(state, theme));
  }
}

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function themeZoneNames(map, theme) {
  map.setPaintProperty("zone-names", "text-color", MAP[theme].ink);
  map.setPaintProperty("zone-names", "text-halo-color", MAP[theme].halo);
  map.setPaintProperty("zone-names", "text-halo-width", 2);
}

/**
 * Return the bounds of a zone: west, south, east, north.
 * @param {any} zone
 * @returns {[number, number, number, number]}
 */
export function boundsOf(zone) {
  /** @type {[number, number, number, number]} */
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon_deg, lat_deg] of zone.geometry.coordinates.flat(2)) {
    bounds[0] = Math.min(bounds[0], lon_deg);
    bounds[1] = Math.min(bounds[1], lat_deg);
    bounds[2] = Math.max(bounds[2], lon_deg);
    bounds[3] = Math.max(bounds[3], lat_deg);
  }
  return bounds;
}

/**
 * Look at the zones that bind now or soon, or at all.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {any[]} zones at least one
 */
export function lookAtZones(map, zones) {
  const bound = zones.filter(({ properties }) => ["active", "perhaps", "upcoming"].includes(properties.state));
  const all = (bound.length ? bound : zones).map(boundsOf);
  const edge = (/** @type {number} */ i) => Math[i < 2 ? "min" : "max"](...all.map((one) => one[i]));
  map.fitBounds([[edge(0), edge(1)], [edge(2), edge(3)]], { padding: 40, maxZoom: 9, animate: false });
}

/**
 * Return where the name of a zone goes, latitude and longitude: the middle of its largest ring.
 * @param {any} zone
 * @returns {[number, number]}
 */
function middle(zone) {
  let [most, lat_deg, lon_deg] = [-1, 0, 0];
  for (const [ring] of zone.geometry.coordinates) {
    let [area, x, y] = [0, 0, 0];
    const [from_x, from_y] = ring[0];
    for (let i = 1; i < ring.length; i += 1) {
      const [ax, ay, bx, by] = [
        ring[i - 1][0] - from_x, ring[i - 1][1] - from_y, ring[i][0] - from_x, ring[i][1] - from_y,
      ];
      const twice = ax * by - bx * ay;
      area += twice;
      x += (ax + bx) * twice;
      y += (ay + by) * twice;
    }
    if (Math.abs(area) > most) {
      most = Math.abs(area);
      [lon_deg, lat_deg] = area ? [from_x + x / (3 * area), from_y + y / (3 * area)] : [from_x, from_y];
    }
  }
  return [lat_deg, lon_deg];
}

/**
 * Return lines across for what is active, dots for what may be.
 * @param {"active" | "perhaps"} state
 * @param {import("./colours.mjs").Theme} theme
 */
export function hatching(state, theme) {
  const canvas = new OffscreenCanvas(TILE_PX, TILE_PX);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.strokeStyle = pen.fillStyle = ZONES[theme][state];
  pen.lineWidth = 2;
  pen.beginPath();
  if (state === "active") {
    for (const shift of [-TILE_PX, 0, TILE_PX]) {
      pen.moveTo(shift - 2, TILE_PX + 2);
      pen.lineTo(shift + TILE_PX + 2, -2);
    }
    pen.stroke();
  } else {
    pen.arc(TILE_PX / 2, TILE_PX / 2, 3, 0, 7);
    pen.fill();
  }
  return pen.getImageData(0, 0, TILE_PX, TILE_PX);
}
