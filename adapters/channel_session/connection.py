"""South: one WebSocket to the platform, many agents' sessions on it.

Source: reference channel-session.md sections 1.5, 1.6 and 3.3; seed 003. Which request a response answers is
told by `replies`. A request whose list comes in an event is answered when that event has come, with the list
in it. A configured agent whose session does not come about is given up and tried again later (`signing`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from adapters.channel_session import codec, flows, observe, tables, wire
from adapters.channel_session.memory import KnownSession, Sessions
from adapters.channel_session.observe_agent import signed_out
from adapters.channel_session.replies import Requests, Waiting, as_object, forms
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.channel_session.signing import SignIns
from adapters.contract.dialect import Call, Context, Flow, PlatformOutput, Ready, Replied, Reply, Send
from adapters.contract.remarks import Remark, RemarkKind
from adapters.kit.end_causes import Endings
from adapters.kit.reading import Mended, Remarks
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, Ref
from schemas.observations import AnyObservation, InteractionsListed, Noticed, Unrecognised
from schemas.queries import AnyQueryAnswer

NEVER: Final = datetime.min.replace(tzinfo=UTC)
OURS: Final = 0  # the call id of what nobody but the connection waits for
OUT: Final = Ref("")  # the agent of an event whose session is not known
NOT_ANSWERED: Final = "not-answered"


class ChannelSessionConnection:
    """The platform's client, sans-IO."""

    def __init__(self, options: ChannelSessionSettings, agent_id: AgentId | None = None) -> None:
        self._options = options
        self._only = agent_id
        self._sessions = Sessions()
        self._waiting = Requests()
        self._endings = Endings()
        self._had: set[Ref] = set()  # agents that had a session by us: theirs may be taken over
        self._signing = SignIns()
        self._ready = False
        self._sent = 0
        self._mended = Mended()  # in the frame that is being read
        self._remarks = Remarks()
        self.remarks = self._remarks.take
        self._now = NEVER  # when something last happened

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """Sign the configured agents in; nothing is to be subscribed to."""
        self._now = now
        overdue = self._endings.clear()
        self._sessions.clear()
        self._waiting.clear()
        self._ready = False
        agents = [Ref(one) for one in self._options.agents if self._only is None or one == self._only]
        self._signing.begin(agents, now)
        return [
            *overdue,
            *(self._prepare(agent, override=agent in self._had) for agent in agents),
            *self._whether_ready(),
        ]

    def refresh(self, now: datetime) -> Sequence[PlatformOutput]:
        """Nothing: only a session that starts is told what there is."""
        del now
        return ()

    def due(self) -> datetime | None:
        """When an agent or an end has waited long enough, or an agent is to be tried again."""
        moments = [one for one in (self._signing.due(), self._endings.due()) if one is not None]
        return min(moments, default=None)

    def advance(self, now: datetime) -> Sequence[PlatformOutput]:
        """Give up who has waited long enough, try those again who have rested, tell what was held back."""
        self._now = now
        out: list[PlatformOutput] = [*self._endings.advance(now)]
        for agent in self._signing.rested(now):
            self._let_go(agent)
            self._signing.waits(agent, wire.PREPARE, now)
            out.append(self._prepare(agent, override=agent in self._had))
        for agent, waited_for in self._signing.overdue(now):
            self._signing.failed(agent, now)  # a late answer is still welcome, until the next try
            message = f"{waited_for} did not come in time"
            out.append(Noticed(agent=agent, code=NOT_ANSWERED, message=message, error=True))
        return [*out, *self._whether_ready()]

    def _prepare(self, agent: Ref, *, override: bool) -> Send:
        password = self._options.agents[agent].get_secret_value()
        return Send(self._request(flows.prepare(self._options, agent, password, override=override), OURS))

    def _let_go(self, agent: Ref) -> None:
        """Forget what is left of an attempt."""
        for waiting in self._waiting:
            if waiting.call_id == OURS and waiting.agent == agent:
                self._waiting.forget(waiting, self._now)
        for session in [one for one in self._sessions.values() if one.agent == agent and one.starting]:
            del self._sessions[session.id]

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError at once for what the protocol cannot say."""
        return flows.begin(command, context, self._options)

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call."""
        return self._request(call, call_id)

    def forget(self, call_id: int) -> None:
        """Drop the answer of a call, should it still come."""
        self._endings.forget(call_id)
        for waiting in self._waiting:
            if waiting.call_id == call_id:
                self._waiting.forget(waiting, self._now)

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:  # noqa: ARG002
        """Such a platform asks nothing, so there is nothing to answer."""
        return ()

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
        raise MalformedFrame(codec.NAME, "frame", "neither a response nor an event")

    # --- requests and responses

    def _request(self, call: Call, call_id: int) -> bytes:
        self._sent += 1
        request_id = str(self._sent)
        data = call.params[0] if call.params else {}
        session = self._sessions.at(call.target)
        agent = session.agent if session is not None else OUT
        if call.method == wire.PREPARE and isinstance(data, wire.PrepareData):
            agent = Ref(data.agent.id)
        self._waiting.add(
            Waiting(
                request_id,
                tables.bare(call.method),
                call.target,
                forms(call.target, *(session.id, session.ungrouped(call.target)) if session else ("", "")),
                as_object(msgspec.Raw(msgspec.json.encode(data))),
                call_id,
                agent,
            )
        )
        if session is not None:
            session.sent(call.target)
            self._endings.sent(call_id, session.ends(call.method, call.target))
        return codec.request(call.method, call.target, data, request_id)

    def _responded(self, message: wire.Message, frame: bytes, now: datetime) -> list[PlatformOutput]:
        waiting = self._waiting.answered(message, now)
        if waiting is None:
            name = tables.bare(message.command) if isinstance(message.command, str) else ""
            self._remarks.add(Remark(RemarkKind.UNAWAITED, f"{name}: {message.result}"))
            return []
        succeeded = message.result == "success"
        if succeeded and waiting.command in tables.TOLD_BY_EVENT and waiting.told is None:
            waiting.success = message
            return []
        out: list[PlatformOutput] = []
        session = self._sessions.at(waiting.target)
        prepared = flows.prepared(message) if succeeded and waiting.command == wire.PREPARE else ""
        self._waiting.done(waiting)
        if prepared:
            for old in [one for one in self._sessions.values() if one.agent == waiting.agent]:
                del self._sessions[old.id]  # the platform destroyed it for this one
            self._sessions[prepared] = KnownSession(prepared, waiting.agent, self._mended)
            self._had.add(waiting.agent)
            if waiting.call_id != OURS:
                self._signing.done(waiting.agent)
                out += self._whether_ready()
        if succeeded and waiting.command == tables.bare(tables.LOGOUT) and session is not None:
            out += signed_out(session, msgspec.Raw(frame))
            self._close(session)
        if waiting.call_id == OURS:
            return out + self._started_by_us(waiting, message, prepared, now)
        body = msgspec.Raw(frame)
        if waiting.told is not None:
            body = codec.with_data(message, waiting.told)
        ended = self._endings.answered(waiting.call_id, done=succeeded)
        return [*out, Replied(waiting.call_id, Reply(body)), *ended]

    def _started_by_us(
        self, waiting: Waiting, message: wire.Message, prepared: str, now: datetime
    ) -> list[PlatformOutput]:
        """Go on with the signing in of a configured agent."""
        agent = waiting.agent
        if prepared:
            self._signing.waits(agent, tables.START, now)
            return [Send(self._request(flows.start(prepared, self._options.extension), OURS))]
        if message.result == "success":
            if (session := self._sessions.get(waiting.target)) is not None and session.starting:
                self._signing.waits(agent, tables.INITIALIZED, now)
            return []
        asked = message.result == "confirm" and waiting.command == wire.PREPARE  # which alone can be
        if asked and self._options.take_over and agent not in self._had:
            self._had.add(agent)  # so that it is tried once
            self._signing.waits(agent, wire.PREPARE, now)
            return [self._prepare(agent, override=True)]
        self._sessions.pop(waiting.target, None)
        failed, _ = codec.told_failure(message)
        self._signing.failed(agent, now, failed.code)
        notice = Noticed(
            agent=agent,
            code=failed.code or str(message.result),
            message=failed.message or message.message,
            error=True,
        )
        return [notice, *self._whether_ready()]

    def _close(self, session: KnownSession) -> None:
        self._sessions.pop(session.id, None)
        self._had.discard(session.agent)

    def _whether_ready(self) -> list[PlatformOutput]:
        if self._ready or not self._signing.over:
            return []
        self._ready = True
        return [Ready()]

    # --- events

    def _told(self, message: wire.Message, name: str, frame: msgspec.Raw) -> list[PlatformOutput]:
        session = self._sessions.at(message.target)
        if session is None:
            return [] if name in tables.DISPOSALS else [Unrecognised(agent=OUT, vendor=frame, name=name)]
        reader = observe.READERS.get(name) if codec.is_event(message) else None
        was_starting = session.starting
        try:
            heard = observe.read(message.data, name, frame, self._mended)
            seen = reader(session, message.target, heard) if reader is not None else None
        except msgspec.DecodeError as error:
            raise MalformedFrame(codec.NAME, name, str(error)) from error
        if seen is None:
            seen = (Unrecognised(agent=session.agent, vendor=frame, name=name),)
        if session.starting and not session.ended:
            session.held_back += seen
            return []
        out: list[PlatformOutput] = [*seen]
        if was_starting and not session.ended:
            out += self._recovered(session, frame)
        if session.ended:
            self._close_ended(session, out)
        return out + self._completed(session, name, message)

    def _recovered(self, session: KnownSession, frame: msgspec.Raw) -> list[PlatformOutput]:
        """What else was said while the session started, then the list of what is open."""
        held, session.held_back = session.held_back, []
        refs = [Ref(one.target) for one in session.interactions.values() if one.told is not None]
        refs += [
            Ref(one.target) for one in session.conversations.values() if one.consult and one.told is not None
        ]
        listed: AnyObservation = InteractionsListed(agent=session.agent, vendor=frame, refs=tuple(refs))
        self._signing.done(session.agent)
        return [*held, listed, *self._whether_ready()]

    def _close_ended(self, session: KnownSession, out: list[PlatformOutput]) -> None:
        """The session ended by itself; one that never became ready is not waited for."""
        waits_for_logout = any(
            one.command == tables.bare(tables.LOGOUT) and one.target == session.id for one in self._waiting
        )
        if not waits_for_logout:
            self._close(session)
        self._signing.done(session.agent)
        out += self._whether_ready()

    def _completed(self, session: KnownSession, name: str, message: wire.Message) -> list[PlatformOutput]:
        """The replies that were waiting for this event."""
        out: list[PlatformOutput] = []
        target = session.spelt(message.target) or message.target
        for waiting in self._waiting:
            asked = session.spelt(waiting.target) or waiting.target
            if tables.TOLD_BY_EVENT.get(waiting.command) != name or asked != target:
                continue
            if waiting.success is None:
                waiting.told = message.data
                continue
            self._waiting.done(waiting)
            out.append(Replied(waiting.call_id, Reply(codec.with_data(waiting.success, message.data))))
        return out
