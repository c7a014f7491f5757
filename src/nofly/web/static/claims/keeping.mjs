/** Putting a claim here: its file, and the zone files that it names. */

import { ask } from "../page/api.mjs";
import { element, fill } from "../page/dom.mjs";
import { say } from "../page/words.mjs";

/**
 * Return a form that keeps a claim.
 * @param {(name: string) => void} done
 */
export function keepForm(done) {
  const error = element("p", { class: "error", role: "alert" });
  const form = /** @type {HTMLFormElement} */ (element("form", { id: "keep" },
    element("label", {}, element("span", {}, say("keep.name")), element("input", {
      name: "name", required: true, pattern: "[a-z0-9][a-z0-9\\-]{0,63}", maxlength: 64, autocomplete: "off", title: say("keep.pattern"),
    })),
    element("label", {}, element("span", {}, say("keep.file")), element("input", { type: "file", name: "claim", accept: ".toml", required: true })),
    element("label", {}, element("span", {}, say("keep.zones")), element("input", {
      type: "file", name: "zones", accept: ".geojson,.json,.txt,.air,.openair,.kml,.kmz", multiple: true,
    })),
    element("div", { class: "ends" }, element("button", { type: "submit", class: "main" }, say("keep.send")))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const name = String(given.get("name"));
    fill(error);
    try {
      await ask(`claims/${encodeURIComponent(name)}`, { method: "PUT", body: /** @type {File} */ (given.get("claim")) });
      for (const file of /** @type {File[]} */ (given.getAll("zones"))) {
        if (file.size) await ask(`claims/${encodeURIComponent(name)}/zones/${encodeURIComponent(file.name)}`, { method: "PUT", body: file });
      }
      done(name);
    } catch (wrong) {
      fill(error, say("keep.refused", { why: /** @type {Error} */ (wrong).message }));
    }
  });
  return element("details", { class: "box keep" }, element("summary", {}, say("keep.title")), element("p", { class: "fine" }, say("keep.hint")), form, error);
}
