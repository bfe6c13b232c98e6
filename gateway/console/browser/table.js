/**
 * A table of any length: only the rows that are in sight are there. Their height is one and the same.
 */

import { h, text } from './dom.js';

const ROW_PX = 34;
const BEYOND = 8; // rows above and below what is in sight

/** Columns are `{title, cell(row), narrow, width}`: a cell is a text or `{text, href | press, class}`; narrow ones stay on a telephone. */
export class LongTable {
  constructor({ columns, caption, empty = 'Nothing here.' }) {
    this.columns = columns;
    this.rows = [];
    this.drawn = [];
    this.above = h('tr', { 'aria-hidden': 'true' }, h('td'));
    this.below = h('tr', { 'aria-hidden': 'true' }, h('td'));
    this.body = h('tbody', null, this.above, this.below);
    this.table = h(
      'table',
      { class: 'long' },
      h('caption', { class: 'quiet' }, caption),
      h('thead', null, h('tr', null, columns.map(headed))),
      this.body,
    );
    this.nothing = h('p', { class: 'dim empty' }, empty);
    this.box = h('div', { class: 'scrolled', tabindex: '0', role: 'region', 'aria-label': caption }, this.table);
    this.box.addEventListener('scroll', () => this.draw(), { passive: true });
    this.element = h('div', null, this.box, this.nothing);
  }

  /** Show these rows. `at` gives the row of an entry, looked up only for what is in sight. */
  show(rows, at = (entry) => entry) {
    this.rows = rows;
    this.at = at;
    this.draw();
  }

  draw() {
    const { rows, box } = this;
    this.nothing.hidden = rows.length > 0;
    box.hidden = rows.length === 0;
    const from = Math.max(0, Math.floor(box.scrollTop / ROW_PX) - BEYOND);
    const count = Math.min(rows.length - from, Math.ceil((box.clientHeight || 600) / ROW_PX) + 2 * BEYOND);
    this.table.setAttribute('aria-rowcount', String(rows.length + 1));
    this.above.firstChild.style.height = `${from * ROW_PX}px`;
    this.below.firstChild.style.height = `${Math.max(0, rows.length - from - count) * ROW_PX}px`;
    while (this.drawn.length < count) this.grow();
    while (this.drawn.length > Math.max(0, count)) this.drawn.pop().row.remove();
    this.drawn.forEach((one, i) => this.fill(one, this.at(rows[from + i]), from + i));
  }

  grow() {
    const cells = this.columns.map((one, i) => h(i ? 'td' : 'th', { class: one.narrow ? null : 'wide', scope: i ? null : 'row' }));
    const row = h('tr', null, cells);
    this.below.before(row);
    this.drawn.push({ row, cells });
  }

  fill({ row, cells }, told, index) {
    row.setAttribute('aria-rowindex', String(index + 2));
    this.columns.forEach((column, i) => write(cells[i], column.cell(told)));
  }
}

function headed({ title, narrow, width }) {
  const cell = h('th', { scope: 'col', class: narrow ? null : 'wide' }, title);
  if (width) cell.style.width = width;
  return cell;
}

/** What a cell says: a text, a link, a text of some kind, or something to press. What is there is kept. */
function write(cell, said) {
  const { text: words = '', href, press, class: kind = '' } = typeof said === 'object' && said !== null ? said : { text: said };
  const name = href ? 'a' : press ? 'button' : kind ? 'span' : '';
  if (!name) {
    text(cell, String(words ?? ''));
    return;
  }
  let inside = cell.firstElementChild;
  if (inside?.localName !== name) {
    inside = h(name, name === 'button' ? { type: 'button', class: 'plain', onclick: () => inside.press() } : null);
    cell.replaceChildren(inside);
  }
  if (href && inside.getAttribute('href') !== href) inside.setAttribute('href', href);
  if (kind && inside.className !== kind) inside.className = kind;
  if (press) inside.press = press;
  text(inside, String(words));
}

/** A short table, all of it at once. Cells are texts or nodes. */
export function shortTable(caption, columns, rows, empty = 'Nothing here.') {
  if (!rows.length) return h('p', { class: 'dim empty' }, empty);
  return h(
    'div',
    { class: 'sideways', tabindex: '0', role: 'region', 'aria-label': caption },
    h(
      'table',
      null,
      h('caption', { class: 'quiet' }, caption),
      h('thead', null, h('tr', null, columns.map((one) => h('th', { scope: 'col' }, one)))),
      h('tbody', null, rows.map((cells) => h('tr', null, cells.map((one, i) => h(i ? 'td' : 'th', { scope: i ? null : 'row' }, one))))),
    ),
  );
}
