/** The way on the map: flown, not seen, doubtful; entries and exits; and where the aircraft was at the moment. */

import { MAP, MARKS, ofHeight } from "../page/colours.mjs";
import { iconOf } from "../page/icons.mjs";
import { addSource, collection, line, point } from "../page/layers.mjs";
import { FONT } from "../page/map.mjs";
import { circle } from "../page/trail.mjs";

const KINDS = /** @type {const} */ (["infringing", "undetermined", "suspect", "exempt"]);
const END_PX = 44;
/** Room beside an end for what is written there. */
const LABEL_PX = 120;
const OPACITIES = { report: 1, between: 0.55, unseen: 0.3 };

/**
 * Give the map its layers.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function addWay(map, theme) {
  for (const name of ["way", "doubts", "ends", "moment", "error"]) addSource(map, name, { tolerance: 0 });
  map.addLayer({ id: "error-fill", type: "fill", source: "error", paint: { "fill-opacity": 0.12 } });
  map.addLayer({ id: "error-line", type: "line", source: "error", paint: { "line-width": 1.5 } });
  const round = { "line-cap": "round", "line-join": "round" };
  for (const [kind, paint] of Object.entries({
    flown: { "line-width": 3 }, doubtful: { "line-width": 2, "line-dasharray": [3, 2] },
    gap: { "line-width": 3, "line-dasharray": [0.1, 2.5] },
  })) {
    map.addLayer({ id: `way-${kind}`, type: "line", source: "way", layout: round, paint, filter: ["==", ["get", "kind"], kind] });
  }
  map.addLayer({
    id: "reports", type: "circle", source: "doubts", filter: ["!", ["get", "doubtful"]], minzoom: 8,
    paint: { "circle-radius": 2.2 },
  });
  map.addLayer({
    id: "doubts", type: "symbol", source: "doubts", filter: ["get", "doubtful"],
    layout: { "text-field": "×", "text-font": FONT, "text-size": 20, "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-halo-width": 1 },
  });
  addEnds(map, theme);
  map.addLayer({
    id: "ends", type: "symbol", source: "ends",
    layout: {
      "icon-image": ["get", "icon"], "icon-allow-overlap": true, "icon-ignore-placement": true,
      "text-field": ["get", "said"], "text-font": FONT, "text-size": 12, "text-variable-anchor": ["left", "right", "top", "bottom"],
      "text-radial-offset": 1.1, "text-justify": "auto", "text-optional": true,
    },
    paint: { "text-halo-width": 1.6 },
  });
  map.addLayer({
    id: "moment", type: "symbol", source: "moment",
    layout: {
      "icon-image": ["get", "icon"], "icon-rotate": ["get", "track_deg"], "icon-rotation-alignment": "map",
      "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": 1,
      "text-field": ["get", "said"], "text-font": FONT, "text-size": 12, "text-offset": [0, 1.6], "text-anchor": "top",
      "text-allow-overlap": true,
    },
    paint: {
      "icon-color": ["get", "colour"], "icon-halo-width": 1.2, "icon-opacity": ["get", "opacity"], "text-halo-width": 1.6,
    },
  });
  themeWay(map, theme);
}

/**
 * Dress the way in the colours of a theme.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function themeWay(map, theme) {
  const { ink, halo } = MAP[theme];
  const colours = {
    "error-fill": { "fill-color": ink }, "error-line": { "line-color": ink },
    "way-flown": { "line-color": ink }, "way-gap": { "line-color": ink }, "way-doubtful": { "line-color": MARKS[theme].suspect },
    reports: { "circle-color": ink }, doubts: { "text-color": MARKS[theme].suspect, "text-halo-color": halo },
    ends: { "text-color": ink, "text-halo-color": halo },
    moment: { "text-color": ink, "text-halo-color": halo, "icon-halo-color": halo },
  };
  for (const [layer, paint] of Object.entries(colours)) {
    for (const [name, value] of Object.entries(paint)) map.setPaintProperty(layer, name, value);
  }
  addEnds(map, theme);
}

/**
 * Show the way, with its ends.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./track.mjs").Track} track
 * @param {{ lat_deg: number, lon_deg: number, kind: string, entry: boolean, said: string }[]} ends
 */
export function showWay(map, { reports, gap_ms }, ends) {
  const lines = [];
  let last = null;
  for (let i = 1; i < reports.length; i += 1) {
    const [from, to] = [reports[i - 1], reports[i]];
    const kind = to.ms - from.ms > gap_ms ? "gap" : from.marks.length || to.marks.length ? "doubtful" : "flown";
    if (last?.properties.kind === kind && kind !== "gap") last.geometry.coordinates.push([to.lon_deg, to.lat_deg]);
    else lines.push(last = line([[from.lon_deg, from.lat_deg], [to.lon_deg, to.lat_deg]], { kind }));
  }
  map.getSource("way").setData(collection(lines));
  map.getSource("doubts").setData(collection(reports.map(
    ({ lat_deg, lon_deg, marks }) => point(lat_deg, lon_deg, { doubtful: marks.length > 0 }),
  )));
  map.getSource("ends").setData(collection(ends.map(({ lat_deg, lon_deg, kind, entry, said }) =>
    point(lat_deg, lon_deg, { icon: `end-${kind}-${entry ? "in" : "out"}`, said }))));
}

/**
 * Show where the aircraft was at a moment. It moves along reports only: between two of them it is pale, and over
 * a gap it stays where it was last seen, paler still.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./track.mjs").Track} track
 * @param {import("./track.mjs").Place} place
 * @param {{ datum: string, theme: import("../page/colours.mjs").Theme, said: string }} how
 * @returns {{ lat_deg: number, lon_deg: number } | null} where it is drawn
 */
export function showMoment(map, { reports }, { kind, row, part }, { datum, theme, said }) {
  const here = reports[Math.max(0, row)];
  if (!here) return null;
  const next = reports[row + 1];
  const between = kind === "between";
  const seen = between || kind === "report";
  const along = (/** @type {"lat_deg" | "lon_deg"} */ name) =>
    between ? here[name] + part * (next[name] - here[name]) : here[name];
  const at = { lat_deg: along("lat_deg"), lon_deg: along("lon_deg") };
  const error_m = Math.max(here.judged_err_m, between ? next.judged_err_m : 0);
  map.getSource("moment").setData(collection([point(at.lat_deg, at.lon_deg, {
    icon: iconOf(null, here.track_deg), track_deg: here.track_deg ?? 0, said,
    colour: ofHeight(here.alt_m[datum], false, theme),
    opacity: between ? OPACITIES.between : seen ? OPACITIES.report : OPACITIES.unseen,
  })]));
  map.getSource("error").setData(collection(seen ? [circle(at, error_m)] : []));
  return at;
}

/**
 * Look at the whole way.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("./track.mjs").Track} track
 * @param {{ lat_deg: number, lon_deg: number }[]} ends
 */
export function lookAtWay(map, { reports }, ends) {
  const places = [...reports, ...ends];
  if (!places.length) return;
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { lat_deg, lon_deg } of places) {
    [bounds[0], bounds[1]] = [Math.min(bounds[0], lon_deg), Math.min(bounds[1], lat_deg)];
    [bounds[2], bounds[3]] = [Math.max(bounds[2], lon_deg), Math.max(bounds[3], lat_deg)];
  }
  const side = Math.min(LABEL_PX, map.getContainer().clientWidth / 4);
  map.fitBounds([[bounds[0], bounds[1]], [bounds[2], bounds[3]]], {
    padding: { top: 50, bottom: 50, left: side, right: side }, maxZoom: 13, animate: false,
  });
}

/**
 * Give the map the signs of entries (filled) and exits (hollow): each kind has a shape of its own.
 * @param {import("../vendor/maplibre-gl.mjs").MapLibreMap} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
function addEnds(map, theme) {
  for (const kind of KINDS) {
    for (const way of ["in", "out"]) {
      const canvas = new OffscreenCanvas(END_PX, END_PX);
      const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
      const path = new Path2D({
        infringing: "M22 6L39 37H5Z", undetermined: "M22 4L40 22L22 40L4 22Z", exempt: "M7 7H37V37H7Z",
        suspect: "M12 5L22 15L32 5L39 12L29 22L39 32L32 39L22 29L12 39L5 32L15 22L5 12Z",
      }[kind]);
      pen.lineWidth = 3;
      pen.lineJoin = "round";
      pen.fillStyle = way === "in" ? MARKS[theme][kind] : MAP[theme].halo;
      pen.strokeStyle = way === "in" ? MAP[theme].ink : MARKS[theme][kind];
      pen.fill(path);
      pen.stroke(path);
      const picture = pen.getImageData(0, 0, END_PX, END_PX);
      if (map.hasImage(`end-${kind}-${way}`)) map.updateImage(`end-${kind}-${way}`, picture);
      else map.addImage(`end-${kind}-${way}`, picture, { pixelRatio: 2 });
    }
  }
}
