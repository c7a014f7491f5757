/** Positions over WebSocket: it comes back by itself when it is cut off. */

import { linked } from "./api.mjs";
import { decode } from "./frames.mjs";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 5000;

/**
 * @typedef {object} Name What an aircraft says of itself; null is not known.
 * @property {string} target_id
 * @property {string | null} callsign
 * @property {string | null} squawk
 * @property {string | null} category
 * @property {string | null} source
 */

/** @typedef {[south: number, west: number, north: number, east: number]} Box */

/**
 * Follow positions for as long as the page is open.
 * @param {{
 *   frame: (frame: ReturnType<typeof decode>, names: Map<number, Name>) => void,
 *   cut: () => void,
 * }} hearers `cut` is told every time that the line breaks
 * @returns {{ look: (box: Box | null) => void }} says what is looked at
 */
export function followPositions({ frame, cut }) {
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {Box | null} */
  let box = null;
  let wait_ms = FIRST_WAIT_MS;
  /** @type {Map<number, Name>} */
  let names = new Map();

  const say = () => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ box }));
  };

  /** @param {string} text */
  const name = (text) => {
    for (const [number, told] of Object.entries(JSON.parse(text).names)) {
      const [target_id, callsign, squawk, category, source] = told;
      names.set(Number(number), { target_id, callsign, squawk, category, source });
    }
  };

  const open = () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    // A browser lets a page give no header here: the link of one that has no cookie goes as a subprotocol.
    const link = linked();
    const offered = link === null ? [] : ["nofly", `nofly.link.${link}`];
    socket = new WebSocket(`${scheme}//${location.host}/api/v1/stream/positions`, offered);
    socket.binaryType = "arraybuffer";
    names = new Map();
    socket.addEventListener("open", () => {
      wait_ms = FIRST_WAIT_MS;
      say();
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") name(data);
      else frame(decode(data), names);
    });
    socket.addEventListener("close", () => {
      cut();
      setTimeout(open, wait_ms);
      wait_ms = Math.min(LONGEST_WAIT_MS, wait_ms * 2);
    });
  };

  open();
  return {
    look(wanted) {
      if (JSON.stringify(wanted) === JSON.stringify(box)) return;
      box = wanted;
      say();
    },
  };
}
