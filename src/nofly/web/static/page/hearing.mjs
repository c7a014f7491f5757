/** What is done to the map page: by pointer, by form, by key, and by going back. */

import { aircraftAt } from "./aircraft_layer.mjs";
import { ask, goToLogin } from "./api.mjs";
import { byId } from "./dom.mjs";
import { hearKeys, showHelp } from "./keys.mjs";
import { TABS } from "./view_url.mjs";

/** @typedef {import("./view_url.mjs").View} View */

/**
 * @typedef {object} Doing
 * @property {() => View} view what is looked at
 * @property {(what: Partial<View>, how?: { step?: boolean }) => void} change look at something else
 * @property {() => void} moved the map was
 * @property {() => void} wentBack to what was looked at before
 * @property {(target: string) => void} select an aircraft
 * @property {(tag: string) => void} speak another language
 * @property {() => void} turnTheme
 * @property {() => void} more incidents
 */

export const narrow = () => matchMedia("(max-width: 700px)").matches;

/**
 * Hear what is done to the page.
 * @param {any} map
 * @param {Doing} doing
 */
export function hear(map, doing) {
  const { view, change } = doing;
  map.on("moveend", doing.moved);
  map.on("click", (/** @type {any} */ { point }) => {
    const target = aircraftAt(map, point);
    if (target !== null) doing.select(target);
    else if (view().aircraft) change({ aircraft: "" });
  });
  addEventListener("popstate", doing.wentBack);
  for (const tab of TABS) byId(`tab-${tab}`).addEventListener("click", () => change({ tab }));
  byId("filter").addEventListener("input", (event) => {
    change({ filter: /** @type {HTMLInputElement} */ (event.target).value }, { step: false });
  });
  byId("language").addEventListener("change", (event) => doing.speak(/** @type {HTMLSelectElement} */ (event.target).value));
  byId("veil").addEventListener("change", (event) => {
    change({ veil: /** @type {HTMLSelectElement} */ (event.target).value });
  });
  byId("theme").addEventListener("click", doing.turnTheme);
  byId("incident-back").addEventListener("click", () => change({ incident: "" }));
  byId("selected-close").addEventListener("click", () => change({ aircraft: "" }));
  byId("incidents-more").addEventListener("click", doing.more);
  byId("logout").addEventListener("click", () => ask("session", { method: "DELETE" }).catch(() => undefined).then(goToLogin));
  hearKeys(keys(map, doing));
}

/**
 * Return what each key does.
 * @param {any} map
 * @param {Doing} doing
 */
function keys(map, { view, change, turnTheme }) {
  const tab = (/** @type {string} */ name) => () => {
    change({ tab: name });
    byId(`tab-${name}`).focus();
  };
  return {
    L: () => change({ labels: !view().labels }), T: () => change({ trails: !view().trails }), F: () => byId("filter").focus(),
    J: tab("incidents"), A: tab("aircraft"), Z: tab("zones"), D: turnTheme, "?": showHelp, Escape: () => closeOne(view(), change),
    M: () => {
      change({ tab: narrow() ? "map" : view().tab });
      map.getCanvas().focus();
    },
  };
}

/**
 * Close what was opened last.
 * @param {View} view
 * @param {Doing["change"]} change
 */
function closeOne(view, change) {
  const filter = byId("filter");
  if (document.activeElement === filter) filter.blur();
  else if (view.incident) change({ incident: "" });
  else if (view.aircraft) change({ aircraft: "" });
}
