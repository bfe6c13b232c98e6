/**
 * Forms and dialogs. What the gateway refuses stands where it was asked for.
 */

import { refusal } from './api.js';
import { h, put } from './dom.js';

let made = 0;

/** A labelled control. `hint` says what is to be written. */
export function field(label, control, hint = '') {
  made += 1;
  const id = `f${made}`;
  control.id = id;
  if (hint) control.setAttribute('aria-describedby', `${id}h`);
  return h('div', { class: 'field' }, h('label', { for: id }, label), control, hint ? h('small', { id: `${id}h`, class: 'dim' }, hint) : null);
}

export const input = (name, more = {}) => h('input', { name, autocomplete: 'off', spellcheck: 'false', ...more });

export const choice = (name, options, chosen = '') =>
  h('select', { name }, options.map((one) => {
    const [value, label] = Array.isArray(one) ? one : [one, one];
    return h('option', { value, selected: value === chosen }, label);
  }));

/** Boxes to be ticked, of one name. */
export function boxes(legend, name, options, ticked = []) {
  return h(
    'fieldset',
    null,
    h('legend', null, legend),
    options.map((one) => h('label', { class: 'box' }, h('input', { type: 'checkbox', name, value: one, checked: ticked.includes(one) }), one)),
  );
}

/** A form; `send` gets its FormData and may throw. */
export function form(label, fields, button, send) {
  const said = h('p', { class: 'wrong', role: 'alert' });
  const submit = h('button', { type: 'submit', class: 'main' }, button);
  return h(
    'form',
    {
      'aria-label': label,
      onsubmit: async (event) => {
        event.preventDefault();
        put(said);
        submit.disabled = true;
        try {
          await send(new FormData(event.target), event.target);
        } catch (error) {
          put(said, refusal(error));
        } finally {
          submit.disabled = false;
        }
      },
    },
    fields,
    said,
    h('p', null, submit),
  );
}

/** A button that does something, which may fail; while it is done it is off. */
export function action(label, done, kind = '') {
  const button = h('button', {
    type: 'button',
    class: kind || null,
    onclick: async () => {
      button.disabled = true;
      try {
        await done();
      } finally {
        button.disabled = false;
      }
    },
  }, label);
  return button;
}

/** Something in a dialog, until it is closed; gives what it was closed with. */
function dialog(title, inside, buttons) {
  return new Promise((resolve) => {
    const box = h(
      'dialog',
      { 'aria-labelledby': 'dialog-title', onclose: () => {
        box.remove();
        resolve(box.returnValue);
      } },
      h('h2', { id: 'dialog-title' }, title),
      inside,
      h('p', { class: 'buttons' }, buttons(() => box)),
    );
    document.body.append(box);
    box.showModal();
  });
}

/** Whether somebody really wants it. */
export async function sure(title, told, button) {
  const answer = await dialog(title, h('p', null, told), (box) => [
    h('button', { type: 'button', onclick: () => box().close('') }, 'No'),
    h('button', { type: 'button', class: 'danger', onclick: () => box().close('yes') }, button),
  ]);
  return answer === 'yes';
}

/** A secret, this once. */
export function secret(title, told, value) {
  const copy = h('button', {
    type: 'button',
    onclick: async () => {
      await navigator.clipboard?.writeText(value).then(() => (copy.textContent = 'Copied'), () => (copy.textContent = 'Mark it and copy it'));
    },
  }, 'Copy');
  return dialog(title, [h('p', null, told), h('p', null, h('code', { class: 'secret', tabindex: '0' }, value))], (box) => [
    copy,
    h('button', { type: 'button', class: 'main', onclick: () => box().close('') }, 'I have kept it'),
  ]);
}
