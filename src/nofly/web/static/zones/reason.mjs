/** The reason of an act: asked for before it is done, with what is done in view. */

import { byId, element, fill } from "../page/dom.mjs";
import { say } from "../page/words.mjs";

const dialog = () => /** @type {HTMLDialogElement} */ (byId("act"));
const form = () => /** @type {HTMLFormElement} */ (byId("act-form"));
/** @type {(why: string) => Promise<void>} */
let act = async () => undefined;

/**
 * Ask for the reason of an act, and do it.
 * @param {string} key the act's text
 * @param {string} what it is done to
 * @param {string[]} facts what whoever does it should have seen
 * @param {(why: string) => Promise<void>} does
 */
export function askWhy(key, what, facts, does) {
  act = does;
  form().reset();
  byId("act-title").textContent = say(key);
  byId("act-what").textContent = what;
  fill(byId("act-facts"), ...facts.map((fact) => element("li", {}, fact)));
  byId("act-error").textContent = "";
  dialog().showModal();
}

/** Hear the form. */
export function hearReasons() {
  byId("act-cancel").addEventListener("click", () => dialog().close());
  form().addEventListener("submit", async (event) => {
    event.preventDefault();
    const why = String(new FormData(form()).get("why")).trim();
    const send = /** @type {HTMLButtonElement} */ (form().querySelector("[type=submit]"));
    if (!why || send.disabled) return;
    send.disabled = true;
    try {
      await act(why);
      dialog().close();
      byId("announce").textContent = say("say.done");
    } catch (error) {
      byId("act-error").textContent = say("say.failed", { why: /** @type {Error} */ (error).message });
    } finally {
      send.disabled = false;
    }
  });
}
