/** Sentences of the server, in the language that is spoken; one that is not known here stays English. */

import { element } from "./dom.mjs";
import { PARTS_UK } from "./parts_uk.mjs";
import { SENTENCES_UK } from "./sentences_uk.mjs";
import { spoken } from "./words.mjs";

/** @typedef {{ say: string, values: Record<string, string | Words> }} Words what a sentence is made of */
/** @typedef {Record<string, string>} Table by the English, with `{…}` for what stands in both */

/** Whole sentences, and parts of them. @type {Record<string, [whole: Table, parts: Table]>} */
const TABLES = { uk: [{ ...SENTENCES_UK }, { ...PARTS_UK }] };
const HOLE = /\{(\w+)\}/g;
/** Holes of recorded sentences in which words stand; in others, names, codes and numbers do. */
const OF_WORDS = new Set(["between", "bounds", "hours", "names", "one", "other", "reason", "unknown", "what", "when"]);
/** Of these, those in which predicates stand that "and" and "or" join. */
const JOINED = new Set(["names", "one", "other", "what"]);
const LONGEST = 2000;
const MOST = 5000;

/** What sentences of answers are made of, by the sentence. @type {Map<string, Words>} */
const made = new Map();
/**
 * A sentence: the words between its holes, and what is said for it.
 * @typedef {{ words: string[], holes: string[], text: string, joins: boolean }} Pattern
 */
/** By table, the most particular first. @type {Map<Table, Pattern[]>} */
const patterns = new Map();

/**
 * Learn what the sentences of an answer are made of.
 * @param {Record<string, Words>} words by the sentence
 */
export function learnWords(words) {
  if (made.size > MOST) made.clear();
  for (const [sentence, one] of Object.entries(words)) made.set(sentence, one);
}

/**
 * Learn sentences of a page besides those of the map.
 * @param {Record<string, Table>} more by language
 */
export function learnSentences(more) {
  for (const [tag, table] of Object.entries(more)) Object.assign(TABLES[tag][1], table);
}

/**
 * Return a sentence in the language that is spoken, null where it is not known: by what it is made of, where the
 * server says that, else as one that is recorded.
 * @param {string} sentence
 * @returns {string | null}
 */
export function translated(sentence) {
  const tables = TABLES[spoken()];
  if (!tables) return null;
  const words = made.get(sentence);
  return words ? inWords(words, tables) : recorded(sentence, tables[0]) ?? begun(sentence, tables[0]);
}

/**
 * Return a sentence in the language that is spoken, in English where it is not known.
 * @param {string} sentence
 */
export const toldText = (sentence) => translated(sentence) ?? sentence;

/**
 * @param {Words} words
 * @param {[Table, Table]} tables
 * @returns {string | null}
 */
function inWords({ say: frame, values }, tables) {
  const table = tables.find((one) => Object.hasOwn(one, frame));
  if (!table && /\p{L}/u.test(frame.replace(HOLE, ""))) return null;
  return (table ? table[frame] : frame).replace(HOLE, (_, name) => {
    const value = values[name] ?? "";
    return typeof value === "string" ? value : inWords(value, tables) ?? inEnglish(value);
  });
}

/** @param {Words} words @returns {string} */
const inEnglish = ({ say: frame, values }) => frame.replace(HOLE, (_, name) => {
  const value = values[name] ?? "";
  return typeof value === "string" ? value : inEnglish(value);
});

/**
 * Return a clause that was made a sentence, as one; null where it is not known.
 * @param {string} sentence
 * @param {Table} table
 */
function begun(sentence, table) {
  if (!sentence.endsWith(".")) return null;
  const found = recorded(sentence[0].toLowerCase() + sentence.slice(1, -1), table);
  return found && `${found[0].toUpperCase()}${found.slice(1)}.`;
}

/**
 * @param {string} sentence
 * @param {Table} table
 * @param {boolean} [joined] whether it may be two parts
 * @returns {string | null}
 */
function recorded(sentence, table, joined = false) {
  if (sentence.length > LONGEST) return null;
  const all = patternsOf(table);
  // What joins two goes before what may stand on either side of it.
  const some = joined ? [...all.filter(({ joins }) => joins), ...all.filter(({ joins }) => !joins)] : all.filter(({ joins }) => !joins);
  for (const pattern of some) {
    const found = holesOf(pattern, sentence);
    if (found) return pattern.text.replace(HOLE, (_, name) => filled(name, found[name] ?? ""));
  }
  return null;
}

/**
 * @param {string} name
 * @param {string} value
 */
function filled(name, value) {
  return OF_WORDS.has(name) ? recorded(value, TABLES[spoken()][1], JOINED.has(name)) ?? value : value;
}

/** @param {Table} table */
function patternsOf(table) {
  let known = patterns.get(table);
  if (!known) {
    const plain = (/** @type {string} */ english) => english.replace(HOLE, "").length;
    known = Object.entries(table).filter(([english]) => /\p{L}/u.test(english.replace(HOLE, ""))).sort(([a], [b]) => plain(b) - plain(a))
      .map(([english, text]) => {
        const parts = english.split(HOLE);
        return {
          words: parts.filter((_, k) => k % 2 === 0), holes: parts.filter((_, k) => k % 2), text,
          joins: english.startsWith("{one}"),
        };
      });
    patterns.set(table, known);
  }
  return known;
}

/**
 * Return what stands in the holes of a sentence, each as little as it can be; null where the words between are not
 * its own. Names that anybody gives stand in holes: each word is looked for once, however often it comes.
 * @param {Pattern} pattern
 * @param {string} sentence
 * @returns {Record<string, string> | null}
 */
function holesOf({ words, holes }, sentence) {
  const last = words.length - 1;
  const end = sentence.length - words[last].length;
  if (!sentence.startsWith(words[0]) || !sentence.endsWith(words[last])) return null;
  if (last === 0) return sentence === words[0] ? {} : null;
  /** @type {Record<string, string>} */
  const found = {};
  let at = words[0].length;
  for (let k = 1; k <= last; k += 1) {
    const next = k === last ? end : sentence.indexOf(words[k], at);
    if (next < at || next + words[k].length > (k === last ? sentence.length : end)) return null;
    found[holes[k - 1]] = sentence.slice(at, next);
    at = next + words[k].length;
  }
  return found;
}

/**
 * Return an element that says a sentence of the server, marked as English where it stays so.
 * @param {string} name
 * @param {Record<string, any>} given its attributes
 * @param {string} sentence
 */
export function told(name, given, sentence) {
  const text = translated(sentence);
  const english = text === null && spoken() !== "en" ? { lang: "en" } : {};
  return element(name, { ...given, ...english }, text ?? sentence);
}
