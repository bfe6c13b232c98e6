"""South: one WebSocket to the platform, many agents' sessions on it.

Source: reference channel-session.md sections 1.5, 1.6 and 3.3; seed 003. Targets of requests and replies are
printed in two forms (with the group or without), and the needinfo of a completion with the target of the
channel: `kit.replies` tells which request a reply answers. A request whose list comes in an event is answered
when that event has come, with the list in it. A configured agent whose session does not come about is given
up and tried again later (`kit.sign_ins`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.channel_session import codec, decode, flows, methods, outcomes, tables, wire
from adapters.channel_session.decode_agent import signed_out
from adapters.channel_session.decode_interaction import repeated, same_but_state
from adapters.channel_session.memory import KnownSession, Sessions
from adapters.channel_session.rows import Row
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.channel_session.sign_in import FIRST_PAUSE, IN_VAIN, LONGEST_PAUSE
from adapters.contract.dialect import Call, Context, Flow, PlatformOutput, Replied, Reply, Send
from adapters.contract.remarks import Remark, RemarkKind
from adapters.kit import dialled, replies
from adapters.kit.dialled import OURS, Dialled
from adapters.kit.repeated import Frequent, Repeated
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, Ref
from schemas.observations import (
    AnyObservation,
    InteractionObserved,
    InteractionsListed,
    Noticed,
    Unrecognised,
)

_frequent: Final = Frequent(wire.StateUpdated, tables.STATE)
OUT: Final = Ref("")  # the agent of an event whose session is not known


@dataclass(slots=True)
class Waiting(dialled.Waiting):
    """What the connection keeps of a request; the agent is that of prepareSession."""

    row: Row | None
    success: wire.Message | None = None  # until its event comes
    told: msgspec.Raw | None = None  # the event's data, if that came first

    @property
    def event(self) -> str:
        """The event that brings its list."""
        return self.row.event if self.row is not None else ""


Request = replies.Request[Waiting]


class ChannelSessionConnection(Dialled[Waiting]):
    """The platform's client, sans-IO."""

    def __init__(self, options: ChannelSessionSettings, agent_id: AgentId | None = None) -> None:
        agents = [AgentId(one) for one in options.agents if agent_id is None or one == agent_id]
        super().__init__(agents, FIRST_PAUSE, LONGEST_PAUSE)
        self._options = options
        self._sessions = Sessions()

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """Sign the configured agents in; nothing is to be subscribed to."""
        self._sessions.clear()
        return super().opened(now)

    def _ask_for_session(self, agent: Ref, now: datetime, *, take_over: bool) -> Send:
        self._sign_ins.waits(agent, wire.PREPARE, now)
        password = self._options.agents[agent].get_secret_value()
        return Send(self.send(flows.prepare(self._options, agent, password, override=take_over), OURS))

    def _let_go(self, agent: Ref) -> None:
        for session in [one for one in self._sessions.values() if one.agent == agent and one.starting]:
            del self._sessions[session.id]

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError at once for what the protocol cannot say."""
        return flows.begin(command, context, self._options)

    def received(self, frame: bytes, now: datetime) -> Sequence[PlatformOutput]:
        """Read one response or event. Raises MalformedFrame and forgets that it came."""
        self._mended.clear()
        message = codec.read(frame, self._mended)
        self._now = now
        if isinstance(message.result, str):
            out = self._responded(message, frame, now)
            self._remarks.add(*self._mended.told(message.result))
            return out
        if isinstance(message.name, str):
            out = self._told(message, message.name, msgspec.Raw(frame))
            self._remarks.add(*self._mended.told(message.name))
            return self._endings.through(out, now)
        raise MalformedFrame(tables.NAME, "frame", "neither a response nor an event")

    def repeated(self, frame: bytes) -> InteractionObserved | None:
        """A conversation that is held or talked on again: see the contract."""
        said = _frequent.read(frame)
        session = None if said is None or said.result is not UNSET else self._sessions.at(said.target)
        if said is None or session is None:
            return None
        return repeated(session, said.target, said.data, msgspec.Raw(frame))

    # --- requests and responses

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call."""
        self._sent += 1
        request_id = str(self._sent)
        data = call.params[0] if call.params else {}
        session = self._sessions.at(call.target)
        agent = session.agent if session is not None else OUT
        if isinstance(data, wire.PrepareData):
            agent = Ref(data.agent.id)
        sent = codec.as_object(msgspec.Raw(msgspec.json.encode(data)))
        words = replies.Words(request_id, tables.bare(call.method), call.target, sent)
        ungrouped, above = (session.ungrouped(call.target), session.id) if session else ("", "")
        forms = replies.forms(call.target, ungrouped, above)
        waiting = Waiting(call_id, agent, methods.row_of(call.method))
        self._requests.add(replies.Request(words, waiting, forms))
        if session is not None:
            session.sent(call.target)
            self._endings.sent(call_id, session.ends(call.method, call.target))
        return codec.request(call.method, call.target, data, request_id)

    def _responded(self, message: wire.Message, frame: bytes, now: datetime) -> list[PlatformOutput]:
        said, repeated = codec.words(message)
        request = self._requests.answered(said, repeated, now)
        if request is None:
            self._remarks.add(Remark(RemarkKind.UNAWAITED, f"{said.method}: {message.result}"))
            return []
        waiting, target = request.about, request.words.target
        succeeded = message.result == "success"
        if succeeded and waiting.event and waiting.told is None:
            waiting.success, request.replied = message, True
            return []
        prepared = flows.prepared(message) if succeeded and request.words.method == wire.PREPARE else ""
        failed = outcomes.told_failure(message)[0] if waiting.call_id == OURS else wire.Failure()
        self._requests.done(request)  # nothing is malformed from here on
        out: list[PlatformOutput] = []
        session = self._sessions.at(target)
        if prepared:
            for old in [one for one in self._sessions.values() if one.agent == waiting.agent]:
                del self._sessions[old.id]  # the platform destroyed it for this one
            self._sessions[prepared] = KnownSession(
                prepared, waiting.agent, self._mended, Repeated(same_but_state, self._endings)
            )
            self._had.add(waiting.agent)
            if waiting.call_id != OURS:
                self._sign_ins.done(waiting.agent)
                out += self._whether_ready()
        if succeeded and waiting.row is methods.LOGOUT and session is not None:
            out += signed_out(session, msgspec.Raw(frame))
            self._close(session)
        if waiting.call_id == OURS:
            return out + self._started_by_us(request, message, prepared, failed, now)
        body = msgspec.Raw(frame) if waiting.told is None else codec.with_data(message, waiting.told)
        ended = self._endings.answered(waiting.call_id, done=succeeded)
        return [*out, Replied(waiting.call_id, Reply(body)), *ended]

    def _started_by_us(
        self, request: Request, message: wire.Message, prepared: str, failed: wire.Failure, now: datetime
    ) -> list[PlatformOutput]:
        """Go on with the signing in of a configured agent."""
        agent, target = request.about.agent, request.words.target
        if prepared:
            self._sign_ins.waits(agent, methods.START.name, now)
            return [Send(self.send(flows.start(prepared, self._options.extension), OURS))]
        if message.result == "success":
            if (session := self._sessions.get(target)) is not None and session.starting:
                self._sign_ins.waits(agent, tables.INITIALIZED, now)
            return []
        asked = message.result == "confirm" and request.words.method == wire.PREPARE  # which alone can be
        if asked and self._options.take_over and agent not in self._had:
            self._had.add(agent)  # so that it is tried once
            return [self._ask_for_session(agent, now, take_over=True)]
        self._sessions.pop(target, None)
        self._sign_ins.failed(agent, now)
        if failed.code.casefold() == IN_VAIN:
            self._sign_ins.done(agent)
        code, text = failed.code or str(message.result), failed.message or message.message
        return [Noticed(agent=agent, code=code, message=text, error=True), *self._whether_ready()]

    def _close(self, session: KnownSession) -> None:
        self._sessions.pop(session.id, None)
        self._had.discard(session.agent)

    # --- events

    def _told(self, message: wire.Message, name: str, frame: msgspec.Raw) -> list[PlatformOutput]:
        session = self._sessions.at(message.target)
        if session is None:
            return [] if name in tables.DISPOSALS else [Unrecognised(agent=OUT, vendor=frame, name=name)]
        reader = decode.READERS.get(name) if codec.is_event(message) else None
        if name != tables.STATE or message.target not in session.conversations:
            session.repeated.clear()
        was_starting = session.starting
        try:
            heard = decode.read(session, message, name, frame)
            seen = reader(heard) if reader is not None else None
        except msgspec.DecodeError as error:
            raise MalformedFrame(tables.NAME, name, str(error)) from error
        if seen is None:
            seen = (Unrecognised(agent=session.agent, vendor=frame, name=name),)
        if session.starting and not session.ended:
            session.held_back += seen
            return []
        out: list[PlatformOutput] = [*seen]
        if was_starting and not session.ended:
            out += self._recovered(session, frame)
        if session.ended:
            out += self._close_ended(session)
        return out + self._completed(session, name, message)

    def _recovered(self, session: KnownSession, frame: msgspec.Raw) -> list[PlatformOutput]:
        """What else was said while the session started, then the list of what is open."""
        held, session.held_back = session.held_back, []
        mains = session.interactions.values()
        known = [one for main in mains for one in (main, *session.consults(main))]
        refs = tuple(Ref(one.target) for one in known if one.told is not None)
        listed: AnyObservation = InteractionsListed(agent=session.agent, vendor=frame, refs=refs)
        self._sign_ins.done(session.agent)
        return [*held, listed, *self._whether_ready()]

    def _close_ended(self, session: KnownSession) -> list[PlatformOutput]:
        """The session ended by itself; one that never became ready is not waited for."""
        logouts = [one.words.target for one in self._requests if one.about.row is methods.LOGOUT]
        if session.id not in logouts:
            self._close(session)
        self._sign_ins.done(session.agent)
        return self._whether_ready()

    def _completed(self, session: KnownSession, name: str, message: wire.Message) -> list[PlatformOutput]:
        """The replies that were waiting for this event."""
        out: list[PlatformOutput] = []
        for request in self._requests:
            waiting = request.about
            if waiting.event != name or not session.same_channel(request.words.target, message.target):
                continue
            if waiting.success is None:
                waiting.told = message.data
                continue
            self._requests.done(request)
            out.append(Replied(waiting.call_id, Reply(codec.with_data(waiting.success, message.data))))
        return out
