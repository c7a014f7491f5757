/** Every view is a URL: the claim, the statement whose paths the map shows, language, theme. */

/**
 * @typedef {object} View
 * @property {string} claim empty: the list
 * @property {string} shown id of a statement; empty: the first that has paths
 * @property {string} qnh in hPa; empty: none, heights above the sea are not told from pressure heights
 * @property {string} lang
 * @property {string} theme light or dark; empty as the system has it
 */

/**
 * Return the view that the page's address stands for.
 * @returns {View}
 */
export function readView() {
  const query = new URLSearchParams(location.search);
  const theme = query.get("theme") ?? "";
  return {
    claim: (query.get("claim") ?? "").slice(0, 64), shown: (query.get("shown") ?? "").slice(0, 200),
    qnh: (query.get("qnh") ?? "").slice(0, 10),
    lang: (query.get("lang") ?? "").slice(0, 20), theme: theme === "light" || theme === "dark" ? theme : "",
  };
}

/**
 * Return the address of a view.
 * @param {View} view
 */
export function addressOf(view) {
  const query = new URLSearchParams();
  for (const name of /** @type {const} */ (["claim", "shown", "qnh", "lang", "theme"])) if (view[name]) query.set(name, view[name]);
  const said = query.toString();
  return location.pathname + (said ? `?${said}` : "");
}

/**
 * Say the view in the address, in place of the last one.
 * @param {View} view
 */
export const writeView = (view) => history.replaceState(null, "", addressOf(view) + location.hash);
