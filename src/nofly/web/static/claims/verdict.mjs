/** Verdicts: each has a sign, a colour and a frame of its own, and its word. None is quieter than another. */

import { element } from "../page/dom.mjs";
import { say } from "../page/words.mjs";

export const VERDICTS = /** @type {const} */ ([
  "supported", "contradicted", "consistent but not shown", "not checkable with this data", "self-inconsistent",
]);
/** @type {Record<string, [string, string]>} */
const SIGNS = {
  "supported": ["supported", "✓"], "contradicted": ["contradicted", "✗"], "consistent but not shown": ["notshown", "○"],
  "not checkable with this data": ["notcheckable", "?"], "self-inconsistent": ["inconsistent", "≠"],
};

/** @param {string} verdict */
export const kindOf = (verdict) => SIGNS[verdict]?.[0] ?? "";

/**
 * Return a verdict as a sign with its word.
 * @param {string} verdict as the server says it
 * @param {string} [more] said behind it
 */
export const badge = (verdict, more = "") => element("span", { class: `badge ${kindOf(verdict)}`, "data-verdict": verdict },
  element("span", { "aria-hidden": "true" }, SIGNS[verdict]?.[1] ?? ""), say(`verdict.${verdict}`), more);
