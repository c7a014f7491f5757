/** What sources and layers of the map have in common. */

/** @returns {any} */
export const nothing = () => ({ type: "FeatureCollection", features: [] });

/**
 * @param {any} geometry
 * @param {Record<string, unknown>} [properties]
 * @returns {any}
 */
export const feature = (geometry, properties = {}) => ({ type: "Feature", geometry, properties });

/**
 * @param {number} lat_deg
 * @param {number} lon_deg
 * @param {Record<string, unknown>} [properties]
 */
export const point = (lat_deg, lon_deg, properties) =>
  feature({ type: "Point", coordinates: [lon_deg, lat_deg] }, properties);

/**
 * @param {[number, number][]} coordinates
 * @param {Record<string, unknown>} [properties]
 */
export const line = (coordinates, properties) => feature({ type: "LineString", coordinates }, properties);

/** @param {any[]} features */
export const collection = (features) => ({ type: "FeatureCollection", features });

/**
 * Give the map a source that begins empty.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {string} name
 * @param {Record<string, unknown>} [options]
 */
export function addSource(map, name, options = {}) {
  map.addSource(name, { type: "geojson", data: nothing(), ...options });
}

/**
 * Show features in place of those that a source had.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {string} name
 * @param {any} features a FeatureCollection
 */
export function showFeatures(map, name, features) {
  const source = /** @type {import("../vendor/maplibre-gl.mjs").GeoJSONSource} */ (map.getSource(name));
  source.setData(features);
}
