/** One call or chat: who it is, how it stands, and what can be done with it, as its `allowed` says. */

import { chatView } from './chat-view.js';
import { h } from './dom.js';
import { consultationOf, gatewayTime } from './model.js';
import { destinationPanel, keypadPanel, workPanel } from './panels.js';
import { clock } from './words.js';

/**
 * @typedef {import('./phone.js').Seen} Seen
 * @typedef {import('./model.js').Interaction} Interaction
 */

const PANELS = new Set(['interaction.send_dtmf', 'interaction.consult', 'interaction.single_step_transfer', 'interaction.single_step_conference']);
const CALL = [
  ...['interaction.hold', 'interaction.retrieve', 'interaction.mute', 'interaction.unmute', 'interaction.send_dtmf'],
  ...['interaction.consult', 'interaction.single_step_transfer', 'interaction.single_step_conference'],
];
const CONSULTING = ['interaction.alternate', 'interaction.complete_transfer', 'interaction.complete_conference'];
const RECORDING = [
  ...['interaction.start_recording', 'interaction.pause_recording', 'interaction.resume_recording', 'interaction.stop_recording'],
];
// Of each pair one is shown: the one that is allowed, and else the first.
const PAIRS = [
  ['interaction.hold', 'interaction.retrieve'],
  ['interaction.mute', 'interaction.unmute'],
  ['interaction.start_recording', 'interaction.stop_recording'],
  ['interaction.pause_recording', 'interaction.resume_recording'],
];

/**
 * Whom it is with, in the words that there are.
 * @param {Interaction} one
 */
export function nameOf(one) {
  const [first] = one.parties ?? [];
  const contact = one.consult_of ? '' : one.contact?.display_name; // a consultation is with a colleague
  return contact || first?.name || one.remote_address || one.ani || first?.address || '';
}

/**
 * @param {Seen} seen
 * @param {Interaction} one
 */
export function interactionView(seen, one) {
  const { words, ui } = seen;
  const title = `title-${one.id}`;
  const panel = ui.panels[one.id];
  const rings = one.state === 'alerting' || one.state === 'preview';
  const ended = Boolean(one.ended_at);
  return h('article', { key: one.id, class: 'card', 'data-interaction': one.id, 'data-state': one.state, 'data-media': one.media ?? 'voice', 'aria-labelledby': title },
    h('div', { class: 'row wide' },
      h('h3', { id: title, tabindex: -1 }, nameOf(one) || words('nobody')),
      h('span', { class: 'chip', 'data-chip': one.state }, words(`call.${one.state}`))),
    h('p', { class: 'dim' }, facts(seen, one).join(' · '), ' · ', timer(seen, one)),
    one.completion_blocked && h('p', { class: 'warn' }, words('call.blocked', { why: one.completion_blocked })),
    rings && h('div', { class: 'row', role: 'group', 'aria-label': words(`call.${one.state}`) },
      order(seen, one, 'interaction.accept', { class: 'good big' }),
      order(seen, one, 'interaction.reject', { class: 'bad' })),
    !rings && !ended && controls(seen, one),
    panel && !ended && !rings && openPanel(seen, one, panel),
    !ended && parties(seen, one),
    one.media === 'chat' && chatView(seen, one),
    !rings && one.state !== 'dialing' && one.state !== 'queued' && workPanel(seen, one),
  );
}

/**
 * @param {Seen} seen
 * @param {Interaction} one
 */
function facts({ words }, one) {
  const media = words(`media.${one.media ?? 'voice'}`);
  return [
    one.consult_of ? words('call.consultation') : media,
    nameOf(one) === one.remote_address ? '' : one.remote_address,
    one.service,
    one.muted && words('call.muted'),
    one.conference && words('call.conference'),
    one.transferring && words('call.transferring'),
    one.recording_state === 'recording' && words('call.recording'),
    one.recording_state === 'paused' && words('call.paused'),
  ].filter(Boolean);
}

/**
 * How long it lasts; in the wrap-up, how long that lasts.
 * @param {Seen} seen
 * @param {Interaction} one
 */
function timer({ model, now, words }, one) {
  const since = one.ended_at ?? one.connected_at ?? one.created_at;
  if (!since) return null;
  return h('span', { class: 'clock', role: 'timer', 'aria-label': words('timer.call') }, clock(gatewayTime(model, now) - Date.parse(since)));
}

/**
 * @param {Seen} seen
 * @param {Interaction} one
 */
function controls(seen, one) {
  const voice = (one.media ?? 'voice') === 'voice';
  const shown = (/** @type {string} */ verb) => paired(one, verb);
  const verbs = voice ? CALL : CALL.filter((verb) => one.allowed?.includes(verb));
  return [
    h('div', { class: 'grid', role: 'group', 'aria-label': nameOf(one) || seen.words('nobody') },
      verbs.filter(shown).map((verb) => (PANELS.has(verb) ? opener(seen, one, verb) : order(seen, one, verb))),
      voice && RECORDING.filter(shown).map((verb) => order(seen, one, verb))),
    (one.consult_of || consultationOf(seen.model, one)) && group(seen, one, CONSULTING),
    h('div', { class: 'row' }, order(seen, one, 'interaction.release', { class: 'bad big', word: voice ? '' : 'release.chat' })),
  ];
}

/**
 * @param {Interaction} one
 * @param {string} verb
 */
function paired(one, verb) {
  const [first, second] = PAIRS.find((pair) => pair.includes(verb)) ?? [];
  if (!first || !second) return true;
  return one.allowed?.includes(second) ? verb === second : verb === first;
}

/**
 * @param {Seen} seen
 * @param {Interaction} one
 * @param {string[]} verbs
 */
const group = (seen, one, verbs) =>
  h('div', { class: 'grid', role: 'group', key: 'consulting', 'aria-label': seen.words('call.consultation') }, verbs.map((verb) => order(seen, one, verb)));

/**
 * A button that is a command.
 * @param {Seen} seen
 * @param {Interaction} one
 * @param {string} verb
 * @param {{class?: string, word?: string, fields?: object}} [how]
 */
const order = (seen, one, verb, { fields = {}, ...how } = {}) =>
  seen.button(one, verb, () => seen.act({ type: verb, interaction_id: one.id, ...fields }), how);

/**
 * A button that asks for more first.
 * @param {Seen} seen
 * @param {Interaction} one
 * @param {string} verb
 */
function opener(seen, one, verb) {
  const open = seen.ui.panels[one.id] === verb;
  return seen.button(one, verb, () => seen.open(one.id, open ? '' : verb), { expanded: open });
}

/**
 * @param {Seen} seen
 * @param {Interaction} one
 * @param {string} verb
 */
const openPanel = (seen, one, verb) =>
  verb === 'interaction.send_dtmf' ? keypadPanel(seen, one) : destinationPanel(seen, one, verb);

/**
 * @param {Seen} seen
 * @param {Interaction} one
 */
function parties(seen, one) {
  const { words } = seen;
  if (!one.conference || !one.parties?.length) return null;
  const drop = (/** @type {any} */ party) => () => seen.act({ type: 'interaction.drop_party', interaction_id: one.id, party_id: party.id });
  return h('ul', { key: 'parties', class: 'parties', 'aria-label': words('parties') },
    one.parties.map((/** @type {any} */ party) => {
      const name = party.name || party.address || party.id;
      return h('li', { key: party.id, class: 'row wide' }, h('span', {}, name),
        seen.button(one, 'interaction.drop_party', drop(party), { class: 'quiet', about: name }));
    }));
}
