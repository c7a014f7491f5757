/** Every view is a URL: incident, moment, datum of the heights, speed, language, theme. */

/**
 * @typedef {object} View
 * @property {string} id
 * @property {number | null} moment_ms
 * @property {string} datum empty: the one that was judged by
 * @property {number} speed so many times as fast as it was
 * @property {string} lang
 * @property {string} theme light or dark; empty as the system has it
 */

export const DATUMS = ["STD", "AMSL", "AGL", "HAE"];
export const SPEEDS = [1, 5, 10, 30, 60, 120];
const SPEED = 10;

/**
 * Return the view that the page's address stands for.
 * @returns {View}
 */
export function readView() {
  const query = new URLSearchParams(location.search);
  const [datum, theme, speed] = [query.get("datum") ?? "", query.get("theme") ?? "", Number(query.get("speed"))];
  const moment_ms = Date.parse(query.get("t") ?? "");
  return {
    id: (query.get("id") ?? "").slice(0, 200), moment_ms: Number.isNaN(moment_ms) ? null : moment_ms,
    datum: DATUMS.includes(datum) ? datum : "", speed: SPEEDS.includes(speed) ? speed : SPEED,
    lang: (query.get("lang") ?? "").slice(0, 20), theme: theme === "light" || theme === "dark" ? theme : "",
  };
}

/**
 * Say the view in the address, in place of the last one.
 * @param {View} view
 */
export function writeView({ id, moment_ms, datum, speed, lang, theme }) {
  const query = new URLSearchParams({ id });
  if (moment_ms !== null) query.set("t", new Date(moment_ms).toISOString());
  if (datum) query.set("datum", datum);
  if (speed !== SPEED) query.set("speed", String(speed));
  if (lang) query.set("lang", lang);
  if (theme) query.set("theme", theme);
  history.replaceState(null, "", `${location.pathname}?${query}`);
}

/**
 * Return the address of the map where the incident was.
 * @param {View} view
 * @param {{ lat_deg: number, lon_deg: number } | null} place
 * @param {string | null} target_id
 */
export function mapAddress({ id, lang, theme }, place, target_id) {
  const query = new URLSearchParams();
  if (place) {
    query.set("lat", place.lat_deg.toFixed(4));
    query.set("lon", place.lon_deg.toFixed(4));
    query.set("zoom", "8");
  }
  if (target_id) query.set("aircraft", target_id);
  if (id) query.set("incident", id);
  if (lang) query.set("lang", lang);
  if (theme) query.set("theme", theme);
  return `/?${query}`;
}
