/**
 * What a desktop has on its screen for web applications: toasts, dialogs, and views in the menu bar. The host page is
 * that desktop, over any platform. A person's answers go to the application on the `system` channel; the vendor has
 * published no payload for them: `eventType` and the id or name are our convention. Icons are left out: our pages load
 * nobody's pictures.
 */

const MOST = { toasts: 20, dialogs: 5, views: 50 }; // of one application

/** @typedef {{window: Window, origin: string, told: (data: object) => void}} Owner */

const text = (/** @type {unknown} */ one) => (one === undefined || one === null ? '' : String(one));

/**
 * @param {string} kind
 * @param {unknown} said
 * @param {string} [name] its class
 */
function element(kind, said, name = '') {
  const made = document.createElement(kind);
  made.textContent = text(said);
  made.className = name;
  return made;
}

/**
 * @param {unknown} given
 * @param {string} origin of the application
 */
function address(given, origin) {
  const url = new URL(text(given), origin);
  if (!/^https?:$/.test(url.protocol)) throw new Error(`Not an address: ${text(given)}`);
  return url.href;
}

/** @param {unknown} given a CSS length, or pixels */
const length = (given) => (typeof given === 'number' ? `${given}px` : text(given));

/** What one host page shows, of all its applications. */
export class Screen {
  #toasts = element('aside', '', 'toasts');
  #made = 0;
  /** @type {Map<string, {owner: Owner, shown: HTMLElement, timer: number}>} */ #shown = new Map();

  /** @type {Record<string, (owner: Owner, params: any[]) => unknown>} */ services = {
    'system.popupToast': (owner, [toast]) => {
      const id = `wweCustomToast${this.#made++}`;
      this.#put(id, owner, element('section', '', 'toast'), MOST.toasts);
      this.#fill(id, toast ?? {});
      this.#toasts.append(this.#own(id, owner, 'toast').shown);
      return id;
    },
    'system.updateToast': (owner, [id, toast]) => {
      this.#own(id, owner, 'toast');
      this.#fill(id, toast ?? {});
      return null;
    },
    'system.closeToast': (owner, [id]) => {
      this.#own(id, owner, 'toast');
      return this.#close(id);
    },
    'system.openDialog': (owner, [url, options]) => this.#dialog(owner, url, options ?? {}),
    'system.closeDialog': (_, [id]) => {
      if (!this.#shown.get(text(id))?.shown.matches('dialog')) throw new Error(`Unknown dialog: ${text(id)}`);
      return this.#close(id, { eventType: 'DIALOG_CLOSED', dialogId: id }); // from within as well
    },
    'system.updateViewInApplicationMenuBar': (owner, [view]) => this.#view(owner, view ?? {}),
    'system.closeViewInApplicationMenuBar': (owner, [name]) => {
      this.#own(`view ${text(name)}`, owner, 'view');
      return this.#close(`view ${text(name)}`);
    },
    'system.amIVisible': ({ window }) => {
      const frame = [...document.querySelectorAll('iframe')].find((one) => one.contentWindow === window);
      return document.visibilityState === 'visible' && frame !== undefined && !frame.closest('[hidden]');
    },
  };

  constructor() {
    this.#toasts.setAttribute('aria-live', 'polite');
    document.body.append(this.#toasts);
  }

  /**
   * Of an application that is gone.
   * @param {Owner} owner
   */
  leave(owner) {
    for (const [id, one] of [...this.#shown]) if (one.owner === owner) this.#close(id);
  }

  /**
   * @param {string} id
   * @param {Owner} owner
   * @param {HTMLElement} shown
   * @param {number} most
   */
  #put(id, owner, shown, most) {
    const alike = [...this.#shown].filter(([, one]) => one.owner === owner && one.shown.className === shown.className);
    if (alike.length >= most) this.#close(/** @type {any} */ (alike[0])[0]);
    this.#shown.set(id, { owner, shown, timer: 0 });
  }

  /**
   * @param {unknown} id
   * @param {Owner} owner
   * @param {string} kind
   */
  #own(id, owner, kind) {
    const one = this.#shown.get(text(id));
    if (one?.owner !== owner || !one.shown.classList.contains(kind)) throw new Error(`Unknown ${kind}: ${text(id)}`);
    return one;
  }

  /**
   * @param {unknown} id
   * @param {object} [told]
   */
  #close(id, told) {
    const one = this.#shown.get(text(id));
    if (!one) return null;
    clearTimeout(one.timer);
    one.shown.remove();
    this.#shown.delete(text(id));
    if (told) one.owner.told(told);
    return null;
  }

  /**
   * @param {string} id
   * @param {any} toast
   */
  #fill(id, toast) {
    const one = /** @type {any} */ (this.#shown.get(id));
    const keyed = Object.entries(toast.keyValues ?? {}).flatMap(([key, value]) => [
      element('dt', key),
      element('dd', value),
    ]);
    const list = element('dl', '');
    list.append(...keyed);
    const buttons = (toast.buttons ?? []).map((/** @type {unknown} */ label) =>
      this.#button(label, () => one.owner.told({ eventType: 'TOAST_BUTTON_PRESSED', toastId: id, button: label })),
    );
    const closed = { eventType: 'TOAST_CLOSED', toastId: id };
    if (toast.buttonShowDismiss) buttons.push(this.#button('Dismiss', () => this.#close(id, closed)));
    one.shown.replaceChildren(
      element('h2', toast.title),
      element('h3', toast.subject),
      element('p', toast.message),
      ...(keyed.length ? [list] : []),
      ...buttons,
    );
    one.shown.style.width = length(toast.width);
    clearTimeout(one.timer);
    if (toast.autoCloseTimeout > 0) one.timer = setTimeout(() => this.#close(id, closed), toast.autoCloseTimeout);
  }

  /**
   * @param {Owner} owner
   * @param {unknown} url
   * @param {any} options
   */
  #dialog(owner, url, { label, width, height }) {
    const id = `wweCustomDialog${this.#made++}`;
    const frame = document.createElement('iframe');
    frame.title = text(label);
    frame.src = address(text(url).replaceAll('$Dialog.Id$', id), owner.origin);
    const dialog = /** @type {HTMLDialogElement} */ (element('dialog', '', 'dialog'));
    Object.assign(dialog.style, { width: length(width), height: length(height) });
    const close = this.#button('Close', () => this.#close(id, { eventType: 'DIALOG_CLOSED', dialogId: id }));
    dialog.append(element('h2', label), close, frame);
    this.#put(id, owner, dialog, MOST.dialogs);
    document.body.append(dialog);
    dialog.show();
    return id;
  }

  /**
   * @param {Owner} owner
   * @param {any} view
   */
  #view(owner, { name, label, shortLabel, tooltip, backgroundColor, labelColor }) {
    if (!text(name)) throw new Error('The view has no name');
    const id = `view ${name}`;
    if (this.#shown.has(id)) this.#own(id, owner, 'view');
    const button = this.#shown.get(id)?.shown ?? element('button', '', 'view');
    button.textContent = text(label || shortLabel || name);
    button.title = text(tooltip);
    Object.assign(button.style, { backgroundColor: text(backgroundColor), color: text(labelColor) });
    button.onclick = () => owner.told({ eventType: 'VIEW_SELECTED', name });
    if (!this.#shown.has(id)) {
      this.#put(id, owner, button, MOST.views);
      /** @type {HTMLElement} */ (document.getElementById('applications')).append(button);
    }
    return null;
  }

  /**
   * @param {unknown} label
   * @param {() => void} press
   */
  #button(label, press) {
    const made = element('button', label);
    made.onclick = press;
    return made;
  }
}
