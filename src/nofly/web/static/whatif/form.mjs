/** What is weighed: a zone, over which traffic, and what besides. */

import { element, fill } from "../page/dom.mjs";
import { clock } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { choice, fault, field, line, momentText, parseMoment, reading, tick } from "../zones/fields.mjs";
import { HOURS, PRICES } from "./view.mjs";

const GROUPS = ["proposed", "request", "law"];

/**
 * Return the form.
 * @param {any} choices as the API has them
 * @param {import("./view.mjs").View} view is changed as the form is
 * @param {() => Promise<void>} weigh
 */
export function askForm(choices, view, weigh) {
  const zone = zoneChoice(choices.zones, view);
  const until = line(momentText(view.until), () => fault(until, ""), { id: "until", placeholder: clock(choices.until, true) });
  const level = line(view.level, (text) => { view.level = text; }, { id: "level", maxlength: 20 });
  const hours = choice(view.hours, HOURS.map((value) => [value, say("whatif.span", { hours: value })]), (value) => { view.hours = value; }, { id: "hours-before" });
  const set = (/** @type {"held" | "detours" | "ledger" | "warnings"} */ name) => (/** @type {boolean} */ ticked) => { view[name] = ticked ? "1" : name === "held" ? "0" : ""; };
  const instead = insteadChoice(choices.zones, view);
  const prices = PRICES.map((name) => priceLine(view, `per_${name}`));
  const currency = line(view.currency, (text) => { view.currency = text.trim(); }, { id: "currency", maxlength: 12 });
  const submit = /** @type {HTMLButtonElement} */ (element("button", { type: "submit", class: "main", id: "weigh" }, say("whatif.weigh")));
  const form = element("form", {
    id: "ask-form",
    submit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      try {
        view.until = parseMoment(until.value);
      } catch (error) {
        return fault(until, /** @type {Error} */ (error).message);
      }
      if (prices.some((one) => one.getAttribute("aria-invalid"))) return;
      submit.disabled = true;
      await weigh().finally(() => { submit.disabled = false; });
    },
  },
  element("div", { class: "fields" }, field("whatif.zone", zone), field("whatif.instead", instead), field("whatif.before", hours), field("whatif.until", until, { hint: say("whatif.until.hint") })),
  element("div", { class: "ticks" },
    tick(say("whatif.held"), view.held === "1", set("held")),
    tick(say("whatif.detours.also"), view.detours === "1", set("detours")),
    element("label", { class: "level" }, element("span", { class: "unseen" }, say("whatif.level")), level),
    choices.warns ? tick(say("whatif.warnings.also"), view.warnings === "1", set("warnings")) : null,
    choices.has_ledger ? tick(say("whatif.ledger.also"), view.ledger === "1", set("ledger")) : null),
  element("details", { id: "prices", open: PRICES.some((name) => view[`per_${name}`]) }, element("summary", {}, say("whatif.prices")),
    element("div", { class: "fields" }, ...PRICES.map((name, i) => field(`whatif.price.${name}`, prices[i])), field("whatif.currency", currency))),
  element("div", { class: "ends" }, submit));
  return [form, ...choices.unread.map((/** @type {string} */ why) => element("p", { class: "error" }, say("whatif.requests.unread", { why })))];
}

/**
 * Return the choice of a zone, grouped by what it is.
 * @param {any[]} zones
 * @param {import("./view.mjs").View} view
 */
function zoneChoice(zones, view) {
  const made = /** @type {HTMLSelectElement} */ (element("select", { id: "zone", required: true, change: () => pick(zones[Number(made.value)]) }));
  const pick = (/** @type {any} */ one) => { [view.of, view.id] = [one.of, one.id]; };
  fill(made, ...GROUPS.map((of) => {
    const mine = zones.flatMap((one, i) => one.of === of ? [element("option", { value: i }, told(one))] : []);
    return mine.length ? element("optgroup", { label: say(`whatif.of.${of}`) }, ...mine) : null;
  }));
  const wanted = zones.findIndex(({ of, id }) => of === view.of && id === view.id);
  if (wanted >= 0) made.value = String(wanted);
  const first = zones[Number(made.value)];
  if (first) pick(first);
  return made;
}

/**
 * Return the choice of a zone in force that it would stand in place of.
 * @param {any[]} zones
 * @param {import("./view.mjs").View} view
 */
function insteadChoice(zones, view) {
  const law = zones.filter(({ of }) => of === "law");
  if (!law.some(({ id }) => id === view.instead)) view.instead = "";
  return choice(view.instead, [["", say("whatif.instead.none")], ...law.map((one) => /** @type {[string, string]} */ ([one.id, told(one)]))],
    (value) => { view.instead = value; }, { id: "instead" });
}

/**
 * Return a field for a price; what is no number is said at the field.
 * @param {import("./view.mjs").View} view
 * @param {"per_flight" | "per_hour" | "per_km"} name
 */
function priceLine(view, name) {
  const read = (/** @type {string} */ text) => {
    const plain = text.trim().replace(",", ".");
    if (plain && !/^\d{1,12}(\.\d{1,6})?$/.test(plain)) throw new Error(say("whatif.price.unread", { text }));
    return plain;
  };
  const made = line(view[name], reading(() => made, read, (value) => { view[name] = value; }), { id: name, inputmode: "decimal", maxlength: 20 });
  return made;
}

/** @param {any} one */
function told({ of, id, zone_id, name, valid_from: start }) {
  const words = name && name !== zone_id ? `${zone_id} – ${name}` : zone_id;
  const asked = of === "request" ? `${id}: ${words}` : words;
  return start ? `${asked} (${say("whatif.from", { time: clock(start, true) })})` : asked;
}
