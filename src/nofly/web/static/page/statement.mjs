/** What people say of an incident: it always has a reason, and goes on record. */

import { ask } from "./api.mjs";
import { byId } from "./dom.mjs";
import { say } from "./words.mjs";

const dialog = () => /** @type {HTMLDialogElement} */ (byId("statement"));
const form = () => /** @type {HTMLFormElement} */ (byId("statement-form"));
const told = { id: "", verb: "" };

/**
 * Ask for the reason of a verb about an incident, and put both on record.
 * @param {string} id
 * @param {string} verb
 */
export function askReason(id, verb) {
  Object.assign(told, { id, verb });
  form().reset();
  byId("statement-title").textContent = say(`say.${verb}`);
  byId("statement-what").textContent = say(`say.${verb}.what`);
  byId("statement-error").textContent = "";
  dialog().showModal();
}

/**
 * Hear the form.
 * @param {(id: string) => void} recorded told when something was put on record
 */
export function hearStatements(recorded) {
  byId("statement-cancel").addEventListener("click", () => dialog().close());
  form().addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form());
    const [why, until] = [String(given.get("why")).trim(), String(given.get("until"))];
    if (!why) return;
    const body = { verb: told.verb, why, ...(until ? { until: `${until}:00Z`.replace(/(:\d\d:\d\d):00Z$/, "$1Z") } : {}) };
    try {
      await ask(`incidents/${encodeURIComponent(told.id)}/statements`, { method: "POST", body });
      dialog().close();
      recorded(told.id);
    } catch (error) {
      byId("statement-error").textContent = say("say.failed", { why: /** @type {Error} */ (error).message });
    }
  });
}
