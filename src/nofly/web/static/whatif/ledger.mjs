/** What the zone would expose, as ranges; and by which input they move most. What its file says is its own text. */

import { shape } from "../incident/svg.mjs";
import { element } from "../page/dom.mjs";
import { told, toldText } from "../page/sentences.mjs";
import { say } from "../page/words.mjs";
import { table } from "./tables.mjs";

const [WIDE, NARROW, ROW, SIDE, TOP] = [480, 420, 42, 56, 6];
/** Of pages no wider, where the style sheet has larger letters in a tornado. */
const PHONE_PX = 700;

/**
 * Return the ledger.
 * @param {any} found null where it could not be weighed
 * @param {string} [why]
 */
export function ledgerOf(found, why) {
  if (!found) return [element("p", { class: "error" }, say("whatif.missing", { why: why ?? "" }))];
  const said = (/** @type {string} */ text) => told("p", {}, text);
  return [element("div", { class: "ledger" }, told("h3", {}, found.title), said(found.question), ...found.notes.map(said),
    ...found.sections.map((/** @type {any} */ one) => element("section", { "aria-label": toldText(one.title) },
      told("h3", {}, one.title), ...one.before.map(said),
      one.tornadoes.length ? element("div", { class: "tornadoes" }, ...one.tornadoes.map(tornado)) : null,
      one.rows.length && one.tornadoes.length ? element("details", {}, element("summary", {}, say("whatif.astable")), rowsOf(one)) : one.rows.length ? rowsOf(one) : null,
      one.after.length ? element("ul", { class: "notes" }, ...one.after.map((/** @type {string} */ text) => told("li", {}, text))) : null)))];
}

/** @param {any} section */
const rowsOf = ({ title, head, rows }) => table(toldText(title), head.map(toldText), rows.map((/** @type {string[]} */ row) => row.map(toldText)), head.length);

/**
 * Return a tornado: a bar an input, the widest on top, round the likely result.
 * @param {any} one
 */
function tornado({ title, likely, bars }) {
  const values = bars.flatMap((/** @type {any} */ bar) => [bar.at_low, bar.at_high, likely]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const wide = innerWidth > PHONE_PX ? WIDE : NARROW;
  const at = (/** @type {number} */ value) => SIDE + (value - low) / (high - low || 1) * (wide - 2 * SIDE);
  const tall = TOP + ROW * bars.length + 20;
  const picture = shape("svg", { viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": `${toldText(title)}: ${bars.map((/** @type {any} */ bar) => `${toldText(bar.input)}: ${number(bar.at_low)} – ${number(bar.at_high)}`).join("; ")}`, class: "tornado" });
  bars.forEach((/** @type {any} */ bar, /** @type {number} */ i) => {
    const y = TOP + ROW * i;
    picture.append(shape("text", { x: wide / 2, y: y + 11, "text-anchor": "middle" }, toldText(bar.input)));
    for (const [value, kind] of [[bar.at_low, "low"], [bar.at_high, "high"]]) {
      const [x, middle] = [at(value), at(likely)];
      picture.append(shape("rect", { x: Math.min(x, middle), y: y + 17, width: Math.abs(x - middle), height: 16, class: kind }));
      if (x !== middle) picture.append(shape("text", { x: x + (x < middle ? -4 : 4), y: y + 29, "text-anchor": x < middle ? "end" : "start" }, number(value)));
    }
    picture.append(shape("line", { x1: at(likely), x2: at(likely), y1: y + 15, y2: y + 35, class: "likely" }));
  });
  picture.append(shape("text", { x: at(likely), y: tall - 4, "text-anchor": "middle" }, say("whatif.likely", { value: number(likely) })));
  return element("figure", {}, told("figcaption", {}, title), picture);
}

/**
 * Return a number to three digits, whole from 100 on.
 * @param {number} value
 */
function number(value) {
  const whole = Math.abs(value) >= 100 || Number.isInteger(value);
  return new Intl.NumberFormat("en", whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 }).format(value);
}
