"""What a dialect can say, and what makes sense to say of an interaction as it is: the cells of the matrix."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

import msgspec

from schemas.agent import AgentState
from schemas.commands import COMMANDS
from schemas.events import PLATFORM_EVENTS
from schemas.interaction import Interaction, InteractionState, Media, RecordingState


class Support(StrEnum):
    """How well a dialect says one thing."""

    EXACT = "exact"
    FLOW = "flow"  # by several of its calls
    APPROXIMATE = "approximate"  # succeeds with a warning
    GATEWAY = "gateway"  # the core does it, whatever the platform knows of it
    UNSUPPORTED = "unsupported"  # refused before anything is sent


class Ability(msgspec.Struct, frozen=True):
    """One cell of the matrix. `note` is the warning or the reason; `vendor` the vendor's name of it."""

    support: Support
    vendor: str = ""
    note: str = ""


class Word(msgspec.Struct, frozen=True):
    """What becomes of one name of the vendor's API."""

    support: Support  # EXACT, FLOW, APPROXIMATE or UNSUPPORTED
    canonical: str = ""  # the command or event it is, or what else of the model it comes to
    note: str = ""  # the warning, or the reason


def word(canonical: str) -> Word:
    """Comes to that, as it is meant."""
    return Word(Support.EXACT, canonical)


def word_by_flow(canonical: str, note: str = "") -> Word:
    """Comes to that, by several calls."""
    return Word(Support.FLOW, canonical, note)


def word_nearly(canonical: str, note: str) -> Word:
    """Comes near to that; the note says what is missing."""
    return Word(Support.APPROXIMATE, canonical, note)


def word_unsaid(note: str) -> Word:
    """Comes to nothing; the note says why."""
    return Word(Support.UNSUPPORTED, "", note)


@dataclass(frozen=True)
class Vocabulary:
    """Every name in the vendor's documents, in one role: each is said, or declared not to be."""

    methods: Mapping[str, Word]
    events: Mapping[str, Word]
    errors: Mapping[str, Word]
    fields: Mapping[str, Word] = field(default_factory=dict)  # as `Type.field`
    enums: Mapping[str, Word] = field(default_factory=dict)  # as `Type.value`


def exact(vendor: str) -> Ability:
    """Said as it is meant."""
    return Ability(Support.EXACT, vendor)


def flow(vendor: str) -> Ability:
    """Said by several calls."""
    return Ability(Support.FLOW, vendor)


def approximate(vendor: str, note: str) -> Ability:
    """Said nearly; the note becomes the result's warning."""
    return Ability(Support.APPROXIMATE, vendor, note)


def by_gateway(note: str) -> Ability:
    """Done by the core; the note says how."""
    return Ability(Support.GATEWAY, "", note)


def unsupported(note: str) -> Ability:
    """Not to be said; the note says why."""
    return Ability(Support.UNSUPPORTED, "", note)


_EVERY_STATE: Final = frozenset(
    {
        "interaction.set_data",
        "interaction.delete_data",
        "interaction.set_disposition",
        "interaction.set_notes",
        "interaction.focus",
        "interaction.block_completion",
        "interaction.unblock_completion",
    }
)
_ON_CALL: Final = frozenset(
    {
        "interaction.release",
        "interaction.consult",
        "interaction.alternate",
        "interaction.complete_transfer",
        "interaction.complete_conference",
        "interaction.single_step_transfer",
        "interaction.single_step_conference",
        "interaction.drop_party",
        "interaction.start_recording",
        "interaction.stop_recording",
        "interaction.pause_recording",
        "interaction.resume_recording",
    }
)
_OF_EMAIL: Final = frozenset({"email.reply", "email.forward"})
# What makes sense in which state, whatever the dialect; a platform may still refuse.
LEGAL: Final[Mapping[InteractionState, frozenset[str]]] = {
    InteractionState.UNKNOWN: _EVERY_STATE | {"interaction.release", "interaction.complete"},
    InteractionState.QUEUED: frozenset({"interaction.focus"}),
    InteractionState.PREVIEW: _EVERY_STATE | {"interaction.accept", "interaction.reject"},
    InteractionState.DIALING: _EVERY_STATE | {"interaction.release", "interaction.send_dtmf"},
    InteractionState.ALERTING: _EVERY_STATE | {"interaction.accept", "interaction.reject"},
    InteractionState.CONNECTED: _EVERY_STATE
    | _ON_CALL
    | {"interaction.hold", "interaction.mute", "interaction.unmute", "interaction.send_dtmf", "chat.send"}
    | _OF_EMAIL,
    InteractionState.HELD: _EVERY_STATE | _ON_CALL | {"interaction.retrieve"},
    InteractionState.WRAP_UP: _EVERY_STATE
    | {"interaction.complete", "interaction.extend_wrap_up", "interaction.end_wrap_up"},
    InteractionState.COMPLETED: frozenset(),
}
_VOICE_ONLY: Final = frozenset(
    {
        "interaction.hold",
        "interaction.retrieve",
        "interaction.mute",
        "interaction.unmute",
        "interaction.send_dtmf",
        "interaction.alternate",
        "interaction.start_recording",
        "interaction.stop_recording",
        "interaction.pause_recording",
        "interaction.resume_recording",
    }
)
_RECORDING: Final[Mapping[RecordingState, frozenset[str]]] = {
    RecordingState.STOPPED: frozenset({"interaction.start_recording"}),
    RecordingState.RECORDING: frozenset({"interaction.stop_recording", "interaction.pause_recording"}),
    RecordingState.PAUSED: frozenset({"interaction.stop_recording", "interaction.resume_recording"}),
}
_RECORDING_VERBS: Final = frozenset().union(*_RECORDING.values())
# A consultation is brought back to what it is about before anything else is arranged for the customer.
_NOT_OF_A_CONSULTATION: Final = frozenset(
    {"interaction.consult", "interaction.single_step_transfer", "interaction.single_step_conference"}
)


# What decides which verbs make sense.
_Deciding = tuple[InteractionState, Media, RecordingState, bool, bool, bool]


def _deciding(interaction: Interaction) -> _Deciding:
    return (
        interaction.state,
        interaction.media,
        interaction.recording_state,
        interaction.consult_of is not None,
        interaction.muted,
        bool(interaction.completion_blocked),
    )


def legal(interaction: Interaction) -> frozenset[str]:
    """The verbs that make sense for an interaction as it is, before asking what its dialect can say."""
    return _legal(*_deciding(interaction))


@cache  # a few hundred combinations at most, and every change of every interaction asks
def _legal(
    state: InteractionState,
    media: Media,
    recording: RecordingState,
    consultation: bool,  # noqa: FBT001
    muted: bool,  # noqa: FBT001
    blocked: bool,  # noqa: FBT001
) -> frozenset[str]:
    # One snapshot does not tell whether it has an open consultation: what completes or swaps one (alternate,
    # complete_transfer, complete_conference) stays in, and is refused if there is none.
    verbs = LEGAL[state]
    if consultation:
        verbs -= _NOT_OF_A_CONSULTATION
    if media is not Media.VOICE:
        verbs -= _VOICE_ONLY
        if state is InteractionState.CONNECTED:
            verbs |= {"interaction.complete"}
    if media is not Media.CHAT:
        verbs -= {"chat.send"}
    if media is not Media.EMAIL:
        verbs -= _OF_EMAIL
    verbs -= _RECORDING_VERBS - _RECORDING[recording]
    verbs -= {"interaction.mute" if muted else "interaction.unmute"}
    if blocked:
        verbs -= {"interaction.complete", "interaction.end_wrap_up", "interaction.block_completion"}
    else:
        verbs -= {"interaction.unblock_completion"}
    return verbs


# What makes sense for an agent, whatever the dialect; a platform may still refuse.
_SIGNED_IN: Final = frozenset(
    {
        "agent.logout",
        "agent.set_state",
        "interaction.dial",
        "interaction.start_chat",
        "interaction.start_email",
        "interaction.list_dispositions",
        "directory.list",
    }
)
_SIGNED_OUT: Final = frozenset({"agent.login"})


@dataclass(frozen=True)
class Capabilities:
    """What a dialect can say, by tag. All four tables are complete: see `check`."""

    commands_south: Mapping[str, Ability]  # commands we can give to such a platform
    events_south: Mapping[str, Ability]  # events such a platform lets us know
    commands_north: Mapping[str, Ability]  # commands a client of this dialect can give
    events_north: Mapping[str, Ability]  # events such a client can be told
    voice_only: frozenset[str] = frozenset()  # commands_south that are for calls in this dialect
    # Its frames do not say that a recording is paused: of one that is, they say that it goes on.
    pause_unseen: bool = False
    _allowed: dict[_Deciding, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError for a table that leaves a tag out or names one too many."""
        for name, table, tags in (
            ("commands_south", self.commands_south, COMMANDS),
            ("events_south", self.events_south, PLATFORM_EVENTS),
            ("commands_north", self.commands_north, COMMANDS),
            ("events_north", self.events_north, PLATFORM_EVENTS),
        ):
            if wrong := set(table) ^ set(tags):
                raise ValueError(f"{name}: {sorted(wrong)}")
        if unknown := self.voice_only - set(COMMANDS):
            raise ValueError(f"voice_only: {sorted(unknown)}")

    def allowed(self, interaction: Interaction) -> tuple[str, ...]:
        """The commands this platform takes for an interaction as it is, sorted; shared between snapshots."""
        deciding = _deciding(interaction)
        known = self._allowed.get(deciding)
        if known is None:  # a few hundred at most
            verbs = legal(interaction)
            if interaction.media is not Media.VOICE:
                verbs -= self.voice_only
            known = self._allowed[deciding] = self._sayable(verbs)
        return known

    def allowed_agent(self, state: AgentState) -> tuple[str, ...]:
        """The commands this platform takes for an agent in that state, those on interactions apart."""
        return self._sayable(_SIGNED_OUT if state is AgentState.LOGGED_OUT else _SIGNED_IN)

    def _sayable(self, verbs: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(v for v in verbs if self.commands_south[v].support is not Support.UNSUPPORTED))
