/**
 * One webhook: how it fares, what was sent, and what can be done about it.
 */

import { all, call, get, post, refusal } from '../api.js';
import { h, notify, put } from '../dom.js';
import { action, choice, field, secret, sure } from '../form.js';
import { many, number, time } from '../format.js';
import { shortTable } from '../table.js';
import { attemptsTable } from './interaction.js';
import { condition } from './webhooks.js';

export const title = 'Webhook';

const LOOK_S = 3;
const SHOWN = 100;

export async function show(main, { parts: [id] }) {
  const path = `v1/webhooks/${encodeURIComponent(id)}`;
  const head = h('section', { class: 'card' });
  const said = h('p', { role: 'status' });
  const list = h('div');
  const state = choice('state', [['', 'any'], 'pending', 'delivered', 'dead', 'expired']);
  let webhook = await get(path);
  let open = ''; // the delivery whose attempts are shown

  async function done(what, told) {
    try {
      const answer = await what();
      if (told) notify(typeof told === 'function' ? told(answer) : told);
    } catch (error) {
      notify(refusal(error), 'bad');
    }
    await look();
  }

  const buttons = () => [
    action('Send a test', () => done(async () => {
      const attempt = await post(`${path}/test`);
      put(said, attempt.error ? `The test failed: ${attempt.error}` : `The test was taken: ${attempt.status} after ${attempt.duration_ms} ms.`);
    })),
    webhook.status === 'active'
      ? action('Pause', () => done(() => post(`${path}/pause`), 'It is paused; what comes is queued.'))
      : action('Resume', () => done(() => post(`${path}/resume`), 'It is sent to again.')),
    action('Replay the dead', () => done(() => replayAll(path), (count) => `${many(count, 'delivery')} will be sent again.`.replace('deliverys', 'deliveries'))),
    action('New secret', async () => {
      if (!(await sure('A new secret?', 'The old one signs along for a day.', 'Make it'))) return;
      await done(async () => {
        const made = await post(`${path}/rotate`);
        await secret('The new signing secret', 'It is shown this once.', made.secret);
      });
    }),
    webhook.secrets > 1 ? action('End the rotation', () => done(() => post(`${path}/end-rotation`), 'The newest secret alone signs.')) : null,
    action('Delete', async () => {
      if (!(await sure('Delete the webhook?', 'What waits for it is gone with it.', 'Delete it'))) return;
      try {
        await call('DELETE', path);
        notify('The webhook is deleted.');
        location.hash = '#/webhooks';
      } catch (error) {
        notify(refusal(error), 'bad');
      }
    }, 'danger'),
  ];

  let drawnHead = '';
  function drawHead() {
    if (JSON.stringify(webhook) === drawnHead) return;
    drawnHead = JSON.stringify(webhook);
    const facts = [
      ['Address', webhook.url],
      ['State', h('span', { class: `state ${condition(webhook)}` }, condition(webhook))],
      ['Why', webhook.reason],
      ['Failing since', time(webhook.failing_since)],
      ['Events', webhook.events.join(', ') || 'all'],
      ['Platforms', webhook.platform_ids.join(', ')],
      ['Agents', webhook.agent_ids.join(', ')],
      ['Order', webhook.order],
      ['Rate', webhook.rate ? `${number(webhook.rate.per_second)} a second` : ''],
      ['Made', time(webhook.created_at)],
      ['Secrets that sign', String(webhook.secrets)],
    ].filter(([, told]) => told);
    put(head, h('dl', { class: 'facts' }, facts.map(([name, told]) => [h('dt', null, name), h('dd', null, told)])), h('p', { class: 'buttons' }, buttons()), said);
  }

  let drawnList = null;
  async function look() {
    webhook = await get(path);
    drawHead();
    const deliveries = await newest(path, state.value);
    if (JSON.stringify(deliveries) === drawnList) return;
    drawnList = JSON.stringify(deliveries);
    put(list, table(deliveries));
  }

  const table = (deliveries) => shortTable(
    'Deliveries',
    ['Event', 'Cursor', 'State', 'Attempts', 'Next', 'What was wrong', ''],
    deliveries.map((one) => [
      one.type,
      String(one.cursor),
      h('span', { class: `state ${one.state}` }, one.state),
      attemptsOf(one),
      one.state === 'pending' ? time(one.next_attempt_at) : '',
      one.error,
      one.state === 'pending' ? '' : action('Replay', () => done(() => post(`${path}/deliveries/${encodeURIComponent(one.id)}/replay`), 'It will be sent again.'), 'small'),
    ]),
    'Nothing was queued that fits.',
  );

  function attemptsOf(one) {
    if (!one.attempts) return '0';
    const inside = h('div');
    const box = h('details', { open: open === one.id, ontoggle: async () => {
      if (!box.open) return;
      open = one.id;
      put(inside, attemptsTable(await all(`${path}/deliveries/${encodeURIComponent(one.id)}/attempts`, 'attempts')));
    } }, h('summary', null, String(one.attempts)), inside);
    return box;
  }

  put(main, h('p', null, h('a', { href: '#/webhooks' }, 'All webhooks')), h('h1', null, webhook.name || webhook.id), head,
    h('section', { class: 'card' }, h('h2', null, 'Deliveries'), h('div', { class: 'filters' }, field('State', state)), h('p', { class: 'dim' }, `The newest ${SHOWN}.`), list));
  state.addEventListener('change', look);
  await look();
  const timer = setInterval(() => look().catch((error) => put(said, refusal(error))), LOOK_S * 1000);
  return () => clearInterval(timer);
}

/** The newest deliveries: the list goes by cursor, so that it is asked from further and further back. */
async function newest(path, state) {
  const { cursor } = await get('v1/interactions', { limit: 1 }).catch(() => ({ cursor: 0 }));
  for (let back = 1000; ; back *= 10) {
    const after = Math.max(0, cursor - back);
    const found = await last(path, state, after);
    if (found.length >= SHOWN || after === 0) return found.slice(-SHOWN).reverse();
  }
}

async function last(path, state, after) {
  let found = [];
  let next = String(after);
  for (let pages = 0; next && pages < 20; pages += 1) {
    const page = await get(`${path}/deliveries`, { state, after: next, limit: 1000 });
    found = [...found, ...page.deliveries].slice(-SHOWN);
    next = page.next ?? '';
  }
  return found;
}

/** All that is dead, in as many calls as that takes. Gives how many. */
async function replayAll(path) {
  let count = 0;
  let after = 0;
  do {
    const told = await post(`${path}/replay`, { states: ['dead'], after });
    count += told.replayed;
    after = told.next;
  } while (after);
  return count;
}
