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
 * Replace what is in an element, and keep the keyboard's focus on the child that has the same `data-key`.
 * @param {Element} into
 * @param {Node[]} children
 */
export function refill(into, children) {
  const active = document.activeElement;
  const key = active instanceof HTMLElement && into.contains(active) ? active.dataset.key : undefined;
  into.replaceChildren(...children);
  if (key === undefined) return;
  const again = [...into.querySelectorAll("[data-key]")].find(
    (child) => child instanceof HTMLElement && child.dataset.key === key,
  );
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}
