"""South: the connection with the relay beside one agent's desktop. Sans-IO.

The relay has its listeners; we ask for the state, and events tell the rest. Whose desktop it is, the answer
says: what comes before is read at once (a malformed frame is malformed then) and told after.

An event without an item is about the only interaction that it can be about. Where there is none, or more than
one, it is passed on as it came and the state is read again. Source: reference/bright-pattern.md section 7.2.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import eq
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.bright_pattern.embedded import decode, flows, methods, tables, wire
from adapters.bright_pattern.embedded.memory import Known, Memory, text
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.bright_pattern.embedded.tables import NAME
from adapters.contract.dialect import Call, Close, Context, Flow, PlatformOutput, Replied, Reply, Send
from adapters.kit import jsonrpc
from adapters.kit.relayed import Relayed
from adapters.kit.repeated import Event, Frequent, Repeated
from schemas.agent import AgentState
from schemas.commands import AnyCommand
from schemas.ids import AgentId, Ref
from schemas.interaction import InteractionState
from schemas.observations import InteractionObserved, InteractionsListed, Unrecognised

_ANY: Final = frozenset(InteractionState)
_STATE: Final = methods.GET_STATE.command
_SNAPSHOT: Final = "snapshot"
_LISTED: Final = "interactions"
_frequent = Frequent(Event[str, tuple[wire.Item, ...]], *tables.GOES_ON)
_state = msgspec.json.Decoder(wire.State)
_params = msgspec.json.Decoder(list[msgspec.Raw])
_anything = msgspec.json.Decoder(msgspec.Raw)
_Held = Sequence[tuple[decode.ReceivedEvent, msgspec.Raw]]


class Connection(Relayed[tuple[decode.ReceivedEvent, msgspec.Raw]]):
    """PlatformConnection of this dialect. Whose page it is, its state says."""

    def __init__(self, settings: EmbeddedSettings, hint: AgentId | None) -> None:
        super().__init__(NAME, hint, who=(), state=(_STATE,))
        self._settings = settings
        self._memory = Memory()
        self._repeated = Repeated[wire.Item](eq)  # the event is the state

    # --- the contract

    def repeated(self, frame: bytes) -> InteractionObserved | None:
        """A call that is held or talked on again: see the contract."""
        told = _frequent.read(frame)
        if told is None or told.id is not UNSET or not told.params:
            return None
        item, state = told.params[0], tables.GOES_ON.get(told.method)
        known = self._memory.find(Ref(text(item.item_id)))
        if known is None or state is None:
            return None
        seen = self._repeated.again(item, known.ref, msgspec.Raw(frame), state)
        if seen is not None:
            known.happened(state, transferred=False)
        return seen

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError for what the API has no command for."""
        return flows.begin(self._settings, command, context)

    def _with_causes(self, outputs: Iterable[PlatformOutput], now: datetime) -> Sequence[PlatformOutput]:
        """None is taken from what we asked for: nothing here says that it was done."""
        del now
        return [*outputs]

    # --- answers

    def _received(self, message: jsonrpc.Message, frame: msgspec.Raw) -> Sequence[PlatformOutput]:
        if message.method is UNSET:
            self._repeated.clear()
            if self._handshake.asked(message.id) is not None:
                return self._stood(message, frame)
            return self._replied(message, frame)
        if message.id is not UNSET:
            why = "a relay has nothing to ask"
            return [Send(jsonrpc.failure(message.id, jsonrpc.METHOD_NOT_FOUND, why))]
        told = self._event(message.method, message.params)
        if self._handshake.agent is None:
            return self._handshake.hold((told, frame))
        return [*self._told(told, self._handshake.agent, frame)]

    def _event(self, name: str, params: msgspec.Raw) -> decode.ReceivedEvent:
        given = self._read(_params, params, name)
        data = given[0] if given else jsonrpc.NOTHING
        decoder = decode.DOCUMENTED.get(name)
        if decoder is not None:
            return decode.ReceivedEvent(name, self._read(decoder, data, name))
        if name == tables.SCREEN_RECORDING:
            self._read(_anything, data, name)
        return decode.ReceivedEvent(name, decode.undocumented(name, data))

    def _reread(self) -> Iterable[PlatformOutput]:
        """Ask again: one question at a time, for an answer under way may be older than the reason."""
        return self._handshake.again(_STATE)

    def _stood(self, message: jsonrpc.Message, vendor: msgspec.Raw) -> Sequence[PlatformOutput]:
        if isinstance(message.error, jsonrpc.Error):
            return [self._handshake.refused(_STATE, message.error.message)]
        result = jsonrpc.NOTHING if message.result is UNSET else message.result
        state = self._read(_state, result, _SNAPSHOT)
        if self._mended.left_out([_LISTED]):
            raise self._unreadable(_SNAPSHOT, msgspec.DecodeError("the interactions are no list"))
        before = self._handshake.agent
        held = self._handshake.introduce(text(state.agent_id), before)
        if isinstance(held, Close):
            return [held]
        agent = Ref(self._handshake.agent or "")
        left = [] if before in {None, agent} else [*self._left(Ref(before or ""), vendor)]
        return [*left, *self._stands(state, agent, held, vendor), *self._handshake.answered(_STATE)]

    def _stands(
        self, state: wire.State, agent: Ref, held: _Held, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        yield from self._status(state.status, state.reason, agent, vendor)
        known = [
            (item, self._memory.note(item, Ref(ref)))
            for item in state.interactions or ()
            if (ref := text(item.item_id))
        ]
        for told, frame in held:
            yield from self._told(told, agent, frame)
        alone = jsonrpc.one_by_one(vendor, ("result", _LISTED), tables.ITEM_ID)
        for item, one in known:
            its_own = alone.get(text(item.item_id), vendor)
            yield decode.interaction(item, one, self._settings, agent, its_own)
        if not self._mended.lost_entry(_LISTED) and len(known) == len(state.interactions or ()):
            refs = self._memory.listed(one.ref for _, one in known)
            yield InteractionsListed(agent=agent, refs=refs, vendor=vendor)

    def _replied(self, message: jsonrpc.Message, vendor: msgspec.Raw) -> Sequence[PlatformOutput]:
        call_id = message.id if isinstance(message.id, int) else 0
        call = self._calls.pop(call_id, None)
        if call is None:
            return []  # nobody waits for it any more
        out: list[PlatformOutput] = [Replied(call_id, Reply(vendor))]
        if message.result is not UNSET and self._handshake.agent is not None:
            out += self._after(call, message.result, self._handshake.agent)
        return out

    def _after(self, call: Call, result: msgspec.Raw, agent: Ref) -> Iterable[PlatformOutput]:
        """What a call of the core has changed, or asked for, that no event tells."""
        row = methods.COMMANDS.get(call.method)
        if row is methods.POST_VARIABLE:
            yield from self._reread()
        elif row is not None and row.recording and call.params:
            known = self._memory.find(Ref(str(call.params[0])))
            seen = decode.recording_answer(result, known, agent) if known is not None else None
            if seen is not None:
                yield seen

    # --- events

    def _told(self, told: decode.ReceivedEvent, agent: Ref, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        if told.name not in tables.GOES_ON:
            self._repeated.clear()
        match told.data:
            case wire.LoginChanged() as said:
                yield from self._login(said, agent, vendor)
            case wire.StateChanged(agent_id=named) if text(named) not in {"", agent}:
                yield from self._in_doubt(told.name, agent, vendor)
            case wire.StateChanged(status=status, reason=reason):
                yield from self._status(status, reason, agent, vendor)
            case wire.RecordingStatus() as said:
                yield from self._recording(said, agent, vendor)
            case wire.Item() as said:
                yield from self._item(told.name, said, agent, vendor)
            case str() as said:
                yield decode.screen_recording(said, agent, vendor)
            case None:
                yield Unrecognised(agent=agent, name=told.name, vendor=vendor)

    def _in_doubt(self, name: str, agent: Ref, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        """Not to be understood by itself: kept as it came, and the state is read again."""
        yield Unrecognised(agent=agent, name=name, vendor=vendor)
        yield from self._reread()

    def _login(self, told: wire.LoginChanged, agent: Ref, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        login = decode.flag(told.login)
        if login is False and text(told.agent_id) in {"", agent}:
            yield from self._left(agent, vendor)
        elif login:
            yield from self._reread()  # who it is, and in which state
        else:
            yield from self._in_doubt("LOGIN_CHANGED", agent, vendor)

    def _status(
        self, status: wire.Text, reason: wire.Text, agent: Ref, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        seen = decode.agent_state(status, reason, agent, vendor)
        if seen.state is AgentState.LOGGED_OUT:
            self._memory.clear()
        yield seen

    def _left(self, agent: Ref, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        self._memory.clear()
        yield decode.logged_out(agent, vendor)

    def _item(self, name: str, item: wire.Item, agent: Ref, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        event = tables.CALL_EVENTS.get(name)
        ref = Ref(text(item.item_id))
        if self._memory.is_late(ref, begins=event is not None and not event.follows):
            if name == tables.COMPLETED and decode.has_outcome(item):  # perhaps not known before
                over = Known(ref, screenpop=item.screenpop_data, attached=item.attached_data)
                yield decode.interaction(item, over, self._settings, agent, vendor)
            return
        if not ref:
            meant = self._memory.only(_ANY if event is None else event.follows)
            if meant is None:
                yield from self._in_doubt(name, agent, vendor)
                return
            ref = meant.ref
        if self._memory.find(ref) is None and name != tables.COMPLETED:
            yield from self._reread()  # for what events do not tell, its attached data above all
        known = self._memory.note(item, ref)
        seen = decode.interaction(item, known, self._settings, agent, vendor)
        if event is not None:
            known.happened(event.state, transferred=name in tables.TRANSFERS)
            seen = decode.call(seen, event, known)
            self._repeated.keep(item, seen, goes_on=name in tables.GOES_ON)
            yield seen
            return
        yield seen
        if name == tables.RENDERED:
            yield decode.focused(known, agent, vendor)
        else:
            self._memory.forget(ref)
            yield decode.gone(known, agent, vendor)

    def _recording(
        self, told: wire.RecordingStatus, agent: Ref, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        known = self._recorded(told)
        seen = decode.recording(told, known, agent, vendor) if known is not None else None
        if seen is None:
            yield from self._in_doubt(tables.CALL_RECORDING, agent, vendor)
        else:
            yield seen

    def _recorded(self, told: wire.RecordingStatus) -> Known | None:
        """The interaction whose recording it is: by its item, its call, or as the only one talked on."""
        ref, call_id = text(told.item_id), text(told.call_id)
        known = self._memory.find(Ref(ref)) if ref else self._memory.of_call(call_id)
        if not ref and known is None:
            known = self._memory.only(tables.TALKING)
        if known is not None and call_id:
            known.call_id = call_id
        return known
