/** Every view is a URL: what is looked at, as the query of the page's address. */

/**
 * @typedef {object} View
 * @property {number | null} lat
 * @property {number | null} lon
 * @property {number | null} zoom
 * @property {string} aircraft target id
 * @property {string} incident
 * @property {string} filter
 * @property {string} sort column of the table, with − before it the other way round
 * @property {string} tab
 * @property {string} lang
 * @property {string} theme light or dark; empty as the system has it
 * @property {string} veil of which band of heights the coverage is shown; empty for any, or `off`
 * @property {boolean} labels
 * @property {boolean} trails of all aircraft, not of the selected one alone
 */

export const TABS = ["map", "incidents", "aircraft", "zones"];

/**
 * Return the view that an address stands for; what it does not say is as at first.
 * @param {string} [search]
 * @returns {View}
 */
export function readView(search = location.search) {
  const query = new URLSearchParams(search);
  const icao24 = query.get("icao");
  const tab = query.get("tab") ?? "";
  const theme = query.get("theme") ?? "";
  return {
    lat: number(query, "lat", 90), lon: number(query, "lon", 540), zoom: number(query, "zoom", 22),
    aircraft: text(query, "aircraft") || (icao24 ? `icao24:${icao24.toLowerCase().slice(0, 8)}` : ""),
    incident: text(query, "incident"), filter: text(query, "filter"), sort: text(query, "sort"),
    tab: TABS.includes(tab) ? tab : "incidents",
    lang: text(query, "lang"), veil: text(query, "veil"), theme: theme === "light" || theme === "dark" ? theme : "",
    labels: query.get("labels") !== "0", trails: query.get("trails") === "1",
  };
}

/**
 * Return the address of a view, without what is as at first.
 * @param {View} view
 */
export function addressOf(view) {
  const query = new URLSearchParams();
  if (view.lat !== null && view.lon !== null && view.zoom !== null) {
    query.set("lat", view.lat.toFixed(4));
    query.set("lon", view.lon.toFixed(4));
    query.set("zoom", view.zoom.toFixed(2));
  }
  for (const name of /** @type {const} */ (["aircraft", "incident", "filter", "sort", "veil", "lang", "theme"])) {
    if (view[name]) query.set(name, view[name]);
  }
  if (view.tab !== "incidents") query.set("tab", view.tab);
  if (!view.labels) query.set("labels", "0");
  if (view.trails) query.set("trails", "1");
  const said = query.toString();
  return location.pathname + (said ? `?${said}` : "");
}

/**
 * Say the view in the address: as a new step to which "back" comes, or in place of the last one.
 * @param {View} view
 * @param {boolean} step
 */
export function writeView(view, step) {
  const address = addressOf(view);
  if (address === location.pathname + location.search) return;
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

/**
 * @param {URLSearchParams} query
 * @param {string} name
 * @param {number} most
 */
function number(query, name, most) {
  const given = query.get(name);
  const value = Number(given);
  return given !== null && given !== "" && Math.abs(value) <= most ? value : null;
}

/**
 * @param {URLSearchParams} query
 * @param {string} name
 */
const text = (query, name) => (query.get(name) ?? "").slice(0, 200);
