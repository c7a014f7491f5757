/** What whoever runs this server wants under the map: tiles, or a whole style. Without them, or where they cannot
 * be had, the map is the one that is served here, and says so. */

import { ask } from "./api.mjs";
import { byId } from "./dom.mjs";
import { say } from "./words.mjs";

const PREFIX = "style:";
const LONGEST_MS = 8000;
const MOST_CHARACTERS = 4 << 20;
const MOST_LAYERS = 500;
const TILED = ["raster", "raster-dem", "vector"];
/** Below them lies what is served here; they are above tiles, and below nothing of a style. */
const OURS = ["land", "borders", "places"];

/**
 * Lay what is wanted under all else.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 */
export async function layStyle(map) {
  const { tiles, attribution, style } = await ask("page").catch(() => ({ tiles: null, style: null, attribution: "" }));
  if (!tiles && !style) return;
  try {
    const wanted = style ? await fetched(new URL(style, location.href).href) : ofTiles(tiles, attribution);
    lay(map, wanted, { hidden: style ? OURS : [], below: style ? "places" : "borders" });
  } catch (error) {
    tell(/** @type {Error} */ (error).message);
  }
}

/**
 * Return the style that is tiles and nothing else.
 * @param {string} tiles
 * @param {string} attribution
 */
function ofTiles(tiles, attribution) {
  const shown = document.createElement("span");
  shown.textContent = attribution;
  return {
    sources: { tiles: { type: "raster", tiles: [tiles], tileSize: 256, attribution: shown.innerHTML } },
    layers: [{ id: "tiles", type: "raster", source: "tiles" }],
  };
}

/**
 * Return a style of another server, what it names by halves named whole. Throws where it is none.
 * @param {string} url
 */
async function fetched(url) {
  const answer = await fetch(url, {
    signal: AbortSignal.timeout(LONGEST_MS),
    credentials: url.startsWith(`${location.origin}/`) ? "same-origin" : "omit",
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const text = await answer.text();
  if (text.length > MOST_CHARACTERS) throw new Error(`> ${MOST_CHARACTERS}`);
  const style = JSON.parse(text);
  if (style?.version !== 8 || typeof style.sources !== "object" || !Array.isArray(style.layers)) {
    throw new Error(say("style.none"));
  }
  if (style.layers.length > MOST_LAYERS) throw new Error(`> ${MOST_LAYERS}`);
  const whole = (/** @type {unknown} */ value) => typeof value !== "string" ? value
    : new URL(value, url).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  for (const source of /** @type {any[]} */ (Object.values(style.sources))) {
    if (source.url) source.url = whole(source.url);
    if (source.tiles) source.tiles = source.tiles.map(whole);
    if (typeof source.data === "string") source.data = whole(source.data);
  }
  return { ...style, glyphs: whole(style.glyphs), sprite: whole(style.sprite) };
}

/**
 * Lay a style below one of our layers. Where nothing of a source of it can be had, all of it is taken away again.
 * @param {any} map
 * @param {any} style
 * @param {{ hidden: string[], below: string }} how our layers that it takes the place of
 */
function lay(map, style, { hidden, below }) {
  const [sources, layers] = [Object.entries(style.sources), /** @type {any[]} */ (style.layers)];
  const had = new Set();
  const labels = map.getStyle().layers.filter((/** @type {any} */ one) => one.layout?.["text-field"]);

  const away = (/** @type {string} */ why) => {
    map.off("error", failed);
    map.off("sourcedata", came);
    map.off("idle", settled);
    for (const { id } of layers) if (map.getLayer(PREFIX + id)) map.removeLayer(PREFIX + id);
    for (const [id] of sources) if (map.getSource(PREFIX + id)) map.removeSource(PREFIX + id);
    for (const id of hidden) map.setLayoutProperty(id, "visibility", "visible");
    if (style.glyphs) {
      map.setGlyphs(null);
      for (const { id, layout } of labels) map.setLayoutProperty(id, "text-font", layout["text-font"]);
    }
    tell(why);
  };
  const failed = (/** @type {any} */ { sourceId, error }) => {
    if (sourceId?.startsWith(PREFIX) && !had.has(sourceId)) away(error?.message ?? "");
  };
  const came = (/** @type {any} */ { sourceId, tile }) => {
    if (tile?.state === "loaded") had.add(sourceId);
  };
  // Tiles that a server does not have are no errors to MapLibre.
  const settled = () => {
    const tiled = sources.filter(([, source]) => TILED.includes(source.type));
    if (tiled.length && !tiled.some(([id]) => had.has(PREFIX + id))) away(say("style.notiles"));
  };
  map.on("error", failed);
  map.once("idle", settled);
  map.on("sourcedata", came);
  try {
    if (style.sprite) map.setSprite(style.sprite);
    if (style.glyphs) {
      // Our names are then written in its letters: it has no others.
      const font = layers.find((one) => one.layout?.["text-font"])?.layout["text-font"];
      map.setGlyphs(style.glyphs);
      if (font) for (const { id } of labels) map.setLayoutProperty(id, "text-font", font);
    }
    for (const [id, source] of sources) map.addSource(PREFIX + id, source);
    for (const layer of layers) {
      map.addLayer({ ...layer, id: PREFIX + layer.id, ...(layer.source ? { source: PREFIX + layer.source } : {}) }, below);
    }
    for (const id of hidden) map.setLayoutProperty(id, "visibility", "none");
  } catch (error) {
    away(/** @type {Error} */ (error).message);
  }
}

/** @param {string} why */
function tell(why) {
  const note = byId("map-note");
  note.textContent = say("style.failed", { why: why.slice(0, 120) });
  note.hidden = false;
}
