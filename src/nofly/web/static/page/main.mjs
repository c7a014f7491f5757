/** The map page: brings together what comes from the server, what is looked at, and what is drawn. */

import { showAircraft, showLabels } from "./aircraft_layer.mjs";
import { addLayers, themeLayers } from "./all_layers.mjs";
import { announce } from "./announcements.mjs";
import { ask, session } from "./api.mjs";
import { byId, fill } from "./dom.mjs";
import { showCoverage } from "./coverage_layer.mjs";
import { followRecords } from "./events.mjs";
import { drawBanner, drawFeeds } from "./feeds.mjs";
import { Fetches } from "./fetches.mjs";
import { hear, narrow } from "./hearing.mjs";
import { drawIncidents } from "./incident_list.mjs";
import { incidentPage } from "./incident_page.mjs";
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
import { boundsOf, showZones } from "./zone_layer.mjs";

const ZONES_MS = 10_000;
const COVERAGE_MS = 30_000;
const WAY_MS = 2000;
const TRAILS_MS = 5000;
/** So long the map waits for the zones, which say where it begins. */
const PLACING_MS = 1000;
const known = new Known();
let view = readView();
/** @type {string[]} */
let rights = [];
/** @type {string | null} */
let unreachable = null;
let event_ms = performance.now();
let frame_ms = performance.now();
/** Whether the map is on the screen: thousands of aircraft before it would delay it. */
let shown = false;
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

const fetches = new Fetches(map, known, () => view, {
  moving: () => drawMoving(), trails: () => drawTrails(), zones: () => drawZoneList(),
  selected: () => drawSelected(view.aircraft, known.way?.aircraft ?? null, known.marked.get(view.aircraft), openIncident),
  incident: (whole) => incidentPage(whole, {
    rights, show: showAircraftOf, speak: (verb) => askReason(whole.incident.id, verb),
  }),
});

/** Fetch the zones; the map waits for the first, which say where it begins. */
const zonesAgain = async () => {
  await fetches.zones();
  zonesCame();
};

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
  if (shown) {
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

/** Draw the list of zones. */
const drawZoneList = () => drawZones(known.zones.features, { filter: view.filter, theme: theme(), show: showZone });

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
  drawZoneList();
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
  if (view.aircraft !== before.aircraft) void fetches.way();
  if (view.trails !== before.trails) fetches.trails().catch(() => undefined);
  if (view.incident !== before.incident) void fetches.incident();
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

/** Give the map its layers, once it has its style. */
function begun() {
  addLayers(map, theme());
  showZones(map, known.zones);
  showWhole(map, ["ground", "zones"]).then(() => {
    shown = true;
    drawMoving();
  });
  draw();
  positions.look(boxOf(map));
  if (view.trails) fetches.trails().catch(() => undefined);
}

/** Hear what is done to the page. */
function hearAll() {
  hear(map, {
    view: () => view, change, select: selectAircraft, turnTheme,
    moved() {
      positions.look(boxOf(map));
      const { lat, lng } = map.getCenter();
      view = { ...view, lat, lon: lng, zoom: map.getZoom() };
      writeView(view, false);
      if (view.trails) fetches.trails().catch(() => undefined);
    },
    wentBack() {
      // First what is looked at, then the map: it tells the address where it came to.
      view = readView();
      const { lat, lon, zoom, lang } = view;
      speak(lang);
      if (lat !== null && lon !== null && zoom !== null) map.jumpTo({ center: [lon, lat], zoom });
      dressMap();
      void fetches.way();
      void fetches.incident();
      fetches.trails().catch(() => undefined);
      draw();
    },
    speak(tag) {
      view.lang = tag;
      writeView(view, true);
      location.reload();
    },
    more() {
      known.most_incidents = Math.min(MOST_INCIDENTS, known.most_incidents * 3);
      fetches.incidents().catch(() => undefined);
    },
  });
  dark.addEventListener("change", () => change({}, { step: false }));
  hearStatements((id) => {
    fetches.incidents().catch(() => undefined);
    if (id === view.incident) void fetches.incident();
    fill(byId("announce"), say("say.done"));
  });
}

function turnTheme() {
  change({ theme: theme() === "dark" ? "light" : "dark" });
}

/** Follow the record and the status from now on. */
async function follow() {
  const incidentsSoon = soon(() => fetches.incidents());
  const wholeSoon = soon(() => fetches.incident());
  const zonesSoon = soon(zonesAgain);
  const zonesFirst = zonesAgain();
  // Where all fail alike, the first is enough.
  zonesFirst.catch(() => undefined);
  // The status first: what is recorded after it comes as events.
  known.status = await ask("status");
  let law = known.status.zones;
  await Promise.all([fetches.incidents(), zonesFirst]);
  for (const { incident } of known.marked.values()) {
    if (incident.phase === "predicted") fetches.entry(incident.id).catch(() => undefined);
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
  if (view.incident) void fetches.incident();
}

hearAll();
// With the style, not after the first picture of it: one picture fewer to draw.
map.on("style.load", begun);
map.on("load", () => {
  document.body.dataset.drawn = "true";
  void namePlaces(map);
  fetches.coverage().catch(() => undefined);
});
setInterval(drawTrouble, 1000);
setInterval(() => {
  if (view.aircraft) void fetches.way();
}, WAY_MS);
setInterval(() => {
  if (view.trails) fetches.trails().catch(() => undefined);
}, TRAILS_MS);
setInterval(() => zonesAgain().catch(() => undefined), ZONES_MS);
setInterval(() => fetches.coverage().catch(() => undefined), COVERAGE_MS);
draw();
if (view.aircraft) void fetches.way();
void begin();
