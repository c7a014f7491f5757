/** Whether anything is watched at all: always in view, and unmissable when not. Silence is not safety. */

import { byId, element, fill, refill } from "./dom.mjs";
import { toldText } from "./sentences.mjs";
import { clock, duration } from "./units.mjs";
import { say, sayWord } from "./words.mjs";

/** The server says something every 10 s; nothing for so long, and the page is cut off. */
const CUT_OFF_S = 25;
/** Positions come every second. Where the line is known to be broken, it is said sooner. */
const NO_POSITIONS_S = 10;
const BROKEN_S = 2;
/** The picture of a watch of the present is not older. */
const REPLAY_S = 120;
const SIGNS = { alive: "●", connecting: "◌", stalled: "▲", failed: "✕", ended: "■" };

/**
 * Draw the feeds and the moment that is shown.
 * @param {any} status as the API has it
 * @param {number} now_ms as of when the picture is
 */
export function drawFeeds(status, now_ms) {
  byId("asof").textContent = clock(now_ms, isReplay(status));
  const chips = status.feeds.map((/** @type {any} */ feed) => {
    const why = [feed.why && toldText(feed.why), feed.error, feed.silent_since && say("feed.silent", { time: clock(feed.silent_since, true) })];
    const rate = feed.status === "alive" ? ` ${say("feed.rate", { rate: Math.round(feed.positions_per_s) })}` : "";
    const sign = SIGNS[/** @type {keyof typeof SIGNS} */ (feed.status)] ?? "?";
    return element("li", { "data-key": feed.name, class: `feed ${feed.status}`, title: why.filter(Boolean).join(" · ") || null },
      element("span", { "aria-hidden": "true" }, sign), ` ${feed.name}: ${sayWord("feed", feed.status)}${rate}`);
  });
  refill(byId("feeds"), chips.length ? chips : [element("li", { class: "feed failed", "data-key": "none" }, say("nofeeds"))]);
  byId("watched").textContent = say("watched.aircraft", { count: status.aircraft });
}

/** @param {any} status */
const isReplay = (status) => Math.abs(Date.parse(status.time) - Date.parse(status.picture_time)) > REPLAY_S * 1000;

/**
 * Draw what must not be missed. Returns whether what the map shows is old.
 * @param {any} status null where none is known
 * @param {number} now_ms as of when the picture is
 * @param {{ silent_s: number, positions_s: number, broken: boolean, unreachable: string | null }} line
 *   for how long nothing came, whether that of positions is broken
 * @returns {boolean}
 */
export function drawBanner(status, now_ms, { silent_s, positions_s, broken, unreachable }) {
  /** @type {[kind: string, text: string][]} */
  const said = [];
  const cut = silent_s >= CUT_OFF_S;
  const blind = positions_s >= (broken ? BROKEN_S : NO_POSITIONS_S);
  if (unreachable) said.push(["alarm", say("banner.unreachable", { why: unreachable })]);
  if (cut) said.push(["alarm", say("banner.cut", { duration: duration(silent_s) })]);
  else if (blind) said.push(["alarm", say("banner.positions", { duration: duration(positions_s) })]);
  if (status && !cut) {
    const since = status.unmonitored_since ? say("banner.since", { time: clock(status.unmonitored_since, true) }) : "";
    const reasons = status.reasons.map(toldText).join("; ");
    if (!status.monitored) said.push(["alarm", [say("banner.unmonitored"), since, reasons].filter(Boolean).join(" ")]);
    else if (reasons) said.push(["warning", say("banner.trouble", { why: reasons })]);
    if (isReplay(status)) said.push(["replay", say("banner.replay", { time: clock(now_ms, true) })]);
  }
  const banner = byId("banner");
  const key = said.map(([kind, text]) => `${kind}${text.replace(/[\d:]+/g, "")}`).join("\n");
  if (banner.dataset.key === key) said.forEach(([, text], i) => fill(banner.children[i], text));
  else {
    banner.dataset.key = key;
    fill(banner, ...said.map(([kind, text]) => element("p", { class: kind, role: kind === "alarm" ? "alert" : "status" }, text)));
  }
  return cut || blind || unreachable !== null;
}
