/** The vertical profile: height with its error against floors and ceilings, on one datum. */

import { feet, height } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { drawWay } from "./band.mjs";
import { plotIn, stripe } from "./plot.mjs";
import { shape } from "./svg.mjs";
import { heightError_m, runsOf } from "./track.mjs";
import { DATUMS } from "./view.mjs";

const HIGH_PX = 250;
const LEAST_FT = 1500;
const MOST_PAIRS = 4;
/** Limits further away than so many times the range flown would flatten it. */
const NEAR = 2.5;

/**
 * Return the datum that heights are shown on: the one judged on, or that of a limit, or else one that was
 * reported; the first on which some height is known.
 * @param {import("./track.mjs").Track} track
 * @param {any[]} volumes
 * @param {string | null} judged
 */
export function datumOf(track, volumes, judged) {
  const limits = volumes.flatMap(({ lower, upper }) => [lower, upper]).filter((limit) => limit?.value_m);
  const wanted = [judged, ...limits.map((limit) => limit.datum), ...DATUMS].filter((one) => DATUMS.includes(one));
  return wanted.find((datum) => track.reports.some((report) => report.alt_m[datum] !== null)) ?? wanted[0];
}

/**
 * Draw the profile.
 * @param {HTMLElement} host
 * @param {import("./track.mjs").Track} track
 * @param {{ datum: string, volumes: any[], stays: import("./plot.mjs").Stay[], go: (ms: number) => void }} how
 * @returns {import("./plot.mjs").Plot}
 */
export function drawProfile(host, track, { datum, volumes, stays, go }) {
  const { reports } = track;
  const known = reports.filter((report) => report.alt_m[datum] !== null);
  const heights_ft = known.map((report) => feet(/** @type {number} */ (report.alt_m[datum])));
  const pairs = [...new Map(volumes.map((one) => [JSON.stringify(one), one])).values()].slice(0, MOST_PAIRS);
  const limits_ft = pairs.flatMap(({ lower, upper }) => [lower, upper]).filter(Boolean).map((one) => feet(one.value_m));
  const [low, high] = rangeOf(heights_ft, limits_ft);
  const plot = plotIn(host, {
    name: "height", about: about(known, datum, reports.length), high_px: HIGH_PX, span: track, low, high,
    number: (value) => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f"), gaps: track.gaps, stays, go,
  });
  drawLimits(plot, pairs, datum, low, high);
  for (const [from, to] of runsOf(track, (report) => report.alt_m[datum] === null)) {
    const [before, after] = [reports[from - 1], reports[to + 1]];
    const left = before && reports[from].ms - before.ms <= track.gap_ms ? before.ms : reports[from].ms;
    const right = after && after.ms - reports[to].ms <= track.gap_ms ? after.ms : reports[to].ms;
    plot.inside.append(...stripe("unknown-height", plot.x(left), plot.x(right), plot.frame, say("height.unknown")));
  }
  drawWay(plot, track, {
    value: (report) => report.alt_m[datum] === null ? null : feet(/** @type {number} */ (report.alt_m[datum])),
    error: (report) => feet(heightError_m(track, report, datum)),
  });
  return plot;
}

/**
 * @param {number[]} heights_ft
 * @param {number[]} limits_ft
 */
function rangeOf(heights_ft, limits_ft) {
  let [low, high] = [Math.min(0, ...limits_ft), Math.max(1000, ...limits_ft)];
  if (heights_ft.length) {
    [low, high] = heights_ft.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
    const span = Math.max(high - low, LEAST_FT);
    const near = limits_ft.filter((one) => low - NEAR * span < one && one < high + NEAR * span);
    [low, high] = [Math.min(low, ...near), Math.max(high, ...near)];
  }
  const margin = Math.max(0.14 * (high - low), (LEAST_FT - high + low) / 2);
  return [low - margin, high + margin];
}

/**
 * @param {import("./track.mjs").Report[]} known
 * @param {string} datum
 * @param {number} count
 */
function about(known, datum, count) {
  const heights = known.map((report) => /** @type {number} */ (report.alt_m[datum]));
  if (!heights.length) return say("profile.none", { datum });
  const [low, high] = heights.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
  return say("profile.about", {
    low: height(low, datum), high: height(high, datum), known: known.length, count,
  });
}

/**
 * @param {import("./plot.mjs").Plot} plot
 * @param {any[]} pairs
 * @param {string} datum
 * @param {number} low
 * @param {number} high
 */
function drawLimits({ inside, over, y, frame }, pairs, datum, low, high) {
  const taken = { above: 0, below: 0 };
  const wide = { x: frame.left, width: frame.right - frame.left };
  for (const { lower, upper } of pairs) {
    const [floor, ceiling] = [
      lower ? Math.max(low, feet(lower.value_m)) : low, upper ? Math.min(high, feet(upper.value_m)) : high,
    ];
    if (ceiling > floor) {
      inside.append(shape("rect", { ...wide, class: "volume", y: y(ceiling), height: y(floor) - y(ceiling) }));
    }
    for (const [limit, top] of /** @type {[any, boolean][]} */ ([[upper, true], [lower, false]])) {
      const said = say(top ? "limit.ceiling" : "limit.floor", {
        limit: limit ? limit.text : say(top ? "limit.unlimited" : "limit.ground"),
      });
      const at_ft = limit ? feet(limit.value_m) : top ? Infinity : -Infinity;
      if (at_ft > high || at_ft < low) {
        const side = at_ft > high ? "above" : "below";
        const row = taken[side]++;
        const at = side === "above" ? frame.top + 14 + 14 * row : frame.bottom - 6 - 14 * row;
        over.append(words(frame.right - 6, at, `${said} ${side === "above" ? "↑" : "↓"}`));
        continue;
      }
      const same = limit.datum === datum;
      over.append(
        shape("line", {
          class: same ? "limit" : "limit other", x1: frame.left, x2: frame.right, y1: y(at_ft), y2: y(at_ft),
        }),
        words(frame.right - 6, y(at_ft) + (top ? -5 : 14),
          same ? said : `${said} – ${say("limit.other", { datum: limit.datum })}`),
      );
    }
  }
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} text
 */
const words = (x, y, text) => shape("text", { class: "limit-words", x, y, "text-anchor": "end" }, text);
