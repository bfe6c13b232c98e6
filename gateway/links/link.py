"""One connection with a platform: runs its sans-IO half over whatever carries the frames.

Frames in become events and replies at once, in the order they came, in the loop's thread: a reply resumes the
command that waits for it before the next frame is read, so the answer to a client leaves before the events
that the command caused.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Final, Protocol

import msgspec
import structlog

from adapters.contract.dialect import (
    Asked,
    Call,
    Close,
    Context,
    Control,
    Flow,
    PlatformConnection,
    PlatformOutput,
    Ready,
    Replied,
    Reply,
    Send,
)
from adapters.contract.remarks import Remark, Remarking, RemarkKind
from adapters.contract.repeating import Repeating
from gateway.events.router import Router
from gateway.http.sockets import FORBIDDEN
from gateway.links.beginning import Beginning
from gateway.links.settling import Settling
from gateway.links.told import Told
from gateway.platforms.platform import Platform
from gateway.runtime.alarm import Alarm
from gateway.runtime.clock import Clock, Steady, TimerHandleLike
from gateway.runtime.frames import checked, put_right
from gateway.state.fold import State
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.peers import PeerFault, Peers
from schemas import events as ev
from schemas.commands import AnyCommand
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, Ref, SessionId
from schemas.interaction import Interaction
from schemas.observations import AnyObservation, InteractionObserved, Observation
from schemas.queries import AnyQueryAnswer

log = structlog.get_logger("trunkline.link")

_numbers: Final = count(1)
READY_S: Final = 60.0  # for handshake and first snapshot; each dialect gives up a silent page before that


class Owner(Protocol):
    """Whoever keeps the links: told when one is usable, for which agents, and when it is over."""

    def link_ready(self, link: "Link") -> None:
        """Handshake and first snapshot are over."""
        ...

    def link_told(self, link: "Link") -> None:
        """A fresh snapshot is over."""
        ...

    def link_speaks(self, link: "Link", session_id: SessionId) -> bool:
        """The link says something of this agent. False if that does not count any more."""
        ...

    def link_troubled(self, link: "Link", why: str) -> None:
        """It is not usable, and why."""
        ...

    def link_asked(self, link: "Link", asked: Asked) -> None:
        """The platform asks the CRM something."""
        ...


class Core(msgspec.Struct, frozen=True):
    """What every link works on."""

    state: State
    router: Router
    clock: Clock
    metrics: Metrics
    peers: Peers
    max_frame_bytes: int
    owns: Callable[[], bool] = lambda: True  # whether links are still this gateway's; see Store.owns


class Link:
    """One connection. Its transport calls `opened`, `received`, `closed`, and gives it `send` and `close`."""

    def __init__(
        self,
        core: Core,
        platform: Platform,
        owner: Owner,
        send: Callable[[bytes], object],
        close: Callable[[int, str], None],
        agent_id: AgentId | None = None,
        *,
        bound: AgentId | None = None,
        connection: PlatformConnection | None = None,  # that goes on from an earlier link
    ) -> None:
        self.owned = core.owns  # if it is not, another gateway may be making the same call
        self.platform = platform
        self.agent_id = agent_id  # whose page it is, where that is known; None: nobody's, or many agents'
        self.ready = False
        self.number = next(_numbers)  # refs of a page are good on one link alone
        self._catching_up = True  # what is told was so already
        self._told = Told()
        self.troubled = False  # it did not become usable, or ended for what cannot be read
        self.made_at = core.clock.monotonic()
        self.sessions: set[SessionId] = set()
        self._core = core
        self._owner = owner
        self._send = send
        self._close = close
        self._bound = bound
        self._connection = connection or platform.dialect.platform_connection(platform.settings, agent_id)
        self._remarking = self._connection if isinstance(self._connection, Remarking) else None
        self._repeating = self._connection if isinstance(self._connection, Repeating) else None
        self._waiting: dict[int, Callable[[Reply | None], None]] = {}
        self._calls = 0
        self._ended = False
        self._lasting = platform.dialect.naming.lasting
        self._beginning = Beginning(core.state, platform.id, self.number)
        self._settling = Settling(core.clock, core.state.snapshots, platform.id, self._settled)
        self._late: TimerHandleLike | None = None
        self._time = Steady(core.clock)  # a deadline must not move because somebody sets the clock
        self._alarm = Alarm(core.clock, self._connection.due, self._advance, self._time.now)

    # --- the transport's side

    def opened(self) -> None:
        """The socket is there."""
        self._late = self._core.clock.call_later(READY_S, self._not_ready)
        self._do(self._connection.opened(self._time.now()))

    def received(self, frame: bytes) -> str | None:
        """Take one frame. Returns what was wrong with it, if anything; the link goes on either way."""
        if self._ended:
            return None
        try:
            outputs = self._read(frame)
        except MalformedFrame as error:
            self.malformed(str(error), len(frame))
            return str(error)
        if isinstance(outputs, InteractionObserved):
            self._again(outputs)
            return None
        self._do(outputs)
        if self._remarking is not None:
            for remark in self._remarking.remarks():
                self._remark(remark)
        return None

    def _read(self, frame: bytes) -> Sequence[PlatformOutput] | InteractionObserved:
        """What a frame means, put right if need be; see Repeating. Raises MalformedFrame."""
        if len(frame) > self._core.max_frame_bytes:
            what = f"{len(frame)} bytes, at most {self._core.max_frame_bytes} are taken"
            raise MalformedFrame(self.platform.dialect.name, "frame", what)
        try:
            return self._take(frame)
        except MalformedFrame:
            if (whole := put_right(frame)) is None:
                raise
        outputs = self._take(whole)
        self._remark(Remark(RemarkKind.MENDED, "a text was cut within a character"))
        return outputs

    def _take(self, frame: bytes) -> Sequence[PlatformOutput] | InteractionObserved:
        try:
            frame = checked(frame)
            if self._repeating is not None and (seen := self._repeating.repeated(frame)) is not None:
                return seen
            return self._connection.received(frame, self._time.now())
        except msgspec.DecodeError as error:
            raise MalformedFrame(self.platform.dialect.name, "frame", str(error)) from error

    def malformed(self, what: str, size_bytes: int) -> None:
        """Count and note what could not be read."""
        self.platform.note_malformed(self._core.clock.now(), what, size_bytes)
        self._core.metrics.malformed(self.platform.id)
        about = (PeerFault.MALFORMED, "malformed frame", self.platform.id)
        self._core.peers.fault(*about, what=what, size_bytes=size_bytes)
        if not self.ready:
            self._troubled(what)

    def unreadable(self, what: str) -> None:
        """Something cannot be read at all, which is the end of the link."""
        self.malformed(what, 0)
        self._troubled(what)

    def closed(self, reason: str) -> None:
        """The socket is gone: whoever waits for an answer learns that none will come."""
        if self._ended:
            return
        self._settling.over()
        self._ended = True
        self._punctual()
        self._alarm.stop()
        waiting, self._waiting = self._waiting, {}
        for on_reply in waiting.values():
            on_reply(None)
        log.info("link closed", platform=self.platform.id, reason=reason)

    def refresh(self) -> None:
        """Have the platform tell anew how things stand: what it said last was not heeded.

        Before it is ready it does so anyway; a dialect that cannot be asked goes on with what comes next.
        """
        if not self.ready or self._ended:
            return
        outputs = self._connection.refresh(self._time.now())
        self._settling.over()
        self._catching_up = bool(outputs)
        self._told.clear()
        log.info("link speaks again", platform=self.platform.id, agents=len(self.sessions))
        self._do(outputs)

    # --- the dispatcher's side

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command; see PlatformConnection.flow."""
        if context.agent is not None:
            self._settling.over(Ref(context.agent.agent_id))
        return self._connection.flow(command, context)

    def sent(self, *about: Interaction) -> None:
        """A command goes out that may change these; see `over`."""
        self._told.sent(*about)

    def over(self, *about: Interaction, nothing: bool) -> None:
        """It has its result; `nothing`: it certainly changed nothing."""
        self._told.over(*about, nothing=nothing)

    def certain(self, one: Interaction) -> bool:
        """Whether the platform said on this connection that it is as we know it, and nothing came since."""
        return self.ready and not self._catching_up and self._told.certain(one)

    def call(self, call: Call, on_reply: Callable[[Reply | None], None]) -> int:
        """Send a call. `on_reply` gets the answer, or None once the link is gone. Returns the call's id."""
        self._calls += 1
        call_id = self._calls
        if self._ended:
            on_reply(None)
            return call_id
        self._waiting[call_id] = on_reply
        self._send(self._connection.send(call, call_id))
        return call_id

    def forget(self, call_id: int) -> None:
        """Nobody waits for that call any more."""
        if self._waiting.pop(call_id, None) is not None:
            self._connection.forget(call_id)
            self._alarm.set()  # it may want to know what became of it

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> None:
        """Answer what the platform asked; see PlatformConnection.answer."""
        if not self._ended and self.owned():
            self._do(self._connection.answer(token, answer))

    # --- inside

    def _advance(self) -> None:
        self._do(self._connection.advance(self._time.now()))

    def _do(self, outputs: Sequence[PlatformOutput]) -> None:
        events: list[ev.AnyEvent] = []
        if self.ready and len(outputs) > 1 and not self._lasting:
            # Perhaps a snapshot that was asked for again.
            self._beginning.meet(
                one for one in outputs if isinstance(one, InteractionObserved) and self._speaks(one.agent)
            )
        for output in self._settling.through(outputs) if self.ready else outputs:
            if not isinstance(output, Observation):
                if isinstance(output, Ready):
                    self._whole(None, events)
                self._publish(events)
                self._control(output)
            elif not self._observed(output, events):
                break
        self._publish(events)
        if not self._ended:
            self._alarm.set()

    def _again(self, seen: InteractionObserved) -> None:
        """By far the most frequent: nothing but another state comes of it."""
        core, platform_id = self._core, self.platform.id
        session = core.state.snapshots.session_of(platform_id, seen.agent)
        if self._catching_up or self._settling.waits or session not in self.sessions:
            self._do((seen,))
        elif self._owner.link_speaks(self, session):
            self._told.state(seen.agent, seen.ref, seen.state)
            if events := core.state.observe(platform_id, seen, core.clock.now(), link=self.number):
                core.router.publish(events, core.state.snapshots.private_changes())

    def _settled(self, seen: Sequence[AnyObservation]) -> None:
        """Tell what was held until it was whole."""
        events: list[ev.AnyEvent] = []
        for one in seen:
            if not self._ended and not self._observed(one, events):
                break
        self._publish(events)

    def _observed(self, seen: AnyObservation, events: list[ev.AnyEvent]) -> bool:
        """Add what an observation tells. False if it is of an agent whom this link must not speak for.

        Nothing is added if a newer link speaks for the agent.
        """
        state, platform_id = self._core.state, self.platform.id
        if seen.agent:
            if self._bound is not None and AgentId(seen.agent) != self._bound:
                self._refuse(FORBIDDEN, f"the page is of agent {seen.agent}, its token of {self._bound}")
                return False
            session = state.snapshots.session_of(platform_id, seen.agent)
            self.sessions.add(session)
            if not self._owner.link_speaks(self, session):
                return True
            self._told.observed(seen)
            if not (self.ready or self._lasting) and self._beginning.keeps(seen):
                self._whole(seen, events)
                return True
        events += state.observe(
            platform_id, seen, self._core.clock.now(), recovered=self._catching_up, link=self.number
        )
        return True

    def _whole(self, seen: AnyObservation | None, events: list[ev.AnyEvent]) -> None:
        """Add what was kept back, once the snapshot is whole."""
        now = self._core.clock.now()
        for one in self._beginning.whole(seen):
            if self._speaks(one.agent):
                events += self._core.state.observe(
                    self.platform.id, one, now, recovered=self._catching_up, link=self.number
                )

    def _speaks(self, agent: Ref) -> bool:
        """Whether what it says of the agent counts."""
        if self._bound is not None and AgentId(agent) != self._bound:
            return False
        return self._owner.link_speaks(self, self._core.state.snapshots.session_of(self.platform.id, agent))

    def _control(self, output: Control) -> None:
        match output:
            case Send(frame=frame):
                self._send(frame)
            case Replied(call_id=call_id, reply=reply):
                on_reply = self._waiting.pop(call_id, None)
                if on_reply is not None:
                    on_reply(reply)
            case Ready():
                self._catching_up = False
                if self.ready:
                    self._owner.link_told(self)
                else:
                    self.ready = True
                    self._punctual()
                    self._owner.link_ready(self)
            case Asked():
                self._owner.link_asked(self, output)
            case Close(code=code, reason=reason):
                self._refuse(code, reason)

    def _remark(self, remark: Remark) -> None:
        """For the operator."""
        self.platform.note_remark(self._core.clock.now(), remark)
        self._core.metrics.remark(self.platform.id, self.platform.dialect.name, remark.kind)
        log.debug("remark", platform=self.platform.id, kind=remark.kind.value, what=remark.what)

    def _refuse(self, code: int, reason: str) -> None:
        """The platform's end cannot be understood, or must not be."""
        if not self.ready:
            self._troubled(reason)
        self._close(code, reason)

    def _not_ready(self) -> None:
        self._late = None
        self._troubled(f"not usable {READY_S:g} s after it connected")

    def _troubled(self, why: str) -> None:
        """Tell it once: what went wrong first is why all else did."""
        if not self.troubled:
            self.troubled = True
            self._owner.link_troubled(self, why)

    def _punctual(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _publish(self, events: list[ev.AnyEvent]) -> None:
        if events:
            self._core.router.publish(events, self._core.state.snapshots.private_changes())
            events.clear()
