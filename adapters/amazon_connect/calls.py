"""South: how the plain calls are made: whose parameters they have, and what of the command goes into which.

Everything is about a contact, or about one of its legs: `refs` of a snapshot hold both (see decode). Source:
docs/sources/amazon-connect.md, sections 5, 10.4 and 14.1.
"""

from typing import Final

import msgspec

from adapters.amazon_connect import tables, wire
from adapters.contract.dialect import Call, Context
from adapters.kit.methods import Bare, Makes, Plain, plain
from schemas import commands as c
from schemas.commands import DestinationKind
from schemas.errors import UnsupportedError
from schemas.interaction import Interaction, InteractionState
from schemas.results import ErrorCode, Failed
from schemas.values import Json

# Keys of Interaction.refs.
CONTACT: Final = "contact"
AGENT_LEG: Final = "agent_leg"
INITIAL_LEG: Final = "initial_leg"
LEG: Final = "leg"  # of a consultation: the one that it is

# Keys of AgentSession.extras.
STATES: Final = "agentStates"
OUTBOUND_QUEUE: Final = "defaultOutboundQueue"
QUEUES: Final = "queues"

UNKNOWN: Final = Failed(code=ErrorCode.UNKNOWN_INTERACTION, message="The platform has no such contact")


def contact_of(one: Interaction | None) -> str:
    """The contact that an interaction is, or is a leg of; empty if it is none."""
    return "" if one is None else one.refs.get(CONTACT, "")


def leg_of(one: Interaction | None) -> str:
    """The leg that a call about the interaction is about: a consultation's own, else the customer's."""
    if one is None:
        return ""
    leg = one.refs.get(LEG)
    if leg is None:  # in a conference it is the agent who is not heard
        leg = one.refs.get(AGENT_LEG if one.conference else INITIAL_LEG, "")
    return leg


def with_contact(kind: Bare) -> Plain:
    """[{contactId}]."""
    return plain(kind, lambda row, _command, context: about(row, context))


def about(row: Makes, context: Context, **more: Json) -> Call | Failed:
    """A call about the contact of the command's interaction."""
    contact = contact_of(context.interaction)
    return row({"contactId": contact, **more}) if contact else UNKNOWN


def with_leg(kind: type[c.Hold | c.Retrieve]) -> Plain:
    """[{contactId, connectionId}]."""
    return plain(
        kind, lambda row, _command, context: about(row, context, connectionId=leg_of(context.interaction))
    )


def release(row: Makes, _command: c.Release, context: Context) -> Call | Failed:
    """The agent's own leg, or the consultation's."""
    one = context.interaction
    leg = "" if one is None else one.refs.get(LEG) or one.refs.get(AGENT_LEG, "")
    return about(row, context, connectionId=leg)


def drop(row: Makes, command: c.DropParty, context: Context) -> Call | Failed:
    """A party is a leg."""
    return about(row, context, connectionId=command.party_id)


def toggle(row: Makes, _command: c.Alternate, context: Context) -> Call | Failed:
    """With the leg that is on hold."""
    held = next(
        (one for one in (context.consulted(), context.consultation()) if _is_held(one)), context.interaction
    )
    return about(row, context, connectionId=leg_of(held))


def _is_held(one: Interaction | None) -> bool:
    return one is not None and one.state is InteractionState.HELD


def digits(row: Makes, command: c.SendDtmf, context: Context) -> Call | Failed:
    """To the leg of the consultation, where it is about that; else to the customer's."""
    one = context.interaction
    leg = "" if one is None else one.refs.get(LEG) or one.refs.get(INITIAL_LEG, "")
    return about(row, context, connectionId=leg, digits=command.tones)


def mute(kind: type[c.Mute | c.Unmute], *, mute: bool) -> Plain:
    """Of the whole agent; of one of several in a conference, his own leg: see flows."""
    return plain(kind, lambda row, _command, _context: row({"mute": mute}))


def endpoint(destination: str, kind: DestinationKind) -> Json:
    """Whom to reach: a number, or one of those listed, by its ARN. Raises UnsupportedError."""
    if kind is DestinationKind.EXTERNAL:
        found = wire.Endpoint(type=tables.PHONE_NUMBER, phoneNumber=destination)
    elif kind in tables.ENDPOINT_KIND_OUT:
        found = wire.Endpoint(type=tables.ENDPOINT_KIND_OUT[kind], endpointARN=destination)
    else:
        raise UnsupportedError(tables.NAME, f"a destination of the kind {kind}")
    return msgspec.to_builtins(found)


def consult(row: Makes, command: c.Consult, context: Context) -> Call | Failed:
    """A leg more on the same contact."""
    return about(row, context, endpoint=endpoint(command.destination, command.destination_kind))


def dial(row: Makes, command: c.Dial, context: Context) -> Call | Failed:
    """Numbers only, with the agent's outbound queue."""
    if command.caller_id:
        raise UnsupportedError(tables.NAME, "a caller id per call")
    if command.destination_kind is not DestinationKind.EXTERNAL:
        raise UnsupportedError(tables.NAME, "a call to anything but a number")
    queue = {} if context.agent is None else context.agent.extras.get(OUTBOUND_QUEUE)
    arn = queue.get("queueARN") if isinstance(queue, dict) else None
    return row({"endpoint": endpoint(command.destination, command.destination_kind), "queueARN": arn})


def set_state(row: Makes, command: c.SetState, context: Context) -> Call | Failed:
    """The object as the platform lists it: a text, or one with another member, it refuses."""
    listed = () if context.agent is None else context.agent.extras.get(STATES, ())
    known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list | tuple) else []
    meant = [
        one
        for one in known
        if (one.get("agentStateARN") == command.reason or not command.reason)
        and tables.SETTABLE.get(str(one.get("type"))) is command.state
    ]
    if not meant:
        return Failed(code=ErrorCode.UNKNOWN_OBJECT, message="The platform lists no such state")
    return row({"state": meant[0], "enqueueNextState": True})


def directory(row: Makes, _command: c.ListDirectory, context: Context) -> Call | Failed:
    """Of all of the agent's queues."""
    queues = () if context.agent is None else context.agent.extras.get(QUEUES, ())
    return row({"queueARNs": queues, "nextToken": None, "maxResults": 500})
