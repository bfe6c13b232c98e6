"""Consultation, transfer and conference.

A consultation is a call of its own; completing it moves everybody in it into the call it was about. The two
calls end independently: if the customer leaves, the consultation goes on, and can no longer be completed; if
the consultation ends, however it does, the customer stays on hold.
"""

from collections.abc import Mapping

from adapters.contract.dialect import Done, Outcome
from adapters.softswitch import destinations, tables, work
from adapters.softswitch.model import Call, Leg
from adapters.softswitch.switch import Switch
from schemas.commands import Consult, SingleStepConference, SingleStepTransfer
from schemas.errors import RefusedError
from schemas.interaction import Direction, EndCause, InteractionState, Kind, Media, Side
from schemas.results import ErrorCode

S = InteractionState
REFUSED: Mapping[EndCause, ErrorCode] = {
    EndCause.BUSY: ErrorCode.BUSY,
    EndCause.DEVICE_UNAVAILABLE: ErrorCode.NO_CHANNEL,
}


def consult(switch: Switch, leg: Leg, command: Consult) -> Outcome:
    """Hold (voice) and call a colleague. One consultation at a time, and none about a consultation."""
    tables.check(leg, "interaction.consult")
    media = leg.call.media
    if command.media not in ("", media.value):
        raise RefusedError(ErrorCode.UNSUPPORTED, f"a consultation about {media} is {media}")
    if leg.consult_of is not None:
        raise RefusedError(ErrorCode.UNSUPPORTED, "a consultation about a consultation")
    if switch.consultation(leg) is not None:
        raise RefusedError(ErrorCode.BUSY, "there is a consultation already")
    agent = leg.agent
    target = destinations.resolve(switch, agent, command.destination, command.destination_kind, media)
    outside = isinstance(target, destinations.Number)
    work.put(switch, leg.call.root, command.data)
    call = switch.new_call(
        leg.call.root,
        media,
        Direction.OUTBOUND if outside else Direction.INTERNAL,
        service=leg.service,
        ani=agent.extension or agent.id,
        dnis=command.destination,
        channel_type=leg.call.channel_type,
        subject=leg.call.subject,
    )
    if media is Media.VOICE:
        switch.hold_voice(agent)
    consultation = switch.new_leg(
        agent, call, S.DIALING, Kind.CONSULT, "consult", parent=leg.ref, consult_of=leg
    )
    destinations.invite(switch, call, target, Kind.CONSULT, "consult", leg.ref)
    return Done(ref=consultation.ref)


def alternate(switch: Switch, leg: Leg) -> Outcome:
    """Talk to the other one; whoever was talked to is held."""
    tables.check(leg, "interaction.alternate")
    primary, consultation = _pair(switch, leg, early=False)
    switch.connect(primary if consultation.state is S.CONNECTED else consultation)
    return Done()


def complete_transfer(switch: Switch, leg: Leg) -> Outcome:
    """Join the others and leave. While the colleague rings only with `early_transfer`."""
    primary, consultation = _pair(switch, leg, early=switch.settings.early_transfer)
    switch.end(consultation, EndCause.TRANSFERRED, Side.AGENT)
    switch.end(primary, EndCause.TRANSFERRED, Side.AGENT)
    _join(switch, consultation.call, primary.call, Kind.TRANSFER)
    switch.settle(primary.call, EndCause.NORMAL)
    return Done()


def complete_conference(switch: Switch, leg: Leg) -> Outcome:
    """Join all."""
    primary, consultation = _pair(switch, leg, early=False)
    switch.end(consultation, EndCause.CONFERENCED, Side.AGENT)
    _join(switch, consultation.call, primary.call, Kind.CONFERENCE)
    switch.connect(primary)
    return Done()


def single_step_transfer(switch: Switch, leg: Leg, command: SingleStepTransfer) -> Outcome:
    """Hand over at once. A colleague who cannot be reached is refused, so that the customer is not lost."""
    tables.check(leg, "interaction.single_step_transfer")
    target = _destination(switch, leg, command)
    work.put(switch, leg.call.root, command.data)
    destinations.invite(switch, leg.call, target, Kind.TRANSFER, "transfer", leg.ref)
    switch.leave(leg, EndCause.TRANSFERRED, Side.AGENT)
    return Done()


def single_step_conference(switch: Switch, leg: Leg, command: SingleStepConference) -> Outcome:
    """Call somebody into the call; they are a party once they answer."""
    tables.check(leg, "interaction.single_step_conference")
    target = _destination(switch, leg, command)
    work.put(switch, leg.call.root, command.data)
    destinations.invite(switch, leg.call, target, Kind.CONFERENCE, "conference", leg.ref)
    return Done()


def _destination(
    switch: Switch, leg: Leg, command: SingleStepTransfer | SingleStepConference
) -> destinations.Target:
    call = leg.call
    target = destinations.resolve(
        switch, leg.agent, command.destination, command.destination_kind, call.media
    )
    if call.waiting is not None and isinstance(target, destinations.Group):
        raise RefusedError(ErrorCode.BUSY, "the call waits in a queue already")
    cause = destinations.hindrance(target, call)
    if cause is not None:
        raise RefusedError(REFUSED[cause], f"the colleague cannot be reached: {cause}")
    return target


def _pair(switch: Switch, leg: Leg, *, early: bool) -> tuple[Leg, Leg]:
    """The interaction and its consultation, whichever of them was named; both ready to be joined."""
    consultation = leg if leg.consult_of is not None else switch.consultation(leg)
    if consultation is None or consultation.consult_of is None:
        raise RefusedError(ErrorCode.WRONG_STATE, f"the interaction is {leg.state}, without a consultation")
    primary = consultation.consult_of
    if not primary.talking:
        raise RefusedError(ErrorCode.WRONG_STATE, f"the consulted interaction is {primary.state}")
    if not consultation.talking and not (early and consultation.state is S.DIALING):
        raise RefusedError(ErrorCode.WRONG_STATE, f"the consultation is {consultation.state}")
    return primary, consultation


def _join(switch: Switch, source: Call, into: Call, kind: Kind) -> None:
    """Everybody in `source` is in `into` from now on, and so is whoever still rings."""
    for leg in source.legs:
        leg.call = into
        if leg.kind is Kind.CONSULT:
            leg.kind, leg.service = kind, into.service
    for outsider in source.outsiders:
        outsider.call = into
    into.legs += source.legs
    into.outsiders += source.outsiders
    if source.waiting is not None:
        waiting = source.waiting
        switch.dequeue(source)
        if into.waiting is None:
            waiting.kind = kind
            into.waiting = waiting
            switch.queue.append(into)
    source.legs, source.outsiders, source.over = [], [], True
    source.root.calls.remove(source)
    switch.touch_call(into)
    for leg in into.legs:
        switch.touch_agent(leg.agent)
