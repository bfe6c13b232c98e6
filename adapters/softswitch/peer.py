"""The other end of an internal link: the switch behind its own protocol, sans-IO and deterministic.

The same settings and the same frames at the same times give the same frames back, byte for byte.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from adapters.contract.dialect import Done, Outcome
from adapters.softswitch import calls, codec, dispatch, routing, work
from adapters.softswitch.faults import Faults
from adapters.softswitch.settings import SoftswitchSettings
from adapters.softswitch.switch import Switch
from adapters.softswitch.timers import Key
from schemas.ids import Ref
from schemas.results import ErrorCode, Failed


class SoftswitchPeer:
    """One switch for any number of agents."""

    def __init__(self, settings: SoftswitchSettings) -> None:
        self._switch = Switch(settings)
        self._faults = Faults()

    def received(self, frame: bytes, now: datetime) -> Sequence[bytes]:
        """What happened before `now`, then the answer, then what the frame caused.

        What is due exactly now has not happened yet: who answers with the last ring has answered. Raises
        MalformedFrame for a frame that says not even whom to answer.
        """
        request = codec.decode_request(frame)
        frames = self._until(now, inclusive=False)
        self._switch.now = max(self._switch.now, now)
        if request.snapshot:
            frames += [codec.encode_observation(one) for one in self._switch.snapshot()]
            frames.append(codec.encode_answer(request.id, Done()))
            return frames
        delay_s = self._faults.delay_s
        outcome = self._execute(request.agent, request.command)
        frames += self._faults.answer(codec.encode_answer(request.id, outcome), delay_s, self._switch.now)
        frames += self._changes()
        return frames

    def due(self) -> datetime | None:
        """When the next phone stops ringing, somebody answers, a wrap-up ends or a late answer is sent."""
        times = [at for at in (self._switch.timers.due(), self._faults.due()) if at is not None]
        return min(times, default=None)

    def advance(self, now: datetime) -> Sequence[bytes]:
        """What happened until now, each at its own time."""
        frames = self._until(now, inclusive=True)
        self._switch.now = max(self._switch.now, now)
        return frames

    def _execute(self, agent: str, body: msgspec.Raw | msgspec.UnsetType) -> Outcome:
        if body is msgspec.UNSET:
            return Failed(code=ErrorCode.INVALID_COMMAND, message="no command")
        try:
            command = codec.decode_command(body)
        except msgspec.DecodeError as error:
            return Failed(code=ErrorCode.INVALID_COMMAND, message=str(error))
        return dispatch.execute(self._switch, self._faults, agent, command)

    def _until(self, now: datetime, *, inclusive: bool) -> list[bytes]:
        frames: list[bytes] = []
        while (at := self.due()) is not None and (at < now or (inclusive and at == now)):
            self._switch.now = max(self._switch.now, at)
            if at == self._faults.due():
                frames.append(self._faults.pop())
            elif (timer := self._switch.timers.pop()) is not None:
                self._gone_off(timer[1])
                frames += self._changes()
        return frames

    def _gone_off(self, key: Key) -> None:
        switch = self._switch
        match key:
            case ("ring", ref):
                calls.ring_out(switch, switch.legs[Ref(ref)])
            case ("wrap_up", ref):
                work.wrap_up_over(switch, switch.legs[Ref(ref)])
            case ("block", ref):
                work.block_over(switch, switch.legs[Ref(ref)])
            case ("outsider", outsider):
                calls.outsider_due(switch, switch.outsiders[outsider])
            case (what, _):
                raise AssertionError(f"nobody starts a timer for {what}")

    def _changes(self) -> list[bytes]:
        routing.offer_all(self._switch)
        return [
            frame
            for change in self._switch.changes()
            for frame in self._faults.observation(codec.encode_observation(change))
        ]
