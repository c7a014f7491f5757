/** Things done soon, once for all that asks for them meanwhile. */

const SETTLE_MS = 200;

/**
 * Return what has something done soon. What fails is asked for again by whatever comes next.
 * @param {() => Promise<void>} done
 * @returns {() => void}
 */
export function soon(done) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      done().catch(() => undefined);
    }, SETTLE_MS);
  };
}
