/** What is found: in plain sentences, how certain, why; each stay with its figures. */

import { element } from "../page/dom.mjs";
import { inShort } from "../page/incident_list.mjs";
import { sentences } from "../page/incident_page.mjs";
import { markPicture } from "../page/marks.mjs";
import { told as toldOf } from "../page/sentences.mjs";
import { distance, duration, feet, height } from "../page/units.mjs";
import { say, sayWord } from "../page/words.mjs";

/** @typedef {"infringing" | "undetermined" | "suspect" | "predicted" | "exempt"} Kind */

/**
 * Return how something that was judged so looks. What is not an infringement never looks like one.
 * @param {{ status: string | null, certainty: string | null, credible?: boolean, phase?: string }} judged
 * @returns {Kind}
 */
export function kindOf({ status, certainty, credible = true, phase = "" }) {
  if (!credible || status === "suspect") return "suspect";
  if (status === "exempt" || status === "cleared") return "exempt";
  if (status === "predicted" || phase === "predicted") return "predicted";
  return certainty === "undetermined" || phase === "undetermined" ? "undetermined" : "infringing";
}

/**
 * Return the finding: what it comes to, then each stay.
 * @param {any} whole an incident as the API has it
 * @param {import("../page/colours.mjs").Theme} theme
 * @returns {Node[]}
 */
export function finding(whole, theme) {
  const { incident, verdicts } = whole;
  const kind = kindOf(incident);
  return [
    element("div", { class: `verdict ${kind}` },
      markPicture(kind, theme), element("p", { class: "short" }, inShort(incident)),
      element("p", { class: "plain" }, sentences(incident, verdicts).join(" "))),
    incident.entry_time && !verdicts.length ? element("p", { class: "fine" }, say("finding.none")) : null,
    ...verdicts.map((/** @type {any} */ one, /** @type {number} */ i) =>
      stay(one, whole.sentences[i] ?? [], verdicts.length > 1 ? i + 1 : 0, theme)),
  ].filter((node) => node !== null);
}

/**
 * @param {any} verdict
 * @param {string[]} told the verdict in sentences
 * @param {number} number 0 for the only one
 * @param {import("../page/colours.mjs").Theme} theme
 */
function stay(verdict, told, number, theme) {
  const kind = kindOf(verdict);
  const why = told.length ? told.slice(1) : [...verdict.reasons, ...verdict.findings];
  return element("section", { class: `stay-card ${kind}`, "aria-label": say("stay.of", { number: number || 1 }) },
    element("h3", {}, markPicture(kind, theme), number ? `${number}. ` : "",
      sayWord("status", verdict.status), ", ", sayWord("certainty", verdict.certainty)),
    told.length ? toldOf("p", { class: "headline" }, told[0]) : null,
    element("dl", { class: "facts" }, ...figures(verdict).flatMap(
      ([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
    why.length ? element("h4", {}, say("reasons")) : null,
    why.length ? element("ul", { class: "why" }, ...why.map((text) => toldOf("li", {}, text))) : null);
}

/**
 * @param {any} verdict
 * @returns {[string, string][]}
 */
function figures(verdict) {
  const { entry_time, exit_time, duration_s, duration_low_s, duration_high_s, depth_m, depth_err_m, height_m } = verdict;
  const range = duration_low_s === null || duration_high_s === null ? say("figure.norange")
    : say("figure.range", { low: duration(duration_low_s), high: duration(duration_high_s) });
  const margin = (/** @type {number | null} */ m) => m === null ? say("figure.unknown") : `${Math.round(feet(m))} ft`;
  return [
    [say("figure.entry"), `${instant(entry_time)}, ${sayWord("cause", verdict.cause)}`],
    [say("figure.exit"), `${instant(exit_time)}, ${sayWord("cause", verdict.exit_cause)}`],
    [say("figure.duration"), `${duration(duration_s)} (${range})`],
    [say("figure.depth"), deepest(depth_m, depth_err_m)],
    [say("figure.height"), height_m === null ? say("figure.unknown") : height(height_m, verdict.height_datum)],
    [say("figure.lower"), margin(verdict.lower_margin_m)], [say("figure.upper"), margin(verdict.upper_margin_m)],
    [say("figure.reports"), String(verdict.reports)], [say("figure.gap"), duration(verdict.longest_gap_s)],
  ];
}

/**
 * @param {number | null} depth_m
 * @param {number | null} depth_err_m
 */
function deepest(depth_m, depth_err_m) {
  if (depth_m === null) return say("figure.unknown");
  return distance(depth_m) + (depth_err_m === null ? ` (${say("figure.norange")})` : ` ± ${distance(depth_err_m)}`);
}

/**
 * Return a moment to the tenth of a second: entry and exit lie between reports.
 * @param {string} time
 */
const instant = (time) => `${time.slice(0, 10)} ${time.slice(11, 21)} Z`;
