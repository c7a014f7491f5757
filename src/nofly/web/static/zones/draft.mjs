/** A draft: one feature, whoever changes it, with what it was before. */

const KEPT = "nofly.draft";
const MOST_STEPS = 200;

export class Draft {
  /** @param {any} feature */
  constructor(feature) {
    this.feature = feature;
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
