/** Every view is a URL: what is weighed and how, language, theme. */

/**
 * @typedef {object} View
 * @property {string} of law, proposed or request
 * @property {string} id
 * @property {string} hours
 * @property {string} until ISO 8601; empty as of when the picture is
 * @property {string} held 1 or 0
 * @property {string} detours 1 or empty
 * @property {string} level
 * @property {string} ledger 1 or empty
 * @property {string} inputs of the ledger in place of its own: a name and three numbers a line, or empty
 * @property {string} instead hash of a zone in force that it stands in place of, or empty
 * @property {string} warnings 1 or empty
 * @property {string} per_flight price, or empty
 * @property {string} per_hour
 * @property {string} per_km
 * @property {string} currency
 * @property {string} lang
 * @property {string} theme light or dark; empty as the system has it
 */

const NAMES = /** @type {const} */ (["of", "id", "hours", "until", "held", "detours", "level", "ledger", "inputs", "instead", "warnings", "per_flight", "per_hour", "per_km", "currency", "lang", "theme"]);
export const PRICES = /** @type {const} */ (["flight", "hour", "km"]);
export const HOURS = ["1", "6", "24", "72", "168"];
const FIRST = { hours: "24", held: "1", level: "FL350" };

/**
 * Return the view that the page's address stands for.
 * @returns {View}
 */
export function readView() {
  const query = new URLSearchParams(location.search);
  const found = Object.fromEntries(NAMES.map((name) => [name, (query.get(name) ?? "").slice(0, 2000)]));
  const view = /** @type {View} */ (/** @type {unknown} */ ({ ...found }));
  for (const [name, value] of Object.entries(FIRST)) if (!found[name]) found[name] = value;
  Object.assign(view, found);
  for (const name of PRICES) if (!(Number(view[`per_${name}`]) >= 0)) view[`per_${name}`] = "";
  if (!HOURS.includes(view.hours)) view.hours = FIRST.hours;
  if (view.theme !== "light" && view.theme !== "dark") view.theme = "";
  return view;
}

/**
 * Say the view in the address, in place of the last one.
 * @param {View} view
 */
export function writeView(view) {
  const first = /** @type {Record<string, string>} */ (FIRST);
  const query = new URLSearchParams();
  for (const name of NAMES) if (view[name] && view[name] !== first[name]) query.set(name, view[name]);
  const said = query.toString();
  history.replaceState(null, "", location.pathname + (said ? `?${said}` : "") + location.hash);
}
