/** What a command has to be told first: tones, a destination; and the work that is written up. */

import { h } from './dom.js';

/**
 * @typedef {import('./phone.js').Seen} Seen
 * @typedef {import('./model.js').Interaction} Interaction
 */

const TONES = [...'123456789*0#'];
const KINDS = ['external', 'agent', 'agent_group', 'skill', 'queue', 'routing_point'];

/**
 * Tones by the buttons, or typed while the focus is within.
 * @param {Seen} seen
 * @param {Interaction} one
 */
export function keypadPanel(seen, one) {
  const { words } = seen;
  const send = (/** @type {string} */ tones) => seen.can(one, 'interaction.send_dtmf') && seen.act({ type: 'interaction.send_dtmf', interaction_id: one.id, tones });
  const typed = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape') seen.open(one.id, '');
    else if (TONES.includes(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) send(event.key);
    else return;
    event.preventDefault();
  };
  return h('div', { key: 'keypad', class: 'keypad', role: 'group', 'aria-label': words('do.interaction.send_dtmf'), onkeydown: typed },
    TONES.map((tone) => seen.button(one, 'interaction.send_dtmf', () => send(tone), { key: tone, text: tone, label: words('tone', { tone }) })));
}

/**
 * Whom to ask, to hand over to, or to add.
 * @param {Seen} seen
 * @param {Interaction} one
 * @param {string} verb
 */
export function destinationPanel(seen, one, verb) {
  const { words, ui } = seen;
  const id = `to-${one.id}`;
  const part = (/** @type {any} */ form, /** @type {string} */ name) => form.elements.namedItem(name);
  const known = (/** @type {string} */ text) => ui.directory.find((/** @type {any} */ entry) => text === entry.address || text === entry.name);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = event.target;
    const text = part(form, 'to').value.trim();
    if (!text || !seen.can(one, verb)) return;
    const destination = known(text)?.address ?? text;
    const command = { type: verb, interaction_id: one.id, destination, destination_kind: part(form, 'kind').value };
    seen.open(one.id, '');
    seen.act(command);
  };
  const chosen = (/** @type {any} */ { target }) => {
    const entry = known(target.value);
    if (!entry) return;
    part(target.form, 'to').value = entry.address;
    if (KINDS.includes(entry.kind)) part(target.form, 'kind').value = entry.kind;
  };
  return h('form', { key: verb, class: 'panel', onsubmit: submit, 'aria-label': words(`do.${verb}`),
    onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Escape' && seen.open(one.id, '') },
    h('div', { class: 'field' }, h('label', { for: id }, words('to')),
      h('input', { id, name: 'to', required: true, autocomplete: 'off' })),
    ui.directory.length > 0 && h('div', { class: 'field', key: 'known' }, h('label', { for: `${id}-known` }, words('to.known')),
      h('select', { id: `${id}-known`, onchange: chosen }, h('option', { value: '', key: '' }, words('question.choose')),
        ui.directory.map((/** @type {any} */ entry) =>
          h('option', { value: entry.address, key: entry.address }, [entry.name, entry.address, entry.state].filter(Boolean).join(' · '))))),
    h('div', { class: 'field' }, h('label', { for: `${id}-kind` }, words('to.kind')),
      h('select', { id: `${id}-kind`, name: 'kind' }, KINDS.map((kind) => h('option', { value: kind }, words(`kind.${kind}`))))),
    h('div', { class: 'row' },
      h('button', { class: 'main', 'data-go': verb }, words(`do.${verb}`)),
      h('button', { type: 'button', class: 'quiet', onclick: () => seen.open(one.id, '') }, words('close'))));
}

/**
 * Disposition, notes, and that the work is done. Where the platform takes these only with the completion, they go along.
 * @param {Seen} seen
 * @param {Interaction} one
 */
export function workPanel(seen, one) {
  const { words, ui, act } = seen;
  const may = (/** @type {string} */ verb) => seen.can(one, verb);
  const lists = ui.dispositions[one.id] ?? [];
  const chosen = one.disposition?.id || one.disposition?.code || one.disposition?.name || '';
  const named = one.disposition?.name || chosen;
  const ids = lists.map((/** @type {any} */ each) => each.id || each.code || each.name);
  const id = `work-${one.id}`;
  const read = (/** @type {any} */ event, /** @type {string} */ name) => event.target.closest('form').elements.namedItem(name)?.value ?? '';
  const set = (/** @type {any} */ event) => {
    const disposition = event.target.value;
    if (disposition && may('interaction.set_disposition')) act({ type: 'interaction.set_disposition', interaction_id: one.id, disposition });
  };
  const note = (/** @type {any} */ event) =>
    may('interaction.set_notes') && act({ type: 'interaction.set_notes', interaction_id: one.id, notes: read(event, 'notes') });
  const complete = (/** @type {any} */ event) => {
    /** @type {Record<string, string>} */ const answers = {};
    const [disposition, notes] = [read(event, 'disposition'), read(event, 'notes')];
    if (disposition && disposition !== chosen) answers.disposition = disposition;
    if (notes && notes !== (one.notes ?? '')) answers.notes = notes;
    act({ type: 'interaction.complete', interaction_id: one.id, ...(Object.keys(answers).length ? { answers } : {}) });
  };
  const choices = ids.includes(chosen) || !chosen ? lists : [{ id: chosen, name: named }, ...lists];
  return h('form', { key: 'work', class: 'work', onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    (lists.length > 0 || chosen) && h('div', { class: 'field' }, h('label', { for: `${id}-disposition` }, words('disposition')),
      h('select', { id: `${id}-disposition`, name: 'disposition', value: chosen, onchange: set },
        h('option', { value: '', key: '' }, words('disposition.none')),
        choices.map((/** @type {any} */ each) => {
          const value = each.id || each.code || each.name;
          return h('option', { value, key: value }, each.name || value);
        }))),
    h('div', { class: 'field' }, h('label', { for: `${id}-notes` }, words('notes')),
      h('textarea', { id: `${id}-notes`, name: 'notes', rows: 2, value: one.notes ?? '' })),
    h('div', { class: 'row' },
      seen.button(one, 'interaction.set_notes', note, { class: 'quiet' }),
      !lists.length && seen.session?.allowed?.includes('interaction.list_dispositions') &&
        seen.button(seen.session, 'interaction.list_dispositions', () => seen.lists(one), { class: 'quiet' }),
      (one.ended_at || one.allowed?.includes('interaction.complete')) && seen.button(one, 'interaction.complete', complete, { class: 'main' })));
}
