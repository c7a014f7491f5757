/** What a screen reader says of records as they come: entries at once, the rest when it has time. */

import { nameOf } from "./aircraft_layer.mjs";
import { byId, fill } from "./dom.mjs";
import { say, sayWord } from "./words.mjs";

const ANNOUNCED = ["predicted", "entered", "re-entered", "determined", "doubted", "exited", "lost"];
const AT_ONCE = ["entered", "re-entered", "determined"];
/** Hashes of the records that were announced: after a break a record may come again. @type {Set<string>} */
const announced = new Set();

/**
 * Announce a record, if it is news.
 * @param {import("./events.mjs").StoredRecord} record
 */
export function announce({ kind, hash, body }) {
  if (!ANNOUNCED.includes(kind) || announced.has(hash)) return;
  announced.add(hash);
  fill(byId(AT_ONCE.includes(kind) ? "announce-alarm" : "announce"), say("announce", {
    kind: sayWord("kind", kind), who: nameOf({ callsign: body.callsign ?? null, target_id: body.target_id ?? null }),
    zone: body.zone_name || body.zone_id || "",
  }));
}
