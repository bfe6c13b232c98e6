/**
 * Webhooks: all of them, and a form for another.
 */

import { all, post } from '../api.js';
import { h, notify, put } from '../dom.js';
import { boxes, choice, field, form, input, secret } from '../form.js';
import { names, time } from '../format.js';
import { shortTable } from '../table.js';

export const title = 'Webhooks';

export const condition = (one) => (one.status === 'active' && one.failing_since ? 'failing' : one.status);

export async function show(main) {
  const list = h('div');
  const draw = async () => put(list, table(await all('v1/webhooks', 'webhooks')));
  await draw();
  const making = form('New webhook', [
    field('Address', input('url', { type: 'url', required: true, placeholder: 'https://crm.example/trunkline' }), 'Where the events are posted to.'),
    field('Name', input('name', { maxlength: 100 })),
    field('Events', input('events'), 'Types such as interaction.* or agent.state_changed. Empty: all.'),
    field('Platforms', input('platforms'), 'Empty: all.'),
    field('Agents', input('agents'), 'Empty: all.'),
    boxes('Leave out', 'drop', ['identifier', 'personal', 'content']),
    field('Order', choice('order', [['interaction', 'of each interaction'], ['strict', 'strict: all wait'], ['none', 'none']])),
  ], 'Make the webhook', async (data, element) => {
    const made = await post('v1/webhooks', {
      url: data.get('url'),
      name: data.get('name'),
      events: names(data.get('events')),
      platform_ids: names(data.get('platforms')),
      agent_ids: names(data.get('agents')),
      drop: data.getAll('drop'),
      order: data.get('order'),
    });
    element.reset();
    await secret('The signing secret', 'Your server checks signatures with it. It is shown this once.', made.secret);
    await draw();
    notify('The webhook is there.');
  });
  put(main, h('h1', null, title), h('section', { class: 'card' }, list), h('details', { class: 'card' }, h('summary', null, 'New webhook'), making));
  return null;
}

const table = (webhooks) => shortTable(
  'Webhooks',
  ['Webhook', 'State', 'Address', 'Events', 'Since'],
  webhooks.map((one) => [
    h('a', { href: `#/webhooks/${encodeURIComponent(one.id)}` }, one.name || one.id),
    h('span', { class: `state ${condition(one)}` }, condition(one)),
    h('span', { class: 'address' }, one.url),
    one.events.join(', ') || 'all',
    time(one.created_at),
  ]),
  'There is no webhook yet.',
);
