/** What the page says, in the language of the address or of the browser. */

import { EN } from "./words_en.mjs";
import { UK } from "./words_uk.mjs";

/** @type {Record<string, Record<string, string>>} */
const LANGUAGES = { en: EN, uk: UK };

/** @type {string} */
let language = "en";

/**
 * Speak the wanted language where it is spoken here, else one of the browser's, else English.
 * @param {string} wanted
 */
export function speak(wanted) {
  const known = [wanted, ...navigator.languages].map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES);
  language = known ?? "en";
  document.documentElement.lang = language;
}

/**
 * Learn the words of a page besides the ones of the map.
 * @param {Record<string, Record<string, string>>} words by language
 */
export function learn(words) {
  for (const [tag, more] of Object.entries(words)) Object.assign(LANGUAGES[tag], more);
}

/** The language that is spoken. */
export const spoken = () => language;

/**
 * Return a text; `{name}` in it stands for a value. What no language says is returned as it is.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  const text = LANGUAGES[language][key] ?? EN[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * Return the text for one of the words that the server uses; one that is not known here as it is.
 * @param {string} of phase, status, certainty, kind, cause, feed, state
 * @param {string | null | undefined} word
 */
export function sayWord(of, word) {
  if (!word) return "";
  const key = `${of}.${word}`;
  return LANGUAGES[language][key] ?? EN[key] ?? word;
}

/**
 * Return what a country is called.
 * @param {string | undefined} code three digits of ISO 3166-1
 * @param {string} name what it is called in the data of the map
 */
export function country(code, name) {
  if (!code || language === "en") return name;
  try {
    // The names of regions are by letters: a locale has them for the digits.
    const { region } = new Intl.Locale(`und-${code}`);
    return (region && new Intl.DisplayNames([language], { type: "region", fallback: "none" }).of(region)) || name;
  } catch {
    return name;
  }
}

/** Put the texts of the page where its elements name them. */
export function translatePage() {
  for (const found of document.querySelectorAll("[data-say]")) {
    found.textContent = say(/** @type {HTMLElement} */ (found).dataset.say ?? "");
  }
  for (const name of ["aria-label", "title", "placeholder"]) {
    for (const found of document.querySelectorAll(`[data-say-${name}]`)) {
      found.setAttribute(name, say(found.getAttribute(`data-say-${name}`) ?? ""));
    }
  }
}
