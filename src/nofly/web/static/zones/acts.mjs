/** The acts by which a zone becomes law and ceases to be: each for a reason, all on record. */

import { ask } from "../page/api.mjs";
import { say } from "../page/words.mjs";
import { forgetKept } from "./draft.mjs";
import { askWhy } from "./reason.mjs";

/**
 * Propose a zone.
 * @param {any} feature
 * @param {(id: string) => Promise<void>} done
 */
export function propose(feature, done) {
  askWhy("propose", nameOf(feature.properties), [say("propose.what")], async (why) => {
    const one = await ask("declared", { method: "POST", body: { feature, why } });
    forgetKept();
    await done(one.zone_id);
  });
}

/**
 * Propose several, for one reason; of each it is told what became of it.
 * @param {any[]} drafts
 * @param {(id: string, why: string) => void} told why it was refused; empty: it was not
 * @param {() => Promise<void>} done
 */
export function proposeAll(drafts, told, done) {
  askWhy("propose", say("import.many", { count: drafts.length }), [say("propose.what")], async (why) => {
    for (const feature of drafts) {
      try {
        await ask("declared", { method: "POST", body: { feature, why } });
        told(feature.properties.id, "");
      } catch (error) {
        told(feature.properties.id, /** @type {Error} */ (error).message);
      }
    }
    await done();
  });
}

/**
 * Put in force what is proposed: the edition of the hash that is shown, and no other.
 * @param {any} one as the API tells it
 * @param {(id: string) => Promise<void>} done
 */
export function activate(one, done) {
  const { id: hash, properties } = one.proposed;
  const facts = [say("activate.what"), `${say("one.hash")} ${hash}`, ...one.differences];
  const what = `${nameOf(properties)}, ${say("zones.edition", { edition: properties.edition })}`;
  askWhy("one.activate", what, facts, (why) => act(one.zone_id, "activate", { why, hash }, done));
}

/**
 * Discard what is proposed: the edition of the hash that is shown, and no other.
 * @param {any} one as the API tells it
 * @param {(id: string) => Promise<void>} done
 */
export function discard(one, done) {
  const { id: hash, properties } = one.proposed;
  askWhy("one.discard", nameOf(properties), [say("discard.what"), `${say("one.hash")} ${hash}`], (why) =>
    act(one.zone_id, "discard", { why, hash }, done));
}

/**
 * Withdraw what is in force.
 * @param {any} one as the API tells it
 * @param {(id: string) => Promise<void>} done
 */
export function withdraw(one, done) {
  askWhy("one.withdraw", nameOf(one.in_force.properties), [say("withdraw.what")], (why) =>
    act(one.zone_id, "withdraw", { why }, done));
}

/**
 * @param {string} id
 * @param {string} verb
 * @param {any} body
 * @param {(id: string) => Promise<void>} done
 */
async function act(id, verb, body, done) {
  await ask(`declared/${encodeURIComponent(id)}/${verb}`, { method: "POST", body });
  await done(id);
}

/** @param {{ id: string, name?: string }} properties */
const nameOf = ({ id, name }) => name && name !== id ? `${name} ${id}` : id;
