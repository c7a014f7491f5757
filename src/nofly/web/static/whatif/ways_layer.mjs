/** The ways of the flights that were inside: near the zone thin, inside by what they would have been. */

import { MAP, MARKS } from "../page/colours.mjs";
import { addSource, collection, line, showFeatures } from "../page/layers.mjs";
import { boundsOf } from "../page/zone_layer.mjs";

const DASHES = { infringement: [1, 0], undetermined: [1.2, 1.2], exempt: [4, 1.5], cleared: [4, 1.5, 1.2, 1.5] };
const CLEARED = { light: "#0b57a8", dark: "#8cc4ff" };

/** @param {import("../page/colours.mjs").Theme} theme */
const coloursOf = (theme) => ({ infringement: MARKS[theme].infringing, undetermined: MARKS[theme].undetermined, exempt: MARKS[theme].exempt, cleared: CLEARED[theme] });

/**
 * @param {any} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function addWays(map, theme) {
  for (const name of ["ways-near", "ways-inside"]) addSource(map, name, { tolerance: 0 });
  map.addLayer({ id: "ways-near", type: "line", source: "ways-near", paint: { "line-width": 1, "line-opacity": 0.6 } });
  for (const [outcome, dashes] of Object.entries(DASHES)) {
    map.addLayer({
      id: `ways-${outcome}`, type: "line", source: "ways-inside", filter: ["==", ["get", "outcome"], outcome],
      layout: { "line-join": "round" }, paint: { "line-width": 2.6, "line-dasharray": dashes },
    });
  }
  themeWays(map, theme);
}

/**
 * @param {any} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function themeWays(map, theme) {
  map.setPaintProperty("ways-near", "line-color", MAP[theme].ink);
  for (const [outcome, colour] of Object.entries(coloursOf(theme))) map.setPaintProperty(`ways-${outcome}`, "line-color", colour);
}

/**
 * Show ways.
 * @param {any} map
 * @param {any[]} ways as the API has them
 */
export function showWays(map, ways) {
  const lines = (/** @type {"near" | "inside"} */ name) => collection(ways.flatMap((way) => way[name].map((/** @type {number[][]} */ part) => line(joined(part), { outcome: way.outcome }))));
  showFeatures(map, "ways-near", lines("near"));
  showFeatures(map, "ways-inside", lines("inside"));
}

/**
 * Look at zones and lines.
 * @param {any} map
 * @param {any[]} zones at least one
 * @param {[number, number][][]} lines
 */
export function lookAt(map, zones, lines) {
  const all = [...zones.map(boundsOf), ...lines.flat().map(([x, y]) => [x, y, x, y])];
  const edge = (/** @type {number} */ i) => all.reduce((found, one) => Math[i < 2 ? "min" : "max"](found, one[i]), all[0][i]);
  map.fitBounds([[edge(0), edge(1)], [edge(2), edge(3)]], { padding: 60, maxZoom: 11, animate: false });
}

/**
 * Return a part as coordinates that go the short way over the antimeridian.
 * @param {number[][]} part latitude and longitude
 * @returns {[number, number][]}
 */
export function joined(part) {
  let before = part[0][1];
  return part.map(([lat_deg, lon_deg]) => {
    before = lon_deg + 360 * Math.round((before - lon_deg) / 360);
    return [before, lat_deg];
  });
}
