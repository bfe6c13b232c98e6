"""South: the client's end of one connection with a softswitch. Any number of agents share it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET

from adapters.contract.dialect import (
    Call,
    Context,
    Flow,
    PlatformOutput,
    Ready,
    Replied,
    Reply,
    Send,
    Timeless,
)
from adapters.softswitch import codec, flows, wire
from adapters.softswitch.settings import SoftswitchSettings
from schemas.commands import AnyCommand, Command
from schemas.errors import MalformedFrame
from schemas.ids import AgentId
from schemas.queries import AnyQueryAnswer


class SoftswitchConnection(Timeless):
    """Asks for the snapshot first; nothing needs subscribing to."""

    def __init__(self, _settings: SoftswitchSettings, _agent: AgentId | None) -> None:
        self._waiting: set[int] = set()

    def opened(self, _now: datetime) -> Sequence[PlatformOutput]:
        """Forget the last connection's calls and ask what is."""
        self._waiting.clear()
        self._waiting.add(wire.SNAPSHOT_ID)
        return (Send(codec.SNAPSHOT),)

    def refresh(self, now: datetime) -> Sequence[PlatformOutput]:
        """Ask again what is."""
        del now
        self._waiting.add(wire.SNAPSHOT_ID)
        return (Send(codec.SNAPSHOT),)

    def received(self, frame: bytes, _now: datetime) -> Sequence[PlatformOutput]:
        """Read one frame. Raises MalformedFrame."""
        down = codec.decode_down(frame)
        if down.observation is not UNSET:
            return (msgspec.structs.replace(down.observation, vendor=msgspec.Raw(frame)),)
        if down.id is UNSET or down.outcome is UNSET:
            raise MalformedFrame(wire.NAME, "frame", "neither an answer nor an observation")
        codec.decode_outcome(down.outcome)  # before the call is given up: a malformed answer never came
        if down.id not in self._waiting:
            return ()
        self._waiting.discard(down.id)
        if down.id == wire.SNAPSHOT_ID:
            return (Ready(),)
        return (Replied(down.id, Reply(down.outcome)),)

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command; there is none that the switch cannot be asked."""
        return flows.flow(command, context)

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call that one of our flows made."""
        command = call.params[0]
        if not isinstance(command, Command):
            raise TypeError(f"{call.method}: a call of this dialect holds one command")
        self._waiting.add(call_id)
        return codec.encode_command(call_id, call.target, command)  # type: ignore[arg-type]  # a Command of the union

    def forget(self, call_id: int) -> None:
        """Drop the answer when it comes."""
        self._waiting.discard(call_id)

    def answer(self, _token: str, _answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """The switch asks nothing."""
        return ()
