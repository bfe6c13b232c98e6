/**
 * What is to be seen, as plain objects, and how the document is made to show it: elements that stay keep their place,
 * their focus and what was typed into them.
 *
 * Text is always text: nothing here reads markup.
 */

/**
 * @typedef {{tag: string, props: Record<string, any>, children: Piece[]}} Made
 * @typedef {Made | string} Piece
 * @typedef {Piece | number | false | null | undefined | any[]} Wanted lists of such, too
 */

const SHOWN = Symbol('what it shows');
const AS_PROPERTY = new Set(['value', 'checked']); // what people change; set where it is another than was shown

/**
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes; `key`: who it is among its siblings; `onclick` and the like:
 *   functions; false, null and undefined leave an attribute out
 * @param {...Wanted} children
 * @returns {Made}
 */
export const h = (tag, props = {}, ...children) => ({ tag, props, children: flat(children) });

/**
 * @param {Wanted[]} children
 * @returns {Piece[]}
 */
function flat(children) {
  return children.flatMap((one) => {
    if (Array.isArray(one)) return flat(one);
    if (one === null || one === undefined || one === false || one === '') return [];
    return [typeof one === 'number' ? String(one) : one];
  });
}

/**
 * Make the children of an element show these pieces.
 * @param {Element | ShadowRoot} parent
 * @param {Piece[]} pieces
 */
export function show(parent, pieces) {
  /** @type {Map<string, ChildNode[]>} */ const there = new Map();
  for (const node of parent.childNodes) {
    const name = nameOf(/** @type {any} */ (node)[SHOWN]);
    there.set(name, [...(there.get(name) ?? []), node]);
  }
  const nodes = pieces.map((piece) => {
    const known = there.get(nameOf(piece))?.shift();
    return known ? changed(known, piece) : made(piece);
  });
  for (const left of there.values()) for (const node of left) node.remove();
  /** @type {ChildNode | null} */ let at = parent.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
}

/** @param {Piece | undefined} piece */
const nameOf = (piece) =>
  piece === undefined ? '' : typeof piece === 'string' ? '#' : `${piece.tag} ${piece.props.key ?? ''}`;

/**
 * @param {Piece} piece
 * @returns {ChildNode}
 */
function made(piece) {
  if (typeof piece === 'string') return changed(document.createTextNode(''), piece);
  return changed(document.createElement(piece.tag), piece);
}

/**
 * @param {any} node
 * @param {Piece} piece
 * @returns {ChildNode}
 */
function changed(node, piece) {
  const before = node[SHOWN];
  node[SHOWN] = piece;
  if (typeof piece === 'string') {
    if (node.data !== piece) node.data = piece;
    return node;
  }
  const was = before?.props ?? {};
  for (const name of Object.keys(was)) if (!(name in piece.props)) set(node, name, undefined, was[name]);
  show(node, piece.children); // before the value of a select, which has to be among them
  for (const [name, value] of Object.entries(piece.props)) set(node, name, value, was[name]);
  return node;
}

/**
 * @param {any} node
 * @param {string} name
 * @param {any} value
 * @param {any} before
 */
function set(node, name, value, before) {
  if (name === 'key' || value === before) return;
  if (name.startsWith('on')) node[name] = value ? (/** @type {Event} */ event) => void value(event) : null; // false would prevent it
  else if (AS_PROPERTY.has(name)) node[name] = value ?? '';
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? '' : String(value));
}

/**
 * The element in focus, inside of shadow roots.
 * @param {ShadowRoot} root
 * @returns {HTMLElement | null}
 */
export const focused = (root) => /** @type {HTMLElement | null} */ (root.activeElement);
