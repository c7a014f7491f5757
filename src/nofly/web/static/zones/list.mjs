/** The list of all zones, and what can be begun from it. */

import { element, refill } from "../page/dom.mjs";
import { toldText } from "../page/sentences.mjs";
import { matches } from "../page/table.mjs";
import { limit } from "../page/units.mjs";
import { say, sayWord } from "../page/words.mjs";
import { statePicture } from "../page/zone_list.mjs";
import { button, line } from "./fields.mjs";
import { KINDS } from "./shape.mjs";
import { turns } from "./standing.mjs";

/**
 * Show the list in an element; return what draws its rows.
 * @param {Element} into
 * @param {{ filter: string, filtered: (text: string) => void, open: (id: string) => void, begin: (kind: any) => void,
 *   goOn: (() => void) | null, load: () => void, may: boolean }} page
 */
export function openList(into, { filter, filtered, open, begin, goOn, load, may }) {
  const search = line(filter, filtered, { type: "search", id: "filter", "aria-label": say("zones.filter"), placeholder: say("zones.filter") });
  const rows = element("ul", { id: "zone-rows" });
  const count = element("p", { class: "fine", id: "zone-count", role: "status" });
  refill(into, [
    element("h2", { id: "side-title", tabindex: -1 }, say("zones.here")),
    element("div", { class: "begin", role: "group", "aria-label": say("zones.begin") },
      ...(may ? KINDS.map((kind) => button(`begin.${kind}`, () => begin(kind), { id: `begin-${kind}` })) : []),
      ...(may ? [button("import", load, { id: "begin-import" })] : [element("p", { class: "fine" }, say("rights.none"))]),
      goOn ? button("begin.goon", goOn, { id: "begin-goon", class: "main" }) : null),
    search, count, rows,
  ].filter((one) => one !== null));
  return (/** @type {import("./known.mjs").Row[]} */ all, /** @type {string} */ text, /** @type {import("../page/colours.mjs").Theme} */ theme) => {
    const found = all.filter(({ id, zone }) => matches([id, zone.properties.name], text));
    count.textContent = say("zones.count", { shown: found.length, all: all.length });
    refill(rows, found.length ? found.map((row) => element("li", {}, rowButton(row, theme, open)))
      : [element("li", { class: "none" }, say(all.length ? "zones.nomatch" : "zones.none"))]);
  };
}

/**
 * @param {import("./known.mjs").Row} row
 * @param {import("../page/colours.mjs").Theme} theme
 * @param {(id: string) => void} open
 */
function rowButton({ key, id, zone, state, here }, theme, open) {
  const { name, floor, ceiling, schedule, edition, zone_hash } = zone.properties;
  const until = state === zone.properties.state ? turns(zone) : "";
  return element("button", { type: "button", class: `zone-row ${state}`, "data-key": key, "data-zone": id, click: () => open(id) },
    state === "proposed" || state === "coming" ? element("span", { class: "mark proposed", "aria-hidden": "true" })
      : statePicture(/** @type {any} */ (state), theme),
    element("span", { class: "who" }, name || id, name && name !== id ? element("span", { class: "fine" }, ` ${id}`) : null),
    element("span", { class: "when" }, `${limit(floor)} – ${limit(ceiling)}`),
    element("span", { class: "what" }, sayWord("state", state), until, " · ", say(here ? "zones.declared" : "zones.offile")),
    element("span", { class: "zone" }, toldText(schedule), " · ", say("zones.edition", { edition }), " · ", element("code", {}, zone_hash.slice(0, 8))));
}
