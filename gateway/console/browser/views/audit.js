/**
 * Who did what: the newest first, and further back page by page.
 */

import { get } from '../api.js';
import { h, put } from '../dom.js';
import { field, form, input } from '../form.js';
import { time } from '../format.js';
import { shortTable } from '../table.js';

export const title = 'Audit';

const PAGE = 100;
const STEPS = 20; // of numbers that are looked at for one page, where a filter lets little through

export async function show(main) {
  const list = h('div');
  const head = h('p', { class: 'dim' });
  const older = h('button', { type: 'button', onclick: () => draw(before) }, 'Older');
  const newest = h('button', { type: 'button', onclick: () => draw(null) }, 'Newest');
  let filter = {};
  let before = null; // the number below which the next page goes

  async function draw(below) {
    const { head: told, first } = await get('v1/audit', { limit: 0 });
    const last = Number(told.split(':')[0]);
    let high = below ?? last + 1;
    const found = [];
    for (let step = 0; step < STEPS && high > first && found.length < PAGE; step += 1) {
      const low = Math.max(first - 1, high - 1 - 1000);
      const { entries } = await get('v1/audit', { ...filter, after: low, limit: 1000 });
      const fits = entries.map(({ entry }) => entry).filter((one) => one.number < high).reverse();
      const taken = fits.slice(0, PAGE - found.length);
      found.push(...taken);
      high = taken.length < fits.length ? taken.at(-1).number : low + 1;
    }
    before = high;
    older.disabled = high <= first;
    put(head, `Head of the chain: ${told.slice(0, told.indexOf(':') + 13)}… Note it down elsewhere to prove later that nothing was cut off.`);
    put(list, table(found));
  }

  await draw(null);
  put(
    main,
    h('h1', null, title),
    form('Find', [h('div', { class: 'filters' }, field('By whom', input('principal'), 'such as key:… or operator'), field('What', input('action'), 'such as key.created'))], 'Find', async (data) => {
      filter = { principal: data.get('principal').trim(), action: data.get('action').trim() };
      await draw(null);
    }),
    h('section', { class: 'card' }, list, h('p', { class: 'buttons' }, newest, older), head),
  );
  return null;
}

const table = (entries) => shortTable(
  'Audit',
  ['No.', 'At', 'By whom', 'What', 'To what', 'Platform', 'Agent', 'Details'],
  entries.map((one) => [
    String(one.number),
    time(one.at),
    one.principal,
    one.action,
    one.object ? h('code', null, one.object) : '',
    one.platform_id,
    one.agent_id,
    Object.entries(one.details ?? {}).map(([name, value]) => `${name} ${value}`).join(', '),
  ]),
  'There is no such entry.',
);
