"""North: snapshots as the vendor's objects. Pure.

Source: seed 002, type definitions; reference 5 and 6. The ids shown are ours: a client treats them as opaque,
and they outlive a reload. Where the vendor keeps more than we know (previousState), what it usually is there
is given.
"""

from msgspec import UNSET, UnsetType

from adapters.genesys_wwe import tables, wire
from adapters.genesys_wwe.settings import Settings
from schemas.agent import AgentSession, AgentState, Channel, StateChoice
from schemas.interaction import (
    Direction,
    Disposition,
    EndCause,
    Interaction,
    InteractionState,
    Kind,
    Media,
    Side,
)
from schemas.values import Json


def interaction(shown: Interaction, settings: Settings, previous: str | None = None) -> wire.Interaction:
    """The whole Interaction. The members of calls are left out for open media, as the vendor does."""
    voice = shown.media is Media.VOICE
    word = state_word(shown)
    parent = shown.consult_of or shown.parent_id
    return wire.Interaction(
        interactionId=shown.id,
        parentInteractionId=parent,
        caseId=shown.root_id,
        userData=user_data(shown, settings),
        state=word,
        previousState=previous or previous_word(shown, word),
        parties=tuple(wire.Party(party.name or party.address or party.id) for party in shown.parties),
        isConsultation=shown.consult_of is not None,
        isMainCaseInteraction=parent is None,
        callUuid=shown.id if voice else None,
        direction=tables.DIRECTION_OUT[shown.direction] if voice else None,
        callType=_call_type(shown) if voice else None,
        ani=shown.ani if voice else None,
        dnis=shown.dnis if voice else None,
        recordingState=tables.RECORDING_OUT[shown.recording_state] if voice else None,
        isCaseSelected=shown.focused,
        ronaCallState=_rona(shown) if voice else None,
        isCaseExpanded=shown.expanded,
        interactionUUID=shown.id,
        connId=shown.id if voice else None,
        contact=_contact(shown),
        media=tables.MEDIA_OUT[shown.media],
    )


def state_word(shown: Interaction) -> str:
    """The platform's word for where it stands; IDLE once the media is over, if it is not closed too."""
    if shown.ended_at is not None and shown.state is not InteractionState.COMPLETED:
        return "IDLE"
    if shown.media is Media.VOICE:
        return tables.STATE_OUT_VOICE.get(shown.state, "UNKNOWN")
    return _open_word(shown)


def _open_word(shown: Interaction) -> str:
    offered = shown.state is InteractionState.ALERTING
    if offered and shown.kind is Kind.CONFERENCE:
        return "INVITED_CONFERENCE"
    if shown.state is InteractionState.CONNECTED and shown.transferring:
        return "TRANSFERRING"
    if shown.state is InteractionState.COMPLETED and shown.end_cause is EndCause.TRANSFERRED:
        return "TRANSFER_COMPLETED"
    if shown.state is InteractionState.COMPLETED and shown.connected_at is None:
        return "REVOKED"  # taken back before anybody took it
    if shown.state is InteractionState.COMPLETED and shown.end_cause not in tables.DONE:
        return "LEFT_CONFERENCE" if shown.end_cause is EndCause.CONFERENCED else "REVOKED"
    return tables.STATE_OUT_OPEN.get(shown.state, "UNKNOWN")


def offered_word(shown: Interaction) -> str:
    """What it is before anybody is connected."""
    outbound = shown.direction is Direction.OUTBOUND
    if shown.media is Media.VOICE:
        return "DIALING" if outbound else "RINGING"
    return "CREATED" if outbound else "INVITED"


def previous_word(shown: Interaction, word: str) -> str:
    """What must have come before, as far as a snapshot knows. Never answered shows in what came before IDLE.

    What is being talked on may have been offered, held, or retrieved: that is nobody's guess.
    """
    offered = offered_word(shown)
    connected = "TALKING" if shown.media is Media.VOICE else "ACCEPTED"
    match word:
        case "REVOKED":
            return offered
        case "HELD" | "TRANSFERRING":
            return connected
        case "IDLE":
            return offered if shown.connected_at is None else connected
        case "TRANSFER_COMPLETED":
            return "TRANSFERRING"
        case "COMPLETED":
            return connected if shown.ended_at == shown.completed_at else "IDLE"
        case _:
            return "UNKNOWN"


def user_data(shown: Interaction, settings: Settings) -> dict[str, Json]:
    """The attached data that may be seen."""
    return {key: value for key, value in all_data(shown, settings).items() if settings.readable(key)}


def all_data(shown: Interaction, settings: Settings) -> dict[str, Json]:
    """The attached data, with disposition and notes under their configured keys."""
    data = dict(shown.data)
    chosen = shown.disposition
    if chosen is not None:
        data[settings.disposition_key] = chosen.name or chosen.code or chosen.id
    if shown.notes:
        data[settings.notes_key] = shown.notes
    return data


def names_of(chosen: Disposition) -> frozenset[str]:
    """What a disposition may be called."""
    return frozenset({chosen.id, chosen.code, chosen.name} - {""})


def _call_type(shown: Interaction) -> str:
    if shown.consult_of is not None or shown.kind is Kind.CONSULT:
        return tables.CONSULT_CALL
    return tables.INTERNAL_CALL if shown.internal else tables.CALL_TYPE_OUT[shown.direction]


def _rona(shown: Interaction) -> str | None:
    """Only for a call in that was offered and not answered; who dialled is not who did not answer."""
    offered = shown.direction is not Direction.OUTBOUND and shown.ended_by is not Side.REMOTE
    if shown.end_cause is None or shown.connected_at is not None or not offered:
        return None
    return tables.RONA_OUT.get(shown.end_cause)


def _contact(shown: Interaction) -> wire.Contact | UnsetType:
    """Both spellings of the first name: the documented one and the one that people expect."""
    one = shown.contact
    if one is None:
        return UNSET
    return wire.Contact(one.display_name, one.first_name, one.last_name, one.first_name)


# --- the agent


def agent(session: AgentSession | None, agent_id: str) -> wire.Agent:
    """The answer to agent.get. Rights are the other platform's business: everybody is an agent."""
    first, _, last = ("" if session is None else session.name).partition(" ")
    return wire.Agent(
        employeeId=agent_id,
        firstname=first,
        lastname=last,
        username=agent_id,
        userName=agent_id,
        roles=("ROLE_AGENT",),
    )


def agent_state(session: AgentSession | None) -> wire.State:
    """The answer to agent.getState."""
    if session is None:
        return _state(AgentState.LOGGED_OUT, "", "")
    label = next(
        (one.label for one in session.choices if (one.id, one.state) == (session.reason, session.state)), ""
    )
    return _state(session.state, session.reason, label)


def state_list(session: AgentSession | None) -> tuple[tuple[wire.State, StateChoice], ...]:
    """The answer to agent.getStateList, with the choice that each entry stands for."""
    known = () if session is None else session.choices
    choices = known or (
        StateChoice(id="", state=AgentState.READY, label="Ready"),
        StateChoice(id="", state=AgentState.NOT_READY, label="Not ready"),
    )
    return tuple((_state(one.state, one.id, one.label), one) for one in choices)


def _state(state: AgentState, reason: str, label: str) -> wire.State:
    word = tables.AGENT_STATE_OUT[state]
    if reason:
        word = tables.WITH_ACTION_CODE.get(word, word)
    operation = tables.OPERATION_OUT.get(state, state.value)
    return wire.State(
        type=word,
        displayName=label or reason or operation,
        operationName=f"{operation}:{reason}" if reason else operation,
    )


def media_list(session: AgentSession | None) -> tuple[wire.Media, ...]:
    """The answer to media.getMediaList; the agent's own state where a medium has none."""
    if session is None:
        return ()
    if not session.channels:
        return (wire.Media(media="voice", name="voice", state=agent_state(session)),)
    return tuple(_medium(session, channel) for channel in session.channels)


def _medium(session: AgentSession, channel: Channel) -> wire.Media:
    name = tables.MEDIUM_OUT.get(channel.media, channel.media)
    own = channel.agent_state is not AgentState.UNKNOWN
    state = _state(channel.agent_state, channel.reason, "") if own else agent_state(session)
    return wire.Media(media=name, name=name, state=state)
