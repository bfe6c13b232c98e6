"""South: one agent's page, reached through the relay. Handshake, correlation, and what no snapshot says.

Source: seed 000 (the snapshot at the start, not_logged_in), reference/bright-pattern.md sections 1.3, 4, 6.

Three things are inferred, for the vendor tells none of them:

- Which call is a consultation. A consult call is a second interaction with no link to the first; the next
  new outbound call after a consultCall of ours belongs to the call that was active then, and a new outbound
  call with the globalInteractionId of another open call belongs to that one (the agent used the widget).
- Whether a recording is paused: setCallRecordingMute shows in no field, so its success is remembered.
- Why an interaction ended: known only if a call of ours that succeeded ended it (leaving.py).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeVar

import msgspec
from msgspec import UnsetType

from adapters.bright_pattern import asked, codec, flows, leaving, notices, params, replies, wire, wire_agent
from adapters.bright_pattern.lineage import Family
from adapters.bright_pattern.tables import EVENTS, NAME
from adapters.contract.dialect import (
    Asked,
    Call,
    Close,
    Context,
    Flow,
    PlatformOutput,
    Replied,
    Reply,
    Send,
)
from adapters.kit import jsonrpc, reading
from adapters.kit.end_causes import Endings
from adapters.kit.handshake import Handshake
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, Ref
from schemas.interaction import RecordingState
from schemas.observations import InteractionGone, InteractionObserved, InteractionsListed, Unrecognised
from schemas.queries import AnyQueryAnswer

T = TypeVar("T")

_LOGIN: Final = "getLoginState"
_STATE: Final = "getAgentState"
_REASONS: Final = "getAgentNotReadyReasons"
_SNAPSHOT: Final = "getInteractionsState"
_CHANGING: Final = (_STATE, _REASONS, _SNAPSHOT)  # whose answers another login, or time, makes old
_NO_SNAPSHOT: Final = frozenset({"api_method_not_implemented", "invalid_request"})  # a widget before 2024

IN_SNAPSHOT: Final = ("result", "data", "interactions")
_result = msgspec.json.Decoder(wire.OperationResult)
_login_state = msgspec.json.Decoder(wire_agent.LoginStateData)
_agent_state = msgspec.json.Decoder(wire_agent.AgentStateData)
_reasons = msgspec.json.Decoder(tuple[str, ...])
_snapshot = msgspec.json.Decoder(wire.InteractionsState)
_one_interaction = msgspec.json.Decoder(params.OneInteraction)
_logged_in = msgspec.json.Decoder(params.LoggedIn)
_state_change = msgspec.json.Decoder(params.StateChange)
_switched = msgspec.json.Decoder(params.Switched)


class BrightPatternPlatform:
    """One agent's page."""

    def __init__(self, hint: AgentId | None) -> None:
        self._handshake = Handshake[tuple[jsonrpc.Message, bytes]](hint)
        self._calls: dict[int, Call] = {}
        self._open: dict[str, tuple[int | str | None, str]] = {}  # token: request id, event
        self._told = 0
        self._mended = reading.Mended()
        self._remarks = reading.Remarks()
        self.remarks = self._remarks.take
        self._family = Family()
        self._endings = Endings()
        self._logged_in: msgspec.Raw | None = None  # the ON_LOGIN of which the agent's state is not known yet

    # --- the contract

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """Ask for everything at once; the relay has subscribed to the events already."""
        self._handshake.now = now
        return self._handshake.begin(_LOGIN, *_CHANGING)

    def received(self, frame: bytes, now: datetime) -> Sequence[PlatformOutput]:
        """Read one frame. Raises MalformedFrame; the connection goes on as if it had not come."""
        self._handshake.now = now
        message = jsonrpc.decode(NAME, frame)
        outputs = self._endings.through(self._received(message, frame), now)
        self._remarks.add(*self._mended.told(message.method or "answer"))
        return outputs

    def refresh(self, now: datetime) -> Sequence[PlatformOutput]:
        """Ask again for all but who it is."""
        self._handshake.now = now
        return self._handshake.begin(*_CHANGING)

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError at once, before anything is sent."""
        return flows.begin(command, context)

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call."""
        self._calls[call_id] = call
        self._endings.sent(call_id, leaving.ends(call, self._family))
        if call.method == "consultCall":
            self._family.consulting()
        elif call.method == "startCall":
            self._family.not_consulting()
        return jsonrpc.request(call_id, call.method, call.params)

    def forget(self, call_id: int) -> None:
        """Nobody waits for that answer any more; a late one is dropped."""
        self._endings.forget(call_id)
        call = self._calls.pop(call_id, None)
        if call is not None and call.method == "consultCall":
            self._family.not_consulting()

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """Answer what was Asked; None gives the documented default."""
        request_id, event = self._open.pop(token, (None, ""))
        if request_id is None:  # unknown, or from a widget that does not wait
            return []
        return [Send(jsonrpc.response(request_id, asked.written(event, answer)))]

    def due(self) -> datetime | None:
        """When a call of our own, or an end, has waited long enough for an answer."""
        times = (self._handshake.due(), self._endings.due())
        return min((at for at in times if at is not None), default=None)

    def advance(self, now: datetime) -> Sequence[PlatformOutput]:
        """A page that does not answer is given up: the relay connects again, and everything is asked anew."""
        return [*self._endings.advance(now), *self._handshake.advance(now)]

    # --- answers

    def _received(self, message: jsonrpc.Message, frame: bytes) -> Sequence[PlatformOutput]:
        if message.is_response:
            if isinstance(message.id, int) and message.id > 0:
                return self._replied(message.id, message)
            call = self._handshake.asked(message.id)
            if call is None:
                return []  # nobody waits for it any more
            if call == _LOGIN and self._handshake.agent is None:
                return self._introduced(message, frame)
        if self._handshake.agent is None:
            with self._readable("frame"):  # as a whole now: later there is no second try
                msgspec.json.decode(frame)
            return self._handshake.hold((message, frame))
        return self._understood(message, frame, self._handshake.agent)

    def _introduced(self, message: jsonrpc.Message, frame: bytes) -> Sequence[PlatformOutput]:
        """The answer that says who the agent is: what was held back can be told now."""
        result = self._operation(message)
        data = wire_agent.LoginStateData(isLoggedIn=True)
        if result.status == "success":
            data = self._read(_login_state, result.data, _LOGIN)
        elif result.error is not None and result.error.name == "not_logged_in":
            data = wire_agent.LoginStateData(isLoggedIn=False)
        held = self._handshake.introduce(data.agentId)
        if isinstance(held, Close):
            return [held]
        agent = Ref(self._handshake.agent or "")
        out: list[PlatformOutput] = [codec.login_state(data, agent, msgspec.Raw(frame))]
        out += self._handshake.answered(_LOGIN)
        for earlier, its_frame in held:
            try:
                out += self._understood(earlier, its_frame, agent)
            except MalformedFrame:  # as if it had not come; its own moment to be counted is past
                name = str(earlier.method or "")
                out.append(Unrecognised(agent=agent, vendor=msgspec.Raw(its_frame), name=name))
        return out

    def _understood(self, message: jsonrpc.Message, frame: bytes, agent: Ref) -> list[PlatformOutput]:
        if isinstance(message.method, UnsetType):
            call = self._handshake.asked(message.id)
            return [] if call is None else self._own_answer(call, message, agent, msgspec.Raw(frame))
        if message.method in asked.READ:
            return self._asked(message.method, message, agent)
        return self._event(message.method, message, agent, msgspec.Raw(frame))

    def _replied(self, number: int, message: jsonrpc.Message) -> list[PlatformOutput]:
        if number not in self._calls:
            return []  # forgotten
        body = replies.body(message)
        if b"\\u" in bytes(body):
            with self._readable("answer"):  # as a whole: a flow has no second try
                msgspec.json.decode(body)
        call = self._calls.pop(number)
        out: list[PlatformOutput] = [Replied(number, Reply(body))]
        try:
            status = reading.decode(_result, body, self._mended).status
        except msgspec.DecodeError:  # the flow says so: it waits, and must not wait in vain
            return [*out, *self._endings.answered(number, done=False)]
        match call:
            case Call(method="consultCall") if status == "error":
                self._family.not_consulting()
            case Call(method="switchActiveInteraction", params=(str(ref),)) if status == "success":
                self._family.active = ref  # its event comes later than what a flow does next
            case Call(method="setCallRecordingMute", params=(bool(silent), str(ref))) if (
                status == "success"
                and self._handshake.agent is not None
                and self._family.silenced(ref, silent=silent)
            ):
                recording = RecordingState.PAUSED if silent else RecordingState.RECORDING
                agent = self._handshake.agent
                out.append(InteractionObserved(agent=agent, ref=Ref(ref), recording_state=recording))
            case _:
                pass
        return [*out, *self._endings.answered(number, done=status == "success")]

    def _own_answer(
        self, method: str, message: jsonrpc.Message, agent: Ref, vendor: msgspec.Raw
    ) -> list[PlatformOutput]:
        result = self._operation(message)
        out: list[PlatformOutput]
        if result.error is not None:
            out = self._own_refusal(method, result.error, agent, vendor)
        elif method == _LOGIN:
            out = [codec.login_state(self._read(_login_state, result.data, method), agent, vendor)]
        elif method == _STATE:
            data = self._read(_agent_state, result.data, method)
            reserved = data.reservedForIncomingInteraction
            reason = data.notReadyReason or None
            frame, self._logged_in = self._logged_in or vendor, None  # a login is told by its own frame
            word = data.state or None
            out = [codec.agent_state(word, reason, agent, frame, reserved=reserved)]
        elif method == _REASONS:
            out = [codec.choices(self._read(_reasons, result.data, method), agent, vendor)]
        else:
            out = self._listed(self._read(_snapshot, result.data, method), agent, vendor)
        return (
            out if any(isinstance(one, Close) for one in out) else [*out, *self._handshake.answered(method)]
        )

    def _own_refusal(
        self, method: str, error: wire.ResultError, agent: Ref, vendor: msgspec.Raw
    ) -> list[PlatformOutput]:
        """A refused call of ours: logged out is a state, and older widgets lack two of the methods."""
        if error.name == "not_logged_in":
            if method != _SNAPSHOT:
                return [codec.logged_out(agent, vendor)]
            self._family.clear()
            return [InteractionsListed(agent=agent, vendor=vendor, refs=()), codec.logged_out(agent, vendor)]
        if method == _REASONS:
            return [codec.choices((), agent, vendor)]
        if method == _SNAPSHOT and error.name not in _NO_SNAPSHOT:
            return [self._handshake.refused(method, error.name)]
        return []

    def _listed(self, data: wire.InteractionsState, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        alone = jsonrpc.one_by_one(vendor, IN_SNAPSHOT, "interactionId")
        out: list[PlatformOutput] = [
            codec.interaction(one, agent, alone.get(one.interactionId, vendor), lineage)
            for one, lineage in self._family.listed(data.interactions)
        ]
        refs = tuple(Ref(one.interactionId) for one in data.interactions)
        out.append(InteractionsListed(agent=agent, vendor=vendor, refs=refs))
        if not isinstance(data.activeInteractionId, UnsetType):
            self._family.active = data.activeInteractionId
            out.append(codec.focused(data.activeInteractionId, agent, vendor))
        return out

    # --- reading

    def _read(self, decoder: msgspec.json.Decoder[T], raw: msgspec.Raw, where: str) -> T:
        """Decode, what does not fit left out; or raise MalformedFrame saying where."""
        with self._readable(where):
            return reading.decode(decoder, raw, self._mended)

    @contextmanager
    def _readable(self, where: str) -> Iterator[None]:
        """Raises MalformedFrame saying where something cannot be read."""
        try:
            yield
        except msgspec.DecodeError as error:
            self._mended.told(where)  # it is lost: nothing was mended
            raise MalformedFrame(NAME, where, str(error)) from error

    def _operation(self, message: jsonrpc.Message) -> wire.OperationResult:
        return self._read(_result, replies.body(message), "operation result")

    # --- events

    def _asked(self, event: str, message: jsonrpc.Message, agent: Ref) -> list[PlatformOutput]:
        with self._readable(event):
            query, interaction = asked.READ[event](message.params, self._mended)
        request_id = _request_id(message)
        if request_id is None:
            self._told += 1
            token = f"told {self._told}"
        else:
            token = f"{type(request_id).__name__} {request_id}"
            self._open[token] = (request_id, event)
        ref = Ref(interaction) if interaction else None
        return [Asked(token=token, agent=agent, query=query, interaction_ref=ref)]

    def _event(
        self, event: str, message: jsonrpc.Message, agent: Ref, vendor: msgspec.Raw
    ) -> list[PlatformOutput]:
        handler = _HANDLERS.get(event)
        out: list[PlatformOutput]
        if handler is not None:
            out = handler(self, message.params, agent, vendor)
        elif event in notices.READ:
            with self._readable(event):
                out = [notices.READ[event](message.params, agent, vendor, self._mended)]
        else:
            out = [Unrecognised(agent=agent, vendor=vendor, name=event)]
        if message.expects_answer and not EVENTS.get(event, False):
            # somebody waits for an answer to an event newer than our manual: nothing is what we have to say
            out.append(Send(jsonrpc.response(_request_id(message), None)))
        return out

    def _on_interaction(self, raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        data = self._read(_one_interaction, raw, "interaction event").interaction
        return [codec.interaction(data, agent, vendor, self._family.seen(data))]

    def _on_removed(self, raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        data = self._read(_one_interaction, raw, "ON_INTERACTION_REMOVED").interaction
        final = codec.removed(data, agent, vendor, self._family.gone(data))
        return [final, InteractionGone(agent=agent, vendor=vendor, ref=Ref(data.interactionId))]

    def _on_switched(self, raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        active = self._read(_switched, raw, "ON_ACTIVE_INTERACTION_SWITCHED").activatedInteractionId or None
        self._family.active = active
        return [codec.focused(active, agent, vendor)]

    def _on_state(self, raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        data = self._read(_state_change, raw, "ON_AGENT_STATE_CHANGE")
        return [codec.agent_state(data.state, data.notReadyReason, agent, vendor)]

    def _on_login(self, raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        """Somebody logged in, perhaps somebody else: what we knew is old, so ask for everything again."""
        data = self._read(_logged_in, raw, "ON_LOGIN").state
        out: list[PlatformOutput] = []
        if data.agentId and data.agentId != agent:
            out.append(codec.logged_out(agent, vendor))
            self._family.clear()
            self._handshake.agent = agent = Ref(data.agentId)
        out.append(codec.login_state(data, agent, vendor))
        self._logged_in = vendor
        return [*out, *(self._handshake.ask(method) for method in _CHANGING)]

    def _on_logout(self, raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        del raw
        self._logged_in = None
        self._family.clear()
        return [codec.logged_out(agent, vendor)]


_Handler = Callable[[BrightPatternPlatform, msgspec.Raw, Ref, msgspec.Raw], list[PlatformOutput]]
_HANDLERS: Final[Mapping[str, _Handler]] = {
    "ON_LOGIN": BrightPatternPlatform._on_login,  # noqa: SLF001  # the class's own table
    "ON_LOGOUT": BrightPatternPlatform._on_logout,  # noqa: SLF001
    "ON_AGENT_STATE_CHANGE": BrightPatternPlatform._on_state,  # noqa: SLF001
    "ON_NEW_INTERACTION": BrightPatternPlatform._on_interaction,  # noqa: SLF001
    "ON_INTERACTION_STATE_CHANGE": BrightPatternPlatform._on_interaction,  # noqa: SLF001
    "ON_INTERACTION_REMOVED": BrightPatternPlatform._on_removed,  # noqa: SLF001
    "ON_ACTIVE_INTERACTION_SWITCHED": BrightPatternPlatform._on_switched,  # noqa: SLF001
}


def _request_id(message: jsonrpc.Message) -> int | str | None:
    return None if isinstance(message.id, UnsetType) else message.id
