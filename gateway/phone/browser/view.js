/** All that is seen of the phone, and where the focus is afterwards. */

import { agentView, dialView } from './agent-view.js';
import { focused, h, show } from './dom.js';
import { interactionView, nameOf } from './interaction-view.js';
import { messagesView } from './messages.js';
import { gatewayTime, listed } from './model.js';
import { questionForm } from './needinfo-form.js';

/** @typedef {import('./phone.js').Seen} Seen */

/**
 * @param {ShadowRoot} root
 * @param {Seen} seen
 */
export function showPhone(root, seen) {
  const had = focused(root);
  const card = had?.closest('[data-interaction]')?.getAttribute('data-interaction') ?? '';
  show(root, [phoneView(seen)]);
  refocus(root, seen, had, card);
}

/** @param {Seen} seen */
function phoneView(seen) {
  const { words, model, ui, session } = seen;
  const all = listed(model, session);
  const now = gatewayTime(model, seen.now);
  return h('div', { class: 'phone', lang: words('language') },
    h('div', { key: 'rings', class: 'unseen', role: 'alert' }, all.filter((one) => one.state === 'alerting').map((one) =>
      h('p', { key: one.id }, words('rings', { media: words(`media.${one.media ?? 'voice'}`), who: nameOf(one) || words('nobody') })))),
    agentView(seen),
    messagesView(words, ui.messages, seen.dismiss),
    Object.values(model.questions).map((one) =>
      questionForm(one, { words, now, wrong: ui.wrong[one.id] ?? '', answer: (action, values) => seen.answer(one, action, values) })),
    h('section', { key: 'interactions', class: 'cards', 'aria-label': words('interactions') },
      all.map((one) => interactionView(seen, one)),
      session && !all.length && h('p', { key: 'none', class: 'dim' }, words('interactions.none'))),
    dialView(seen));
}

/**
 * What was asked for comes into focus; what had it and is gone leaves it to what is nearest.
 * @param {ShadowRoot} root
 * @param {Seen} seen
 * @param {HTMLElement | null} had
 * @param {string} card that it stood in
 */
function refocus(root, { ui }, had, card) {
  const wanted = ui.focus && /** @type {HTMLElement | null} */ (root.querySelector(ui.focus));
  if (wanted) {
    ui.focus = '';
    return wanted.focus();
  }
  if (!had || focused(root)) return;
  if (had.isConnected) return had.focus(); // it was moved
  const near = card && root.querySelector(`[data-interaction="${card}"] h3`);
  /** @type {HTMLElement | null} */ (near || root.querySelector('.question, [data-interaction] h3, header h2'))?.focus();
}
