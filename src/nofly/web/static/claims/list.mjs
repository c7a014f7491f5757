/** The list of claims: what each asks, how many sides it has, what its statements came to. */

import { element } from "../page/dom.mjs";
import { say } from "../page/words.mjs";
import { badge, VERDICTS } from "./verdict.mjs";

/**
 * Return a row for each claim.
 * @param {any[]} claims as the API has them
 * @param {(name: string) => string} addressOf
 */
export function rowsOf(claims, addressOf) {
  if (!claims.length) return [element("li", { class: "none" }, say("claims.none"))];
  return claims.map((one) => {
    const { name, title, question, sides, statements, wrong, verdicts } = one;
    const counts = VERDICTS.map((verdict) => [verdict, Object.values(verdicts ?? {}).filter((given) => given === verdict).length]);
    return element("li", { class: "box claim-row", "data-claim": name },
      element("a", { class: "who", href: addressOf(name) }, title),
      element("span", { class: "fine" }, name),
      wrong ? element("p", { class: "changed" }, say("claims.wrong", { why: wrong })) : element("p", {}, question),
      wrong ? null : element("p", { class: "fine" }, say("claims.counts", { statements, sides: sides.join(" · ") })),
      wrong ? null : element("div", { class: "counts" }, ...verdicts
        ? counts.filter(([, count]) => count).map(([verdict, count]) => badge(String(verdict), ` × ${count}`))
        : [element("span", { class: "fine" }, say("claims.unchecked"))]));
  });
}
