/**
 * Elements, built one by one. Text stays text, whoever wrote it: nothing here reads markup.
 */

/**
 * An element. Attributes that are functions (`onclick`) listen; true stands alone; false and null are left out.
 * @param {string} name
 * @param {Record<string, unknown> | null} [attributes]
 * @param {...unknown} children nodes, texts, and lists of them; null is left out
 * @returns {any}
 */
export function h(name, attributes = null, ...children) {
  return fill(document.createElement(name), attributes, children);
}

const SVG = 'http://www.w3.org/2000/svg';

/** The same, of a drawing. */
export function s(name, attributes = null, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, '');
    else if (value !== false && value != null) made.setAttribute(key, String(value));
  }
  made.append(...children.flat(9).filter((one) => one != null && one !== false));
  return made;
}

/** Put these in place of what an element holds. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(9).filter((one) => one != null && one !== false));
  return element;
}

/** Set a text, if it is another one. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** Call a function once in the next frame, however often that is asked for until then. */
export function eachFrame(draw) {
  let asked = 0;
  const ask = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      draw();
    });
  };
  ask.stop = () => cancelAnimationFrame(asked);
  return ask;
}

/** Tell something to everybody, also to who does not see the page; the last few stand. */
export function notify(what, kind = 'good') {
  const notices = document.getElementById('notices');
  const close = h('button', { type: 'button', 'aria-label': 'Close', onclick: () => one.remove() }, '×');
  const one = h('p', { class: `notice ${kind}` }, h('span', null, what), close);
  notices.append(one);
  while (notices.children.length > 4) notices.firstChild.remove();
  if (kind === 'good') setTimeout(() => one.remove(), 8000);
}
