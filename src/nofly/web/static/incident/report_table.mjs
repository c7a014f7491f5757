/** The reports as a table. Only the rows in sight are drawn; the one of the moment is marked. */

import { element } from "../page/dom.mjs";
import { toldText } from "../page/sentences.mjs";
import { bearing, clock, distance, height, speed, verticalRate } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { signedDistance } from "./boundary.mjs";

const ROW_PX = 28;
const MORE_ROWS = 8;
const COLUMNS = ["time", "height", "inside", "marks", "speed", "track", "vertical", "place", "error"];

/** A table over some reports. */
export class ReportTable {
  /**
   * @param {HTMLElement} host that scrolls
   * @param {(ms: number) => void} go told which moment is asked for
   */
  constructor(host, go) {
    this.host = host;
    this.go = go;
    /** @type {import("./track.mjs").Report[]} */
    this.reports = [];
    this.datum = "";
    this.row = -1;
    this.body = element("tbody");
    this.table = element("table", { class: "reports" },
      element("thead", {}, element("tr", { "aria-rowindex": "1" },
        ...COLUMNS.map((name) => element("th", { scope: "col" }, say(`report.${name}`))))), this.body);
    host.replaceChildren(this.table);
    host.addEventListener("scroll", () => this.draw());
    host.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(host);
  }

  /**
   * Show reports, with heights on a datum.
   * @param {import("./track.mjs").Report[]} reports
   * @param {string} datum
   */
  show(reports, datum) {
    [this.reports, this.datum] = [reports, datum];
    this.table.setAttribute("aria-rowcount", String(reports.length + 1));
    this.row = -1;
    this.draw();
  }

  /**
   * Mark a row, and have it in sight.
   * @param {number} row −1 for none
   */
  mark(row) {
    if (row === this.row) return;
    this.row = row;
    const [top, seen_px] = [Math.max(0, row) * ROW_PX, this.host.clientHeight - 2 * ROW_PX];
    if (top < this.host.scrollTop || top > this.host.scrollTop + seen_px) {
      this.host.scrollTop = Math.max(0, top - seen_px / 2);
    }
    this.draw();
  }

  /** Draw the rows in sight. */
  draw() {
    const from = Math.max(0, Math.floor(this.host.scrollTop / ROW_PX) - MORE_ROWS);
    const until = Math.min(
      this.reports.length, Math.ceil((this.host.scrollTop + this.host.clientHeight) / ROW_PX) + MORE_ROWS,
    );
    const rows = [];
    for (let i = from; i < until; i += 1) rows.push(this.#line(this.reports[i], i));
    this.body.replaceChildren(room(from), ...rows, room(this.reports.length - until));
  }

  /**
   * @param {import("./track.mjs").Report} report
   * @param {number} i
   */
  #line(report, i) {
    const { ms, lat_deg, lon_deg, gs_mps, track_deg, vrate_mps, inside_m, marks } = report;
    const east_deg = ((lon_deg + 180) % 360 + 360) % 360 - 180;
    const against = marks.map(toldText).join("; ");
    const said = [
      `${new Date(ms).toISOString().slice(11, 21)} Z`, height(report.alt_m[this.datum] ?? null, this.datum),
      signedDistance(inside_m),
    ];
    const more = [
      speed(gs_mps), bearing(track_deg), verticalRate(vrate_mps), `${lat_deg.toFixed(5)}, ${east_deg.toFixed(5)}`,
      placeError(report),
    ];
    return element("tr", {
      "aria-rowindex": String(i + 2), "data-row": i, class: marks.length ? "doubtful" : null,
      "aria-current": i === this.row ? "true" : null, click: () => this.go(ms),
    }, ...said.map((text) => element("td", {}, text)),
    element("td", { class: "marks", title: against }, against ? `× ${against}` : ""),
    ...more.map((text) => element("td", {}, text)));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !this.reports.length) return;
    event.preventDefault();
    this.go(this.reports[Math.min(this.reports.length - 1, Math.max(0, this.row + step))].ms);
  }
}

/** @param {number} rows */
function room(rows) {
  const cell = element("td", { colspan: COLUMNS.length });
  cell.style.height = `${rows * ROW_PX}px`;
  return element("tr", { class: "room", "aria-hidden": "true", hidden: rows <= 0 }, cell);
}

/**
 * Return the error of a place, and whether the report states it.
 * @param {import("./track.mjs").Report} report
 */
export const placeError = ({ pos_err_m, judged_err_m }) =>
  `± ${distance(judged_err_m)}${pos_err_m === null ? ` ${say("error.assumed")}` : ""}`;

/**
 * Return what a report says, for the moment's line.
 * @param {import("./track.mjs").Report} report
 * @param {string} datum
 */
export function inWords(report, datum) {
  const { ms, gs_mps, track_deg, inside_m } = report;
  return [clock(ms), height(report.alt_m[datum] ?? null, datum), speed(gs_mps), bearing(track_deg), signedDistance(inside_m)]
    .join(" · ");
}
