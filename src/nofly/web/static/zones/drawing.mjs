/** Drawing on the map: click to add, drag to move, drag a middle to put a corner in, delete, size a circle. */

import { addSource, collection, feature, line, point } from "../page/layers.mjs";
import { draggedArc, gripsOf } from "./arcs.mjs";
import { ahead, apart, circleLine, isPlace, kindOf, lineOf, moved, placesOf, ringsOf, rowsOf, turned } from "./shape.mjs";

const INK = { light: "#7a1fa2", dark: "#e7a6ff" };
const PAPER = { light: "#ffffff", dark: "#0b131b" };
/** Nearer than this zoom a place is drawn to a hundredth of a second, otherwise to a second. */
const FINE_ZOOM = 13;

export class Drawing {
  /**
   * @param {any} map
   * @param {import("../page/colours.mjs").Theme} theme
   */
  constructor(map, theme) {
    this.map = map;
    /** @type {import("./draft.mjs").Draft | null} */
    this.draft = null;
    this.adding = false;
    this.selected = -1;
    /** The part and the ring that were drawn last. */
    [this.part, this.ring] = [0, 0];
    /** What hears that something was selected, or adding began or ended. */
    this.told = () => undefined;
    /** @type {{ index: number, rows: import("./shape.mjs").Row[], kind: string, radius_m?: number } | null} */
    this.dragged = null;
    this.#layers(theme);
    this.#hear();
  }

  /** @param {import("../page/colours.mjs").Theme} theme */
  #layers(theme) {
    const { map } = this;
    addSource(map, "outline");
    addSource(map, "sketch");
    addSource(map, "handles");
    map.addLayer({ id: "outline-fill", type: "fill", source: "outline", paint: { "fill-opacity": 0.18 } });
    map.addLayer({ id: "outline-line", type: "line", source: "outline", paint: { "line-width": 3 } });
    map.addLayer({ id: "sketch-line", type: "line", source: "sketch", paint: { "line-width": 2, "line-dasharray": [3, 2] } });
    map.addLayer({
      id: "handles", type: "circle", source: "handles",
      paint: {
        "circle-radius": ["case", ["==", ["get", "kind"], "middle"], 5, 8], "circle-stroke-width": 2.5,
        "circle-opacity": ["case", ["==", ["get", "kind"], "middle"], 0.6, 1],
      },
    });
    this.theme(theme);
  }

  /** @param {import("../page/colours.mjs").Theme} theme */
  theme(theme) {
    const [ink, paper] = [INK[theme], PAPER[theme]];
    this.map.setPaintProperty("outline-fill", "fill-color", ink);
    this.map.setPaintProperty("outline-line", "line-color", ink);
    this.map.setPaintProperty("sketch-line", "line-color", ink);
    this.map.setPaintProperty("handles", "circle-color", ["case", ["get", "selected"], ink, paper]);
    this.map.setPaintProperty("handles", "circle-stroke-color", ink);
  }

  /**
   * Draw a draft, or none.
   * @param {import("./draft.mjs").Draft | null} draft
   */
  show(draft) {
    this.draft = draft;
    this.dragged = null;
    this.select(-1);
    this.add(false);
    this.outline(null);
    this.draw();
  }

  /** @param {boolean} adding */
  add(adding) {
    this.adding = adding && this.draft !== null;
    this.map.getCanvas().style.cursor = this.adding ? "crosshair" : "";
    if (this.adding) this.map.doubleClickZoom.disable();
    else this.map.doubleClickZoom.enable();
    this.told();
  }

  /** @param {number} index */
  select(index) {
    this.selected = index;
    this.told();
  }

  /** Take the selected place away. */
  remove() {
    const { draft, selected } = this;
    if (!draft || selected < 0) return;
    this.select(-1);
    draft.reshape(moved(draft.shape, rowsOf(draft.shape, draft.ring).filter((_, k) => k !== selected), draft.ring), "map");
  }

  /**
   * Draw the outline that the server judges by.
   * @param {any} outline GeoJSON, or null while it is not known
   */
  outline(outline) {
    this.map.getSource("outline").setData(collection(outline ? [outline] : []));
  }

  /** Draw the draft as it is. */
  draw() {
    const [shown, part, ring] = [this.draft?.shape ?? null, this.draft?.part ?? 0, this.draft?.ring ?? 0];
    if (part !== this.part || ring !== this.ring) {
      [this.part, this.ring] = [part, ring];
      this.select(-1);
      this.add(rowsOf(shown, ring).length === 0);
    }
    const rows = this.dragged?.rows ?? (shown ? rowsOf(shown, ring) : []);
    const kind = shown ? kindOf(shown) : "other";
    if (this.selected >= rows.length) this.select(-1);
    if (this.adding && kind === "circle" && rows.length) this.add(false);
    const handles = rows.flatMap((row, at) => isPlace(row)
      ? [point(row[0], row[1], { at, kind: "corner", selected: at === this.selected })]
      : gripsOf(row).map(([grip, [lat, lon]]) => point(lat, lon, { at, kind: grip, selected: at === this.selected })));
    const lines = Array.from({ length: shown ? ringsOf(shown) : 0 }, (_, k) => k === ring ? lineOf(rows) : placesOf(shown, k))
      .filter((one) => kind !== "circle" && one.length > 1)
      .map((one) => line((kind === "polygon" ? [...one, one[0]] : one).map(turned)));
    if (kind === "circle" && isPlace(rows[0])) {
      const radius_m = this.dragged?.radius_m ?? shown.properties.radius_m;
      lines.push(line(circleLine(rows[0], radius_m)));
      const [lat, lon] = ahead(rows[0], radius_m, 90);
      handles.push(point(lat, lon, { at: 0, kind: "rim", selected: false }));
    } else {
      const ends = kind === "polygon" ? [...rows, rows[0]] : rows;
      for (let at = 1; at < (rows.length > 2 ? ends.length : rows.length); at += 1) {
        const [a, b] = [ends[at - 1], ends[at]];
        if (!isPlace(a) || !isPlace(b)) continue;
        handles.unshift(point((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, { at, kind: "middle", selected: false }));
      }
    }
    const others = (this.draft?.parts ?? []).filter((_, k) => k !== part).flatMap(linesOf);
    this.map.getSource("sketch").setData(collection([...lines, ...others]));
    this.map.getSource("handles").setData(collection(handles));
  }

  /** Look at the draft. */
  fit() {
    const all = (this.draft?.parts ?? []).flatMap((part) => {
      const wide_m = part.properties.radius_m ?? part.properties.half_width_m ?? 0;
      return placesOf(part).flatMap((place) => [0, 90, 180, 270].map((bearing) => ahead(place, wide_m, bearing)));
    });
    if (!all.length) return;
    const [lats, lons] = [all.map(([lat]) => lat), all.map(([, lon]) => lon)];
    this.map.fitBounds(
      [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]], { padding: 70, maxZoom: 12 },
    );
  }

  #hear() {
    const { map } = this;
    map.on("click", (/** @type {any} */ { lngLat, point: at }) => {
      if (!this.draft || !this.adding || this.#handle(at)) return;
      const { shape: shown } = this.draft;
      const kind = kindOf(shown);
      const place = this.#rounded(lngLat);
      const { ring } = this.draft;
      const rows = kind === "circle" ? [place] : [...rowsOf(shown, ring), place];
      if (kind !== "other") this.draft.reshape(moved(shown, rows, ring), "map");
    });
    for (const begin of ["mousedown", "touchstart"]) map.on(begin, (/** @type {any} */ event) => this.#grab(event));
    for (const go of ["mousemove", "touchmove"]) map.on(go, (/** @type {any} */ event) => this.#drag(event));
    for (const end of ["mouseup", "touchend"]) map.on(end, () => this.#drop());
    map.getCanvasContainer().addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Delete" || event.key === "Backspace") this.remove();
    });
  }

  /** @param {any} at */
  #handle(at) {
    const near = [[at.x - 8, at.y - 8], [at.x + 8, at.y + 8]];
    const found = this.map.queryRenderedFeatures(near, { layers: ["handles"] });
    return found.find((/** @type {any} */ one) => one.properties.kind !== "middle") ?? found[0];
  }

  /** @param {any} event */
  #grab(event) {
    if (!this.draft || event.originalEvent.touches?.length > 1) return;
    const handle = this.#handle(event.point);
    if (!handle) return;
    event.preventDefault();
    const { at, kind } = handle.properties;
    const rows = rowsOf(this.draft.shape, this.draft.ring);
    if (kind === "middle") rows.splice(at, 0, this.#rounded(event.lngLat));
    this.dragged = { index: at, rows, kind };
    this.select(kind === "rim" ? -1 : at);
    if (kind === "middle") this.outline(null);
    this.draw();
  }

  /** @param {any} event */
  #drag(event) {
    if (!this.draft) return;
    if (!this.dragged) {
      this.map.getCanvas().style.cursor = this.#handle(event.point) ? "move" : this.adding ? "crosshair" : "";
      return;
    }
    event.preventDefault();
    const { dragged } = this;
    const row = dragged.rows[dragged.index];
    const fine = this.map.getZoom() >= FINE_ZOOM;
    const steps = { step_m: fine ? 10 : 185.2, step_deg: fine ? 0.1 : 1 };
    if (!isPlace(row)) {
      const grip = /** @type {import("./arcs.mjs").Grip} */ (dragged.kind);
      const place = /** @type {import("./places.mjs").Place} */ (grip === "centre" ? this.#rounded(event.lngLat) : [event.lngLat.lat, event.lngLat.lng]);
      dragged.rows[dragged.index] = draggedArc(row, grip, place, steps);
    } else if (dragged.kind === "rim") {
      const far_m = apart(row, [event.lngLat.lat, event.lngLat.lng]);
      dragged.radius_m = Number((Math.max(1, Math.round(far_m / steps.step_m)) * steps.step_m).toFixed(3));
    } else {
      dragged.rows[dragged.index] = this.#rounded(event.lngLat);
    }
    this.outline(null);
    this.draw();
  }

  #drop() {
    if (!this.draft || !this.dragged) return;
    const { rows, radius_m } = this.dragged;
    this.dragged = null;
    const shape = moved(this.draft.shape, rows, this.draft.ring);
    this.draft.reshape(radius_m ? { ...shape, properties: { ...shape.properties, radius_m } } : shape, "map");
  }

  /**
   * Return a place as it would be published: whole seconds of arc where the map is not near.
   * @param {{ lat: number, lng: number }} at
   * @returns {import("./places.mjs").Place}
   */
  #rounded({ lat, lng }) {
    const steps = this.map.getZoom() < FINE_ZOOM ? 3600 : 360_000;
    const lon = ((lng + 180) % 360 + 360) % 360 - 180;
    const rounded = (/** @type {number} */ deg) => Number((Math.round(deg * steps) / steps).toFixed(9));
    return [rounded(lat), rounded(lon)];
  }
}

/**
 * Return the lines of a part that is not worked on.
 * @param {any} part
 */
function linesOf(part) {
  const kind = kindOf(part);
  const places = placesOf(part);
  if (kind === "circle") return places.length ? [line(circleLine(places[0], part.properties.radius_m))] : [];
  return Array.from({ length: ringsOf(part) }, (_, ring) => placesOf(part, ring)).filter((one) => one.length > 1)
    .map((one) => line((kind === "polygon" ? [...one, one[0]] : one).map(turned)));
}

/** A flight that was there, and what is to be read.
 * @param {any} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function addFlown(map, theme) {
  addSource(map, "flown");
  map.addLayer({ id: "flown-line", type: "line", source: "flown", paint: { "line-width": 3 } });
  map.addLayer({ id: "flown-ends", type: "circle", source: "flown", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 6 } });
  themeFlown(map, theme);
}

/**
 * @param {any} map
 * @param {import("../page/colours.mjs").Theme} theme
 */
export function themeFlown(map, theme) {
  const ink = theme === "dark" ? "#6de0c8" : "#00695c";
  map.setPaintProperty("flown-line", "line-color", ink);
  map.setPaintProperty("flown-ends", "circle-color", ink);
}

/**
 * Draw where an aircraft was, a new line after each gap; nothing for null.
 * @param {any} map
 * @param {any} flown as the API has it
 */
export function showFlown(map, flown) {
  /** @type {[number, number][][]} */
  const lines = [[]];
  const ends = new Set((flown?.gaps ?? []).map((/** @type {any} */ gap) => gap.start));
  for (const { time, lat_deg, lon_deg } of flown?.reports ?? []) {
    lines[lines.length - 1].push([lon_deg, lat_deg]);
    if (ends.has(time)) lines.push([]);
  }
  const shown = lines.filter((one) => one.length).map((one) =>
    one.length > 1 ? line(one) : feature({ type: "Point", coordinates: one[0] }));
  map.getSource("flown").setData(collection(shown));
}
