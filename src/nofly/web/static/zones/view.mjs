/** What the zone page looks at, as the query of its address. */

import { readView } from "../page/view_url.mjs";

/**
 * @typedef {object} ZoneView
 * @property {number | null} lat
 * @property {number | null} lon
 * @property {number | null} zoom
 * @property {string} zone id
 * @property {string} show what is done: "" looks, `draft` edits, `import` reads a file
 * @property {string} filter
 * @property {string} lang
 * @property {string} theme
 */

const SHOWS = ["draft", "import"];

/** @returns {ZoneView & import("../page/view_url.mjs").View} */
export function readZoneView() {
  const query = new URLSearchParams(location.search);
  const show = query.get("show") ?? "";
  return { ...readView(), zone: (query.get("zone") ?? "").slice(0, 200), show: SHOWS.includes(show) ? show : "" };
}

/**
 * Say the view in the address: as a new step to which "back" comes, or in place of the last one.
 * @param {ZoneView} view
 * @param {boolean} step
 */
export function writeZoneView(view, step) {
  const query = new URLSearchParams();
  if (view.lat !== null && view.lon !== null && view.zoom !== null) {
    query.set("lat", view.lat.toFixed(4));
    query.set("lon", view.lon.toFixed(4));
    query.set("zoom", view.zoom.toFixed(2));
  }
  for (const name of /** @type {const} */ (["zone", "show", "filter", "lang", "theme"])) {
    if (view[name]) query.set(name, view[name]);
  }
  const said = query.toString();
  const address = location.pathname + (said ? `?${said}` : "");
  if (address === location.pathname + location.search) return;
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
