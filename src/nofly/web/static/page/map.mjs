/** The map: coasts, borders and names of countries, all from this server; no tile, no font from elsewhere. */

import {
  addProtocol, AttributionControl, MapLibreMap, NavigationControl, ScaleControl, setWorkerUrl,
} from "../vendor/maplibre-gl.mjs";
import { MAP } from "./colours.mjs";
import { DEEPEST, tileOf, TILES } from "./ground.mjs";
import { showFeatures } from "./layers.mjs";
import { layStyle } from "./style_layer.mjs";
import { country, say } from "./words.mjs";

const WORLD = { center: /** @type {[number, number]} */ ([10, 47]), zoom: 3 };
/** Drawn by the browser itself, as the style names no glyphs. */
export const FONT = ["sans-serif"];
const ATTRIBUTION = "Natural Earth";
/** So much more than the screen is asked for, that a small move shows no empty edge. */
const MARGIN = 0.25;
const UNSEEN_RATIO = 0.1;
/** So long nothing is shown of a map that does not come whole. */
const UNSEEN_MS = 2000;

/**
 * Return the map in an element.
 * @param {HTMLElement} container
 * @param {import("./view_url.mjs").View} view
 * @param {import("./colours.mjs").Theme} theme
 * @param {Promise<unknown>} [placing] the map is empty until it is over: what moves it first costs no picture
 */
export function createMap(container, view, theme, placing) {
  addProtocol("ground", tileOf);
  setWorkerUrl(new URL("../vendor/maplibre-gl-worker.mjs", import.meta.url).href);
  const placed = view.lat !== null && view.lon !== null;
  const map = new MapLibreMap({
    container, ...(placing ? { pixelRatio: UNSEEN_RATIO } : { style: style(theme) }),
    center: placed ? [/** @type {number} */ (view.lon), /** @type {number} */ (view.lat)] : WORLD.center,
    zoom: view.zoom ?? WORLD.zoom,
    minZoom: 1, maxZoom: 16, maxPitch: 0, dragRotate: false, pitchWithRotate: false, touchPitch: false,
    fadeDuration: 0, attributionControl: false,
    locale: {
      "NavigationControl.ZoomIn": say("maplibre.zoomin"), "NavigationControl.ZoomOut": say("maplibre.zoomout"),
      "NavigationControl.ResetBearing": say("maplibre.north"), "Map.Title": say("map"),
      "AttributionControl.ToggleAttribution": say("maplibre.attribution"),
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "nautical" }), "bottom-left");
  map.once("load", () => void layStyle(map));
  if (placing) void placing.catch(() => undefined).then(() => map.setStyle(style(theme)));
  map.addControl(new AttributionControl({ compact: false, customAttribution: ATTRIBUTION }), "bottom-right");
  return map;
}

/**
 * Show the map when it has a picture in which nothing of these sources is missing. Until then what comes is drawn
 * small and unseen: without a graphics card each whole picture takes a tenth of a second. Return when it is on the
 * screen.
 * @param {MapLibreMap} map
 * @param {string[]} sources
 */
export function showWhole(map, sources) {
  const canvas = map.getCanvas();
  canvas.style.visibility = "hidden";
  /** @type {() => void} */
  let shown = () => undefined;
  const show = () => {
    clearTimeout(timer);
    map.off("render", rendered);
    canvas.style.visibility = "";
    map.setPixelRatio(devicePixelRatio);
    // The next picture begins when this one is on the screen.
    map.once("render", () => requestAnimationFrame(() => {
      performance.mark("map-drawn");
      shown();
    }));
  };
  const rendered = () => {
    if (sources.every((id) => map.getSource(id) && map.isSourceLoaded(id))) show();
  };
  const timer = setTimeout(show, UNSEEN_MS);
  map.on("render", rendered);
  return new Promise((done) => {
    shown = () => done(undefined);
  });
}

/** @param {import("./colours.mjs").Theme} theme */
function style(theme) {
  const colours = MAP[theme];
  return {
    version: 8,
    sources: {
      ground: { type: "vector", tiles: [TILES], maxzoom: DEEPEST },
      places: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colours.sea } },
      { id: "land", type: "fill", source: "ground", "source-layer": "land", paint: { "fill-color": colours.land } },
      {
        id: "borders", type: "line", source: "ground", "source-layer": "borders",
        paint: { "line-color": colours.border, "line-width": ["interpolate", ["linear"], ["zoom"], 2, 0.5, 8, 1.5] },
      },
      {
        id: "places", type: "symbol", source: "places",
        filter: [">=", ["zoom"], ["case", ["get", "wide"], 2.5, 5]],
        layout: {
          "text-field": ["get", "said"], "text-font": FONT, "text-letter-spacing": 0.08, "text-max-width": 8,
          "text-size": ["interpolate", ["linear"], ["zoom"], 3, 10, 8, 15],
        },
        paint: { "text-color": colours.place, "text-halo-color": colours.land, "text-halo-width": 1.2 },
      },
    ],
  };
}

/**
 * Name the countries in the language that is spoken.
 * @param {MapLibreMap} map
 */
export async function namePlaces(map) {
  const places = await (await fetch(dataUrl("places.json"))).json();
  for (const { properties } of places.features) properties.said = country(properties.code, properties.name);
  showFeatures(map, "places", places);
}

/**
 * @param {MapLibreMap} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function themeMap(map, theme) {
  const colours = MAP[theme];
  map.setPaintProperty("sea", "background-color", colours.sea);
  map.setPaintProperty("land", "fill-color", colours.land);
  map.setPaintProperty("borders", "line-color", colours.border);
  map.setPaintProperty("places", "text-color", colours.place);
  map.setPaintProperty("places", "text-halo-color", colours.land);
}

/**
 * Return what is looked at, and a margin round it.
 * @param {MapLibreMap} map
 * @returns {import("./socket.mjs").Box}
 */
export function boxOf(map) {
  const bounds = map.getBounds();
  const [high, wide] = [bounds.getNorth() - bounds.getSouth(), bounds.getEast() - bounds.getWest()];
  const turned = (/** @type {number} */ lon_deg) => ((lon_deg + 180) % 360 + 360) % 360 - 180;
  const whole = wide * (1 + 2 * MARGIN) >= 360;
  return [
    Math.max(-90, bounds.getSouth() - high * MARGIN), whole ? -180 : turned(bounds.getWest() - wide * MARGIN),
    Math.min(90, bounds.getNorth() + high * MARGIN), whole ? 180 : turned(bounds.getEast() + wide * MARGIN),
  ];
}

/** @param {string} name */
const dataUrl = (name) => new URL(`../data/${name}`, import.meta.url).href;
