/**
 * A question of a command's, as a form, and what was filled in as its answer.
 *
 * Each kind of field of schemas.needinfo has its control here; a key that wants more room has that too.
 */

import { h } from './dom.js';
import { clock } from './words.js';

const LONG = new Set(['notes']);

/**
 * @typedef {import('./model.js').Question} Question
 * @typedef {import('./words.js').Words} Words
 * @typedef {{key: string, type: string, title?: string, required?: boolean, choices?: {id: string, label?: string}[],
 *   default?: any}} Field
 */

/**
 * @param {Question} question
 * @param {{words: Words, now: number, wrong: string, answer: (action: string, values?: object) => void}} how `now`: by
 *   the gateway's clock; `wrong`: what was wrong with the last answer
 */
export function questionForm(question, { words, now, wrong, answer }) {
  const left = Date.parse(question.expires_at) - now;
  const whole = Date.parse(question.expires_at) - Date.parse(question.asked_at);
  const id = `question-${question.id}`;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    answer('submit', readValues(question.fields, new FormData(/** @type {HTMLFormElement} */ (event.target))));
  };
  return h(
    'form',
    { key: question.id, class: 'question', 'data-question': question.id, 'aria-labelledby': id, tabindex: -1, onsubmit: submit },
    h('h3', { id }, question.title),
    h('div', { class: 'clock' },
      h('progress', { max: Math.max(whole, 1), value: Math.max(left, 0), 'aria-hidden': 'true' }),
      h('span', { role: 'timer' }, left > 0 ? words('question.left', { time: clock(left) }) : words('question.over'))),
    wrong && h('p', { role: 'alert', class: 'bad' }, wrong),
    question.fields.map((/** @type {Field} */ field) => control(question, field, words)),
    h('div', { class: 'row' },
      h('button', { class: 'main' }, words('question.submit')),
      question.skippable && h('button', { type: 'button', class: 'skip', onclick: () => answer('skip') }, words('question.skip')),
      h('button', { type: 'button', class: 'cancel', onclick: () => answer('cancel') }, words('question.cancel'))),
  );
}

/**
 * @param {Question} question
 * @param {Field} field
 * @param {Words} words
 */
function control(question, field, words) {
  const id = `${question.id}-${field.key}`;
  const required = field.required !== false;
  const title = field.title || field.key;
  const label = required ? title : words('question.optional', { title });
  const shared = { id, name: field.key, required };
  if (field.type === 'boolean') {
    // false is an answer too, so none is required to be ticked
    return h('div', { class: 'field tick' },
      h('input', { id, name: field.key, type: 'checkbox', checked: field.default === true }),
      h('label', { for: id }, label));
  }
  return h('div', { class: 'field' }, h('label', { for: id }, label), input(field, shared, words));
}

/**
 * @param {Field} field
 * @param {Record<string, any>} shared
 * @param {Words} words
 */
function input(field, shared, words) {
  const given = field.default === undefined || field.default === null ? '' : String(field.default);
  if (field.type === 'choice' && field.choices?.length) {
    return h('select', { ...shared, value: given },
      h('option', { value: '' }, words('question.choose')),
      field.choices.map((one) => h('option', { value: one.id }, one.label || one.id)));
  }
  if (field.type === 'number') return h('input', { ...shared, type: 'number', step: 'any', value: given });
  if (LONG.has(field.key)) return h('textarea', { ...shared, rows: 3, value: given });
  return h('input', { ...shared, type: 'text', value: given, autocomplete: 'off' });
}

/**
 * What was filled in; what is optional and empty is left out.
 * @param {Field[]} fields
 * @param {{get: (name: string) => unknown}} form
 * @returns {Record<string, string | number | boolean>}
 */
export function readValues(fields, form) {
  /** @type {Record<string, string | number | boolean>} */ const values = {};
  for (const { key, type } of fields) {
    const text = form.get(key);
    if (type === 'boolean') values[key] = text !== null;
    else if (typeof text !== 'string' || text === '') continue;
    else values[key] = type === 'number' ? Number(text) : text;
  }
  return values;
}
