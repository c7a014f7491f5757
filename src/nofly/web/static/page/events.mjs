/** Records and status as they come, over server-sent events; goes on where it was after a break. */

const RETRY_MS = 2000;

/**
 * @typedef {object} StoredRecord
 * @property {number} sequence
 * @property {string} time
 * @property {string} kind
 * @property {string | null} incident
 * @property {string} hash
 * @property {Record<string, any>} body
 */

/**
 * Follow records and status for as long as the page is open.
 * @param {number} after number of the last record that is known already
 * @param {{
 *   record: (record: StoredRecord) => void,
 *   status: (status: any) => void,
 *   cut: () => void,
 *   anew: () => void,
 * }} hearers `anew`: the record begins again, what was known is void
 */
export function followRecords(after, { record, status, cut, anew }) {
  let last = after;

  const open = () => {
    const source = new EventSource(`/api/v1/stream/incidents?after=${last}`);
    source.addEventListener("record", (event) => {
      const told = JSON.parse(event.data);
      // A browser that comes back by itself asks by the number of the last event: nothing comes twice.
      if (told.sequence <= last) return;
      last = told.sequence;
      record(told);
    });
    source.addEventListener("status", (event) => {
      const told = JSON.parse(event.data);
      if (told.records < last) {
        last = told.records;
        source.close();
        anew();
        open();
      }
      status(told);
    });
    source.addEventListener("error", () => {
      cut();
      if (source.readyState === EventSource.CLOSED) setTimeout(open, RETRY_MS);
    });
  };

  open();
}
