/** The list of zones, and what the signs of the map mean. */

import { atFeet, GROUND, UNKNOWN, ZONES } from "./colours.mjs";
import { veilPicture } from "./coverage_layer.mjs";
import { byId, element, fill, refill } from "./dom.mjs";
import { KINDS, markPicture } from "./marks.mjs";
import { told } from "./sentences.mjs";
import { matches } from "./table.mjs";
import { clock, limit } from "./units.mjs";
import { say, sayWord } from "./words.mjs";
import { hatching, STATES } from "./zone_layer.mjs";

const VEILS = /** @type {const} */ (["seen", "could", "unknown", "could_not"]);
const SCALE_FT = [0, 5000, 10000, 15000, 20000, 25000, 30000, 35000, 40000];

/**
 * Draw the zones.
 * @param {any[]} zones
 * @param {{ filter: string, theme: import("./colours.mjs").Theme, show: (zone: any) => void }} how
 */
export function drawZones(zones, { filter, theme, show }) {
  const found = zones.filter(({ properties: zone }) => matches([zone.id, zone.name], filter));
  found.sort((a, b) => STATES.indexOf(b.properties.state) - STATES.indexOf(a.properties.state)
    || (a.properties.name < b.properties.name ? -1 : 1));
  refill(byId("zone-rows"), found.length ? found.map((zone) => {
    const { id, name, state, state_until, floor, ceiling, schedule } = zone.properties;
    const until = state_until ? ` ${say("zones.until", { time: clock(state_until, true) })}` : "";
    return element("li", { "data-key": zone.id }, element(
      "button", { type: "button", class: "zone-row", click: () => show(zone) },
      statePicture(state, theme),
      element("span", { class: "who" }, name || id),
      element("span", { class: "when" }, `${limit(floor)} – ${limit(ceiling)}`),
      element("span", { class: "what" }, sayWord("state", state), until),
      told("span", { class: "zone" }, schedule),
    ));
  }) : [element("li", { class: "none", "data-key": "none" }, say("zones.none"))]);
}

/**
 * Draw of which heights the coverage may be shown.
 * @param {number[]} bands_ft where each begins
 * @param {string} chosen
 */
export function drawBands(bands_ft, chosen) {
  const said = bands_ft.map((from_ft, i) => bands_ft[i + 1] === undefined
    ? `≥ ${from_ft} ft` : `${from_ft} – ${bands_ft[i + 1]} ft`);
  const choices = [["", say("veil.any")], ...said.map((text, i) => [String(i), text]), ["off", say("veil.off")]];
  const select = /** @type {HTMLSelectElement} */ (byId("veil"));
  refill(select, choices.map(([value, text]) => element("option", { value, "data-key": value }, text)));
  select.value = chosen;
}

/**
 * Draw in how many minutes of the last hour each receiver received anything.
 * @param {{ station: string, minutes_up: number, minutes: number, last_s: number }[]} receivers
 */
export function drawReceivers(receivers) {
  refill(byId("receivers"), receivers.length ? receivers.map(({ station, minutes_up, minutes, last_s }) =>
    element("li", { "data-key": station }, element("b", {}, station || say("receiver.unnamed")), " ",
      say("receiver.up", { up: minutes_up, of: minutes, last: last_s })))
    : [element("li", { "data-key": "none" }, say("receiver.none"))]);
}

/**
 * Draw the legend.
 * @param {import("./colours.mjs").Theme} theme
 */
export function drawLegend(theme) {
  const scale = element("div", { class: "scale", role: "img", "aria-label": say("legend.height") });
  scale.append(...SCALE_FT.map((alt_ft) => step(atFeet(alt_ft, theme), alt_ft ? `${alt_ft / 1000}` : "0")));
  fill(byId("legend"), ...[
    element("h3", {}, say("legend.height"), " (1000 ft)"), scale,
    element("p", { class: "steps" }, step(UNKNOWN[theme], ""), say("legend.unknown"), step(GROUND[theme], ""), say("legend.ground")),
    element("ul", { class: "signs" },
      ...KINDS.map((kind) => element("li", {}, markPicture(kind, theme), say(`mark.${kind}`))),
      ...VEILS.map((verdict) => element("li", {}, veilPicture(verdict, theme), say(`veil.${verdict}`))),
      element("li", {}, element("span", { class: "sign trail" }), say("legend.trail")),
      element("li", {}, element("span", { class: "sign gap" }), say("legend.gap")),
      element("li", {}, element("span", { class: "sign path" }), say("legend.path")),
      element("li", {}, element("span", { class: "sign error" }), say("legend.error")),
      ...[...STATES].reverse().map((state) => element("li", {}, statePicture(state, theme), sayWord("state", state)))),
  ]);
}

/**
 * @param {string} colour
 * @param {string} text
 */
function step(colour, text) {
  const made = element("span", { class: "step" }, text);
  made.style.background = colour;
  return made;
}

/**
 * @param {typeof STATES[number]} state
 * @param {import("./colours.mjs").Theme} theme
 */
export function statePicture(state, theme) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height, canvas.className] = [48, 48, "mark"];
  canvas.setAttribute("aria-hidden", "true");
  canvas.dataset.picture = `${state} ${theme}`;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  if (state === "active" || state === "perhaps") {
    const tile = hatching(state, theme);
    for (const [x, y] of [[0, 0], [24, 0], [0, 24], [24, 24]]) pen.putImageData(tile, x, y);
  }
  const dashes = { active: [], perhaps: [12, 4, 2, 4], upcoming: [10, 7], inactive: [3, 5], expired: [2, 9], proposed: [7, 5] };
  pen.strokeStyle = ZONES[theme][state] ?? ZONES[theme].inactive;
  pen.lineWidth = state === "active" ? 10 : state === "perhaps" || state === "upcoming" || state === "proposed" ? 7 : 4;
  pen.setLineDash(dashes[state] ?? []);
  pen.strokeRect(2, 2, 44, 44);
  return canvas;
}
