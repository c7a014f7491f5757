/** How far inside the lateral boundary it was, over time, with the error of its position. */

import { distance } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { drawWay } from "./band.mjs";
import { plotIn, stripe } from "./plot.mjs";
import { shape } from "./svg.mjs";
import { runsOf } from "./track.mjs";

const HIGH_PX = 190;
const M_PER_NM = 1852;
/** From here on miles are counted, not metres. */
const MILES_FROM_M = 3000;
const LEAST_M = 50;

/**
 * Draw the distance to the boundary: above 0 inside, below outside.
 * @param {HTMLElement} host
 * @param {import("./track.mjs").Track} track
 * @param {{ stays: import("./plot.mjs").Stay[], go: (ms: number) => void }} how
 * @returns {import("./plot.mjs").Plot}
 */
export function drawBoundary(host, track, { stays, go }) {
  const known = track.reports.filter((report) => report.inside_m !== null);
  let [low_m, high_m] = known.reduce(
    ([a, b], { inside_m }) => [Math.min(a, Number(inside_m)), Math.max(b, Number(inside_m))], [-LEAST_M, LEAST_M],
  );
  const about = known.length
    ? say("boundary.about", { inside: signedDistance(high_m), outside: signedDistance(low_m) }) : say("boundary.none");
  const margin_m = 0.12 * (high_m - low_m);
  [low_m, high_m] = [low_m - margin_m, high_m + margin_m];
  const unit = Math.max(high_m, -low_m) > MILES_FROM_M ? M_PER_NM : 1;
  const plot = plotIn(host, {
    name: "boundary", about, high_px: HIGH_PX, span: track, low: low_m / unit, high: high_m / unit,
    number: (value) => `${Math.round(value * 100) / 100} ${unit === 1 ? "m" : "NM"}`.replace("-", "−"),
    gaps: track.gaps, stays, go,
  });
  const { inside, over, x, y, frame } = plot;
  inside.append(shape("rect", {
    class: "volume", x: frame.left, width: frame.right - frame.left, y: frame.top, height: y(0) - frame.top,
  }));
  for (const [from, to] of runsOf(track, (report) => report.inside_m === null)) {
    inside.append(...stripe("unknown-boundary", x(track.reports[from].ms), x(track.reports[to].ms), frame, say("boundary.unknown")));
  }
  drawWay(plot, track, {
    value: (report) => report.inside_m === null ? null : report.inside_m / unit,
    error: (report) => report.judged_err_m / unit,
  });
  over.append(
    shape("line", { class: "limit", x1: frame.left, x2: frame.right, y1: y(0), y2: y(0) }),
    shape("text", { class: "limit-words", x: frame.right - 6, y: frame.top + 15, "text-anchor": "end" }, `${say("boundary.inside")} ↑`),
    shape("text", { class: "limit-words", x: frame.right - 6, y: frame.bottom - 7, "text-anchor": "end" }, `${say("boundary.outside")} ↓`),
  );
  return plot;
}

/**
 * Return a distance to the boundary in words.
 * @param {number | null} inside_m
 */
export function signedDistance(inside_m) {
  if (inside_m === null) return say("boundary.unknown");
  return say(inside_m >= 0 ? "boundary.in" : "boundary.out", { distance: distance(Math.abs(inside_m)) });
}
