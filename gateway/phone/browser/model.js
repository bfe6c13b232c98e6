/**
 * What the phone knows, folded from the gateway's frames: pure, each fold makes a new one.
 *
 * An event carries the whole snapshot after its change, so a fold replaces and never computes. Nothing here says what
 * may be done: that is `allowed` of each snapshot.
 */

const MOST_LINES = 500; // of one chat

/**
 * @typedef {Record<string, any>} Interaction schemas.interaction
 * @typedef {Record<string, any>} Session schemas.agent
 * @typedef {Record<string, any>} Question schemas.needinfo
 * @typedef {{mine: boolean, text: string, at: number}} Line
 * @typedef {object} Model
 * @property {Readonly<Record<string, Session>>} sessions by id
 * @property {Readonly<Record<string, Interaction>>} interactions by id: those that are not completed
 * @property {Readonly<Record<string, Question>>} questions by id: those that are open
 * @property {Readonly<Record<string, Line[]>>} chats what was written, by interaction
 * @property {string} link how the gateway stands with the agent's platform, once it was told
 * @property {number} ahead_ms how far this machine's clock is before the gateway's
 */

/** @type {Model} */
export const NOTHING = { sessions: {}, interactions: {}, questions: {}, chats: {}, link: '', ahead_ms: Infinity };

/**
 * @param {Model} model
 * @param {any} frame of the stream
 * @param {number} now ms
 * @returns {Model}
 */
export function fold(model, frame, now) {
  const { type } = frame;
  if (type === 'stream.snapshot') return snapshot(model, frame);
  let next = type.includes('.') && frame.time && !frame.time_source ? clocked(model, frame, now) : model;
  if (frame.interaction && 'state' in frame.interaction) next = interaction(next, frame.interaction);
  if (frame.agent && 'id' in frame.agent) next = { ...next, sessions: { ...next.sessions, [frame.agent.id]: frame.agent } };
  if (type === 'needinfo.requested') next = asked(next, frame.needinfo);
  else if (type === 'needinfo.resolved') next = { ...next, questions: without(next.questions, frame.needinfo.id) };
  else if (type === 'platform.state_changed') next = { ...next, link: frame.state };
  else if (type === 'message.added' && frame.media !== 'email') next = heard(next, frame, now);
  return next;
}

/**
 * @param {Model} model
 * @param {any} frame
 * @returns {Model}
 */
function snapshot(model, { sessions, interactions }) {
  const open = interactions.filter((/** @type {Interaction} */ one) => one.state !== 'completed');
  const ids = new Set(open.map((/** @type {Interaction} */ one) => one.id));
  return {
    ...model,
    sessions: byId(sessions),
    interactions: byId(open),
    questions: {}, // they are asked for beside it
    chats: Object.fromEntries(Object.entries(model.chats).filter(([id]) => ids.has(id))),
  };
}

/**
 * @param {Model} model
 * @param {Interaction} one
 * @returns {Model}
 */
function interaction(model, one) {
  if (one.state !== 'completed') return { ...model, interactions: { ...model.interactions, [one.id]: one } };
  return {
    ...model,
    interactions: without(model.interactions, one.id),
    chats: without(model.chats, one.id),
  };
}

/**
 * A question, from its event or from the answer to a command.
 * @param {Model} model
 * @param {Question} question
 * @returns {Model}
 */
export const asked = (model, question) => ({ ...model, questions: { ...model.questions, [question.id]: question } });

/**
 * @param {Model} model
 * @param {string} id
 * @returns {Model}
 */
export const settled = (model, id) => ({ ...model, questions: without(model.questions, id) });

/**
 * The other side has written. What the agent has is shown once it is sent.
 * @param {Model} model
 * @param {any} event
 * @param {number} now ms
 * @returns {Model}
 */
function heard(model, { interaction_id: id, message }, now) {
  if (message.author === 'agent' || !message.text || !model.interactions[id]) return model;
  return written(model, id, { mine: false, text: message.text, at: now });
}

/**
 * @param {Model} model
 * @param {string} id of the chat
 * @param {Line} line
 * @returns {Model}
 */
export function written(model, id, line) {
  const lines = [...(model.chats[id] ?? []), line].slice(-MOST_LINES);
  return { ...model, chats: { ...model.chats, [id]: lines } };
}

/**
 * The least that an event seemed to be late by is what the clocks differ by.
 * @param {Model} model
 * @param {any} event
 * @param {number} now
 * @returns {Model}
 */
function clocked(model, event, now) {
  const late = now - Date.parse(event.time);
  return late < model.ahead_ms ? { ...model, ahead_ms: late } : model;
}

/**
 * The time by the gateway's clock, or by ours where they hardly differ.
 * @param {Model} model
 * @param {number} now
 */
export const gatewayTime = ({ ahead_ms }, now) => (Math.abs(ahead_ms) > 2_000 && Number.isFinite(ahead_ms) ? now - ahead_ms : now);

/**
 * The agent's session on that platform, or the only one.
 * @param {Model} model
 * @param {string} platform
 * @param {string} agent
 * @returns {Session | null}
 */
export function sessionOf({ sessions }, platform, agent) {
  const all = Object.values(sessions).filter(
    (one) => (!platform || one.platform_id === platform) && (!agent || one.agent_id === agent),
  );
  return (all.length === 1 && all[0]) || null;
}

/**
 * What is shown, what rings first; else as it came.
 * @param {Model} model
 * @param {Session | null} session
 * @returns {Interaction[]}
 */
export function listed({ interactions }, session) {
  const own = Object.values(interactions).filter((one) => one.session_id === session?.id);
  const rings = (/** @type {Interaction} */ one) => one.state === 'alerting' || one.state === 'preview';
  return [...own.filter(rings), ...own.filter((one) => !rings(one))];
}

/**
 * The open consultation about an interaction.
 * @param {Model} model
 * @param {Interaction} one
 * @returns {Interaction | undefined}
 */
export const consultationOf = ({ interactions }, one) =>
  Object.values(interactions).find((other) => other.consult_of === one.id && !other.ended_at);

/**
 * Whether it is somebody who comes to the agent, so that his page is to be shown.
 * @param {Interaction} one
 */
export const comesIn = (one) =>
  one.state === 'alerting' || one.state === 'preview' || (one.state === 'connected' && one.direction === 'inbound');

/** @param {Record<string, any>[]} all */
const byId = (all) => Object.fromEntries(all.map((one) => [one.id, one]));

/**
 * @template T
 * @param {Readonly<Record<string, T>>} all
 * @param {string} id
 */
const without = (all, id) => Object.fromEntries(Object.entries(all).filter(([name]) => name !== id));
