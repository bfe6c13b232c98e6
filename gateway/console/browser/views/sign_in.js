/**
 * Signing in: a key, or a bearer token of an identity provider whose tokens the gateway takes.
 */

import { get, Problem } from '../api.js';
import { h, put } from '../dom.js';
import { field, form, input } from '../form.js';
import { signIn } from '../session.js';

/** `why`: what is over, or was wrong. */
export function show(main, why) {
  const credential = input('credential', { type: 'password', required: true });
  put(
    main,
    h(
      'section',
      { class: 'card narrow' },
      h('h1', null, 'Sign in'),
      why ? h('p', { class: 'refused', role: 'alert' }, why) : null,
      form('Sign in', [
        field('Key or bearer token', credential, 'It stays in this tab and is forgotten when the tab is closed.'),
      ], 'Sign in', async (data) => {
        const text = data.get('credential').trim();
        try {
          await get('v1/platforms', { limit: 1 }, { headers: { Authorization: `Bearer ${text}` } });
        } catch (error) {
          if (!(error instanceof Problem) || error.status !== 403) throw error; // 403: known, with few rights
        }
        signIn(text);
      }),
      h('p', { class: 'dim' }, 'The operator makes the first key with ', h('code', null, 'trunkline keys create'), '. A token of your identity provider is taken where ', h('code', null, 'access.issuers'), ' names it.'),
    ),
  );
  credential.focus();
  return null;
}
