/** The shape of a draft: its places and its size, in the feature as it will be proposed. */

/** @typedef {import("./places.mjs").Place} Place */
/** @typedef {"polygon" | "circle" | "corridor" | "other"} ShapeKind */

const EARTH_M = 6_371_008.8;
const RADIANS = Math.PI / 180;
export const KINDS = /** @type {const} */ (["polygon", "circle", "corridor"]);
/** A new circle has this radius, a new corridor this width. */
const NEW_RADIUS_M = 5 * 1852;
const NEW_HALF_WIDTH_M = 2 * 1852;
const LEAST = { polygon: 3, circle: 1, corridor: 2, other: 0 };

/**
 * Return a new feature: everything is said but where it is.
 * @param {typeof KINDS[number]} kind
 * @param {string} id
 * @returns {any}
 */
export function newFeature(kind, id) {
  const properties = { id, name: "", restriction: "PROHIBITED", lower: "GND", upper: "FL100", edges: "GEODESIC" };
  return reshaped({ type: "Feature", properties, geometry: null }, kind, []);
}

/**
 * Return what can be drawn of a feature. Several parts, holes and arcs are edited as JSON only.
 * @param {any} feature
 * @returns {ShapeKind}
 */
export function kindOf(feature) {
  const { geometry, properties } = feature;
  const coordinates = geometry?.coordinates;
  if (!Array.isArray(coordinates) || properties?.volumes) return "other";
  const ring = geometry.type === "Polygon" && coordinates.length === 1 && !properties.arcs?.length;
  if (ring && pairs(coordinates[0])) return "polygon";
  const point = geometry.type === "Point" && typeof properties.radius_m === "number";
  if (point && (!coordinates.length || pairs([coordinates]))) return "circle";
  const way = geometry.type === "LineString" && typeof properties.half_width_m === "number";
  return way && pairs(coordinates) ? "corridor" : "other";
}

/**
 * Return the places of a shape: corners, centre, or the way of a corridor.
 * @param {any} feature
 * @returns {Place[]}
 */
export function placesOf(feature) {
  const kind = kindOf(feature);
  const { coordinates } = feature.geometry ?? {};
  if (kind === "circle") return coordinates.length ? [turned(coordinates)] : [];
  if (kind === "corridor") return coordinates.map(turned);
  if (kind !== "polygon") return [];
  const ring = coordinates[0].map(turned);
  return ring.length > 1 && same(ring[0], ring[ring.length - 1]) ? ring.slice(0, -1) : ring;
}

/**
 * Return a feature whose shape has other places.
 * @param {any} feature
 * @param {Place[]} places
 */
export const moved = (feature, places) => reshaped(feature, /** @type {any} */ (kindOf(feature)), places);

/**
 * Return a feature of another shape.
 * @param {any} feature
 * @param {typeof KINDS[number]} kind
 * @param {Place[]} places
 * @returns {any}
 */
export function reshaped(feature, kind, places) {
  const { radius_m, half_width_m, ...rest } = feature.properties;
  const coordinates = places.map(turned);
  if (kind === "circle") {
    const geometry = { type: "Point", coordinates: coordinates[0] ?? [] };
    return { ...feature, properties: { ...rest, radius_m: radius_m ?? NEW_RADIUS_M }, geometry };
  }
  if (kind === "corridor") {
    const geometry = { type: "LineString", coordinates };
    return { ...feature, properties: { ...rest, half_width_m: half_width_m ?? NEW_HALF_WIDTH_M }, geometry };
  }
  const ring = coordinates.length ? [...coordinates, coordinates[0]] : [];
  return { ...feature, properties: rest, geometry: { type: "Polygon", coordinates: [ring] } };
}

/**
 * Whether a shape has places enough to be one; one that is not drawn here always.
 * @param {any} feature
 */
export const complete = (feature) => placesOf(feature).length >= LEAST[kindOf(feature)];

/**
 * Return a line round a circle, as it is drawn until the server says how it is judged.
 * @param {Place} centre
 * @param {number} radius_m
 * @returns {[number, number][]} longitude and latitude
 */
export function circleLine(centre, radius_m) {
  return Array.from({ length: 73 }, (_, k) => turned(ahead(centre, radius_m, k * 5)));
}

/**
 * Return the place at a distance and bearing, on the sphere.
 * @param {Place} from
 * @param {number} distance_m
 * @param {number} bearing_deg
 * @returns {Place}
 */
export function ahead([lat_deg, lon_deg], distance_m, bearing_deg) {
  const [lat, far, way] = [lat_deg * RADIANS, distance_m / EARTH_M, bearing_deg * RADIANS];
  const to = Math.asin(Math.sin(lat) * Math.cos(far) + Math.cos(lat) * Math.sin(far) * Math.cos(way));
  const turn = Math.atan2(Math.sin(way) * Math.sin(far) * Math.cos(lat), Math.cos(far) - Math.sin(lat) * Math.sin(to));
  return [to / RADIANS, lon_deg + turn / RADIANS];
}

/**
 * Return how far two places are from each other, on the sphere.
 * @param {Place} a
 * @param {Place} b
 */
export function apart([lat0_deg, lon0_deg], [lat1_deg, lon1_deg]) {
  const [lat0, lat1] = [lat0_deg * RADIANS, lat1_deg * RADIANS];
  const h = Math.sin((lat1 - lat0) / 2) ** 2
    + Math.cos(lat0) * Math.cos(lat1) * Math.sin((lon1_deg - lon0_deg) * RADIANS / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/**
 * Return latitude and longitude of longitude and latitude, and the other way round.
 * @param {number[]} pair
 * @returns {[number, number]}
 */
export const turned = ([a, b]) => [b, a];

/** @param {any} list */
const pairs = (list) => Array.isArray(list)
  && list.every((one) => Array.isArray(one) && Number.isFinite(one[0]) && Number.isFinite(one[1]));

/**
 * @param {Place} a
 * @param {Place} b
 */
const same = (a, b) => a[0] === b[0] && a[1] === b[1];
