/** Numbers as they are said in aviation: flight levels, feet, knots, nautical miles, UTC. */

import { toldText } from "./sentences.mjs";
const M_PER_FT = 0.3048;
const MPS_PER_KT = 1852 / 3600;
const M_PER_NM = 1852;
const NONE = "–";
/** Below this many feet a minute an aircraft is level. */
const LEVEL_FPM = 250;

/** @param {number} m */
export const feet = (m) => m / M_PER_FT;

/** @param {number} mps */
export const knots = (mps) => mps / MPS_PER_KT;

/** @param {number} mps */
export const feetPerMinute = (mps) => mps * 60 / M_PER_FT;

/**
 * Return a height: by the standard pressure a flight level, otherwise feet and the datum.
 * @param {number | null} alt_m
 * @param {string | null} datum
 */
export function height(alt_m, datum) {
  if (alt_m === null) return NONE;
  const alt_ft = feet(alt_m);
  if (datum === "STD" && alt_ft >= 0) return `FL${String(Math.round(alt_ft / 100)).padStart(3, "0")}`;
  return `${grouped(Math.round(alt_ft / 25) * 25)} ft ${datum ?? "?"}`;
}

/** @param {number | null} gs_mps */
export const speed = (gs_mps) => gs_mps === null ? NONE : `${Math.round(knots(gs_mps))} kt`;

/** @param {number | null} track_deg */
export const bearing = (track_deg) =>
  track_deg === null ? NONE : `${String(Math.round(track_deg) % 360).padStart(3, "0")}°`;

/** @param {number | null} vrate_mps */
export const verticalRate = (vrate_mps) =>
  vrate_mps === null ? NONE : `${signed(Math.round(feetPerMinute(vrate_mps) / 50) * 50)} ft/min`;

/**
 * Return an arrow: climbs, descends, or nothing.
 * @param {number | null} vrate_mps
 */
export function arrow(vrate_mps) {
  const fpm = vrate_mps === null ? 0 : feetPerMinute(vrate_mps);
  return fpm > LEVEL_FPM ? "↑" : fpm < -LEVEL_FPM ? "↓" : "";
}

/**
 * Return a distance over ground: nautical miles, or metres where it is short.
 * @param {number} m
 */
export const distance = (m) => m < M_PER_NM / 2 ? `${grouped(Math.round(m))} m` : `${(m / M_PER_NM).toFixed(1)} NM`;

/**
 * Return how long, as `1:05` or `2:01:05`.
 * @param {number} s
 */
export function duration(s) {
  const whole_s = Math.max(0, Math.round(s));
  const [hours, minutes, seconds] = [Math.floor(whole_s / 3600), Math.floor(whole_s / 60) % 60, whole_s % 60];
  const end = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(seconds).padStart(2, "0")}`;
  return hours ? `${hours}:${end}` : end;
}

/**
 * Return a time of day, with the date where it is asked for.
 * @param {number | string | null} when ms since 1970, or ISO 8601
 * @param {boolean} [dated]
 */
export function clock(when, dated = false) {
  if (when === null) return NONE;
  const iso = new Date(when).toISOString();
  return dated ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} Z` : `${iso.slice(11, 19)} Z`;
}

/**
 * Return the limit of a zone in short: as published where that says its datum, otherwise in feet with it.
 * @param {string} text as the server says it: `FL345 (34,500 ft STD)`, perhaps several between slashes
 */
export function limit(text) {
  return text.split(" / ").map((one) => {
    const found = /^(.*) \((-?[\d,]+ ft \w+)\)$/.exec(one);
    if (!found) return toldText(one);
    return /FL ?\d|STD|AMSL|HAE|AGL|GND/i.test(found[1]) ? found[1] : found[2];
  }).join(" / ");
}

/** @param {number} n */
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** @param {number} n */
const signed = (n) => n > 0 ? `+${grouped(n)}` : n < 0 ? `−${grouped(-n)}` : "0";
