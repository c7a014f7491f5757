/** Tables and lists of what was weighed. */

import { element } from "../page/dom.mjs";
import { clock, distance, duration } from "../page/units.mjs";
import { say, sayWord, spoken } from "../page/words.mjs";

/** Tables of shares, in their order. */
export const SHARES = ["operators", "states", "types", "airports", "pairs"];
const MOST = 12;

/**
 * Return a table; cells from the column `numbers` on are numbers.
 * @param {string} label
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 * @param {number} [numbers]
 * @param {Record<string, unknown>} [attributes]
 */
export function table(label, head, rows, numbers = 1, attributes = {}) {
  const kind = (/** @type {number} */ i) => i >= numbers ? "n" : null;
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": label }, element("table", attributes,
    element("thead", {}, element("tr", {}, ...head.map((text, i) => element("th", { scope: "col", class: kind(i) }, text)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell, i) => element("td", { class: kind(i) }, cell)))))));
}

/**
 * Return a box of shares; null where nothing is known of any.
 * @param {string} name
 * @param {any} found
 */
export function sharesOf(name, { rows, in_all }) {
  if (!rows.some((/** @type {any} */ one) => one.name !== null)) return null;
  const head = [say(`whatif.${name}.one`), say("whatif.inside"), say("outcome.infringement"), say("outcome.undetermined"), say("whatif.time")];
  const cells = rows.map((/** @type {any} */ one) => [one.name ?? say("whatif.notknown"), one.flights, one.infringements, one.cannot_be_told, duration(one.inside_s)]);
  const title = say(`whatif.${name}`);
  const rest = in_all - Math.min(in_all, MOST);
  return element("section", { class: "box", "data-shares": name, "aria-label": title }, element("h2", {}, title), table(title, head, cells.slice(0, MOST)),
    rest ? element("details", {}, element("summary", {}, say("whatif.more", { count: rest })), table(title, head, cells.slice(MOST)),
      in_all > rows.length ? element("p", { class: "fine" }, say("whatif.beyond", { count: in_all - rows.length })) : null) : null);
}

/**
 * Return what changes against the zones that it would stand in place of.
 * @param {any} answer
 * @param {any[]} old
 */
export function changeOf({ change, figures }, old) {
  const { before } = change;
  const both = (/** @type {string} */ key, /** @type {(of: any) => string | number} */ value) => [say(key), value(before), value(figures)];
  const rows = [
    both("whatif.card.inside", (of) => of.flights_inside), both("whatif.card.infringement", (of) => of.outcomes.infringement),
    both("whatif.card.exempt", (of) => of.outcomes.exempt + of.outcomes.cleared), both("whatif.card.undetermined", (of) => of.outcomes.undetermined),
    both("whatif.card.time", (of) => duration(of.inside_s.total ?? 0)), both("whatif.card.way", (of) => distance(of.inside_m.total ?? 0)),
  ];
  return [
    element("p", {}, say("whatif.instead.of", { zones: old.map(({ properties }) => properties.name || properties.id).join(", ") })),
    table(say("whatif.change"), ["", say("whatif.change.before"), say("whatif.change.after")], rows),
    element("p", {}, say("whatif.change.told", change)),
  ];
}

/**
 * Return what it comes to by the prices given.
 * @param {any} money
 */
export function moneyOf({ currency, sums, total, a_flight }) {
  const amount = (/** @type {number} */ n) => new Intl.NumberFormat(spoken(), { maximumFractionDigits: 2 }).format(n);
  const head = ["of", "quantity", "price", "sum"].map((name) => say(`whatif.money.${name}`));
  const rows = sums.map((/** @type {any} */ one) => [say(`whatif.price.${one.name}`), amount(one.quantity), amount(one.price), amount(one.amount)]);
  const spread = a_flight.count ? say("whatif.money.flight", { half: amount(a_flight.quantiles["0.5"]), most: amount(a_flight.quantiles["1"]) }) : "";
  return [
    table(say("whatif.money"), head, [...rows, [say("whatif.money.all"), "", "", `${amount(total)} ${currency ?? ""}`.trim()]]),
    element("p", { class: "fine" }, `${say("whatif.money.only")} ${spread}`.trim()),
  ];
}

/**
 * Return how times and ways inside are spread over the flights.
 * @param {any} figures
 */
export function spreadOf(figures) {
  const rows = [["whatif.time", figures.inside_s, duration], ["whatif.way", figures.inside_m, distance],
    ["whatif.anhour", figures.flights_inside_an_hour, (/** @type {number} */ n) => n.toFixed(1)]].filter(([, found]) => found.count);
  if (!rows.length) return [element("p", {}, say("whatif.nobody"))];
  const quantiles = Object.keys(figures.inside_s.quantiles).sort((a, b) => Number(a) - Number(b));
  const head = [say("whatif.of"), ...quantiles.map((q) => say(q === "0" ? "whatif.least" : q === "1" ? "whatif.most" : "whatif.share", { share: Math.round(Number(q) * 100) })), say("whatif.mean")];
  return [
    table(say("whatif.spread"), head, rows.map(([key, found, words]) => [say(key), ...quantiles.map((q) => words(found.quantiles[q])), words(found.mean)])),
    element("p", { class: "fine" }, say("whatif.spread.means")),
  ];
}

/**
 * Return the flights that were longest inside.
 * @param {any} answer
 */
export function flightsOf({ flights, flights_in_all }) {
  if (!flights.length) return [element("p", {}, say("whatif.nobody"))];
  const head = ["who", "callsign", "operator", "state", "origin", "destination", "entered", "outcome", "time", "way"].map((name) => say(`whatif.${name}`));
  const rows = flights.map((/** @type {any} */ one) => [
    one.icao24 ?? one.target_id, one.callsign ?? "–", one.operator ?? "–", one.state ?? "–", one.origin ?? "–", one.destination ?? "–",
    clock(one.entered, true), sayWord("outcome", one.outcome), duration(one.inside_s), distance(one.inside_m),
  ]);
  return [table(say("whatif.flights"), head, rows, 8), flights_in_all > flights.length
    ? element("p", { class: "fine" }, say("whatif.longest", { shown: flights.length, count: flights_in_all })) : null];
}

/**
 * Return what going round costs.
 * @param {any} found null where it could not be told
 * @param {string} [why]
 */
export function detoursOf(found, why) {
  if (!found) return [element("p", { class: "error" }, say("whatif.missing", { why: why ?? "" }))];
  const head = ["pair", "inside", "direct", "round", "extra", "outcome.way"].map((name) => say(`whatif.${name}`));
  const rows = found.pairs.map((/** @type {any} */ one) => [
    `${one.from} – ${one.to}`, one.flights, distance(one.direct_m), one.length_m === null ? "–" : distance(one.length_m),
    one.extra_m === null ? "–" : distance(one.extra_m), sayWord("way", one.outcome),
  ]);
  return [table(say("whatif.detours"), head, rows), found.in_all > found.pairs.length
    ? element("p", { class: "fine" }, say("whatif.beyond", { count: found.in_all - found.pairs.length })) : null];
}
