/** An arc as it is dragged: by its centre, by its middle, which sizes it, and by either end. */

import { ahead, apart, bearingTo, turned } from "./shape.mjs";

/** @typedef {"centre" | "radius" | "start" | "end"} Grip */
/** @typedef {import("./shape.mjs").Arc} Arc */

/**
 * Return where an arc can be taken hold of.
 * @param {Arc} arc
 * @returns {[Grip, import("./places.mjs").Place][]}
 */
export function gripsOf(arc) {
  const { start_deg, end_deg, radius_m, end_radius_m = radius_m } = arc;
  const centre = turned(arc.centre);
  return [
    ["radius", ahead(centre, (radius_m + end_radius_m) / 2, halfway(arc))],
    ["start", ahead(centre, radius_m, start_deg)], ["end", ahead(centre, end_radius_m, end_deg)], ["centre", centre],
  ];
}

/** @param {Arc} arc the bearing of its middle */
function halfway({ start_deg, end_deg, clockwise }) {
  const round_deg = turn(clockwise ? end_deg - start_deg : start_deg - end_deg) || 360;
  return start_deg + (clockwise ? round_deg : -round_deg) / 2;
}

/** @param {number} deg */
const turn = (deg) => ((deg % 360) + 360) % 360;

/**
 * Return an arc that was dragged to a place.
 * @param {Arc} arc
 * @param {Grip} grip
 * @param {import("./places.mjs").Place} place
 * @param {{ step_m: number, step_deg: number }} steps lengths and bearings are whole ones of these
 * @returns {Arc}
 */
export function draggedArc(arc, grip, place, { step_m, step_deg }) {
  if (grip === "centre") return { ...arc, centre: turned(place) };
  const centre = turned(arc.centre);
  if (grip === "radius") {
    const { radius_m, end_radius_m = radius_m } = arc;
    const far_m = Math.max(1, Math.round(apart(centre, place) / step_m)) * step_m;
    const sized = (/** @type {number} */ of_m) => Number((far_m * 2 * of_m / (radius_m + end_radius_m)).toFixed(3));
    return { ...arc, radius_m: sized(radius_m), ...(arc.end_radius_m === undefined ? {} : { end_radius_m: sized(end_radius_m) }) };
  }
  const deg = Number(turn(Math.round(bearingTo(centre, place) / step_deg) * step_deg).toFixed(6));
  return grip === "start" ? { ...arc, start_deg: deg } : { ...arc, end_deg: deg };
}
