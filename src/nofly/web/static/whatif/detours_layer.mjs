/** Going round, on the map: the geodesic of a pair dashed, the way round drawn out, with the names of its ends. */

import { MAP, MARKS } from "../page/colours.mjs";
import { addSource, collection, line, point, showFeatures } from "../page/layers.mjs";
import { FONT } from "../page/map.mjs";
import { joined } from "./ways_layer.mjs";

/**
 * @param {any} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function addDetours(map, theme) {
  for (const name of ["detours-direct", "detours-way", "detours-end"]) addSource(map, name, { tolerance: 0 });
  map.addLayer({ id: "detours-direct", type: "line", source: "detours-direct", paint: { "line-width": 1.4, "line-dasharray": [4, 3] } });
  map.addLayer({ id: "detours-edge", type: "line", source: "detours-way", layout: { "line-join": "round" }, paint: { "line-width": 5, "line-opacity": 0.8 } });
  map.addLayer({ id: "detours-way", type: "line", source: "detours-way", layout: { "line-join": "round" }, paint: { "line-width": 2.6 } });
  map.addLayer({
    id: "detours-end", type: "circle", source: "detours-end", paint: { "circle-radius": 3.5 },
  });
  map.addLayer({
    id: "detours-name", type: "symbol", source: "detours-end",
    layout: {
      "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-radial-offset": 0.6,
      "text-variable-anchor": ["bottom", "top", "left", "right"],
    },
    paint: { "text-halo-width": 2 },
  });
  themeDetours(map, theme);
}

/**
 * @param {any} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function themeDetours(map, theme) {
  const { ink, halo } = MAP[theme];
  map.setPaintProperty("detours-direct", "line-color", ink);
  map.setPaintProperty("detours-edge", "line-color", halo);
  map.setPaintProperty("detours-way", "line-color", MARKS[theme].predicted);
  map.setPaintProperty("detours-end", "circle-color", ink);
  map.setPaintProperty("detours-name", "text-color", ink);
  map.setPaintProperty("detours-name", "text-halo-color", halo);
}

/**
 * Show geodesics and ways round; return the lines that are drawn.
 * @param {any} map
 * @param {any[]} ways as the API has them
 * @returns {[number, number][][]}
 */
export function showDetours(map, ways) {
  const lines = (/** @type {"direct" | "way"} */ of) => ways.flatMap((one) => one[of].length ? [line(joined(one[of]))] : []);
  const [direct, way] = [lines("direct"), lines("way")];
  showFeatures(map, "detours-direct", collection(direct));
  showFeatures(map, "detours-way", collection(way));
  const ends = ways.flatMap((one) => [[one.from, one.direct[0]], [one.to, one.direct.at(-1)]]);
  showFeatures(map, "detours-end", collection([...new Map(ends)].map(([name, [lat_deg, lon_deg]]) => point(lat_deg, lon_deg, { name }))));
  return [...direct, ...way].map((one) => one.geometry.coordinates);
}
