/** Paths that fit a statement on the map: an example of each kind, by colour, dashes and number; where it was seen. */

import { MAP } from "../page/colours.mjs";
import { addSource, collection, feature, line, point, showFeatures } from "../page/layers.mjs";
import { FONT } from "../page/map.mjs";

/** By number, for eight kinds. */
export const COLOURS = {
  light: ["#0072b2", "#d55e00", "#00735a", "#aa4499", "#2a7fa8", "#8a6500", "#14181c", "#882255"],
  dark: ["#6db9f2", "#ff9a56", "#4fd6ad", "#e79be0", "#a6e0ff", "#e6c040", "#ffffff", "#ff8fc0"],
};
export const DASHES = [[1, 0], [4, 1.5], [1.2, 1.2], [4, 1.5, 1.2, 1.5]];

/**
 * Give the map its layers.
 * @param {any} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function addPaths(map, theme) {
  for (const name of ["claim-paths", "claim-ends", "claim-flown", "claim-place"]) addSource(map, name, { tolerance: 0 });
  const round = { "line-join": "round" };
  map.addLayer({ id: "flown", type: "line", source: "claim-flown", layout: round, paint: { "line-width": 5 } });
  map.addLayer({ id: "paths-halo", type: "line", source: "claim-paths", layout: round, paint: { "line-width": 5, "line-opacity": 0.75 } });
  COLOURS.light.forEach((_, i) => map.addLayer({
    id: `path-${i}`, type: "line", source: "claim-paths", layout: round, filter: ["==", ["get", "number"], i + 1],
    paint: { "line-width": 2.6, "line-dasharray": DASHES[i % DASHES.length] },
  }));
  map.addLayer({ id: "path-ends", type: "circle", source: "claim-ends", filter: ["!", ["get", "named"]], paint: { "circle-radius": 5.5, "circle-stroke-width": 2 } });
  map.addLayer({
    id: "path-numbers", type: "symbol", source: "claim-ends", filter: ["get", "named"],
    layout: { "text-field": ["get", "said"], "text-font": FONT, "text-size": 14, "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-halo-width": 2 },
  });
  map.addLayer({
    id: "claim-place", type: "symbol", source: "claim-place",
    layout: { "text-field": ["concat", "■\n", ["get", "said"]], "text-font": FONT, "text-size": 12, "text-anchor": "top", "text-offset": [0, -0.5], "text-allow-overlap": true },
    paint: { "text-halo-width": 2 },
  });
  themePaths(map, theme);
}

/**
 * Dress the paths in the colours of a theme.
 * @param {any} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function themePaths(map, theme) {
  const { ink, halo } = MAP[theme];
  const colour = ["to-color", ["at", ["-", ["get", "number"], 1], ["literal", COLOURS[theme]]]];
  COLOURS[theme].forEach((one, i) => map.setPaintProperty(`path-${i}`, "line-color", one));
  for (const [layer, name, value] of [
    ["flown", "line-color", ink], ["paths-halo", "line-color", halo], ["path-ends", "circle-stroke-color", colour],
    ["path-ends", "circle-color", ["case", ["get", "entry"], colour, halo]],
    ["path-numbers", "text-color", colour], ["path-numbers", "text-halo-color", halo],
    ["claim-place", "text-color", ink], ["claim-place", "text-halo-color", halo],
  ]) map.setPaintProperty(layer, name, value);
}

/**
 * Show the paths of one statement, and where its aircraft was seen.
 * @param {any} map
 * @param {any[]} paths as the sheet has them
 * @param {any} statement
 */
export function showPaths(map, paths, statement) {
  const along = (/** @type {number[][]} */ places) => places.map(([lat_deg, lon_deg]) => /** @type {[number, number]} */ ([lon_deg, lat_deg]));
  const lines = paths.slice(0, COLOURS.light.length).map(({ example }, i) => line(along(example.places), { number: i + 1 }));
  showFeatures(map, "claim-paths", collection(lines));
  showFeatures(map, "claim-ends", collection(paths.slice(0, COLOURS.light.length).flatMap(({ example }, i) => {
    const [first, last] = [example.places[0], example.places.at(-1)];
    const middle = example.places[Math.floor(example.places.length * (i + 2) / (paths.length + 4))];
    const number = i + 1;
    return [
      point(first[0], first[1], { number, entry: true, named: false }), point(last[0], last[1], { number, entry: false, named: false }),
      point(middle[0], middle[1], { number, named: true, said: String(number) }),
    ];
  })));
  showFeatures(map, "claim-flown", collection((statement?.flown ?? []).map((/** @type {number[][]} */ piece) =>
    piece.length > 1 ? line(along(piece)) : feature({ type: "LineString", coordinates: along([piece[0], piece[0]]) }))));
  const place = statement?.closest_to;
  showFeatures(map, "claim-place", collection(place ? [point(place[0], place[1], { said: statement.closest_name || "" })] : []));
}

/**
 * Look at the paths and, where there are none or it was seen, at the zones.
 * @param {any} map
 * @param {any[]} paths
 * @param {any} statement
 * @param {any[]} zones
 */
export function lookAtPaths(map, paths, statement, zones) {
  const places = paths.flatMap(({ example }) => example.places);
  if (statement?.closest_to) places.push(statement.closest_to);
  if (!paths.length || statement?.flown?.length) {
    for (const { geometry } of zones) for (const [lon_deg, lat_deg] of geometry.coordinates.flat(2)) places.push([lat_deg, lon_deg]);
  }
  if (!places.length) return;
  const of = (/** @type {number} */ i) => places.map((/** @type {number[]} */ place) => place[i]);
  map.fitBounds([[Math.min(...of(1)), Math.min(...of(0))], [Math.max(...of(1)), Math.max(...of(0))]], { padding: 50, maxZoom: 13, animate: false });
}
