/**
 * The events as they come, through a filter of the gateway's: the last few hundred, drawn once a frame.
 */

import { get, refusal } from '../api.js';
import { eachFrame, h, put, text } from '../dom.js';
import { choice, field, form, input } from '../form.js';
import { many, names, precise, words } from '../format.js';
import { Follow } from '../stream.js';
import { LongTable } from '../table.js';

export const title = 'Live tail';

const KEPT = 2000;

export function show(main) {
  let rows = []; // the newest last
  let seen = 0;
  let paused = false;
  let follow = null;
  const said = h('p', { role: 'status', class: 'dim' });
  const chosen = h('div', { class: 'chosen' });
  const pause = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    pause.textContent = paused ? 'Go on' : 'Pause';
    if (!paused) draw();
  } }, 'Pause');
  const clear = h('button', { type: 'button', onclick: () => {
    rows = [];
    draw();
  } }, 'Clear');
  const choose = (event) => {
    put(chosen, h('h2', { tabindex: '-1' }, event.type), h('pre', { tabindex: '0' }, JSON.stringify(event, null, 2)));
    chosen.scrollIntoView({ block: 'nearest' });
  };
  const table = new LongTable({
    caption: 'Events',
    empty: 'No event that fits has come yet.',
    columns: [
      { title: 'Time', narrow: true, width: '9.2rem', cell: (one) => ({ text: precise(one.time), press: () => choose(one) }) },
      { title: 'Event', narrow: true, width: '17rem', cell: (one) => ({ text: one.type, class: `type ${one.type.split('.', 1)[0]}` }) },
      { title: 'Platform', cell: (one) => one.platform_id },
      { title: 'Agent', cell: (one) => one.agent_id ?? '' },
      { title: 'About', width: '30%', cell: (one) => about(one) },
      { title: 'Cursor', width: '6rem', cell: (one) => String(one.cursor) },
    ],
  });
  const drawNow = () => {
    if (paused) return;
    table.show(rows.toReversed());
    text(said, `${many(seen, 'event')} came; the last ${rows.length} are kept.`);
  };
  const draw = eachFrame(drawNow);

  function begin(filter, after) {
    follow?.stop();
    rows = [];
    seen = 0;
    draw();
    follow = new Follow({
      filter,
      after,
      told: (frame) => {
        if (frame.cursor === undefined) return; // a gap
        seen += 1;
        rows.push(frame);
        if (rows.length > KEPT * 1.25) rows = rows.slice(-KEPT);
        draw();
      },
      state: (state, why) => {
        if (state === 'over') text(said, refusalOf(why));
        else if (state === 'waiting') text(said, `Cut off${why ? `: ${why}` : ''}. Trying again.`);
        else draw();
      },
    }).start();
  }

  const filters = form('Filter', [
    h('div', { class: 'filters' },
      field('Types', input('types'), 'such as interaction.*'),
      field('Platforms', input('platforms')),
      field('Agents', input('agents')),
      field('Interaction', input('interactions')),
      field('Content', input('content'), 'such as interaction.ani:+1555*'),
      field('From', choice('from', [['back', 'the last 200'], ['now', 'now on']]))),
  ], 'Follow', async (data) => {
    const filter = filterOf(data);
    await get('v1/events', { ...queryOf(filter), limit: 1 }); // what is misspelt is refused here, with the nearest name
    begin(filter, data.get('from') === 'back' ? await back() : undefined);
  });
  put(main, h('h1', null, title), filters, h('p', { class: 'buttons' }, pause, clear), said, table.element, chosen);
  let left = false;
  back().catch(() => undefined).then((after) => left || begin({}, after));
  return () => {
    left = true;
    follow?.stop();
    draw.stop();
  };
}

const refusalOf = (why) => `There are no events: ${why}`;

/** The cursor some events back. */
async function back() {
  const { cursor } = await get('v1/interactions', { limit: 1 });
  return Math.max(0, cursor - 200);
}

function filterOf(data) {
  const filter = {};
  for (const name of ['types', 'platforms', 'agents', 'interactions']) {
    const list = names(data.get(name));
    if (list.length) filter[name] = list;
  }
  const content = data.get('content').trim();
  const at = content.indexOf(':');
  if (at > 0) filter.content = { [content.slice(0, at)]: valueOf(content.slice(at + 1)) };
  return filter;
}

/** As a query has it: a number, a truth or a text, and `some*` for what begins so. */
function valueOf(text) {
  if (text === '*') return { exists: true };
  if (text.endsWith('*')) return { prefix: text.slice(0, -1) };
  if (/^(null|true|false)$/.test(text)) return [JSON.parse(text), text].slice(0, text === 'null' ? 1 : 2);
  return /^-?\d+(\.\d+)?$/.test(text) ? [Number(text), text] : text;
}

/** The same filter, for a page of the journal. */
function queryOf({ types, platforms, agents, interactions }) {
  return { type: types, platform: platforms, agent: agents, interaction: interactions };
}

function about(event) {
  const one = event.interaction;
  if (one) return { text: `${one.remote_address || one.subject || one.id} ${one.state}`, href: `#/interactions/${encodeURIComponent(one.id)}` };
  if (event.agent) return `${words(event.agent.state ?? 'unknown')}${event.agent.reason ? `, ${event.agent.reason}` : ''}`;
  if (event.verb) return `${event.verb} ${event.result?.outcome ?? event.effect}`;
  return event.needinfo?.title ?? event.message ?? event.state ?? event.name ?? '';
}
