"""What a client may ask: one struct per verb, tag `noun.verb`, no behaviour, no vendor word.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

import msgspec

from trunkline_client.model.agent import AgentState
from trunkline_client.model.ids import AgentId, InteractionId, PlatformId, SessionId
from trunkline_client.model.interaction import Record
from trunkline_client.tolerance import OpenEnum


class DestinationKind(OpenEnum):
    """What an address names."""

    EXTERNAL = "external"
    AGENT = "agent"
    AGENT_GROUP = "agent_group"
    SKILL = "skill"
    QUEUE = "queue"
    ROUTING_POINT = "routing_point"


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Common to all verbs."""

    answers: dict[str, object] = {}


class SessionCommand(Command, frozen=True, kw_only=True, omit_defaults=True):
    """A verb on an agent session."""

    session_id: SessionId


class InteractionCommand(Command, frozen=True, kw_only=True, omit_defaults=True):
    """A verb on an interaction."""

    interaction_id: InteractionId


class Login(Command, frozen=True, kw_only=True, omit_defaults=True, tag="agent.login"):
    """Sign an agent in. `password` is passed on and never stored or logged."""

    platform_id: PlatformId
    agent_id: AgentId
    password: str = ""
    tenant: str = ""
    extension: str = ""
    force: bool = False  # take over a session that the agent has elsewhere


class Logout(SessionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="agent.logout"):
    """Sign the agent out."""

    reason: str = ""


class SetState(SessionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="agent.set_state"):
    """Change the agent's state. `reason` is a StateChoice id."""

    state: AgentState
    reason: str = ""


class Dial(SessionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.dial"):
    """Start an outbound voice interaction. It is seen as DIALING, or fails."""

    destination: str  # E.164 with "+", or whatever `destination_kind` names
    destination_kind: DestinationKind = DestinationKind.EXTERNAL
    caller_id: str = ""  # empty: the platform's default
    data: dict[str, object] = {}
    records: tuple[Record, ...] = ()
    extensions: dict[str, object] = {}  # the platform's own, passed on as they are


class StartChat(SessionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.start_chat"):
    """Start an outbound chat on a channel type (sms, web, ...)."""

    channel_type: str
    destination: str
    records: tuple[Record, ...] = ()


class StartEmail(
    SessionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.start_email"
):
    """Start an outbound e-mail."""

    destination: str
    data: dict[str, object] = {}
    records: tuple[Record, ...] = ()


class Accept(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.accept"):
    """Take an alerting interaction."""


class Reject(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.reject"):
    """Refuse an alerting interaction."""


class Release(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.release"):
    """Leave the contact: media ends for this agent, work may go on."""


class Complete(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.complete"):
    """Finish the work. Answers: `disposition`, `notes`, `agent_state`."""


class BlockCompletion(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.block_completion"
):
    """Veto completion until unblocked, or for so long, with a warning to the agent."""

    message: str
    limit_s: float = 0.0  # 0: until it is lifted


class UnblockCompletion(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.unblock_completion"
):
    """Lift the veto."""


class ExtendWrapUp(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.extend_wrap_up"
):
    """Have so much longer for the after-call work: from its limit, or from now where it has none."""

    by_s: float


class EndWrapUp(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.end_wrap_up"
):
    """Be done with the after-call work before its limit: a completion of what is over, and of nothing else.

    Answers as for interaction.complete.
    """


class Hold(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.hold"):
    """Put the other party on hold."""


class Retrieve(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.retrieve"):
    """Take the other party back."""


class Mute(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.mute"):
    """Silence the agent's microphone."""


class Unmute(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.unmute"):
    """Open the agent's microphone."""


class SendDtmf(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.send_dtmf"
):
    """Send tones: digits, *, #, A-D."""

    tones: str


class Focus(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.focus"):
    """Make it the one on the agent's screen."""


class StartRecording(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.start_recording"
):
    """Start recording."""


class StopRecording(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.stop_recording"
):
    """Stop recording."""


class PauseRecording(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.pause_recording"
):
    """Pause recording, as while a card number is read out."""


class ResumeRecording(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.resume_recording"
):
    """Go on recording after a pause."""


class SendChat(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="chat.send"):
    """Say something in a chat, as the agent."""

    text: str


class ReplyEmail(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="email.reply"):
    """Answer an e-mail: whoever wrote it, or all who had it. It is seen as a message."""

    text: str
    to_all: bool = False


class ForwardEmail(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="email.forward"):
    """Send an e-mail on to somebody else, with a word. It is seen as a message."""

    destination: str
    text: str = ""


class Consult(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.consult"):
    """Hold the interaction and ask a colleague. The consultation appears as an interaction of its own."""

    destination: str
    destination_kind: DestinationKind = DestinationKind.EXTERNAL
    media: str = ""  # empty: the interaction's own
    data: dict[str, object] = {}
    extensions: dict[str, object] = {}


class Alternate(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.alternate"
):
    """Swap the held and the connected one of a consultation and its interaction."""


class CompleteTransfer(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.complete_transfer"
):
    """Join customer and colleague and leave. Takes the consultation or what it is a consultation of."""


class CompleteConference(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.complete_conference"
):
    """Join customer, colleague and agent. Takes the consultation or what it is a consultation of."""


class SingleStepTransfer(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.single_step_transfer"
):
    """Hand the contact over without asking first."""

    destination: str
    destination_kind: DestinationKind = DestinationKind.EXTERNAL
    data: dict[str, object] = {}
    extensions: dict[str, object] = {}


class SingleStepConference(
    InteractionCommand,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag="interaction.single_step_conference",
):
    """Add somebody without asking first."""

    destination: str
    destination_kind: DestinationKind = DestinationKind.EXTERNAL
    data: dict[str, object] = {}
    extensions: dict[str, object] = {}


class DropParty(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.drop_party"
):
    """Remove one party of a conference."""

    party_id: str


class SetData(InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.set_data"):
    """Set keys of the attached data; keys not named stay."""

    data: dict[str, object]


class DeleteData(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.delete_data"
):
    """Remove one key of the attached data."""

    key: str


class SetDisposition(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.set_disposition"
):
    """Choose the outcome, by id, code or name."""

    disposition: str


class SetNotes(
    InteractionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.set_notes"
):
    """Replace the agent's notes."""

    notes: str


class ListDispositions(
    SessionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="interaction.list_dispositions"
):
    """The dispositions to choose from; for one interaction, or for the session's default service."""

    interaction_id: InteractionId | None = None
    service: str = ""


class ListDirectory(SessionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="directory.list"):
    """Whom the agent can call."""

    query: str = ""


class VendorCall(SessionCommand, frozen=True, kw_only=True, omit_defaults=True, tag="vendor.call"):
    """Any call of the platform's own API, for which the canonical model has no word. Needs its own scope."""

    method: str
    params: tuple[object, ...] = ()
    interaction_id: InteractionId | None = None


AnyCommand = (
    Login
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
    | VendorCall
)


class UnknownCommand(Command, frozen=True, kw_only=True, omit_defaults=True, tag="UnknownCommand"):
    """One that is newer than this client: `told` is all that was said."""

    told: dict[str, object] = {}


ToldCommand = AnyCommand | UnknownCommand
