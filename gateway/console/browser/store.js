/**
 * What the page knows: agents and open interactions, folded from the stream as it comes, platforms, and the
 * figures of the last hour. Whoever draws is told at most once a frame.
 */

import { all, get, getText, Problem } from './api.js';
import { eachFrame } from './dom.js';
import { figures, forget, keep, Series, STEP_S, takeUp } from './series.js';
import { Follow } from './stream.js';

const MOST = 50_000; // open interactions
const ENDED = 200; // that are remembered
const FIRST_MS = 1500;
const LOOK_S = 10; // at what no event tells of

const EVENTS = 'trunkline_events_total';
const WAITING = 'trunkline_deliveries_waiting';
const OLDEST = 'trunkline_deliveries_oldest_seconds';

/** One for the page. */
export class Store {
  constructor() {
    this.sessions = new Map();
    this.interactions = new Map();
    this.ended = []; // the newest first
    this.platforms = [];
    this.ready = null; // what /readyz says
    this.refused = {}; // what this key may not see, and why
    this.stream = { state: 'connecting', why: '' };
    this.series = { rate: new Series(), live: new Series(), agents: new Series(), waiting: new Series(), oldest: new Series() };
    this.events = 0;
    this.counted = null; // [seconds, events of the gateway] when last looked
    this.version = 0; // grows when the set of interactions changes
    this.listeners = new Set();
    this.tellers = new Set();
    this.stopped = false;
    this.draw = eachFrame(() => this.listeners.forEach((tell) => tell()));
  }

  start() {
    takeUp(this.series);
    addEventListener('pagehide', () => this.stopped || keep(this.series));
    this.follow = new Follow({
      snapshot: true,
      told: (frame) => this.take(frame),
      state: (state, why) => {
        this.stream = { state, why };
        this.draw();
      },
    }).start();
    this.look();
    this.sample();
    setTimeout(() => this.sample(), FIRST_MS); // a rate takes two of them
    this.timers = [setInterval(() => this.look(), LOOK_S * 1000), setInterval(() => this.sample(), STEP_S * 1000)];
  }

  stop() {
    this.stopped = true;
    forget();
    this.follow?.stop();
    this.timers?.forEach(clearInterval);
  }

  /** Be told, once a frame, that something changed. Returns what ends that. */
  changed(tell) {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  }

  /** Be told each event. Returns what ends that. */
  told(tell) {
    this.tellers.add(tell);
    return () => this.tellers.delete(tell);
  }

  take(frame) {
    if (frame.type === 'stream.snapshot') this.begin(frame);
    else if (frame.type !== 'stream.gap') this.event(frame);
    this.draw();
  }

  begin(snapshot) {
    this.sessions = new Map(snapshot.sessions.map((one) => [one.id, one]));
    this.interactions = new Map(snapshot.interactions.map((one) => [one.id, one]));
    this.version += 1;
  }

  event(event) {
    this.events += 1;
    if (event.interaction) this.fold(event.interaction);
    else if (event.agent) {
      if (event.type === 'agent.logged_out') this.sessions.delete(event.agent.id);
      else this.sessions.set(event.agent.id, event.agent);
    } else if (event.type.startsWith('platform.')) this.soon();
    for (const tell of this.tellers) tell(event);
  }

  fold(interaction) {
    const { id } = interaction;
    if (interaction.state === 'completed') {
      if (this.interactions.delete(id)) {
        this.version += 1;
        this.ended.unshift(interaction);
        this.ended.length = Math.min(this.ended.length, ENDED);
      }
      return;
    }
    if (!this.interactions.has(id)) {
      if (this.interactions.size >= MOST) return;
      this.version += 1;
    }
    this.interactions.set(id, interaction);
  }

  /** Look at the platforms soon, however many events say so. */
  soon() {
    this.due ||= setTimeout(() => {
      this.due = 0;
      this.look();
    }, 300);
  }

  /** What no event tells: links that fail, readiness. */
  async look() {
    if (this.stopped) return;
    await this.try('platforms', async () => (this.platforms = await all('v1/platforms', 'platforms')));
    await this.try('ready', async () => (this.ready = await readiness()));
    this.draw();
  }

  async try(name, what) {
    try {
      await what();
      delete this.refused[name];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.refused[name] = error;
    }
  }

  /** One sample of each figure: the gateway's own where the key may read them, else what the page has seen. */
  async sample() {
    if (this.stopped) return;
    const now_s = Date.now() / 1000;
    let count = this.events;
    if (this.refused.metrics?.status !== 403) {
      await this.try('metrics', async () => {
        const told = figures(await getText('metrics'), [EVENTS, WAITING, OLDEST]);
        count = told[EVENTS];
        this.series.waiting.add(told[WAITING] ?? 0, now_s);
        this.series.oldest.add(told[OLDEST] ?? 0, now_s);
      });
    }
    if (this.counted !== null && count >= this.counted[1]) {
      this.series.rate.add((count - this.counted[1]) / Math.max(1, now_s - this.counted[0]), now_s);
    }
    this.counted = [now_s, count];
    if (this.stream.state === 'live') {
      this.series.live.add(this.interactions.size, now_s);
      this.series.agents.add(this.sessions.size, now_s);
    }
    this.draw();
  }
}

/** Fit to serve or not, it says why. */
async function readiness() {
  try {
    return await get('readyz');
  } catch (error) {
    if (error instanceof Problem && error.status === 503) return { notes: {}, checks: {}, ...error.told };
    throw error;
  }
}
