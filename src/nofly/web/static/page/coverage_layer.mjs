/** The veil: where, and at which heights, nothing was seen lately. Nobody can say that nothing is there. */

import { addSource, collection, feature, showFeatures } from "./layers.mjs";

const TILE_PX = 16;
/** What a browser says that draws without a graphics card. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
const PLAIN = { light: "rgb(60 70 80 / .2)", dark: "rgb(0 0 0 / .42)" };
/** Whether the veil has dots: without a graphics card they take longer than all else together. */
let dotted = true;
const WORLD = { south: -85, west: -180, north: 85, east: 180 };

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function addCoverage(map, theme) {
  addSource(map, "coverage", { tolerance: 0 });
  dotted = !SOFTWARE.test(renderer(map));
  if (dotted) map.addImage("veil", veil(theme), { pixelRatio: 2 });
  const paint = dotted ? { "fill-pattern": "veil" } : { "fill-color": PLAIN[theme] };
  map.addLayer({ id: "coverage", type: "fill", source: "coverage", paint: { ...paint, "fill-antialias": false } });
}

/**
 * Return what draws the map, as the browser calls it.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 */
function renderer(map) {
  const gl = /** @type {WebGL2RenderingContext | null} */ (map.getCanvas().getContext("webgl2"));
  const named = gl?.getExtension("WEBGL_debug_renderer_info");
  return gl && named ? String(gl.getParameter(named.UNMASKED_RENDERER_WEBGL)) : "";
}

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function themeCoverage(map, theme) {
  if (dotted) map.updateImage("veil", veil(theme));
  else map.setPaintProperty("coverage", "fill-color", PLAIN[theme]);
}

/**
 * Veil what was not seen.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {any} coverage as the API has it; null where it is not known
 * @param {string} band its number, or empty for any height, or `off`
 */
export function showCoverage(map, coverage, band) {
  showFeatures(map, "coverage", collection(coverage && band !== "off" ? unseen(coverage, band) : []));
}

/**
 * Return what was not seen as rectangles: all round the cells from which reports came, and between them.
 * @param {{ cell_deg: number, cells: { south_deg: number, west_deg: number, ages_s: (number | null)[] }[] }} coverage
 * @param {string} band
 */
export function unseen({ cell_deg, cells }, band) {
  const seen = cells.filter(({ ages_s }) => band === ""
    ? ages_s.some((age_s) => age_s !== null) : (ages_s[Number(band)] ?? null) !== null);
  /** @type {Map<number, Set<number>>} */
  const rows = new Map();
  for (const { south_deg, west_deg } of seen) {
    const [row, column] = [Math.round(south_deg / cell_deg), Math.round(west_deg / cell_deg)];
    rows.set(row, (rows.get(row) ?? new Set()).add(column));
  }
  const found = [];
  let from = WORLD.south;
  for (const row of [...rows.keys()].sort((a, b) => a - b)) {
    const [south, north] = [row * cell_deg, (row + 1) * cell_deg];
    if (south > from) found.push(rectangle(from, WORLD.west, south, WORLD.east));
    let west = WORLD.west;
    for (const column of [...(rows.get(row) ?? [])].sort((a, b) => a - b)) {
      if (column * cell_deg > west) found.push(rectangle(south, west, north, column * cell_deg));
      west = (column + 1) * cell_deg;
    }
    if (west < WORLD.east) found.push(rectangle(south, west, north, WORLD.east));
    from = north;
  }
  if (from < WORLD.north) found.push(rectangle(from, WORLD.west, WORLD.north, WORLD.east));
  return found;
}

/**
 * @param {number} south
 * @param {number} west
 * @param {number} north
 * @param {number} east
 */
const rectangle = (south, west, north, east) => feature({
  type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
});

/** @param {import("./colours.mjs").Theme} theme */
function veil(theme) {
  const canvas = new OffscreenCanvas(TILE_PX, TILE_PX);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = theme === "dark" ? "rgb(0 0 0 / .32)" : "rgb(60 70 80 / .09)";
  pen.fillRect(0, 0, TILE_PX, TILE_PX);
  pen.fillStyle = theme === "dark" ? "rgb(170 190 210 / .28)" : "rgb(50 60 70 / .3)";
  pen.fillRect(3, 3, 2, 2);
  pen.fillRect(11, 11, 2, 2);
  return pen.getImageData(0, 0, TILE_PX, TILE_PX);
}
