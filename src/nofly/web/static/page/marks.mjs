/** How an aircraft that an incident is open about is marked: each kind with a shape of its own. */

import { MARKS } from "./colours.mjs";

/** @typedef {"infringing" | "undetermined" | "suspect" | "predicted" | "exempt"} Mark */

/** Kinds of marks, the gravest first. @type {Mark[]} */
export const KINDS = ["infringing", "undetermined", "suspect", "predicted", "exempt"];
const SIZE_PX = 88;
const PIXEL_RATIO = 2;

/**
 * Return how the aircraft of an incident is marked; null where it is not.
 * @param {any} incident as the API has it
 * @returns {Mark | null}
 */
export function markOf(incident) {
  if (!incident.open || !["predicted", "infringing", "undetermined", "lost-inside"].includes(incident.phase)) return null;
  if (!incident.credible || incident.status === "suspect") return "suspect";
  if (incident.status === "exempt" || incident.status === "cleared") return "exempt";
  if (incident.phase === "predicted") return "predicted";
  return incident.phase === "undetermined" || incident.certainty === "undetermined" ? "undetermined" : "infringing";
}

/**
 * Return the open incident that weighs most of each aircraft, by target id, with its mark.
 * @param {any[]} incidents
 * @returns {Map<string, { incident: any, mark: Mark }>}
 */
export function markedAircraft(incidents) {
  /** @type {Map<string, { incident: any, mark: Mark }>} */
  const found = new Map();
  for (const incident of incidents) {
    const mark = markOf(incident);
    const before = found.get(incident.target_id);
    if (mark && (!before || KINDS.indexOf(mark) < KINDS.indexOf(before.mark))) {
      found.set(incident.target_id, { incident, mark });
    }
  }
  return found;
}

/**
 * Give the map the pictures of all marks in the colours of a theme, in place of those it had.
 * @param {import("../vendor/maplibre-gl.mjs").Map} map
 * @param {import("./colours.mjs").Theme} theme
 */
export function addMarks(map, theme) {
  for (const kind of KINDS) {
    const canvas = new OffscreenCanvas(SIZE_PX, SIZE_PX);
    const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    draw(pen, kind, SIZE_PX, theme);
    const picture = pen.getImageData(0, 0, SIZE_PX, SIZE_PX);
    if (map.hasImage(`mark-${kind}`)) map.updateImage(`mark-${kind}`, picture);
    else map.addImage(`mark-${kind}`, picture, { pixelRatio: PIXEL_RATIO });
  }
}

/**
 * Return a small picture of a mark.
 * @param {Mark} kind
 * @param {import("./colours.mjs").Theme} theme
 * @returns {HTMLCanvasElement}
 */
export function markPicture(kind, theme) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 48;
  canvas.className = "mark";
  canvas.setAttribute("aria-hidden", "true");
  canvas.dataset.picture = `${kind} ${theme}`;
  draw(/** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), kind, 48, theme);
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} pen
 * @param {Mark} kind
 * @param {number} size_px
 * @param {import("./colours.mjs").Theme} theme
 */
function draw(pen, kind, size_px, theme) {
  pen.scale(size_px / 88, size_px / 88);
  pen.strokeStyle = pen.fillStyle = MARKS[theme][kind];
  pen.lineWidth = 6;
  pen.lineCap = "round";
  pen.beginPath();
  const kinds = {
    infringing: () => {
      pen.arc(44, 44, 38, 0, 7);
      pen.stroke();
      pen.beginPath();
      pen.lineWidth = 4;
      pen.arc(44, 44, 29, 0, 7);
      pen.stroke();
    },
    undetermined: () => {
      pen.lineCap = "butt";
      pen.setLineDash([16, 10]);
      pen.arc(44, 44, 34, 0, 7);
      pen.stroke();
      badge(pen, "M60 12c0-10 18-10 18 1 0 8-9 7-9 14M69 36v1");
    },
    suspect: () => {
      pen.setLineDash([1, 11]);
      pen.arc(44, 44, 34, 0, 7);
      pen.stroke();
      badge(pen, "M60 10l18 18M78 10l-18 18");
    },
    predicted: () => {
      pen.lineJoin = "round";
      pen.moveTo(44, 5);
      pen.lineTo(84, 76);
      pen.lineTo(4, 76);
      pen.closePath();
      pen.stroke();
    },
    exempt: () => {
      pen.lineWidth = 5;
      pen.rect(10, 10, 68, 68);
      pen.stroke();
      badge(pen, "M56 20l8 10 16-22");
    },
  };
  kinds[kind]();
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} pen
 * @param {string} sign as an SVG path
 */
function badge(pen, sign) {
  pen.setLineDash([]);
  pen.beginPath();
  pen.globalCompositeOperation = "destination-out";
  pen.arc(69, 20, 20, 0, 7);
  pen.fill();
  pen.globalCompositeOperation = "source-over";
  pen.lineWidth = 7;
  pen.lineCap = "round";
  pen.stroke(new Path2D(sign));
}
