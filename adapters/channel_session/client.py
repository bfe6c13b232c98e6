"""North: one client that takes us for such a platform; it may have several agents on one socket.

Source: reference channel-session.md sections 1.5, 1.6, 3 and 4; seed 003. What a client sees of events is in
`client_session`, and over a platform of this protocol in `same_dialect`.
"""

from collections.abc import Collection, Generator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from adapters.channel_session import client_answers as answers
from adapters.channel_session import codec, incontact, methods, tables, wire
from adapters.channel_session.addressing import Asked, Found
from adapters.channel_session.client_answers import Pending, Questions
from adapters.channel_session.client_channels import Carries, Local, RefusedError
from adapters.channel_session.client_session import ClientSession
from adapters.channel_session.outcomes import HAS_SESSION
from adapters.channel_session.rows import Row
from adapters.channel_session.same_dialect import OwnSession, of_this_protocol
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.dialect import Broadcast, ClientOutput, Execute, Follow, Send, Timeless, View
from adapters.kit import reading
from adapters.kit.under_way import Ended, Step, UnderWay
from schemas import events as e
from schemas.agent import AgentSession, AgentState, ChannelState
from schemas.commands import AnyCommand, Complete, InteractionCommand, Login, Logout, SetState, VendorCall
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, PlatformId, SessionId
from schemas.interaction import Interaction
from schemas.queries import AnyQuery
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded

KINDS: Final = frozenset({tables.SESSION, tables.GROUP, *tables.STATEFUL})
# Reasons not to go Not Ready that are no failure of it: what asks or cannot decides about the logout itself.
ITS_OWN_AFFAIR: Final = frozenset({ErrorCode.NEEDS_INFO, ErrorCode.UNSUPPORTED})

_PREPARE: Final = msgspec.json.Decoder(wire.PrepareData)

Session = ClientSession | OwnSession
Work = Generator[Step, FinalResult, None]  # what a request takes; its answer is in Pending


class ChannelSessionClient(Timeless):
    """The platform's side of one client's socket, sans-IO."""

    def __init__(self, options: ChannelSessionSettings, view: View, agent_id: AgentId | None = None) -> None:
        self._options = options
        self._view = view
        self._only = agent_id
        self._sessions: dict[SessionId, Session] = {}
        self._prepared: dict[SessionId, AgentId] = {}  # not started yet
        self._under_way = UnderWay[Pending](RefusedError, msgspec.DecodeError, ValueError)
        self._arriving: dict[AgentId, Pending] = {}  # signed in, but the session is not seen yet
        self._followed: set[AgentId] = set()
        self._questions = Questions(view)

    def opened(self, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """The client speaks first."""
        return ()

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """Another client has started the session: it is no longer this one's."""
        session_id = SessionId(codec.read(frame.body).target)
        self._prepared.pop(session_id, None)
        session = self._sessions.pop(session_id, None)
        return [Send(one.body) for one in session.signed_out()] if session is not None else ()

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:  # noqa: ARG002
        """The protocol has no question of the platform's own."""
        return ()

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """Read one request; what is wrong with it is answered. Raises MalformedFrame for what is none."""
        asked = codec.read(frame)
        if bytes(asked.data) == b"null":
            asked = msgspec.structs.replace(asked, data=wire.NO_DATA)
        if not isinstance(asked.command, str) or isinstance(asked.result, str):
            raise MalformedFrame(tables.NAME, "request", "no command")
        session_id = SessionId(asked.target.partition(".")[0])
        pending = Pending(asked, frame, methods.row_of(asked.command), session_id)
        went_on = self._under_way.begin(pending, self._steps(pending))
        if isinstance(went_on, Execute):
            return [*pending.taken(), went_on]
        return self._ended(went_on)

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """Go on with the request that the token stands for; unknown tokens do nothing."""
        went_on = self._under_way.finished(token, result)
        return self._ended(went_on) if isinstance(went_on, Ended) else [went_on] if went_on else []

    def _ended(self, ended: Ended[Pending]) -> Sequence[ClientOutput]:
        if (error := ended.error) is not None:
            refused = error if isinstance(error, RefusedError) else RefusedError("bad-request", str(error))
            failure = wire.Failure(refused.code, refused.message)
            ended.request.answer("failure", *refused.frames, failure=failure)
        return ended.request.taken()

    # --- signing in

    def _prepare(self, pending: Pending) -> Work:
        """The agent signs in; his session may be seen only later."""
        data = reading.request(_PREPARE, pending.asked.data)
        agent_id = AgentId(data.agent.id)
        if self._only is not None and agent_id != self._only:
            raise RefusedError("bad-credentials", "this client may not sign that agent in")
        session = self._signed_in(agent_id)
        if session is not None and not data.override:
            pending.answer("confirm", message=HAS_SESSION)
            return
        if session is None:
            self._follow(agent_id, pending)  # its session may be seen only after the login's result
            login = Login(
                platform_id=PlatformId(""),  # the core knows which
                agent_id=agent_id,
                password=data.agent.password,
                force=data.override,
            )
            if (yield from self._command(pending, login)) is None:
                return
            session = self._signed_in(agent_id)
        if session is None:
            self._arriving[agent_id] = pending
        else:
            self._adopt(pending, session)

    def _signed_in(self, agent_id: AgentId) -> AgentSession | None:
        session = self._view.agent(agent_id)
        if session is None or session.state is AgentState.LOGGED_OUT:
            return None
        never_seen = session.state is AgentState.UNKNOWN and not session.sequence
        return None if never_seen else session

    def _adopt(self, pending: Pending, session: AgentSession) -> None:
        self._sessions.pop(session.id, None)
        self._prepared[session.id] = session.agent_id
        pending.answer("success", data=wire.PreparedData(session.id))

    def _follow(self, agent_id: AgentId, pending: Pending) -> None:
        if agent_id not in self._followed:
            self._followed.add(agent_id)
            pending.out.append(Follow(agent_id))

    def _start(self, pending: Pending) -> None:
        agent_id = self._prepared.pop(pending.session_id)
        known = self._signed_in(agent_id)
        if known is None:
            raise RefusedError("unknown-target", "the session is over")
        session: Session = (OwnSession if of_this_protocol(known) else ClientSession)(self._view, known)
        self._sessions[known.id] = session
        start, frames = methods.START.name, session.start()
        pending.answer("success")
        self._follow(agent_id, pending)
        # Only one client may be bound to it.
        pending.out.append(Broadcast(Frame(start, codec.request(start, known.id, {}))))
        pending.out += (Send(frame.body) for frame in frames)

    # --- requests

    def _steps(self, pending: Pending) -> Work:
        """What a request takes. Raises RefusedError, msgspec.DecodeError, ValueError."""
        row, session = pending.row, self._sessions.get(pending.session_id)
        if tables.bare(codec.spelling(pending.asked)) == wire.PREPARE:
            yield from self._prepare(pending)
            return
        if row is methods.START and pending.session_id in self._prepared:
            self._start(pending)
            return
        if isinstance(session, OwnSession):
            yield from self._pass_on(pending, session)
            return
        if row is None:
            raise RefusedError("unknown-command", f"there is no command {codec.spelling(pending.asked)}")
        if session is None:
            started = self._sessions and pending.session_id not in self._prepared
            code = "unknown-target" if started else "not-started"
            raise RefusedError(code, f"no such session, or it is not started: {pending.session_id}")
        if row.carries is not None and row in incontact.ROWS and not self._options.incontact:
            raise RefusedError("unsupported", f"{row.name} is not supported")
        found = self._find(pending, session, tables.kind(row.name))
        if row.carries is not None:
            about = Local(session.channels, found.media, row.name)
            yield from self._local(pending, session, row.carries, about)
        elif row.read is not None:
            self._precondition(row, session, found)
            read = row.read(self._asked(pending, found), pending.asked.data)
            command = self._questions.meant(session.session_id, read)
            if isinstance(command, Logout) and session.channels.agent_state() is AgentState.READY:
                yield from self._not_ready(session, ITS_OWN_AFFAIR)
                self._precondition(row, session, found)
            yield from self._carry_out(pending, command)

    def _pass_on(self, pending: Pending, session: OwnSession) -> Work:
        """A request for a platform of this protocol: as it is, where we have no command or cannot read it."""
        name, row = codec.spelling(pending.asked), pending.row
        kind = tables.kind(name)
        if kind not in KINDS:
            raise RefusedError("unknown-command", f"there is no command {name}")
        found = self._find(pending, session, kind)
        command: AnyCommand = VendorCall(
            session_id=session.session_id,
            method=name,
            params=(msgspec.json.decode(pending.asked.data), found.theirs),
            interaction_id=found.interaction.id if found.interaction is not None else None,
        )
        if row is not None and row.read is not None:
            with suppress(msgspec.DecodeError, ValueError):  # its words may be more than ours: let it judge
                command = row.read(self._asked(pending, found), pending.asked.data)
        yield from self._carry_out(pending, command)

    def _carry_out(self, pending: Pending, command: AnyCommand) -> Work:
        """A command, and what follows on its success."""
        result = yield from self._command(pending, command)
        if result is None:
            return
        session = self._sessions.get(pending.session_id)
        match pending.sent:
            case Logout():
                # After a logout's response nothing comes any more: what is left goes before it.
                self._sessions.pop(pending.session_id, None)
                left = session.signed_out() if session is not None else ()
                pending.out += (Send(one.body) for one in left)
                pending.answer("success")
                return
            case Complete(interaction_id=completed):
                self._questions.over(completed)
            case InteractionCommand(interaction_id=about) if isinstance(session, ClientSession):
                session.asked(pending.row, about)
            case _:
                pass
        answers.succeeded(pending, result)

    def _command(
        self, pending: Pending, command: AnyCommand
    ) -> Generator[Step, FinalResult, Succeeded | None]:
        """The success of a command; None: it failed, and that is the answer."""
        while True:
            pending.sent = command
            result = yield Step(command)
            if isinstance(result, Succeeded):
                return result
            again = answers.without_asking(pending, result)
            if again is None:
                break
            command = again
        if answers.failed(pending, result, self._view) and result.missing is not None:
            self._questions.asked(pending, result.missing)
        return None

    def _local(self, pending: Pending, session: ClientSession, carries: Carries, asked: Local) -> Work:
        """A request about this client's own channels. Raises RefusedError, msgspec.DecodeError."""
        done = carries(asked, pending.asked.data)
        if done.not_ready:
            yield from self._not_ready(session)
            again = msgspec.structs.replace(asked, gone_not_ready=True)
            done = carries(again, pending.asked.data)
        data = pending.asked.data if done.data is None else done.data
        pending.answer("success", *done.frames, data=data)

    def _not_ready(self, session: ClientSession, excused: Collection[ErrorCode] = ()) -> Work:
        """The agent has to be Not Ready first. Raises RefusedError."""
        result = yield Step(SetState(session_id=session.session_id, state=AgentState.NOT_READY))
        if self._sessions.get(session.session_id) is not session:
            raise RefusedError("unknown-target", "the session is over")
        if isinstance(result, Failed) and result.code not in excused:
            raise RefusedError("not-ready-failed", result.message or result.code)

    # --- what a request is about

    def _asked(self, pending: Pending, found: Found) -> Asked:
        interaction = found.interaction
        return Asked(
            session_id=pending.session_id,
            interaction=interaction,
            demanded=self._options.incontact,
            numbers=self._questions.numbers(interaction.id) if interaction is not None else {},
        )

    def _find(self, pending: Pending, session: Session, kind: str) -> Found:
        """What the target names. Raises RefusedError for nothing, and for what is of another kind."""
        found = session.resolve(pending.asked.target, kind)
        if found is None:
            raise RefusedError("unknown-target", f"nothing is at {pending.asked.target}")
        if found.kind != kind:
            name = codec.spelling(pending.asked)
            raise RefusedError("wrong-target-kind", f"{name} wants a target of the kind {kind}")
        return found

    def _precondition(self, row: Row, session: ClientSession, found: Found) -> None:
        """What has to be so before the platform is asked. Raises RefusedError."""
        channels = session.channels
        match row:
            case methods.LOGOUT if any(
                channels.busy(one) and channels.state(one) is ChannelState.ACTIVE for one in channels.media
            ):
                raise RefusedError("ongoing-interaction", "an interaction is open on an active channel")
            case methods.COMPLETE if found.interaction is not None and self._consults(found.interaction):
                raise RefusedError("conversations-open", "a consultation about it is open")
            case methods.DIAL | methods.CHANNEL_SET_STATE if found.media in channels.inactive:
                raise RefusedError("channel-not-active", "the channel is not active")
            case methods.GROUP_SET_STATE if channels.inactive >= set(channels.media):
                raise RefusedError("channel-not-active", "no channel is active")
            case _:
                pass

    def _consults(self, interaction: Interaction) -> bool:
        """Whether a consultation about it is open."""
        return any(
            one.consult_of == interaction.id and one.ended_at is None
            for one in self._view.interactions(interaction.agent_id)
        )

    # --- events

    def change(self, change: Change, encoded: Encoded) -> Sequence[bytes]:
        """What this client gets of a change; before its session.start, nothing."""
        return [
            body
            for (event, first), frames in zip(change.told(), encoded, strict=True)
            for body in self._event(event, frames, first=first)
        ]

    def _event(self, event: e.AnyEvent, frames: Sequence[Frame], *, first: bool) -> Sequence[bytes]:
        out: list[bytes] = []
        if isinstance(event, e.AgentEvent) and event.agent.state is not AgentState.LOGGED_OUT:
            arrived = self._arriving.pop(event.agent.agent_id, None)
            if arrived is not None:
                self._adopt(arrived, event.agent)
                out += (one.frame for one in arrived.taken() if isinstance(one, Send))
        session_id = (
            event.interaction.session_id if isinstance(event, e.InteractionEvent) else event.session_id
        )
        session = self._sessions.get(session_id) if session_id is not None else None
        if session is None or session_id is None or self._answers(frames, session):
            return out
        out += [frame.body for frame in session.event(event, frames, first=first)]
        if isinstance(event, e.AgentLoggedOut):
            del self._sessions[session_id]
        if isinstance(event, e.InteractionCompleted):
            self._questions.over(event.interaction.id)
        return out

    def _answers(self, frames: Sequence[Frame], session: Session) -> bool:
        """Whether a list is told by an event that a request's result will tell anyway."""
        return isinstance(session, ClientSession) and any(
            one.session_id == session.session_id
            and one.row is not None
            and one.row.event in {frame.topic for frame in frames}
            for one in self._under_way
        )
