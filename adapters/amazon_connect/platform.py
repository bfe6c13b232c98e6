"""South: the connection with the relay beside the library in one agent's page. Sans-IO.

The relay has subscribed already; we ask for the library's newest update once, and are told each later one,
which is the whole truth. Success of a call is not its effect: that, the next update says. Source:
docs/sources/amazon-connect.md, sections 10.5 and 13.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.amazon_connect import decode, flows, methods, tables, wire
from adapters.amazon_connect.memory import Memory
from adapters.amazon_connect.tables import NAME
from adapters.contract.dialect import Call, Close, Context, Flow, PlatformOutput, Replied, Reply, Send
from adapters.kit import jsonrpc
from adapters.kit.relayed import Relayed
from schemas.agent import AgentState
from schemas.commands import AnyCommand
from schemas.ids import AgentId, Ref
from schemas.interaction import EndCause
from schemas.observations import (
    AgentObserved,
    InteractionObserved,
    InteractionsListed,
    Noticed,
    Unrecognised,
)
from schemas.results import Failed
from schemas.values import Json

_REJECTS: Final = frozenset({methods.REJECT.name, methods.DESTROY.name})


class _Muted(msgspec.Struct, frozen=True):
    muted: bool | None = None


class _Viewed(msgspec.Struct, frozen=True):
    contactId: str | None = None  # noqa: N815  # the vendor's spelling


_answer = msgspec.json.Decoder(wire.Update | None)
_update = msgspec.json.Decoder(tuple[wire.Update])
_muted = msgspec.json.Decoder(tuple[_Muted])
_viewed = msgspec.json.Decoder(tuple[_Viewed | None])
_params = msgspec.json.Decoder(list[Json])


class Connection(Relayed[tuple[jsonrpc.Message, msgspec.Raw]]):
    """PlatformConnection of this dialect."""

    def __init__(self, hint: AgentId | None) -> None:
        super().__init__(NAME, hint, state=(methods.GET_DATA.name,), patient=False)
        self._memory = Memory()

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError for what the API has no call for."""
        return flows.begin(command, context)

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call. What is let go before it is taken is declined: nobody says so."""
        about = _about(call)
        known = self._memory.contacts.get(about)
        if known is not None and not known.connected and call.method in _REJECTS:
            known.refused = True
        if known is not None and call.method == methods.CONFERENCE.name:
            known.handing_over = call.step == flows.CONNECT_ALL
        return super().send(call, call_id)

    def _ends(self, call: Call) -> Mapping[Ref, EndCause]:
        """What is not told by the legs: a chat or an e-mail that is handed over or left."""
        if call.method == methods.TRANSFER.name:
            return {Ref(_about(call)): EndCause.TRANSFERRED}
        return {}

    # --- frames

    def _received(self, message: jsonrpc.Message, frame: msgspec.Raw) -> Iterable[PlatformOutput]:
        if message.method is UNSET:
            return self._answered(message, frame)
        if message.id is not UNSET:
            why = "a relay has nothing to ask"
            return [Send(jsonrpc.failure(message.id, jsonrpc.METHOD_NOT_FOUND, why))]
        if message.method == tables.UPDATE:
            [update] = self._read(_update, message.params, tables.UPDATE)
            return self._stands(update, frame)
        if self._handshake.agent is None:
            return self._handshake.hold((message, frame))
        return [*self._event(message, self._handshake.agent, frame)]

    def _answered(self, message: jsonrpc.Message, frame: msgspec.Raw) -> Iterable[PlatformOutput]:
        method = self._handshake.asked(message.id)
        if method is not None:
            return self._own_answer(message, method, frame)
        call_id = message.id if isinstance(message.id, int) else 0
        if self._calls.pop(call_id, None) is None:
            return []  # nobody waits for it any more
        body = _body(message)
        done = not isinstance(decode.read_answer(body), Failed)
        return [Replied(call_id, Reply(body)), *self._endings.answered(call_id, done=done)]

    def _own_answer(
        self, message: jsonrpc.Message, method: str, frame: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        data = decode.read_answer(_body(message))
        if isinstance(data, Failed):
            return [self._handshake.refused(method, data.message)]
        update = self._read(_answer, data, method)
        if update is None:  # the page is not signed in yet: the first update says who it is
            return self._handshake.answered(method)
        told = [*self._stands(update, frame)]
        agent = self._handshake.agent
        if agent is None or any(isinstance(one, Close) for one in told):
            return told
        refs = tuple(one.ref for one in told if isinstance(one, InteractionObserved))
        whole = [] if self._mended.some else [InteractionsListed(agent=agent, refs=refs, vendor=frame)]
        return [*told, *whole, *self._handshake.answered(method)]

    def _stands(self, update: wire.Update, frame: msgspec.Raw) -> Iterable[PlatformOutput]:
        """How everything is. Another agent than before is another session."""
        name = decode.name_of(update)
        before = self._handshake.agent
        left: list[PlatformOutput] = []
        if before is not None and name is not None and name != before:
            left.append(AgentObserved(agent=before, state=AgentState.LOGGED_OUT, vendor=frame))
            self._memory = Memory()
        held = self._handshake.introduce(name, before)
        if isinstance(held, Close):
            return [held]
        agent = self._handshake.agent or Ref("")
        whole = not self._mended.some
        return [
            *left,
            decode.agent(update, agent, frame),
            *decode.contacts(update, agent, self._memory, frame, whole=whole),
            *(output for message, one in held for output in self._event(message, agent, one)),
        ]

    def _event(self, message: jsonrpc.Message, agent: Ref, frame: msgspec.Raw) -> Iterable[PlatformOutput]:
        name = str(message.method)
        match name:
            case tables.MUTE_TOGGLE:
                [said] = self._read(_muted, message.params, name)
                yield from self._toggled(said.muted, agent, frame)
            case tables.VIEW:
                [viewed] = self._read(_viewed, message.params, name)
                ref = viewed.contactId if viewed is not None else None
                yield AgentObserved(agent=agent, focused=Ref(ref) if ref else None, vendor=frame)
            case tables.TERMINATED:
                self._memory = Memory()
                yield AgentObserved(agent=agent, state=AgentState.LOGGED_OUT, vendor=frame)
            case _ if name in tables.NOTICES:
                params = self._read(_params, message.params, name)
                text = msgspec.json.encode(params[0]).decode() if params and params[0] is not None else ""
                yield Noticed(agent=agent, code=name, message=text, error=tables.NOTICES[name], vendor=frame)
            case _:
                yield Unrecognised(agent=agent, name=name, vendor=frame)

    def _toggled(self, muted: bool | None, agent: Ref, frame: msgspec.Raw) -> Iterable[PlatformOutput]:  # noqa: FBT001
        """The microphone is every call's."""
        for contact_id, known in self._memory.contacts.items():
            if muted is not None and known.voice and known.state == "connected":
                yield InteractionObserved(agent=agent, ref=Ref(contact_id), muted=muted, vendor=frame)


def _about(call: Call) -> str:
    """The contact that a call is about; empty: none."""
    params = call.params[0] if call.params else None
    found = params.get("contactId") if isinstance(params, dict) else None
    return found if isinstance(found, str) else ""


def _body(message: jsonrpc.Message) -> msgspec.Raw:
    """The answer; the relay itself only ever says that it waited for one in vain."""
    if isinstance(message.error, jsonrpc.Error):
        waited = wire.Error(tables.UNANSWERED, message.error.message)
        return msgspec.Raw(msgspec.json.encode({"err": waited}))
    return jsonrpc.NOTHING if message.result is UNSET else message.result
