/** Requests to the API, and who asks. */

import { learnWords, toldText } from "./sentences.mjs";

const API = "/api/v1/";

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {string} via how it is known who asks: `login` is what can be ended
 * @property {string | null} role
 * @property {string[]} rights read, say, decide, administer
 * @property {string | null} csrf
 * @property {boolean} must_change_password
 */

/** Where the server keeps no users. @type {Session} */
const ANYBODY = {
  name: "", via: "", role: null, rights: ["read", "say", "decide"], csrf: null, must_change_password: false,
};

/** @type {string | null} */
let csrf = null;

/** The public link that this page shows; undefined where cookies say who asks. In another's frame none is sent.
 * @type {string | null | undefined} */
let link;

/** Show what the public link in the address shows, and take no cookie along. */
export function showLink() {
  link = linkOfAddress();
}

/** The public link that this page shows, where it does. */
export const linked = () => link ?? null;

const embedded = () => link !== undefined;

const linkOfAddress = () => new URLSearchParams(location.hash.slice(1)).get("link");

/** What the server refuses, or why it cannot be reached. */
export class Refused extends Error {
  /**
   * @param {number} status 0 where there was no answer
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Return what a route answers. Throws Refused; whoever is not known is sent to the login page, and comes back.
 * @param {string} path
 * @param {{ method?: string, body?: unknown, login?: boolean }} [how]
 * @returns {Promise<any>}
 */
export async function ask(path, { method = "GET", body, login = true } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  const bytes = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = bytes ? "application/octet-stream" : "application/json";
  if (link) headers["X-Nofly-Link"] = link;
  if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(API + path, {
      method, headers, body: bytes || body === undefined ? body : JSON.stringify(body),
      credentials: embedded() ? "omit" : "same-origin",
    });
  } catch (error) {
    throw new Refused(0, String(error));
  }
  if (answer.status === 401 && login && !embedded()) goToLogin();
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => null);
  const why = said?.error?.message ?? answer.statusText;
  if (!answer.ok) throw new Refused(answer.status, toldText(why));
  if (said?.words) learnWords(said.words);
  return said;
}

/**
 * Return who asks. A public link in the address is used, and taken out of it.
 * @returns {Promise<Session>}
 */
export async function session() {
  const found = linkOfAddress();
  if (found) history.replaceState(null, "", location.pathname + location.search);
  const asked = found ? ask("session/link", { method: "POST", body: { link: found } }) : ask("session");
  const who = /** @type {Session} */ (await asked.catch((error) => {
    if (error.status === 404) return ANYBODY;
    throw error;
  }));
  carry(who.csrf);
  if (who.must_change_password) goToLogin();
  return who;
}

/**
 * Note the token that changes have to carry.
 * @param {string | null} token
 */
export function carry(token) {
  csrf = token;
}

/** Go to the login page; it comes back to this very view. */
export function goToLogin() {
  location.assign(`/login.html?back=${encodeURIComponent(location.pathname + location.search)}`);
}

/**
 * Return where to go after the login: a page of this server, whatever the address says.
 * @param {string | null} back
 */
export function wayBack(back) {
  if (!back || !back.startsWith("/")) return "/";
  const there = new URL(back, location.origin);
  return there.origin === location.origin ? there.pathname + there.search : "/";
}
