/** The zone page: brings together the list, a zone, the editor, the import, and the map beside them. */

import { ask, goToLogin, session } from "../page/api.mjs";
import { byId, element, fill } from "../page/dom.mjs";
import { addSource, collection } from "../page/layers.mjs";
import { createMap, namePlaces, themeMap } from "../page/map.mjs";
import { clock } from "../page/units.mjs";
import { learnSentences } from "../page/sentences.mjs";
import { learn, say, speak, spoken, translatePage } from "../page/words.mjs";
import { addZones, showZones, themeZones } from "../page/zone_layer.mjs";
import { activate, discard, propose, proposeAll, withdraw } from "./acts.mjs";
import { Draft, keptFeature } from "./draft.mjs";
import { addFlown, Drawing, showFlown, themeFlown } from "./drawing.mjs";
import { openEditor } from "./editor.mjs";
import { openImport } from "./importing.mjs";
import { rowsOf } from "./known.mjs";
import { partsOf } from "./parts.mjs";
import { openList } from "./list.mjs";
import { lookAtFlown, lookAtZones } from "./looking.mjs";
import { openZone } from "./one.mjs";
import { hearReasons } from "./reason.mjs";
import { kindOf, newFeature, placesOf } from "./shape.mjs";
import { hearTools } from "./tools.mjs";
import { readZoneView, writeZoneView } from "./view.mjs";
import { EN } from "./words_en.mjs";
import { READERS_UK } from "./sentences_uk.mjs";
import { UK } from "./words_uk.mjs";

const LOOK_MS = 5000;
const SELECTED = { light: "#0b5bb5", dark: "#7dbbff" };

learn({ en: EN, uk: UK });
learnSentences({ uk: READERS_UK });
let view = readZoneView();
/** @type {any[]} */
let law = [];
/** @type {any[]} */
let declared = [];
let may = false;
/** @type {Draft | null} */
let draft = null;
/** @type {Drawing | null} */
let drawing = null;
/** The draft as it would be judged, as far as that is known. @type {any} */
let judged = null;
/** The zones of the file that is being taken over. @type {any[]} */
let read = [];
/** What ends what the panel shows. */
let ends = () => undefined;
/** @type {((rows: import("./known.mjs").Row[], filter: string, theme: import("../page/colours.mjs").Theme) => void) | null} */
let drawRows = null;
/** What the panel shows, so that it is not built anew under the hands of whoever uses it. */
let shown = "";

const dark = matchMedia("(prefers-color-scheme: dark)");
/** @returns {import("../page/colours.mjs").Theme} */
const theme = () => view.theme === "light" || view.theme === "dark" ? view.theme : dark.matches ? "dark" : "light";
const side = () => byId("side");
const rows = () => rowsOf(law, declared);

speak(view.lang);
dress();
const map = createMap(byId("map"), view, theme());

/** Dress the page in the language and the theme of the view. */
function dress() {
  document.documentElement.dataset.theme = theme();
  document.title = say("zones.title");
  translatePage();
  /** @type {HTMLSelectElement} */ (byId("language")).value = spoken();
  const query = new URLSearchParams();
  for (const name of /** @type {const} */ (["lang", "theme"])) if (view[name]) query.set(name, view[name]);
  /** @type {HTMLAnchorElement} */ (byId("to-map")).href = `/${query.size ? `?${query}` : ""}`;
}

/**
 * Look at something else.
 * @param {Partial<import("./view.mjs").ZoneView>} what
 * @param {boolean} [step] whether "back" comes back to what was looked at before
 */
function change(what, step = true) {
  view = { ...view, ...what };
  writeZoneView(view, step);
  draw();
}

/** Draw what the view says. */
function draw() {
  const wanted = JSON.stringify([view.show, view.zone, may, spoken()]);
  if (wanted !== shown) {
    shown = wanted;
    ends();
    ends = () => undefined;
    drawRows = null;
    open();
    side().scrollTop = 0;
  }
  drawRows?.(rows(), view.filter, theme());
  drawMap();
}

/** Open in the panel what the view says. */
function open() {
  drawing?.show(null);
  [judged, read] = [null, []];
  byId("draw-tools").hidden = true;
  if (map.getSource("flown")) showFlown(map, null);
  if (view.show === "draft" && may) return openDraft();
  if (view.show === "import" && may) {
    const close = () => change({ show: "" });
    return openImport(side(), { close, show: showRead, look: (zone) => fitZones([zone]), open: edit, may,
      propose: (drafts, told) => proposeAll(drafts, told, fetchAll) });
  }
  if (view.zone) return void fetchZone();
  drawRows = openList(side(), {
    filter: view.filter, filtered: (filter) => change({ filter }, false), open: openOne, begin,
    goOn: keptFeature() && may ? () => change({ show: "draft" }) : null, load: () => change({ show: "import" }), may,
  });
}

/** @param {string} zone */
function openOne(zone) {
  const chosen = rows().filter(({ id }) => id === zone).map((row) => row.zone);
  change({ zone });
  fitZones(chosen);
}

/** Open the draft that is kept. */
function openDraft() {
  const feature = keptFeature();
  if (!feature) return change({ show: "" }, false);
  draft = new Draft(feature);
  const mine = draft;
  const tools = partsOf(feature).some((part) => kindOf(part) !== "other") || feature.geometry === null;
  byId("draw-tools").hidden = !tools;
  const end = openEditor(side(), draft, {
    warning: (id) => warningOf(id), judged: (zone) => {
      judged = zone?.zone ?? null;
      drawing?.outline(judged);
    }, drawn: () => drawing?.draw(),
    close: () => change({ show: "" }), propose: (proposed) => propose(proposed, lookAgain), fly, may,
  });
  ends = () => {
    end();
    if (draft === mine) draft = null;
    drawing?.show(null);
  };
  drawDraft(draft);
}

/**
 * Draw a draft that is opened; one that is nowhere yet is to be drawn first of all.
 * @param {Draft} opened
 */
function drawDraft(opened) {
  drawing?.show(opened);
  drawing?.outline(judged);
  drawing?.fit();
  if (kindOf(opened.shape) !== "other" && !placesOf(opened.shape).length) drawing?.add(true);
}

/**
 * Return what stands against an id: another zone has it.
 * @param {string} id
 */
function warningOf(id) {
  const of_file = law.some((zone) => zone.properties.id === id && !rows().find((row) => row.zone.id === zone.id)?.here);
  if (of_file) return say("warn.offile", { id });
  return declared.some((one) => one.zone_id === id) ? say("warn.edition", { id }) : "";
}

/** @param {any} kind */
function begin(kind) {
  const ids = new Set([...law.map((zone) => zone.properties.id), ...declared.map((one) => one.zone_id)]);
  let number = 1;
  while (ids.has(`NEW-${number}`)) number += 1;
  edit(newFeature(kind, `NEW-${number}`));
}

/** @param {any} feature */
function edit(feature) {
  new Draft(feature).keep();
  shown = "";
  change({ show: "draft" });
}

/**
 * Look at a zone of which something was put on record.
 * @param {string} zone
 */
async function lookAgain(zone) {
  await fetchAll();
  shown = "";
  change({ show: "", zone });
}

/** Fetch a zone that is looked at, and show it. */
async function fetchZone() {
  const id = view.zone;
  const mine = shown;
  const path = encodeURIComponent(id);
  const none = (/** @type {any} */ error) => {
    if (error.status === 404) return null;
    throw error;
  };
  const watched = law.some((zone) => zone.properties.id === id);
  const here = declared.some((one) => one.zone_id === id);
  try {
    const [of_law, of_here] = await Promise.all([
      watched ? ask(`zones/${path}`).catch(none) : null, here ? ask(`declared/${path}`).catch(none) : null,
    ]);
    if (mine !== shown) return;
    openZone(side(), { id, law: of_law?.editions ?? [], declared: of_here }, {
      close: () => change({ zone: "" }), edit, fly, may,
      activate: (one) => activate(one, lookAgain), withdraw: (one) => withdraw(one, lookAgain),
      discard: (one) => discard(one, lookAgain),
    });
    byId("side-title").focus({ preventScroll: true });
  } catch (error) {
    if (mine === shown) fill(side(), element("p", { class: "error" }, /** @type {Error} */ (error).message));
  }
}

/** Fetch what is watched and what was declared. */
async function fetchAll() {
  const before = looksOf(view.zone);
  const [zones, acts, status] = await Promise.all([ask("zones"), ask("declared"), ask("status")]);
  [law, declared] = [zones.features, acts.declared];
  byId("asof").textContent = clock(status.picture_time ?? status.time, true);
  if (before !== looksOf(view.zone) && view.zone && !view.show) void fetchZone();
}

/**
 * Return what a page on a zone depends on.
 * @param {string} id
 */
function looksOf(id) {
  const watched = law.filter(({ properties }) => properties.id === id).map((zone) => [zone.id, zone.properties.state]);
  return JSON.stringify([watched, declared.find((one) => one.zone_id === id)?.acts]);
}

/** Draw the zones on the map. */
function drawMap() {
  if (!map.getSource("proposed")) return;
  const all = rows();
  showZones(map, collection(law));
  map.getSource("proposed").setData(collection(all.filter(({ state }) => state === "proposed" || state === "coming").map(({ zone }) => zone)));
  const chosen = view.show ? [] : all.filter(({ id }) => id === view.zone).map(({ zone }) => zone);
  map.getSource("chosen").setData(collection(chosen));
}

/** @param {any[]} zones */
function showRead(zones) {
  read = zones;
  if (zones.length) map.getSource("outline")?.setData(collection(zones));
  if (zones.length) fitZones(zones);
}

/** @param {any[]} zones */
const fitZones = (zones) => lookAtZones(map, zones);

/** Look at the zones that bind, unless something else is looked at. */
function lookAtLaw() {
  if (view.lat !== null || draft || read.length) return;
  fitZones(law.filter(({ properties }) => ["active", "perhaps", "upcoming"].includes(properties.state)));
}

/** @param {any} flown */
function fly(flown) {
  const count = lookAtFlown(map, flown);
  byId("announce").textContent = say(count ? "effect.shown" : "effect.unseen", { count });
}

/** Add the layers of the map once it is there. */
function addLayers() {
  void namePlaces(map);
  addZones(map, theme());
  for (const name of ["proposed", "chosen"]) addSource(map, name);
  map.addLayer({ id: "proposed-line", type: "line", source: "proposed", paint: { "line-width": 2.5, "line-dasharray": [3, 2] } });
  map.addLayer({ id: "chosen-line", type: "line", source: "chosen", paint: { "line-width": 5, "line-opacity": 0.7 } });
  addFlown(map, theme());
  drawing = new Drawing(map, theme());
  hearTools(drawing);
  themeOwn();
  if (draft) drawDraft(draft);
  showRead(read);
  drawMap();
  lookAtLaw();
}

/** Colour the page's own layers. */
function themeOwn() {
  map.setPaintProperty("proposed-line", "line-color", theme() === "dark" ? "#e7a6ff" : "#7a1fa2");
  map.setPaintProperty("chosen-line", "line-color", SELECTED[theme()]);
}

/** Hear whoever uses the page. */
function hear() {
  map.on("moveend", () => {
    const { lat, lng } = map.getCenter();
    view = { ...view, lat, lon: lng, zoom: map.getZoom() };
    writeZoneView(view, false);
  });
  map.on("click", (/** @type {any} */ { point: at }) => {
    if (view.show || !map.getLayer("proposed-line")) return;
    const layers = ["active", "perhaps", "upcoming", "inactive", "expired"].map((state) => `zone-fill-${state}`);
    const [found] = map.queryRenderedFeatures(at, { layers: [...layers, "proposed-line"] });
    if (found) change({ zone: found.properties.id });
  });
  addEventListener("popstate", () => {
    view = readZoneView();
    speak(view.lang);
    dressAll();
    draw();
  });
  byId("theme").addEventListener("click", () => {
    view.theme = theme() === "dark" ? "light" : "dark";
    writeZoneView(view, true);
    dressAll();
    draw();
  });
  dark.addEventListener("change", dressAll);
  byId("language").addEventListener("change", (event) => {
    view.lang = /** @type {HTMLSelectElement} */ (event.target).value;
    writeZoneView(view, true);
    location.reload();
  });
  byId("logout").addEventListener("click", () => ask("session", { method: "DELETE" }).finally(goToLogin));
  for (const name of ["map", "panel"]) {
    byId(`side-${name}`).addEventListener("click", () => {
      document.body.dataset.side = name;
      for (const other of ["map", "panel"]) byId(`side-${other}`).setAttribute("aria-pressed", String(other === name));
      map.resize();
      if (name === "map") drawing?.fit();
    });
  }
  byId("side-panel").setAttribute("aria-pressed", "true");
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (event.key !== "Escape" || typing || document.querySelector("dialog[open]")) return;
    if (drawing?.adding) drawing.add(false);
    else if (view.show) change({ show: "" });
    else if (view.zone) change({ zone: "" });
  });
  hearReasons();
}

/** Dress page and map in another theme or language. */
function dressAll() {
  dress();
  if (!drawing) return;
  for (const one of [themeMap, themeZones, themeFlown]) one(map, theme());
  drawing.theme(theme());
  themeOwn();
}

/** Fetch again and again; say where the server does not answer. */
async function follow() {
  try {
    await fetchAll();
    fill(byId("banner"));
    drawRows?.(rows(), view.filter, theme());
    drawMap();
  } catch (error) {
    fill(byId("banner"), element("p", { class: "warning" }, say("banner.unreachable", { why: /** @type {Error} */ (error).message })));
  }
  setTimeout(follow, LOOK_MS);
}

/** Begin, and begin again where the server does not answer yet. */
async function beginPage() {
  try {
    const { rights, via } = await session();
    may = rights.includes("decide");
    byId("logout").hidden = via !== "login";
    await fetchAll();
    lookAtLaw();
    fill(byId("banner"));
  } catch (error) {
    fill(byId("banner"), element("p", { class: "warning" }, say("banner.unreachable", { why: /** @type {Error} */ (error).message })));
    setTimeout(beginPage, 3000);
    return;
  }
  draw();
  setTimeout(follow, LOOK_MS);
}

hear();
map.on("load", () => {
  addLayers();
  document.body.dataset.drawn = "true";
});
void beginPage();
