/**
 * Keys and what they are narrowed to: made, rotated and withdrawn.
 */

import { all, call, post, refusal } from '../api.js';
import { credential, signIn } from '../session.js';
import { h, notify, put } from '../dom.js';
import { action, boxes, field, form, input, secret, sure } from '../form.js';
import { names, time } from '../format.js';
import { shortTable } from '../table.js';

export const title = 'Keys';

const SCOPES = ['events:read', 'commands:write', 'vendor:call', 'links', 'metrics:read', 'admin'];
const VERBS = ['sign_in', 'state', 'dial', 'handle', 'transfer', 'recording', 'data', 'wrap_up', 'directory', 'queries', 'vendor'];
const CLASSES = ['identifier', 'personal', 'content'];
const DAY_S = 86400;

export async function show(main) {
  const list = h('div');
  const draw = async () => put(list, table(await all('v1/keys', 'keys'), change));

  async function change(what) {
    try {
      await what();
    } catch (error) {
      notify(refusal(error), 'bad');
    }
    await draw();
  }

  await draw();
  const making = form('New key', [
    field('Name', input('name', { required: true, maxlength: 100 }), 'Who or what it is for.'),
    boxes('What it may do', 'scopes', SCOPES, ['events:read']),
    field('Good for', input('days', { type: 'number', min: 1, max: 3650, placeholder: 'no end' }), 'Days. Empty: until it is withdrawn.'),
    h('details', null, h('summary', null, 'Narrow it to a part'),
      h('p', { class: 'dim' }, 'What is empty narrows nothing.'),
      field('Tenant', input('tenant')),
      field('Platforms', input('platforms')),
      field('Agents', input('agents')),
      field('Teams', input('teams')),
      field('Event types', input('types'), 'Such as interaction.*'),
      boxes('Commands', 'verbs', VERBS),
      boxes('Tokens for the role', 'roles', ['link', 'facade']),
      boxes('Mask', 'masked', CLASSES),
      boxes('Leave out', 'dropped', CLASSES)),
  ], 'Make the key', async (data, element) => {
    const days = Number(data.get('days'));
    const made = await post('v1/keys', { name: data.get('name'), scopes: data.getAll('scopes'), grant: grantOf(data), ...(days ? { ttl_s: days * DAY_S } : {}) });
    element.reset();
    if (!credential()) {
      signIn(made.key);
      await secret('The first key', 'The gateway stood open to its own machine until now. From now on it asks for a key; this page goes on with this one. It is shown this once.', made.key);
      return;
    }
    await secret('The key', 'It is shown this once. Hand it over by a safe way.', made.key);
    await draw();
  });
  put(main, h('h1', null, title), h('section', { class: 'card' }, list), h('details', { class: 'card' }, h('summary', null, 'New key'), making));
  return null;
}

/** What the form narrows it to. */
function grantOf(data) {
  const lists = ['platforms', 'agents', 'teams', 'types'].map((name) => [name, names(data.get(name))]);
  const ticked = ['verbs', 'roles', 'masked', 'dropped'].map((name) => [name, data.getAll(name)]);
  const grant = Object.fromEntries([...lists, ...ticked].filter(([, list]) => list.length));
  if (data.get('tenant')) grant.tenant = data.get('tenant');
  return grant;
}

const table = (keys, change) => shortTable(
  'Keys',
  ['Name', 'State', 'May', 'Narrowed to', 'Made', 'Last used', 'Ends', ''],
  keys.map((one) => [
    h('div', null, one.name, h('br'), h('code', { class: 'dim' }, one.id)),
    h('span', { class: `state ${one.state}` }, one.state),
    one.scopes.join(', '),
    grantTold(one.grant),
    h('div', null, time(one.created_at), one.created_by ? [h('br'), h('span', { class: 'dim' }, `by ${one.created_by}`)] : null),
    time(one.last_used_at) || 'never',
    time(one.expires_at) || 'no end',
    one.state === 'valid' ? h('div', { class: 'buttons' }, rotate(one, change), withdraw(one, change)) : '',
  ]),
  'There is no key: the gateway stands open to its own machine.',
);

const grantTold = (grant) => Object.entries(grant).map(([name, value]) => h('div', null, h('span', { class: 'dim' }, `${name}: `), [value].flat().join(', ')));

const rotate = (one, change) => action('New secret', async () => {
  if (!(await sure('A new secret?', `The old one of “${one.name}” is good for a day more.`, 'Make it'))) return;
  await change(async () => {
    const made = await post(`v1/keys/${encodeURIComponent(one.id)}/rotate`);
    await secret('The key, with its new secret', 'It is shown this once.', made.key);
  });
}, 'small');

const withdraw = (one, change) => action('Withdraw', async () => {
  if (!(await sure('Withdraw the key?', `“${one.name}” is good for nothing more, at once and for good. Whoever is connected by it is cut off.`, 'Withdraw it'))) return;
  await change(async () => {
    await call('DELETE', `v1/keys/${encodeURIComponent(one.id)}`);
    notify(`The key “${one.name}” is withdrawn.`);
  });
}, 'small danger');
