/** What the map asks for only once it has begun, fetched while its program still comes: then it is there. */

fetch(new URL("../vendor/maplibre-gl-worker.mjs", import.meta.url)).then((answer) => answer.arrayBuffer()).catch(() => undefined);
