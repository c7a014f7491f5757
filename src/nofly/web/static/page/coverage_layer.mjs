/** The veil: where, and at which heights, nothing was seen lately, and whether it could have been. */

import { MAP } from "./colours.mjs";
import { addSource, collection, feature, showFeatures } from "./layers.mjs";

const TILE_PX = 16;
/** What a browser says that draws without a graphics card. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
/** Of each verdict on what was not seen, where no patterns are drawn: told apart by lightness. */
const PLAIN = {
  could: { light: "rgb(60 70 80 / .09)", dark: "rgb(150 175 200 / .14)" },
  unknown: { light: "rgb(60 70 80 / .24)", dark: "rgb(0 0 0 / .42)" },
  could_not: { light: "rgb(40 48 56 / .52)", dark: "rgb(0 0 0 / .8)" },
};
/** @typedef {keyof typeof PLAIN} Verdict */
const VERDICTS = /** @type {Verdict[]} */ (Object.keys(PLAIN));
/** Whether the veil has patterns: without a graphics card they take longer than all else together. */
let patterned = true;
const WORLD = { south: -85, west: -180, north: 85, east: 180 };

/**
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function addCoverage(map, theme) {
  addSource(map, "coverage", { tolerance: 0 });
  patterned = !SOFTWARE.test(renderer(map));
  for (const verdict of VERDICTS) {
    if (patterned) map.addImage(`veil-${verdict}`, veil(verdict, theme), { pixelRatio: 2 });
    const paint = patterned ? { "fill-pattern": `veil-${verdict}` } : { "fill-color": PLAIN[verdict][theme] };
    map.addLayer({
      id: `coverage-${verdict}`, type: "fill", source: "coverage", filter: ["==", ["get", "verdict"], verdict],
      paint: { ...paint, "fill-antialias": false },
    });
  }
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
  for (const verdict of VERDICTS) {
    if (patterned) map.updateImage(`veil-${verdict}`, veil(verdict, theme));
    else map.setPaintProperty(`coverage-${verdict}`, "fill-color", PLAIN[verdict][theme]);
  }
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
 * @typedef {{ south_deg: number, west_deg: number, ages_s: (number | null)[] }} SeenCell
 * @typedef {{ south_deg: number, west_deg: number, width_deg: number, could: number[], could_not: number[] }} HorizonCell
 */

/**
 * Return what was not seen as rectangles: all round the cells from which reports came, and between them, each
 * with its verdict. At any height one was seen, or could have been, that was or could have been at one of them;
 * could not that could at none.
 * @param {{ cell_deg: number, bands_ft: number[], cells: SeenCell[], horizon: { cells: HorizonCell[] } | null }} coverage
 * @param {string} band
 */
export function unseen({ cell_deg, bands_ft, cells, horizon }, band) {
  /** @type {Map<number, Map<number, Verdict | "seen">>} */
  const rows = new Map();
  /** @type {(south_deg: number, west_deg: number, width_deg: number, verdict: Verdict | "seen") => void} */
  const put = (south_deg, west_deg, width_deg, verdict) => {
    const [row, column] = [Math.round(south_deg / cell_deg), Math.round(west_deg / cell_deg)];
    const found = rows.get(row) ?? new Map();
    rows.set(row, found);
    for (let k = 0; k < Math.round(width_deg / cell_deg); k += 1) found.set(column + k, verdict);
  };
  for (const { south_deg, west_deg, width_deg, could, could_not } of horizon?.cells ?? []) {
    if (band === "" ? could.length : could.includes(Number(band))) put(south_deg, west_deg, width_deg, "could");
    else if (band === "" ? could_not.length === bands_ft.length : could_not.includes(Number(band))) {
      put(south_deg, west_deg, width_deg, "could_not");
    }
  }
  for (const { south_deg, west_deg, ages_s } of cells) {
    const seen = band === "" ? ages_s.some((age_s) => age_s !== null) : (ages_s[Number(band)] ?? null) !== null;
    if (seen) put(south_deg, west_deg, cell_deg, "seen");
  }
  return rectangles(rows, cell_deg);
}

/**
 * @param {Map<number, Map<number, Verdict | "seen">>} rows
 * @param {number} cell_deg
 */
function rectangles(rows, cell_deg) {
  const found = [];
  let from = WORLD.south;
  for (const row of [...rows.keys()].sort((a, b) => a - b)) {
    const [south, north] = [row * cell_deg, (row + 1) * cell_deg];
    if (south < WORLD.south || north > WORLD.north) continue;
    if (south > from) found.push(rectangle(from, WORLD.west, south, WORLD.east, "unknown"));
    found.push(...alongRow(rows.get(row) ?? new Map(), south, north, cell_deg));
    from = north;
  }
  if (from < WORLD.north) found.push(rectangle(from, WORLD.west, WORLD.north, WORLD.east, "unknown"));
  return found;
}

/**
 * Return a row as rectangles, as wide as one verdict reaches.
 * @param {Map<number, Verdict | "seen">} columns
 * @param {number} south
 * @param {number} north
 * @param {number} cell_deg
 */
function alongRow(columns, south, north, cell_deg) {
  const found = [];
  /** @type {{ verdict: Verdict | "seen", from: number }} */
  let now = { verdict: "unknown", from: WORLD.west };
  /** @type {(at: number, verdict: Verdict | "seen") => void} */
  const turn = (at, verdict) => {
    if (verdict === now.verdict) return;
    if (now.verdict !== "seen" && at > now.from) found.push(rectangle(south, now.from, north, at, now.verdict));
    now = { verdict, from: at };
  };
  for (const [column, verdict] of [...columns].sort(([a], [b]) => a - b)) {
    turn(column * cell_deg, verdict);
    if (!columns.has(column + 1)) turn((column + 1) * cell_deg, "unknown");
  }
  if (now.verdict !== "seen" && now.from < WORLD.east) {
    found.push(rectangle(south, now.from, north, WORLD.east, now.verdict));
  }
  return found;
}

/**
 * @param {number} south
 * @param {number} west
 * @param {number} north
 * @param {number} east
 * @param {Verdict} verdict
 */
const rectangle = (south, west, north, east, verdict) => feature({
  type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
}, { verdict });

/**
 * Return the pattern of a verdict: lines where one could have been seen, dots where nothing is known, a dark
 * grid where one could not have been.
 * @param {Verdict} verdict
 * @param {import("./colours.mjs").Theme} theme
 */
function veil(verdict, theme) {
  const canvas = new OffscreenCanvas(TILE_PX, TILE_PX);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const dark = theme === "dark";
  pen.fillStyle = pen.strokeStyle = dark ? "rgb(170 190 210 / .28)" : "rgb(50 60 70 / .3)";
  if (verdict === "could") {
    stroke(pen, [[-2, 2, 2, -2], [-2, TILE_PX + 2, TILE_PX + 2, -2], [TILE_PX - 2, TILE_PX + 2, TILE_PX + 2, TILE_PX - 2]]);
    return pen.getImageData(0, 0, TILE_PX, TILE_PX);
  }
  const ground = verdict === "unknown" ? (dark ? "rgb(0 0 0 / .32)" : "rgb(60 70 80 / .09)")
    : (dark ? "rgb(0 0 0 / .66)" : "rgb(40 48 56 / .38)");
  const ink = pen.fillStyle;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, TILE_PX, TILE_PX);
  pen.fillStyle = ink;
  if (verdict === "unknown") {
    pen.fillRect(3, 3, 2, 2);
    pen.fillRect(11, 11, 2, 2);
  } else {
    stroke(pen, [[0, TILE_PX / 2, TILE_PX, TILE_PX / 2], [TILE_PX / 2, 0, TILE_PX / 2, TILE_PX]]);
  }
  return pen.getImageData(0, 0, TILE_PX, TILE_PX);
}

/**
 * Return how the map shows a verdict, on land.
 * @param {Verdict | "seen"} verdict
 * @param {import("./colours.mjs").Theme} theme
 */
export function veilPicture(verdict, theme) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height, canvas.className] = [48, 48, "mark"];
  canvas.setAttribute("aria-hidden", "true");
  canvas.dataset.picture = `veil ${verdict} ${theme} ${patterned}`;
  canvas.style.background = MAP[theme].land;
  if (verdict === "seen") return canvas;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = PLAIN[verdict][theme];
  if (!patterned) pen.fillRect(0, 0, 48, 48);
  else for (let k = 0; k < 9; k += 1) pen.putImageData(veil(verdict, theme), k % 3 * TILE_PX, Math.floor(k / 3) * TILE_PX);
  return canvas;
}

/**
 * @param {OffscreenCanvasRenderingContext2D} pen
 * @param {number[][]} lines from and to
 */
function stroke(pen, lines) {
  pen.lineWidth = 2;
  pen.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    pen.moveTo(x0, y0);
    pen.lineTo(x1, y1);
  }
  pen.stroke();
}
