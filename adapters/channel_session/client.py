"""North: one client that takes us for such a platform; it may have several agents on one socket.

Source: reference channel-session.md sections 1.5, 1.6, 3 and 4; seed 003. What a client sees of events is
in `viewer`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET

from adapters.channel_session import announce, codec, incontact, tables, targets, wire
from adapters.channel_session.channels import INCONTACT_ONLY, LOCAL, Carried, RefusedError, Request
from adapters.channel_session.requests import COMMANDS, Asked
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.channel_session.viewer import Viewer
from adapters.dialect import ClientOutput, Execute, Follow, Send, Timeless, View
from schemas.agent import AgentSession, AgentState, ChannelState
from schemas.commands import AnyCommand, Complete, InteractionCommand, Login, SetState
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
from schemas.ids import AgentId, InteractionId, PlatformId, SessionId
from schemas.interaction import Disposition, Interaction, InteractionState, Media
from schemas.needinfo import NeedInfoKind, Question
from schemas.observations import DirectoryEntry
from schemas.queries import AnyQuery
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json

NO_SESSION: Final = SessionId("")
NO_AGENT: Final = AgentId("")
HAS_SESSION: Final = "The agent has a session already. Take it over?"
# The requests that these events answer.
LISTS: Final[dict[type[AnyEvent], str]] = {
    DispositionsUpdated: "channel.externaldispositions",
    DirectoryUpdated: "session.getdirectory",
}
ListedT = TypeVar("ListedT")

_prepare = msgspec.json.Decoder(wire.PrepareData).decode


@dataclass(slots=True)
class _Pending:
    """A request that is being carried out."""

    asked: wire.Message
    original: bytes
    command: str  # bare
    session_id: SessionId = NO_SESSION
    agent_id: AgentId = NO_AGENT  # of prepareSession
    sent: AnyCommand | None = None


class ChannelSessionClient(Timeless):
    """The platform's side of one client's socket, sans-IO."""

    def __init__(self, options: ChannelSessionSettings, view: View, agent_id: AgentId | None = None) -> None:
        self._options = options
        self._view = view
        self._only = agent_id
        self._viewers: dict[SessionId, Viewer] = {}
        self._prepared: dict[SessionId, AgentId] = {}  # not started yet
        self._pending: dict[str, _Pending] = {}
        self._arriving: dict[AgentId, _Pending] = {}  # signed in, but the session is not seen yet
        self._followed: set[AgentId] = set()
        self._numbers: dict[InteractionId, dict[int, str]] = {}  # dispositions as the client was asked
        self._working: dict[SessionId, Complete] = {}  # asked for an agent state to end after-call work
        self._tokens = 0

    def opened(self, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """The client speaks first."""
        return ()

    def overheard(self, frame: bytes) -> Sequence[ClientOutput]:
        """Clients of this dialect say nothing to each other."""
        del frame
        return ()

    def ask(self, query: AnyQuery) -> Sequence[ClientOutput]:  # noqa: ARG002
        """The protocol has no question of the platform's own."""
        return ()

    def received(self, frame: bytes, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """Read one request; what is wrong with it is answered. Raises MalformedFrame for what is none."""
        asked = codec.read(frame)
        if not isinstance(asked.command, str) or isinstance(asked.result, str):
            raise MalformedFrame(codec.NAME, "request", "no command")
        pending = _Pending(asked, frame, tables.bare(asked.command))
        try:
            if pending.command == wire.PREPARE:
                return self._prepare(pending)
            return self._request(pending)
        except RefusedError as refused:
            return self._refuse(pending, refused)
        except (msgspec.DecodeError, ValueError) as error:
            return self._refuse(pending, RefusedError("bad-request", str(error)))

    def _refuse(self, pending: _Pending, refused: RefusedError) -> list[ClientOutput]:
        failure = codec.failure(pending.asked, pending.original, refused.code, refused.message)
        return [Send(frame) for frame in (failure, *refused.frames)]

    def _execute(self, pending: _Pending, command: AnyCommand) -> Execute:
        self._tokens += 1
        token = str(self._tokens)
        pending.sent = command
        self._pending[token] = pending
        return Execute(token=token, command=command)

    # --- signing in

    def _prepare(self, pending: _Pending) -> list[ClientOutput]:
        data = _prepare(pending.asked.data)
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
        return None if session is None or session.state is AgentState.LOGGED_OUT else session

    def _adopt(self, pending: _Pending, session: AgentSession) -> bytes:
        self._viewers.pop(session.id, None)
        self._prepared[session.id] = session.agent_id
        return codec.success(pending.asked, wire.PreparedData(session.id))

    def _follow(self, agent_id: AgentId) -> list[ClientOutput]:
        if agent_id in self._followed:
            return []
        self._followed.add(agent_id)
        return [Follow(agent_id)]

    def _start(self, pending: _Pending, session_id: SessionId) -> list[ClientOutput]:
        agent_id = self._prepared.pop(session_id)
        session = self._signed_in(agent_id)
        if session is None:
            raise RefusedError("unknown-target", "the session is over")
        viewer = self._viewers[session_id] = Viewer(self._view, session)
        frames = viewer.start()
        return [
            Send(codec.success(pending.asked, UNSET)),
            *self._follow(agent_id),
            *(Send(frame) for frame in frames),
        ]

    # --- requests

    def _request(self, pending: _Pending) -> list[ClientOutput]:
        session_id = pending.session_id = SessionId(pending.asked.target.partition(".")[0])
        starting = pending.command == tables.START
        local = LOCAL.get(pending.command)
        row = COMMANDS.get(pending.command)
        if row is None and local is None and not starting:
            raise RefusedError("unknown-command", f"there is no command {pending.command}")
        viewer = self._viewers.get(session_id)
        if viewer is None and session_id in self._prepared:
            if not starting:
                raise RefusedError("not-started", "session.start comes first")
            return self._start(pending, session_id)
        if viewer is None:
            raise RefusedError(
                "unknown-target" if self._viewers else "not-started", f"no such session: {session_id}"
            )
        if local is not None:
            return self._carry_out(pending, viewer, gone_not_ready=False)
        if row is None:
            raise RefusedError("already-started", "the session has been started")
        kind, read = row
        found = self._find(pending, viewer, kind)
        self._precondition(pending, viewer, found)
        numbers = self._numbers.get(found.interaction.id, {}) if found.interaction is not None else {}
        command = read(
            Asked(
                session_id=session_id,
                interaction=found.interaction,
                data=pending.asked.data,
                demanded=self._options.incontact,
                numbers=numbers,
            )
        )
        return [self._execute(pending, self._ending_work(session_id, command))]

    def _find(self, pending: _Pending, viewer: Viewer, kind: str) -> targets.Found:
        """What the target names. Raises RefusedError for nothing, and for what is of another kind."""
        found = targets.resolve(pending.asked.target, pending.session_id, viewer.agent_id, self._view)
        absent = found is None or (found.kind == tables.GROUP and not viewer.grouped)
        if found is None or absent or (found.media is not None and found.media not in viewer.media):
            raise RefusedError("unknown-target", f"nothing is at {pending.asked.target}")
        if found.kind != kind:
            raise RefusedError("wrong-target-kind", f"{pending.command} wants a target of the kind {kind}")
        return found

    def _precondition(self, pending: _Pending, viewer: Viewer, found: targets.Found) -> None:
        """What has to be so before the platform is asked. Raises RefusedError."""
        match pending.command:
            case "session.logout" if any(
                viewer.busy(one) for one in viewer.media if viewer.state(one) is ChannelState.ACTIVE
            ):
                raise RefusedError("ongoing-interaction", "an interaction is open on an active channel")
            case "interaction.complete" if found.interaction is not None and self._consults(
                found.interaction
            ):
                raise RefusedError("conversations-open", "a consultation about it is open")
            case "channel.dial" | "channel.setagentstate" if found.media in viewer.deactivated:
                raise RefusedError("channel-not-active", "the channel is not active")
            case "channelgroup.setagentstate" if viewer.deactivated >= set(viewer.media):
                raise RefusedError("channel-not-active", "no channel is active")
            case _:
                pass

    def _consults(self, interaction: Interaction) -> bool:
        """Whether a consultation about it is open."""
        return any(
            one.consult_of == interaction.id and one.ended_at is None
            for one in self._view.interactions(interaction.agent_id)
        )

    def _carry_out(self, pending: _Pending, viewer: Viewer, *, gone_not_ready: bool) -> list[ClientOutput]:
        """A request about this client's own channels. Raises RefusedError, msgspec.DecodeError."""
        if pending.command in INCONTACT_ONLY and not self._options.incontact:
            raise RefusedError("unsupported", f"{pending.command} is not supported")
        kind, carry_out = LOCAL[pending.command]
        found = self._find(pending, viewer, kind)
        done: Carried = carry_out(Request(viewer, found, pending.command, pending.asked.data, gone_not_ready))
        if done.not_ready:
            return [
                self._execute(pending, SetState(session_id=viewer.session_id, state=AgentState.NOT_READY))
            ]
        data = pending.asked.data if done.data is None else done.data
        return [Send(frame) for frame in (codec.success(pending.asked, data), *done.frames)]

    def _gone_not_ready(self, pending: _Pending, result: FinalResult) -> list[ClientOutput]:
        """Go on with a deactivation that the agent had to be Not Ready for."""
        viewer = self._viewers.get(pending.session_id)
        if viewer is None:
            return self._refuse(pending, RefusedError("unknown-target", "the session is over"))
        if isinstance(result, Failed):
            return self._refuse(pending, RefusedError("not-ready-failed", result.message or result.code))
        try:
            return self._carry_out(pending, viewer, gone_not_ready=True)
        except RefusedError as refused:
            return self._refuse(pending, refused)

    def _ending_work(self, session_id: SessionId, command: AnyCommand) -> AnyCommand:
        """After-call work was asked to be ended by an agent state: the state then is the answer to that."""
        if not isinstance(command, SetState) or (asked := self._working.pop(session_id, None)) is None:
            return command
        now = self._view.interaction(asked.interaction_id)
        if now is None or now.state is InteractionState.COMPLETED:
            return command
        chosen = f"{command.state}:{command.reason}" if command.reason else str(command.state)
        return Complete(interaction_id=asked.interaction_id, answers={**asked.answers, "agent_state": chosen})

    # --- results

    def finished(self, token: str, result: FinalResult, now: datetime) -> Sequence[ClientOutput]:  # noqa: ARG002
        """Answer the request that the token stands for; unknown tokens do nothing."""
        pending = self._pending.pop(token, None)
        if pending is None:
            return ()
        if pending.command in LOCAL:
            return self._gone_not_ready(pending, result)
        if isinstance(result, Failed):
            return [Send(self._failed(pending, result))]
        if pending.command == wire.PREPARE:
            session = self._signed_in(pending.agent_id)
            if session is None:
                self._arriving[pending.agent_id] = pending
                return ()
            return [Send(self._adopt(pending, session))]
        return [Send(frame) for frame in self._succeeded(pending, result)]

    def _succeeded(self, pending: _Pending, result: Succeeded) -> list[bytes]:
        """The response first, then its events; after a logout's response nothing comes any more."""
        asked = pending.asked
        if isinstance(pending.sent, Complete):
            self._numbers.pop(pending.sent.interaction_id, None)
        match pending.command:
            case "session.logout":
                viewer = self._viewers.pop(pending.session_id, None)
                frames = viewer.signed_out() if viewer is not None else ()
                return [*frames, codec.success(asked, UNSET)]
            case "session.incontact.addressbook":
                return [codec.success(asked, incontact.books(_listed(result.data, DirectoryEntry)))]
            case "session.getdirectory":
                entries = _listed(result.data, DirectoryEntry)
                return [codec.success(asked, asked.data), announce.directory(pending.session_id, entries)]
            case "channel.externaldispositions":
                listed = _listed(result.data, Disposition)
                return [codec.success(asked, asked.data), announce.dispositions(asked.target, listed)]
            case _:
                return [codec.success(asked, asked.data)]

    def _failed(self, pending: _Pending, failed: Failed) -> bytes:
        asked, original = pending.asked, pending.original
        if failed.code is ErrorCode.NEEDS_INFO and failed.missing is not None:
            if failed.missing.kind is NeedInfoKind.CONFIRM and pending.command == wire.PREPARE:
                return codec.confirm(asked, original, failed.missing.title)
            extension = codec.ui_extension(failed.missing)
            if extension is not None:
                self._remember(pending, failed.missing)
                return codec.needinfo(asked, original, extension)
        return codec.failure(asked, original, self._code(pending, failed), failed.message or failed.code)

    def _code(self, pending: _Pending, failed: Failed) -> str:
        """The platform's own code if it is one of this protocol, else the nearest."""
        if failed.vendor_code in tables.ERROR_IN:
            return failed.vendor_code
        if failed.code is ErrorCode.WRONG_STATE and isinstance(pending.sent, InteractionCommand):
            now = self._view.interaction(pending.sent.interaction_id)
            others = self._view.interactions(now.agent_id) if now is not None else ()
            consulting = any(one.consult_of == pending.sent.interaction_id for one in others)
            if pending.command in tables.OF_A_CONSULT and not consulting:
                return "no-consult"
            in_a_call = now is not None and now.media is Media.VOICE and now.state in tables.CONVERSATION_OUT
            if isinstance(pending.sent, Complete) and in_a_call:
                return "conversations-open"
        return tables.ERROR_OUT[failed.code]

    def _remember(self, pending: _Pending, missing: Question) -> None:
        """What the repeated request refers to without saying it."""
        if not isinstance(pending.sent, Complete):
            return
        if missing.kind is NeedInfoKind.DISPOSITION:
            numbered = incontact.numbered(missing)
            self._numbers[pending.sent.interaction_id] = {n: one.id for n, one in numbered.items()}
        if missing.kind is NeedInfoKind.AGENT_STATE:
            self._working[pending.session_id] = pending.sent

    # --- events

    def event(self, event: AnyEvent, frames: Sequence[bytes]) -> Sequence[bytes]:
        """What this client gets of an event; before its session.start, nothing."""
        out: list[bytes] = []
        if isinstance(event, AgentEvent) and event.agent.state is not AgentState.LOGGED_OUT:
            arrived = self._arriving.pop(event.agent.agent_id, None)
            if arrived is not None:
                out.append(self._adopt(arrived, event.agent))
        session_id = event.interaction.session_id if isinstance(event, InteractionEvent) else event.session_id
        viewer = self._viewers.get(session_id) if session_id is not None else None
        if viewer is None or session_id is None or self._answers(event, session_id):
            return out
        out += viewer.event(event, frames)
        if isinstance(event, AgentLoggedOut):
            del self._viewers[session_id]
        if isinstance(event, InteractionCompleted):
            self._numbers.pop(event.interaction.id, None)
        return out

    def _answers(self, event: AnyEvent, session_id: SessionId) -> bool:
        """Whether a list is told by an event that a request's result will tell anyway."""
        if not isinstance(event, DispositionsUpdated | DirectoryUpdated):
            return False
        asked = LISTS[type(event)]
        return any(one.command == asked and one.session_id == session_id for one in self._pending.values())


def _listed(data: Json, kind: type[ListedT]) -> tuple[ListedT, ...]:
    """A list in a result, whichever dialect it came from; what is no such list is an empty one."""
    try:
        return tuple(msgspec.convert(msgspec.to_builtins(data), list[kind]))  # type: ignore[valid-type]  # generic in the element
    except msgspec.ValidationError:
        return ()
