/** The tools over the map that draw. */

import { byId } from "../page/dom.mjs";
import { say } from "../page/words.mjs";

/**
 * Hear the tools, and show what they may do.
 * @param {import("./drawing.mjs").Drawing} drawing
 */
export function hearTools(drawing) {
  drawing.told = () => {
    byId("draw-add").setAttribute("aria-pressed", String(drawing.adding));
    /** @type {HTMLButtonElement} */ (byId("draw-delete")).disabled = drawing.selected < 0;
    byId("draw-hint").textContent = say(drawing.adding ? "draw.hint.add" : "draw.hint.move");
  };
  byId("draw-add").addEventListener("click", () => drawing.add(!drawing.adding));
  byId("draw-delete").addEventListener("click", () => drawing.remove());
  byId("draw-undo").addEventListener("click", () => drawing.draft?.undo());
  byId("draw-redo").addEventListener("click", () => drawing.draft?.redo());
  byId("draw-fit").addEventListener("click", () => drawing.fit());
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || typing || !drawing.draft) return;
    event.preventDefault();
    if (event.shiftKey) drawing.draft.redo();
    else drawing.draft.undo();
  });
}
