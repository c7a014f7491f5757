/** All that the map shows, from below to above, and in which theme. */

import { addAircraft, themeAircraft } from "./aircraft_layer.mjs";
import { addCoverage, themeCoverage } from "./coverage_layer.mjs";
import { addIcons } from "./icons.mjs";
import { themeMap } from "./map.mjs";
import { addMarks } from "./marks.mjs";
import { addTrail, themeTrail } from "./trail.mjs";
import { addZoneNames, addZones, themeZoneNames, themeZones } from "./zone_layer.mjs";

/**
 * Give the map its pictures and layers.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function addLayers(map, theme) {
  addIcons(map);
  addMarks(map, theme);
  addCoverage(map, theme);
  addZones(map, theme);
  addTrail(map, theme);
  addAircraft(map, theme);
  addZoneNames(map, theme);
  map.moveLayer("marked-labels");
}

/**
 * Show the map in another theme.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function themeLayers(map, theme) {
  addMarks(map, theme);
  for (const one of [themeMap, themeCoverage, themeZones, themeTrail, themeAircraft, themeZoneNames]) one(map, theme);
}
