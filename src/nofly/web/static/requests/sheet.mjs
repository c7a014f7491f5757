/** The sheet of a request: what is asked, who said what, what was decided, and what became of its zone. */

import { byId, element, fill } from "../page/dom.mjs";
import { told, toldText } from "../page/sentences.mjs";
import { clock, duration } from "../page/units.mjs";
import { say, sayWord } from "../page/words.mjs";

/** Said elsewhere on the sheet. */
const APART = ["state", "deadline"];

/**
 * Show a request.
 * @param {any} one as the API has it
 * @param {number} now_ms
 */
export function showSheet(one, now_ms) {
  fill(byId("name"), one.id);
  fill(byId("state"), sayWord("request", one.state));
  fill(byId("deadline"), deadline(one, now_ms));
  fill(byId("facts"), ...one.facts.filter((/** @type {string[]} */ [name]) => !APART.includes(name)).flatMap(
    (/** @type {string[]} */ [name, text]) => [element("dt", {}, sayWord("fact", name)), told("dd", {}, text)],
  ));
  fill(byId("tally"), told("span", {}, one.tally));
  fill(byId("positions"), positions(one));
}

/**
 * Return when the deadline is, and how far away.
 * @param {any} one
 * @param {number} now_ms
 */
function deadline({ deadline: at }, now_ms) {
  if (!at) return "";
  const left_s = (Date.parse(at) - now_ms) / 1000;
  return left_s > 0 ? say("requests.deadline", { time: clock(at, true), left: duration(left_s) })
    : say("requests.passed", { time: clock(at, true) });
}

/**
 * Return the table of all positions, changed and late ones too.
 * @param {any} one
 */
function positions({ positions: taken, no_position }) {
  /** @type {Map<string, any>} */
  const last = new Map(taken.filter((/** @type {any} */ { counts }) => counts).map((/** @type {any} */ each) => [each.party, each]));
  const rows = taken.map((/** @type {any} */ each) => element("tr", { class: each.counts ? null : "late" },
    element("td", {}, each.party), element("td", {}, element("b", {}, sayWord("stand", each.stand)), note(each, last.get(each.party))),
    element("td", {}, each.date || clock(each.at, true)), element("td", {}, ...statement(each))));
  const head = ["party", "stand", "when", "statement"].map((name) => element("th", { scope: "col" }, say(`requests.${name}`)));
  return element("div", {},
    rows.length ? element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)) : null,
    no_position.length ? element("p", { class: "fine" }, say("requests.silent", { parties: no_position.join(", ") })) : null);
}

/**
 * Return why a position is not the one that counts.
 * @param {any} each
 * @param {any} last
 */
function note(each, last) {
  if (!each.counts) return ` (${say("requests.late")})`;
  return each === last ? "" : ` (${say("requests.changed")})`;
}

/**
 * Return what a party said, on what conditions, and where it stands written.
 * @param {any} each
 */
function statement({ statement: text, conditions, source, language }) {
  return [
    text ? element("span", { lang: language || null }, text) : null,
    ...conditions.map((/** @type {string} */ one) => element("div", {}, say("requests.condition", { text: one }))),
    /^https?:\/\//.test(source) ? element("div", {}, element("a", { href: source, rel: "noreferrer" }, source)) : null,
  ];
}

/**
 * Show what became of a zone in the register.
 * @param {any} history as the API has it
 */
export function showHistory(history) {
  if (!history.acts.length) return fill(byId("history"), element("p", {}, say("requests.nohistory")));
  fill(byId("history"),
    element("ul", { class: "history" }, ...history.editions.map((/** @type {any} */ { edition, span, party }) =>
      element("li", {}, say("requests.edition", { number: edition, span: toldText(span), party })))),
    element("ol", { class: "history" }, ...history.acts.map((/** @type {any} */ { recorded, text, signed, key, key_id }) =>
      element("li", {}, element("time", { datetime: recorded }, clock(recorded, true)), " ", told("span", {}, text),
        element("div", { class: `fine signed ${signed}` }, say(`signed.${signed}`, { key: key ?? "", id: key_id ?? "" }))))));
}
