/** What became of commands, in words: failures, warnings, and what was found out later. */

import { h } from './dom.js';

const MOST = 4;
const STAYS_MS = 60_000;

/**
 * @typedef {import('./words.js').Words} Words
 * @typedef {{id: number, bad: boolean, text: string, at: number}} Message
 */

/**
 * Why something failed: our words for the code, and what the platform itself said.
 * @param {Words} words
 * @param {{code: string, message?: string, effect?: string, uncertain?: boolean}} failure
 */
export function reason(words, { code, message, effect, uncertain }) {
  const why = words(`error.${code}`);
  const whole = message ? words('failed.detail', { why, detail: message }) : why;
  return uncertain || effect === 'unknown' ? `${whole}. ${words('failed.uncertain')}` : whole;
}

/**
 * One more; the oldest go.
 * @param {Message[]} messages
 * @param {string} text
 * @param {boolean} bad
 * @param {number} now
 * @returns {Message[]}
 */
export function said(messages, text, bad, now) {
  const id = (messages.at(-1)?.id ?? 0) + 1;
  return [...messages.filter((one) => one.text !== text), { id, bad, text, at: now }].slice(-MOST);
}

/**
 * @param {Message[]} messages
 * @param {number} now
 */
export const fresh = (messages, now) =>
  messages.every((one) => now - one.at < STAYS_MS) ? messages : messages.filter((one) => now - one.at < STAYS_MS);

/**
 * @param {Words} words
 * @param {Message[]} messages
 * @param {(id: number) => void} close
 */
export const messagesView = (words, messages, close) =>
  h('div', { key: 'messages', class: 'messages', role: 'log', 'aria-label': words('messages') },
    messages.map((one) =>
      h('p', { key: String(one.id), class: one.bad ? 'bad' : 'warn', role: one.bad ? 'alert' : false },
        h('span', {}, one.text),
        h('button', { type: 'button', class: 'quiet', 'aria-label': `${words('close')}: ${one.text}`, onclick: () => close(one.id) }, '×'))));
