/** One zone: what it says, when it holds, what became of it, and what may be done about it. */

import { element, fill } from "../page/dom.mjs";
import { told as toldOf } from "../page/sentences.mjs";
import { clock } from "../page/units.mjs";
import { say, sayWord } from "../page/words.mjs";
import { bars } from "./bars.mjs";
import { effectPart } from "./effect.mjs";
import { button } from "./fields.mjs";
import { sentencesOf, turns } from "./standing.mjs";

/**
 * @typedef {object} Whole
 * @property {string} id
 * @property {any[]} law its editions that are watched, told whole
 * @property {any} declared as the API tells it whole, or null: it is of a file
 */

/**
 * Show a zone in an element.
 * @param {Element} into
 * @param {Whole} whole
 * @param {{ close: () => void, edit: (draft: any) => void, activate: (declared: any) => void, fly: (flown: any) => void,
 *   withdraw: (declared: any) => void, discard: (declared: any) => void, may: boolean }} page
 */
export function openZone(into, whole, page) {
  const { law, declared } = whole;
  const { proposed, in_force } = declared?.editions ?? { proposed: null, in_force: null };
  const others = law.filter(({ zone }) => zone.id !== in_force?.zone.id);
  const main = proposed ?? in_force ?? others[0];
  fill(into,
    element("div", { class: "head" }, button("back.list", page.close, { id: "back" }), element("h2", { id: "side-title", tabindex: -1 }, main?.zone.properties.name || whole.id)),
    ...(declared ? [] : [element("p", { class: "fine", id: "of-file" }, say("one.offile"))]),
    proposed ? proposal(proposed, declared, page) : null,
    in_force ? inForce(in_force, declared, law, page) : null,
    ...others.map((told) => element("section", { class: "part edition" },
      element("h2", {}, say(declared ? "one.alsofile" : "one.watched")), ...facts(told),
      page.may ? element("div", { class: "ends" }, button("one.copy", () => page.edit(told.draft), { id: "copy" })) : null)),
    main ? null : element("p", {}, say(declared ? "one.withdrawn" : "one.unknown", { id: whole.id })),
    page.may ? null : element("p", { class: "fine" }, say("rights.none")),
    declared ? acts(declared) : null,
    main && page.may ? effectPart(() => main.draft, page.fly) : null,
    element("p", {}, element("a", { href: `/?filter=${encodeURIComponent(whole.id)}` }, say("one.incidents"))));
}

/**
 * @param {any} told
 * @param {any} declared
 * @param {Parameters<typeof openZone>[2]} page
 */
function proposal(told, declared, page) {
  const changes = declared.in_force ? [
    element("h3", {}, say("one.differences")),
    declared.differences.length
      ? element("ul", { class: "differences" }, ...declared.differences.map((/** @type {string} */ one) => toldOf("li", {}, one)))
      : element("p", {}, say("one.same")),
  ] : [element("p", {}, say("one.new"))];
  return element("section", { class: "part edition proposed" }, element("h2", {}, say("one.proposed")),
    ...changes, ...facts(told),
    page.may ? element("div", { class: "ends" },
      button("one.edit", () => page.edit(told.draft), { id: "edit" }),
      button("one.discard", () => page.discard(declared), { id: "discard" }),
      button("one.activate", () => page.activate(declared), { id: "activate", class: "main" })) : null);
}

/**
 * @param {any} told
 * @param {any} declared
 * @param {any[]} law
 * @param {Parameters<typeof openZone>[2]} page
 */
function inForce(told, declared, law, page) {
  const taken = law.some(({ zone }) => zone.id === told.zone.id);
  return element("section", { class: "part edition" }, element("h2", {}, say("one.inforce")),
    taken ? null : element("p", { class: "warned" }, say("one.coming")), ...facts(told),
    page.may ? element("div", { class: "ends" },
      button("one.withdraw", () => page.withdraw(declared), { id: "withdraw" }),
      declared.proposed ? null : button("one.edit", () => page.edit(told.draft), { id: "edit", class: "main" })) : null);
}

/** @param {any} told */
function facts(told) {
  const { state, zone_hash, edition } = told.zone.properties;
  return [
    element("p", { class: "standing" }, element("b", {}, sayWord("state", state)), turns(told.zone), " · ", say("zones.edition", { edition })),
    element("ul", { class: "sentences" }, ...sentencesOf(told).map((one) => toldOf("li", {}, one))),
    element("p", { class: "fine" }, say("one.hash"), " ", element("code", {}, zone_hash)),
    element("details", {}, element("summary", {}, say("bars.title")), bars(told)),
  ];
}

/** @param {any} declared */
function acts(declared) {
  return element("section", { class: "part" }, element("h2", {}, say("acts")),
    element("ol", { class: "acts" }, ...[...declared.acts].reverse().map((/** @type {any} */ act) => element("li", {},
      element("b", {}, sayWord("act", act.kind)), " ", element("time", {}, clock(act.time, true)),
      element("span", { class: "why" }, say("acts.by", { who: act.who, why: act.why })),
      element("span", { class: "fine" }, say("acts.record", { number: act.sequence }), " · ", element("code", {}, act.zone_hash.slice(0, 16)))))));
}
