/** The page of claims: the list, or the sheet of one with both sides, the paths that fit on the map, the documents. */

import { ask, goToLogin, session } from "../page/api.mjs";
import { byId, element, fill } from "../page/dom.mjs";
import { createMap, namePlaces, themeMap } from "../page/map.mjs";
import { learnSentences } from "../page/sentences.mjs";
import { learn, say, speak, spoken, translatePage } from "../page/words.mjs";
import { addZoneNames, addZones, showZones, themeZoneNames, themeZones } from "../page/zone_layer.mjs";
import { attachForm, documentsOf } from "./documents.mjs";
import { keepForm } from "./keeping.mjs";
import { rowsOf } from "./list.mjs";
import { pathsOf, shownOf } from "./paths.mjs";
import { addPaths, lookAtPaths, showPaths, themePaths } from "./paths_layer.mjs";
import { READERS_UK } from "../zones/sentences_uk.mjs";
import { CLAIMS_UK } from "./sentences_uk.mjs";
import { columnsOf, headOf, qnhForm } from "./sheet.mjs";
import { badge, VERDICTS } from "./verdict.mjs";
import { addressOf, readView, writeView } from "./view.mjs";
import { MORE_EN } from "./words_en.mjs";
import { MORE_UK } from "./words_uk.mjs";

const RETRY_MS = 3000;

let view = readView();
/** @type {any} the sheet as the API has it */
let whole = null;
/** @type {any[]} */
let claims = [];
/** @type {string[]} */
let rights = [];
/** @type {any} */
let map = null;

const dark = matchMedia("(prefers-color-scheme: dark)");
/** @returns {import("../page/colours.mjs").Theme} */
const theme = () => view.theme === "light" || view.theme === "dark" ? view.theme : dark.matches ? "dark" : "light";

learn({ en: MORE_EN, uk: MORE_UK });
learnSentences({ uk: { ...READERS_UK, ...CLAIMS_UK } });
speak(view.lang);
dress();

/** Dress the page in the language and the theme of the view. */
function dress() {
  document.documentElement.dataset.theme = theme();
  translatePage();
  const title = whole?.sheet.title ?? say("claims.here");
  byId("title").textContent = title;
  document.title = say("claims.title", { title });
  /** @type {HTMLSelectElement} */ (byId("language")).value = spoken();
  /** @type {HTMLAnchorElement} */ (byId("to-map")).href = view.claim ? addressOf({ ...view, claim: "", shown: "", qnh: "" }) : "/";
  if (view.claim) fill(byId("to-map"), "← ", element("span", {}, say("claims.all")));
}

/** The statement whose paths the map shows: the one that is chosen, else the first that has any. */
function shown() {
  const all = whole.sheet.statements;
  return all.find((/** @type {any} */ { id }) => id === view.shown)
    ?? all.find((/** @type {any} */ one) => shownOf(one).paths.length || one.flown.length) ?? all[0];
}

/**
 * Have the map show a statement.
 * @param {string} id
 */
function show(id) {
  view.shown = id;
  writeView(view);
  drawPaths(true);
  byId("map-part-claims").scrollIntoView({ block: "nearest" });
}

/** Draw the list. */
function drawList() {
  byId("list-part").hidden = false;
  fill(byId("claim-rows"), ...rowsOf(claims, (name) => addressOf({ ...view, claim: name, shown: "" })));
  if (rights.includes("say") && !byId("keep-part").children.length) {
    fill(byId("keep-part"), keepForm((name) => location.assign(addressOf({ ...view, claim: name, shown: "" }))));
  }
  document.body.dataset.drawn = "true";
}

/** Draw the sheet. */
function drawSheet() {
  dress();
  byId("sheet-part").hidden = false;
  fill(byId("head-part"), ...headOf(whole), whole.sheet.reports === null ? null
    : qnhForm(view.qnh, (qnh) => location.assign(addressOf({ ...view, qnh }))));
  const choice = /** @type {HTMLSelectElement} */ (byId("shown"));
  fill(choice, ...whole.sheet.statements.map((/** @type {any} */ { id, who }) => element("option", { value: id }, who)));
  fill(byId("sides"), ...columnsOf(whole.sheet, show));
  fill(byId("documents"), ...documentsOf(whole));
  fill(byId("attach-part"), rights.includes("say") ? attachForm(whole, fetchSheet) : null);
  const used = new Set(whole.sheet.statements.map((/** @type {any} */ { verdict }) => verdict));
  fill(byId("meanings"), ...VERDICTS.filter((one) => used.has(one)).map((one) =>
    element("p", { class: "meaning" }, badge(one), " ", say(`meaning.${one}`))));
  const at = `/api/v1/claims/${encodeURIComponent(whole.name)}`;
  fill(byId("taken"), element("p", {}, element("a", { href: `${at}/page${byQnh()}`, download: "" }, say("taken.page"))),
    element("p", { class: "fine" }, say("taken.same"), " ", element("code", {}, `nofly claim check claim.toml${view.qnh ? ` --qnh ${view.qnh}` : ""} -o sheet.html`)));
  drawPaths(false);
  const linked = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (linked) linked.scrollIntoView();
}

/**
 * Draw what hangs on the statement that the map shows.
 * @param {boolean} look whether the map goes there
 */
function drawPaths(look) {
  const statement = shown();
  const paths = shownOf(statement).paths;
  /** @type {HTMLSelectElement} */ (byId("shown")).value = statement.id;
  fill(byId("paths"), ...pathsOf(statement, theme()));
  if (!map?.getSource("claim-paths")) return;
  const zones = whole.zones.features.filter((/** @type {any} */ one) => !statement.zone || one.properties.id === statement.zone);
  showZones(map, { type: "FeatureCollection", features: zones.map(
    (/** @type {any} */ one) => ({ ...one, properties: { ...one.properties, state: "active" } })) });
  showPaths(map, paths, statement);
  if (look) lookAtPaths(map, paths, statement, zones);
  byId("map").dataset.shown = `${statement.id} ${paths.length} ${statement.flown.length}`;
}

/** Give the page its map, once there is something to show. */
function drawMap() {
  if (map) return;
  map = createMap(byId("map"), /** @type {any} */ ({ lat: null, lon: null, zoom: null }), theme());
  map.on("load", () => {
    addZones(map, theme());
    addPaths(map, theme());
    addZoneNames(map, theme());
    void namePlaces(map);
    drawPaths(true);
    map.once("idle", () => document.body.dataset.drawn = "true");
  });
}

/** What the API is asked besides, where a QNH is given. */
const byQnh = () => view.qnh ? `?${new URLSearchParams({ qnh: view.qnh })}` : "";

async function fetchSheet() {
  fill(byId("banner"), element("p", { class: "replay" }, say("claims.checking")));
  whole = await ask(`claims/${encodeURIComponent(view.claim)}${byQnh()}`);
  fill(byId("banner"));
  drawSheet();
  drawMap();
  byId("announce").textContent = say("claims.checked");
}

/** Turn dark to light, or light to dark. */
function turnTheme() {
  view.theme = theme() === "dark" ? "light" : "dark";
  writeView(view);
  dressAgain();
}

function dressAgain() {
  dress();
  if (!view.claim) drawList();
  if (whole) drawPaths(false);
  if (!map?.getSource("claim-paths")) return;
  for (const one of [themeMap, themeZones, themeZoneNames, themePaths]) one(map, theme());
}

/** Hear what is done to the page. */
function hear() {
  byId("theme").addEventListener("click", turnTheme);
  dark.addEventListener("change", dressAgain);
  byId("language").addEventListener("change", (event) => {
    writeView({ ...view, lang: /** @type {HTMLSelectElement} */ (event.target).value });
    location.reload();
  });
  byId("shown").addEventListener("change", (event) => show(/** @type {HTMLSelectElement} */ (event.target).value));
  byId("logout").addEventListener("click", () => ask("session", { method: "DELETE" }).finally(goToLogin));
  document.addEventListener("keydown", (event) => {
    const busy = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
    if (event.key === "d" && !busy && !event.ctrlKey && !event.altKey && !event.metaKey) turnTheme();
  });
}

/** Begin, and begin again where the server does not answer yet. */
async function begin() {
  try {
    const { rights: granted, via } = await session();
    rights = granted;
    byId("logout").hidden = via !== "login";
    if (view.claim) await fetchSheet();
    else {
      claims = (await ask("claims")).claims;
      fill(byId("banner"));
      drawList();
    }
  } catch (error) {
    const { status, message } = /** @type {import("../page/api.mjs").Refused} */ (error);
    const told = status >= 400 && status < 500;
    fill(byId("banner"), element("p", { class: told ? "warning" : "alarm" },
      told ? say("claims.refused", { why: message }) : say("banner.unreachable", { why: message })));
    if (!told) setTimeout(begin, RETRY_MS);
  }
}

hear();
void begin();
