/** Whom a draft addresses, who is exempt, who has permission. */

import { element, fill } from "../page/dom.mjs";
import { say } from "../page/words.mjs";
import { button, choice, field, line, momentText, parseMoment, reading, tick } from "./fields.mjs";
import { heightText, parseLength } from "./lengths.mjs";

const PREDICATES = ["address", "callsign", "squawk", "list", "operator", "state", "category", "party", "target"];
const HINTS = {
  address: "4b1804, ae0000-afffff", callsign: "REGA*, SWR?12", squawk: "7700, 00??", list: "medical", operator: "SWR",
  state: "CHE", category: "B6", party: "Ruritania", target: "rid:*",
};

/**
 * Return the form of the rule, and what brings it up to date.
 * @param {import("./draft.mjs").Draft} draft
 */
export function ruleForm(draft) {
  const body = element("div", {});
  const box = element("fieldset", { class: "part" }, element("legend", {}, say("rule")), body);
  const update = (/** @type {string} */ by) => {
    if (by === "rule") return;
    fill(body, element("p", { class: "fine" }, say("rule.hint")),
      addressed(draft), ...permissions(draft, "exempt"), ...permissions(draft, "cleared"));
  };
  update("");
  return { box, update };
}

/**
 * Change one part of the rule; a part with nothing in it is left out.
 * @param {import("./draft.mjs").Draft} draft
 * @param {string} name
 * @param {any[]} all
 * @param {string} by
 */
function put(draft, name, all, by) {
  const { [name]: _, ...rest } = draft.feature.properties.rule ?? {};
  const rule = all.length ? { ...rest, [name]: all } : rest;
  draft.set("rule", Object.keys(rule).length ? rule : undefined, by);
}

/**
 * @param {import("./draft.mjs").Draft} draft
 * @param {string} name
 * @returns {any[]}
 */
const listed = (draft, name) => draft.feature.properties.rule?.[name] ?? [];

/** @param {import("./draft.mjs").Draft} draft */
function addressed(draft) {
  return element("div", {}, element("h3", {}, say("rule.applies_to")), predicates(
    listed(draft, "applies_to"), "$.properties.rule.applies_to", "rule.everybody",
    (all, by) => put(draft, "applies_to", all, by),
  ));
}

/**
 * @param {import("./draft.mjs").Draft} draft
 * @param {"exempt" | "cleared"} name
 */
function permissions(draft, name) {
  const now = () => listed(draft, name);
  return [
    element("h3", {}, say(`rule.${name}`)),
    now().length ? null : element("p", { class: "fine" }, say(`rule.${name}.none`)),
    ...now().map((one, at) => permission(one, name, at, {
      now: () => now()[at],
      put: (changed, by) => put(draft, name, now().map((each, k) => k === at ? changed : each), by),
      remove: () => put(draft, name, now().filter((_, k) => k !== at), "rows"),
    })),
    button(`rule.${name}.more`, () => put(draft, name, [...now(), { who: [{ kind: "callsign", values: [] }], reason: "" }], "rows")),
  ];
}

/**
 * @param {any} one
 * @param {string} name
 * @param {number} at
 * @param {{ now: () => any, put: (changed: any, by: string) => void, remove: () => void }} of
 */
function permission(one, name, at, { now, put: write, remove }) {
  const where = `$.properties.rule.${name}[${at}]`;
  const text = (/** @type {string} */ key) => field(`rule.${key}`, line(one[key] ?? "", (value) => {
    write(trimmed({ ...now(), [key]: value }, key, key !== "reason"), "rule");
  }), { where: `${where}.${key}` });
  const height = (/** @type {string} */ key) => {
    const made = line(one[key] === undefined ? "" : heightText(one[key]), (value) => heard(value), { size: 10 });
    const heard = reading(() => made, (value) => value.trim() ? parseLength(value) : "", (m) => write(trimmed({ ...now(), [key]: m }, key), "rule"));
    return field(`rule.${key}`, made, { where: `${where}.${key}` });
  };
  const moment = (/** @type {string} */ key) => {
    const made = line(momentText(one[key]), (value) => heard(value), { placeholder: "2026-05-01 10:00" });
    const heard = reading(() => made, parseMoment, (iso) => write(trimmed({ ...now(), [key]: iso }, key), "rule"));
    return field(`rule.${key}`, made, { where: `${where}.${key}` });
  };
  return element("fieldset", { class: "row" }, element("legend", {}, say(`rule.${name}.one`, { number: at + 1 })),
    predicates(one.who ?? [], `${where}.who`, "rule.nobody", (all, by) => write({ ...now(), who: all }, by)),
    element("div", { class: "pair" }, text("reason"), text("source")),
    element("div", { class: "pair" }, height("lower_m"), height("upper_m")),
    element("div", { class: "pair" }, moment("start"), moment("end")),
    element("div", { class: "ends" }, button("remove", remove)));
}

/**
 * Return the predicates of a list.
 * @param {any[]} shown
 * @param {string} where
 * @param {string} none what it says that there are none
 * @param {(all: any[], by: string) => void} write
 */
function predicates(shown, where, none, write) {
  let all = shown;
  const one = (/** @type {number} */ at, /** @type {any} */ changed, by = "rule") => {
    all = all.map((each, k) => k === at ? changed : each);
    write(all, by);
  };
  return element("div", { class: "predicates" },
    shown.length ? null : element("p", { class: "fine" }, say(none)),
    ...shown.map((predicate, at) => {
      const values = line((predicate.values ?? []).join(", "), (text) => {
        one(at, { ...all[at], values: text.split(",").map((value) => value.trim()).filter(Boolean) });
      }, { "aria-label": say("rule.values"), placeholder: HINTS[/** @type {keyof HINTS} */ (predicate.kind)] ?? "", "data-where": `${where}[${at}]` });
      return element("div", { class: "predicate" },
        choice(predicate.kind, PREDICATES.map((kind) => [kind, say(`predicate.${kind}`)]), (kind) => {
          values.placeholder = HINTS[/** @type {keyof HINTS} */ (kind)] ?? "";
          one(at, { ...all[at], kind });
        }, { "aria-label": say("rule.who") }),
        values,
        tick(say("rule.negate"), predicate.negate === true, (ticked) => {
          const { negate: _, ...rest } = all[at];
          one(at, ticked ? { ...rest, negate: true } : rest);
        }),
        button("remove", () => write(all.filter((_, k) => k !== at), "rows")));
    }),
    button("rule.predicate.more", () => write([...all, { kind: "callsign", values: [] }], "rows")));
}

/**
 * Return an object without a name that says nothing.
 * @param {any} object
 * @param {string} name
 * @param {boolean} [leave]
 */
function trimmed(object, name, leave = true) {
  const { [name]: value, ...rest } = object;
  return leave && (value === "" || value === undefined) ? rest : object;
}
