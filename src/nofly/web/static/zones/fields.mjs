/** Fields of a form: a label, a control, and what is wrong with what is in it. */

import { element, fill } from "../page/dom.mjs";
import { say } from "../page/words.mjs";

let count = 0;

/**
 * Return a label over a control. `where` is the part of the feature that it says, by which findings find it.
 * @param {string} key its text
 * @param {HTMLElement} control
 * @param {{ where?: string, hint?: string }} [more]
 */
export function field(key, control, { where, hint } = {}) {
  const error = element("span", { class: "field-error", id: `field-error-${count += 1}`, role: "alert" });
  const about = hint ? element("span", { class: "fine", id: `${error.id}-hint` }, hint) : null;
  control.setAttribute("aria-describedby", about ? `${error.id} ${about.id}` : error.id);
  if (where) control.dataset.where = where;
  return element("label", { class: "field" }, element("span", {}, say(key)), control, about, error);
}

/**
 * Say what is wrong with a field's content; empty: nothing.
 * @param {Element} control
 * @param {string} why
 */
export function fault(control, why) {
  if (why) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  const error = document.getElementById(control.getAttribute("aria-describedby")?.split(" ")[0] ?? "");
  if (error && error.textContent !== why) fill(error, why);
}

/**
 * Return a field of one line; `heard` is given its text as it is typed.
 * @param {string} value
 * @param {(text: string) => void} heard
 * @param {Record<string, unknown>} [attributes]
 */
export function line(value, heard, attributes = {}) {
  const made = /** @type {HTMLInputElement} */ (element("input", {
    type: "text", autocomplete: "off", spellcheck: "false", maxlength: 200, ...attributes,
    input: () => heard(made.value),
  }));
  made.value = value;
  return made;
}

/**
 * Return a choice.
 * @param {string} value
 * @param {[string, string][]} options value and text
 * @param {(value: string) => void} heard
 * @param {Record<string, unknown>} [attributes]
 */
export function choice(value, options, heard, attributes = {}) {
  const made = /** @type {HTMLSelectElement} */ (element(
    "select", { ...attributes, change: () => heard(made.value) },
    ...options.map(([name, text]) => element("option", { value: name }, text)),
  ));
  made.value = value;
  return made;
}

/**
 * @param {string} key
 * @param {() => void} act
 * @param {Record<string, unknown>} [attributes]
 */
export const button = (key, act, attributes = {}) => element("button", { type: "button", click: act, ...attributes }, say(key));

/**
 * Return a tick box with its text.
 * @param {string} text
 * @param {boolean} ticked
 * @param {(ticked: boolean) => void} heard
 */
export function tick(text, ticked, heard) {
  const box = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox", change: () => heard(box.checked) }));
  box.checked = ticked;
  return element("label", { class: "tick" }, box, element("span", {}, text));
}

/**
 * Return a moment in UTC as a field of its own has it; empty for none. Throws Error for what is none.
 * @param {string} text `2026-05-01 10:00` or ISO 8601
 */
export function parseMoment(text) {
  const plain = text.trim().replace(" ", "T").replace(/\s*Z$/i, "");
  if (!plain) return "";
  const iso = /T/.test(plain) ? plain : `${plain}T00:00`;
  const found = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(iso) ? new Date(`${iso}Z`) : null;
  if (!found || Number.isNaN(found.getTime())) throw new Error(say("moment.unread", { text }));
  return `${iso.length === 16 ? `${iso}:00` : iso}Z`;
}

/**
 * Return a moment as its field shows it.
 * @param {string | undefined} iso
 */
export const momentText = (iso) => (iso ?? "").replace("T", " ").replace(/(:\d\d):00(\.0+)?Z$/, "$1").replace(/Z$/, "");

/**
 * Hear a field whose text has to be read: what cannot be is said at the field, and changes nothing.
 * @template T
 * @param {() => HTMLElement} control
 * @param {(text: string) => T} read
 * @param {(value: T) => void} heard
 */
export function reading(control, read, heard) {
  return (/** @type {string} */ text) => {
    try {
      const value = read(text);
      fault(control(), "");
      heard(value);
    } catch (error) {
      fault(control(), /** @type {Error} */ (error).message);
    }
  };
}
