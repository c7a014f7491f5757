/** The moment that is looked at: moved by hand, or played, so many times as fast as it was. */

import { byId, element, fill } from "../page/dom.mjs";
import { clock } from "../page/units.mjs";
import { say } from "../page/words.mjs";
import { lastUntil } from "./track.mjs";
import { SPEEDS } from "./view.mjs";

/** A replay over a track. */
export class Replay {
  /**
   * @param {(ms: number) => void} moved told the moment, each time that it is another
   * @param {() => void} rested told when it stays where it is
   */
  constructor(moved, rested) {
    [this.moved, this.rested] = [moved, rested];
    /** @type {import("./track.mjs").Track | null} */
    this.track = null;
    this.moment_ms = 0;
    this.speed = SPEEDS[1];
    this.playing = false;
    this.scrubber = /** @type {HTMLInputElement} */ (byId("scrubber"));
    this.speeds = /** @type {HTMLSelectElement} */ (byId("speed"));
    fill(this.speeds, ...SPEEDS.map((speed) => element("option", { value: speed }, `${speed}×`)));
    this.scrubber.addEventListener("input", () => {
      this.stop();
      this.go(this.#start() + Number(this.scrubber.value) * 1000);
    });
    this.speeds.addEventListener("change", () => {
      this.speed = Number(this.speeds.value);
      this.rested();
    });
    byId("play").addEventListener("click", () => this.turn());
    byId("before").addEventListener("click", () => this.step(-1));
    byId("after").addEventListener("click", () => this.step(1));
    this.#sayPlaying();
  }

  /**
   * Take a track, and a moment of it.
   * @param {import("./track.mjs").Track} track
   * @param {number} moment_ms
   * @param {number} speed
   */
  take(track, moment_ms, speed) {
    this.track = track;
    this.speed = speed;
    this.speeds.value = String(speed);
    const span_ms = track.end_ms - track.start_ms;
    this.scrubber.max = String(Math.ceil(span_ms / 1000));
    fill(byId("track-gaps"), ...track.gaps.map(({ start_ms, end_ms }) => {
      const gap = element("div");
      gap.style.left = `${(start_ms - track.start_ms) / span_ms * 100}%`;
      gap.style.width = `${(end_ms - start_ms) / span_ms * 100}%`;
      return gap;
    }));
    this.go(moment_ms);
  }

  /**
   * Go to a moment, or as near as there is one.
   * @param {number} ms
   */
  go(ms) {
    if (!this.track) return;
    this.moment_ms = Math.min(this.track.end_ms, Math.max(this.track.start_ms, ms));
    this.scrubber.value = String(Math.round((this.moment_ms - this.#start()) / 1000));
    this.scrubber.setAttribute("aria-valuetext", clock(this.moment_ms, true));
    byId("clock").textContent = `${new Date(this.moment_ms).toISOString().slice(11, 21)} Z`;
    this.moved(this.moment_ms);
    if (!this.playing) this.rested();
  }

  /**
   * Go so many reports on.
   * @param {number} rows
   */
  step(rows) {
    this.stop();
    const reports = this.track?.reports ?? [];
    if (!reports.length) return;
    const here = lastUntil(reports, this.moment_ms);
    const between = rows < 0 && here >= 0 && this.moment_ms > reports[here].ms ? 1 : 0;
    this.go(reports[Math.min(reports.length - 1, Math.max(0, here + rows + between))].ms);
  }

  /** Play, or rest. */
  turn() {
    if (this.playing) return this.stop();
    if (!this.track) return;
    if (this.moment_ms >= this.track.end_ms) this.go(this.track.start_ms);
    this.playing = true;
    this.#sayPlaying();
    let last_ms = performance.now();
    const frame = (/** @type {number} */ now_ms) => {
      if (!this.playing || !this.track) return;
      const next_ms = this.moment_ms + Math.max(0, now_ms - last_ms) * this.speed;
      last_ms = now_ms;
      this.go(next_ms);
      if (this.moment_ms >= this.track.end_ms) this.stop();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Rest. */
  stop() {
    if (!this.playing) return;
    this.playing = false;
    this.#sayPlaying();
    this.rested();
  }

  #start() {
    return this.track?.start_ms ?? 0;
  }

  #sayPlaying() {
    const button = byId("play");
    button.textContent = this.playing ? "❚❚" : "▶";
    button.setAttribute("aria-label", say(this.playing ? "scrub.pause" : "scrub.play"));
    button.title = say(this.playing ? "scrub.pause" : "scrub.play");
  }
}
