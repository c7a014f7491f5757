/** Aircraft by category, as signed distance fields: one picture each, that the map tints and outlines. */

const SIZE_PX = 64;
const PIXEL_RATIO = 2;
/** Source: MapLibre style specification, sprites; the outline lies at three quarters of the scale. */
const RADIUS_PX = 8;
const CUTOFF = 0.25;
const FAR = 1e20;

/** Outlines in a square of 64, nose up. */
const SHAPES = {
  plane: "M32 4c2 0 4 4 4 8v12l22 14v5l-22-7v13l7 6v4l-11-3-11 3v-4l7-6V36L6 43v-5l22-14V12c0-4 2-8 4-8z",
  light: "M32 10c2 0 3 2 3 5v5h24v8l-24 3-1 15 9 4v5H21v-5l9-4-1-15-24-3v-8h24v-5c0-3 1-5 3-5z",
  heavy: "M32 2c3 0 5 5 5 10v10l25 17v6l-25-9v14l9 7v5l-14-4-14 4v-5l9-7V36L2 45v-6l25-17V12c0-5 2-10 5-10z",
  fast: "M32 2l5 20 19 26v6l-17-3-3 9h-8l-3-9-17 3v-6l19-26z",
  rotor: "M30 4h4v14l14-10 3 4-15 14c3 3 3 9 0 13l-1 13h6v5H23v-5h6l-1-13c-3-4-3-10 0-13L13 12l3-4 14 10z",
  glider: "M31 12h2l1 10 28 3v4l-28 2-1 18 8 3v4H23v-4l8-3-1-18-28-2v-4l28-3z",
  balloon: "M32 4c12 0 20 9 20 20 0 9-8 16-13 21h-14c-5-5-13-12-13-21C12 13 20 4 32 4zM26 49h12v10H26z",
  drone: "M14 6a9 9 0 1 1-1 18l7 6v4l-7 6a9 9 0 1 1 1 18 9 9 0 0 1 9-10l5-4h8l5 4a9 9 0 1 1 10-8l-7-6v-4l7-6a9 9 0 1 1-10-9l-5 5h-8l-5-5a9 9 0 0 1-9-9z",
  surface: "M22 12h20l4 8v32H18V20z",
  dot: "M32 14a18 18 0 1 1 0 36 18 18 0 0 1 0-36z",
};

/** Emitter categories. Source: EUROCONTROL ASTERIX CAT021 I021/020, DO-260B 2.2.3.2.5.2. */
const CATEGORIES = {
  A1: "light", A2: "plane", A3: "plane", A4: "heavy", A5: "heavy", A6: "fast", A7: "rotor",
  B1: "glider", B2: "balloon", B3: "dot", B4: "light", B6: "drone", B7: "fast",
  C1: "surface", C2: "surface", C3: "surface",
};

/** Among so many in view, pictures are drawn so much smaller: they would hide one another. */
const CROWDS = [{ from: 6000, size: 0.5 }, { from: 2000, size: 0.7 }, { from: 0, size: 1 }];
/** So much fewer there must be for them to grow again, or they would flicker. */
const AGAIN = 0.8;

/**
 * Return how large the pictures of so many aircraft are, beside those of few.
 * @param {number} count of aircraft in view
 * @param {number} now how large they are
 */
export function sizeAmong(count, now) {
  const sizeOf = (/** @type {number} */ of) => CROWDS.find(({ from }) => of >= from)?.size ?? 1;
  return Math.max(Math.min(now, sizeOf(count)), sizeOf(count / AGAIN));
}

/**
 * Return the name of the picture of an aircraft. Where its way is not known, none that points anywhere.
 * @param {string | null | undefined} category
 * @param {number | null} track_deg
 */
export function iconOf(category, track_deg) {
  const shape = CATEGORIES[/** @type {keyof typeof CATEGORIES} */ ((category ?? "").toUpperCase())] ?? "plane";
  if (track_deg === null && !["balloon", "drone", "surface"].includes(shape)) return "aircraft-dot";
  return `aircraft-${shape}`;
}

/**
 * Give the map all pictures.
 * @param {import("../vendor/maplibre-gl.mjs").Map} map
 */
export function addIcons(map) {
  for (const [name, path] of Object.entries(SHAPES)) {
    map.addImage(`aircraft-${name}`, distanceField(path), { sdf: true, pixelRatio: PIXEL_RATIO });
  }
}

/** @param {string} path */
function distanceField(path) {
  const canvas = new OffscreenCanvas(SIZE_PX, SIZE_PX);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  pen.translate(RADIUS_PX / 2, RADIUS_PX / 2);
  pen.scale(1 - RADIUS_PX / SIZE_PX, 1 - RADIUS_PX / SIZE_PX);
  pen.fill(new Path2D(path));
  const { data } = pen.getImageData(0, 0, SIZE_PX, SIZE_PX);
  const [out, inside] = [new Float64Array(SIZE_PX ** 2), new Float64Array(SIZE_PX ** 2)];
  for (let i = 0; i < SIZE_PX ** 2; i += 1) {
    const cover = data[4 * i + 3] / 255;
    out[i] = cover === 1 ? 0 : cover === 0 ? FAR : Math.max(0, 0.5 - cover) ** 2;
    inside[i] = cover === 1 ? FAR : cover === 0 ? 0 : Math.max(0, cover - 0.5) ** 2;
  }
  squaredDistances(out);
  squaredDistances(inside);
  const field = new Uint8ClampedArray(4 * SIZE_PX ** 2);
  for (let i = 0; i < SIZE_PX ** 2; i += 1) {
    const distance_px = Math.sqrt(out[i]) - Math.sqrt(inside[i]);
    field[4 * i + 3] = Math.round(255 - 255 * (distance_px / RADIUS_PX + CUTOFF));
  }
  return new ImageData(field, SIZE_PX, SIZE_PX);
}

/**
 * Put in place of each 0 or "far" of a square the squared distance to the nearest 0; no further than
 * the field reaches. Source: Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", 2012; the
 * parabolas here are tried one by one.
 * @param {Float64Array} grid
 */
function squaredDistances(grid) {
  const line = new Float64Array(SIZE_PX);
  for (const [along, across] of [[SIZE_PX, 1], [1, SIZE_PX]]) {
    for (let start = 0; start < SIZE_PX; start += 1) {
      for (let i = 0; i < SIZE_PX; i += 1) {
        let least = FAR;
        const end = Math.min(SIZE_PX, i + RADIUS_PX + 2);
        for (let j = Math.max(0, i - RADIUS_PX - 1); j < end; j += 1) least = Math.min(least, grid[start * across + j * along] + (i - j) ** 2);
        line[i] = least;
      }
      for (let i = 0; i < SIZE_PX; i += 1) grid[start * across + i * along] = line[i];
    }
  }
}
