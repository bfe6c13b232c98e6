/**
 * A line over the last hour, or what the page has seen of it: zero at the bottom, so that no scale hides or
 * exaggerates.
 */

import { h, s, text } from './dom.js';
import { number } from './format.js';

const WIDTH = 320;
const HEIGHT = 72;
const HOUR_S = 3600;
const LEAST_S = 300; // of time that is shown

/** A plot of one series. `unit` stands behind the figure. */
export class Plot {
  constructor(title, unit, write = number) {
    this.unit = unit;
    this.write = write;
    this.now = h('strong', null, '–');
    this.ago = h('span', { class: 'dim' });
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
      h('p', { class: 'axis' }, this.ago, this.most, h('span', { class: 'dim' }, 'now')),
    );
  }

  /** As the series is now. */
  draw(series) {
    const { samples } = series;
    if (!samples.length) return;
    const highest = Math.max(...samples.map(([, value]) => value));
    const end_s = samples.at(-1)[0];
    const span_s = Math.min(HOUR_S, Math.max(LEAST_S, end_s - samples[0][0]));
    const top = highest || 1;
    const points = samples.map(([at, value]) => {
      const x = WIDTH * (1 - (end_s - at) / span_s);
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
    text(this.ago, span_s === HOUR_S ? 'an hour ago' : `${Math.round(span_s / 60)} min ago`);
    const label = `${this.title}: now ${now}, ${most}`;
    if (this.drawing.getAttribute('aria-label') !== label) this.drawing.setAttribute('aria-label', label);
  }
}
