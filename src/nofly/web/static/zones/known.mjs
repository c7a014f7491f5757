/** The zones that are known: of files and declared here, each once with how it stands. */

/**
 * @typedef {object} Row
 * @property {string} key of the list
 * @property {string} id
 * @property {any} zone as GeoJSON
 * @property {string} state of the server, or `proposed`, or `coming`: in force, and not yet watched
 * @property {boolean} here whether it was declared here
 */

const ORDER = ["proposed", "coming", "active", "perhaps", "upcoming", "inactive", "expired"];

/**
 * Return a row for each zone that is watched, is about to be, or is proposed.
 * @param {any[]} law
 * @param {any[]} declared
 * @returns {Row[]}
 */
export function rowsOf(law, declared) {
  const hashes = new Set(declared.map(({ in_force }) => in_force?.id));
  const watched = new Set(law.map(({ id }) => id));
  const rows = law.map((zone) => row(zone, zone.properties.state, hashes.has(zone.id)));
  for (const { proposed, in_force } of declared) {
    if (in_force && !watched.has(in_force.id)) rows.push(row(in_force, "coming", true));
    if (proposed) rows.push(row(proposed, "proposed", true));
  }
  return rows.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.zone.properties.name < b.zone.properties.name ? -1 : 1));
}

/**
 * @param {any} zone
 * @param {string} state
 * @param {boolean} here
 * @returns {Row}
 */
const row = (zone, state, here) => ({ key: `${state}-${zone.id}`, id: zone.properties.id, zone, state, here });
