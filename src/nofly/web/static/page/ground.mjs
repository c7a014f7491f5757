/** Coasts and borders, cut into tiles before anybody asks (packaging/basemap_tiles.py): all in one file. */

const MAGIC = "NFB1";
const ENTRY_BYTES = 12;
/** The zoom of the finest tiles; nearer, these are drawn larger. */
export const DEEPEST = 5;
export const TILES = "ground://{z}/{x}/{y}";

/** The pages ask for the file beforehand, so that it comes along with the program. */
const opened = open();
opened.catch(() => undefined);

/** @returns {Promise<(key: number) => ArrayBuffer>} */
async function open() {
  const answer = await fetch(new URL("../data/ground.bin", import.meta.url));
  const file = await answer.arrayBuffer();
  const view = new DataView(file);
  const magic = String.fromCharCode(...new Uint8Array(file, 0, MAGIC.length));
  if (!answer.ok || magic !== MAGIC) throw new Error(`ground.bin: ${answer.status} ${magic}`);
  /** @type {Map<number, [number, number]>} */
  const places = new Map();
  for (let i = 0, at = 8; i < view.getUint32(4, true); i += 1, at += ENTRY_BYTES) {
    places.set(view.getUint32(at, true), [view.getUint32(at + 4, true), view.getUint32(at + 8, true)]);
  }
  return (key) => {
    const [offset, length] = places.get(key) ?? [0, 0];
    return file.slice(offset, offset + length);
  };
}

/**
 * Return the tile of an address, empty where all is sea: what MapLibre calls for a source of these tiles.
 * @param {{ url: string }} asked
 */
export async function tileOf({ url }) {
  const [zoom, x, y] = url.slice(TILES.indexOf("{")).split("/").map(Number);
  return { data: (await opened)(zoom * 2 ** 24 + x * 2 ** 12 + y) };
}
