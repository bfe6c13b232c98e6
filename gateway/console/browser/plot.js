/**
 * A line over the last hour, drawn as it is: no scale that hides, zero at the bottom.
 */

import { h, s, text } from './dom.js';
import { number } from './format.js';

const WIDTH = 320;
const HEIGHT = 72;
const HOUR_S = 3600;

/** A plot of one series. `unit` stands behind the figure. */
export class Plot {
  constructor(title, unit, write = number) {
    this.unit = unit;
    this.write = write;
    this.now = h('strong', null, '–');
    this.most = h('span', { class: 'dim' });
    this.area = s('path', { class: 'area' });
    this.line = s('path', { class: 'line' });
    this.drawing = s(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': title },
      s('path', { class: 'grid', d: `M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}` }),
      this.area,
      this.line,
    );
    this.title = title;
    this.element = h(
      'figure',
      { class: 'plot' },
      h('figcaption', null, h('span', null, title), this.now),
      this.drawing,
      h('p', { class: 'axis' }, h('span', { class: 'dim' }, 'an hour ago'), this.most, h('span', { class: 'dim' }, 'now')),
    );
  }

  /** As the series is now. */
  draw(series) {
    const { samples } = series;
    if (!samples.length) return;
    const highest = Math.max(...samples.map(([, value]) => value));
    const end_s = samples.at(-1)[0];
    const top = highest || 1;
    const points = samples.map(([at, value]) => {
      const x = WIDTH * (1 - (end_s - at) / HOUR_S);
      return `${x.toFixed(1)} ${(HEIGHT - 1 - (value / top) * (HEIGHT - 4)).toFixed(1)}`;
    });
    const path = `M${points.join('L')}`;
    this.line.setAttribute('d', path);
    const begin = points[0].split(' ')[0];
    this.area.setAttribute('d', `${path}L${WIDTH} ${HEIGHT}L${begin} ${HEIGHT}Z`);
    const now = `${this.write(series.last)} ${this.unit}`.trim();
    const most = `highest ${this.write(highest)} ${this.unit}`.trim();
    text(this.now, now);
    text(this.most, most);
    const label = `${this.title}: now ${now}, ${most}`;
    if (this.drawing.getAttribute('aria-label') !== label) this.drawing.setAttribute('aria-label', label);
  }
}
