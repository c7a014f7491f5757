/** What the map asks for only once it has begun, fetched while its program still comes: then it is there. */

const WANTED = ["../vendor/maplibre-gl-worker.mjs", "../data/land.json", "../data/borders.json"];

for (const name of WANTED) {
  fetch(new URL(name, import.meta.url)).then((answer) => answer.arrayBuffer()).catch(() => undefined);
}
