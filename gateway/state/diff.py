"""Which events tell a change: old and new snapshot in, event kinds out, in canonical order. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.state import counting
from schemas import events as ev
from schemas.agent import AgentSession, AgentState
from schemas.interaction import EndCause, Interaction, InteractionState, Party, Side
from schemas.state_events import STATE_EVENTS

# Fields that an observation and a snapshot share by name and that follow no rule of their own: of an
# interaction, of an agent's session.
SIMPLE_FIELDS: Final = (
    "media",
    "channel_type",
    "direction",
    "kind",
    "remote_address",
    "ani",
    "dnis",
    "service",
    "subject",
    "origination",
    "internal",
    "parties",
    "contact",
    "data",
    "records",
    "disposition",
    "notes",
    "muted",
    "focused",
    "expanded",
    "conference",
    "transferring",
    "wrap_up_paused",
    "wrap_up_until",
    "wrap_up_set_by",
    "recording_state",
    "recording",
    "completion_blocked",
    "completion_blocked_until",
    "created_at",
    "refs",
    "vendor_state",
    "vendor_event",
    "extras",
)
AGENT_FIELDS: Final = (
    "state",
    "reason",
    "pending_state",
    "name",
    "choices",
    "channels",
    "refs",
    "vendor_state",
    "vendor_event",
    "extras",
)

_OFFERED: Final = frozenset({InteractionState.QUEUED, InteractionState.ALERTING})

# One event tells several fields; the first field that changed decides its place.
_FIELD_EVENTS: Final[Mapping[str, type[ev.AnyInteractionEvent]]] = {
    "data": ev.InteractionDataChanged,
    "muted": ev.InteractionMuteChanged,
    "recording_state": ev.RecordingChanged,
    "recording": ev.RecordingChanged,
    "focused": ev.FocusChanged,
    "disposition": ev.DispositionChanged,
    "notes": ev.DispositionChanged,
    "conference": ev.ConferenceChanged,
    "completion_blocked": ev.CompletionBlockChanged,
    "completion_blocked_until": ev.CompletionBlockChanged,
}
# Told by the state events, or of no interest to a client by themselves.
_SILENT: Final = frozenset(
    {"state", "parties", "ended_at", "end_cause", "ended_by", "connected_at", "completed_at", "created_at"}
    | {"end_inferred", "wrap_up_until", "wrap_up_set_by"}
    | {"refs", "ref", "durable_ref", "vendor_state", "vendor_event", "extras", *_FIELD_EVENTS}
)
# A recording is an attachment as well: the event that tells the one tells the other.
_SILENT_WITH_RECORDING: Final = _SILENT | {"attachments"}
_QUIET: Final = _SILENT - {"parties", *_FIELD_EVENTS}

Told = tuple[type[ev.AnyInteractionEvent], dict[str, Party]]
_NOTHING: Final[dict[str, Party]] = {}


def interaction_events(
    old: Interaction, new: Interaction, changed: Mapping[str, object], *, reopened: bool = False
) -> Sequence[Told]:
    """The events of one change. `old.sequence` 0 means that the interaction is new.

    Vendor ids alone changing (a reloaded page) is told by nobody's event, nor is time that counts on; the
    snapshot has them. One that is reopened is told by that alone, but for an end of its new life.
    """
    created = old.sequence == 0
    told: list[Told]
    if reopened:
        told = [(ev.InteractionReopened, _NOTHING)]
        if new.ended_at is not None:
            told += _state_events(old, new)
        if new.focused:
            told.append((ev.FocusChanged, _NOTHING))
        return told
    told = [(ev.InteractionCreated, _NOTHING)] if created else []
    told += _state_events(old, new)
    if created:
        if new.focused:
            told.append((ev.FocusChanged, _NOTHING))
    else:
        told += _field_events(old, new, changed)
        if not told and new.state is not InteractionState.COMPLETED and "vendor_event" in changed:
            told.append((ev.InteractionUpdated, _NOTHING))  # news in the extras alone is told above
    if new.state is InteractionState.COMPLETED:
        told.append((ev.InteractionCompleted, _NOTHING))
    return told


def state_event(before: InteractionState, state: InteractionState) -> type[ev.AnyInteractionEvent]:
    """What tells that it came from the one state to the other."""
    if state is InteractionState.CONNECTED and before is InteractionState.HELD:
        return ev.InteractionRetrieved
    return STATE_EVENTS[state]


def _state_events(old: Interaction, new: Interaction) -> list[Told]:
    told: list[Told] = []
    if new.ended_at is not None and old.ended_at is None:
        told.append((ev.InteractionEnded, _NOTHING))
    if new.state is InteractionState.WRAP_UP and (told or new.state is not old.state):
        return told if _nobody_took(old, new) else [*told, (ev.InteractionWrapUp, _NOTHING)]
    if told:
        return told
    if new.state is old.state or new.state is InteractionState.COMPLETED:
        return []
    return [(state_event(old.state, new.state), _NOTHING)]


def _nobody_took(old: Interaction, new: Interaction) -> bool:
    """Whether it ended as an offer: there is no work to wrap up, though it may be listed on."""
    if new.connected_at is not None:
        return False
    return old.state in _OFFERED or (new.end_cause is EndCause.NO_ANSWER and new.ended_by is Side.PLATFORM)


def _field_events(old: Interaction, new: Interaction, changed: Mapping[str, object]) -> list[Told]:
    same_state = new.state is old.state
    other_word = "vendor_state" in changed and same_state  # theirs says more than ours
    if old.ended_at is None and _QUIET.issuperset(changed) and not same_state:
        return []  # by far the most frequent: another state, and nothing else
    told = _party_events(old.parties, new.parties) if "parties" in changed else []
    kinds = dict.fromkeys(_FIELD_EVENTS[name] for name in changed if name in _FIELD_EVENTS)
    told += [(kind, _NOTHING) for kind in kinds]
    late_cause = "end_cause" in changed and old.ended_at is not None
    other_limit = "wrap_up_until" in changed and same_state  # else it begins, and is told so
    only_extras = (  # else they ride along
        "extras" in changed and same_state and not told and not counting.only(old.extras, new.extras)
    )
    silent = _SILENT_WITH_RECORDING if "recording" in changed else _SILENT
    if late_cause or other_limit or other_word or only_extras or not silent.issuperset(changed):
        told.append((ev.InteractionUpdated, _NOTHING))
    return told


def _party_events(old: Sequence[Party], new: Sequence[Party]) -> list[Told]:
    before = {party.id: party for party in old}
    after = {party.id: party for party in new}
    told: list[Told] = [(ev.PartyRemoved, {"party": p}) for i, p in before.items() if i not in after]
    told += [(ev.PartyAdded, {"party": p}) for i, p in after.items() if i not in before]
    told += [(ev.PartyUpdated, {"party": p}) for i, p in after.items() if i in before and before[i] != p]
    return told


def agent_events(old: AgentSession, changed: Mapping[str, object]) -> Sequence[type[ev.AnyAgentEvent]]:
    """The events of one change of an agent session."""
    told: list[type[ev.AnyAgentEvent]] = []
    state = changed.get("state", old.state)
    outside = old.state is AgentState.LOGGED_OUT or old.since is None  # not said is not known
    if "state" in changed and state is AgentState.LOGGED_OUT:
        if not outside:
            told.append(ev.AgentLoggedOut)
    elif "since" in changed and "state" in changed and outside:
        told += [ev.AgentLoggedIn, ev.AgentStateChanged]
    elif changed.keys() & {"state", "reason", "pending_state", "vendor_state"}:
        told.append(ev.AgentStateChanged)
    if not told and (
        changed.keys() & {"name", "choices", "channels", "vendor_event"}
        or ("extras" in changed and not counting.only(old.extras, changed["extras"]))
    ):
        told.append(ev.AgentUpdated)
    return told
