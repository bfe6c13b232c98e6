/**
 * How it is: links and what to do about them, agents, live interactions, events, what waits.
 */

import { advice } from '../advice.js';
import { get, refusal } from '../api.js';
import { h, put, text } from '../dom.js';
import { duration, many, number, since, time, words } from '../format.js';
import { Plot } from '../plot.js';
import { shortTable } from '../table.js';

export const title = 'Overview';

const count = (values) => {
  const found = new Map();
  for (const one of values) found.set(one, (found.get(one) ?? 0) + 1);
  return [...found].sort((a, b) => b[1] - a[1]);
};

/** A figure with what it consists of. */
class Figure {
  constructor(name, href) {
    this.value = h('strong', null, '–');
    this.parts = h('span', { class: 'dim' });
    this.element = h('a', { class: 'figure', href }, h('span', null, name), this.value, this.parts);
  }

  draw(value, parts) {
    text(this.value, value);
    text(this.parts, parts);
  }
}

export function show(main, { store }) {
  const alerts = h('ul', { class: 'alerts', 'aria-live': 'polite' });
  const links = h('div');
  const figures = {
    links: new Figure('Links', '#/overview'),
    agents: new Figure('Agents', '#/agents'),
    live: new Figure('Live interactions', '#/interactions'),
    rate: new Figure('Events a second', '#/tail'),
    oldest: new Figure('Oldest undelivered', '#/webhooks'),
  };
  const plots = [
    ['rate', new Plot('Events a second', '')],
    ['live', new Plot('Live interactions', '')],
    ['agents', new Plot('Agents signed in', '')],
    ['waiting', new Plot('Deliveries that wait', '')],
    ['oldest', new Plot('Oldest undelivered', '', duration)],
  ];
  const unmeasured = h('p', { class: 'dim' });
  put(
    main,
    h('h1', null, title),
    alerts,
    h('div', { class: 'figures' }, Object.values(figures).map((one) => one.element)),
    h('section', { class: 'card' }, h('h2', null, 'Links to platforms'), links),
    h('section', { class: 'card' }, h('h2', null, 'The last hour'), unmeasured, h('div', { class: 'plots' }, plots.map(([, plot]) => plot.element))),
  );
  let failing = [];
  get('v1/webhooks').then(({ webhooks }) => {
    failing = webhooks.filter((one) => one.status === 'disabled' || one.failing_since);
    draw();
  }, () => {}); // who may not see webhooks is not told of them here
  let drawnLinks = '';

  function draw() {
    const { platforms, sessions, interactions, series } = store;
    const up = platforms.filter((one) => one.state === 'connected');
    figures.links.draw(`${up.length} of ${platforms.length}`, platforms.length === up.length ? 'all connected' : 'see below');
    figures.agents.draw(number(sessions.size), parts(sessions));
    figures.live.draw(number(interactions.size), parts(interactions));
    figures.rate.draw(series.rate.last === null ? '–' : number(series.rate.last), `${number(store.events)} seen by this page`);
    const oldest = series.oldest.last;
    figures.oldest.draw(oldest === null ? '–' : oldest ? duration(oldest) : 'none', series.waiting.last === null ? 'needs metrics:read' : `${number(series.waiting.last)} waiting`);
    for (const [name, plot] of plots) {
      plot.element.hidden = !series[name].samples.length;
      if (!plot.element.hidden) plot.draw(series[name]);
    }
    text(unmeasured, store.refused.metrics ? `${refusal(store.refused.metrics)} Without it the plots show what this page has seen.` : '');
    drawAlerts();
    const told = JSON.stringify([platforms, store.refused.platforms?.message]);
    if (told !== drawnLinks) {
      drawnLinks = told;
      put(links, store.refused.platforms ? h('p', { class: 'refused' }, refusal(store.refused.platforms)) : table(platforms));
    }
  }

  function drawAlerts() {
    const { ready, platforms, stream } = store;
    const told = [
      ...Object.entries(ready?.checks ?? {}).filter(([, said]) => said !== 'ok').map(([name, said]) => ['bad', `${words(name)}: ${said}`]),
      ...Object.entries(ready?.notes ?? {}).filter(([, said]) => said).map(([name, said]) => ['note', `${words(name)}: ${said}`]),
      ...platforms.filter((one) => one.state !== 'connected' && one.reason).map((one) => ['bad', `${one.id} is ${one.state}: ${one.reason}`]),
      ...failing.map((one) => ['bad', `The webhook ${one.name || one.id} is ${one.status === 'disabled' ? `disabled: ${one.reason}` : `failing since ${time(one.failing_since)}`}`]),
      ...(stream.state === 'over' ? [['bad', `There are no events: ${stream.why}`]] : []),
    ];
    if (JSON.stringify(told) === alerts.dataset.told) return;
    alerts.dataset.told = JSON.stringify(told);
    put(alerts, told.map(([kind, said]) => h('li', { class: kind }, said)));
  }

  draw();
  return store.changed(draw);
}

const parts = (map) => count([...map.values()].map((one) => one.state)).slice(0, 3).map(([state, many]) => `${many} ${words(state)}`).join(', ') || 'none';

function table(platforms) {
  return shortTable(
    'Platforms',
    ['Platform', 'Dialect', 'State', 'Links', 'What is wrong', 'What to do'],
    platforms.map((one) => [
      one.id,
      words(one.dialect),
      h('span', { class: `state ${one.state}` }, one.state),
      number(one.links),
      h('div', null, one.state === 'connected' ? null : h('p', null, one.reason),
        one.failing.slice(0, 5).map((each) => h('p', null, `${each.agent_id || 'the link'}: ${each.reason} (${many(each.times, 'time')}, for ${since(each.since)})`)),
        one.failing.length > 5 ? h('p', { class: 'dim' }, `and ${many(one.failing.length - 5, 'more agent')}`) : null,
        one.malformed ? h('p', { class: 'dim' }, many(one.malformed, 'frame') + ' could not be read') : null),
      advice(one),
    ]),
    'No platform is configured, or none is yours to see.',
  );
}
