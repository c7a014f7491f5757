/** A draft: one feature, whoever changes it, with what it was before. */

import { partsOf, withParts } from "./parts.mjs";

const KEPT = "nofly.draft";
const MOST_STEPS = 200;

export class Draft {
  /** @param {any} feature */
  constructor(feature) {
    this.feature = feature;
    /** Which part of the shape is worked on. */
    this.part = 0;
    /** Which ring of a polygon is worked on: 0 its outline, then its holes. */
    this.ring = 0;
    /** @type {string[]} */
    this.past = [];
    /** @type {string[]} */
    this.future = [];
    /** What hears of a change, and who made it. @type {(by: string) => void} */
    this.changed = () => undefined;
  }

  /**
   * Change it.
   * @param {any} feature
   * @param {string} by the form, the map …: who need not be told
   */
  change(feature, by) {
    const before = JSON.stringify(this.feature);
    if (before === JSON.stringify(feature)) return;
    this.past = [...this.past.slice(-MOST_STEPS), before];
    this.future = [];
    this.feature = feature;
    this.keep();
    this.changed(by);
  }

  /** The parts of the shape, each a feature. */
  get parts() {
    return partsOf(this.feature);
  }

  /** The part that is worked on: the whole, where there is one. */
  get shape() {
    const { parts } = this;
    return parts[Math.min(this.part, parts.length - 1)];
  }

  /**
   * Change the part that is worked on.
   * @param {any} shape
   * @param {string} by
   */
  reshape(shape, by) {
    const at = Math.min(this.part, this.parts.length - 1);
    this.change(withParts(this.feature, this.parts.map((one, k) => k === at ? shape : one)), by);
  }

  /**
   * Change one property of the part that is worked on; undefined takes it away.
   * @param {string} name
   * @param {unknown} value
   * @param {string} by
   */
  setShape(name, value, by) {
    const { shape } = this;
    const { [name]: _, ...rest } = shape.properties;
    this.reshape({ ...shape, properties: value === undefined ? rest : { ...shape.properties, [name]: value } }, by);
  }

  /**
   * Change one property; undefined takes it away.
   * @param {string} name
   * @param {unknown} value
   * @param {string} by
   */
  set(name, value, by) {
    const { [name]: _, ...rest } = this.feature.properties;
    const properties = value === undefined ? rest : { ...this.feature.properties, [name]: value };
    this.change({ ...this.feature, properties }, by);
  }

  /**
   * Work on another part.
   * @param {number} part
   */
  turnTo(part) {
    [this.part, this.ring] = [part, 0];
    this.changed("part");
  }

  /**
   * Put a part more to the shape, and work on it.
   * @param {any} shape
   */
  addPart(shape) {
    const { parts } = this;
    [this.part, this.ring] = [parts.length, 0];
    this.change(withParts(this.feature, [...parts, shape]), "part");
  }

  /** Take away the part that is worked on. */
  removePart() {
    const { parts, part } = this;
    [this.part, this.ring] = [0, 0];
    this.change(withParts(this.feature, parts.filter((_, k) => k !== part)), "part");
  }

  /**
   * Work on another ring.
   * @param {number} ring
   */
  turn(ring) {
    this.ring = ring;
    this.changed("ring");
  }

  /** Go back a step. */
  undo() {
    this.#step(this.past, this.future);
  }

  /** Take back going back. */
  redo() {
    this.#step(this.future, this.past);
  }

  /**
   * @param {string[]} from
   * @param {string[]} to
   */
  #step(from, to) {
    const feature = from.pop();
    if (feature === undefined) return;
    to.push(JSON.stringify(this.feature));
    this.feature = JSON.parse(feature);
    this.keep();
    this.changed("undo");
  }

  /** Keep it, so that it is there again when the page is loaded anew. */
  keep() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(this.feature));
    } catch {
      // Too large, or not allowed: then it is not there again.
    }
  }
}

/**
 * Return the feature that was kept, or null.
 * @returns {any}
 */
export function keptFeature() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

/** Forget it: it was proposed, or is not wanted any more. */
export function forgetKept() {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // It was not kept then.
  }
}
