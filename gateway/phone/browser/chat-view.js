/** What was written in a chat since the page was opened, and a line to write. */

import { h } from './dom.js';

/**
 * @typedef {import('./phone.js').Seen} Seen
 * @typedef {import('./model.js').Interaction} Interaction
 */

/**
 * @param {Seen} seen
 * @param {Interaction} one
 */
export function chatView(seen, one) {
  const { words, model } = seen;
  const id = `chat-${one.id}`;
  const lines = model.chats[one.id] ?? [];
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem('text'));
    const text = field.value.trim();
    if (!text || !seen.can(one, 'chat.send')) return;
    seen.act({ type: 'chat.send', interaction_id: one.id, text }).then((done) => {
      if (!done) return;
      seen.wrote(one.id, text);
      if (field.value.trim() === text) field.value = '';
    });
  };
  return h('section', { key: 'chat', class: 'chat', 'aria-label': words('chat') },
    h('div', { class: 'lines', role: 'log', 'aria-label': words('chat'), tabindex: 0 },
      lines.map((line, at) => h('p', { key: String(at), class: line.mine ? 'mine' : 'theirs' },
        line.mine && h('span', { class: 'dim' }, words('chat.me'), ': '), line.text))),
    h('form', { class: 'row', onsubmit: submit },
      h('label', { for: id, class: 'unseen' }, words('chat.text')),
      h('input', { id, name: 'text', autocomplete: 'off', placeholder: words('chat.text') }),
      h('button', { class: 'main', 'data-do': 'chat.send', 'aria-disabled': !seen.can(one, 'chat.send') && 'true' }, words('do.chat.send'))));
}
