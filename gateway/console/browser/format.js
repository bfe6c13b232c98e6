/**
 * Times, durations and names as people read them.
 */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const DAY = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** The time of day, with the date if that is not today's. */
export function time(text) {
  if (!text) return '';
  const at = new Date(text);
  const clock = CLOCK.format(at);
  return at.toDateString() === new Date().toDateString() ? clock : `${DAY.format(at)}, ${clock}`;
}

/** The time of day to the millisecond. */
export function precise(text) {
  const at = new Date(text);
  return `${CLOCK.format(at)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** How long something took or takes, from seconds. */
export function duration(seconds) {
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

/** How long it has been so. */
export const since = (text) => (text ? duration(Math.max(0, (Date.now() - Date.parse(text)) / 1000)) : '');

/** A number as it is read. */
export const number = (value) => NUMBER.format(value);

/** A name of the model in words: `wrap_up` is "wrap up". */
export const words = (name) => String(name ?? '').replaceAll('_', ' ');

/** Several of something: "1 webhook", "2 webhooks". */
export const many = (count, what) => `${number(count)} ${what}${count === 1 ? '' : 's'}`;

/** Names that somebody wrote into a field, between commas or spaces. */
export const names = (text) => text.split(/[\s,]+/).filter(Boolean);
