/** The evidence package of an incident: taken along, and verified step by step before the eyes of whoever asks. */

import { ask } from "../page/api.mjs";
import { byId, element, fill } from "../page/dom.mjs";
import { say, spoken } from "../page/words.mjs";

const SIGNS = { agrees: "✓", differs: "✗", "not checked": "?", note: "·" };
const RESULTS = { 0: "evidence.agrees", 1: "evidence.differs", 3: "evidence.unchecked" };

/**
 * Show what takes the package along and what verifies it. What verifying said stays while the incident goes on.
 * @param {HTMLElement} host
 * @param {any} whole as the API has it
 */
export function showEvidence(host, whole) {
  const shown = `${spoken()} ${whole.verdicts.length > 0} ${whole.incident.stays > 0}`;
  if (host.dataset.shown !== shown) fill(host, ...evidenceOf(whole));
  host.dataset.shown = shown;
}

/**
 * @param {any} whole as the API has it
 * @returns {Node[]}
 */
function evidenceOf({ incident, verdicts }) {
  if (!verdicts.length && !incident.stays) return [element("p", { class: "fine" }, say("evidence.none"))];
  const at = `incidents/${encodeURIComponent(incident.id)}/evidence`;
  const button = element("button", { type: "button", id: "verify-evidence" }, say("evidence.verify"));
  button.addEventListener("click", () => verify(at, /** @type {HTMLButtonElement} */ (button)));
  return [
    element("p", {}, element("a", { href: `/api/v1/${at}`, download: "", id: "take-evidence" }, say("evidence.take")), " ", button),
    element("p", { class: "fine" }, say("evidence.offline"), " ", element("code", {}, "nofly verify FILE")),
    element("div", { id: "verified", role: "status" }),
  ];
}

/**
 * @param {string} at
 * @param {HTMLButtonElement} button
 */
async function verify(at, button) {
  button.disabled = true;
  fill(byId("verified"), say("evidence.working"));
  try {
    const { exit_code, unshown, steps } = await ask(`${at}/verified`);
    const result = RESULTS[/** @type {0 | 1 | 3} */ (exit_code)] ?? "evidence.differs";
    fill(byId("verified"), element("p", {}, element("strong", {}, say(result)), ...unshown.map(unshownLine)),
      element("ol", { class: "takeaway" }, ...steps.map(step)));
  } catch (error) {
    fill(byId("verified"), say("evidence.failed", { why: error instanceof Error ? error.message : String(error) }));
  }
  button.disabled = false;
}

/** @param {"signatures" | "coverage"} subject of what nothing in the package shows that it is so */
const unshownLine = (subject) => ` ${say(`evidence.unshown.${subject}`)}`;

/** @param {any} one a step as the API has it */
function step({ subject, outcome, message, place, recorded, found }) {
  const sign = SIGNS[/** @type {keyof typeof SIGNS} */ (outcome)] ?? "?";
  const both = recorded === null && found === null ? "" : ` (${recorded ?? "–"} → ${found ?? "–"})`;
  return element("li", { "data-outcome": outcome },
    `${sign} `, say(`outcome.${outcome}`), element("span", { lang: "en" }, ` ${subject}: ${message}${both}${place ? ` [${place}]` : ""}`));
}
