/** What the map page fetches: incidents, zones, coverage, the incident and the aircraft that are looked at. */

import { ask } from "./api.mjs";
import { showCoverage } from "./coverage_layer.mjs";
import { byId, element, fill } from "./dom.mjs";
import { boxOf } from "./map.mjs";
import { say } from "./words.mjs";
import { drawBands, drawReceivers } from "./zone_list.mjs";
import { lookAtZones, showZones } from "./zone_layer.mjs";

/**
 * @typedef {object} Draws
 * @property {() => void} moving what moves, and the lists beside it
 * @property {() => void} zones
 * @property {() => void} trails
 * @property {() => void} selected
 * @property {(whole: any) => Node[]} incident
 */

export class Fetches {
  /**
   * @param {any} map
   * @param {import("./known.mjs").Known} known what is fetched is kept there
   * @param {() => import("./view_url.mjs").View} looked at what
   * @param {Draws} draws
   */
  constructor(map, known, looked, draws) {
    this.map = map;
    this.known = known;
    this.looked = looked;
    this.draws = draws;
    /** Whether the address said where to look. */
    this.placed = looked().lat !== null;
  }

  /** Fetch the list of incidents. */
  async incidents() {
    this.known.takeIncidents(await ask(`incidents?limit=${this.known.most_incidents}`));
    this.draws.moving();
  }

  /** Fetch the zones, whose states change with time. */
  async zones() {
    const { map, known } = this;
    const zones = await ask("zones?proposed=true");
    const first = !known.zones.features.length;
    known.zones = zones;
    if (map.getSource("zones")) showZones(map, zones);
    this.draws.zones();
    if (first && zones.features.length && !this.placed) lookAtZones(map, zones.features);
  }

  /** Fetch where something was seen lately. */
  async coverage() {
    const { map, known } = this;
    const [coverage, horizon] = await Promise.all([ask("coverage"), ask("coverage/horizon")]);
    known.coverage = { ...coverage, horizon };
    drawBands(known.coverage.bands_ft, this.looked().veil);
    drawReceivers(known.coverage.receivers);
    if (map.getSource("coverage")) showCoverage(map, known.coverage, this.looked().veil);
  }

  /** Fetch the incident that is looked at. */
  async incident() {
    const { known } = this;
    const id = this.looked().incident;
    const body = byId("incident-body");
    if (known.whole?.incident.id !== id) fill(body, element("p", {}, say("incident.loading")));
    known.whole = null;
    if (!id) return;
    try {
      const whole = await ask(`incidents/${encodeURIComponent(id)}`);
      if (id !== this.looked().incident) return;
      known.whole = whole;
      const focused = body.contains(document.activeElement);
      fill(body, ...this.draws.incident(whole));
      if (focused || document.activeElement === document.body) byId("incident-title").focus({ preventScroll: true });
    } catch {
      fill(body, element("p", {}, say("incident.unknown")));
    }
  }

  /** Fetch the way of the selected aircraft. */
  async way() {
    const target = this.looked().aircraft;
    const way = target ? await ask(`aircraft/${encodeURIComponent(target)}`).catch(() => null) : null;
    if (target !== this.looked().aircraft) return;
    this.known.way = way;
    if (this.map.getSource("trail")) this.draws.trails();
    this.draws.selected();
  }

  /** Fetch the ways of all aircraft in view, where they are to be seen. */
  async trails() {
    const [south, west, north, east] = boxOf(this.map);
    const wanted = () => this.looked().trails;
    const found = wanted() ? await ask(`trails?box=${[south, north, west, east].map((one) => one.toFixed(3))}`) : null;
    this.known.trails = wanted() && found ? found.trails : [];
    const some = wanted() && found && found.trails.length < found.aircraft;
    byId("trails-note").textContent = some ? say("trails.some", { shown: found.trails.length, all: found.aircraft }) : "";
    if (this.map.getSource("trail")) this.draws.trails();
  }

  /**
   * Fetch where an aircraft is expected to enter, which was said before this page was opened.
   * @param {string} id
   */
  async entry(id) {
    for (const record of (await ask(`incidents/${encodeURIComponent(id)}`)).records) this.known.takeRecord(record);
  }
}
