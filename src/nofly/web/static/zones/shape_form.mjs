/** The shape of a draft in figures: its places, its size, its kind of edge. What is typed is what is drawn. */

import { element, fill } from "../page/dom.mjs";
import { say } from "../page/words.mjs";
import { button, choice, fault, field, line, reading } from "./fields.mjs";
import { lengthText, parseLength } from "./lengths.mjs";
import { readRows, rowText } from "./places.mjs";
import { kindOf, KINDS, moved, placesOf, reshaped, ringsOf, rowsOf, withHole, withoutHole } from "./shape.mjs";

const EDGES = ["GEODESIC", "PLANAR", "PARALLEL"];
const BY = "shape";
/** @type {import("./places.mjs").Writing} */
let writing = "dms";

/**
 * Return the form of the shape, and what brings it up to date.
 * @param {import("./draft.mjs").Draft} draft
 */
export function shapeForm(draft) {
  const box = element("fieldset", { class: "part" });
  let shown = "";
  const update = (/** @type {string} */ by) => {
    const count = draft.parts.length;
    // Going back may take away the part, or the hole, that is worked on.
    draft.part = Math.min(draft.part, count - 1);
    const kind = kindOf(draft.shape);
    draft.ring = Math.min(draft.ring, ringsOf(draft.shape) - 1);
    const now = [kind, count, draft.part, ringsOf(draft.shape), draft.ring].join();
    if (now !== shown) {
      shown = now;
      fill(box, element("legend", {}, say("shape")), pieces(draft, kind), ...parts(draft, kind));
    }
    for (const one of box.querySelectorAll("[data-part]")) {
      const control = /** @type {HTMLInputElement & { refresh?: () => void }} */ (one);
      if (by !== BY || document.activeElement !== control) control.refresh?.();
    }
  };
  update("");
  return { box, update };
}

/**
 * Return the choice of which part of the shape is worked on.
 * @param {import("./draft.mjs").Draft} draft
 * @param {import("./shape.mjs").ShapeKind} kind
 */
function pieces(draft, kind) {
  const { parts: all } = draft;
  if (all.length === 1 && kind === "other") return null;
  return element("div", { class: "choices", id: "parts", role: "group", "aria-label": say("parts") },
    ...all.length > 1 ? all.map((_, part) => element("button", {
      type: "button", "aria-pressed": String(part === draft.part), click: () => draft.turnTo(part),
    }, say("part.one", { number: part + 1 }))) : [],
    button("part.add", () => draft.addPart(reshaped(draft.shape, "polygon", [])), { id: "part-add" }),
    all.length > 1 ? button("part.remove", () => draft.removePart(), { id: "part-remove" }) : null);
}

/**
 * @param {import("./draft.mjs").Draft} draft
 * @param {import("./shape.mjs").ShapeKind} kind
 */
function parts(draft, kind) {
  if (kind === "other") return [element("p", {}, say("shape.other"))];
  const kinds = element("div", { class: "choices", role: "group", "aria-label": say("shape.kind") }, ...KINDS.map((one) =>
    button(`shape.${one}`, () => draft.reshape(reshaped(draft.shape, one, placesOf(draft.shape)), "kind"), {
      "aria-pressed": String(one === kind),
    })));
  const size = kind === "circle" ? sized(draft, "radius_m", 1) : kind === "corridor" ? sized(draft, "half_width_m", 2) : null;
  return [kinds, kind === "polygon" ? rings(draft) : null, places(draft, kind), size, edges(draft, kind)];
}

/**
 * Return the choice of what of a polygon is worked on: its outline, or one of its holes.
 * @param {import("./draft.mjs").Draft} draft
 */
function rings(draft) {
  const names = Array.from({ length: ringsOf(draft.shape) }, (_, ring) => ring ? say("ring.hole", { number: ring }) : say("ring.outline"));
  return element("div", { class: "choices", id: "rings", role: "group", "aria-label": say("rings") },
    ...names.map((name, ring) => element("button", {
      type: "button", "aria-pressed": String(ring === draft.ring), click: () => draft.turn(ring),
    }, name)),
    button("ring.add", () => {
      draft.ring = ringsOf(draft.shape);
      draft.reshape(withHole(draft.shape), "hole");
    }, { id: "ring-add" }),
    draft.ring ? button("ring.remove", () => {
      const gone = draft.ring;
      draft.ring = 0;
      draft.reshape(withoutHole(draft.shape, gone), "hole");
    }, { id: "ring-remove" }) : null);
}

/**
 * @param {import("./draft.mjs").Draft} draft
 * @param {import("./shape.mjs").ShapeKind} kind
 */
function places(draft, kind) {
  const area = /** @type {HTMLTextAreaElement & { refresh?: () => void }} */ (element("textarea", {
    id: "places", "data-part": "places", class: "places", spellcheck: "false", rows: kind === "circle" ? 1 : 6,
    input: () => {
      const { rows: found, wrong } = readRows(area.value, rowsOf(draft.shape, draft.ring), writing, kind === "polygon");
      const many = kind === "circle" && found.length > 1 ? [say("place.one")] : [];
      fault(area, [...wrong, ...many].join(" "));
      if (!wrong.length && !many.length) draft.reshape(moved(draft.shape, found, draft.ring), BY);
    },
  }));
  area.refresh = () => {
    area.value = rowsOf(draft.shape, draft.ring).map((row) => rowText(row, writing)).join("\n");
    fault(area, "");
  };
  const as = choice(writing, [["dms", say("place.dms")], ["decimal", say("place.decimal")]], (value) => {
    writing = value === "decimal" ? "decimal" : "dms";
    area.refresh?.();
  }, { "aria-label": say("place.writing"), id: "writing" });
  const key = { polygon: draft.ring ? "shape.hole" : "shape.corners", circle: "shape.centre", corridor: "shape.way", other: "" }[kind];
  return element("div", { class: "with" }, field(key, area, { where: "$.geometry", hint: say(kind === "polygon" ? "place.hint.arc" : "place.hint") }), as);
}

/**
 * @param {import("./draft.mjs").Draft} draft
 * @param {"radius_m" | "half_width_m"} name
 * @param {number} times so many of it are what is typed: a corridor is told by its whole width
 */
function sized(draft, name, times) {
  const made = /** @type {HTMLInputElement & { refresh?: () => void }} */ (line("", (text) => heard(text), {
    id: name, "data-part": name, size: 12,
  }));
  const heard = reading(() => made, parseLength, (m) => draft.setShape(name, Number((m / times).toFixed(6)), BY));
  made.refresh = () => {
    made.value = lengthText(draft.shape.properties[name] * times);
    fault(made, "");
  };
  return field(name === "radius_m" ? "shape.radius" : "shape.width", made, {
    where: `$.properties.${name}`, hint: say("length.hint"),
  });
}

/**
 * @param {import("./draft.mjs").Draft} draft
 * @param {import("./shape.mjs").ShapeKind} kind
 */
function edges(draft, kind) {
  if (kind === "circle") return null;
  const made = /** @type {HTMLSelectElement & { refresh?: () => void }} */ (choice(
    "PLANAR", EDGES.map((name) => [name, say(`edges.${name}`)]), (value) => draft.setShape("edges", value, BY),
    { id: "edges", "data-part": "edges" },
  ));
  made.refresh = () => {
    made.value = draft.shape.properties.edges ?? "PLANAR";
  };
  return field("edges", made, { where: "$.properties.edges" });
}
