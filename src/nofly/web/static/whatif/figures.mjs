/** The answer in figures: counts, what they are out of, and what has to be said aloud. */

import { element } from "../page/dom.mjs";
import { clock, distance, duration } from "../page/units.mjs";
import { say } from "../page/words.mjs";

/**
 * Return the figures.
 * @param {any} found as the API has it
 */
export function figuresOf(found) {
  const { figures, traffic, notes, warnings } = found.answer;
  const { outcomes } = figures;
  const cards = [
    ["whatif.card.inside", figures.flights_inside], ["whatif.card.infringement", outcomes.infringement],
    ["whatif.card.exempt", outcomes.exempt + outcomes.cleared], ["whatif.card.undetermined", outcomes.undetermined],
    ...warnings ? [["whatif.card.warnings", warnings.given]] : [],
    ["whatif.card.time", duration(figures.inside_s.total ?? 0)], ["whatif.card.way", distance(figures.inside_m.total ?? 0)],
  ];
  const heard = { flights: traffic.flights, reports: traffic.reports, since: clock(traffic.from, true), until: clock(traffic.until, true), hours: traffic.hours_covered.toFixed(1) };
  const day = figures.flights_a_day_extrapolated;
  return [
    element("div", { class: "cards" }, ...cards.map(([key, value]) => element("p", { class: "card" }, element("b", {}, value), element("span", {}, say(key))))),
    element("p", {}, say("whatif.heard", heard)),
    element("p", {}, day === null ? say("whatif.noday") : say("whatif.day", { hours: heard.hours, flights: Math.round(day) })),
    warnings && warnings.a_day !== null ? element("p", {}, say("whatif.warned.day", { count: Math.round(warnings.a_day) })) : null,
    found.held ? element("p", {}, say("whatif.asheld")) : null,
    found.everywhere ? null : element("p", {}, say("whatif.nearonly")),
    found.whole ? null : element("p", { class: "error" }, say("whatif.part")),
    figures.not_credible_stays ? element("p", {}, say("whatif.suspect", { count: figures.not_credible_stays })) : null,
    notes.length ? element("ul", { class: "notes" }, ...notes.map((/** @type {any} */ note) => element("li", {}, say(`whatif.note.${note.code}`, note.counts)))) : null,
  ];
}
