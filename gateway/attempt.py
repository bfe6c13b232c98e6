"""One attempt at a command: drives its flow over a link, one platform call at a time, without a task.

The platform's clock runs per call. A call that gets no answer leaves the effect unknown: it may have gone
through, so it is never repeated.
"""

from collections.abc import Callable

import msgspec

from adapters.dialect import Call, Flow, Outcome, Reply
from gateway.clock import Clock, TimerHandleLike
from gateway.links.link import Link
from schemas.errors import MalformedFrame, UnsupportedError
from schemas.results import Effect, ErrorCode, Failed


class Attempt:
    """Runs from `start` until `done` is called, exactly once."""

    def __init__(
        self, link: Link, flow: Flow, timeout_s: float, clock: Clock, done: Callable[[Outcome], None]
    ) -> None:
        self._link = link
        self._flow = flow
        self._timeout_s = timeout_s
        self._clock = clock
        self._done = done
        self._sent = False
        self._call_id: int | None = None
        self._timer: TimerHandleLike | None = None

    def start(self) -> None:
        """Send the first call."""
        self._step(lambda: next(self._flow))

    def _step(self, advance: Callable[[], Call]) -> None:
        try:
            call = advance()
        except StopIteration as stop:
            self._finish(stop.value)
        except UnsupportedError as error:
            self._finish(Failed(code=ErrorCode.UNSUPPORTED, message=str(error), effect=self._effect()))
        except (MalformedFrame, msgspec.DecodeError) as error:
            self._finish(
                Failed(
                    code=ErrorCode.PLATFORM_ERROR,
                    message=f"the platform's answer is not what its documents say: {error}",
                    effect=Effect.UNKNOWN,
                )
            )
        else:
            self._sent = True
            self._timer = self._clock.call_later(self._timeout_s, self._timed_out)
            self._call_id = self._link.call(call, self._replied)

    def _replied(self, reply: Reply | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if reply is None:
            self._flow.close()
            self._finish(
                Failed(
                    code=ErrorCode.LINK_DOWN,
                    message="the link to the platform went down before it answered",
                    effect=Effect.UNKNOWN,
                )
            )
            return
        self._step(lambda: self._flow.send(reply))

    def _timed_out(self) -> None:
        self._timer = None
        if self._call_id is not None:
            self._link.forget(self._call_id)
        self._flow.close()
        self._finish(
            Failed(
                code=ErrorCode.TIMEOUT,
                message=f"the platform did not answer within {self._timeout_s:g} s",
                effect=Effect.UNKNOWN,
            )
        )

    def _effect(self) -> Effect:
        return Effect.UNKNOWN if self._sent else Effect.NONE

    def _finish(self, outcome: Outcome) -> None:
        self._done(outcome)
