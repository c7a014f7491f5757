/** The map page: brings together what comes from the server, what is looked at, and what is drawn. */

import { aircraftAt, showAircraft, showLabels } from "./aircraft_layer.mjs";
import { addLayers, themeLayers } from "./all_layers.mjs";
import { announce } from "./announcements.mjs";
import { ask, goToLogin, session } from "./api.mjs";
import { byId, element, fill } from "./dom.mjs";
import { showCoverage } from "./coverage_layer.mjs";
import { followRecords } from "./events.mjs";
import { drawBanner, drawFeeds } from "./feeds.mjs";
import { drawIncidents } from "./incident_list.mjs";
import { incidentPage } from "./incident_page.mjs";
import { hearKeys, showHelp } from "./keys.mjs";
import { Known, MOST_INCIDENTS } from "./known.mjs";
import { boxOf, createMap, showWhole, namePlaces } from "./map.mjs";
import { drawSelected } from "./selected.mjs";
import { followPositions } from "./socket.mjs";
import { soon } from "./soon.mjs";
import { askReason, hearStatements } from "./statement.mjs";
import { drawAircraft, drawHeads } from "./table.mjs";
import { showTrail } from "./trail.mjs";
import { readView, TABS, writeView } from "./view_url.mjs";
import { say, speak, spoken, translatePage } from "./words.mjs";
import { drawBands, drawLegend, drawReceivers, drawZones } from "./zone_list.mjs";
import { boundsOf, lookAtZones, showZones } from "./zone_layer.mjs";

const ZONES_MS = 10_000;
const COVERAGE_MS = 30_000;
const WAY_MS = 2000;
const TRAILS_MS = 5000;
/** So long the map waits for the zones, which say where it begins. */
const PLACING_MS = 1000;
const known = new Known();
let view = readView();
/** Whether the address said where to look. */
const placed = view.lat !== null;
/** @type {string[]} */
let rights = [];
/** @type {string | null} */
let unreachable = null;
let event_ms = performance.now();
let frame_ms = performance.now();
/** Whether the line of positions is broken. */
let broken = false;
/** @type {Promise<void> | null} */
let following = null;

const dark = matchMedia("(prefers-color-scheme: dark)");
/** @returns {import("./colours.mjs").Theme} */
const theme = () => view.theme === "light" || view.theme === "dark" ? view.theme : dark.matches ? "dark" : "light";

speak(view.lang);
dress();
/** @type {(value?: unknown) => void} */
let zonesCame = () => undefined;
const map = createMap(byId("map"), view, theme(), new Promise((done) => {
  zonesCame = done;
  setTimeout(done, PLACING_MS);
}));
const positions = followPositions({
  frame(frame, names) {
    frame_ms = performance.now();
    broken = false;
    known.takeFrame(frame, names);
    drawMoving();
  },
  cut() {
    broken = true;
    // Whether it is that nobody is logged in any more, the answer says.
    ask("status").catch(() => undefined);
  },
});

/** Dress the page in the language and the theme of the view. */
function dress() {
  document.documentElement.dataset.theme = theme();
  document.title = say("title");
  translatePage();
  /** @type {HTMLSelectElement} */ (byId("language")).value = spoken();
  /** @type {HTMLInputElement} */ (byId("filter")).value = view.filter;
}

/** Draw what moves: aircraft, their table, and what is counted in seconds. */
function drawMoving() {
  const { aircraft, now_ms, entries, count, marked } = known;
  if (map.getSource("aircraft")) {
    showAircraft(map, aircraft, { selected: view.aircraft, theme: theme(), now_ms, entries });
  }
  if (shows("aircraft")) {
    drawAircraft(aircraft, {
      sort: view.sort, filter: view.filter, selected: view.aircraft, known: count, theme: theme(), select: selectAircraft,
    });
  }
  if (shows("incidents") && !view.incident) drawList();
  if (known.status) drawFeeds(known.status, now_ms);
  drawSelected(view.aircraft, known.way?.aircraft ?? null, marked.get(view.aircraft), openIncident);
}

/** Draw the ways aircraft came. */
const drawTrails = () => showTrail(map, known.way, { others: known.trails, theme: theme() });

/** Draw the list of incidents. */
function drawList() {
  drawIncidents(known.incidents, {
    filter: view.filter, selected: view.incident, now_ms: known.now_ms, more: known.more, theme: theme(), open: openIncident,
  });
}

/** Draw everything that hangs on the view. */
function draw() {
  document.body.dataset.tab = view.tab;
  for (const tab of TABS) byId(`tab-${tab}`).setAttribute("aria-pressed", String(view.tab === tab));
  for (const name of ["incidents", "aircraft", "zones"]) byId(`panel-${name}`).hidden = !shows(name);
  byId("incident-list").hidden = view.incident !== "";
  byId("incident-whole").hidden = view.incident === "";
  if (map.getLayer("aircraft-labels")) {
    showLabels(map, view.labels);
    showCoverage(map, known.coverage, view.veil);
    drawTrails();
  }
  drawHeads(view.sort, (sort) => change({ sort }));
  drawZones(known.zones.features, { filter: view.filter, theme: theme(), show: showZone });
  drawLegend(theme());
  drawBands(known.coverage?.bands_ft ?? [], view.veil);
  drawReceivers(known.coverage?.receivers ?? []);
  drawMoving();
}

/** @param {string} name */
const shows = (name) => view.tab === name || (view.tab === "map" && name === "incidents");

/**
 * Look at something else.
 * @param {Partial<import("./view_url.mjs").View>} what
 * @param {{ step?: boolean }} [how] whether "back" comes back to what was looked at before
 */
function change(what, { step = true } = {}) {
  const before = view;
  view = { ...view, ...what };
  writeView(view, step);
  if (view.aircraft !== before.aircraft) void fetchWay();
  if (view.trails !== before.trails) fetchTrails().catch(() => undefined);
  if (view.incident !== before.incident) void fetchIncident();
  if (theme() !== document.documentElement.dataset.theme) dressMap();
  draw();
}

/** Dress the map in another theme. */
function dressMap() {
  dress();
  if (!map.getSource("aircraft")) return;
  themeLayers(map, theme());
}

/** @param {string} aircraft */
function selectAircraft(aircraft) {
  change({ aircraft: aircraft === view.aircraft ? "" : aircraft });
}

/** @param {string} incident */
function openIncident(incident) {
  change({ incident, tab: "incidents" });
}

/** @param {any} zone */
function showZone(zone) {
  const [west, south, east, north] = boundsOf(zone);
  change({ tab: narrow() ? "map" : view.tab });
  map.fitBounds([[west, south], [east, north]], { padding: 60, maxZoom: 11 });
}

/**
 * Show the aircraft of an incident where it is, or else where it was.
 * @param {any} incident
 */
function showAircraftOf(incident) {
  const now = known.aircraft.find((one) => one.target_id === incident.target_id);
  const record = known.whole?.records.findLast((/** @type {any} */ one) => typeof one.body.lat_deg === "number");
  const at = now ?? record?.body;
  change({ aircraft: incident.target_id, tab: narrow() ? "map" : view.tab });
  if (at) map.jumpTo({ center: [at.lon_deg, at.lat_deg], zoom: Math.max(map.getZoom(), 7) });
}

const narrow = () => matchMedia("(max-width: 700px)").matches;

/** Fetch the list of incidents. */
async function fetchIncidents() {
  known.takeIncidents(await ask(`incidents?limit=${known.most_incidents}`));
  drawMoving();
}

/** Fetch the zones, whose states change with time. */
async function fetchZones() {
  const zones = await ask("zones?proposed=true");
  const first = !known.zones.features.length;
  known.zones = zones;
  if (map.getSource("zones")) showZones(map, zones);
  drawZones(zones.features, { filter: view.filter, theme: theme(), show: showZone });
  if (first && zones.features.length && !placed) lookAtZones(map, zones.features);
  zonesCame();
}

/** Fetch where something was seen lately. */
async function fetchCoverage() {
  const [coverage, horizon] = await Promise.all([ask("coverage"), ask("coverage/horizon")]);
  known.coverage = { ...coverage, horizon };
  drawBands(known.coverage.bands_ft, view.veil);
  drawReceivers(known.coverage.receivers);
  if (map.getSource("coverage")) showCoverage(map, known.coverage, view.veil);
}

/** Fetch the incident that is looked at. */
async function fetchIncident() {
  const id = view.incident;
  if (known.whole?.incident.id !== id) fill(byId("incident-body"), element("p", {}, say("incident.loading")));
  known.whole = null;
  if (!id) return;
  try {
    const whole = await ask(`incidents/${encodeURIComponent(id)}`);
    if (id !== view.incident) return;
    known.whole = whole;
    const focused = byId("incident-body").contains(document.activeElement);
    fill(byId("incident-body"), ...incidentPage(whole, {
      rights, show: showAircraftOf, speak: (verb) => askReason(id, verb),
    }));
    if (focused || document.activeElement === document.body) byId("incident-title").focus({ preventScroll: true });
  } catch {
    fill(byId("incident-body"), element("p", {}, say("incident.unknown")));
  }
}

/** Fetch the way of the selected aircraft. */
async function fetchWay() {
  const target = view.aircraft;
  const way = target ? await ask(`aircraft/${encodeURIComponent(target)}`).catch(() => null) : null;
  if (target !== view.aircraft) return;
  known.way = way;
  if (map.getSource("trail")) drawTrails();
  drawSelected(target, way?.aircraft ?? null, known.marked.get(target), openIncident);
}

/** Fetch the ways of all aircraft in view, where they are to be seen. */
async function fetchTrails() {
  const [south, west, north, east] = boxOf(map);
  const found = view.trails ? await ask(`trails?box=${[south, north, west, east].map((one) => one.toFixed(3))}`) : null;
  known.trails = view.trails ? found.trails : [];
  const some = view.trails && found.trails.length < found.aircraft;
  byId("trails-note").textContent = some ? say("trails.some", { shown: found.trails.length, all: found.aircraft }) : "";
  if (map.getSource("trail")) drawTrails();
}

/** Give the map its layers, once it has its style. */
function begun() {
  addLayers(map, theme());
  showZones(map, known.zones);
  showWhole(map, ["ground", "zones"]);
  draw();
  positions.look(boxOf(map));
  if (view.trails) fetchTrails().catch(() => undefined);
}

/** Hear what is done to the page. */
function hear() {
  map.on("moveend", () => {
    positions.look(boxOf(map));
    const { lat, lng } = map.getCenter();
    view = { ...view, lat, lon: lng, zoom: map.getZoom() };
    writeView(view, false);
    if (view.trails) fetchTrails().catch(() => undefined);
  });
  map.on("click", (/** @type {any} */ { point }) => {
    const target = aircraftAt(map, point);
    if (target !== null) selectAircraft(target);
    else if (view.aircraft) change({ aircraft: "" });
  });
  addEventListener("popstate", () => {
    // First what is looked at, then the map: it tells the address where it came to.
    view = readView();
    const { lat, lon, zoom, lang } = view;
    speak(lang);
    if (lat !== null && lon !== null && zoom !== null) map.jumpTo({ center: [lon, lat], zoom });
    dressMap();
    void fetchWay();
    void fetchIncident();
    fetchTrails().catch(() => undefined);
    draw();
  });
  for (const tab of TABS) byId(`tab-${tab}`).addEventListener("click", () => change({ tab }));
  byId("filter").addEventListener("input", (event) => {
    change({ filter: /** @type {HTMLInputElement} */ (event.target).value }, { step: false });
  });
  byId("language").addEventListener("change", (event) => {
    view.lang = /** @type {HTMLSelectElement} */ (event.target).value;
    writeView(view, true);
    location.reload();
  });
  byId("veil").addEventListener("change", (event) => {
    change({ veil: /** @type {HTMLSelectElement} */ (event.target).value });
  });
  byId("theme").addEventListener("click", turnTheme);
  dark.addEventListener("change", () => change({}, { step: false }));
  byId("incident-back").addEventListener("click", () => change({ incident: "" }));
  byId("selected-close").addEventListener("click", () => change({ aircraft: "" }));
  byId("incidents-more").addEventListener("click", () => {
    known.most_incidents = Math.min(MOST_INCIDENTS, known.most_incidents * 3);
    fetchIncidents().catch(() => undefined);
  });
  byId("logout").addEventListener("click", () => ask("session", { method: "DELETE" }).catch(() => undefined).then(goToLogin));
  hearStatements((id) => {
    fetchIncidents().catch(() => undefined);
    if (id === view.incident) void fetchIncident();
    fill(byId("announce"), say("say.done"));
  });
  const tab = (/** @type {string} */ name) => () => {
    change({ tab: name });
    byId(`tab-${name}`).focus();
  };
  hearKeys({
    L: () => change({ labels: !view.labels }), T: () => change({ trails: !view.trails }), F: () => byId("filter").focus(),
    J: tab("incidents"), A: tab("aircraft"), Z: tab("zones"), D: turnTheme, "?": showHelp, Escape: closeOne,
    M: () => {
      change({ tab: narrow() ? "map" : view.tab });
      map.getCanvas().focus();
    },
  });
}

function turnTheme() {
  change({ theme: theme() === "dark" ? "light" : "dark" });
}

/** Close what was opened last. */
function closeOne() {
  const filter = byId("filter");
  if (document.activeElement === filter) filter.blur();
  else if (view.incident) change({ incident: "" });
  else if (view.aircraft) change({ aircraft: "" });
}

/** Follow the record and the status from now on. */
async function follow() {
  const incidentsSoon = soon(fetchIncidents);
  const wholeSoon = soon(fetchIncident);
  const zonesSoon = soon(fetchZones);
  const zonesFirst = fetchZones();
  // Where all fail alike, the first is enough.
  zonesFirst.catch(() => undefined);
  // The status first: what is recorded after it comes as events.
  known.status = await ask("status");
  let law = known.status.zones;
  await Promise.all([fetchIncidents(), zonesFirst]);
  for (const { incident } of known.marked.values()) {
    if (incident.phase === "predicted") fetchEntry(incident.id).catch(() => undefined);
  }
  followRecords(known.status.records, {
    record(record) {
      event_ms = performance.now();
      known.takeRecord(record);
      announce(record);
      incidentsSoon();
      if (view.incident && [record.incident, record.body.warning].includes(view.incident)) wholeSoon();
    },
    status(status) {
      event_ms = performance.now();
      unreachable = null;
      known.status = status;
      if (law !== status.zones) zonesSoon();
      law = status.zones;
      drawMoving();
      drawTrouble();
    },
    cut() {
      ask("status").catch(() => undefined);
    },
    anew() {
      incidentsSoon();
      zonesSoon();
    },
  });
}

/**
 * Fetch where an aircraft is expected to enter, which was said before this page was opened.
 * @param {string} id
 */
async function fetchEntry(id) {
  for (const record of (await ask(`incidents/${encodeURIComponent(id)}`)).records) known.takeRecord(record);
}

/** Draw whether the page is cut off; what it shows then is grey. */
function drawTrouble() {
  const old = drawBanner(known.status, known.now_ms, {
    silent_s: (performance.now() - event_ms) / 1000, positions_s: (performance.now() - frame_ms) / 1000,
    broken, unreachable,
  });
  document.body.classList.toggle("old", old);
}

/** Begin, and begin again where the server does not answer yet. */
async function begin() {
  try {
    const [{ rights: granted, via }] = await Promise.all([session(), following ??= follow()]);
    rights = granted;
    byId("logout").hidden = via !== "login";
    unreachable = null;
  } catch (error) {
    unreachable = /** @type {Error} */ (error).message;
    if (!known.status) following = null;
    setTimeout(begin, 3000);
  }
  drawTrouble();
  draw();
  if (view.incident) void fetchIncident();
}

hear();
// With the style, not after the first picture of it: one picture fewer to draw.
map.on("style.load", begun);
map.on("load", () => {
  document.body.dataset.drawn = "true";
  void namePlaces(map);
  fetchCoverage().catch(() => undefined);
});
setInterval(drawTrouble, 1000);
setInterval(() => {
  if (view.aircraft) void fetchWay();
}, WAY_MS);
setInterval(() => {
  if (view.trails) fetchTrails().catch(() => undefined);
}, TRAILS_MS);
setInterval(() => fetchZones().catch(() => undefined), ZONES_MS);
setInterval(() => fetchCoverage().catch(() => undefined), COVERAGE_MS);
draw();
if (view.aircraft) void fetchWay();
void begin();
