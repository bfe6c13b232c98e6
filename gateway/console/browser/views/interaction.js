/**
 * One interaction's life: each event, command and question in its order, what was delivered of it, and the
 * platform's own frames.
 */

import { all, get, Problem, refusal } from '../api.js';
import { eachFrame, h, put } from '../dom.js';
import { duration, precise, since, time, words } from '../format.js';
import { historyOf, isAbout } from '../history.js';
import { shortTable } from '../table.js';

export const title = 'Interaction';

const AT_ONCE = 4; // requests
const MARKS = { command: 'C', needinfo: '?', party: 'P', query: 'Q', interaction: '•' };

export async function show(main, { store, parts: [id] }) {
  const leaving = new AbortController();
  const snapshot = h('section', { class: 'card' });
  const line = h('ol', { class: 'timeline' });
  const note = h('p', { class: 'dim', role: 'status' }, 'Reading the journal …');
  put(main, h('p', null, h('a', { href: '#/interactions' }, 'All interactions')), h('h1', null, title, ' ', h('code', null, id)), snapshot,
    h('section', { class: 'card' }, h('h2', null, 'Timeline'), note, line));
  let current = store.interactions.get(id) ?? (await get(`v1/interactions/${encodeURIComponent(id)}`));
  const known = new Set();
  const drawSnapshot = eachFrame(() => put(snapshot, h('h2', null, 'As it is now'), facts(current)));
  drawSnapshot();
  const add = (event) => {
    if (known.has(event.cursor)) return;
    known.add(event.cursor);
    line.append(entry(event, line.lastElementChild?.at ?? null, deliveries));
  };
  const deliveries = new Deliveries(leaving.signal);
  const early = []; // what came while the journal was read
  let take = (event) => early.push(event);
  const over = store.told((event) => {
    if (!isAbout(event, id)) return;
    if (event.interaction) {
      current = event.interaction;
      drawSnapshot();
    }
    take(event);
  });
  const leave = () => {
    over();
    leaving.abort();
  };
  historyOf(current, leaving.signal).then(({ events, whole }) => {
    events.forEach(add);
    take = add;
    early.forEach(add);
    put(note, whole ? '' : 'The journal does not have its beginning any more, or your key does not see it.');
  }).catch((error) => {
    if (error.name !== 'AbortError') put(note, refusal(error));
  });
  return leave;
}

const FACTS = [
  ['State', (one) => h('span', { class: `state ${one.state}` }, words(one.state))],
  ['With', (one) => one.remote_address],
  ['Agent', (one) => h('a', { href: `#/phone/${encodeURIComponent(one.platform_id)}/${encodeURIComponent(one.agent_id)}` }, one.agent_id)],
  ['Platform', (one) => one.platform_id],
  ['Medium', (one) => words(one.channel_type || one.media || 'voice')],
  ['Direction', (one) => one.direction],
  ['Service', (one) => one.service],
  ['Began', (one) => time(one.created_at)],
  ['Connected', (one) => time(one.connected_at)],
  ['Ended', (one) => one.ended_at && `${time(one.ended_at)}, ${words(one.end_cause)}${one.ended_by ? ` (${one.ended_by})` : ''}${one.end_inferred ? ', inferred' : ''}`],
  ['Open for', (one) => (one.completed_at ? '' : since(one.created_at))],
  ['Parties', (one) => (one.parties ?? []).map((each) => `${each.name || each.address || each.id} (${each.role ?? 'unknown'})`).join(', ')],
  ['Recording', (one) => one.recording_state],
  ['Disposition', (one) => one.disposition?.name || one.disposition?.id],
  ['Notes', (one) => one.notes],
  ['Consults for', (one) => one.consult_of && h('a', { href: `#/interactions/${encodeURIComponent(one.consult_of)}` }, one.consult_of)],
  ['Data', (one) => Object.keys(one.data ?? {}).length ? h('code', null, JSON.stringify(one.data)) : ''],
  ['May', (one) => (one.allowed ?? []).map((each) => each.replace('interaction.', '')).join(', ')],
];

function facts(one) {
  return h('dl', { class: 'facts' }, FACTS.map(([name, tell]) => {
    const told = tell(one);
    return told ? [h('dt', null, name), h('dd', null, told)] : null;
  }));
}

/** One line of the timeline. */
function entry(event, before, deliveries) {
  const at = Date.parse(event.time);
  const kind = event.type.split('.', 1)[0];
  const gap = before === null ? '' : `+${duration(Math.max(0, at - before) / 1000)}`;
  const made = h(
    'li',
    { class: `entry ${kind}${outcome(event)}` },
    h('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[kind] ?? '•'),
    h('div', { class: 'when' }, h('time', { datetime: event.time }, precise(event.time)), ' ', h('span', { class: 'dim' }, gap)),
    h('div', { class: 'what' },
      h('h3', null, headline(event)),
      h('p', null, story(event), event.recovered ? h('span', { class: 'tag' }, 'recovered') : null, event.late ? h('span', { class: 'tag' }, 'late') : null),
      commandOf(event),
      deliveries.of(event),
      unfold('The event', () => json({ ...event, vendor: undefined })),
      event.vendor ? unfold(`The platform’s frame (${words(event.vendor.dialect)})`, () => [event.vendor.frame, ...(event.vendor.earlier ?? [])].map(json)) : null),
  );
  made.at = at;
  return made;
}

const outcome = (event) => (event.result?.outcome === 'failed' ? ' bad' : '');

function headline(event) {
  if (event.type === 'command.finished') return `${event.verb} ${event.result.outcome}`;
  if (event.type === 'command.proved') return `${event.verb}: found ${event.effect}`;
  if (event.type === 'needinfo.requested') return `asked: ${event.needinfo.title || words(event.needinfo.kind)}`;
  if (event.type === 'needinfo.resolved') return `question ${event.resolution}`;
  return event.type;
}

function story(event) {
  const { interaction: one, result, needinfo, party } = event;
  if (result) return [result.message, result.code && words(result.code), result.effect === 'unknown' && 'its effect is unknown', ...(result.warnings ?? [])].filter(Boolean).join('; ');
  if (needinfo) return `${needinfo.fields.map((each) => each.title || each.key).join(', ')}; round ${needinfo.round ?? 1}, until ${time(needinfo.expires_at)}`;
  if (party) return `${party.name || party.address || party.id}, ${party.role ?? 'unknown'}`;
  return one ? [words(one.state), one.end_cause && words(one.end_cause), one.vendor_state && `“${one.vendor_state}”`].filter(Boolean).join(', ') : '';
}

const json = (value) => h('pre', { tabindex: '0' }, JSON.stringify(value, null, 2));

/** Something that is made when it is unfolded. */
function unfold(summary, make) {
  const inside = h('div');
  const box = h('details', { ontoggle: async () => {
    if (!box.open || inside.hasChildNodes()) return;
    try {
      put(inside, await make());
    } catch (error) {
      put(inside, h('p', { class: 'refused' }, refusal(error)));
    }
  } }, h('summary', null, summary), inside);
  return box;
}

function commandOf(event) {
  const id = event.command_id ?? event.needinfo?.command_id;
  if (!id) return null;
  return unfold(event.type.startsWith('command.') || event.needinfo ? 'The command' : 'The command that caused it', async () => {
    const record = await get(`v1/commands/${encodeURIComponent(id)}`);
    return [
      h('p', null, `${record.command.type}, given by ${record.principal || 'nobody known'} at ${precise(record.accepted_at)}; ${record.status} after ${record.attempts ?? 0} ${record.attempts === 1 ? 'attempt' : 'attempts'}`,
        record.finished_at ? ` and ${duration((Date.parse(record.finished_at) - Date.parse(record.accepted_at)) / 1000)}` : ''),
      json(record),
    ];
  });
}

/** What webhooks were sent of each event: asked a few at a time. */
class Deliveries {
  constructor(signal) {
    this.signal = signal;
    this.queue = [];
    this.busy = 0;
    this.refused = false;
  }

  of(event) {
    const place = h('div', { class: 'deliveries' });
    if (!this.refused) {
      this.queue.push([event.cursor, place]);
      this.next();
    }
    return place;
  }

  async next() {
    if (this.busy >= AT_ONCE || !this.queue.length) return;
    const [cursor, place] = this.queue.shift();
    this.busy += 1;
    try {
      const { deliveries } = await get(`v1/events/${cursor}/deliveries`, {}, { signal: this.signal });
      if (deliveries.length) put(place, unfold(`Webhooks: ${tally(deliveries)}`, () => deliveries.map(delivery)));
    } catch (error) {
      if (error instanceof Problem && error.status === 403) {
        this.refused = true;
        this.queue = [];
        put(place, h('p', { class: 'dim' }, `What was delivered is not shown. ${refusal(error)}`));
      }
    } finally {
      this.busy -= 1;
      if (!this.signal.aborted) this.next();
    }
  }
}

/** How many are in which state: "2 delivered, 1 pending". */
function tally(deliveries) {
  const states = [...new Set(deliveries.map((one) => one.state))];
  return states.map((state) => `${deliveries.filter((one) => one.state === state).length} ${state}`).join(', ');
}

function delivery(one) {
  const path = `v1/webhooks/${encodeURIComponent(one.webhook_id)}/deliveries/${encodeURIComponent(one.id)}/attempts`;
  return unfold(`${one.webhook_id}: ${one.state} after ${one.attempts} ${one.attempts === 1 ? 'attempt' : 'attempts'}`, async () =>
    attemptsTable(await all(path, 'attempts')));
}

/** Attempts at a delivery, as a table. */
export const attemptsTable = (attempts) => shortTable(
  'Attempts',
  ['No.', 'At', 'Took', 'Status', 'What was wrong', 'Answer'],
  attempts.map((one) => [one.number, time(one.at), `${one.duration_ms} ms`, one.status ?? '–', one.error, one.response ? h('code', { class: 'answer' }, one.response.slice(0, 500)) : '']),
  'There was no attempt yet.',
);
