/** What the server says of a draft: read by the same reader that will read it as law. */

import { ask } from "../page/api.mjs";
import { element, fill } from "../page/dom.mjs";
import { told } from "../page/sentences.mjs";
import { say } from "../page/words.mjs";
import { bars } from "./bars.mjs";
import { fault } from "./fields.mjs";
import { partsOf } from "./parts.mjs";
import { complete } from "./shape.mjs";
import { sentencesOf } from "./standing.mjs";

const SETTLE_MS = 700;

export class Checking {
  /**
   * @param {Element} form whose fields the findings are told at
   * @param {Element} into
   * @param {(zone: any) => void} judged told the zone as it was read; null: it is not one, or not known yet
   */
  constructor(form, into, judged) {
    this.form = form;
    this.into = into;
    this.judged = judged;
    this.number = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  /**
   * Have a draft read, as soon as it is not changed any more.
   * @param {any} feature
   */
  soon(feature) {
    this.number += 1;
    clearTimeout(this.timer);
    this.judged(null);
    if (!partsOf(feature).every(complete)) return fill(this.into, element("p", {}, say("check.incomplete")));
    this.into.classList.add("old");
    this.timer = setTimeout(() => void this.#check(feature), SETTLE_MS);
  }

  /** Ask no more. */
  end() {
    this.number += 1;
    clearTimeout(this.timer);
  }

  /** @param {any} feature */
  async #check(feature) {
    const number = this.number;
    let found;
    try {
      found = await ask("zones/preview?name=zone.geojson", { method: "POST", body: new Blob([JSON.stringify(feature)]) });
    } catch (error) {
      found = { zones: [], findings: [{ said: "", severity: "rejected", message: /** @type {Error} */ (error).message, where: "" }] };
    }
    if (number !== this.number) return;
    this.into.classList.remove("old");
    this.#mark(found.findings);
    const zone = found.zones[0] ?? null;
    fill(this.into,
      element("p", { class: zone ? "sound" : "error" }, say(zone ? "check.sound" : "check.rejected")),
      findingsList(found.findings),
      ...(zone ? [element("ul", { class: "sentences" }, ...sentencesOf(zone).map((one) => told("li", {}, one))), bars(zone)] : []));
    this.judged(zone);
  }

  /** @param {any[]} findings */
  #mark(findings) {
    for (const control of this.form.querySelectorAll("[data-where]")) {
      const where = /** @type {HTMLElement} */ (control).dataset.where ?? "";
      const mine = findings.find((one) => one.severity !== "info" && (one.where === where || one.where.startsWith(`${where}.`) || one.where.startsWith(`${where}[`)));
      if (mine || control.getAttribute("aria-invalid") !== "true" || control.hasAttribute("data-found")) fault(control, mine?.message ?? "");
      control.toggleAttribute("data-found", Boolean(mine));
    }
  }
}

/**
 * Return findings, each with where it is.
 * @param {any[]} findings
 */
export function findingsList(findings) {
  if (!findings.length) return null;
  return element("ul", { class: "findings" }, ...findings.map(({ said, severity, message, where, count }) =>
    element("li", { class: severity }, element("b", {}, say(`severity.${severity}`)), " ", told("span", {}, message),
      count > 1 ? ` × ${count}` : null,
      element("span", { class: "fine" }, ` ${[where, said].filter(Boolean).join(" · ")}`))));
}
