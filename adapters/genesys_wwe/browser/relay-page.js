/** The ready page: the relay, with what the page was given. */

import { failed, given, load } from './ready.js';

try {
  await load(new URL('relay.js', import.meta.url).href, { type: 'module', ...(await given()) });
} catch (error) {
  failed(error);
}
