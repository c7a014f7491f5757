/** Shapes of several parts: each is edited as if it were a shape of its own. */

/** What a part may say for itself. */
const OF_PART = ["lower", "upper", "edges", "radius_m", "half_width_m", "arcs"];
/** Of these the feature says what is the same in all its parts. */
const SHARED = ["lower", "upper"];
const SINGLE = /** @type {Record<string, string>} */ ({ MultiPolygon: "Polygon", MultiPoint: "Point", MultiLineString: "LineString" });
const DEEPEST = 8;

/**
 * Return the parts of a feature, each as a feature; the feature alone where it has one, or cannot be told apart.
 * @param {any} feature
 * @returns {any[]}
 */
export function partsOf(feature) {
  const { geometry, properties } = feature;
  const { volumes, ...common } = properties;
  if (volumes === undefined) return found(split(feature, 0), feature);
  const geometries = geometry?.type === "GeometryCollection" ? geometry.geometries : null;
  const fit = Array.isArray(geometries) && Array.isArray(volumes) && geometries.length === volumes.length;
  return found(fit ? geometries.flatMap((one, k) => split({ ...feature, geometry: one, properties: { ...common, ...volumes[k] } }, 1)) : [], feature);
}

/**
 * @param {any[]} parts
 * @param {any} feature
 */
const found = (parts, feature) => parts.length ? parts : [feature];

/**
 * @param {any} feature
 * @param {number} depth
 * @returns {any[]}
 */
function split(feature, depth) {
  const { type, geometries, coordinates } = feature.geometry ?? {};
  if (type === "GeometryCollection" && Array.isArray(geometries) && depth < DEEPEST) {
    return geometries.flatMap((geometry) => split({ ...feature, geometry }, depth + 1));
  }
  if (!Object.hasOwn(SINGLE, type) || !Array.isArray(coordinates)) return [feature];
  return coordinates.map((one) => ({ ...feature, geometry: { type: SINGLE[type], coordinates: one } }));
}

/**
 * Return a feature of parts: of one it is that; of more, a collection with what each says for itself.
 * @param {any} feature
 * @param {any[]} parts
 * @returns {any}
 */
export function withParts(feature, parts) {
  if (parts.length === 1) return parts[0];
  const common = without(feature.properties, [...OF_PART, "volumes"]);
  const shared = SHARED.filter((name) => parts.every(({ properties }) => same(properties[name], parts[0].properties[name])));
  for (const name of shared) {
    if (parts[0].properties[name] !== undefined) common[name] = parts[0].properties[name];
  }
  const own = OF_PART.filter((name) => !shared.includes(name));
  const volumes = parts.map(({ properties }) => Object.fromEntries(own.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]])));
  return { ...feature, properties: { ...common, volumes }, geometry: { type: "GeometryCollection", geometries: parts.map(({ geometry }) => geometry) } };
}

/**
 * @param {Record<string, any>} properties
 * @param {string[]} names
 */
const without = (properties, names) => Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));

/**
 * @param {unknown} a
 * @param {unknown} b
 */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
