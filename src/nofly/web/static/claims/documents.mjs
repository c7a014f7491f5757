/** Documents of a claim: pictures as pictures, texts and pages as their characters, anything else to be kept. */

import { ask } from "../page/api.mjs";
import { element, fill } from "../page/dom.mjs";
import { say } from "../page/words.mjs";

/**
 * Return the documents.
 * @param {any} whole as the API has it
 * @returns {Node[]}
 */
export function documentsOf({ name, sheet, excerpts }) {
  if (!sheet.documents.length) return [element("p", { class: "none" }, say("documents.none"))];
  return sheet.documents.map((/** @type {any} */ one) => {
    const at = `/api/v1/claims/${encodeURIComponent(name)}/documents/${one.sha256}`;
    const picture = one.sound && (one.kind === "png" || one.kind === "jpeg");
    return element("div", { class: "document", "data-sha256": one.sha256 },
      element("p", { class: one.sound ? null : "changed" }, element("b", {}, one.name),
        ` (${one.kind}, ${one.bytes} ${say("documents.bytes")}) `, one.sound ? null : say("documents.changed")),
      element("p", { class: "fine" }, [
        one.captured ? say("documents.captured", { time: one.captured }) : say("documents.uncaptured"),
        one.statement ? say("documents.of", { statement: one.statement }) : "", one.url,
      ].filter(Boolean).join(" · ")),
      element("p", { class: "fine" }, "SHA-256 ", element("code", {}, one.sha256)),
      picture ? element("img", { src: at, alt: one.name }) : null,
      one.sha256 in excerpts ? element("pre", { tabindex: 0 }, excerpts[one.sha256]) : null,
      one.sound && !picture ? element("p", {}, element("a", { href: at, download: "" }, say("documents.take"))) : null);
  });
}

/**
 * Return a form that attaches a document.
 * @param {any} whole
 * @param {() => Promise<void>} done
 */
export function attachForm({ name, sheet }, done) {
  const error = element("p", { class: "error", role: "alert" });
  const form = /** @type {HTMLFormElement} */ (element("form", { id: "attach" },
    element("label", {}, element("span", {}, say("attach.file")), element("input", { type: "file", name: "file", required: true })),
    element("label", {}, element("span", {}, say("attach.captured")), element("input", { type: "datetime-local", name: "captured", required: true, step: 1 })),
    element("label", {}, element("span", {}, say("attach.statement")), element("select", { name: "statement" },
      element("option", { value: "" }, "–"), ...sheet.statements.map((/** @type {any} */ { id, who }) => element("option", { value: id }, who)))),
    element("label", {}, element("span", {}, say("attach.url")), element("input", { type: "url", name: "url", maxlength: 500 })),
    element("div", { class: "ends" }, element("button", { type: "submit", class: "main" }, say("attach.send")))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const file = /** @type {File} */ (given.get("file"));
    const query = new URLSearchParams({
      file: file.name.slice(-200), captured: `${given.get("captured")}Z`, statement: String(given.get("statement")), url: String(given.get("url")),
    });
    fill(error);
    try {
      await ask(`claims/${encodeURIComponent(name)}/documents?${query}`, { method: "POST", body: file });
      await done();
    } catch (wrong) {
      fill(error, say("keep.refused", { why: /** @type {Error} */ (wrong).message }));
    }
  });
  return element("details", { class: "keep" }, element("summary", {}, say("attach.title")), form, error);
}
