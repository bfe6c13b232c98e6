/**
 * The soft phone of any agent: the same element that a page of anybody's own can hold, with a token that is
 * made for it here.
 */

import { BASE, post } from '../api.js';
import { h, put } from '../dom.js';
import { field, form, choice } from '../form.js';

export const title = 'Soft phone';

const TOKEN_S = 3600;

export async function show(main, { store, parts: [platform, agent] }) {
  const chosen = platform ? JSON.stringify([platform, agent]) : '';
  const options = [...store.sessions.values()].map((one) => [JSON.stringify([one.platform_id, one.agent_id]), `${one.name || one.agent_id} on ${one.platform_id}`]);
  if (chosen && !options.some(([value]) => value === chosen)) options.push([chosen, `${agent} on ${platform}`]);
  put(
    main,
    h('h1', null, title),
    form('Whose phone', [field('Agent', choice('agent', options, chosen), 'Your key needs the scope links, and the right to make tokens for clients.')], 'Open', async (data) => {
      if (!data.get('agent')) return;
      location.hash = `#/phone/${JSON.parse(data.get('agent')).map(encodeURIComponent).join('/')}`;
    }),
  );
  if (!platform) return null;
  const fresh = async () => (await post('v1/link-tokens', { agent_id: agent, platform_id: platform, role: 'facade', ttl_s: TOKEN_S })).token;
  const token = await fresh(); // a key that may not make one is told so here
  await import(new URL('phone/trunkline-phone.js', BASE).href);
  const element = h('trunkline-phone', { gateway: BASE.href, token, platform, agent });
  element.tokenSource = fresh; // once that is over
  main.append(h('section', { class: 'card phone', 'aria-label': `Soft phone of ${agent}` }, element));
  return () => element.remove();
}
