/** The page of requests: which there are, the sheet of the one looked at, and the history of its zone. */

import { ask, goToLogin, session } from "../page/api.mjs";
import { byId, element, fill, refill } from "../page/dom.mjs";
import { learn, say, sayWord, speak, spoken, translatePage } from "../page/words.mjs";
import { hearActs, showActs } from "./acting.mjs";
import { showHistory, showSheet } from "./sheet.mjs";
import { MORE_EN } from "./words_en.mjs";
import { MORE_UK } from "./words_uk.mjs";

const AGAIN_MS = 10_000;
const query = new URLSearchParams(location.search);
const dark = matchMedia("(prefers-color-scheme: dark)");
/** @type {any[]} as the API has them */
let requests = [];

/** What is wrong with each that cannot be read. @type {string[]} */
let unread = [];
/** Whether there is a register. */
let has_register = true;

learn({ en: MORE_EN, uk: MORE_UK });
speak(query.get("lang") ?? "");

/** Dress the page in its language and theme. */
function dress() {
  const wanted = query.get("theme");
  document.documentElement.dataset.theme = wanted === "light" || wanted === "dark" ? wanted : dark.matches ? "dark" : "light";
  document.title = `${say("requests.title")} – nofly`;
  translatePage();
  fill(byId("title"), say("requests.title"));
  /** @type {HTMLSelectElement} */ (byId("language")).value = spoken();
}

/**
 * Say in the address what is looked at.
 * @param {string} name
 * @param {string} value
 */
function note(name, value) {
  query.set(name, value);
  history.replaceState(null, "", `${location.pathname}?${query}`);
}

/** The request that is looked at: the one of the address, else the first. */
const chosen = () => requests.find(({ id }) => id === query.get("id")) ?? (query.has("id") ? null : requests[0] ?? null);

/** Why there is no sheet. */
const missing = () => !has_register ? "requests.noregister" : requests.length ? "requests.unknown" : "requests.none";

/** Draw the list and the sheet. */
async function draw() {
  const one = chosen();
  refill(byId("list"), requests.map(({ id, state }) => element("li", { "data-key": `${id} ${state}` }, element("button", {
    type: "button", "aria-current": one?.id === id ? "true" : null,
    click: () => {
      note("id", id);
      draw().then(() => byId("sheet").focus()).catch(refused);
    },
  }, id, element("span", { class: "state" }, sayWord("request", state))))));
  byId("sheet").hidden = one === null;
  const faults = unread.map((why) => element("p", { class: "alarm" }, say("requests.unread", { why })));
  if (one === null) fill(byId("banner"), ...faults, element("p", { class: "warning" }, say(missing())));
  else {
    fill(byId("banner"), ...faults);
    showSheet(one, Date.now());
    showActs(one, look);
    showHistory(await ask(`editions/${encodeURIComponent(one.zone_id)}`));
  }
  document.body.dataset.drawn = "true";
}

/**
 * Say what cannot be shown.
 * @param {import("../page/api.mjs").Refused} error
 */
function refused({ message }) {
  fill(byId("banner"), element("p", { class: "alarm" }, say("banner.unreachable", { why: message })));
}

/** Ask for all, and show it. */
async function look() {
  ({ has_register, requests, unread } = await ask("requests"));
  byId("whole").hidden = false;
  await draw();
}

/** Look, and again from time to time. */
async function follow() {
  try {
    await look();
  } catch (error) {
    refused(/** @type {any} */ (error));
  }
  setTimeout(follow, AGAIN_MS);
}

dress();
hearActs();
dark.addEventListener("change", dress);
byId("theme").addEventListener("click", () => {
  note("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  dress();
});
byId("language").addEventListener("change", (event) => {
  note("lang", /** @type {HTMLSelectElement} */ (event.target).value);
  location.reload();
});
byId("logout").addEventListener("click", () => ask("session", { method: "DELETE" }).finally(goToLogin));
session().then(({ via }) => {
  byId("logout").hidden = via !== "login";
  return follow();
}).catch(refused);
