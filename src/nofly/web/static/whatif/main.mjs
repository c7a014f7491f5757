/** The page of what-if: a zone is chosen and weighed over traffic that was kept; figures, map, bars, tables, ledger. */

import { ask, goToLogin, session } from "../page/api.mjs";
import { byId, element, fill } from "../page/dom.mjs";
import { createMap, namePlaces, themeMap } from "../page/map.mjs";
import { learnSentences, toldText } from "../page/sentences.mjs";
import { learn, say, speak, spoken, translatePage } from "../page/words.mjs";
import { addZoneNames, addZones, showZones, themeZoneNames, themeZones } from "../page/zone_layer.mjs";
import { hoursOf, keyOf, OUTCOMES, signOf } from "./bars.mjs";
import { addDetours, showDetours, themeDetours } from "./detours_layer.mjs";
import { figuresOf } from "./figures.mjs";
import { askForm } from "./form.mjs";
import { inputsForm, readInputs } from "./inputs.mjs";
import { ledgerOf } from "./ledger.mjs";
import { changeOf, detoursOf, flightsOf, moneyOf, SHARES, sharesOf, spreadOf } from "./tables.mjs";
import { PRICES, readView, writeView } from "./view.mjs";
import { addWays, lookAt, showWays, themeWays } from "./ways_layer.mjs";
import { LEDGER_UK } from "./sentences_uk.mjs";
import { MORE_EN } from "./words_en.mjs";
import { MORE_UK } from "./words_uk.mjs";

const RETRY_MS = 3000;
const view = readView();
/** @type {any} what was weighed, as the API has it */
let found = null;
/** @type {any} */
let map = null;

const dark = matchMedia("(prefers-color-scheme: dark)");
/** @returns {import("../page/colours.mjs").Theme} */
const theme = () => view.theme === "light" || view.theme === "dark" ? view.theme : dark.matches ? "dark" : "light";

learn({ en: MORE_EN, uk: MORE_UK });
learnSentences({ uk: LEDGER_UK });
speak(view.lang);
dress();

/** Dress the page in the language and the theme of the view. */
function dress() {
  document.documentElement.dataset.theme = theme();
  translatePage();
  document.title = `${say("whatif.title")} – nofly`;
  /** @type {HTMLSelectElement} */ (byId("language")).value = spoken();
}

/** Have the zone of the view weighed, and show what comes of it. */
async function weigh() {
  writeView(view);
  fill(byId("banner"), element("p", { class: "replay" }, say("whatif.weighing")));
  const body = {
    of: view.of, id: view.id, hours: Number(view.hours), until: view.until || null, held: view.held === "1",
    detours: view.detours === "1", level: view.level, ledger: view.ledger === "1", inputs: readInputs(view.inputs), warnings: view.warnings === "1",
    instead_of: view.instead || null,
    prices: { ...Object.fromEntries(PRICES.map((name) => [name, view[`per_${name}`] ? Number(view[`per_${name}`]) : null])), currency: view.currency },
  };
  try {
    found = await ask("whatif", { method: "POST", body });
    fill(byId("banner"));
    show();
    byId("announce").textContent = say("whatif.weighed", { count: found.answer.figures.flights_inside });
    byId("told").focus({ preventScroll: true });
  } catch (error) {
    found = null;
    byId("told").hidden = true;
    refused(/** @type {any} */ (error), "whatif.refused");
  }
}

/** Show what was weighed. */
function show() {
  const { answer, detours, ledger, missing, zones, instead_of: old } = found;
  byId("told").hidden = false;
  const { name, id } = zones[0].properties;
  fill(byId("name"), name || id);
  fill(byId("figures"), ...figuresOf(found));
  part("change", answer.change && changeOf(answer, old));
  part("money", answer.money && moneyOf(answer.money));
  fill(byId("hours"), ...hoursOf(answer.hours));
  fill(byId("spread"), ...spreadOf(answer.figures));
  fill(byId("shares"), ...SHARES.map((one) => sharesOf(one, answer.tables[one])));
  fill(byId("flights"), ...flightsOf(answer));
  part("detours", (detours || missing.detours) && detoursOf(detours, toldText(missing.detours ?? "")));
  part("ledger", (ledger || missing.ledger) && [
    ...ledgerOf(ledger, toldText(missing.ledger ?? "")), inputsForm(ledger?.inputs ?? [], view, weigh)]);
  fill(byId("map-key"), ...keyOf(OUTCOMES.filter((one) => answer.figures.outcomes[one]), false).childNodes, ...detours ? ["direct", "round"].map((one) => signOf(one, say(`whatif.key.${one}`))) : []);
  drawMap();
}

/**
 * Show a part of the answer, or hide it where it was not asked for.
 * @param {string} name
 * @param {any[] | null | undefined | false} children
 */
function part(name, children) {
  byId(`${name}-part`).hidden = !children;
  fill(byId(name), ...children || []);
}

/** Draw the zone and the ways on the map; make it, where it is not there yet. */
function drawMap() {
  if (map?.getSource("ways-near")) return drawWays();
  if (map) return;
  map = createMap(byId("map"), /** @type {any} */ ({ lat: null, lon: null, zoom: null }), theme());
  map.on("load", () => {
    addZones(map, theme());
    addWays(map, theme());
    addDetours(map, theme());
    addZoneNames(map, theme());
    void namePlaces(map);
    drawWays();
  });
}

function drawWays() {
  if (!found) return;
  const zones = [...found.instead_of, ...found.zones];
  showZones(map, { type: "FeatureCollection", features: zones });
  map.resize();
  showWays(map, found.answer.ways);
  const round = showDetours(map, found.detours?.ways ?? []);
  lookAt(map, zones, round);
  byId("map").dataset.detours = String(round.length);
  byId("map").dataset.shown = String(found.answer.ways.length);
}

/** Turn dark to light, or light to dark. */
function turnTheme() {
  view.theme = theme() === "dark" ? "light" : "dark";
  writeView(view);
  dressAgain();
}

function dressAgain() {
  dress();
  if (!map?.getSource("ways-near")) return;
  for (const one of [themeMap, themeZones, themeZoneNames, themeWays, themeDetours]) one(map, theme());
}

/**
 * Say what cannot be shown.
 * @param {import("../page/api.mjs").Refused} error
 * @param {string} key
 */
function refused({ status, message }, key) {
  const told = status >= 400 && status < 500;
  fill(byId("banner"), element("p", { class: told ? "warning" : "alarm" }, say(told ? key : "banner.unreachable", { why: message })));
}

/** Hear what is done to the page. */
function hear() {
  byId("theme").addEventListener("click", turnTheme);
  dark.addEventListener("change", dressAgain);
  byId("language").addEventListener("change", (event) => {
    view.lang = /** @type {HTMLSelectElement} */ (event.target).value;
    writeView(view);
    location.reload();
  });
  byId("logout").addEventListener("click", () => ask("session", { method: "DELETE" }).finally(goToLogin));
  document.addEventListener("keydown", (event) => {
    const busy = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
    if (event.key === "d" && !busy && !event.ctrlKey && !event.altKey && !event.metaKey) turnTheme();
  });
}

/** Begin, and begin again where the server does not answer yet. */
async function begin() {
  try {
    const { rights, via } = await session();
    byId("logout").hidden = via !== "login";
    if (rights.includes("decide")) {
      const choices = await ask("whatif");
      fill(byId("banner"));
      byId("whole").hidden = false;
      fill(byId("ask"), ...choices.zones.length ? askForm(choices, view, weigh) : [element("p", {}, say("whatif.none"))]);
    } else fill(byId("banner"), element("p", { class: "warning" }, say("whatif.maynot")));
    document.body.dataset.drawn = "true";
  } catch (error) {
    refused(/** @type {any} */ (error), "whatif.refused");
    if (!(/** @type {any} */ (error).status >= 400)) setTimeout(begin, RETRY_MS);
  }
}

hear();
void begin();
