/** The ready page: it loads the vendor's script from where the operator says, and the relay beside it. */

import { failed, given, load } from './ready.js';

try {
  const { script } = await (await fetch('relay.json')).json();
  if (!script) throw new Error("the platform's settings do not say where the vendor's script is");
  const attributes = await given();
  await load(script);
  const { origin } = new URL(script); // for the older script: it asks a desktop of that origin
  await load(new URL('relay.js', import.meta.url).href, { type: 'module', 'data-origin': origin, ...attributes });
} catch (error) {
  failed(error);
}
