"""What we tell clients: one struct per event, tag `noun.verb`, and the envelope that all share.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from datetime import datetime

import msgspec

from trunkline_client.model.agent import AgentSession
from trunkline_client.model.directory import DirectoryEntry
from trunkline_client.model.ids import (
    AgentId,
    CommandId,
    Cursor,
    EventId,
    InteractionId,
    PlatformId,
    SessionId,
    WebhookId,
)
from trunkline_client.model.interaction import Disposition, Interaction, Media, Party
from trunkline_client.model.messages import Message
from trunkline_client.model.needinfo import NeedInfo, Resolution
from trunkline_client.model.queries import AnsweredBy, ToldQuery
from trunkline_client.model.results import Proof, ToldResult
from trunkline_client.model.values import TimeSource
from trunkline_client.tolerance import OpenEnum


class VendorFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The frame that an event came from, as received, with the dialect it is in."""

    dialect: str
    frame: msgspec.Raw
    earlier: tuple[msgspec.Raw, ...] = ()  # that told pieces of the same change


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """The envelope."""

    id: EventId = EventId("")  # given with the cursor, when the event enters the journal
    cursor: Cursor = Cursor(0)
    time: datetime
    time_source: TimeSource = TimeSource.GATEWAY
    platform_id: PlatformId
    session_id: SessionId | None = None
    agent_id: AgentId | None = None
    sequence: int = 0  # within the interaction or the agent session it is about
    part: int = 0  # position among the events of one change, which all carry the same snapshot
    recovered: bool = False  # missed while the link was down; found by comparing snapshots
    erased: bool = False  # what it told of a person was taken out; id, cursor and type stand
    command_id: CommandId | None = None  # the command that caused it, where that is known
    vendor: VendorFrame | None = None


class LinkState(OpenEnum):
    """How we stand with a platform."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


class PlatformStateChanged(
    Event, frozen=True, kw_only=True, omit_defaults=True, tag="platform.state_changed"
):
    """The link to the platform, or to the platform's page of one agent, changed."""

    state: LinkState
    reason: str = ""


class PlatformNotice(Event, frozen=True, kw_only=True, omit_defaults=True, tag="platform.notice"):
    """Something the platform says about itself or the agent's device."""

    code: str
    message: str = ""
    error: bool = False


class AgentEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """About an agent session; `agent` is the snapshot after the change."""

    agent: AgentSession


class AgentLoggedIn(AgentEvent, frozen=True, kw_only=True, omit_defaults=True, tag="agent.logged_in"):
    """The agent signed in."""


class AgentLoggedOut(AgentEvent, frozen=True, kw_only=True, omit_defaults=True, tag="agent.logged_out"):
    """The agent signed out, or was."""


class AgentStateChanged(AgentEvent, frozen=True, kw_only=True, omit_defaults=True, tag="agent.state_changed"):
    """State, reason or pending state changed."""


class AgentUpdated(AgentEvent, frozen=True, kw_only=True, omit_defaults=True, tag="agent.updated"):
    """Anything else of the session changed: channels, choices, name, focus."""


class InteractionEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """About an interaction; `interaction` is the snapshot after the change."""

    interaction: Interaction


class InteractionCreated(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.created"
):
    """Seen for the first time."""


class InteractionQueued(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.queued"
):
    """Waits for an agent."""


class InteractionPreviewed(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.previewed"
):
    """A record is shown before it is dialled."""


class InteractionDialing(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.dialing"
):
    """The far end is being called."""


class InteractionAlerting(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.alerting"
):
    """Offered to the agent."""


class InteractionConnected(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.connected"
):
    """Answered: agent and contact are together."""


class InteractionHeld(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.held"
):
    """On hold."""


class InteractionRetrieved(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.retrieved"
):
    """Back from hold."""


class InteractionEnded(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.ended"
):
    """The media is over for this agent. Once in each life, with `end_cause` and `ended_by`."""


class InteractionWrapUp(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.wrap_up_started"
):
    """After-call work."""


class InteractionCompleted(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.completed"
):
    """Closed. Once in each life, and last in it; for good, unless `end_inferred`."""


class InteractionReopened(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.reopened"
):
    """It was not over: the platform tells of it again, as the snapshot shows it. Always `recovered`."""


class InteractionDataChanged(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.data_changed"
):
    """Attached data changed."""


class InteractionMuteChanged(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.mute_changed"
):
    """The agent's microphone was closed or opened."""


class RecordingChanged(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.recording_changed"
):
    """Recording started, stopped, paused or went on; or its address became known."""


class FocusChanged(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.focus_changed"
):
    """It came to the front of the agent's screen, or left it."""


class DispositionChanged(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.disposition_changed"
):
    """Disposition or notes changed."""


class ConferenceChanged(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.conference_changed"
):
    """It became a conference, or is one no longer."""


class CompletionBlockChanged(
    InteractionEvent,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag="interaction.completion_block_changed",
):
    """Completion was vetoed, or the veto was lifted."""


class InteractionUpdated(
    InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.updated"
):
    """Anything that no other event tells; of one that is completed, whatever was learnt since."""

    late: bool = False  # it is completed, and stays so


class PartyAdded(InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="party.added"):
    """Somebody joined."""

    party: Party


class PartyRemoved(InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="party.removed"):
    """Somebody left."""

    party: Party


class PartyUpdated(InteractionEvent, frozen=True, kw_only=True, omit_defaults=True, tag="party.updated"):
    """Somebody's name, number, hold or mute changed."""

    party: Party


class MessageAdded(Event, frozen=True, kw_only=True, omit_defaults=True, tag="message.added"):
    """Somebody wrote in a chat, or an e-mail came or went. Once for each; it changes no snapshot."""

    interaction_id: InteractionId
    media: Media = Media.CHAT
    message: Message


class DispositionsUpdated(Event, frozen=True, kw_only=True, omit_defaults=True, tag="dispositions.updated"):
    """The dispositions to choose from."""

    dispositions: tuple[Disposition, ...]
    interaction_id: InteractionId | None = None


class DirectoryUpdated(Event, frozen=True, kw_only=True, omit_defaults=True, tag="directory.updated"):
    """Whom the agent can call."""

    entries: tuple[DirectoryEntry, ...]


class NeedInfoRequested(Event, frozen=True, kw_only=True, omit_defaults=True, tag="needinfo.requested"):
    """A command waits for an answer."""

    needinfo: NeedInfo


class NeedInfoResolved(Event, frozen=True, kw_only=True, omit_defaults=True, tag="needinfo.resolved"):
    """The question is closed."""

    needinfo: NeedInfo
    resolution: Resolution


class CommandFinished(Event, frozen=True, kw_only=True, omit_defaults=True, tag="command.finished"):
    """A command has its one final result."""

    verb: str
    interaction_id: InteractionId | None = None
    result: ToldResult


class CommandProved(Event, frozen=True, kw_only=True, omit_defaults=True, tag="command.proved"):
    """A command that failed with its effect unknown: what the platform shows of it since."""

    verb: str
    effect: Proof
    interaction_id: InteractionId | None = None  # the one that shows it


class QueryRequested(Event, frozen=True, kw_only=True, omit_defaults=True, tag="query.requested"):
    """The platform asks the CRM something."""

    query: ToldQuery


class QueryResolved(Event, frozen=True, kw_only=True, omit_defaults=True, tag="query.resolved"):
    """It was answered, or the default was. A veto is told by this alone: nobody was asked."""

    query: ToldQuery
    answered: bool
    by: AnsweredBy | None = None  # None: of a time when that was not told


class VendorUnrecognised(Event, frozen=True, kw_only=True, omit_defaults=True, tag="vendor.unrecognised"):
    """A well-formed frame that our tables do not know, or that tells nothing else; `vendor` holds it."""

    name: str
    interaction_id: InteractionId | None = None  # where it is about one


class OperatorEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Of no platform: `platform_id` is empty. No dialect has words for it."""


class WebhookFailing(OperatorEvent, frozen=True, kw_only=True, omit_defaults=True, tag="webhook.failing"):
    """Nothing but failures: 50, 70 or 90 % of the time after which it is disabled, each told once.

    With 0 % it was found to be down; that is told once an hour at most.
    """

    webhook_id: WebhookId
    name: str = ""
    percent: int
    since: datetime  # the first failure
    error: str = ""  # the last one's


class WebhookDisabled(OperatorEvent, frozen=True, kw_only=True, omit_defaults=True, tag="webhook.disabled"):
    """It is sent nothing any more, and `reason` says why."""

    webhook_id: WebhookId
    name: str = ""
    reason: str


class WebhookExhausted(OperatorEvent, frozen=True, kw_only=True, omit_defaults=True, tag="webhook.exhausted"):
    """A delivery was given up: it is not tried again, unless it is replayed. Once for each."""

    webhook_id: WebhookId
    name: str = ""
    delivery_id: str
    of_type: str  # the event that was not delivered, and its cursor
    of_cursor: Cursor
    attempts: int = 0
    error: str = ""


class ClockLeapt(OperatorEvent, frozen=True, kw_only=True, omit_defaults=True, tag="gateway.clock_leapt"):
    """The machine's clock was set, or the machine slept: by so many seconds forward, or back if negative.

    Age and deadlines are not moved by it. `while_stopped`: it was so at the start; forward that may be the
    time for which the gateway was down, so nothing is forgotten by age before `kept_until`.
    """

    seconds: float
    while_stopped: bool = False
    kept_until: datetime | None = None


AnyEvent = (
    PlatformStateChanged
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
    | ClockLeapt
)


class UnknownEvent(Event, frozen=True, kw_only=True, omit_defaults=True, tag="UnknownEvent"):
    """One that is newer than this client: `told` is all that was said."""

    told: dict[str, object] = {}


ToldEvent = AnyEvent | UnknownEvent
