/**
 * What each platform can be told, by its dialect: exactly, by several calls, nearly, or not at all.
 */

import { h, put } from '../dom.js';
import { words } from '../format.js';

export const title = 'Dialects';

const SUPPORT = {
  exact: ['●', 'exactly'],
  flow: ['◐', 'by several calls'],
  approximate: ['≈', 'nearly: the result says what was not'],
  gateway: ['◆', 'by the gateway'],
  unsupported: ['–', 'not at all'],
};

export function show(main, { store }) {
  const box = h('div');
  put(
    main,
    h('h1', null, title),
    h('p', null, 'What can be done on each platform. What cannot is refused before anything is sent.'),
    h('ul', { class: 'legend' }, Object.entries(SUPPORT).map(([name, [mark, told]]) => h('li', null, h('span', { class: `support ${name}`, 'aria-hidden': 'true' }, mark), ` ${told}`))),
    box,
  );
  let drawn = '';
  const draw = () => {
    const { platforms } = store;
    const now = platforms.map((one) => one.id).join();
    if (now === drawn) return;
    drawn = now;
    put(box, platforms.length ? matrix(platforms) : h('p', { class: 'dim' }, 'No platform is yours to see.'));
  };
  draw();
  return store.changed(draw);
}

function matrix(platforms) {
  const verbs = [...new Set(platforms.flatMap((one) => Object.keys(one.commands)))].sort();
  return h(
    'div',
    { class: 'sideways', tabindex: '0', role: 'region', 'aria-label': 'What each platform can say' },
    h(
      'table',
      { class: 'matrix' },
      h('caption', { class: 'quiet' }, 'Commands by platform'),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Command'), platforms.map((one) => h('th', { scope: 'col' }, one.id, h('br'), h('span', { class: 'dim' }, words(one.dialect)))))),
      h('tbody', null, verbs.map((verb) => h('tr', null, h('th', { scope: 'row' }, h('code', null, verb)), platforms.map((one) => cell(one.commands[verb]))))),
    ),
  );
}

function cell(support = 'unsupported') {
  const [mark, told] = SUPPORT[support] ?? ['?', support];
  return h('td', { class: `support ${support}` }, h('span', { 'aria-hidden': 'true' }, mark), h('span', { class: 'quiet' }, told));
}
