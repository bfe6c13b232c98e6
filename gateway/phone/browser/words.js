/**
 * What the phone says, by language. A language is a table; each has the same keys as the first.
 *
 * `{name}` in a text is filled in. What a platform or a person has written is not translated.
 */

import { de } from './words-de.js';

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Words */

export const en = {
  'title': 'Phone',
  'connection.connecting': 'Connecting',
  'connection.open': 'Connected',
  'connection.lost': 'Connection lost; trying again',
  'connection.refused': 'Not signed in to the gateway',
  'connection.closed': 'Switched off',
  'link.down': 'The platform cannot be reached',
  'agent': 'Agent',
  'agent.none': 'Nobody is signed in',
  'agent.state': 'State',
  'agent.pending': '{state} after this call',
  'agent.since': 'for {time}',
  'agent.sign_in': 'Sign in',
  'agent.sign_out': 'Sign out',
  'agent.take_over': 'Take the session over',
  'agent.password': 'Password',
  'agent.extension': 'Extension (if asked for)',
  'state.unknown': 'Unknown',
  'state.logged_out': 'Signed out',
  'state.not_ready': 'Not ready',
  'state.ready': 'Ready',
  'state.reserved': 'Reserved',
  'state.busy': 'Busy',
  'state.after_call_work': 'After-call work',
  'state.supervising': 'Supervising',
  'call.unknown': 'Unknown',
  'call.queued': 'Waiting',
  'call.preview': 'Preview',
  'call.dialing': 'Calling',
  'call.alerting': 'Ringing',
  'call.connected': 'Connected',
  'call.held': 'On hold',
  'call.wrap_up': 'Wrap-up',
  'call.muted': 'muted',
  'call.recording': 'recording',
  'call.paused': 'recording paused',
  'call.conference': 'conference',
  'call.consultation': 'Consultation',
  'call.transferring': 'being transferred',
  'call.blocked': 'Cannot be completed yet: {why}',
  'media.voice': 'Call',
  'media.chat': 'Chat',
  'media.email': 'E-mail',
  'media.work_item': 'Work item',
  'nobody': 'Unknown caller',
  'interactions': 'Calls and chats',
  'interactions.none': 'No calls at present',
  'rings': '{media} from {who}',
  'timer.call': 'So long',
  'dial': 'Call somebody',
  'dial.number': 'Number',
  'dial.call': 'Call',
  'do.interaction.accept': 'Accept',
  'do.interaction.reject': 'Reject',
  'do.interaction.release': 'Hang up',
  'do.interaction.hold': 'Hold',
  'do.interaction.retrieve': 'Resume',
  'do.interaction.mute': 'Mute',
  'do.interaction.unmute': 'Unmute',
  'do.interaction.send_dtmf': 'Keypad',
  'do.interaction.consult': 'Consult',
  'do.interaction.alternate': 'Alternate',
  'do.interaction.complete_transfer': 'Complete the transfer',
  'do.interaction.complete_conference': 'Join all',
  'do.interaction.single_step_transfer': 'Transfer',
  'do.interaction.single_step_conference': 'Add',
  'do.interaction.drop_party': 'Remove',
  'do.interaction.start_recording': 'Record',
  'do.interaction.stop_recording': 'Stop recording',
  'do.interaction.pause_recording': 'Pause recording',
  'do.interaction.resume_recording': 'Go on recording',
  'do.interaction.complete': 'Complete',
  'do.interaction.set_disposition': 'Set disposition',
  'do.interaction.set_notes': 'Save notes',
  'do.interaction.list_dispositions': 'Dispositions',
  'do.interaction.dial': 'Call',
  'do.chat.send': 'Send',
  'do.agent.set_state': 'State',
  'do.agent.login': 'Sign in',
  'do.agent.logout': 'Sign out',
  'do.directory.list': 'Directory',
  'release.chat': 'End',
  'tone': 'Tone {tone}',
  'to': 'Number or name',
  'to.kind': 'That is',
  'kind.external': 'a number',
  'kind.agent': 'an agent',
  'kind.agent_group': 'a group',
  'kind.skill': 'a skill',
  'kind.queue': 'a queue',
  'kind.routing_point': 'a routing point',
  'parties': 'Who takes part',
  'disposition': 'Disposition',
  'disposition.none': 'None chosen',
  'notes': 'Notes',
  'chat': 'Messages',
  'chat.text': 'Message',
  'chat.me': 'You',
  'question.left': '{time} left to answer',
  'question.over': 'Time is up',
  'question.choose': 'Choose',
  'question.optional': '{title} (optional)',
  'question.submit': 'Continue',
  'question.skip': 'Skip',
  'question.cancel': 'Cancel',
  'close': 'Close',
  'messages': 'What happened',
  'failed': '{verb}: {why}',
  'failed.uncertain': 'It may have gone through all the same.',
  'failed.detail': '{why} ({detail})',
  'warned': '{verb}: {why}',
  'proved.done': '{verb}: it has gone through after all',
  'proved.none': '{verb}: it has not gone through',
  'error.lost': 'the connection was lost',
  'error.invalid_command': 'that is not complete or not right',
  'error.unsupported': 'this platform cannot do that',
  'error.not_allowed': 'you may not do that',
  'error.unknown_platform': 'there is no such platform',
  'error.unknown_session': 'the agent is not there any more',
  'error.unknown_interaction': 'it is not there any more',
  'error.unknown_object': 'there is no such thing',
  'error.not_logged_in': 'the agent is not signed in',
  'error.already_logged_in': 'the agent is signed in elsewhere',
  'error.bad_credentials': 'the password is wrong',
  'error.wrong_state': 'that cannot be done now',
  'error.completion_blocked': 'something is still to be done before it can be completed',
  'error.no_channel': 'there is no device or channel for it',
  'error.bad_destination': 'nobody is there under that number',
  'error.busy': 'busy',
  'error.needs_info': 'something more has to be said',
  'error.cancelled': 'cancelled',
  'error.expired': 'nobody answered in time',
  'error.too_many_rounds': 'the platform asks again and again',
  'error.conflict': 'somebody else has done it already',
  'error.rate_limited': 'too much at once; try again',
  'error.unavailable': 'not possible at present; try again',
  'error.link_down': 'the platform cannot be reached',
  'error.timeout': 'the platform does not answer',
  'error.platform_error': 'the platform refused',
  'error.internal': 'something went wrong',
};

/** @type {Readonly<Record<string, Readonly<Record<string, string>>>>} */
export const LANGUAGES = { en, de };

/**
 * @param {string} language a tag such as `de-AT`; what there is no table for is English
 * @returns {Words}
 */
export function wordsIn(language) {
  /** @type {Readonly<Record<string, string>>} */ const english = en;
  const table = LANGUAGES[language.toLowerCase().split('-')[0] ?? ''] ?? english;
  return (key, values = {}) =>
    (table[key] ?? english[key] ?? key).replace(/\{(\w+)\}/g, (_whole, /** @type {string} */ name) => String(values[name] ?? ''));
}

/** @param {number} ms */
export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ one) => String(one).padStart(2, '0');
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}
