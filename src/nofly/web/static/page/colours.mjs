/** Colours: of aircraft by height as tar1090 has them, of zones by state, of the map by theme. */

import { feet } from "./units.mjs";

/** Hue at a height in feet; between them straight. Source: tar1090, `ColorByAlt`. */
const HUES = [[2000, 20], [10000, 140], [40000, 300]];
const LIGHTNESS = { light: 44, dark: 62 };
export const UNKNOWN = { light: "hsl(0, 0%, 45%)", dark: "hsl(0, 0%, 75%)" };
export const GROUND = { light: "hsl(30, 25%, 30%)", dark: "hsl(30, 25%, 60%)" };

/** @typedef {"light" | "dark"} Theme */

/**
 * @param {number} alt_ft
 * @param {Theme} theme
 */
export function atFeet(alt_ft, theme) {
  return `hsl(${Math.round(hue(alt_ft))}, 88%, ${LIGHTNESS[theme]}%)`;
}

/**
 * @param {number | null} alt_m
 * @param {boolean | null} ground
 * @param {Theme} theme
 */
export function ofHeight(alt_m, ground, theme) {
  if (ground) return GROUND[theme];
  return alt_m === null ? UNKNOWN[theme] : atFeet(Math.round(feet(alt_m) / 500) * 500, theme);
}

/** @param {number} alt_ft */
function hue(alt_ft) {
  const ends = /** @type {number[][]} */ (HUES);
  if (alt_ft <= ends[0][0]) return ends[0][1];
  for (let i = 1; i < ends.length; i += 1) {
    const [[from_ft, from], [to_ft, to]] = [ends[i - 1], ends[i]];
    if (alt_ft <= to_ft) return from + (alt_ft - from_ft) / (to_ft - from_ft) * (to - from);
  }
  return ends[ends.length - 1][1];
}

/** Of zones by state. What is active has lines across it and a heavy outline too: colour is never alone. */
export const ZONES = {
  light: { active: "#c4001d", perhaps: "#a85b00", upcoming: "#0b5bb5", inactive: "#6a6f75", expired: "#8b8f94", proposed: "#7a1fa2" },
  dark: { active: "#ff5a6e", perhaps: "#ffb14d", upcoming: "#6db3ff", inactive: "#97a1ab", expired: "#7c858e", proposed: "#e7a6ff" },
};

/** Of what is drawn about an aircraft. */
export const MARKS = {
  light: { infringing: "#c4001d", undetermined: "#8a4b00", predicted: "#b34700", suspect: "#6a2ca0", exempt: "#00695c" },
  dark: { infringing: "#ff5a6e", undetermined: "#ffc14d", predicted: "#ff9640", suspect: "#cf9bff", exempt: "#4fd6c3" },
};

export const MAP = {
  light: { sea: "#cddbe5", land: "#f7f5ef", border: "#9f9a90", place: "#6f6a60", halo: "#ffffff", ink: "#14181c" },
  dark: { sea: "#0b131b", land: "#17212b", border: "#46566a", place: "#8d9dad", halo: "#0b131b", ink: "#eef3f7" },
};
