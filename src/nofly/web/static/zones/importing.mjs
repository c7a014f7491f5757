/** Taking over zones of a file: read by the server, shown with what is odd, chosen, proposed or opened as a draft. */

import { ask } from "../page/api.mjs";
import { element, fill } from "../page/dom.mjs";
import { limit } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { findingsList } from "./checking.mjs";
import { button } from "./fields.mjs";

const MOST_ROWS = 500;

/**
 * Show the import in an element.
 * @param {Element} into
 * @param {{ close: () => void, show: (zones: any[]) => void, look: (zone: any) => void, open: (draft: any) => void,
 *   propose: (drafts: any[], told: (id: string, why: string) => void) => void, may: boolean }} page
 */
export function openImport(into, page) {
  const told = element("div", { class: "imported", "aria-live": "polite" });
  const chosen = /** @type {HTMLInputElement} */ (element("input", {
    type: "file", id: "import-file", accept: ".geojson,.json,.txt,.air,.openair,.kml,.kmz,.gz", change: () => {
      if (chosen.files?.[0]) void read(chosen.files[0], told, page);
    },
  }));
  const drop = element("label", {
    class: "drop", for: "import-file",
    dragover: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      drop.classList.add("over");
    },
    dragleave: () => drop.classList.remove("over"),
    drop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      drop.classList.remove("over");
      const file = event.dataTransfer?.files[0];
      if (file) void read(file, told, page);
    },
  }, element("span", {}, say("import.drop")), chosen);
  fill(into,
    element("div", { class: "head" }, button("back.list", page.close, { id: "back" }), element("h2", { id: "side-title", tabindex: -1 }, say("import"))),
    element("p", { class: "fine" }, say("import.hint")), drop, told);
}

/**
 * @param {File} file
 * @param {Element} told
 * @param {Parameters<typeof openImport>[1]} page
 */
async function read(file, told, page) {
  fill(told, element("p", {}, say("import.reading", { name: file.name })));
  page.show([]);
  try {
    const query = new URLSearchParams({ name: file.name.slice(-200) });
    const found = await ask(`zones/preview?${query}`, { method: "POST", body: file });
    page.show(found.zones.map((/** @type {any} */ one) => one.zone));
    fill(told, ...answerOf(found, file.name, page));
  } catch (error) {
    fill(told, element("p", { class: "error", role: "alert" }, say("import.refused", { name: file.name, why: /** @type {Error} */ (error).message })));
  }
}

/**
 * @param {any} found
 * @param {string} name
 * @param {Parameters<typeof openImport>[1]} page
 */
function answerOf(found, name, page) {
  const { format, records, rejected, zones } = found;
  const read_count = records - rejected;
  /** @type {Map<string, { box: HTMLInputElement, draft: any, state: Element }>} */
  const rows = new Map();
  const list = element("ul", { class: "import-rows" }, ...zones.slice(0, MOST_ROWS).map((/** @type {any} */ one, /** @type {number} */ at) => {
    const { zone, draft } = one;
    const { id, name: called, floor, ceiling } = zone.properties;
    const box = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox", "aria-label": say("import.choose", { name: called || id }) }));
    const state = element("span", { class: "fine", role: "status" });
    rows.set(`${at}`, { box, draft, state });
    return element("li", {}, box, element("button", { type: "button", class: "plain", click: () => page.look(zone) },
      element("b", {}, called || id), " ", element("span", { class: "fine" }, id === called ? "" : `${id} · `, `${limit(floor)} – ${limit(ceiling)}`)),
    button("import.open", () => page.open(draft)), state);
  }));
  const all = (/** @type {boolean} */ ticked) => rows.forEach(({ box }) => {
    box.checked = ticked;
  });
  const propose = () => {
    const picked = [...rows.values()].filter(({ box }) => box.checked);
    if (!picked.length) return;
    page.propose(picked.map(({ draft }) => draft), (id, why) => picked.forEach(({ draft, state, box }) => {
      if (draft.properties.id !== id) return;
      fill(state, why ? say("say.failed", { why }) : say("import.proposed"));
      if (!why) box.checked = false;
    }));
  };
  return [
    element("p", { id: "import-count" }, say("import.count", { name, format, records, rejected, zones: read_count })),
    zones.length < read_count ? element("p", { class: "error" }, say("import.part", { shown: zones.length })) : null,
    found.findings.length ? element("h3", {}, say("import.findings")) : null, findingsList(found.findings),
    zones.length > MOST_ROWS ? element("p", { class: "fine" }, say("import.part", { shown: MOST_ROWS })) : null,
    zones.length ? element("div", { class: "ends" }, button("import.all", () => all(true)), button("import.none", () => all(false)),
      button("import.propose", propose, { class: "main", id: "import-propose", disabled: !page.may })) : null,
    zones.length && !page.may ? element("p", { class: "fine" }, say("rights.none")) : null,
    list,
  ];
}
