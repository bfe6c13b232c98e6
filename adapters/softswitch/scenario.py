"""What the world does to the switch: vendor.call with these methods.

Parameters come by position or as one object; defaults in brackets.

    simulate.inbound_call    ani, dnis [""], data [{}], service [default], agent [""], name [""]
    simulate.inbound_chat    address, channel_type ["web"], data [{}], service [default], agent [""],
                             name [""], text [""]
    simulate.inbound_email   address, subject [""], data [{}], service [default], agent [""], name [""],
                             text [""], body_url [""]
    simulate.remote_answer   ref [the call's interaction_id]
    simulate.remote_hangup   ref [likewise]
    simulate.remote_message  text, ref [likewise]
    simulate.remote_typing   ref [likewise], typing [true]
    simulate.transcript      ref [likewise]
    simulate.attachment      kind, ref [likewise; it may be over], id [""], url [""], text [""], data [{}]
    simulate.fault           kind, count [1], delay_s [0], code ["platform_error"], ref [""]

A ref is that of a contact or of any interaction of it. With `agent` an inbound contact rings there and
nowhere else; without, it waits for whoever of the service is ready. `Done.data` is `{"ref": ...}`, the
contact's ref, `Done.ref` the interaction it rings as, if it does; simulate.transcript gives ref and lines.

Faults: drop, duplicate (the next observations), reorder (the next two), delay (every answer from the next
on, until set to 0), fail (the next command, with a code, undone), forget (an interaction, without a word).
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeVar

import msgspec

from adapters.contract.dialect import Done, Outcome
from adapters.softswitch import calls, messages, routing
from adapters.softswitch.faults import Faults
from adapters.softswitch.model import Call, Outsider
from adapters.softswitch.switch import Switch
from adapters.softswitch.wire import NULL
from schemas.commands import VendorCall
from schemas.errors import RefusedError
from schemas.ids import Ref
from schemas.interaction import Contact, Direction, EndCause, InteractionState, Kind, Media
from schemas.messages import Attachment, AttachmentKind
from schemas.observations import AttachmentsObserved
from schemas.results import ErrorCode, Failed
from schemas.values import Json

MAX_DELAY_S: Final = 3600.0
MAX_FAILURES: Final = 1000


class InboundCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody calls."""

    ani: str
    dnis: str = ""
    data: dict[str, Json] = {}
    service: str | None = None
    agent: str = ""
    name: str = ""


class InboundChat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody writes."""

    address: str
    channel_type: str = "web"
    data: dict[str, Json] = {}
    service: str | None = None
    agent: str = ""
    name: str = ""
    text: str = ""


class InboundEmail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An e-mail comes."""

    address: str
    subject: str = ""
    data: dict[str, Json] = {}
    service: str | None = None
    agent: str = ""
    name: str = ""
    text: str = ""
    body_url: str = ""


class Remote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer, or whoever is outside."""

    ref: str = ""


class RemoteMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """They write."""

    text: str
    ref: str = ""


class RemoteTyping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """They begin to write, or stop."""

    ref: str = ""
    typing: bool = True


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something becomes known of a contact, over or not."""

    kind: AttachmentKind
    ref: str = ""
    id: str = ""
    url: str = ""
    text: str = ""
    data: dict[str, Json] = {}


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something shall go wrong."""

    kind: Literal["drop", "duplicate", "reorder", "delay", "fail", "forget"]
    count: int = 1
    delay_s: float = 0.0
    code: ErrorCode = ErrorCode.PLATFORM_ERROR
    ref: str = ""


INBOUND: Final[Mapping[str, tuple[Media, type[InboundCall | InboundChat | InboundEmail]]]] = {
    "simulate.inbound_call": (Media.VOICE, InboundCall),
    "simulate.inbound_chat": (Media.CHAT, InboundChat),
    "simulate.inbound_email": (Media.EMAIL, InboundEmail),
}


def run(switch: Switch, faults: Faults, command: VendorCall) -> Outcome:  # noqa: PLR0911  # a table of methods
    """Let it happen. Raises RefusedError."""
    if command.method in INBOUND:
        media, kind = INBOUND[command.method]
        return _inbound(switch, media, _params(command, kind))
    match command.method:
        case "simulate.remote_answer":
            return _answer(switch, _outsider(switch, command, _params(command, Remote).ref))
        case "simulate.remote_hangup":
            return _hang_up(switch, _outsider(switch, command, _params(command, Remote).ref))
        case "simulate.remote_message":
            message = _params(command, RemoteMessage)
            return _message(switch, _call(switch, command, message.ref), message.text)
        case "simulate.remote_typing":
            typing = _params(command, RemoteTyping)
            return _types(switch, _outsider(switch, command, typing.ref), typing=typing.typing)
        case "simulate.transcript":
            root = _call(switch, command, _params(command, Remote).ref).root
            return Done(data={"ref": root.ref, "lines": [list(line) for line in root.transcript]})
        case "simulate.attachment":
            return _attach(switch, command, _params(command, Known))
        case "simulate.fault":
            return _fault(switch, faults, _params(command, Fault))
        case _:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"the switch has no method {command.method!r}")


def _answer(switch: Switch, outsider: Outsider) -> Outcome:
    if outsider.connected or outsider.cause is not None:
        raise RefusedError(ErrorCode.WRONG_STATE, "they have answered, or never will")
    calls.outsider_answers(switch, outsider)
    return _done(outsider.call.root.ref)


def _hang_up(switch: Switch, outsider: Outsider) -> Outcome:
    switch.remove(outsider)
    switch.settle(outsider.call, EndCause.DECLINED)
    return _done(outsider.call.root.ref)


def _inbound(switch: Switch, media: Media, new: InboundCall | InboundChat | InboundEmail) -> Outcome:
    agent = switch.agent(new.agent) if new.agent else None
    if agent is not None and not agent.logged_in:
        raise RefusedError(ErrorCode.NOT_LOGGED_IN, f"agent {new.agent!r} is not signed in")
    service = switch.settings.default_service
    if new.service is not None:
        service = switch.service(new.service).id if new.service else ""
    address = new.ani if isinstance(new, InboundCall) else new.address
    root = switch.new_root(
        Contact(
            display_name=new.name,
            phone="" if media is Media.EMAIL else address,
            email=address if media is Media.EMAIL else "",
        ),
        new.data,
    )
    call = switch.new_call(
        root,
        media,
        Direction.INBOUND,
        service=service,
        ani=address if media is Media.VOICE else "",
        dnis=new.dnis if isinstance(new, InboundCall) else "",
        channel_type=new.channel_type if isinstance(new, InboundChat) else "",
        subject=new.subject if isinstance(new, InboundEmail) else "",
    )
    switch.new_outsider(call, address, connected=True).name = new.name
    if isinstance(new, InboundEmail):
        root.body_url = new.body_url
    if not isinstance(new, InboundCall) and (new.text or root.body_url):
        root.say("customer", new.text)
    if agent is not None:
        switch.new_leg(agent, call, InteractionState.ALERTING, Kind.DIRECT, "inbound")
    else:
        routing.enqueue(switch, call, service, Kind.QUEUE, "inbound")
        routing.offer_all(switch)
    return Done(ref=call.legs[0].ref if call.legs else None, data={"ref": root.ref})


def _message(switch: Switch, call: Call, text: str) -> Outcome:
    if call.media is not Media.CHAT:
        raise RefusedError(ErrorCode.UNSUPPORTED, f"no messages in {call.media}")
    if call.over:
        raise RefusedError(ErrorCode.WRONG_STATE, "the chat is over")
    for outsider in call.outsiders:
        outsider.typing = False
    switch.touch_call(call)
    messages.say(switch, call, None, text)
    return _done(call.root.ref)


def _types(switch: Switch, outsider: Outsider, *, typing: bool) -> Outcome:
    outsider.typing = typing
    switch.touch_call(outsider.call)
    return _done(outsider.call.root.ref)


def _attach(switch: Switch, command: VendorCall, known: Known) -> Outcome:
    ref = Ref(known.ref or command.interaction_id or "")
    agent = switch.legs[ref].agent.id if ref in switch.legs else switch.past.get(ref)
    if agent is None:
        raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"no interaction {ref!r}")
    attachment = Attachment(kind=known.kind, id=known.id, url=known.url, text=known.text, data=known.data)
    switch.notices.append(
        AttachmentsObserved(agent=Ref(agent), vendor=NULL, ref=ref, attachments=(attachment,))
    )
    return Done()


def _fault(switch: Switch, faults: Faults, fault: Fault) -> Outcome:
    count = max(fault.count, 0)
    match fault.kind:
        case "drop":
            faults.drop = count
        case "duplicate":
            faults.duplicate = count
        case "reorder":
            faults.reorder = count
        case "delay":
            if not 0 <= fault.delay_s <= MAX_DELAY_S:
                raise RefusedError(ErrorCode.INVALID_COMMAND, f"a delay is 0 to {MAX_DELAY_S} s")
            faults.delay_s = fault.delay_s
        case "fail":
            faults.failures.clear()
            faults.failures.extend(
                [Failed(code=fault.code, message="as was wished")] * min(count, MAX_FAILURES)
            )
        case "forget":
            leg = switch.legs.get(Ref(fault.ref))
            if leg is None:
                raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"no interaction {fault.ref!r}")
            switch.forget(leg)
            return _done(leg.ref)
    return Done()


# --- reading

ParamsT = TypeVar("ParamsT", bound=msgspec.Struct)


def _params(command: VendorCall, kind: type[ParamsT]) -> ParamsT:
    names = kind.__struct_fields__
    given = command.params
    if len(given) > len(names):
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"{command.method} takes {', '.join(names)}")
    by_name = (
        given[0] if len(given) == 1 and isinstance(given[0], dict) else dict(zip(names, given, strict=False))
    )
    try:
        return msgspec.convert(by_name, kind)
    except msgspec.ValidationError as error:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"{command.method}: {error}") from error


def _call(switch: Switch, command: VendorCall, ref: str) -> Call:
    wanted = Ref(ref or command.interaction_id or "")
    leg = switch.legs.get(wanted)
    if leg is not None:
        return leg.call
    root = switch.roots.get(wanted)
    if root is not None and (root.calls or root.legs):
        return root.calls[0] if root.calls else root.legs[0].call
    raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"no interaction or contact {wanted!r}")


def _outsider(switch: Switch, command: VendorCall, ref: str) -> Outsider:
    call = _call(switch, command, ref)
    if not call.outsiders:
        raise RefusedError(ErrorCode.WRONG_STATE, "nobody outside is in the call")
    return call.outsiders[0]


def _done(ref: Ref) -> Outcome:
    return Done(data={"ref": ref})
