"""South: one agent's page, reached through the relay: its answers and its events.

Source: seed 000 (the snapshot at the start, not_logged_in), reference/bright-pattern.md sections 1.3, 4, 6.
What no snapshot says is in memory.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from adapters.bright_pattern import decode, flows, methods, notices, queries, tables, wire, wire_events
from adapters.bright_pattern.memory import Memory
from adapters.bright_pattern.tables import NAME
from adapters.contract.dialect import Asked, Call, Close, Context, Flow, PlatformOutput, Replied, Reply, Send
from adapters.kit import jsonrpc, reading
from adapters.kit.relayed import Relayed
from adapters.kit.repeated import Event, Frequent, Repeated
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, Ref
from schemas.interaction import EndCause, RecordingState
from schemas.messages import Author, Message
from schemas.observations import (
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
    MessageObserved,
    Unrecognised,
)
from schemas.queries import AnyQueryAnswer

_LOGIN: Final = methods.GET_LOGIN_STATE.name
_STATE: Final = methods.GET_AGENT_STATE.name
_REASONS: Final = methods.GET_REASONS.name
_SNAPSHOT: Final = methods.GET_INTERACTIONS_STATE.name
_CHANGING: Final = (_STATE, _REASONS, _SNAPSHOT)  # whose answers another login, or time, makes old
_NO_SNAPSHOT: Final = frozenset({"api_method_not_implemented", "invalid_request"})  # a widget before 2024

IN_SNAPSHOT: Final = ("result", "data", "interactions")
_anything = msgspec.json.Decoder[object](object)
_result = msgspec.json.Decoder(wire.OperationResult)
_login_state = msgspec.json.Decoder(wire.LoginStateData)
_agent_state = msgspec.json.Decoder(wire.AgentStateData)
_reasons = msgspec.json.Decoder(tuple[str, ...])
_snapshot = msgspec.json.Decoder(wire.InteractionsState)
_one_interaction = msgspec.json.Decoder(wire_events.OneInteraction)
_logged_in = msgspec.json.Decoder(wire_events.LoggedIn)
_state_change = msgspec.json.Decoder(wire_events.StateChange)
_switched = msgspec.json.Decoder(wire_events.Switched)
_STATE_CHANGE: Final = "ON_INTERACTION_STATE_CHANGE"
_changed = Frequent(Event[Literal["ON_INTERACTION_STATE_CHANGE"], wire_events.OneInteraction], _STATE_CHANGE)
_JSONRPC_ERRORS: Final[Mapping[int, str]] = {
    jsonrpc.METHOD_NOT_FOUND: "api_method_not_implemented",
    jsonrpc.INVALID_PARAMS: "invalid_args",
    jsonrpc.INVALID_REQUEST: "invalid_request",
}


class BrightPatternPlatform(Relayed[tuple[jsonrpc.Message, msgspec.Raw]]):
    """One agent's page."""

    def __init__(self, hint: AgentId | None) -> None:
        super().__init__(NAME, hint, who=(_LOGIN,), state=_CHANGING)
        self._asked_of_us = 0
        self._open: dict[str, tuple[int | str, str]] = {}  # token: request id, event
        self._memory = Memory()
        self._sent = 0  # messages of chats
        self._repeated = Repeated(decode.same_but_state, self._endings)
        self._logged_in: msgspec.Raw | None = None  # the ON_LOGIN of which the agent's state is not known yet

    # --- the contract

    def repeated(self, frame: bytes) -> InteractionObserved | None:
        """Another state, and perhaps another duration: see the contract."""
        changed = _changed.read(frame)
        if changed is None or changed.id is not UNSET:
            return None
        data = changed.params.interaction
        state = tables.GOES_ON.get(data.state) if isinstance(data.state, str) else None
        if state is None:
            return None
        counting = {} if data.duration is None else {"duration": data.duration}
        vendor = msgspec.Raw(frame)
        return self._repeated.again(data, data.interactionId, vendor, state, data.state, counting)

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError at once, before anything is sent."""
        return flows.begin(command, context)

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """Answer what was Asked; None gives the documented default."""
        asked = self._open.pop(token, None)
        if asked is None:  # unknown, or from a widget that does not wait
            return []
        request_id, event = asked
        return [Send(jsonrpc.response(request_id, queries.written_answer(event, answer)))]

    def _ends(self, call: Call) -> Mapping[Ref, EndCause]:
        self._repeated.clear()
        return self._memory.sent(call)

    def _unanswered(self, call: Call) -> None:
        self._repeated.clear()
        self._memory.failed(call)

    # --- answers

    def _received(self, message: jsonrpc.Message, frame: msgspec.Raw) -> Iterable[PlatformOutput]:
        if message.is_response:
            if isinstance(message.id, int) and message.id > 0:
                return self._replied(message.id, message)
            call = self._handshake.asked(message.id)
            if call is None:
                return []  # nobody waits for it any more
            if call == _LOGIN and self._handshake.agent is None:
                return self._introduced(message, frame)
        if self._handshake.agent is None:
            self._read(_anything, frame, "frame")  # as a whole now: later there is no second try
            return self._handshake.hold((message, frame))
        return self._understood(message, frame, self._handshake.agent)

    def _introduced(self, message: jsonrpc.Message, frame: msgspec.Raw) -> Sequence[PlatformOutput]:
        """The answer that says who the agent is: what was held back can be told now."""
        result = self._operation(message)
        data = wire.LoginStateData(isLoggedIn=True)
        if result.status == "success":
            data = self._read(_login_state, result.data, _LOGIN)
        elif result.error is not None and result.error.name == "not_logged_in":
            data = wire.LoginStateData(isLoggedIn=False)
        held = self._handshake.introduce(data.agentId)
        if isinstance(held, Close):
            return [held]
        agent = Ref(self._handshake.agent or "")
        out = [decode.login_state(data, agent, frame), *self._handshake.answered(_LOGIN)]
        for earlier, its_frame in held:
            try:
                out += self._understood(earlier, its_frame, agent)
            except MalformedFrame:  # as if it had not come; its own moment to be counted is past
                out.append(Unrecognised(agent=agent, vendor=its_frame, name=str(earlier.method or "")))
        return out

    def _understood(self, message: jsonrpc.Message, frame: msgspec.Raw, agent: Ref) -> list[PlatformOutput]:
        if message.method != _STATE_CHANGE:
            self._repeated.clear()
        if isinstance(message.method, UnsetType):
            call = self._handshake.asked(message.id)
            return [] if call is None else self._own_answer(call, message, agent, frame)
        if message.method in queries.READ:
            return self._asked(message.method, message, agent)
        return self._event(message.method, message, agent, frame)

    def _replied(self, number: int, message: jsonrpc.Message) -> list[PlatformOutput]:
        if number not in self._calls:
            return []  # forgotten
        self._repeated.clear()
        body = _body(message)
        if b"\\u" in bytes(body):
            self._read(_anything, body, "answer")  # as a whole: a flow has no second try
        call = self._calls.pop(number)
        out: list[PlatformOutput] = [Replied(number, Reply(body))]
        done = False
        try:
            done = reading.decode(_result, body, self._mended).status == "success"
        except msgspec.DecodeError:
            pass  # the flow says so: it waits, and must not wait in vain
        else:
            if done:
                out += self._done(call)
            else:
                self._memory.failed(call)
        return [*out, *self._endings.answered(number, done=done)]

    def _done(self, call: Call) -> Iterator[PlatformOutput]:
        """What a call has changed that no event says, or says later than what a flow does next."""
        row = methods.METHODS[call.method]
        match call.params:
            case (str(ref),) if row is methods.SWITCH_ACTIVE_INTERACTION:
                self._memory.active = ref
            case (str(text), str(ref)) if row is methods.SEND_CHAT_MESSAGE and self._handshake.agent:
                # No event tells what is written: that it was taken is all the word there is.
                self._sent += 1
                named = f"{ref}-{self._handshake.now:%Y%m%dT%H%M%S.%f}-{self._sent}"
                message = Message(id=named, author=Author.AGENT, text=text)
                yield MessageObserved(agent=self._handshake.agent, ref=Ref(ref), message=message)
            case (bool(silent), str(ref)) if row is methods.SET_CALL_RECORDING_MUTE:
                agent = self._handshake.agent
                if agent is not None and self._memory.silenced(ref, silent=silent):
                    recording = RecordingState.PAUSED if silent else RecordingState.RECORDING
                    yield InteractionObserved(agent=agent, ref=Ref(ref), recording_state=recording)

    def _own_answer(
        self, method: str, message: jsonrpc.Message, agent: Ref, vendor: msgspec.Raw
    ) -> list[PlatformOutput]:
        result = self._operation(message)
        out: list[PlatformOutput]
        if result.error is not None:
            out = self._own_refusal(method, result.error, agent, vendor)
        elif method == _LOGIN:
            out = [decode.login_state(self._read(_login_state, result.data, method), agent, vendor)]
        elif method == _STATE:
            data = self._read(_agent_state, result.data, method)
            frame, self._logged_in = self._logged_in or vendor, None  # a login is told by its own frame
            reserved, reason = data.reservedForIncomingInteraction, data.notReadyReason or None
            out = [decode.agent_state(data.state or None, reason, agent, frame, reserved=reserved)]
        elif method == _REASONS:
            out = [decode.choices(self._read(_reasons, result.data, method), agent, vendor)]
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
            logged_out = decode.logged_out(agent, vendor)
            if method != _SNAPSHOT:
                return [logged_out]
            self._memory.clear()
            return [InteractionsListed(agent=agent, vendor=vendor, refs=()), logged_out]
        if method == _REASONS:
            return [decode.choices((), agent, vendor)]
        if method == _SNAPSHOT and error.name not in _NO_SNAPSHOT:
            return [self._handshake.refused(method, error.name)]
        return []

    def _listed(self, data: wire.InteractionsState, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        # else one that is not listed may be there all the same
        whole = not self._mended.lost_entry(IN_SNAPSHOT[-1])
        alone = jsonrpc.one_by_one(vendor, IN_SNAPSHOT, tables.INTERACTION_ID)
        out: list[PlatformOutput] = [
            decode.interaction(one, agent, alone.get(one.interactionId, vendor), known)
            for one, known in self._memory.listed(data.interactions, whole=whole)
        ]
        if whole:
            refs = tuple(Ref(one.interactionId) for one in data.interactions)
            out.append(InteractionsListed(agent=agent, vendor=vendor, refs=refs))
        if not isinstance(data.activeInteractionId, UnsetType):
            self._memory.active = data.activeInteractionId
            out.append(decode.focused(data.activeInteractionId, agent, vendor))
        return out

    def _operation(self, message: jsonrpc.Message) -> wire.OperationResult:
        return self._read(_result, _body(message), "operation result")

    # --- events

    def _asked(self, event: str, message: jsonrpc.Message, agent: Ref) -> list[PlatformOutput]:
        try:
            query, interaction = queries.READ[event](message.params, self._mended)
        except msgspec.DecodeError as error:
            raise self._unreadable(event, error) from error
        self._asked_of_us += 1
        token = str(self._asked_of_us)
        request_id = message.request_id
        if request_id is not None:  # else the widget does not wait
            self._open[token] = (request_id, event)
        ref = Ref(interaction) if interaction else None
        return [Asked(token=token, agent=agent, query=query, interaction_ref=ref)]

    def _event(
        self, event: str, message: jsonrpc.Message, agent: Ref, vendor: msgspec.Raw
    ) -> list[PlatformOutput]:
        out: list[PlatformOutput]
        match event:
            case "ON_NEW_INTERACTION" | "ON_INTERACTION_STATE_CHANGE":
                data = self._read(_one_interaction, message.params, event).interaction
                seen = decode.interaction(data, agent, vendor, self._memory.seen(data))
                self._repeated.keep(data, seen, goes_on=data.state in tables.GOES_ON)
                out = [seen]
            case "ON_INTERACTION_REMOVED":
                data = self._read(_one_interaction, message.params, event).interaction
                final = decode.removed(data, agent, vendor, self._memory.gone(data))
                out = [final, InteractionGone(agent=agent, vendor=vendor, ref=Ref(data.interactionId))]
            case "ON_ACTIVE_INTERACTION_SWITCHED":
                active = self._read(_switched, message.params, event).activatedInteractionId or None
                self._memory.active = active
                out = [decode.focused(active, agent, vendor)]
            case "ON_AGENT_STATE_CHANGE":
                state = self._read(_state_change, message.params, event)
                out = [decode.agent_state(state.state, state.notReadyReason, agent, vendor)]
            case "ON_LOGIN":
                out = self._on_login(self._read(_logged_in, message.params, event).state, agent, vendor)
            case "ON_LOGOUT":
                self._logged_in = None
                self._memory.clear()
                out = [decode.logged_out(agent, vendor)]
            case _ if event in notices.READ:
                try:
                    out = [notices.READ[event](message.params, agent, vendor, self._mended)]
                except msgspec.DecodeError as error:
                    raise self._unreadable(event, error) from error
                out += notices.summary(event, message.params, agent)
            case _:
                out = [Unrecognised(agent=agent, vendor=vendor, name=event)]
        if message.expects_answer:
            # somebody waits for an answer to an event newer than our manual: nothing is what we have to say
            out.append(Send(jsonrpc.response(message.request_id, None)))
        return out

    def _on_login(self, data: wire.LoginStateData, agent: Ref, vendor: msgspec.Raw) -> list[PlatformOutput]:
        """Somebody logged in, perhaps somebody else: what we knew is old, so ask for everything again."""
        out: list[PlatformOutput] = []
        if data.agentId and data.agentId != agent:
            out.append(decode.logged_out(agent, vendor))
            self._memory.clear()
            self._handshake.agent = agent = Ref(data.agentId)
        self._logged_in = vendor
        fresh = [self._handshake.ask(method) for method in _CHANGING]
        return [*out, decode.login_state(data, agent, vendor), *fresh]


def _body(message: jsonrpc.Message) -> msgspec.Raw:
    """The vendor's result; where the relay itself refused, what the vendor would say to the same."""
    if not isinstance(message.result, UnsetType):
        return message.result
    error = message.error
    if isinstance(error, UnsetType) or error is None:
        return jsonrpc.NOTHING
    name = _JSONRPC_ERRORS.get(error.code, "unknown_error")
    refusal = wire.Refused(wire.ResultError(tables.REQUEST_ERRORS[name], name, error.message))
    return msgspec.Raw(msgspec.json.encode(refusal))
