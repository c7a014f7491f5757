/** What stands behind the finding: law, gaps, life, who was told, what was said, and what may be taken along. */

import { element } from "../page/dom.mjs";
import { happening, telling } from "../page/incident_page.mjs";
import { told } from "../page/sentences.mjs";
import { clock, duration } from "../page/units.mjs";
import { say } from "../page/words.mjs";

const HASH_DIGITS = 12;
/** What each export is, and its query; the last is a proof. */
const EXPORTS = [
  ["export.json", "export?format=json"], ["export.csv", "export?format=csv"], ["export.geojson", "export?format=geojson"],
  ["export.kml", "export?format=kml"], ["export.recordscsv", "export?format=csv&records=true"],
  ["export.records", "export?format=json&records=true"],
];

/**
 * Return the law that was judged by: limits, schedule, rules considered, source, hash.
 * @param {any} track as the API has it
 * @returns {Node}
 */
export function law({ law: sentences }) {
  if (!sentences.length) return element("p", {}, say("law.unknown"));
  return element("ul", { class: "law" }, ...sentences.map((/** @type {string} */ text) => told("li", {}, text)));
}

/**
 * Return the times in which it was not seen.
 * @param {import("./track.mjs").Track} track
 * @param {(ms: number) => void} go
 * @returns {Node[]}
 */
export function gaps({ gaps: found, gap_ms, whole, reports }, go) {
  const said = [];
  if (!reports.length) said.push(element("p", {}, say("gaps.noreports")));
  else if (!found.length) said.push(element("p", {}, say("gaps.none", { duration: duration(gap_ms / 1000) })));
  if (!whole) said.push(element("p", { class: "partial" }, say("gaps.partial")));
  return [...said, element("ul", {}, ...found.map(({ start_ms, end_ms }) => element("li", {}, element("button", {
    type: "button", class: "gap", click: () => go((start_ms + end_ms) / 2),
  }, say("gaps.gap", { from: clock(start_ms), to: clock(end_ms), duration: duration((end_ms - start_ms) / 1000) })))))];
}

/**
 * Return the life of the incident: its records, each with its place in the chain of hashes.
 * @param {any} whole as the API has it
 * @returns {Node}
 */
export function life({ records }) {
  return element("ol", { class: "life" }, ...records.map((/** @type {any} */ record) => {
    const item = happening(record);
    item.append(element("code", { class: "hash", title: say("life.hash", record) }, record.hash.slice(0, HASH_DIGITS), "…"));
    return item;
  }));
}

/**
 * Return who was told.
 * @param {any} whole as the API has it
 * @returns {Node}
 */
export function toldTo({ alerts }) {
  if (!alerts.length) return element("p", {}, say("alerts.none"));
  return element("ul", {}, ...alerts.map((/** @type {any} */ one) => element("li", {}, telling(one))));
}

/**
 * Return what people said of it.
 * @param {any} whole as the API has it
 * @returns {Node}
 */
export function saidOf({ incident, records }) {
  const told = records.filter((/** @type {any} */ { body }) => body.who && body.why).map((/** @type {any} */ { time, body, kind }) =>
    element("li", {}, `${clock(time, true)} ${say(`kind.${kind}`)}: “${body.why}” (${body.who})`));
  const rest = told.length ? told : incident.said.map((/** @type {string} */ text) => element("li", {}, text));
  return rest.length ? element("ul", {}, ...rest) : element("p", {}, say("said.none"));
}

/**
 * Return what may be taken along.
 * @param {any} whole as the API has it
 * @returns {Node[]}
 */
export function exportsOf({ incident, verdicts }) {
  const at = `/api/v1/incidents/${encodeURIComponent(incident.id)}/`;
  const link = (/** @type {string} */ name, /** @type {string} */ path) =>
    element("li", {}, element("a", { href: at + path, download: "" }, say(name)));
  return [
    element("ul", { class: "takeaway" }, ...EXPORTS.map(([name, path]) => link(name, path)),
      verdicts.length ? link("export.picture", "picture") : element("li", {}, say("export.nopicture"))),
    element("p", { class: "fine" }, say("export.verify"), " ", element("code", {}, "nofly incidents verify FILE")),
  ];
}
