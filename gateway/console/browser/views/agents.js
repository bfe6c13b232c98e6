/**
 * Who is signed in where, and what each is doing.
 */

import { h, put } from '../dom.js';
import { field, input } from '../form.js';
import { since, words } from '../format.js';
import { LongTable } from '../table.js';

export const title = 'Agents';

export function show(main, { store }) {
  const wanted = input('wanted', { type: 'search' });
  let busy = new Map();
  const table = new LongTable({
    caption: 'Agents',
    empty: 'No agent is signed in, or none is yours to see.',
    columns: [
      { title: 'Agent', narrow: true, cell: (one) => ({ text: one.name || one.agent_id, href: `#/phone/${encodeURIComponent(one.platform_id)}/${encodeURIComponent(one.agent_id)}` }) },
      { title: 'Id', cell: (one) => one.agent_id },
      { title: 'Platform', cell: (one) => one.platform_id },
      { title: 'State', narrow: true, cell: (one) => ({ text: words(one.state) + (one.pending_state ? `, then ${words(one.pending_state)}` : ''), class: `state ${one.state}` }) },
      { title: 'Reason', cell: (one) => one.reason },
      { title: 'For', narrow: true, cell: (one) => since(one.since) },
      { title: 'Interactions', cell: (one) => busy.get(one.id) ?? '' },
    ],
  });
  put(main, h('h1', null, title), h('div', { class: 'filters' }, field('Find', wanted, 'name, platform or state')), table.element);
  const draw = () => {
    busy = new Map();
    for (const one of store.interactions.values()) busy.set(one.session_id, (busy.get(one.session_id) ?? 0) + 1);
    const part = wanted.value.toLowerCase();
    const rows = [...store.sessions.values()].filter((one) => `${one.name ?? ''} ${one.agent_id} ${one.platform_id} ${words(one.state)}`.toLowerCase().includes(part));
    table.show(rows);
  };
  wanted.addEventListener('input', draw);
  draw();
  const timer = setInterval(draw, 1000); // how long each has been so
  const over = store.changed(draw);
  return () => {
    over();
    clearInterval(timer);
  };
}
