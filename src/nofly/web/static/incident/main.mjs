/** The page of one incident: brings together what the server says of it, the moment looked at, and what is drawn. */

import { nameOf } from "../page/aircraft_layer.mjs";
import { ask, goToLogin, session } from "../page/api.mjs";
import { byId, element, fill } from "../page/dom.mjs";
import { followRecords } from "../page/events.mjs";
import { addIcons } from "../page/icons.mjs";
import { createMap, namePlaces, themeMap } from "../page/map.mjs";
import { askReason, hearStatements } from "../page/statement.mjs";
import { toldText } from "../page/sentences.mjs";
import { clock, feet, height } from "../page/units.mjs";
import { learn, say, sayWord, speak, spoken, translatePage } from "../page/words.mjs";
import { addZoneNames, addZones, showZones, themeZoneNames, themeZones } from "../page/zone_layer.mjs";
import { drawBoundary, signedDistance } from "./boundary.mjs";
import { showEvidence } from "./evidence.mjs";
import { finding, kindOf } from "./finding.mjs";
import { datumOf, drawProfile } from "./profile.mjs";
import { exportsOf, gaps, law, life, saidOf, toldTo } from "./record.mjs";
import { Replay } from "./replay.mjs";
import { inWords, placeError, ReportTable } from "./report_table.mjs";
import { heightError_m, placeAt, trackOf } from "./track.mjs";
import { DATUMS, mapAddress, readView, writeView } from "./view.mjs";
import { addWay, lookAtWay, showMoment, showWay, themeWay } from "./way_layer.mjs";
import { MORE_EN } from "./words_en.mjs";
import { MORE_UK } from "./words_uk.mjs";

const SETTLE_MS = 300;
const RETRY_MS = 3000;
const VERBS = { acknowledge: "say", mute: "say", exempt: "decide", clear: "decide" };
const SIGNS = ["flown", "between", "gap", "unknown", "doubtful", "error", "entry", "exit"];

let view = readView();
/** @type {any} the incident as the API has it */
let whole = null;
/** @type {any} the reports as the API has them */
let told = null;
/** @type {import("./track.mjs").Track | null} */
let track = null;
/** @type {import("./plot.mjs").Plot[]} */
let plots = [];
/** @type {string[]} */
let rights = [];
let saidKind = "";
/** @type {(value?: unknown) => void} */
let beShown = () => undefined;
/** Over once the page shows its incident, or says that there is none. */
const shown = new Promise((done) => beShown = done);
/** @type {number | undefined} */
let writing;

const dark = matchMedia("(prefers-color-scheme: dark)");
/** @returns {import("../page/colours.mjs").Theme} */
const theme = () => view.theme === "light" || view.theme === "dark" ? view.theme : dark.matches ? "dark" : "light";

learn({ en: MORE_EN, uk: MORE_UK });
speak(view.lang);
dress();
const map = createMap(byId("map"), /** @type {any} */ ({ lat: null, lon: null, zoom: null }), theme());
const replay = new Replay(showAt, rest);
const table = new ReportTable(byId("reports"), go);

/** Dress the page in the language and the theme of the view. */
function dress() {
  document.documentElement.dataset.theme = theme();
  document.title = say("incident.title", { who: "nofly" });
  translatePage();
  /** @type {HTMLSelectElement} */ (byId("language")).value = spoken();
}

/**
 * Go to a moment by hand.
 * @param {number} ms
 */
function go(ms) {
  replay.stop();
  replay.go(ms);
}

/** The datum that heights are shown on. */
const datum = () => view.datum || (track ? datumOf(track, told.volumes, whole.incident.height_datum) : "STD");

/** The stays, as the plots draw them. */
function stays() {
  const { incident, verdicts } = whole;
  const found = verdicts.length ? verdicts : incident.entry_time ? [incident] : [];
  return found.map((/** @type {any} */ one) => ({
    start_ms: Date.parse(one.entry_time), end_ms: one.exit_time ? Date.parse(one.exit_time) : /** @type {any} */ (track).end_ms,
    kind: kindOf({ ...one, credible: incident.credible }),
  }));
}

/** Entries and exits, as the map draws them: of the verdicts, or of the record where there are none yet. */
function ends() {
  const { incident, verdicts, records } = whole;
  /** @type {(lat_deg: number, lon_deg: number, time: string, entry: boolean, of: any) => any} */
  const end = (lat_deg, lon_deg, time, entry, of) => ({
    lat_deg, lon_deg, entry, kind: kindOf({ ...of, credible: incident.credible }),
    said: `${say(entry ? "incident.entry" : "incident.exit")}\n${clock(time)}`,
  });
  const found = verdicts.length ? verdicts.flatMap((/** @type {any} */ one) => [
    end(one.entry_lat_deg, one.entry_lon_deg, one.entry_time, true, one),
    end(one.exit_lat_deg, one.exit_lon_deg, one.exit_time, false, one),
  ]) : records.filter((/** @type {any} */ { kind }) => ["entered", "re-entered", "exited"].includes(kind)).map(
    (/** @type {any} */ { kind, time, body }) => end(body.lat_deg, body.lon_deg, time, kind !== "exited", incident));
  return found.filter((/** @type {any} */ { lat_deg, lon_deg }) => Number.isFinite(lat_deg) && Number.isFinite(lon_deg));
}

/**
 * Show everything as of a moment.
 * @param {number} ms
 */
function showAt(ms) {
  if (!track) return;
  const place = placeAt(track, ms);
  for (const plot of plots) plot.point(ms);
  const seen = place.kind === "report" || place.kind === "between";
  const report = seen ? track.reports[place.part > 0.5 ? place.row + 1 : place.row] : null;
  table.mark(place.row);
  sayMoment(place);
  byId("profile-said").textContent = report ? heightInWords(report) : say("moment.unseen");
  byId("boundary-said").textContent = report ? `${signedDistance(report.inside_m)} ${placeError(report)}` : say("moment.unseen");
  const marks = place.row >= 0 ? track.reports[place.row].marks : [];
  fill(byId("report-marks"), marks.length ? `${say("report.against")} ` : "",
    marks.map(toldText).join("; "));
  if (map.getSource("moment")) {
    const at = showMoment(map, track, place, { datum: datum(), theme: theme(), said: say(`moment.short.${place.kind}`) });
    byId("map").dataset.aircraft = at ? `${place.kind} ${at.lat_deg.toFixed(5)} ${at.lon_deg.toFixed(5)}` : "";
  }
}

/** @param {import("./track.mjs").Report} report */
function heightInWords(report) {
  const alt_m = report.alt_m[datum()];
  if (alt_m === null) return say("height.unknown");
  const error_ft = Math.round(feet(heightError_m(/** @type {any} */ (track), report, datum())));
  return `${height(alt_m, datum())} ± ${error_ft} ft`;
}

/** @param {import("./track.mjs").Place} place */
function sayMoment({ kind, row }) {
  const reports = /** @type {any} */ (track).reports;
  const [here, next] = [reports[row], reports[row + 1]];
  const text = say(`moment.${kind}`, {
    from: here ? clock(here.ms) : "", to: next ? clock(next.ms) : "",
    report: kind === "report" ? inWords(here, datum()) : "",
  });
  byId("moment-said").textContent = text;
  byId("moment-said").className = `moment-said ${kind}`;
  if (kind !== saidKind && kind !== "report" && kind !== "between") byId("announce").textContent = text;
  saidKind = kind;
}

/** Say in the address where the moment rests, not at every step on the way. */
function rest() {
  view = { ...view, moment_ms: replay.moment_ms, speed: replay.speed };
  clearTimeout(writing);
  writing = setTimeout(() => writeView(view), SETTLE_MS);
}

/** Draw what hangs on incident, track, datum, theme or width. */
function draw() {
  if (!whole || !track) return;
  const { incident, verdicts } = whole;
  const name = `${nameOf(incident)} · ${incident.zone_name || incident.zone_id || "?"}`;
  byId("title").textContent = name;
  document.title = say("incident.title", { who: name });
  fill(byId("finding-body"), ...finding(whole, theme()));
  drawVerbs();
  fill(byId("said"), saidOf(whole));
  fill(byId("law"), law(told));
  fill(byId("gaps"), ...gaps(track, go));
  fill(byId("life"), life(whole));
  fill(byId("alerts"), toldTo(whole));
  fill(byId("exports"), ...exportsOf(whole));
  showEvidence(byId("evidence"), whole);
  fill(byId("signs"), ...SIGNS.map((sign) => element("li", {}, element("span", { class: `way-sign ${sign}` }), say(`sign.${sign}`))));
  const place = ends()[0] ?? track.reports[0] ?? null;
  /** @type {HTMLAnchorElement} */ (byId("to-map")).href = mapAddress(view, place, incident.target_id);
  byId("reports-count").textContent = say("report.count", {
    count: track.reports.length, marked: track.reports.filter(({ marks }) => marks.length).length,
  });
  byId("whole").hidden = byId("scrub").hidden = false;
  byId("whole").dataset.kind = kindOf({ ...incident, certainty: verdicts.length ? incident.certainty : null });
  map.resize();
  drawPlots();
}

/** Draw the plots and the table, on the datum. */
function drawPlots() {
  if (!track) return;
  const choice = /** @type {HTMLSelectElement} */ (byId("datum"));
  fill(choice, ...DATUMS.map((one) => element("option", { value: one }, say(`datum.${one}`))));
  choice.value = datum();
  plots = [
    drawProfile(byId("profile"), track, { datum: datum(), volumes: told.volumes, stays: stays(), go }),
    drawBoundary(byId("boundary"), track, { stays: stays(), go }),
  ];
  table.show(track.reports, datum());
  showAt(replay.moment_ms);
}

/** Draw what may be said of it by whoever looks. */
function drawVerbs() {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.verb : undefined;
  fill(byId("verbs"), ...Object.entries(VERBS).filter(([, right]) => rights.includes(right)).map(([verb]) => element(
    "button", { type: "button", title: say(`say.${verb}.what`), "data-verb": verb, click: () => askReason(whole.incident.id, verb) },
    say(`say.${verb}`))));
  if (focused) /** @type {HTMLElement | null} */ (byId("verbs").querySelector(`[data-verb=${focused}]`))?.focus();
}

/** Draw the way on the map, where both are there. */
function drawWayOnMap() {
  if (!track || !map.getSource("way")) return;
  showZones(map, { type: "FeatureCollection", features: told.zone ? [told.zone] : [] });
  showWay(map, track, ends());
  showAt(replay.moment_ms);
}

/** Fetch the incident with its reports, and draw them. */
async function fetchAll() {
  const first = whole === null;
  const path = `incidents/${encodeURIComponent(view.id)}`;
  const [incident, reports] = await Promise.all([ask(path), ask(`${path}/track`)]);
  [whole, told] = [incident, reports];
  track = trackOf(told, whole.verdicts.flatMap((/** @type {any} */ one) => [one.entry_time, one.exit_time])
    .concat(whole.incident.entry_time, whole.incident.exit_time));
  byId("whole").hidden = byId("scrub").hidden = false;
  replay.take(track, first ? view.moment_ms ?? startOf() : replay.moment_ms, view.speed);
  draw();
  drawWayOnMap();
  if (first) lookAtWay(map, track, ends());
}

/** The moment that is shown first: that of the entry, or else the first. */
const startOf = () => whole.incident.entry_time ? Date.parse(whole.incident.entry_time) : /** @type {any} */ (track).start_ms;

/** Follow what happens to it from now on. */
async function follow() {
  const status = await ask("status");
  let waiting = false;
  followRecords(status.records, {
    record({ incident, kind }) {
      if (waiting || ![whole.incident.id, whole.incident.warning].includes(incident)) return;
      waiting = true;
      byId("announce").textContent = sayWord("kind", kind);
      setTimeout(() => {
        waiting = false;
        fetchAll().catch(() => undefined);
      }, SETTLE_MS);
    },
    status: () => fill(byId("banner")),
    cut() {
      fill(byId("banner"), element("p", { class: "warning" }, say("banner.old")));
      ask("status").catch(() => undefined);
    },
    anew: () => undefined,
  });
}

/** Give the map its layers, once it has its style. */
function addLayers() {
  addIcons(map);
  addZones(map, theme());
  // Under the way, what is said of a moment comes first; the name of the zone makes room for it.
  addZoneNames(map, theme());
  addWay(map, theme());
  void namePlaces(map);
  drawWayOnMap();
  void shown.then(() => {
    map.once("idle", () => document.body.dataset.drawn = "true");
    map.triggerRepaint();
  });
}

/** Turn dark to light, or light to dark. */
function turnTheme() {
  view.theme = theme() === "dark" ? "light" : "dark";
  writeView(view);
  dressAgain();
}

function dressAgain() {
  dress();
  draw();
  if (!map.getSource("way")) return;
  for (const one of [themeMap, themeZones, themeZoneNames, themeWay]) one(map, theme());
  showAt(replay.moment_ms);
}

/** Hear what is done to the page. */
function hear() {
  map.on("load", addLayers);
  byId("theme").addEventListener("click", turnTheme);
  dark.addEventListener("change", dressAgain);
  byId("language").addEventListener("change", (event) => {
    writeView({ ...view, moment_ms: replay.moment_ms, lang: /** @type {HTMLSelectElement} */ (event.target).value });
    location.reload();
  });
  byId("datum").addEventListener("change", (event) => {
    view.datum = /** @type {HTMLSelectElement} */ (event.target).value;
    writeView(view);
    drawPlots();
  });
  byId("logout").addEventListener("click", () => ask("session", { method: "DELETE" }).finally(goToLogin));
  hearStatements(() => {
    byId("announce").textContent = say("say.done");
    fetchAll().catch(() => undefined);
  });
  document.addEventListener("keydown", (event) => {
    const busy = event.target instanceof Element && event.target.closest("input, textarea, select, button, dialog, a, canvas");
    if (event.ctrlKey || event.altKey || event.metaKey || (busy && event.key === " ")) return;
    if (event.target instanceof Element && event.target.closest("dialog, textarea, select")) return;
    const act = { " ": () => replay.turn(), ",": () => replay.step(-1), ".": () => replay.step(1), d: turnTheme }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  let wide_px = 0;
  new ResizeObserver(() => {
    const now_px = byId("profile").clientWidth;
    if (now_px === wide_px) return;
    wide_px = now_px;
    drawPlots();
  }).observe(byId("profile"));
}

/** Begin, and begin again where the server does not answer yet. */
async function begin() {
  try {
    const { rights: granted, via } = await session();
    rights = granted;
    byId("logout").hidden = via !== "login";
    await fetchAll();
    beShown();
    await follow();
    fill(byId("banner"));
  } catch (error) {
    const { status, message } = /** @type {import("../page/api.mjs").Refused} */ (error);
    const unknown = status === 400 || status === 404 || !view.id;
    fill(byId("banner"), unknown ? element("p", { class: "warning" }, say("incident.unknown"))
      : element("p", { class: "alarm" }, say("banner.unreachable", { why: message })));
    if (unknown) beShown();
    else setTimeout(begin, RETRY_MS);
  }
}

hear();
void begin();
