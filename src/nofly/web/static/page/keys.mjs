/** Keys, as tar1090 has them where it has them. */

import { byId, element, fill } from "./dom.mjs";
import { say } from "./words.mjs";

const KEYS = ["L", "T", "F", "J", "A", "Z", "M", "D", "Escape", "?"];

/**
 * Hear the keys.
 * @param {Record<string, () => void>} acts what to do, by key
 */
export function hearKeys(acts) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
    const open = document.querySelector("dialog[open]");
    if (event.ctrlKey || event.altKey || event.metaKey || open || (typing && event.key !== "Escape")) return;
    const act = acts[event.key.length === 1 ? event.key.toUpperCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  byId("help-open").addEventListener("click", showHelp);
  byId("help-close").addEventListener("click", () => /** @type {HTMLDialogElement} */ (byId("help")).close());
}

/** Show what the keys do. */
export function showHelp() {
  fill(byId("help-keys"), ...KEYS.flatMap((key) => [
    element("dt", {}, element("kbd", {}, key === "Escape" ? "Esc" : key)), element("dd", {}, say(`help.${key}`)),
  ]));
  /** @type {HTMLDialogElement} */ (byId("help")).showModal();
}
