/**
 * All that is open now, and what ended while the page was there.
 */

import { h, put, text } from '../dom.js';
import { choice, field, input } from '../form.js';
import { many, number, since, words } from '../format.js';
import { LongTable } from '../table.js';

export const title = 'Interactions';

const STATES = ['queued', 'preview', 'dialing', 'alerting', 'connected', 'held', 'wrap_up'];
const link = (one) => `#/interactions/${encodeURIComponent(one.id)}`;
const haystack = (one) => `${one.id} ${one.agent_id} ${one.platform_id} ${one.remote_address ?? ''} ${one.service ?? ''} ${one.subject ?? ''}`.toLowerCase();

export function show(main, { store, parts }) {
  const wanted = input('wanted', { type: 'search' });
  const state = choice('state', [['', 'any'], ...STATES.map((one) => [one, words(one)]), ['completed', 'completed']]);
  const total = h('p', { class: 'dim', role: 'status' });
  const table = new LongTable({
    caption: 'Interactions',
    empty: 'Nothing is open that fits.',
    columns: [
      { title: 'With', narrow: true, cell: (one) => ({ text: one.remote_address || one.subject || one.id, href: link(one) }) },
      { title: 'State', narrow: true, cell: (one) => ({ text: words(one.state), class: `state ${one.state}` }) },
      { title: 'Medium', cell: (one) => words(one.channel_type || one.media || 'voice') },
      { title: 'Direction', cell: (one) => one.direction ?? '' },
      { title: 'Agent', narrow: true, cell: (one) => one.agent_id },
      { title: 'Platform', cell: (one) => one.platform_id },
      { title: 'Service', cell: (one) => one.service ?? '' },
      { title: 'For', cell: (one) => since(one.created_at) },
    ],
  });
  put(
    main,
    h('h1', null, title),
    h('div', { class: 'filters' }, field('Find', wanted, 'number, agent, platform or id'), field('State', state)),
    total,
    table.element,
  );
  let fits = []; // ids, in their order; found anew when that may have changed
  let found = '';
  const draw = () => {
    const past = state.value === 'completed';
    const part = wanted.value.toLowerCase();
    const key = `${past ? store.ended[0]?.id : store.version}|${part}|${state.value}`;
    if (key !== found || (state.value && !past)) {
      found = key;
      const from = past ? store.ended : store.interactions.values();
      fits = [];
      for (const one of from) {
        if ((!state.value || one.state === state.value) && (!part || haystack(one).includes(part))) fits.push(past ? one : one.id);
      }
    }
    if (past) table.show(fits);
    else table.show(fits, (id) => store.interactions.get(id) ?? { id, state: 'completed', agent_id: '', platform_id: '' });
    text(total, past ? `The last ${many(fits.length, 'interaction')} that ended while this page was open.` : `${many(fits.length, 'interaction')} of ${number(store.interactions.size)} open.`);
  };
  wanted.addEventListener('input', draw);
  state.addEventListener('change', draw);
  if (parts[0]) wanted.value = parts[0];
  draw();
  const timer = setInterval(draw, 1000);
  const over = store.changed(draw);
  return () => {
    over();
    clearInterval(timer);
  };
}
