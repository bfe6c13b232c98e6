/**
 * The journal of one interaction: found by its time, read on from there, as far as the API tells.
 */

import { get } from './api.js';

const EARLIER_MS = 5000; // a platform's time may be before the event's
const PAGE = 1000;
const MOST_PAGES = 50;

/** The cursor after which everything since a time comes; by halves, with one event of the journal each. */
async function placeOf(since_ms, signal) {
  const { events, first, cursor } = await get('v1/events', { limit: 1 }, { signal });
  if (!events.length || Date.parse(events[0].time) >= since_ms) return first - 1;
  let [low, high] = [cursor, (await newest(signal)) + 1]; // the event at `low` is earlier
  while (high - low > 200) {
    const middle = Math.floor((low + high) / 2);
    const found = await get('v1/events', { after: middle, limit: 1 }, { signal });
    if (!found.events.length || Date.parse(found.events[0].time) >= since_ms) high = middle;
    else low = middle;
  }
  return low;
}

async function newest(signal) {
  return (await get('v1/interactions', { limit: 1 }, { signal })).cursor;
}

/** Whether an event is about that interaction: its own, a command's, a question's. */
export function isAbout(event, id) {
  return (event.interaction?.id ?? event.interaction_id ?? event.needinfo?.interaction_id ?? event.query?.interaction_id) === id;
}

/**
 * Its events so far, oldest first, and those of its commands and questions.
 * @returns {Promise<{events: any[], whole: boolean}>} `whole`: the journal still has its beginning
 */
export async function historyOf(interaction, signal) {
  const from_ms = Date.parse(interaction.created_at ?? 0) - EARLIER_MS;
  const filter = { platform: interaction.platform_id, agent: interaction.agent_id, limit: PAGE };
  const events = [];
  let after = await placeOf(from_ms, signal);
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await get('v1/events', { ...filter, after }, { signal });
    events.push(...page.events.filter((one) => isAbout(one, interaction.id)));
    after = page.resume;
    if (!page.more) break;
  }
  return { events, whole: events[0]?.type === 'interaction.created' };
}
