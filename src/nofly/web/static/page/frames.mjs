/** Positions as they come: the layout is that of `nofly.web.frames`, little-endian. */

const HEAD_BYTES = 24;
const RECORD_BYTES = 28;
const MAGIC = 0x3150464e; // "NFP1"
const MOST_U16 = 65535;
const LEAST_I16 = -32768;
const DATUMS = [null, "STD", "AMSL", "HAE", "AGL"];

/**
 * @typedef {object} Report An aircraft as it was last heard; null is not known.
 * @property {number} number
 * @property {number} lat_deg
 * @property {number} lon_deg
 * @property {number | null} alt_m
 * @property {string | null} datum
 * @property {boolean | null} ground
 * @property {number | null} gs_mps
 * @property {number | null} track_deg
 * @property {number | null} vrate_mps
 * @property {number} age_s
 */

/**
 * Return the reports of a frame, as of when it is (ms since 1970), and how many aircraft are known in all.
 * Throws a RangeError for what is no frame.
 * @param {ArrayBuffer} buffer
 * @returns {{ time_ms: number, known: number, reports: Report[] }}
 */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEAD_BYTES || view.getUint32(0, true) !== MAGIC) throw new RangeError("no frame");
  const count = view.getUint32(4, true);
  if (buffer.byteLength !== HEAD_BYTES + count * RECORD_BYTES) throw new RangeError("a frame of another length");
  const reports = new Array(count);
  for (let i = 0, at = HEAD_BYTES; i < count; i += 1, at += RECORD_BYTES) {
    const [alt_m, gs_mps] = [view.getFloat32(at + 12, true), view.getFloat32(at + 16, true)];
    const [track, ground, rate] = [view.getUint16(at + 20, true), view.getUint8(at + 25), view.getInt16(at + 26, true)];
    reports[i] = {
      number: view.getUint32(at, true),
      lat_deg: view.getInt32(at + 4, true) * 1e-7,
      lon_deg: view.getInt32(at + 8, true) * 1e-7,
      alt_m: Number.isNaN(alt_m) ? null : alt_m,
      gs_mps: Number.isNaN(gs_mps) ? null : gs_mps,
      track_deg: track === MOST_U16 ? null : track / 100,
      age_s: view.getUint16(at + 22, true) / 10,
      datum: DATUMS[view.getUint8(at + 24)] ?? null,
      ground: ground === 255 ? null : ground === 1,
      vrate_mps: rate === LEAST_I16 ? null : rate / 100,
    };
  }
  return { time_ms: Number(view.getBigInt64(8, true)) / 1000, known: view.getUint32(16, true), reports };
}
