/** Elements. Whatever comes from the server becomes text here, never markup. */

/**
 * Return a new element. A function among the attributes hears the event of that name; null and false leave
 * an attribute out; a child that is no node is text.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | number | null | undefined)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, /** @type {EventListener} */ (value));
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  fill(made, ...children);
  return made;
}

/**
 * Replace what is in an element.
 * @param {Element} into
 * @param {...(Node | string | number | null | undefined)} children
 */
export function fill(into, ...children) {
  into.replaceChildren(...children.filter((child) => child !== null && child !== undefined).map(
    (child) => child instanceof Node ? child : document.createTextNode(String(child)),
  ));
}

/**
 * Return the element of the page that has this id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}

/**
 * Make what is in an element like these children, by changing what is there: what somebody is about to press,
 * or reads with a screen reader, stays the same element. Children are told apart by their `data-key`, which
 * says all that those who hear them rely on.
 * @param {Element} into
 * @param {HTMLElement[]} children
 */
export function refill(into, children) {
  const active = document.activeElement;
  const there = new Map([...into.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  children.forEach((child, i) => {
    const old = there.get(child.dataset.key);
    there.delete(child.dataset.key);
    const shown = old ? likened(old, child) : child;
    if (into.children[i] !== shown) into.insertBefore(shown, into.children[i] ?? null);
  });
  while (into.childNodes.length > children.length) into.lastChild?.remove();
  if (active instanceof HTMLElement && active !== document.activeElement && into.contains(active)) {
    active.focus({ preventScroll: true });
  }
}

/**
 * Return an element made like another, or the other where that cannot be.
 * @param {Element} old
 * @param {Element} wanted
 * @returns {Element}
 */
function likened(old, wanted) {
  if (old.isEqualNode(wanted)) return old;
  if (old.tagName !== wanted.tagName || old.tagName === "CANVAS") return wanted;
  for (const name of old.getAttributeNames()) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  for (const name of wanted.getAttributeNames()) {
    const value = wanted.getAttribute(name) ?? "";
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const [was, now] = [[...old.childNodes], [...wanted.childNodes]];
  now.forEach((child, i) => {
    const before = was[i];
    if (!before) old.append(child);
    else if (before instanceof Element && child instanceof Element) {
      const like = likened(before, child);
      if (like !== before) before.replaceWith(like);
    } else if (before instanceof Text && child instanceof Text) {
      if (before.data !== child.data) before.data = child.data;
    } else before.replaceWith(child);
  });
  was.slice(now.length).forEach((child) => child.remove());
  return old;
}
