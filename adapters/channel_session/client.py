"""North: one client that takes us for such a platform; it may have several agents on one socket.

Source: reference channel-session.md sections 1.5, 1.6, 3 and 4; seed 003. What a client sees of events is
in `viewer`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.channel_session import answers, codec, tables, targets, wire
from adapters.channel_session.answers import Pending
from adapters.channel_session.asked import Questions
from adapters.channel_session.channels import INCONTACT_ONLY, LOCAL, Carried, RefusedError, Request
from adapters.channel_session.own_viewer import OwnViewer, of_this_protocol
from adapters.channel_session.requests import COMMANDS, Asked
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.channel_session.viewer import Viewer
from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.dialect import Broadcast, ClientOutput, Execute, Follow, Send, Timeless, View
from adapters.kit import reading
from schemas.agent import AgentSession, AgentState, ChannelState
from schemas.commands import AnyCommand, Complete, InteractionCommand, Login, Logout, SetState, VendorCall
from schemas.errors import MalformedFrame
from schemas.events import (
    AgentEvent,
    AgentLoggedOut,
    AnyEvent,
    DirectoryUpdated,
    DispositionsUpdated,
    InteractionCompleted,
    InteractionEvent,
)
from schemas.ids import AgentId, PlatformId, SessionId
from schemas.interaction import Interaction
from schemas.queries import AnyQuery
from schemas.results import ErrorCode, Failed, FinalResult

HAS_SESSION: Final = "The agent has a session already. Take it over?"
# The requests that these events answer.
LISTS: Final[dict[type[AnyEvent], str]] = {
    DispositionsUpdated: "channel.externaldispositions",
    DirectoryUpdated: "session.getdirectory",
}
KINDS: Final = frozenset({tables.SESSION, tables.GROUP, *tables.STATEFUL})
# Reasons not to go Not Ready that are no failure of it: what asks or cannot decides about the logout itself.
ITS_OWN_AFFAIR: Final = frozenset({ErrorCode.NEEDS_INFO, ErrorCode.UNSUPPORTED})

_PREPARE: Final = msgspec.json.Decoder(wire.PrepareData)


class ChannelSessionClient(Timeless):
    """The platform's side of one client's socket, sans-IO."""

    def __init__(self, options: ChannelSessionSettings, view: View, agent_id: AgentId | None = None) -> None:
        self._options = options
        self._view = view
        self._only = agent_id
        self._viewers: dict[SessionId, Viewer | OwnViewer] = {}
        self._prepared: dict[SessionId, AgentId] = {}  # not started yet
        self._pending: dict[str, Pending] = {}
        self._arriving: dict[AgentId, Pending] = {}  # signed in, but the session is not seen yet
        self._followed: set[AgentId] = set()
        self._questions = Questions(view)
        self._tokens = 0

    def opened(self, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """The client speaks first."""
        return ()

    def overheard(self, frame: Frame) -> Sequence[ClientOutput]:
        """Another client has started the session: it is no longer this one's."""
        session_id = SessionId(codec.read(frame.body).target)
        self._prepared.pop(session_id, None)
        viewer = self._viewers.pop(session_id, None)
        return [Send(one.body) for one in viewer.signed_out()] if viewer is not None else ()

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:  # noqa: ARG002
        """The protocol has no question of the platform's own."""
        return ()

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """Read one request; what is wrong with it is answered. Raises MalformedFrame for what is none."""
        asked = codec.read(frame)
        if bytes(asked.data) == b"null":
            asked = msgspec.structs.replace(asked, data=wire.NO_DATA)
        if not isinstance(asked.command, str) or isinstance(asked.result, str):
            raise MalformedFrame(codec.NAME, "request", "no command")
        pending = Pending(asked, frame, tables.bare(asked.command))
        try:
            if pending.command == wire.PREPARE:
                return self._prepare(pending)
            return self._request(pending)
        except RefusedError as refused:
            return self._refuse(pending, refused)
        except (msgspec.DecodeError, ValueError) as error:
            return self._refuse(pending, RefusedError("bad-request", str(error)))

    def _refuse(self, pending: Pending, refused: RefusedError) -> list[ClientOutput]:
        failure = codec.failure(pending.asked, pending.original, refused.code, refused.message)
        return [Send(failure), *(Send(frame.body) for frame in refused.frames)]

    def _execute(self, pending: Pending, command: AnyCommand) -> Execute:
        self._tokens += 1
        token = str(self._tokens)
        pending.sent = command
        self._pending[token] = pending
        return Execute(token=token, command=command)

    # --- signing in

    def _prepare(self, pending: Pending) -> list[ClientOutput]:
        data = reading.request(_PREPARE, pending.asked.data)
        agent_id = pending.agent_id = AgentId(data.agent.id)
        if self._only is not None and agent_id != self._only:
            raise RefusedError("bad-credentials", "this client may not sign that agent in")
        session = self._signed_in(agent_id)
        if session is not None and data.override:
            return [Send(self._adopt(pending, session))]
        if session is not None:
            return [Send(codec.confirm(pending.asked, pending.original, HAS_SESSION))]
        login = Login(
            platform_id=PlatformId(""),  # the core knows which
            agent_id=agent_id,
            password=data.agent.password,
            force=data.override,
        )
        # Followed already: its session may be seen only after the login's result.
        return [*self._follow(agent_id), self._execute(pending, login)]

    def _signed_in(self, agent_id: AgentId) -> AgentSession | None:
        session = self._view.agent(agent_id)
        if session is None or session.state is AgentState.LOGGED_OUT:
            return None
        never_seen = session.state is AgentState.UNKNOWN and not session.sequence
        return None if never_seen else session

    def _adopt(self, pending: Pending, session: AgentSession) -> bytes:
        self._viewers.pop(session.id, None)
        self._prepared[session.id] = session.agent_id
        return codec.success(pending.asked, wire.PreparedData(session.id))

    def _follow(self, agent_id: AgentId) -> list[ClientOutput]:
        if agent_id in self._followed:
            return []
        self._followed.add(agent_id)
        return [Follow(agent_id)]

    def _start(self, pending: Pending, session_id: SessionId) -> list[ClientOutput]:
        agent_id = self._prepared.pop(session_id)
        session = self._signed_in(agent_id)
        if session is None:
            raise RefusedError("unknown-target", "the session is over")
        own = of_this_protocol(session)
        viewer = OwnViewer(self._view, session) if own else Viewer(self._view, session)
        self._viewers[session_id] = viewer
        frames = viewer.start()
        return [
            Send(codec.success(pending.asked, UNSET)),
            *self._follow(agent_id),
            Broadcast(
                Frame(tables.START, codec.request(tables.START, session_id, {}))
            ),  # one client is bound to it
            *(Send(frame.body) for frame in frames),
        ]

    # --- requests

    def _request(self, pending: Pending) -> list[ClientOutput]:
        session_id = pending.session_id = SessionId(pending.asked.target.partition(".")[0])
        viewer = self._viewers.get(session_id)
        starting = pending.command == tables.START
        if viewer is None and starting and session_id in self._prepared:
            return self._start(pending, session_id)
        if isinstance(viewer, OwnViewer) and not starting:
            return [self._pass_on(pending, viewer)]
        local = LOCAL.get(pending.command)
        row = COMMANDS.get(pending.command)
        if row is None and local is None and not starting:
            raise RefusedError("unknown-command", f"there is no command {pending.command}")
        if viewer is None and session_id in self._prepared:
            raise RefusedError("not-started", "session.start comes first")
        if viewer is None:
            raise RefusedError(
                "unknown-target" if self._viewers else "not-started", f"no such session: {session_id}"
            )
        if isinstance(viewer, Viewer) and local is not None:
            return self._carry_out(pending, viewer, gone_not_ready=False)
        if row is None or isinstance(viewer, OwnViewer):
            raise RefusedError("already-started", "the session has been started")
        kind, read = row
        found = self._find(pending, viewer, kind)
        self._precondition(pending, viewer, found)
        command = self._questions.meant(session_id, read(self._asked(pending, found)))
        if isinstance(command, Logout) and viewer.channels.agent_state() is AgentState.READY:
            pending.then = command
            command = SetState(session_id=session_id, state=AgentState.NOT_READY)
        return [self._execute(pending, command)]

    def _pass_on(self, pending: Pending, viewer: OwnViewer) -> Execute:
        """A request for a platform of this protocol: as it is, where we have no command or cannot read it."""
        row = COMMANDS.get(pending.command)
        kind = pending.command.partition(".")[0]
        if kind not in KINDS:
            raise RefusedError("unknown-command", f"there is no command {pending.command}")
        found = self._find(pending, viewer, kind)
        if row is not None:
            try:
                return self._execute(pending, row[1](self._asked(pending, found)))
            except (msgspec.DecodeError, ValueError):
                pass  # the platform's words may be more than ours: let it judge
        call = VendorCall(
            session_id=viewer.session_id,
            method=codec.spelling(pending.asked),
            params=(msgspec.json.decode(pending.asked.data), found.theirs),
            interaction_id=found.interaction.id if found.interaction is not None else None,
        )
        return self._execute(pending, call)

    def _asked(self, pending: Pending, found: targets.Found) -> Asked:
        interaction = found.interaction
        return Asked(
            session_id=pending.session_id,
            interaction=interaction,
            data=pending.asked.data,
            demanded=self._options.incontact,
            numbers=self._questions.numbers(interaction.id) if interaction is not None else {},
        )

    def _find(self, pending: Pending, viewer: Viewer | OwnViewer, kind: str) -> targets.Found:
        """What the target names. Raises RefusedError for nothing, and for what is of another kind."""
        found = viewer.resolve(pending.asked.target, kind)
        if found is None:
            raise RefusedError("unknown-target", f"nothing is at {pending.asked.target}")
        if found.kind != kind:
            raise RefusedError("wrong-target-kind", f"{pending.command} wants a target of the kind {kind}")
        return found

    def _precondition(self, pending: Pending, viewer: Viewer, found: targets.Found) -> None:
        """What has to be so before the platform is asked. Raises RefusedError."""
        match pending.command:
            case "session.logout" if any(
                viewer.channels.busy(one)
                for one in viewer.channels.media
                if viewer.channels.state(one) is ChannelState.ACTIVE
            ):
                raise RefusedError("ongoing-interaction", "an interaction is open on an active channel")
            case "interaction.complete" if found.interaction is not None and self._consults(
                found.interaction
            ):
                raise RefusedError("conversations-open", "a consultation about it is open")
            case "channel.dial" | "channel.setagentstate" if found.media in viewer.channels.deactivated:
                raise RefusedError("channel-not-active", "the channel is not active")
            case "channelgroup.setagentstate" if viewer.channels.deactivated >= set(viewer.channels.media):
                raise RefusedError("channel-not-active", "no channel is active")
            case _:
                pass

    def _consults(self, interaction: Interaction) -> bool:
        """Whether a consultation about it is open."""
        return any(
            one.consult_of == interaction.id and one.ended_at is None
            for one in self._view.interactions(interaction.agent_id)
        )

    def _carry_out(self, pending: Pending, viewer: Viewer, *, gone_not_ready: bool) -> list[ClientOutput]:
        """A request about this client's own channels. Raises RefusedError, msgspec.DecodeError."""
        if pending.command in INCONTACT_ONLY and not self._options.incontact:
            raise RefusedError("unsupported", f"{pending.command} is not supported")
        kind, carry_out = LOCAL[pending.command]
        found = self._find(pending, viewer, kind)
        done: Carried = carry_out(
            Request(viewer.channels, found, pending.command, pending.asked.data, gone_not_ready)
        )
        if done.not_ready:
            return [
                self._execute(pending, SetState(session_id=viewer.session_id, state=AgentState.NOT_READY))
            ]
        data = pending.asked.data if done.data is None else done.data
        return [Send(codec.success(pending.asked, data)), *(Send(frame.body) for frame in done.frames)]

    def _gone_not_ready(self, pending: Pending, result: FinalResult) -> list[ClientOutput]:
        """Go on with what the agent had to be Not Ready for."""
        viewer = self._viewers.get(pending.session_id)
        then, pending.then = pending.then, None
        try:
            if not isinstance(viewer, Viewer):
                raise RefusedError("unknown-target", "the session is over")  # noqa: TRY301  # answered below
            if isinstance(result, Failed) and not (then is not None and result.code in ITS_OWN_AFFAIR):
                raise RefusedError("not-ready-failed", result.message or result.code)  # noqa: TRY301
            if then is None:
                return self._carry_out(pending, viewer, gone_not_ready=True)
            self._precondition(pending, viewer, targets.Found(tables.SESSION))
            return [self._execute(pending, then)]
        except RefusedError as refused:
            return self._refuse(pending, refused)

    # --- results

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """Answer the request that the token stands for; unknown tokens do nothing."""
        pending = self._pending.pop(token, None)
        if pending is None:
            return ()
        if pending.then is not None or (isinstance(pending.sent, SetState) and pending.command in LOCAL):
            return self._gone_not_ready(pending, result)
        if isinstance(result, Failed):
            return self._not_done(pending, result)
        match pending.sent:
            case Login():
                return self._prepared_now(pending)
            case Logout():
                return self._signed_out(pending)
            case Complete(interaction_id=completed):
                self._questions.over(completed)
            case InteractionCommand(interaction_id=about):
                viewer = self._viewers.get(pending.session_id)
                if isinstance(viewer, Viewer):
                    viewer.contacts.asked(pending.command, about)
            case _:
                pass
        return [Send(frame) for frame in answers.succeeded(pending, result)]

    def _prepared_now(self, pending: Pending) -> list[ClientOutput]:
        """The agent is signed in; his session may be seen only later."""
        session = self._signed_in(pending.agent_id)
        if session is None:
            self._arriving[pending.agent_id] = pending
            return []
        return [Send(self._adopt(pending, session))]

    def _signed_out(self, pending: Pending) -> list[ClientOutput]:
        """After a logout's response nothing comes any more: what is left of the session goes before it."""
        viewer = self._viewers.pop(pending.session_id, None)
        frames = viewer.signed_out() if viewer is not None else ()
        return [*(Send(frame.body) for frame in frames), Send(codec.success(pending.asked, UNSET))]

    def _not_done(self, pending: Pending, failed: Failed) -> list[ClientOutput]:
        if (again := answers.without_asking(pending, failed)) is not None:
            return [self._execute(pending, again)]
        so_already = answers.so_already(pending, failed, self._view)
        return [Send(one) for one in so_already or (self._failed(pending, failed),)]

    def _failed(self, pending: Pending, failed: Failed) -> bytes:
        if (extension := answers.extension(pending, failed)) is not None:
            if failed.missing is not None and pending.sent is not None:
                self._questions.asked(pending.session_id, pending.sent, failed.missing)
            return codec.needinfo(pending.asked, pending.original, extension)
        return answers.failed(pending, failed, self._view)

    # --- events

    def change(self, change: Change, encoded: Encoded) -> Sequence[bytes]:
        """What this client gets of a change; before its session.start, nothing."""
        return [
            body
            for (event, first), frames in zip(change.told(), encoded, strict=True)
            for body in self._event(event, frames, first=first)
        ]

    def _event(self, event: AnyEvent, frames: Sequence[Frame], *, first: bool) -> Sequence[bytes]:
        out: list[bytes] = []
        if isinstance(event, AgentEvent) and event.agent.state is not AgentState.LOGGED_OUT:
            arrived = self._arriving.pop(event.agent.agent_id, None)
            if arrived is not None:
                out.append(self._adopt(arrived, event.agent))
        session_id = event.interaction.session_id if isinstance(event, InteractionEvent) else event.session_id
        viewer = self._viewers.get(session_id) if session_id is not None else None
        if viewer is None or session_id is None or self._answers(event, session_id, viewer):
            return out
        out += [frame.body for frame in viewer.event(event, frames, first=first)]
        if isinstance(event, AgentLoggedOut):
            del self._viewers[session_id]
        if isinstance(event, InteractionCompleted):
            self._questions.over(event.interaction.id)
        return out

    def _answers(self, event: AnyEvent, session_id: SessionId, viewer: Viewer | OwnViewer) -> bool:
        """Whether a list is told by an event that a request's result will tell anyway."""
        if not isinstance(event, DispositionsUpdated | DirectoryUpdated) or isinstance(viewer, OwnViewer):
            return False
        asked = LISTS[type(event)]
        return any(one.command == asked and one.session_id == session_id for one in self._pending.values())
