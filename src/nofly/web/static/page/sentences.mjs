/** Sentences that the server made, in the language that is spoken; one that is not known here stays English. */

import { element } from "./dom.mjs";
import { SENTENCES_UK } from "./sentences_uk.mjs";
import { spoken } from "./words.mjs";

/** @type {Record<string, Record<string, string>>} */
const TABLES = { uk: SENTENCES_UK };
const HOLE = /\{(\w+)\}/g;
const LONGEST = 2000;

/** By language, each with what finds it. @type {Record<string, { pattern: RegExp, text: string }[]>} */
const patterns = {};

/**
 * Return a sentence in the language that is spoken, null where it is not known.
 * @param {string} sentence
 * @returns {string | null}
 */
export function translated(sentence) {
  const table = TABLES[spoken()];
  if (!table || sentence.length > LONGEST) return null;
  const known = patterns[spoken()] ??= Object.entries(table).map(([english, text]) => ({ pattern: patternOf(english), text }));
  for (const { pattern, text } of known) {
    const found = pattern.exec(sentence);
    if (found) return text.replace(HOLE, (_, name) => found.groups?.[name] ?? "");
  }
  return null;
}

/** @param {string} english */
function patternOf(english) {
  const parts = english.split(HOLE).map((part, i) => i % 2 ? `(?<${part}>.*?)` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("")}$`, "s");
}

/**
 * Return an element that says a sentence of the server, marked as English where it stays so.
 * @param {string} name
 * @param {Record<string, string>} given its attributes
 * @param {string} sentence
 */
export function told(name, given, sentence) {
  const text = translated(sentence);
  const english = text === null && spoken() !== "en" ? { lang: "en" } : {};
  return element(name, { ...given, ...english }, text ?? sentence);
}
