/** Places as they are typed: decimal degrees, or degrees, minutes and seconds as aviation writes them. */

import { say } from "../page/words.mjs";
import { lengthText, parseLength } from "./lengths.mjs";
import { isPlace, turned } from "./shape.mjs";

/** @typedef {[number, number]} Place latitude and longitude in degrees */
/** @typedef {"dms" | "decimal"} Writing */

const AFTER = /^(.+?) ?([NS]) ?(.+?) ?([EW])$/;
const BEFORE = /^([NS]) ?(.+?) ?([EW]) ?(.+)$/;
const LONGITUDE_FIRST = /^(.+?) ?([EW]) ?(.+?) ?([NS])$/;
const DECIMAL = /^([+-]?\d{1,2}(?:\.\d+)?) ([+-]?\d{1,3}(?:\.\d+)?)$/;
/** `ARC` centre, radius (and that of its end), bearings from and to, and which way round. */
const ARC = /^ARC (.+?) (\d+(?:\.\d+)? ?(?:NM|M|KM|FT))(?: ?\/ ?(\d+(?:\.\d+)? ?(?:NM|M|KM|FT)))? (\d{1,3}(?:\.\d+)?)°? (\d{1,3}(?:\.\d+)?)°? (CW|CCW)$/i;
const HUNDREDTHS = 360_000;

/**
 * Return a place: `473012N 0083000E`, `47 30 12 N 008 30 00 E`, `4730N 00830E`, `47.5033 8.5`.
 * Throws Error for what is none; nothing is guessed.
 * @param {string} text
 * @returns {Place}
 */
export function parsePlace(text) {
  const plain = text.toUpperCase().replace(/[°º′'’″"”:,;]/g, " ").replace(/−/g, "-").replace(/\s+/g, " ").trim();
  const numbers = DECIMAL.exec(plain);
  if (numbers) return within(Number(numbers[1]), Number(numbers[2]), text);
  const after = AFTER.exec(plain);
  if (after) return within(signed(after[1], after[2], 2), signed(after[3], after[4], 3), text);
  const first = LONGITUDE_FIRST.exec(plain);
  if (first) return within(signed(first[3], first[4], 2), signed(first[1], first[2], 3), text);
  const before = BEFORE.exec(plain);
  if (before) return within(signed(before[2], before[1], 2), signed(before[4], before[3], 3), text);
  throw new Error(say("place.unread", { text }));
}

/**
 * Return a place as text; what the hundredth of a second, or the sixth digit, does not say is rounded.
 * @param {Place} place
 * @param {Writing} writing
 */
export function placeText([lat_deg, lon_deg], writing) {
  if (writing === "decimal") return `${trimmed(lat_deg)} ${trimmed(lon_deg)}`;
  return `${packed(lat_deg, 2)}${lat_deg < 0 ? "S" : "N"} ${packed(lon_deg, 3)}${lon_deg < 0 ? "W" : "E"}`;
}

/**
 * Return a corner or an arc as text.
 * @param {import("./shape.mjs").Row} row
 * @param {Writing} writing
 */
export function rowText(row, writing) {
  if (isPlace(row)) return placeText(row, writing);
  const { centre, radius_m, end_radius_m = radius_m, start_deg, end_deg, clockwise } = row;
  const ends = end_radius_m === radius_m ? "" : ` / ${lengthText(end_radius_m)}`;
  return `ARC ${placeText(turned(centre), writing)} ${lengthText(radius_m)}${ends} ${trimmed(start_deg)} ${trimmed(end_deg)} ${clockwise ? "CW" : "CCW"}`;
}

/**
 * Return a corner, or an arc where there may be any. Throws Error for what is none; nothing is guessed.
 * @param {string} text
 * @param {boolean} arcs
 * @returns {import("./shape.mjs").Row}
 */
function parseRow(text, arcs) {
  if (!arcs || !/^ARC\b/i.test(text)) return parsePlace(text);
  const found = ARC.exec(text.replace(/\s+/g, " "));
  if (!found) throw new Error(say("arc.unread", { text }));
  const [radius_m, start_deg, end_deg] = [parseLength(found[2]), Number(found[4]), Number(found[5])];
  const end_radius_m = found[3] ? parseLength(found[3]) : radius_m;
  if (start_deg > 360 || end_deg > 360 || radius_m <= 0 || end_radius_m <= 0) throw new Error(say("arc.unread", { text }));
  return { centre: turned(parsePlace(found[1])), radius_m, end_radius_m, start_deg, end_deg, clockwise: found[6].toUpperCase() === "CW" };
}

/**
 * Return the corners and arcs of a text, one a line, or what is wrong with it. A line that reads as one of the known
 * ones does is that one, to its last digit.
 * @param {string} text
 * @param {import("./shape.mjs").Row[]} known
 * @param {Writing} writing
 * @param {boolean} arcs whether there may be any
 * @returns {{ rows: import("./shape.mjs").Row[], wrong: string[] }}
 */
export function readRows(text, known, writing, arcs) {
  const exact = new Map(known.map((row) => [rowText(row, writing), row]));
  /** @type {import("./shape.mjs").Row[]} */
  const rows = [];
  /** @type {string[]} */
  const wrong = [];
  text.split("\n").forEach((line, number) => {
    const said = line.trim();
    if (!said) return;
    try {
      rows.push(exact.get(said) ?? parseRow(said, arcs));
    } catch (error) {
      wrong.push(say("place.line", { number: number + 1, why: /** @type {Error} */ (error).message }));
    }
  });
  return { rows, wrong };
}

/**
 * @param {string} text
 * @param {string} hemisphere
 * @param {2 | 3} digits of its degrees
 */
function signed(text, hemisphere, digits) {
  const parts = text.split(" ");
  const whole = digits === 2 ? /^(\d{2})(\d{2})(\d{2}(?:\.\d+)?)?$|^(\d{2})(\d{2}\.\d+)$/ : /^(\d{3})(\d{2})(\d{2}(?:\.\d+)?)?$|^(\d{3})(\d{2}\.\d+)$/;
  const found = parts.length === 1 ? whole.exec(text) : null;
  const [degrees, minutes = "0", seconds = "0"] = found ? [found[1] ?? found[4], found[2] ?? found[5], found[3] ?? "0"] : parts;
  const wanted = [/^\d{1,3}(\.\d+)?$/, /^\d{1,2}(\.\d+)?$/, /^\d{1,2}(\.\d+)?$/];
  const values = [degrees, minutes, seconds];
  const whole_above = values.slice(0, parts.length - 1).every((value) => /^\d+$/.test(value));
  const sound = parts.length <= 3 && values.every((value, k) => wanted[k].test(value)) && (found || whole_above);
  if (!sound || Number(minutes) >= 60 || Number(seconds) >= 60) throw new Error(say("place.unread", { text: `${text}${hemisphere}` }));
  const value_deg = Number(degrees) + Number(minutes) / 60 + Number(seconds) / 3600;
  return "SW".includes(hemisphere) ? -value_deg : value_deg;
}

/**
 * @param {number} lat_deg
 * @param {number} lon_deg
 * @param {string} text
 * @returns {Place}
 */
function within(lat_deg, lon_deg, text) {
  if (!(Math.abs(lat_deg) <= 90 && Math.abs(lon_deg) <= 180)) throw new Error(say("place.range", { text }));
  return [Number(lat_deg.toFixed(9)), Number(lon_deg.toFixed(9))];
}

/** @param {number} value_deg */
const trimmed = (value_deg) => String(Number(value_deg.toFixed(6)));

/**
 * @param {number} value_deg
 * @param {2 | 3} digits
 */
function packed(value_deg, digits) {
  const all = Math.round(Math.abs(value_deg) * HUNDREDTHS);
  const [degrees, minutes, hundredths] = [Math.floor(all / HUNDREDTHS), Math.floor(all / 6000) % 60, all % 6000];
  const seconds = hundredths % 100 ? (hundredths / 100).toFixed(2).padStart(5, "0") : String(hundredths / 100).padStart(2, "0");
  return `${String(degrees).padStart(digits, "0")}${String(minutes).padStart(2, "0")}${seconds}`;
}
