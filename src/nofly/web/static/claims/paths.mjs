/** The kinds of paths that fit a statement, in a table with their ranges; what its signs on the map are. */

import { element } from "../page/dom.mjs";
import { told, toldText } from "../page/sentences.mjs";
import { say } from "../page/words.mjs";
import { lengths, speeds, times } from "./amounts.mjs";
import { COLOURS, DASHES } from "./paths_layer.mjs";

const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Return the table, and what has to be said of it.
 * @param {any} statement as the sheet has it
 * @param {import("../page/colours.mjs").Theme} theme
 * @returns {Node[]}
 */
export function pathsOf(statement, theme) {
  const { reading, paths } = shownOf(statement);
  const seen = statement.flown.length ? element("p", { class: "fine" }, say("paths.flown")) : null;
  if (!paths.length) return [element("p", { class: "none" }, say("paths.none")), seen].filter((one) => one !== null);
  const numbers = reading.own_numbers.numbers;
  return [
    reading.name ? element("p", {}, say("reading.as", { name: toldText(reading.name) })) : null,
    element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("paths.title") }, element("table", { class: "paths" },
      element("thead", {}, element("tr", {}, ...["", "paths.kind", "paths.speed", "paths.length", "paths.depth", "paths.duration"].map(
        (key) => element("th", { scope: "col" }, key ? say(key) : "")))),
      element("tbody", {}, ...paths.map((one, i) => element("tr", {},
        element("td", {}, keyOf(i, theme)), told("td", {}, one.kind), element("td", {}, speeds(one.speed_mps)),
        element("td", {}, lengths(one.length_m)), element("td", {}, lengths(one.depth_m)), element("td", {}, times(one.duration_s))))))),
    element("p", { class: "fine" }, say("paths.about", { tried: numbers.paths_tried ?? 0, fitting: numbers.paths_fitting ?? 0 })),
    seen,
  ].filter((one) => one !== null);
}

/**
 * Return the reading that a statement stands by, with its paths.
 * @param {any} statement
 * @returns {{ reading: any, paths: any[] }}
 */
export function shownOf(statement) {
  const reading = statement.readings.find((/** @type {any} */ one) => one.verdict === statement.verdict) ?? statement.readings[0];
  return { reading, paths: reading.own_numbers?.paths ?? [] };
}

/**
 * @param {number} i
 * @param {import("../page/colours.mjs").Theme} theme
 */
function keyOf(i, theme) {
  const picture = document.createElementNS(NAMESPACE, "svg");
  const made = (/** @type {string} */ tag, /** @type {Record<string, string>} */ attributes) => {
    const one = document.createElementNS(NAMESPACE, tag);
    for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
    picture.append(one);
    return one;
  };
  const colour = COLOURS[theme][i];
  picture.setAttribute("viewBox", "0 0 46 18");
  picture.setAttribute("class", "path-key");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", String(i + 1));
  made("line", { x1: "2", x2: "30", y1: "9", y2: "9", stroke: colour, "stroke-width": "3", "stroke-dasharray": DASHES[i % DASHES.length].map((n) => n * 3).join(" ") });
  made("text", { x: "35", y: "14", fill: colour, "font-weight": "700", "font-size": "14" }).textContent = String(i + 1);
  return picture;
}
