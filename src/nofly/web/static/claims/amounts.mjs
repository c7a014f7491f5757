/** Ranges of numbers as a claim has them: km/h, kilometres, minutes; one number where both ends read alike. */

import { say } from "../page/words.mjs";

const MPS_PER_KMH = 1 / 3.6;

/** @typedef {[number | null, number | null]} Range null: open */

/** @param {number} value */
function digits(value) {
  const size = Math.abs(value);
  if (!size) return "0";
  return size >= 99.95 ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f") : value.toFixed(size >= 9.95 ? 1 : 2);
}

/**
 * @param {Range} range
 * @param {string} unit
 * @param {number} per
 */
function span([low, high], unit, per) {
  const ends = [low ?? 0, high].map((value) => value === null ? null : value / per);
  const a = digits(/** @type {number} */ (ends[0]));
  if (ends[1] === null) return a === "0" ? say("amount.any", { unit }) : say("amount.least", { value: a, unit });
  const b = digits(/** @type {number} */ (ends[1]));
  if (a === b) return `${a} ${unit}`;
  return a === "0" || a === "0.00" ? say("amount.most", { value: b, unit }) : `${a}–${b} ${unit}`;
}

/** @param {Range} range_mps */
export const speeds = (range_mps) => span(range_mps, "km/h", MPS_PER_KMH);

/** @param {Range} range_m */
export const lengths = (range_m) => (range_m[1] ?? range_m[0] ?? 0) < 1000 ? span(range_m, "m", 1) : span(range_m, "km", 1000);

/** @param {Range} range_s */
export const times = (range_s) => (range_s[1] ?? range_s[0] ?? 0) < 120 ? span(range_s, "s", 1) : span(range_s, "min", 60);
