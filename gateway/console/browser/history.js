/**
 * The journal of one interaction: found by its time, read on from there, as far as the API tells.
 */

import { get } from './api.js';

const EARLIER_MS = 5000; // a platform's time may be before the event's
const PAGE = 1000;
const FEW = 10;
const NEAR = 200; // events that are read anyway
const MOST_PAGES = 50;

/** When the newest of a few events in a row was: platforms' clocks differ, and what was missed is told late. */
const timeOf = (events) => Math.max(...events.map((one) => Date.parse(one.time)));

/** The cursor after which everything since a time comes; by halves, with a few events of the journal each. */
async function placeOf(since_ms, signal) {
  const { events, first, cursor } = await get('v1/events', { limit: FEW }, { signal });
  if (!events.length || timeOf(events) >= since_ms) return first - 1;
  let [low, high] = [cursor, (await newest(signal)) + 1]; // what is at `low` is earlier
  while (high - low > NEAR) {
    const middle = Math.floor((low + high) / 2);
    const found = await get('v1/events', { after: middle, limit: FEW }, { signal });
    if (!found.events.length || timeOf(found.events) >= since_ms) high = middle;
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
  const whole = (events) => events[0]?.type === 'interaction.created';
  let events = await eventsAfter(await placeOf(from_ms, signal), interaction, signal);
  if (!whole(events)) events = await eventsAfter(0, interaction, signal); // a clock was set: look at all there is
  return { events, whole: whole(events) };
}

/** The journal after a cursor, as far as it is about that interaction. */
async function eventsAfter(after, { id, platform_id: platform, agent_id: agent }, signal) {
  const found = [];
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await get('v1/events', { platform, agent, limit: PAGE, after }, { signal });
    found.push(...page.events.filter((one) => isAbout(one, id)));
    if (!page.more) break;
    after = page.resume;
  }
  return found;
}
