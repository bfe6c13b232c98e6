// The canonical model. Made by `make clients` of what the gateway itself reads and writes; not to be changed
// by hand. A field with ? may be left out; where the gateway leaves it out, it has its default: false, 0, ""
// or nothing. What is newer than this file comes all the same: give each switch a default.

/** A text of this set, or one that is newer than this file. */
export type Open<Known extends string> = Known | (string & {});

/** Any JSON value. */
export type Json = unknown;

/** chosen by the operator in the configuration */
export type PlatformId = string;
/** the platform's name for the agent, as its people know it */
export type AgentId = string;
export type SessionId = string;
export type InteractionId = string;
/** the customer's whole contact, across transfers */
export type RootId = string;
export type EventId = string;
export type CommandId = string;
export type NeedInfoId = string;
export type QueryId = string;
export type WebhookId = string;
export type DeliveryId = string;
export type Ref = string;
/** the journal's position; grows by one an event */
export type Cursor = number;
/** a cursor, and of which journal: ours, and opaque to clients */
export type Resume = string;

/** What the agent takes at present. `unknown` is never guessed away. */
export type AgentState = Open<"unknown" | "logged_out" | "not_ready" | "ready" | "reserved" | "busy" | "after_call_work" | "supervising">;

/** Whether the agent is signed in to one channel. */
export type ChannelState = Open<"inactive" | "active" | "unavailable">;

/** One entry of the agent's state menu. */
export interface StateChoice {
  /** what agent.set_state takes as `reason`; empty for the plain state */
  id: string;
  state: AgentState;
  label?: string;
}

/** One medium of the agent, with its own state where the platform keeps one. */
export interface Channel {
  id: string;
  name?: string;
  /** schemas.interaction.Media, or a medium newer than this model */
  media?: string;
  state?: ChannelState;
  agent_state?: AgentState;
  reason?: string;
}

/** One agent signed in to one platform: the snapshot that agent events carry. */
export interface AgentSession {
  id: SessionId;
  platform_id: PlatformId;
  agent_id: AgentId;
  name?: string;
  state?: AgentState;
  /** why not ready, in the platform's own word */
  reason?: string;
  /** taken on when the present work is over */
  pending_state?: AgentState | null;
  /** of `state` and `reason`; None: the platform has told neither yet */
  since?: string | null;
  choices?: StateChoice[];
  channels?: Channel[];
  focused_interaction_id?: InteractionId | null;
  /** counts this session's own events */
  sequence?: number;
  /** commands the platform takes now */
  allowed?: string[];
  refs?: { [key: string]: string };
  /** the platform's own word, kept when ours says less */
  vendor_state?: string;
  /** what the platform said last of it, by its own name */
  vendor_event?: string;
  /** what else the platform says of it, by its own names */
  extras?: { [key: string]: Json };
}

/** What an address names. */
export type DestinationKind = Open<"external" | "agent" | "agent_group" | "skill" | "queue" | "routing_point">;

/** Common to all verbs. */
export interface Command {
  answers?: { [key: string]: Json };
}

/** A verb on an agent session. */
export interface SessionCommand extends Command {
  session_id: SessionId;
}

/** A verb on an interaction. */
export interface InteractionCommand extends Command {
  interaction_id: InteractionId;
}

/** Sign an agent in. `password` is passed on and never stored or logged. */
export interface Login extends Command {
  type: "agent.login";
  platform_id: PlatformId;
  agent_id: AgentId;
  password?: string;
  tenant?: string;
  extension?: string;
  /** take over a session that the agent has elsewhere */
  force?: boolean;
}

/** Sign the agent out. */
export interface Logout extends SessionCommand {
  type: "agent.logout";
  reason?: string;
}

/** Change the agent's state. `reason` is a StateChoice id. */
export interface SetState extends SessionCommand {
  type: "agent.set_state";
  state: AgentState;
  reason?: string;
}

/** Start an outbound voice interaction. It is seen as DIALING, or fails. */
export interface Dial extends SessionCommand {
  type: "interaction.dial";
  /** E.164 with "+", or whatever `destination_kind` names */
  destination: string;
  destination_kind?: DestinationKind;
  /** empty: the platform's default */
  caller_id?: string;
  data?: { [key: string]: Json };
  records?: Record[];
  /** the platform's own, passed on as they are */
  extensions?: { [key: string]: Json };
}

/** Start an outbound chat on a channel type (sms, web, ...). */
export interface StartChat extends SessionCommand {
  type: "interaction.start_chat";
  channel_type: string;
  destination: string;
  records?: Record[];
}

/** Start an outbound e-mail. */
export interface StartEmail extends SessionCommand {
  type: "interaction.start_email";
  destination: string;
  data?: { [key: string]: Json };
  records?: Record[];
}

/** Take an alerting interaction. */
export interface Accept extends InteractionCommand {
  type: "interaction.accept";
}

/** Refuse an alerting interaction. */
export interface Reject extends InteractionCommand {
  type: "interaction.reject";
}

/** Leave the contact: media ends for this agent, work may go on. */
export interface Release extends InteractionCommand {
  type: "interaction.release";
}

/** Finish the work. Answers: `disposition`, `notes`, `agent_state`. */
export interface Complete extends InteractionCommand {
  type: "interaction.complete";
}

/** Veto completion until unblocked, or for so long, with a warning to the agent. */
export interface BlockCompletion extends InteractionCommand {
  type: "interaction.block_completion";
  message: string;
  /** 0: until it is lifted */
  limit_s?: number;
}

/** Lift the veto. */
export interface UnblockCompletion extends InteractionCommand {
  type: "interaction.unblock_completion";
}

/** Have so much longer for the after-call work: from its limit, or from now where it has none. */
export interface ExtendWrapUp extends InteractionCommand {
  type: "interaction.extend_wrap_up";
  by_s: number;
}

/**
 * Be done with the after-call work before its limit: a completion of what is over, and of nothing else.
 *
 * Answers as for interaction.complete.
 */
export interface EndWrapUp extends InteractionCommand {
  type: "interaction.end_wrap_up";
}

/** Put the other party on hold. */
export interface Hold extends InteractionCommand {
  type: "interaction.hold";
}

/** Take the other party back. */
export interface Retrieve extends InteractionCommand {
  type: "interaction.retrieve";
}

/** Silence the agent's microphone. */
export interface Mute extends InteractionCommand {
  type: "interaction.mute";
}

/** Open the agent's microphone. */
export interface Unmute extends InteractionCommand {
  type: "interaction.unmute";
}

/** Send tones: digits, *, #, A-D. */
export interface SendDtmf extends InteractionCommand {
  type: "interaction.send_dtmf";
  tones: string;
}

/** Make it the one on the agent's screen. */
export interface Focus extends InteractionCommand {
  type: "interaction.focus";
}

/** Start recording. */
export interface StartRecording extends InteractionCommand {
  type: "interaction.start_recording";
}

/** Stop recording. */
export interface StopRecording extends InteractionCommand {
  type: "interaction.stop_recording";
}

/** Pause recording, as while a card number is read out. */
export interface PauseRecording extends InteractionCommand {
  type: "interaction.pause_recording";
}

/** Go on recording after a pause. */
export interface ResumeRecording extends InteractionCommand {
  type: "interaction.resume_recording";
}

/** Say something in a chat, as the agent. */
export interface SendChat extends InteractionCommand {
  type: "chat.send";
  text: string;
}

/** Answer an e-mail: whoever wrote it, or all who had it. It is seen as a message. */
export interface ReplyEmail extends InteractionCommand {
  type: "email.reply";
  text: string;
  to_all?: boolean;
}

/** Send an e-mail on to somebody else, with a word. It is seen as a message. */
export interface ForwardEmail extends InteractionCommand {
  type: "email.forward";
  destination: string;
  text?: string;
}

/** Hold the interaction and ask a colleague. The consultation appears as an interaction of its own. */
export interface Consult extends InteractionCommand {
  type: "interaction.consult";
  destination: string;
  destination_kind?: DestinationKind;
  /** empty: the interaction's own */
  media?: string;
  data?: { [key: string]: Json };
  extensions?: { [key: string]: Json };
}

/** Swap the held and the connected one of a consultation and its interaction. */
export interface Alternate extends InteractionCommand {
  type: "interaction.alternate";
}

/** Join customer and colleague and leave. Takes the consultation or what it is a consultation of. */
export interface CompleteTransfer extends InteractionCommand {
  type: "interaction.complete_transfer";
}

/** Join customer, colleague and agent. Takes the consultation or what it is a consultation of. */
export interface CompleteConference extends InteractionCommand {
  type: "interaction.complete_conference";
}

/** Hand the contact over without asking first. */
export interface SingleStepTransfer extends InteractionCommand {
  type: "interaction.single_step_transfer";
  destination: string;
  destination_kind?: DestinationKind;
  data?: { [key: string]: Json };
  extensions?: { [key: string]: Json };
}

/** Add somebody without asking first. */
export interface SingleStepConference extends InteractionCommand {
  type: "interaction.single_step_conference";
  destination: string;
  destination_kind?: DestinationKind;
  data?: { [key: string]: Json };
  extensions?: { [key: string]: Json };
}

/** Remove one party of a conference. */
export interface DropParty extends InteractionCommand {
  type: "interaction.drop_party";
  party_id: string;
}

/** Set keys of the attached data; keys not named stay. */
export interface SetData extends InteractionCommand {
  type: "interaction.set_data";
  data: { [key: string]: Json };
}

/** Remove one key of the attached data. */
export interface DeleteData extends InteractionCommand {
  type: "interaction.delete_data";
  key: string;
}

/** Choose the outcome, by id, code or name. */
export interface SetDisposition extends InteractionCommand {
  type: "interaction.set_disposition";
  disposition: string;
}

/** Replace the agent's notes. */
export interface SetNotes extends InteractionCommand {
  type: "interaction.set_notes";
  notes: string;
}

/** The dispositions to choose from; for one interaction, or for the session's default service. */
export interface ListDispositions extends SessionCommand {
  type: "interaction.list_dispositions";
  interaction_id?: InteractionId | null;
  service?: string;
}

/** Whom the agent can call. */
export interface ListDirectory extends SessionCommand {
  type: "directory.list";
  query?: string;
}

/** Any call of the platform's own API, for which the canonical model has no word. Needs its own scope. */
export interface VendorCall extends SessionCommand {
  type: "vendor.call";
  method: string;
  params?: Json[];
  interaction_id?: InteractionId | null;
}

/** The frame that an event came from, as received, with the dialect it is in. */
export interface VendorFrame {
  dialect: string;
  frame: Json;
  /** that told pieces of the same change */
  earlier?: Json[];
}

/** The envelope. */
export interface Event {
  /** given with the cursor, when the event enters the journal */
  id?: EventId;
  cursor?: Cursor;
  time: string;
  time_source?: TimeSource;
  platform_id: PlatformId;
  session_id?: SessionId | null;
  agent_id?: AgentId | null;
  /** within the interaction or the agent session it is about */
  sequence?: number;
  /** position among the events of one change, which all carry the same snapshot */
  part?: number;
  /** missed while the link was down; found by comparing snapshots */
  recovered?: boolean;
  /** what it told of a person was taken out; id, cursor and type stand */
  erased?: boolean;
  /** the command that caused it, where that is known */
  command_id?: CommandId | null;
  vendor?: VendorFrame | null;
}

/** How we stand with a platform. */
export type LinkState = Open<"connecting" | "connected" | "disconnected">;

/** The link to the platform, or to the platform's page of one agent, changed. */
export interface PlatformStateChanged extends Event {
  type: "platform.state_changed";
  state: LinkState;
  reason?: string;
}

/** Something the platform says about itself or the agent's device. */
export interface PlatformNotice extends Event {
  type: "platform.notice";
  code: string;
  message?: string;
  error?: boolean;
}

/** About an agent session; `agent` is the snapshot after the change. */
export interface AgentEvent extends Event {
  agent: AgentSession;
}

/** The agent signed in. */
export interface AgentLoggedIn extends AgentEvent {
  type: "agent.logged_in";
}

/** The agent signed out, or was. */
export interface AgentLoggedOut extends AgentEvent {
  type: "agent.logged_out";
}

/** State, reason or pending state changed. */
export interface AgentStateChanged extends AgentEvent {
  type: "agent.state_changed";
}

/** Anything else of the session changed: channels, choices, name, focus. */
export interface AgentUpdated extends AgentEvent {
  type: "agent.updated";
}

/** About an interaction; `interaction` is the snapshot after the change. */
export interface InteractionEvent extends Event {
  interaction: Interaction;
}

/** Seen for the first time. */
export interface InteractionCreated extends InteractionEvent {
  type: "interaction.created";
}

/** Waits for an agent. */
export interface InteractionQueued extends InteractionEvent {
  type: "interaction.queued";
}

/** A record is shown before it is dialled. */
export interface InteractionPreviewed extends InteractionEvent {
  type: "interaction.previewed";
}

/** The far end is being called. */
export interface InteractionDialing extends InteractionEvent {
  type: "interaction.dialing";
}

/** Offered to the agent. */
export interface InteractionAlerting extends InteractionEvent {
  type: "interaction.alerting";
}

/** Answered: agent and contact are together. */
export interface InteractionConnected extends InteractionEvent {
  type: "interaction.connected";
}

/** On hold. */
export interface InteractionHeld extends InteractionEvent {
  type: "interaction.held";
}

/** Back from hold. */
export interface InteractionRetrieved extends InteractionEvent {
  type: "interaction.retrieved";
}

/** The media is over for this agent. Once in each life, with `end_cause` and `ended_by`. */
export interface InteractionEnded extends InteractionEvent {
  type: "interaction.ended";
}

/** After-call work. */
export interface InteractionWrapUp extends InteractionEvent {
  type: "interaction.wrap_up_started";
}

/** Closed. Once in each life, and last in it; for good, unless `end_inferred`. */
export interface InteractionCompleted extends InteractionEvent {
  type: "interaction.completed";
}

/** It was not over: the platform tells of it again, as the snapshot shows it. Always `recovered`. */
export interface InteractionReopened extends InteractionEvent {
  type: "interaction.reopened";
}

/** Attached data changed. */
export interface InteractionDataChanged extends InteractionEvent {
  type: "interaction.data_changed";
}

/** The agent's microphone was closed or opened. */
export interface InteractionMuteChanged extends InteractionEvent {
  type: "interaction.mute_changed";
}

/** Recording started, stopped, paused or went on; or its address became known. */
export interface RecordingChanged extends InteractionEvent {
  type: "interaction.recording_changed";
}

/** It came to the front of the agent's screen, or left it. */
export interface FocusChanged extends InteractionEvent {
  type: "interaction.focus_changed";
}

/** Disposition or notes changed. */
export interface DispositionChanged extends InteractionEvent {
  type: "interaction.disposition_changed";
}

/** It became a conference, or is one no longer. */
export interface ConferenceChanged extends InteractionEvent {
  type: "interaction.conference_changed";
}

/** Completion was vetoed, or the veto was lifted. */
export interface CompletionBlockChanged extends InteractionEvent {
  type: "interaction.completion_block_changed";
}

/** Anything that no other event tells; of one that is completed, whatever was learnt since. */
export interface InteractionUpdated extends InteractionEvent {
  type: "interaction.updated";
  /** it is completed, and stays so */
  late?: boolean;
}

/** Somebody joined. */
export interface PartyAdded extends InteractionEvent {
  type: "party.added";
  party: Party;
}

/** Somebody left. */
export interface PartyRemoved extends InteractionEvent {
  type: "party.removed";
  party: Party;
}

/** Somebody's name, number, hold or mute changed. */
export interface PartyUpdated extends InteractionEvent {
  type: "party.updated";
  party: Party;
}

/** Somebody wrote in a chat, or an e-mail came or went. Once for each; it changes no snapshot. */
export interface MessageAdded extends Event {
  type: "message.added";
  interaction_id: InteractionId;
  media?: Media;
  message: Message;
}

/** The dispositions to choose from. */
export interface DispositionsUpdated extends Event {
  type: "dispositions.updated";
  dispositions: Disposition[];
  interaction_id?: InteractionId | null;
}

/** Whom the agent can call. */
export interface DirectoryUpdated extends Event {
  type: "directory.updated";
  entries: DirectoryEntry[];
}

/** A command waits for an answer. */
export interface NeedInfoRequested extends Event {
  type: "needinfo.requested";
  needinfo: NeedInfo;
}

/** The question is closed. */
export interface NeedInfoResolved extends Event {
  type: "needinfo.resolved";
  needinfo: NeedInfo;
  resolution: Resolution;
}

/** A command has its one final result. */
export interface CommandFinished extends Event {
  type: "command.finished";
  verb: string;
  interaction_id?: InteractionId | null;
  result: AnyResult;
}

/** A command that failed with its effect unknown: what the platform shows of it since. */
export interface CommandProved extends Event {
  type: "command.proved";
  verb: string;
  effect: Proof;
  /** the one that shows it */
  interaction_id?: InteractionId | null;
}

/** The platform asks the CRM something. */
export interface QueryRequested extends Event {
  type: "query.requested";
  query: AnyQuery;
}

/** It was answered, or the default was. A veto is told by this alone: nobody was asked. */
export interface QueryResolved extends Event {
  type: "query.resolved";
  query: AnyQuery;
  answered: boolean;
  /** None: of a time when that was not told */
  by?: AnsweredBy | null;
}

/** A well-formed frame that our tables do not know, or that tells nothing else; `vendor` holds it. */
export interface VendorUnrecognised extends Event {
  type: "vendor.unrecognised";
  name: string;
  /** where it is about one */
  interaction_id?: InteractionId | null;
}

/** Of no platform: `platform_id` is empty. No dialect has words for it. */
export interface OperatorEvent extends Event {
}

/**
 * Nothing but failures: 50, 70 or 90 % of the time after which it is disabled, each told once.
 *
 * With 0 % it was found to be down; that is told once an hour at most.
 */
export interface WebhookFailing extends OperatorEvent {
  type: "webhook.failing";
  webhook_id: WebhookId;
  name?: string;
  percent: number;
  /** the first failure */
  since: string;
  /** the last one's */
  error?: string;
}

/** It is sent nothing any more, and `reason` says why. */
export interface WebhookDisabled extends OperatorEvent {
  type: "webhook.disabled";
  webhook_id: WebhookId;
  name?: string;
  reason: string;
}

/** A delivery was given up: it is not tried again, unless it is replayed. Once for each. */
export interface WebhookExhausted extends OperatorEvent {
  type: "webhook.exhausted";
  webhook_id: WebhookId;
  name?: string;
  delivery_id: string;
  /** the event that was not delivered, and its cursor */
  of_type: string;
  of_cursor: Cursor;
  attempts?: number;
  error?: string;
}

/**
 * The machine's clock was set, or the machine slept: by so many seconds forward, or back if negative.
 *
 * Age and deadlines are not moved by it. `while_stopped`: it was so at the start; forward that may be the
 * time for which the gateway was down, so nothing is forgotten by age before `kept_until`.
 */
export interface ClockLeapt extends OperatorEvent {
  type: "gateway.clock_leapt";
  seconds: number;
  while_stopped?: boolean;
  kept_until?: string | null;
}

/** What a token lets its bearer be. */
export type Role = Open<"link" | "facade">;

/** Commands that are given away together. */
export type VerbGroup = Open<"sign_in" | "state" | "dial" | "handle" | "transfer" | "recording" | "data" | "wrap_up" | "directory" | "queries" | "vendor">;

/** Of what kind a field of the model is. */
export type FieldClass = Open<"identifier" | "personal" | "content" | "secret">;

/**
 * What is left of everything. Teams are those of the configuration; types may end in `.*`.
 *
 * `roles` are those that tokens may be minted for. `masked` and `dropped` are classes of fields that are not
 * told, or whose members are left out.
 */
export interface Grant {
  tenant?: string;
  platforms?: string[];
  agents?: string[];
  teams?: string[];
  verbs?: VerbGroup[];
  types?: string[];
  roles?: Role[];
  masked?: FieldClass[];
  dropped?: FieldClass[];
}

/** The medium of an interaction. */
export type Media = Open<"voice" | "chat" | "email" | "work_item">;

/** Where the contact stands for this agent. `ended` is an event and a time, not a state. */
export type InteractionState = Open<"unknown" | "queued" | "preview" | "dialing" | "alerting" | "connected" | "held" | "wrap_up" | "completed">;

/** Who began the contact. */
export type Direction = Open<"unknown" | "inbound" | "outbound" | "internal">;

/** Why the interaction exists. */
export type Kind = Open<"unknown" | "direct" | "queue" | "callback" | "consult" | "transfer" | "conference" | "campaign">;

/** The recording of the interaction; not the microphone. */
export type RecordingState = Open<"stopped" | "recording" | "paused">;

/** Why the media is over. `unknown` when the platform gave no cause: never inferred from silence. */
export type EndCause = Open<"unknown" | "normal" | "no_answer" | "declined" | "busy" | "bad_destination" | "device_unavailable" | "congestion" | "abandoned" | "transferred" | "conferenced" | "machine" | "timeout" | "agent_forced" | "supervisor_forced" | "platform_failure" | "lost">;

/** Who left first. */
export type Side = Open<"unknown" | "agent" | "remote" | "platform">;

/** Who set the time by which the after-call work is to be done. */
export type WrapUpSetBy = Open<"platform" | "gateway" | "agent">;

/** What a party is to this interaction. */
export type PartyRole = Open<"unknown" | "customer" | "agent" | "supervisor">;

/** Another participant. The agent whose view this is does not list itself. */
export interface Party {
  id: string;
  role?: PartyRole;
  name?: string;
  /** telephone number or chat address, as the platform spells it */
  address?: string;
  /** what that means, where it is a telephone number */
  number?: Number | null;
  email?: string;
  /** set for colleagues */
  user_id?: string;
  /** set for customers the platform knows */
  contact_id?: string;
  held?: boolean;
  muted?: boolean;
  typing?: boolean;
}

/** The customer, as the platform knows them. */
export interface Contact {
  id?: string;
  display_name?: string;
  first_name?: string;
  last_name?: string;
  phone?: string;
  /** what `phone` means */
  number?: Number | null;
  email?: string;
}

/** The outcome a person chose; not the cause the media ended for. */
export interface Disposition {
  id?: string;
  code?: string;
  name?: string;
  /** success, failure, continue, spam, do_not_call, or the platform's own word */
  category?: string;
  priority?: number;
  preview_only?: boolean;
}

/** A CRM record tied to the interaction (contact, case, task, ...). */
export interface Record {
  id: string;
  type?: string;
  display_name?: string;
  display_type?: string;
  fields?: { [key: string]: string };
  source?: string;
  selected?: boolean;
}

/** Where a finished or running recording can be fetched and played. */
export interface Recording {
  url?: string;
  playback_url?: string;
}

/** The whole of one interaction at one moment; every event carries the one after its change. */
export interface Interaction {
  id: InteractionId;
  root_id: RootId;
  platform_id: PlatformId;
  session_id: SessionId;
  agent_id: AgentId;
  state: InteractionState;
  /** the platform's id of it now; may change when the platform's page is reloaded */
  ref?: Ref;
  /** the platform's id of it that does not */
  durable_ref?: Ref | null;
  media?: Media;
  /** sms, web, whatsapp, ...: narrower than the medium */
  channel_type?: string;
  direction?: Direction;
  kind?: Kind;
  /** counts this interaction's own events */
  sequence?: number;
  parent_id?: InteractionId | null;
  consult_of?: InteractionId | null;
  /** the other party's number or address, as the platform spells it */
  remote_address?: string;
  ani?: string;
  dnis?: string;
  /** What these mean by the platform's dial plan, where they are telephone numbers. None: not known. */
  remote_number?: Number | null;
  ani_number?: Number | null;
  dnis_number?: Number | null;
  /** queue, service or skill that the contact came by */
  service?: string;
  subject?: string;
  /** how it was begun, in the platform's word */
  origination?: string;
  internal?: boolean;
  parties?: Party[];
  contact?: Contact | null;
  data?: { [key: string]: Json };
  records?: Record[];
  disposition?: Disposition | null;
  notes?: string;
  muted?: boolean;
  focused?: boolean;
  /** its case is unfolded on the agent's screen */
  expanded?: boolean;
  conference?: boolean;
  transferring?: boolean;
  wrap_up_paused?: boolean;
  /** When the after-call work ends by itself, or did, and who set that. None: it has no limit that is known. */
  wrap_up_until?: string | null;
  wrap_up_set_by?: WrapUpSetBy | null;
  recording_state?: RecordingState;
  recording?: Recording | null;
  /** recording, transcript, summary, survey: mostly when it is over */
  attachments?: Attachment[];
  /** the warning shown while completion is vetoed */
  completion_blocked?: string;
  /** When the veto ends by itself, or did. None: it has no limit, or was lifted. */
  completion_blocked_until?: string | null;
  created_at?: string | null;
  connected_at?: string | null;
  ended_at?: string | null;
  completed_at?: string | null;
  /** set with ended_at */
  end_cause?: EndCause | null;
  ended_by?: Side | null;
  /** The platform did not say that it is over: that was taken from a logout, a list without it, or long silence. Its next word may take it back (interaction.reopened). */
  end_inferred?: boolean;
  refs?: { [key: string]: string };
  /** commands the platform takes in this state */
  allowed?: string[];
  /** the platform's own word for the state */
  vendor_state?: string;
  /** what the platform said last of it, by its own name; unset where it says no such */
  vendor_event?: string;
  /** What else the platform says of it, by its own names; and its word for a time that we did not take. */
  extras?: { [key: string]: Json };
}

/** Who wrote it. */
export type Author = Open<"unknown" | "customer" | "agent" | "colleague" | "system">;

/** What it is. */
export type AttachmentKind = Open<"file" | "recording" | "transcript" | "summary" | "survey">;

/**
 * A file of a message, or what becomes known of a contact: where it is, or the few words that it is.
 *
 * One of an interaction is told again with what is new: `kind` and `id` say which one it is.
 */
export interface Attachment {
  kind?: AttachmentKind;
  id?: string;
  name?: string;
  /** such as audio/ogg */
  media_type?: string;
  /** 0: not told */
  size_bytes?: number;
  url?: string;
  /** of a summary */
  text?: string;
  /** of a survey: answers by question, as the platform has them */
  data?: { [key: string]: Json };
}

/** One message of a chat, or one e-mail. */
export interface Message {
  /** the platform's; else the gateway's */
  id: string;
  author?: Author;
  /** of the interaction's parties; empty: the agent, or nobody of them */
  party_id?: string;
  name?: string;
  text?: string;
  /** of an e-mail */
  subject?: string;
  /** where the whole of an e-mail is */
  body_url?: string;
  time?: string | null;
  attachments?: Attachment[];
}

/** What is asked, so that a client can show its own form. */
export type NeedInfoKind = Open<"outbound_skill" | "disposition" | "agent_state" | "logout_reason" | "service" | "confirm" | "form">;

/** How one field is filled in. */
export type FieldType = Open<"choice" | "text" | "boolean" | "number">;

/** One way to answer a choice field. */
export interface Choice {
  id: string;
  label?: string;
}

/** One thing to be filled in. `key` is the key in Answer.values and in Command.answers. */
export interface Field {
  key: string;
  type: FieldType;
  title?: string;
  required?: boolean;
  choices?: Choice[];
  default?: Json;
}

/** What is asked, before it has an id and a deadline. */
export interface Question {
  kind: NeedInfoKind;
  title: string;
  fields: Field[];
  skippable?: boolean;
  /** the platform's own question, by its own names */
  extras?: { [key: string]: Json };
}

/** What was done with the question. */
export type AnswerAction = Open<"submit" | "skip" | "cancel">;

/** One open question of one command. */
export interface NeedInfo {
  id: NeedInfoId;
  command_id: CommandId;
  platform_id: PlatformId;
  session_id: SessionId;
  agent_id: AgentId;
  interaction_id?: InteractionId | null;
  kind: NeedInfoKind;
  title: string;
  fields: Field[];
  skippable?: boolean;
  /** of at most MAX_ROUNDS */
  round?: number;
  asked_at: string;
  expires_at: string;
}

/** An answer to one question. */
export interface Answer {
  needinfo_id: NeedInfoId;
  action?: AnswerAction;
  values?: { [key: string]: Json };
}

/** How a question ended. */
export type Resolution = Open<"submitted" | "skipped" | "cancelled" | "expired" | "overtaken" | "policy">;

/** Whom it reaches. */
export type NumberKind = Open<"unknown" | "internal" | "external" | "emergency" | "service">;

/** What a spelling means, as far as that is certain: nothing is guessed. */
export interface Number {
  kind?: NumberKind;
  /** "+" and digits; empty: there is none, or the spelling does not tell it */
  e164?: string;
  /** an internal number; of an external one, what is dialled once it has answered */
  extension?: string;
  /** the caller keeps it from being shown */
  withheld?: boolean;
  /** the spelling is of an older plan, or a known mistake: look for both */
  mended?: boolean;
}

/** The kinds of queries there are, by their tags. */
export type QueryKind = Open<"transfer_data" | "knowledge_folder" | "knowledge_search" | "knowledge_article" | "record_info" | "record_on_screen" | "validate_records" | "save_activity" | "screen_pop">;

/** Common to all. The envelope fields are filled in by the core. */
export interface Query {
  id?: QueryId;
  platform_id?: PlatformId;
  session_id?: SessionId;
  agent_id?: AgentId;
  interaction_id?: InteractionId | null;
  expires_at?: string | null;
}

/** What should ride along with a transfer? Default: nothing. */
export interface TransferData extends Query {
  type: "transfer_data";
}

/** The contents of a knowledge-base folder. Default: empty. */
export interface KnowledgeFolder extends Query {
  type: "knowledge_folder";
  /** empty: the root */
  folder_id?: string;
  language?: string;
}

/** Search the knowledge base. Default: nothing found. */
export interface KnowledgeSearch extends Query {
  type: "knowledge_search";
  text: string;
  language?: string;
  folder_id?: string;
}

/** One article. Default: not found. */
export interface KnowledgeArticle extends Query {
  type: "knowledge_article";
  article_id: string;
}

/** How to show a record of which only id and type are known. Default: not found. */
export interface RecordInfo extends Query {
  type: "record_info";
  record_id: string;
  record_type?: string;
}

/** Which CRM record does the agent look at? Default: none. */
export interface RecordOnScreen extends Query {
  type: "record_on_screen";
}

/** May the interaction be completed with these records? Default: yes. */
export interface ValidateRecords extends Query {
  type: "validate_records";
  records?: Record[];
}

/** Save the activity in the CRM. Default: nothing recorded. */
export interface SaveActivity extends Query {
  type: "save_activity";
  interaction?: Interaction | null;
  /** what the platform says of the activity, by its own names */
  extras?: { [key: string]: Json };
}

/** Will the CRM show this itself? Default: no. */
export interface ScreenPop extends Query {
  type: "screen_pop";
  action?: string;
  url?: string;
  content?: string;
  label?: string;
  options?: { [key: string]: Json };
}

/** A folder or an article of the knowledge base; the text only where it was asked for. */
export interface KnowledgeItem {
  id: string;
  title?: string;
  folder?: boolean;
  text?: string;
  fields?: { [key: string]: Json };
}

/** Common to all answers. The id may be left out where the request itself says which query it is. */
export interface QueryAnswer {
  query_id?: QueryId;
}

/** Answers transfer_data. */
export interface DataAnswer extends QueryAnswer {
  type: "data";
  data?: { [key: string]: Json } | null;
}

/** Answers the knowledge queries. */
export interface ItemsAnswer extends QueryAnswer {
  type: "items";
  items?: KnowledgeItem[];
}

/** Answers record_info and record_on_screen, and save_activity with what was saved. */
export interface RecordAnswer extends QueryAnswer {
  type: "record";
  record?: Record | null;
}

/** Answers validate_records and screen_pop. */
export interface VerdictAnswer extends QueryAnswer {
  type: "verdict";
  yes: boolean;
  message?: string;
}

/** Leaves it to whoever else is asked, and to the default once nobody is left. */
export interface NoOpinion extends QueryAnswer {
  type: "no_opinion";
}

/** Whose answer a platform got. */
export type AnsweredBy = Open<"client" | "facade" | "webhook" | "gateway" | "default">;

/** Why a command failed. A closed set; the platform's own code stands beside it. */
export type ErrorCode = Open<"invalid_command" | "unsupported" | "not_allowed" | "unknown_platform" | "unknown_session" | "unknown_interaction" | "unknown_object" | "not_logged_in" | "already_logged_in" | "bad_credentials" | "wrong_state" | "completion_blocked" | "no_channel" | "bad_destination" | "busy" | "needs_info" | "cancelled" | "expired" | "too_many_rounds" | "conflict" | "rate_limited" | "unavailable" | "link_down" | "timeout" | "platform_error" | "internal">;

/** What a failed command did. */
export type Effect = Open<"none" | "unknown">;

/** What was found out later about a command whose effect was unknown. */
export type Proof = Open<"done" | "none">;

/** Common to all. */
export interface Result {
}

/** The platform did it, or accepted to. */
export interface Succeeded extends Result {
  outcome: "succeeded";
  /** the one that the command created, where the platform tells */
  interaction_id?: InteractionId | null;
  /** what was asked for (dispositions, directory, the answer to vendor.call) */
  data?: Json;
  /** what could only be approximated */
  warnings?: string[];
  /** the destination as the platform was given it, where that is not as the command has it */
  dialled?: string;
  /** what `data` has no place for, by the platform's own names */
  extras?: { [key: string]: Json };
}

/** Not yet: something has to be answered first. */
export interface NeedsInfo extends Result {
  outcome: "needinfo";
  needinfo: NeedInfo;
}

/** The platform refused, or we lost track of the command. */
export interface Failed extends Result {
  outcome: "failed";
  code: ErrorCode;
  effect?: Effect;
  /** for people; no stack, no customer data */
  message?: string;
  vendor_code?: string;
  /** as in Succeeded */
  dialled?: string;
  /** with NEEDS_INFO */
  missing?: Question | null;
  /** what else the platform said, by its own names */
  extras?: { [key: string]: Json };
}

/** Where a command stands. */
export type CommandStatus = Open<"accepted" | "sent" | "needinfo" | "finished">;

/** A command and what became of it. */
export interface CommandRecord {
  id: CommandId;
  command: AnyCommand;
  platform_id: PlatformId;
  session_id: SessionId;
  agent_id: AgentId;
  status: CommandStatus;
  accepted_at: string;
  /** one each round */
  attempts?: number;
  /** False: the client cannot answer questions */
  interactive?: boolean;
  /** who asked */
  principal?: string;
  idempotency_key?: string;
  /** W3C Trace Context: what it is a part of */
  traceparent?: string;
  /** when the first call of the newest attempt left */
  sent_at?: string | null;
  /** The calls of the newest attempt, where it took several, in order: all but the last were answered. */
  steps?: string[];
  finished_at?: string | null;
  result?: AnyResult | null;
  /** of a failure whose effect is unknown, once something shows it */
  proof?: Proof | null;
}

/** Whose clock `time` is of. */
export type TimeSource = Open<"platform" | "gateway">;

/** Somebody or something that can be dialled. */
export interface DirectoryEntry {
  name: string;
  address: string;
  id?: string;
  /** team, group or address book */
  category?: string;
  /** external, agent, skill */
  kind?: string;
  state?: string;
}

/** Another way to say what must stand there: how a text begins, or whether there is anything at all. */
export interface Match {
  prefix?: string | null;
  exists?: boolean | null;
}

/**
 * Which events a subscriber wants. An empty field asks for all; an event must fit every field.
 *
 * Types may end in `.*`. Teams are those of the configuration. With `media`, only events that carry an
 * interaction of these media pass. `content` has what must stand at dotted paths of the event: a value, a
 * list of which any will do, null for nothing, a prefix, or whether there is anything. Fields of the classes
 * in `mask` are replaced by a mark, those in `drop` left out; with any of them the platform's own words go.
 */
export interface Filter {
  platforms?: string[];
  agents?: string[];
  sessions?: string[];
  interactions?: string[];
  teams?: string[];
  media?: Media[];
  types?: string[];
  content?: { [key: string]: string | number | boolean | Match | null | (string | number | boolean | Match | null)[] };
  mask?: FieldClass[];
  drop?: FieldClass[];
}

/** Everything as it was at this cursor. */
export interface StreamSnapshot {
  type: "stream.snapshot";
  cursor: Cursor;
  resume: Resume;
  sessions: AgentSession[];
  interactions: Interaction[];
}

/**
 * Events after `after` and before `first` are no longer kept, or `after` is of another journal.
 *
 * What follows are the events after `restart_after`, or `resume`: all that are kept, or those after a
 * snapshot.
 */
export interface StreamGap {
  type: "stream.gap";
  after: Cursor;
  /** the oldest that is kept */
  first: Cursor;
  restart_after: Cursor;
  resume: Resume;
}

/**
 * The first frame. `after`: everything after that cursor or `resume`; without it, from now on.
 *
 * With `snapshot`, all sessions and open interactions come first, unless `after` can be gone on from.
 */
export interface Subscribe {
  type: "subscribe";
  /** where no Authorization header could be sent */
  token?: string;
  filter?: Filter;
  after?: Cursor | Resume | null;
  snapshot?: boolean;
  /** kinds of queries this client answers */
  answers?: QueryKind[];
}

/** A command. `ref` is the client's own and comes back with what becomes of it. */
export interface Order {
  type: "command";
  ref: string;
  command: AnyCommand;
  idempotency_key?: string;
  interactive?: boolean;
  /** W3C Trace Context, of what it is a part of */
  traceparent?: string;
}

/** An answer to a question. */
export interface Reaction {
  type: "answer";
  ref: string;
  answer: Answer;
}

/** An answer to a query, with its id; `no_opinion` leaves it to the others who were asked. */
export interface Knowledge {
  type: "query_answer";
  ref: string;
  answer: AnyQueryReply;
}

/** Events after this cursor follow. `resume` is the place, to be given as `after`. */
export interface Subscribed {
  type: "stream.subscribed";
  cursor: Cursor;
  resume: Resume;
}

/** Everything up to this cursor that fits has been told. From time to time, if there was anything. */
export interface Progress {
  type: "stream.progress";
  cursor: Cursor;
  resume: Resume;
}

/** A command of this client was accepted, asks something, or is finished. */
export interface CommandChanged {
  type: "command.changed";
  ref: string;
  record: CommandRecord;
}

/** A frame that could not be carried out; `ref` if it had one. */
export interface StreamProblem {
  type: "stream.error";
  code: ErrorCode;
  message: string;
  ref?: string;
}

/** The last event: the key or token is over. `code` is the one that closes a WebSocket then. */
export interface Ended {
  type: "stream.ended";
  code: number;
  message: string;
}

/** RFC 9457. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail?: string;
}

/** A ticket, for the parameter `ticket`. */
export interface StreamTicket {
  ticket: string;
  expires_at: string;
}

/** Whom a link token is for. */
export interface TokenRequest {
  agent_id: AgentId;
  platform_id: PlatformId;
  role: Role;
  ttl_s?: number;
  /** narrower than the key's; what is left empty is as the key has it */
  grant?: Grant;
}

/** A link token. */
export interface MintedToken {
  token: string;
  expires_at: string;
}

/** What there was to remark. */
export type RemarkKind = Open<"mended" | "unawaited">;

/** A frame that could not be read: what was wrong and how large it was, never what it said. */
export interface BadFrame {
  at: string;
  what: string;
  size_bytes: number;
}

/** Something about a frame that was taken all the same: where, never what it said. */
export interface Remarked {
  at: string;
  kind: RemarkKind;
  what: string;
}

/** Whether a webhook is sent to. */
export type WebhookStatus = Open<"active" | "paused" | "disabled">;

/** Where the attributes of CloudEvents stand. */
export type WebhookMode = Open<"structured" | "binary">;

/** What a structured body is said to be. A binary one is JSON anyway. */
export type ContentType = Open<"application/cloudevents+json" | "application/json">;

/** What waits for what. */
export type DeliveryOrder = Open<"interaction" | "strict" | "none">;

/** How many deliveries an endpoint gets at most. */
export interface Rate {
  per_second: number;
  /** after a time without any */
  burst: number;
}

/** Where a delivery stands. */
export type DeliveryState = Open<"pending" | "delivered" | "dead" | "expired">;

/** One event for one webhook. */
export interface Delivery {
  id: DeliveryId;
  webhook_id: WebhookId;
  cursor: Cursor;
  /** of the event */
  type: string;
  /** deliveries of one webhook with the same key keep their order */
  key: string;
  state: DeliveryState;
  attempts: number;
  created_at: string;
  next_attempt_at: string;
  /** live events only */
  expires_at: string | null;
  /** of the last attempt */
  error: string;
  /** how much of its schedule it has used up; attempts beside that do not count */
  step: number;
  /** nothing waits for it */
  aside: boolean;
}

/** One attempt at a delivery. `status` is None where there was no answer. */
export interface Attempt {
  delivery_id: DeliveryId;
  /** from 1 */
  number: number;
  at: string;
  duration_ms: number;
  status: number | null;
  error: string;
  /** at most 16 KiB of the answer's body */
  response: string;
}

/** How many deliveries it gets at most. */
export interface RateSpec {
  per_second: number;
  burst?: number;
}

/** What a subscriber asks for when he makes one. */
export interface WebhookSpec {
  url: string;
  name?: string;
  /** `interaction.held`, `interaction.*`, `*` */
  events?: string[];
  platform_ids?: string[];
  agent_ids?: string[];
  teams?: string[];
  media?: Media[];
  content?: { [key: string]: string | number | boolean | Match | null | (string | number | boolean | Match | null)[] };
  /** of its own; never shown again. Left out: as they are */
  headers?: { [key: string]: string } | null;
  /** of CloudEvents */
  mode?: "structured" | "binary";
  /** sign for a public key too (v1a) */
  ed25519?: boolean;
  /** what waits for what */
  order?: "interaction" | "strict" | "none";
  rate?: RateSpec | null;
  /** not tried again after these */
  final_statuses?: number[];
  /** What a structured body is said to be. Some frameworks parse `application/json` alone, and take any other body for an empty one, without an error. */
  content_type?: "application/cloudevents+json" | "application/json";
  /** Only these members of an event, such as `interaction.state`, beside those that say which event it is. Empty: all. */
  members?: string[];
  /** All but these members, such as `vendor`, the platform's own frame. */
  omit?: string[];
  /** Fields of these classes are masked in every event that is sent from now on, older ones too, and the platform's own words are left out. */
  mask?: ("identifier" | "personal" | "content" | "secret")[];
  /** The same, but such fields are left out. */
  drop?: ("identifier" | "personal" | "content" | "secret")[];
  /** How it is connected to, by a name that the operator configured. */
  connection?: string;
  /** Ask the receiver for leave first, by `OPTIONS` with `WebHook-Request-Origin`; without its `WebHook-Allowed-Origin` nothing is sent. Its `WebHook-Allowed-Rate` is kept to. */
  handshake?: boolean;
  /** Yours, so that a deployment can declare its webhooks. Left out: one of ours. */
  id?: string | null;
  /** Yours, to sign with: `whsec_` and 24 to 64 random bytes in base64. Else one of ours. */
  secret?: string | null;
}

/** A webhook as its owner sees it. */
export interface WebhookView {
  id: WebhookId;
  url: string;
  name: string;
  events: string[];
  platform_ids: string[];
  agent_ids: string[];
  teams: string[];
  media: Media[];
  content: { [key: string]: string | number | boolean | Match | null | (string | number | boolean | Match | null)[] };
  /** their names */
  headers: string[];
  mode: WebhookMode;
  /** whpk_..., newest first; each verifies a v1a signature */
  public_keys: string[];
  status: WebhookStatus;
  reason: string;
  created_at: string;
  failing_since: string | null;
  /** how many sign at present */
  secrets: number;
  order: DeliveryOrder;
  rate: Rate | null;
  final_statuses: number[];
  content_type: ContentType;
  members: string[];
  omit: string[];
  connection: string;
  handshake: boolean;
  /** what the receiver gave leave for; 0: it named no limit */
  allowed_per_minute: number;
  ed25519: boolean;
}

/**
 * The answer to creating one, and to rotating its secret: the one time the secret is told.
 *
 * It is empty for a webhook that was there already.
 */
export interface WebhookWithSecret {
  webhook: WebhookView;
  secret: string;
}

/** What can be sent again. */
export type Replayable = Open<"dead" | "expired" | "delivered" | "pending" | "missed">;

/** What to send again. An empty filter lets everything through; times are those of the events. */
export interface Replay {
  states?: Replayable[];
  /** `interaction.held`, `interaction.*`, `*` */
  types?: string[];
  platform_ids?: string[];
  agent_ids?: string[];
  interaction_ids?: string[];
  from?: string | null;
  /** and not at that time */
  until?: string | null;
  /** where the last call said to go on, or whatever a client goes on after */
  after?: Cursor | Resume;
}

/** How many are sent again. With `next` there may be more: ask again, with that as `after`. */
export interface Replayed {
  replayed: number;
  next?: Cursor | null;
}

/** A link that is tried again and again. */
export interface FailedLink {
  /** empty: whose page it is, is not known, or it is the platform's own link */
  agent_id: string;
  reason: string;
  since: string;
  last: string;
  times: number;
}

/** A platform, for clients and operators. */
export interface PlatformInfo {
  id: PlatformId;
  dialect: string;
  state: LinkState;
  /** why there is no link; empty if there is one, or never was */
  reason: string;
  links: number;
  /** links that did not become usable when last tried */
  failing: FailedLink[];
  /** verb: exact, flow, approximate, gateway or unsupported */
  commands: { [key: string]: string };
  malformed: number;
  bad_frames: BadFrame[];
  /** members of frames that were not as documented, and were left out or put right */
  mended: number;
  /** replies that nobody waited for */
  unawaited: number;
  /** the last of both */
  remarks: Remarked[];
}

/** The platforms in sight. */
export interface Platforms {
  platforms: PlatformInfo[];
  /** the parameter `page` of the next page; left out: this is the last */
  next?: string;
}

/** Agent sessions as they were at a cursor. */
export interface Sessions {
  sessions: AgentSession[];
  cursor: Cursor;
  /** of several pages, the first one's: go on from there */
  resume: Resume;
  /** the parameter `page` of the next page; left out: this is the last */
  next?: string;
}

/** Open interactions as they were at a cursor. */
export interface Interactions {
  interactions: Interaction[];
  cursor: Cursor;
  /** of several pages, the first one's: go on from there */
  resume: Resume;
  /** the parameter `page` of the next page; left out: this is the last */
  next?: string;
}

/** Open questions. */
export interface Questions {
  needinfo: NeedInfo[];
  /** the parameter `page` of the next page; left out: this is the last */
  next?: string;
}

/**
 * A page of the journal. The next begins at `cursor`, or `resume`; `first` is the oldest still kept.
 *
 * A snapshot comes alone: the events after it are on the next page.
 */
export interface EventPage {
  events: AnyEvent[];
  cursor: Cursor;
  resume: Resume;
  first: Cursor;
  /** there are events after `cursor` already, which may fit */
  more: boolean;
  /** before these events */
  gap?: StreamGap | null;
  snapshot?: StreamSnapshot | null;
}

/** All webhooks. */
export interface Webhooks {
  webhooks: WebhookView[];
  /** the parameter `page` of the next page; left out: this is the last */
  next?: string;
}

/** A page of deliveries. */
export interface Deliveries {
  deliveries: Delivery[];
  /** the parameter `after` of the next page; left out: this is the last */
  next?: string;
}

/** Every attempt at a delivery. */
export interface Attempts {
  attempts: Attempt[];
  /** the parameter `page` of the next page; left out: this is the last */
  next?: string;
}

/** An event that means nothing, to try a receiver with. */
export interface WebhookTest {
  type: "webhook.test";
  id: string;
  time: string;
  message: string;
}

export type AnyEvent =
  | PlatformStateChanged
  | PlatformNotice
  | AgentLoggedIn
  | AgentLoggedOut
  | AgentStateChanged
  | AgentUpdated
  | InteractionCreated
  | InteractionQueued
  | InteractionPreviewed
  | InteractionDialing
  | InteractionAlerting
  | InteractionConnected
  | InteractionHeld
  | InteractionRetrieved
  | InteractionEnded
  | InteractionWrapUp
  | InteractionCompleted
  | InteractionReopened
  | InteractionDataChanged
  | InteractionMuteChanged
  | RecordingChanged
  | FocusChanged
  | DispositionChanged
  | ConferenceChanged
  | CompletionBlockChanged
  | InteractionUpdated
  | PartyAdded
  | PartyRemoved
  | PartyUpdated
  | MessageAdded
  | DispositionsUpdated
  | DirectoryUpdated
  | NeedInfoRequested
  | NeedInfoResolved
  | CommandFinished
  | CommandProved
  | QueryRequested
  | QueryResolved
  | VendorUnrecognised
  | WebhookFailing
  | WebhookDisabled
  | WebhookExhausted
  | ClockLeapt;

export type AnyCommand =
  | Login
  | Logout
  | SetState
  | Dial
  | StartChat
  | StartEmail
  | Accept
  | Reject
  | Release
  | Complete
  | BlockCompletion
  | UnblockCompletion
  | ExtendWrapUp
  | EndWrapUp
  | Hold
  | Retrieve
  | Mute
  | Unmute
  | SendDtmf
  | Focus
  | StartRecording
  | StopRecording
  | PauseRecording
  | ResumeRecording
  | SendChat
  | ReplyEmail
  | ForwardEmail
  | Consult
  | Alternate
  | CompleteTransfer
  | CompleteConference
  | SingleStepTransfer
  | SingleStepConference
  | DropParty
  | SetData
  | DeleteData
  | SetDisposition
  | SetNotes
  | ListDispositions
  | ListDirectory
  | VendorCall;

export type AnyResult =
  | Succeeded
  | NeedsInfo
  | Failed;

export type AnyQuery =
  | TransferData
  | KnowledgeFolder
  | KnowledgeSearch
  | KnowledgeArticle
  | RecordInfo
  | RecordOnScreen
  | ValidateRecords
  | SaveActivity
  | ScreenPop;

export type AnyQueryReply =
  | DataAnswer
  | ItemsAnswer
  | RecordAnswer
  | VerdictAnswer
  | NoOpinion;

export type AnyQueryAnswer =
  | DataAnswer
  | ItemsAnswer
  | RecordAnswer
  | VerdictAnswer;

