/** Acts on a request, for the party of this server: a button for each that may be done now, and its form. */

import { ask } from "../page/api.mjs";
import { byId, element, fill, refill } from "../page/dom.mjs";
import { say, sayWord } from "../page/words.mjs";

const STANDS = ["support", "oppose", "reserve", "abstain", "conditional"];
/** What each act asks for; what is not here asks for a reason alone. @type {Record<string, string[]>} */
const FIELDS = {
  position: ["stand", "statement", "conditions", "source", "language"], decide: ["outcome", "taken", "reason"],
  "set-deadline": ["deadline", "reason"], promulgate: ["valid_from", "valid_until", "reason"], renew: ["valid_until", "reason"],
};
const NEEDED = ["stand", "outcome", "reason", "deadline", "valid_from"];
const MOMENTS = ["deadline", "valid_from", "valid_until"];

const dialog = () => /** @type {HTMLDialogElement} */ (byId("act"));
const form = () => /** @type {HTMLFormElement} */ (byId("act-form"));
/** @type {() => Promise<void>} */
let act = async () => undefined;

/**
 * Show what may be done now.
 * @param {any} one as the API has it
 * @param {() => Promise<void>} done called once something was
 */
export function showActs(one, done) {
  byId("acts").setAttribute("aria-label", say("requests.acts", { party: one.party }));
  refill(byId("acts"), one.may.map((/** @type {string} */ kind) => element("button", {
    type: "button", "data-key": `${one.id} ${kind}`, click: () => open(one.id, kind),
  }, say(`act.${kind}`))));
  if (dialog().open) return;
  shown = one;
  after = done;
}

/** @type {any} */
let shown = null;
/** @type {() => Promise<void>} */
let after = async () => undefined;

/**
 * Open the form of an act on the request that is shown.
 * @param {string} id
 * @param {string} kind
 */
function open(id, kind) {
  const one = shown;
  if (one?.id !== id) return;
  const fields = FIELDS[kind] ?? ["reason"];
  fill(byId("act-title"), say(`act.${kind}`));
  fill(byId("act-what"), say("requests.for", { id, party: one.party }));
  fill(byId("act-fields"), ...fields.flatMap((name) => name === "taken" ? taken(one) : [field(name)]));
  fill(byId("act-error"));
  act = async () => {
    await ask(`requests/${encodeURIComponent(id)}/${kind === "set-deadline" ? "deadline" : kind}`, { method: "POST", body: said(fields) });
  };
  dialog().showModal();
}

/**
 * Return what one is asked for, with its label.
 * @param {string} name
 */
function field(name) {
  const common = { name, required: NEEDED.includes(name) };
  const choice = (/** @type {string[]} */ values, /** @type {string} */ words) => element("select", common,
    ...values.map((value) => element("option", { value }, sayWord(words, value))));
  const control = name === "stand" ? choice(STANDS, "stand") : name === "outcome" ? choice(["approved", "rejected"], "outcome")
    : MOMENTS.includes(name) ? element("input", { ...common, type: "datetime-local" })
      : name === "source" || name === "language" ? element("input", { ...common, type: "text", maxlength: 2000 })
        : element("textarea", { ...common, rows: 3, maxlength: 10000 });
  return element("label", {}, element("span", {}, say(`field.${name}`)), control);
}

/**
 * Return the conditions that a decision can take up: those of positions that count, each once.
 * @param {any} one
 */
function taken({ positions }) {
  const last = new Map(positions.filter((/** @type {any} */ each) => each.counts).map((/** @type {any} */ each) => [each.party, each]));
  const asked = new Set([...last.values()].flatMap(({ conditions }) => conditions));
  return [...asked].map((text) => element("label", { class: "tick" },
    element("input", { type: "checkbox", name: "taken", value: text }), element("span", {}, say("field.taken", { text }))));
}

/**
 * Return what was said, as the API takes it.
 * @param {string[]} fields
 */
function said(fields) {
  const data = new FormData(form());
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const name of fields) {
    const text = String(data.get(name) ?? "").trim();
    if (name === "taken") body.conditions = data.get("outcome") === "approved" ? data.getAll("taken") : [];
    else if (name === "conditions") body.conditions = text.split("\n").map((line) => line.trim()).filter(Boolean);
    else if (MOMENTS.includes(name)) body[name] = text ? `${text.length === 16 ? `${text}:00` : text}Z` : null;
    else body[name] = text;
  }
  return body;
}

/** Hear the form. */
export function hearActs() {
  byId("act-cancel").addEventListener("click", () => dialog().close());
  form().addEventListener("submit", async (event) => {
    event.preventDefault();
    const send = /** @type {HTMLButtonElement} */ (form().querySelector("[type=submit]"));
    if (send.disabled) return;
    send.disabled = true;
    try {
      await act();
      dialog().close();
      byId("announce").textContent = say("say.done");
      await after();
    } catch (error) {
      fill(byId("act-error"), say("say.failed", { why: /** @type {Error} */ (error).message }));
    } finally {
      send.disabled = false;
    }
  });
}
