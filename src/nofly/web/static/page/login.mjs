/** The login page: log in, change the password, and go back to where one came from. */

import { ask, carry, wayBack } from "./api.mjs";
import { byId } from "./dom.mjs";
import { readView } from "./view_url.mjs";
import { say, speak, translatePage } from "./words.mjs";

/** Why the provider's way did not lead in. */
const WORDS = ["expired", "refused", "failed", "role", "unreachable", "not-logged-in", "too-many-logins"];
const query = new URLSearchParams(location.search);
const back = wayBack(query.get("back"));
const login = /** @type {HTMLFormElement} */ (byId("login"));
const change = /** @type {HTMLFormElement} */ (byId("change"));

const view = readView(new URL(back, location.origin).search);
speak(view.lang);
translatePage();
document.title = say("login.title");
document.documentElement.dataset.theme = view.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
/** @type {HTMLAnchorElement} */ (byId("on")).href = back;

/**
 * Show the form for the password, or go on.
 * @param {import("./api.mjs").Session} session
 */
function known(session) {
  carry(session.csrf);
  if (!session.must_change_password && !query.has("change")) return location.replace(back);
  login.hidden = true;
  change.hidden = false;
  byId("must").hidden = !session.must_change_password;
  byId("on").hidden = session.must_change_password;
  byId("as").textContent = say("login.as", { user: session.name, role: session.role ?? "" });
  /** @type {HTMLInputElement} */ (change.elements.namedItem("username")).value = session.name;
  /** @type {HTMLInputElement} */ (change.elements.namedItem("old")).focus();
}

/**
 * Do what a form asks for; what is refused is said in it.
 * @param {HTMLFormElement} form
 * @param {(given: FormData) => Promise<void>} act
 */
function hear(form, act) {
  const error = /** @type {HTMLElement} */ (form.querySelector(".error"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.textContent = "";
    try {
      await act(new FormData(form));
    } catch (refused) {
      error.textContent = say("login.refused", { why: /** @type {Error} */ (refused).message });
    }
  });
}

hear(login, async (given) => {
  const body = { name: given.get("user"), password: given.get("password") };
  known(await ask("session", { method: "POST", body, login: false }));
});

hear(change, async (given) => {
  if (given.get("new") !== given.get("again")) throw new Error(say("login.differ"));
  const body = { current: given.get("old"), new: given.get("new") };
  await ask("session/password", { method: "POST", body, login: false });
  location.replace(back);
});

/** Offer the provider's way, where there is one; why it was refused is said in the form. */
async function offerProvider() {
  const refused = query.get("refused");
  if (refused) {
    const why = say(`login.provider.${WORDS.includes(refused) ? refused : "failed"}`);
    /** @type {HTMLElement} */ (login.querySelector(".error")).textContent = say("login.refused", { why });
  }
  const { provider } = await ask("session/ways", { login: false });
  if (provider === null) return;
  const link = /** @type {HTMLAnchorElement} */ (byId("provider"));
  link.href = `/api/v1/session/provider?back=${encodeURIComponent(back)}`;
  link.textContent = say("login.provider", { provider });
  /** @type {HTMLElement} */ (link.parentElement).hidden = false;
}

ask("session", { login: false }).then(known, () => {
  login.hidden = false;
  offerProvider().catch(() => undefined);
  /** @type {HTMLInputElement} */ (login.elements.namedItem("user")).focus();
});
