/** The editor of a draft: forms, its JSON, what the server says of it, whom it would have hit, and its proposal. */

import { element, fill } from "../page/dom.mjs";
import { say } from "../page/words.mjs";
import { Checking } from "./checking.mjs";
import { effectPart } from "./effect.mjs";
import { factsForm } from "./facts_form.mjs";
import { button, fault, field } from "./fields.mjs";
import { ruleForm } from "./rule_form.mjs";
import { scheduleForm } from "./schedule_form.mjs";
import { shapeForm } from "./shape_form.mjs";

/**
 * Show the editor in an element; return what ends it.
 * @param {Element} into
 * @param {import("./draft.mjs").Draft} draft
 * @param {{ warning: (id: string) => string, judged: (zone: any) => void, drawn: () => void, close: () => void,
 *   propose: (feature: any) => void, fly: (flown: any) => void, may: boolean }} page
 */
export function openEditor(into, draft, { warning, judged, drawn, close, propose, fly, may }) {
  const facts = factsForm(draft);
  const parts = [shapeForm(draft), facts, scheduleForm(draft, facts.moments), ruleForm(draft), rawForm(draft)];
  const warned = element("p", { class: "warned", role: "status" });
  const said = element("div", { class: "checked", "aria-live": "polite", id: "checked" });
  const send = /** @type {HTMLButtonElement} */ (button("propose", () => propose(draft.feature), { class: "main", id: "propose" }));
  const [shape, , schedule, rule, raw] = /** @type {any[]} */ (parts);
  const form = element("form", { class: "editor", submit: (/** @type {Event} */ event) => event.preventDefault() },
    warned, shape.box, ...facts.boxes, schedule.box, rule.box, raw.box);
  const checking = new Checking(form, said, (zone) => {
    send.disabled = zone === null || !may;
    judged(zone);
  });
  fill(into,
    element("div", { class: "head" }, button("back.list", close, { id: "back" }), element("h2", { id: "side-title", tabindex: -1 }, say("draft"))),
    form,
    element("section", { class: "part" }, element("h2", {}, say("check")), said),
    effectPart(() => draft.feature, fly),
    element("div", { class: "ends" }, may ? null : element("p", { class: "fine" }, say("rights.none")), send));
  draft.changed = (by) => {
    for (const part of parts) part.update(by);
    fill(warned, warning(draft.feature.properties.id ?? ""));
    drawn();
    checking.soon(draft.feature);
  };
  draft.changed("");
  return () => {
    checking.end();
    draft.changed = () => undefined;
  };
}

/**
 * Return the feature as JSON, for whatever the forms do not say.
 * @param {import("./draft.mjs").Draft} draft
 */
function rawForm(draft) {
  const area = /** @type {HTMLTextAreaElement} */ (element("textarea", {
    id: "raw", rows: 16, spellcheck: "false", class: "raw",
    input: () => {
      try {
        const feature = JSON.parse(area.value);
        if (feature?.type !== "Feature" || typeof feature.properties !== "object" || !feature.properties) throw new Error(say("raw.feature"));
        fault(area, "");
        draft.change(feature, "raw");
      } catch (error) {
        fault(area, /** @type {Error} */ (error).message);
      }
    },
  }));
  const box = element("details", { class: "part" }, element("summary", {}, say("raw")), field("raw.label", area, { hint: say("raw.hint") }));
  const update = (/** @type {string} */ by) => {
    if (by === "raw") return;
    area.value = JSON.stringify(draft.feature, null, 1);
    fault(area, "");
  };
  return { box, update };
}
