/** The reports round an incident, and where the aircraft was at a moment: seen, between two reports, or not known. */

/**
 * @typedef {object} Report
 * @property {number} ms
 * @property {number} lat_deg
 * @property {number} lon_deg goes on beyond ±180 where the way does
 * @property {Record<string, number | null>} alt_m by datum
 * @property {number | null} gs_mps
 * @property {number | null} track_deg
 * @property {number | null} vrate_mps
 * @property {number | null} pos_err_m
 * @property {number | null} alt_err_m as stated
 * @property {number} judged_err_m 95 % error of the place that it is judged by
 * @property {number | null} inside_m
 * @property {string[]} marks
 */

/**
 * @typedef {object} Span
 * @property {number} start_ms
 * @property {number} end_ms
 */

/**
 * @typedef {Span & {
 *   reports: Report[], gap_ms: number, gaps: Span[], assumed_err_m: Record<string, number>, whole: boolean,
 * }} Track
 */

/**
 * @typedef {object} Place where it was; `row` is the last report until then, −1 before the first
 * @property {"none" | "before" | "report" | "between" | "gap" | "after"} kind
 * @property {number} row
 * @property {number} part how far it is on the way to the next report, 0 to 1
 */

/** A moment is that of a report when it is no further away. */
const SAME_MS = 500;

/**
 * Return the track that the API tells of, over the time of its reports and of some moments besides.
 * @param {any} told
 * @param {(string | null)[]} moments
 * @returns {Track}
 */
export function trackOf(told, moments) {
  let turn_deg = 0;
  const reports = told.reports.map((/** @type {any} */ one, /** @type {number} */ i) => {
    const step_deg = i ? one.lon_deg - told.reports[i - 1].lon_deg : 0;
    if (Math.abs(step_deg) > 180) turn_deg -= Math.sign(step_deg) * 360;
    return {
      ...one, ms: Date.parse(one.time), lon_deg: one.lon_deg + turn_deg,
      alt_m: { STD: one.alt_std_m, AMSL: one.alt_amsl_m, AGL: one.alt_agl_m, HAE: one.alt_hae_m },
    };
  });
  const within = [...moments.filter((time) => time !== null).map((time) => Date.parse(/** @type {string} */ (time))),
    ...(reports.length ? [reports[0].ms, reports[reports.length - 1].ms] : [])];
  const ends = within.length ? within : [Date.parse(told.start), Date.parse(told.end)];
  const start_ms = Math.min(...ends);
  return {
    reports, start_ms, end_ms: Math.max(start_ms + 1000, ...ends), gap_ms: told.gap_s * 1000,
    gaps: told.gaps.map((/** @type {any} */ gap) => ({ start_ms: Date.parse(gap.start), end_ms: Date.parse(gap.end) })),
    assumed_err_m: told.assumed_err_m, whole: told.whole,
  };
}

/**
 * Return where the aircraft was at a moment.
 * @param {Track} track
 * @param {number} ms
 * @returns {Place}
 */
export function placeAt({ reports, gap_ms }, ms) {
  if (!reports.length) return { kind: "none", row: -1, part: 0 };
  const row = lastUntil(reports, ms);
  const [here, next] = [reports[row], reports[row + 1]];
  if (here && ms - here.ms <= SAME_MS) return { kind: "report", row, part: 0 };
  if (next && next.ms - ms <= SAME_MS) return { kind: "report", row: row + 1, part: 0 };
  if (!here) return { kind: "before", row, part: 0 };
  if (!next) return { kind: "after", row, part: 0 };
  if (next.ms - here.ms > gap_ms) return { kind: "gap", row, part: 0 };
  return { kind: "between", row, part: (ms - here.ms) / (next.ms - here.ms) };
}

/**
 * Return the number of the last report until a moment; −1 where there is none.
 * @param {Report[]} reports
 * @param {number} ms
 */
export function lastUntil(reports, ms) {
  let [low, high] = [0, reports.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reports[middle].ms <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Return the 95 % error of a height: the one that is stated, which is that of the height over the ellipsoid
 * where there is one, or else the one that is assumed.
 * @param {Track} track
 * @param {Report} report
 * @param {string} datum
 */
export function heightError_m({ assumed_err_m }, report, datum) {
  const stated = report.alt_err_m !== null && (datum === "HAE" || report.alt_m.HAE === null);
  return stated ? /** @type {number} */ (report.alt_err_m) : assumed_err_m[datum];
}

/**
 * Return runs of reports that follow each other without a gap, as rows from and until.
 * @param {Track} track
 * @param {(report: Report) => boolean} holds what has to hold of each
 * @returns {[number, number][]}
 */
export function runsOf({ reports, gap_ms }, holds) {
  /** @type {[number, number][]} */
  const runs = [];
  let from = -1;
  reports.forEach((report, i) => {
    const cut = i > 0 && report.ms - reports[i - 1].ms > gap_ms;
    if (from >= 0 && (cut || !holds(report))) {
      runs.push([from, i - 1]);
      from = -1;
    }
    if (from < 0 && holds(report)) from = i;
  });
  if (from >= 0) runs.push([from, reports.length - 1]);
  return runs;
}
