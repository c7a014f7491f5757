/** How a zone stands, and what it says. */

import { clock } from "../page/units.mjs";
import { say } from "../page/words.mjs";

/**
 * Return until when a zone stands as it does, or from when it holds; empty where that is not within a week.
 * @param {any} zone
 */
export function turns({ properties: { state, state_until } }) {
  return state_until ? ` ${say(state === "upcoming" ? "zones.comes" : "zones.until", { time: clock(state_until, true) })}` : "";
}

/**
 * Return the sentences of a zone, without those that stand beside them anyway.
 * @param {any} told
 * @returns {string[]}
 */
export const sentencesOf = ({ sentences, zone }) =>
  sentences.filter((/** @type {string} */ one) => !/^(hash|source):/.test(one) && one !== zone.properties.id);
