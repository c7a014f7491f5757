/** The shape of a draft: its places and its size, in the feature as it will be proposed. */

/** @typedef {import("./places.mjs").Place} Place */
/** @typedef {{ centre: [number, number], radius_m: number, end_radius_m?: number, start_deg: number, end_deg: number,
 *   clockwise: boolean }} Arc its centre is longitude and latitude, as in the file */
/** @typedef {Place | Arc} Row a corner of a ring, or an arc in it */
/** @typedef {"polygon" | "circle" | "corridor" | "other"} ShapeKind */

const EARTH_M = 6_371_008.8;
const RADIANS = Math.PI / 180;
export const KINDS = /** @type {const} */ (["polygon", "circle", "corridor"]);
/** A new circle has this radius, a new corridor this width. */
const NEW_RADIUS_M = 5 * 1852;
const NEW_HALF_WIDTH_M = 2 * 1852;
/** An arc is drawn, until the server says how it is judged, by a place every so many degrees. */
const ARC_STEP_DEG = 5;
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
 * Return what can be drawn of a feature that is of one part.
 * @param {any} feature
 * @returns {ShapeKind}
 */
export function kindOf(feature) {
  const { geometry, properties } = feature;
  const coordinates = geometry?.coordinates;
  if (!Array.isArray(coordinates) || properties?.volumes) return "other";
  const rings = geometry.type === "Polygon" && coordinates.length > 0 && coordinates.every(pairs);
  if (rings && (properties.arcs ?? []).every(isArc)) return "polygon";
  const point = geometry.type === "Point" && typeof properties.radius_m === "number";
  if (point && (!coordinates.length || pairs([coordinates]))) return "circle";
  const way = geometry.type === "LineString" && typeof properties.half_width_m === "number";
  return way && pairs(coordinates) ? "corridor" : "other";
}

/**
 * Return how many rings a shape has: the outline of a polygon and its holes.
 * @param {any} feature
 */
export const ringsOf = (feature) => kindOf(feature) === "polygon" ? feature.geometry.coordinates.length : 1;

/**
 * Return the corners and arcs of a ring, the centre of a circle, or the way of a corridor.
 * @param {any} feature
 * @param {number} [ring] 0 is the outline
 * @returns {Row[]}
 */
export function rowsOf(feature, ring = 0) {
  const kind = kindOf(feature);
  const { coordinates } = feature.geometry ?? {};
  if (kind === "circle") return coordinates.length ? [turned(coordinates)] : [];
  if (kind === "corridor") return coordinates.map(turned);
  if (kind !== "polygon" || ring >= coordinates.length) return [];
  const places = coordinates[ring].map(turned);
  const arcs = arcsOf(feature).filter((/** @type {any} */ one) => (one.ring ?? 0) === ring).sort((a, b) => b.first - a.first);
  if (places.length > 1 && same(places[0], places[places.length - 1])) places.pop();
  for (const { ring: _, first, points, ...arc } of arcs) places.splice(first, points, arc);
  return places;
}

/**
 * Return the places by which rows are drawn.
 * @param {Row[]} rows
 * @returns {Place[]}
 */
export const lineOf = (rows) => rows.flatMap((row) => isPlace(row) ? [row] : along(row));

/**
 * @param {Row} row
 * @returns {row is Place}
 */
export const isPlace = (row) => Array.isArray(row);

/**
 * Return the places by which a shape, or a ring of it, is drawn.
 * @param {any} feature
 * @param {number} [ring]
 */
export const placesOf = (feature, ring = 0) => lineOf(rowsOf(feature, ring));

/**
 * Return a feature one ring of which has other rows.
 * @param {any} feature
 * @param {Row[]} rows
 * @param {number} [ring]
 */
export function moved(feature, rows, ring = 0) {
  const kind = kindOf(feature);
  if (kind !== "polygon") return reshaped(feature, /** @type {any} */ (kind), lineOf(rows));
  /** @type {any[]} */
  const found = arcsOf(feature).filter((/** @type {any} */ one) => (one.ring ?? 0) !== ring);
  /** @type {Place[]} */
  const places = [];
  for (const row of rows) {
    const drawn = lineOf([row]);
    if (!isPlace(row)) found.push({ ring, first: places.length, points: drawn.length, ...row });
    places.push(...drawn);
  }
  const coordinates = [...feature.geometry.coordinates];
  coordinates[ring] = closed(places);
  return withArcs({ ...feature, geometry: { ...feature.geometry, coordinates } }, found);
}

/**
 * Return a polygon with one hole more, which has no corner yet.
 * @param {any} feature
 */
export function withHole(feature) {
  const coordinates = [...feature.geometry.coordinates, []];
  return { ...feature, geometry: { ...feature.geometry, coordinates } };
}

/**
 * Return a polygon without a hole.
 * @param {any} feature
 * @param {number} ring
 */
export function withoutHole(feature, ring) {
  const coordinates = feature.geometry.coordinates.filter((/** @type {unknown} */ _, /** @type {number} */ k) => k !== ring);
  const arcs = arcsOf(feature).filter((/** @type {any} */ one) => (one.ring ?? 0) !== ring)
    .map((/** @type {any} */ one) => (one.ring ?? 0) > ring ? { ...one, ring: one.ring - 1 } : one);
  return withArcs({ ...feature, geometry: { ...feature.geometry, coordinates } }, arcs);
}

/**
 * @param {any} feature
 * @returns {any[]}
 */
const arcsOf = (feature) => feature.properties.arcs ?? [];

/**
 * @param {any} feature
 * @param {any[]} arcs
 */
function withArcs(feature, arcs) {
  const { arcs: _, ...properties } = feature.properties;
  return { ...feature, properties: arcs.length ? { ...properties, arcs } : properties };
}

/**
 * Return places along an arc.
 * @param {Arc} arc
 * @returns {Place[]}
 */
function along({ centre, radius_m, end_radius_m = radius_m, start_deg, end_deg, clockwise }) {
  const round_deg = (((clockwise ? end_deg - start_deg : start_deg - end_deg) % 360) + 360) % 360 || 360;
  const count = Math.max(2, Math.ceil(round_deg / ARC_STEP_DEG) + 1);
  return Array.from({ length: count }, (_, k) => {
    const [part, turn_deg] = [k / (count - 1), round_deg * k / (count - 1)];
    return ahead(turned(centre), radius_m + (end_radius_m - radius_m) * part, start_deg + (clockwise ? turn_deg : -turn_deg));
  });
}

/**
 * Return a feature of another shape.
 * @param {any} feature
 * @param {typeof KINDS[number]} kind
 * @param {Place[]} places
 * @returns {any}
 */
export function reshaped(feature, kind, places) {
  const { radius_m, half_width_m, arcs: _, ...rest } = feature.properties;
  const coordinates = places.map(turned);
  if (kind === "circle") {
    const geometry = { type: "Point", coordinates: coordinates[0] ?? [] };
    return { ...feature, properties: { ...rest, radius_m: radius_m ?? NEW_RADIUS_M }, geometry };
  }
  if (kind === "corridor") {
    const geometry = { type: "LineString", coordinates };
    return { ...feature, properties: { ...rest, half_width_m: half_width_m ?? NEW_HALF_WIDTH_M }, geometry };
  }
  return { ...feature, properties: rest, geometry: { type: "Polygon", coordinates: [closed(places)] } };
}

/**
 * Whether a shape, and each of its holes, has places enough to be one; one that is not drawn here always.
 * @param {any} feature
 */
export const complete = (feature) => Array.from({ length: ringsOf(feature) }, (_, ring) => placesOf(feature, ring))
  .every((places) => places.length >= LEAST[kindOf(feature)]);

/** @param {Place[]} places */
const closed = (places) => places.length ? [...places, places[0]].map(turned) : [];

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
 * Return the bearing from one place to another, on the sphere, from 0 to 360 degrees.
 * @param {Place} from
 * @param {Place} to
 */
export function bearingTo([lat0_deg, lon0_deg], [lat1_deg, lon1_deg]) {
  const [lat0, lat1, turn] = [lat0_deg * RADIANS, lat1_deg * RADIANS, (lon1_deg - lon0_deg) * RADIANS];
  const [east, north] = [Math.sin(turn) * Math.cos(lat1), Math.cos(lat0) * Math.sin(lat1) - Math.sin(lat0) * Math.cos(lat1) * Math.cos(turn)];
  return (Math.atan2(east, north) / RADIANS + 360) % 360;
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

/** @param {any} one */
const isArc = (one) => pairs([one?.centre]) && ["first", "points", "radius_m", "start_deg", "end_deg"].every((name) =>
  Number.isFinite(one[name])) && typeof one.clockwise === "boolean";

/** @param {any} list */
const pairs = (list) => Array.isArray(list)
  && list.every((one) => Array.isArray(one) && Number.isFinite(one[0]) && Number.isFinite(one[1]));

/**
 * @param {Place} a
 * @param {Place} b
 */
const same = (a, b) => a[0] === b[0] && a[1] === b[1];
