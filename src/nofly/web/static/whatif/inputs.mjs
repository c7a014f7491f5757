/** The inputs of a ledger, to be tried otherwise: low, likely and high of each, with its unit and source. */

import { element } from "../page/dom.mjs";
import { toldText } from "../page/sentences.mjs";
import { say } from "../page/words.mjs";
import { fault, line } from "../zones/fields.mjs";

const ENDS = /** @type {const} */ (["low", "likely", "high"]);
const MOST = 1e12;
/** Where it is said what is no number. */
const WRONG = "inputs-wrong";

/**
 * Return the inputs that a view has: by name low, likely and high.
 * @param {string} text a name and three numbers a line
 * @returns {Record<string, number[]>}
 */
export function readInputs(text) {
  const rows = text.split("\n").map((row) => /^(.+)=([^=]+)$/.exec(row)).filter((found) => found !== null);
  return Object.fromEntries(rows.map(([, name, ends]) => [name, ends.split(",").map(Number)]));
}

/**
 * Return a number as it is shown, to six digits.
 * @param {number} value
 */
const shown = (value) => String(Number(value.toPrecision(6)));

/**
 * Return a number as it is typed, with a point or a comma. Throws Error for what is none.
 * @param {string} text
 */
function parseNumber(text) {
  const value = Number(text.trim().replace(",", "."));
  if (!text.trim() || !Number.isFinite(value) || Math.abs(value) > MOST) throw new Error(say("inputs.unread", { text }));
  return value;
}

/**
 * Return the form; it comes with the ledger as it was weighed, or with what could not be.
 * @param {any[]} inputs as the API has them
 * @param {import("./view.mjs").View} view is changed as the form is sent
 * @param {() => Promise<void>} weigh
 */
export function inputsForm(inputs, view, weigh) {
  const rows = inputs.map((one) => ({ one, controls: ENDS.map((end) => line(shown(one[end]), () => undefined, {
    inputmode: "decimal", size: 7, maxlength: 20, "data-input": `${one.name} ${end}`, "aria-describedby": WRONG,
    "aria-label": say("inputs.end", { input: toldText(one.label), end: say(`inputs.${end}`) }),
  })) }));
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const known = readInputs(view.inputs);
    try {
      for (const { one, controls } of rows) {
        // What is left as it was shown is what it was, to its last digit.
        const ends = ENDS.map((end, k) => controls[k].value === shown(one[end]) ? one[end] : read(controls[k]));
        if (ENDS.some((end, k) => ends[k] !== one[end])) known[one.name] = ends;
      }
    } catch {
      return;
    }
    view.inputs = Object.entries(known).map(([name, ends]) => `${name}=${ends.join(",")}`).join("\n");
    await weigh();
  };
  const back = element("button", { type: "button", id: "inputs-back", click: () => {
    view.inputs = "";
    void weigh();
  } }, say("inputs.back"));
  if (!rows.length) return view.inputs ? element("div", { class: "ends" }, back) : element("span");
  const head = ENDS.map((end) => say(`inputs.${end}`));
  return element("details", { id: "inputs", open: view.inputs !== "" }, element("summary", {}, say("inputs.title")),
    element("form", { submit: send }, element("p", { class: "fine" }, say("inputs.means")),
      element("div", { class: "wide" }, element("table", {},
        element("thead", {}, element("tr", {}, element("th", { scope: "col" }, say("inputs.input")), ...head.map((text) => element("th", { scope: "col" }, text)),
          element("th", { scope: "col" }, say("inputs.unit")), element("th", { scope: "col" }, say("inputs.source")))),
        element("tbody", {}, ...rows.map(({ one, controls }) => element("tr", {}, element("th", { scope: "row" }, toldText(one.label)),
          ...controls.map((control) => element("td", {}, control)), element("td", {}, one.unit),
          element("td", {}, [one.source, one.note].filter(Boolean).map(toldText).join("; "))))))),
      element("p", { class: "field-error", id: WRONG, role: "alert" }),
      element("div", { class: "ends" }, view.inputs ? back : null, element("button", { type: "submit", class: "main", id: "inputs-send" }, say("inputs.send")))));
}

/**
 * Return the number of a control; where it is none, say so there and throw.
 * @param {any} control
 */
function read(control) {
  try {
    fault(control, "");
    return parseNumber(control.value);
  } catch (error) {
    fault(control, /** @type {Error} */ (error).message);
    throw error;
  }
}
