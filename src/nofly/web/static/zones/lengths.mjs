/** Lengths as they are typed: a number with its unit. */

import { say } from "../page/words.mjs";

/** @type {Record<string, number>} */
const UNITS_M = { NM: 1852, M: 1, KM: 1000, FT: 0.3048 };

/**
 * Return metres: `5 NM`, `9260 m`, `9.26 km`, `3000 ft`. Throws Error for what is none; a unit is never guessed.
 * @param {string} text
 */
export function parseLength(text) {
  const found = /^(\d+(?:\.\d+)?)\s*(NM|M|KM|FT)$/i.exec(text.trim());
  if (!found) throw new Error(say("length.unread", { text }));
  return Number((Number(found[1]) * UNITS_M[found[2].toUpperCase()]).toFixed(6));
}

/**
 * Return a length over ground as text: in nautical miles where these are few digits.
 * @param {number} m
 */
export function lengthText(m) {
  const hundredths = m / 18.52;
  if (m >= 185 && Math.abs(hundredths - Math.round(hundredths)) < 1e-6) return `${Math.round(hundredths) / 100} NM`;
  return `${Number(m.toFixed(3))} m`;
}

/**
 * Return a height as text: in feet where these are whole.
 * @param {number} m
 */
export function heightText(m) {
  const whole_ft = m / 0.3048;
  return Math.abs(whole_ft - Math.round(whole_ft)) < 1e-6 ? `${Math.round(whole_ft)} ft` : `${Number(m.toFixed(3))} m`;
}
