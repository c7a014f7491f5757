/** The sheet: what each side says, statement by statement, with its verdict, the reasons and the numbers. */

import { element } from "../page/dom.mjs";
import { told, toldText } from "../page/sentences.mjs";
import { clock } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { shownOf } from "./paths.mjs";
import { badge, kindOf } from "./verdict.mjs";

/**
 * Return the statements by the side they speak for, in the order of the file.
 * @param {any} sheet
 * @returns {[string, any[]][]}
 */
export function sidesOf(sheet) {
  /** @type {Map<string, any[]>} */
  const found = new Map();
  for (const one of sheet.statements) {
    const side = one.side || one.who;
    found.set(side, [...found.get(side) ?? [], one]);
  }
  return [...found];
}

/**
 * Return what stands above the sides: the question, a line for each statement, what is said of the zone.
 * @param {any} whole as the API has it
 * @returns {Node[]}
 */
export function headOf({ sheet, watched, whole }) {
  const rows = sidesOf(sheet).flatMap(([side, statements]) => statements.map((one) => element("tr", {},
    element("td", {}, side), element("td", {}, element("a", { href: `#${anchor(one)}` }, one.who)), element("td", {}, badge(one.verdict)))));
  const tracks = sheet.reports === null ? say("tracks.none") : say(watched ? "tracks.watched" : "tracks.own", { count: sheet.reports });
  return [
    element("p", { class: "question" }, sheet.question),
    element("p", {}, `${tracks} `, whole ? "" : say("tracks.part")),
    ...sheet.notes.map((/** @type {string} */ note) => element("p", { class: "fine" }, note)),
    sheet.boundary_note ? element("p", { class: "fine" }, element("b", {}, `${say("zone.about")} `), sheet.boundary_note) : null,
    element("div", { class: "wide" }, element("table", {}, element("tbody", {}, ...rows))),
    sheet.findings.length ? element("ul", { class: "told" }, ...sheet.findings.map((/** @type {any} */ one) =>
      element("li", {}, `${one.code}: `, told("span", {}, one.message), one.locator ? ` [${one.locator}]` : null))) : null,
  ].filter((one) => one !== null);
}

/**
 * Return a form that has the sheet told by a QNH, or by none.
 * @param {string} qnh in hPa
 * @param {(qnh: string) => void} done
 */
export function qnhForm(qnh, done) {
  const form = /** @type {HTMLFormElement} */ (element("form", { id: "qnh", class: "qnh" },
    element("label", {}, element("span", {}, say("qnh.label")), element("input", {
      type: "number", name: "qnh", min: 850, max: 1100, step: "any", value: qnh, inputmode: "decimal",
    })),
    element("button", { type: "submit" }, say("qnh.send")),
    element("p", { class: "fine" }, say(qnh ? "qnh.told" : "qnh.none", { qnh }))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    done(String(new FormData(form).get("qnh") ?? ""));
  });
  return form;
}

/**
 * Return a column for each side.
 * @param {any} sheet
 * @param {(id: string) => void} show has the map show the paths of a statement
 */
export const columnsOf = (sheet, show) => sidesOf(sheet).map(([side, statements]) => element(
  "section", { class: "side", "aria-label": side }, element("h2", {}, side), ...statements.map((one) => card(one, show))));

/** @param {any} statement */
const anchor = ({ id }) => `s-${id}`;

/**
 * @param {any} statement
 * @param {(id: string) => void} show
 */
function card(statement, show) {
  const several = statement.readings.length > 1;
  const mapped = shownOf(statement).paths.length > 0 || statement.flown.length > 0;
  return element("article", { class: "statement box", id: anchor(statement), "data-statement": statement.id },
    element("h3", {}, statement.who), badge(statement.verdict),
    element("blockquote", { lang: statement.language || null },
      statement.wording === "paraphrase" ? `${statement.says} (${say("wording.paraphrase")})` : `“${statement.says}”`),
    element("dl", { class: "stated" }, ...stated(statement).flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])),
    ...statement.readings.map((/** @type {any} */ one) => reading(one, several, one === shownOf(statement).reading)),
    ...statement.notes.map((/** @type {string} */ note) => told("p", { class: "fine" }, note)),
    mapped ? element("button", { type: "button", class: "show-on-map", click: () => show(statement.id) }, say("paths.show")) : null,
    listed("evidence.offered", statement.evidence_offered), listed("evidence.withheld", statement.evidence_withheld),
    items(statement.items), sources(statement.sources));
}

/**
 * Return what a statement states, as it was written.
 * @param {any} statement
 * @returns {[string, string][]}
 */
function stated(statement) {
  const { about, zone, inside, time, time_err_s, closest_to, closest_name } = statement;
  const whom = [about.party, about.type, about.address, about.callsign].filter(Boolean).join(" ") || say("about.any");
  /** @type {[string, string][]} */
  const rows = [[say("stated.about"), about.transponder === "off" ? `${whom}, ${say("about.off")}` : whom]];
  if (zone) rows.push([say("stated.zone"), inside === "unsaid" ? zone : `${say(`inside.${inside}`)} ${zone}`]);
  if (time) rows.push([say("stated.time"), clock(time, true) + (time_err_s ? ` ± ${Math.round(time_err_s)} s` : "")]);
  for (const [name, { text, datum }] of Object.entries(/** @type {Record<string, any>} */ (shownOf(statement).reading.stated))) {
    rows.push([say(`stated.${name}`), datum && !text.includes(datum) && !text.startsWith("FL") ? `${text} ${datum}` : text]);
  }
  if (closest_to) rows.push([say("stated.closest_to"), closest_name || closest_to.join(", ")]);
  return rows;
}

/**
 * @param {any} one
 * @param {boolean} several
 * @param {boolean} open
 */
function reading(one, several, open) {
  const points = element("ul", { class: "points" },
    ...one.points.map((/** @type {any} */ { what, verdict, reasons, numbers }) => element("li", { class: kindOf(verdict) },
      element("b", {}, told("span", {}, what), `: ${say(`verdict.${verdict}`)}. `),
      ...reasons.flatMap((/** @type {string} */ reason, /** @type {number} */ i) => [i ? " " : "", told("span", {}, reason)]), figures(numbers))),
    one.own_numbers ? own(one.own_numbers) : null);
  if (!several) return points;
  return element("details", { class: "reading", open }, element("summary", {}, say("reading.as", { name: toldText(one.name) }), " ", badge(one.verdict)), points);
}

/** @param {any} fit */
function own({ verdict, reasons, numbers }) {
  const broken = verdict === "self-inconsistent";
  return element("li", { class: kindOf(verdict) }, element("b", {}, say(broken ? "own.broken" : "own.fit")),
    element("ul", {}, ...reasons.map((/** @type {string} */ reason) => told("li", {}, reason))), figures(numbers));
}

/** @param {Record<string, unknown>} numbers */
function figures(numbers) {
  const found = Object.entries(numbers).map(([name, value]) =>
    `${name} ${Array.isArray(value) ? value.map((one) => one ?? "–").join("…") : value ?? "–"}`);
  return found.length ? element("div", { class: "numbers", lang: "en" }, found.join(" · ")) : null;
}

/**
 * @param {string} key
 * @param {string[]} all
 */
const listed = (key, all) => all.length ? element("div", {}, element("h4", {}, say(key)),
  element("ul", { class: "told" }, ...all.map((one) => element("li", {}, one)))) : null;

/** @param {any[]} all */
const items = (all) => all.length ? element("div", {}, element("h4", {}, say("items.title")),
  element("ul", { class: "told" }, ...all.map(({ label, evidence, url }) => element("li", {}, `${label}: `,
    evidence || url ? `${evidence} ${url}`.trim() : element("i", {}, say("items.none")))))) : null;

/**
 * Return where a statement is from. An address is shown, and opened by nobody but who copies it.
 * @param {any[]} all
 */
const sources = (all) => all.length ? element("div", {}, element("h4", {}, say("sources.title")),
  element("ul", { class: "told" }, ...all.map(({ title, published, url, sha256 }) => element("li", {},
    [title, published].filter(Boolean).join(", "), url ? element("div", {}, element("code", {}, url)) : null,
    sha256 ? element("div", { class: "fine" }, `SHA-256 ${sha256.slice(0, 16)}…`) : null)))) : null;
