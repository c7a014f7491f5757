/** What was measured, over time: a line with a band of its 95 % error, broken where nothing is known. */

import { shape, through } from "./svg.mjs";
import { runsOf } from "./track.mjs";

/** With more reports than this, none gets a dot of its own. */
const MOST_DOTS = 400;

/**
 * Draw a value of the reports. What screening has something against is a cross, and the line to it broken.
 * @param {import("./plot.mjs").Plot} plot
 * @param {import("./track.mjs").Track} track
 * @param {{
 *   value: (report: import("./track.mjs").Report) => number | null,
 *   error: (report: import("./track.mjs").Report) => number,
 * }} what
 */
export function drawWay({ inside, x, y }, track, { value, error }) {
  const { reports } = track;
  const at = (/** @type {number} */ i, /** @type {number} */ off) =>
    /** @type {[number, number]} */ ([x(reports[i].ms), y(Number(value(reports[i])) + off)]);
  const rows = (/** @type {number} */ from, /** @type {number} */ to) =>
    Array.from({ length: to - from + 1 }, (_, k) => from + k);
  for (const [from, to] of runsOf(track, (report) => value(report) !== null)) {
    const upper = rows(from, to).map((i) => at(i, error(reports[i])));
    const lower = rows(from, to).map((i) => at(i, -error(reports[i]))).reverse();
    inside.append(shape("path", { class: "band", d: `${through([...upper, ...lower])}Z` }));
  }
  let [sound, doubtful] = ["", ""];
  for (const [from, to] of runsOf(track, (report) => value(report) !== null)) {
    for (let i = from + 1; i <= to; i += 1) {
      const piece = through([at(i - 1, 0), at(i, 0)]);
      if (reports[i].marks.length || reports[i - 1].marks.length) doubtful += piece;
      else sound += piece;
    }
  }
  inside.append(shape("path", { class: "way", d: sound }), shape("path", { class: "way doubtful", d: doubtful }));
  reports.forEach((report, i) => {
    if (value(report) === null) return;
    const [px, py] = at(i, 0);
    if (report.marks.length) {
      inside.append(shape("path", { class: "cross", d: `M${px - 4} ${py - 4}l8 8m0-8l-8 8` }));
    } else if (reports.length <= MOST_DOTS) {
      inside.append(shape("circle", { class: "dot", cx: px, cy: py, r: 1.8 }));
    }
  });
}
