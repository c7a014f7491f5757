/** What the page knows of the watch, and what follows from it. */

import { markedAircraft } from "./marks.mjs";

const FIRST_INCIDENTS = 200;
export const MOST_INCIDENTS = 1000;

/** @typedef {import("./aircraft_layer.mjs").Aircraft} Aircraft */

export class Known {
  constructor() {
    /** @type {any} */
    this.status = null;
    /** @type {any[]} */
    this.incidents = [];
    /** Whether there are older incidents than those known. */
    this.more = false;
    this.most_incidents = FIRST_INCIDENTS;
    /** @type {any} */
    this.zones = { type: "FeatureCollection", features: [] };
    /** @type {Map<string, { incident: any, mark: import("./marks.mjs").Mark }>} */
    this.marked = new Map();
    /** Where an aircraft is expected to enter, by incident. @type {Map<string, { lat_deg: number, lon_deg: number }>} */
    this.entries = new Map();
    /** In view. @type {Aircraft[]} */
    this.aircraft = [];
    /** How many aircraft are known in all. */
    this.count = 0;
    /** As of when the picture is. */
    this.now_ms = Date.now();
    /** Where something was seen lately. @type {any} */
    this.coverage = null;
    /** The incident that is shown, whole. @type {any} */
    this.whole = null;
    /** The way of the selected aircraft. @type {any} */
    this.way = null;
    /** The ways of all aircraft in view, where they are shown. @type {{ target_id: string, places: any[] }[]} */
    this.trails = [];
    /** @type {Map<number, import("./socket.mjs").Name>} */
    this.names = new Map();
    /** @type {import("./frames.mjs").Report[]} */
    this.reports = [];
  }

  /** @param {{ incidents: any[], next: string | null }} told */
  takeIncidents({ incidents, next }) {
    this.incidents = incidents;
    this.more = next !== null && this.most_incidents < MOST_INCIDENTS;
    this.marked = markedAircraft(incidents);
    this.join();
  }

  /**
   * @param {{ time_ms: number, known: number, reports: import("./frames.mjs").Report[] }} frame
   * @param {Map<number, import("./socket.mjs").Name>} names
   */
  takeFrame({ time_ms, known, reports }, names) {
    Object.assign(this, { now_ms: time_ms, count: known, reports, names });
    this.join();
  }

  /** @param {any} record */
  takeRecord({ kind, incident, body }) {
    if (kind === "predicted" && incident && typeof body.lat_deg === "number") {
      this.entries.set(incident, { lat_deg: body.lat_deg, lon_deg: body.lon_deg });
    }
  }

  /** Join reports, names and incidents. */
  join() {
    this.aircraft = this.reports.map((report) => {
      const name = this.names.get(report.number)
        ?? { target_id: `#${report.number}`, callsign: null, squawk: null, category: null, source: null };
      const marked = this.marked.get(name.target_id);
      return { ...report, ...name, mark: marked?.mark ?? null, incident: marked?.incident ?? null };
    });
  }
}
