/** The map in another page's frame: what a public link shows, and nothing that can be done. */

import { showAircraft, showLabels } from "../page/aircraft_layer.mjs";
import { addLayers } from "../page/all_layers.mjs";
import { ask, linked, showLink } from "../page/api.mjs";
import { byId } from "../page/dom.mjs";
import { drawBanner, drawFeeds } from "../page/feeds.mjs";
import { Known } from "../page/known.mjs";
import { boxOf, createMap, namePlaces } from "../page/map.mjs";
import { followPositions } from "../page/socket.mjs";
import { readView } from "../page/view_url.mjs";
import { say, speak, translatePage } from "../page/words.mjs";
import { lookAtZones, showZones } from "../page/zone_layer.mjs";

const STATUS_MS = 5000;
const ZONES_MS = 15_000;
const known = new Known();
const view = readView();
const theme = view.theme === "light" || view.theme === "dark" ? view.theme
  : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
let status_ms = performance.now();
let frame_ms = performance.now();
let broken = false;
/** Whether this link shows what is now, so that there are positions to miss. */
let live = true;
/** @type {string | null} */
let unreachable = null;

speak(view.lang);
document.documentElement.dataset.theme = theme;
document.title = say("title");
translatePage();
showLink();
/** @type {HTMLAnchorElement} */ (byId("whole")).href = `/${location.search}${location.hash}`;
const map = createMap(byId("map"), view, theme);

/** Draw what moves. */
function draw() {
  const { aircraft, now_ms, entries, incidents, status } = known;
  if (map.getSource("aircraft")) showAircraft(map, aircraft, { selected: "", theme, now_ms, entries });
  if (status) drawFeeds(status, now_ms);
  byId("inside").textContent = status ? say("embed.incidents", { count: incidents.length }) : "";
}

/** Draw whether what is shown is old. */
function drawTrouble() {
  const old = drawBanner(known.status, known.now_ms, {
    silent_s: (performance.now() - status_ms) / 1000,
    positions_s: live ? (performance.now() - frame_ms) / 1000 : 0, broken: live && broken, unreachable,
  });
  document.body.classList.toggle("old", old);
}

/** Ask how the watch is, and who is inside. */
async function askStatus() {
  try {
    const [status, incidents] = await Promise.all([ask("status"), ask("incidents?open=true&limit=200")]);
    known.status = status;
    known.takeIncidents(incidents);
    status_ms = performance.now();
    unreachable = null;
  } catch (error) {
    unreachable = linked() ? /** @type {Error} */ (error).message : say("embed.nolink");
  }
  draw();
  drawTrouble();
}

/** Ask for the zones, whose states change with time. */
async function askZones() {
  const first = !known.zones.features.length;
  known.zones = await ask("zones");
  if (map.getSource("zones")) showZones(map, known.zones);
  if (first && known.zones.features.length && view.lat === null) lookAtZones(map, known.zones.features);
}

/** Begin to show what the link shows. */
async function begin() {
  live = !(await ask("session").catch(() => ({ delay_s: 0 }))).delay_s;
  if (!live) return;
  const positions = followPositions({
    frame(frame, names) {
      frame_ms = performance.now();
      broken = false;
      known.takeFrame(frame, names);
      draw();
    },
    cut() {
      broken = true;
    },
  });
  positions.look(boxOf(map));
  map.on("moveend", () => positions.look(boxOf(map)));
}

map.on("style.load", () => {
  addLayers(map, theme);
  showLabels(map, view.labels);
  showZones(map, known.zones);
  void namePlaces(map);
  draw();
});
map.on("load", () => document.body.dataset.drawn = "true");
setInterval(drawTrouble, 1000);
setInterval(askStatus, STATUS_MS);
setInterval(() => askZones().catch(() => undefined), ZONES_MS);
void askStatus();
askZones().catch(() => undefined);
if (linked()) void begin();
