/**
 * What the pages share that a dialect is tried with: a list of calls with buttons, a form for a question, a log.
 * What the vendor's API says and takes is in each page's own script.
 */

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @template T
 * @typedef {{can: (one: T) => boolean, act: (one: T) => Promise<unknown> | unknown}} Action greyed out where it cannot be
 */

/**
 * @template T
 * @param {Iterable<T>} calls
 * @param {(one: T) => {who: string, state: string}} told
 * @param {Record<string, Action<T>>} actions
 */
export function showCalls(calls, told, actions) {
  const before = document.activeElement?.getAttribute('data-at');
  element('calls').replaceChildren(
    ...[...calls].map((one, row) => {
      const { who, state } = told(one);
      const line = document.createElement('li');
      line.append(made('span', who, 'who'), made('span', state, 'state'));
      const buttons = made('div', '', 'buttons');
      for (const [name, { can, act }] of Object.entries(actions)) {
        const button = document.createElement('button');
        button.textContent = name;
        button.dataset.at = `${row} ${name}`;
        button.disabled = !can(one);
        button.onclick = () => attempt(() => act(one));
        buttons.append(button);
      }
      line.append(buttons);
      return line;
    }),
  );
  if (before) /** @type {HTMLElement | null} */ (document.querySelector(`[data-at="${before}"]`))?.focus();
}

/**
 * Do it, and say what went wrong.
 * @param {() => Promise<unknown> | unknown} act
 */
export async function attempt(act) {
  element('problem').textContent = '';
  try {
    await act();
  } catch (error) {
    element('problem').textContent = /** @type {Error} */ (error).message;
  }
}

/**
 * A form: what was filled in, or null if it was cancelled.
 * @param {string} title
 * @param {{key: string, title: string, choices?: {id: string, label: string}[], optional?: boolean}[]} fields
 * @returns {Promise<Record<string, string> | null>}
 */
export function ask(title, fields) {
  const dialog = document.createElement('dialog');
  const form = document.createElement('form');
  form.method = 'dialog';
  form.append(made('strong', title));
  for (const field of fields) {
    const label = document.createElement('label');
    const input = document.createElement(field.choices ? 'select' : 'input');
    input.name = field.key;
    input.required = !field.optional;
    for (const { id, label: text } of field.choices ?? []) {
      const option = document.createElement('option');
      option.value = id;
      option.textContent = text;
      input.append(option);
    }
    label.append(field.title, input);
    form.append(label);
  }
  const buttons = made('div', '', 'buttons');
  const cancel = made('button', 'Cancel');
  cancel.setAttribute('type', 'button');
  cancel.onclick = () => dialog.close();
  buttons.append(made('button', 'OK'), cancel);
  form.append(buttons);
  dialog.append(form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    /** @type {Record<string, string> | null} */ let said = null;
    form.onsubmit = () => {
      said = Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, String(value)]));
    };
    dialog.onclose = () => {
      dialog.remove();
      resolve(said);
    };
    dialog.showModal();
  });
}

/** @param {string} text a message of the vendor's API, the newest on top */
export function log(text) {
  const shown = element('log');
  shown.textContent = `${text.slice(0, 400)}\n${shown.textContent}`.slice(0, 20_000);
}

/**
 * @param {string} name
 * @param {string} text
 * @param {string} kind
 */
function made(name, text = '', kind = '') {
  const one = document.createElement(name);
  one.textContent = text;
  if (kind) one.className = kind;
  return one;
}
