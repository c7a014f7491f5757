/** One incident: what is found, how certain and why, what happened, who was told, what may be said of it. */

import { nameOf } from "./aircraft_layer.mjs";
import { element } from "./dom.mjs";
import { inShort } from "./incident_list.mjs";
import { told, toldText } from "./sentences.mjs";
import { clock, distance, height } from "./units.mjs";
import { say, sayWord } from "./words.mjs";

const VERBS = { acknowledge: "say", mute: "say", exempt: "decide", clear: "decide" };
const FORMS = ["json", "csv", "geojson"];

/**
 * Return the page of an incident.
 * @param {any} whole as the API has it
 * @param {{ rights: string[], show: (incident: any) => void, speak: (verb: string) => void }} how `show` is told
 *   to show its aircraft, `speak` which verb is to be said
 * @returns {Node[]}
 */
export function incidentPage(whole, { rights, show, speak }) {
  const { incident, verdicts, records, alerts } = whole;
  const reasons = verdicts.flatMap((/** @type {any} */ one) => [...(one.reasons ?? []), ...(one.findings ?? [])]);
  const verbs = Object.entries(VERBS).filter(([, right]) => rights.includes(right));
  return [
    element("h2", { tabindex: "-1", id: "incident-title" }, nameOf(incident), " · ", incident.zone_name || incident.zone_id),
    element("p", { class: "short" }, inShort(incident)),
    element("p", { class: "finding" }, sentences(incident, verdicts).join(" ")),
    ...list("reasons", [...new Set(reasons)]),
    ...list("said", incident.said),
    verbs.length ? element("div", { class: "verbs", role: "group", "aria-label": say("say.actions") },
      ...verbs.map(([verb]) => element("button", { type: "button", title: say(`say.${verb}.what`), click: () => speak(verb) },
        say(`say.${verb}`)))) : element("span"),
    element("p", { class: "verbs" },
      element("button", { type: "button", class: "link", click: () => show(incident) }, say("show.aircraft")),
      element("a", { href: wholePage(incident.id), id: "incident-replay" }, say("show.whole"))),
    element("h3", {}, say("life")),
    element("ol", { class: "life" }, ...records.map(happening)),
    ...list("alerts", alerts.map(telling)),
    element("h3", {}, say("exports")),
    exported(incident.id, false),
    exported(incident.id, true),
    element("p", { class: "fine" }, element("code", {}, incident.id)),
  ];
}

/**
 * Return the address of the page with the replay of an incident, in the language and theme of this one.
 * @param {string} id
 */
function wholePage(id) {
  const query = new URLSearchParams({ id });
  for (const name of ["lang", "theme"]) {
    const given = new URLSearchParams(location.search).get(name);
    if (given) query.set(name, given);
  }
  return `/incident.html?${query}`;
}

/**
 * Return the finding as sentences.
 * @param {any} incident
 * @param {any[]} verdicts
 */
export function sentences(incident, verdicts) {
  const values = {
    who: nameOf(incident), zone: incident.zone_name || incident.zone_id, time: clock(incident.predicted_entry_time, true),
    entry: clock(incident.entry_time, true), exit: clock(incident.exit_time, true), last: clock(incident.last_time, true),
  };
  const said = [say(`sentence.${kind(incident)}`, values)];
  const [status, certainty] = [sayWord("status", incident.status), sayWord("certainty", incident.certainty)];
  if (incident.entry_time && status) {
    said.push(certainty ? say("sentence.verdict", { status, certainty }) : say("sentence.status", { status }));
  }
  if (verdicts.length && incident.depth_m !== null) {
    said.push(say("sentence.deep", {
      depth: distance(incident.depth_m), error: distance(incident.depth_err_m ?? 0),
      height: height(incident.height_m, incident.height_datum),
    }));
  }
  if (incident.stays > 1) said.push(say("sentence.stays", { count: incident.stays }));
  if (!incident.credible) said.push(say("sentence.suspect"));
  return said;
}

/** @param {any} incident */
function kind({ phase, entry_time, exit_time, certainty }) {
  if (!entry_time) return phase === "predicted" ? "predicted" : "dropped";
  if (phase === "undetermined") return "unsure";
  if (exit_time) return certainty === "undetermined" ? "maybe" : "left";
  return phase === "lost-inside" || phase === "closed" ? "lost" : "inside";
}

/** @param {any} record */
export function happening({ sequence, time, kind: word, hash, body }) {
  const why = [sayWord("cause", body.cause), body.reason && toldText(body.reason), body.why && `${body.who}: ${body.why}`].filter(Boolean).join(" · ");
  const place = body.height_m === undefined || body.height_m === null ? "" : height(body.height_m, body.height_datum);
  return element("li", { "data-kind": word },
    element("time", { datetime: time }, clock(time)), " ",
    element("strong", {}, sayWord("kind", word)), place ? ` ${place}` : "",
    why ? element("span", { class: "why" }, why) : null,
    element("span", { class: "fine", title: hash }, `#${sequence}`));
}

/** @param {any} one */
export function telling({ channel, delivered, given_up, error, attempts }) {
  if (delivered) return say("alerts.delivered", { channel, time: clock(delivered) });
  if (given_up) return say("alerts.givenup", { channel, time: clock(given_up), error: error ?? "" });
  return say("alerts.waiting", { channel, attempts });
}

/**
 * @param {string} title
 * @param {string[]} items
 * @returns {Node[]}
 */
function list(title, items) {
  if (!items.length) return [];
  return [element("h3", {}, say(title)), element("ul", {}, ...items.map((text) => told("li", {}, text)))];
}

/**
 * @param {string} id
 * @param {boolean} records
 */
function exported(id, records) {
  const links = FORMS.flatMap((form) => [" ", element("a", {
    href: `/api/v1/incidents/${encodeURIComponent(id)}/export?format=${form}${records ? "&records=true" : ""}`,
    download: "",
  }, form.toUpperCase())]);
  return element("p", { class: "exports" }, say(records ? "exports.records" : "exports.verdicts"), ":", ...links);
}
