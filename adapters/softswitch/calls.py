"""The verbs of one interaction while its media is on, and the beginning of new ones."""

import re
from collections.abc import Mapping

from adapters.contract.dialect import Done, Outcome
from adapters.softswitch import destinations, messages, presence, tables, view
from adapters.softswitch.model import Agent, Leg, Outsider
from adapters.softswitch.switch import Switch
from schemas.commands import (
    Dial,
    DropParty,
    ForwardEmail,
    ReplyEmail,
    SendChat,
    SendDtmf,
    StartChat,
    StartEmail,
    verb,
)
from schemas.errors import RefusedError
from schemas.interaction import Contact, Direction, EndCause, InteractionState, Kind, Media, Side
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode
from schemas.values import Json

S = InteractionState
STILL_HELD = "the interaction that the consultation was about is still on hold"
_TONES = re.compile(r"[0-9*#A-Da-d]+")


def dial(switch: Switch, agent: Agent, command: Dial) -> Outcome:
    """Call somebody. To the outside it needs one outbound service, as inContact has it."""
    target = destinations.resolve(switch, agent, command.destination, command.destination_kind, Media.VOICE)
    outside = isinstance(target, destinations.Number)
    service = outbound_service(switch, agent, command.answers) if outside else ""
    if isinstance(service, Question):
        return service
    root = switch.new_root(Contact(phone=command.destination) if outside else None, command.data)
    call = switch.new_call(
        root,
        Media.VOICE,
        Direction.OUTBOUND if outside else Direction.INTERNAL,
        service=service,
        ani=command.caller_id or agent.extension or agent.id,
        dnis=command.destination,
    )
    switch.hold_voice(agent)
    leg = switch.new_leg(agent, call, S.DIALING, Kind.DIRECT, "dial")
    leg.records = command.records
    destinations.invite(switch, call, target, Kind.DIRECT, "dial")
    return Done(ref=leg.ref)


def outbound_service(switch: Switch, agent: Agent, answers: Mapping[str, Json]) -> str | Question:
    """The service to call out by: the one named, the only one, or a question."""
    mine = [one for skill in agent.config.skills if (one := switch.services[skill]).outbound]
    wanted = answers.get("skill", answers.get("service"))
    if wanted is not None:
        for service in mine:
            if wanted in (service.id, service.name):
                return service.id
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "the agent has no such outbound skill")
    if len(mine) > 1:
        return Question(
            kind=NeedInfoKind.OUTBOUND_SKILL,
            title="With which skill?",
            fields=(
                Field(
                    key="skill",
                    type=FieldType.CHOICE,
                    title="Skill",
                    choices=tuple(Choice(id=one.id, label=one.name or one.id) for one in mine),
                ),
            ),
        )
    return mine[0].id if mine else switch.settings.default_service


def start_chat(switch: Switch, agent: Agent, command: StartChat) -> Outcome:
    """Write to somebody; they are there at once."""
    if not command.destination.strip():
        raise RefusedError(ErrorCode.BAD_DESTINATION, "nobody to write to")
    leg = _written(
        switch,
        agent,
        Media.CHAT,
        command.destination,
        command.answers,
        contact=Contact(phone=command.destination),
        channel_type=command.channel_type,
    )
    leg.records = command.records
    return Done(ref=leg.ref)


def start_email(switch: Switch, agent: Agent, command: StartEmail) -> Outcome:
    """Begin to write an e-mail."""
    if "@" not in command.destination:
        raise RefusedError(ErrorCode.BAD_DESTINATION, "not an e-mail address")
    contact = Contact(email=command.destination)
    leg = _written(switch, agent, Media.EMAIL, command.destination, command.answers, contact=contact)
    leg.call.root.data = dict(command.data)
    leg.records = command.records
    return Done(ref=leg.ref)


def _written(
    switch: Switch,
    agent: Agent,
    media: Media,
    address: str,
    answers: Mapping[str, Json],
    *,
    contact: Contact,
    channel_type: str = "",
) -> Leg:
    wanted = answers.get("service")
    service = switch.service(str(wanted)).id if wanted is not None else switch.settings.default_service
    call = switch.new_call(
        switch.new_root(contact, {}),
        media,
        Direction.OUTBOUND,
        service=service,
        dnis=address,
        channel_type=channel_type,
    )
    switch.new_outsider(call, address, connected=True)
    leg = switch.new_leg(agent, call, S.DIALING, Kind.DIRECT, "start")
    switch.connect(leg)
    return leg


# --- the offer


def accept(switch: Switch, leg: Leg) -> Outcome:
    """Take it; what the agent was talking in is held."""
    tables.check(leg, "interaction.accept")
    if leg.offered:
        switch.dequeue(leg.call)
    switch.connect(leg)
    switch.answered(leg.call)
    switch.focus(leg)
    messages.tell_earlier(switch, leg)
    return Done()


def reject(switch: Switch, leg: Leg) -> Outcome:
    """Refuse it. The queue asks somebody else; a caller who wanted this agent is told."""
    tables.check(leg, "interaction.reject")
    if leg.offered and leg.call.waiting is not None:
        leg.call.waiting.refused[leg.agent.id] = None
    switch.end(leg, EndCause.DECLINED, Side.AGENT)
    switch.settle(leg.call, EndCause.DECLINED)
    return Done()


def ring_out(switch: Switch, leg: Leg) -> None:
    """Nobody took it in time."""
    switch.end(leg, EndCause.NO_ANSWER, Side.PLATFORM)
    if leg.offered:
        presence.miss(switch, leg.agent)
    switch.settle(leg.call, EndCause.NO_ANSWER)


def outsider_due(switch: Switch, outsider: Outsider) -> None:
    """Somebody outside answers, or turns out not to."""
    if outsider.cause is None:
        outsider_answers(switch, outsider)
        return
    cause, call = outsider.cause, outsider.call
    switch.remove(outsider)
    switch.settle(call, cause)


def outsider_answers(switch: Switch, outsider: Outsider) -> None:
    """Somebody outside is there."""
    switch.timers.cancel(("outsider", outsider.id))
    outsider.connected = True
    switch.answered(outsider.call)
    switch.settle(outsider.call, EndCause.NORMAL)  # two outsiders alone are no business of the switch


# --- during the call


def release(switch: Switch, leg: Leg) -> Outcome:
    """Leave the call. Releasing a consultation leaves the customer on hold, and says so."""
    tables.check(leg, "interaction.release")
    primary = leg.consult_of
    cause = EndCause.ABANDONED if leg.state is S.DIALING else EndCause.NORMAL
    switch.leave(leg, cause, Side.AGENT)
    held = primary is not None and primary.state is S.HELD
    return Done(warnings=(STILL_HELD,) if held else ())


def hold(switch: Switch, leg: Leg) -> Outcome:
    """Put the others on hold."""
    tables.check(leg, "interaction.hold")
    leg.state = S.HELD
    switch.touch(leg)
    return Done()


def retrieve(switch: Switch, leg: Leg) -> Outcome:
    """Take the others back; what the agent was talking in is held."""
    tables.check(leg, "interaction.retrieve")
    switch.connect(leg)
    return Done()


def mute(switch: Switch, leg: Leg, verb: str, *, muted: bool) -> Outcome:
    """Close or open the microphone. Asking for what is so already does nothing."""
    tables.check(leg, verb)
    leg.muted = muted
    switch.touch_call(leg.call)
    return Done()


def record(switch: Switch, leg: Leg, verb: str) -> Outcome:
    """Start, stop, pause or resume the recording."""
    tables.check(leg, verb)
    before, after = tables.RECORDING[verb]
    if leg.recording_state not in before:
        raise RefusedError(ErrorCode.WRONG_STATE, f"the recording is {leg.recording_state}")
    leg.recording_state = after
    switch.touch(leg)
    return Done()


def send_dtmf(leg: Leg, command: SendDtmf) -> Outcome:
    """Send tones; nobody sees them."""
    tables.check(leg, "interaction.send_dtmf")
    if not _TONES.fullmatch(command.tones):
        raise RefusedError(ErrorCode.INVALID_COMMAND, "tones are digits, *, # and A to D")
    leg.tones = (leg.tones + command.tones)[-256:]
    return Done()


def send_chat(switch: Switch, leg: Leg, command: SendChat) -> Outcome:
    """Say something; it stands in the transcript."""
    tables.check(leg, "chat.send")
    return Done(data={"message_id": messages.say(switch, leg.call, leg, command.text)})


def send_email(switch: Switch, leg: Leg, command: ReplyEmail | ForwardEmail) -> Outcome:
    """Answer it, or send it on: the whole contact has it."""
    tables.check(leg, verb(command))
    prefix = "Re: " if isinstance(command, ReplyEmail) else "Fwd: "
    subject = prefix + leg.call.subject
    return Done(data={"message_id": messages.say(switch, leg.call, leg, command.text, subject)})


def drop_party(switch: Switch, leg: Leg, command: DropParty) -> Outcome:
    """Put one of the others out. Without the last one the call is over."""
    tables.check(leg, "interaction.drop_party")
    call, wanted = leg.call, command.party_id
    if [party.id for party in view.parties_of(leg)] == [wanted]:
        switch.leave(leg, EndCause.NORMAL, Side.AGENT)
        return Done()
    for outsider in call.outsiders:
        if outsider.id == wanted:
            switch.remove(outsider)
            switch.settle(call, EndCause.NORMAL)
            return Done()
    for other in call.legs:
        if other is not leg and other.agent.id == wanted:
            cause = EndCause.NORMAL if other.talking else EndCause.ABANDONED
            switch.leave(other, cause, Side.REMOTE)
            return Done()
    raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"no party {wanted!r}")
