/** What the two plots over time have in common: frame, UTC axis, gaps, stays, cursor; a click goes there. */

import { clock } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { shape } from "./svg.mjs";

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const LEFT_PX = 66;
const RIGHT_PX = 14;
const TOP_PX = 8;
const BOTTOM_PX = 24;
/** Room that a label of the time axis takes. */
const LABEL_PX = 84;
/** Room that a number of the upright axis takes. */
const NUMBER_PX = 34;

/**
 * @typedef {object} Plot
 * @property {SVGElement} inside what is drawn is cut at the frame
 * @property {SVGElement} over above that
 * @property {(ms: number) => number} x
 * @property {(value: number) => number} y
 * @property {{ left: number, right: number, top: number, bottom: number }} frame
 * @property {(ms: number) => void} point put the cursor there
 */

/**
 * @typedef {import("./track.mjs").Span & { kind: string }} Stay with what it is called in the style sheet
 */

/**
 * Draw an empty plot.
 * @param {HTMLElement} host
 * @param {{
 *   name: string, about: string, high_px: number, span: import("./track.mjs").Span, low: number, high: number,
 *   number: (value: number) => string, gaps: import("./track.mjs").Span[], stays: Stay[], go: (ms: number) => void,
 * }} what `about` says in words what is to be seen
 * @returns {Plot}
 */
export function plotIn(host, { name, about, high_px, span, low, high, number, gaps, stays, go }) {
  const wide_px = Math.max(240, host.clientWidth);
  const frame = { left: LEFT_PX, right: wide_px - RIGHT_PX, top: TOP_PX, bottom: high_px - BOTTOM_PX };
  const x = (/** @type {number} */ ms) =>
    frame.left + (ms - span.start_ms) / (span.end_ms - span.start_ms) * (frame.right - frame.left);
  const y = (/** @type {number} */ value) =>
    frame.bottom - (value - low) / (high - low) * (frame.bottom - frame.top);
  const whole = { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top };
  const inside = shape("g", { "clip-path": `url(#cut-${name})` });
  const over = shape("g");
  const cursor = shape("line", { class: "cursor", y1: frame.top, y2: frame.bottom });
  const svg = shape("svg", { role: "img", "aria-label": about, width: wide_px, height: high_px, class: "plot-picture" },
    shape("defs", {},
      shape("clipPath", { id: `cut-${name}` }, shape("rect", whole)), hatching(`gap-${name}`, "gap"),
      hatching(`unknown-${name}`, "unknown")),
    shape("rect", { ...whole, class: "back" }), ...upright(frame, y, low, high, number), ...along(frame, x, span),
    inside, over, cursor, shape("rect", { ...whole, class: "frame" }));
  for (const { start_ms, end_ms } of gaps) {
    inside.append(...stripe(`gap-${name}`, x(start_ms), x(end_ms), frame, say("plot.gap")));
  }
  for (const { start_ms, end_ms, kind } of stays) {
    inside.append(shape("rect", {
      class: `stay ${kind}`, x: x(start_ms), width: Math.max(1, x(end_ms) - x(start_ms)), y: frame.top,
      height: frame.bottom - frame.top,
    }));
    for (const ms of [start_ms, end_ms]) {
      over.append(shape("line", { class: `end ${kind}`, x1: x(ms), x2: x(ms), y1: frame.top, y2: frame.bottom }));
    }
  }
  svg.addEventListener("pointerdown", (event) => {
    const at_px = /** @type {PointerEvent} */ (event).clientX - svg.getBoundingClientRect().left;
    const part = Math.min(1, Math.max(0, (at_px - frame.left) / (frame.right - frame.left)));
    go(span.start_ms + part * (span.end_ms - span.start_ms));
  });
  host.replaceChildren(svg);
  return {
    inside, over, x, y, frame,
    point(ms) {
      for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(ms).toFixed(1));
    },
  };
}

/**
 * Return a hatched stripe over a part of the time, with words where there is room.
 * @param {string} pattern
 * @param {number} from_px
 * @param {number} to_px
 * @param {{ top: number, bottom: number }} frame
 * @param {string} words
 */
export function stripe(pattern, from_px, to_px, { top, bottom }, words) {
  const wide_px = Math.max(1, to_px - from_px);
  const drawn = [shape("rect", { x: from_px, width: wide_px, y: top, height: bottom - top, fill: `url(#${pattern})` })];
  if (wide_px > words.length * 6.5) {
    drawn.push(shape("text", { class: "words", x: from_px + wide_px / 2, y: (top + bottom) / 2, "text-anchor": "middle" }, words));
  }
  return drawn;
}

/**
 * Return values that fill a range evenly, at round numbers.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 */
export function roundNumbers(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (/** @type {number} */ ([1, 2, 5, 10].find((m) => m * power >= rough)));
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) found.push(k * step);
  return found;
}

/**
 * @param {Plot["frame"]} frame
 * @param {(value: number) => number} y
 * @param {number} low
 * @param {number} high
 * @param {(value: number) => string} number
 */
function upright(frame, y, low, high, number) {
  return roundNumbers(low, high, (frame.bottom - frame.top) / NUMBER_PX).flatMap((value) => [
    shape("line", { class: "grid", x1: frame.left, x2: frame.right, y1: y(value), y2: y(value) }),
    shape("text", { class: "tick", x: frame.left - 6, y: y(value) + 4, "text-anchor": "end" }, number(value)),
  ]);
}

/**
 * @param {Plot["frame"]} frame
 * @param {(ms: number) => number} x
 * @param {import("./track.mjs").Span} span
 */
function along(frame, x, { start_ms, end_ms }) {
  const most = Math.max(1, (frame.right - frame.left) / LABEL_PX);
  const step_ms = 1000 * (STEPS_S.find((s) => (end_ms - start_ms) / 1000 / s <= most)
    ?? 3600 * Math.ceil((end_ms - start_ms) / 3_600_000 / most));
  const drawn = [];
  for (let ms = Math.ceil(start_ms / step_ms) * step_ms; ms <= end_ms; ms += step_ms) {
    const text = step_ms < 60_000 ? clock(ms) : `${clock(ms).slice(0, 5)} Z`;
    const anchor = x(ms) > frame.right - 24 ? "end" : x(ms) < frame.left + 12 ? "start" : "middle";
    drawn.push(shape("line", { class: "grid", x1: x(ms), x2: x(ms), y1: frame.top, y2: frame.bottom }));
    drawn.push(shape("text", { class: "tick", x: x(ms), y: frame.bottom + 16, "text-anchor": anchor }, text));
  }
  return drawn;
}

/**
 * @param {string} id
 * @param {string} kind
 */
function hatching(id, kind) {
  return shape("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    shape("rect", { width: 8, height: 8, class: `${kind}-back` }),
    shape("path", { d: kind === "gap" ? "M0 8L8 0" : "M0 0L8 8", class: `${kind}-line` }));
}
