/** What a draft is called, what it forbids, and between which limits. */

import { element } from "../page/dom.mjs";
import { say } from "../page/words.mjs";
import { choice, field, line, momentText, parseMoment, reading } from "./fields.mjs";

const RESTRICTIONS = ["PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL", "NO_RESTRICTION", "KEEP_IN"];
const LIMITED = ["lower", "upper"];
const LIMITS = ["GND", "500 m AGL", "120 m AGL", "1500 ft AMSL", "3000 ft AMSL", "FL100", "FL195", "FL660", "UNL"];

/**
 * Return the forms, and what brings them up to date.
 * @param {import("./draft.mjs").Draft} draft
 */
export function factsForm(draft) {
  /** @type {(() => void)[]} */
  const refresh = [];
  const text = (/** @type {string} */ name, /** @type {Record<string, unknown>} */ attributes = {}) => {
    // Each part of a shape has limits of its own.
    const ofPart = LIMITED.includes(name);
    const made = line("", (value) => {
      if (ofPart) draft.setShape(name, said(name, value), name);
      else draft.set(name, said(name, value), name);
    }, { id: name, ...attributes });
    refresh.push(() => {
      if (document.activeElement !== made) made.value = shown((ofPart ? draft.shape : draft.feature).properties[name]);
    });
    return field(`facts.${name}`, made, { where: `$.properties.${name}` });
  };
  const restriction = choice("PROHIBITED", RESTRICTIONS.map((name) => [name, say(`restriction.${name}`)]),
    (value) => draft.set("restriction", value, "restriction"), { id: "restriction" });
  refresh.push(() => {
    restriction.value = draft.feature.properties.restriction ?? "PROHIBITED";
  });
  const moment = (/** @type {string} */ name) => {
    const made = line("", (value) => heard(value), { id: name, placeholder: "2026-05-01 10:00" });
    const heard = reading(() => made, parseMoment, (iso) => draft.set(name, iso || undefined, name));
    refresh.push(() => {
      if (document.activeElement !== made) made.value = momentText(draft.feature.properties[name]);
    });
    return field(`facts.${name}`, made, { where: `$.properties.${name}` });
  };
  const moments = element("div", { class: "pair" }, moment("valid_from"), moment("valid_to"));
  const known = element("datalist", { id: "limits" }, ...LIMITS.map((value) => element("option", { value })));
  const boxes = [
    element("fieldset", { class: "part" }, element("legend", {}, say("facts")),
      element("div", { class: "pair" }, text("id"), text("name")),
      field("facts.restriction", restriction, { where: "$.properties.restriction" }),
      element("div", { class: "pair" }, text("kind"), text("reason")),
      text("message", { maxlength: 1000 })),
    element("fieldset", { class: "part" }, element("legend", {}, say("limits")), known,
      element("div", { class: "pair" }, text("lower", { list: "limits" }), text("upper", { list: "limits" })),
      element("p", { class: "fine" }, say("limits.hint"))),
  ];
  const update = () => refresh.forEach((one) => one());
  update();
  return { boxes, moments, update };
}

/**
 * Return what a text says as a property.
 * @param {string} name
 * @param {string} text
 */
function said(name, text) {
  if (name !== "reason") return text.trim() || undefined;
  const reasons = text.split(",").map((one) => one.trim()).filter(Boolean);
  return reasons.length ? reasons : undefined;
}

/**
 * Return the text of a property; of a limit that is no text what it says.
 * @param {any} value
 */
function shown(value) {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object") return String(value);
  return value.unit === "FL" ? `FL${value.value}` : `${value.value} ${value.unit} ${value.datum}`;
}
