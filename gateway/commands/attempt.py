"""One attempt at a command: drives its flow over a link, one platform call at a time, without a task.

The platform's clock runs per call. A call that gets no answer leaves the effect unknown: it may have gone
through, so it is never repeated.

A transfer, a consultation or any other command that takes several calls can stop half-way. Nothing is undone
then: undoing is one more thing that can fail, and the agent sees where the calls stand. The result says which
call it stopped at and which went before (`stopped`); the interactions' own events say what came of those.

| what happens between the first call and the last | the command ends with |
|---|---|
| the platform refuses a call | its code; `unknown`, where the flow knows that calls before it took effect |
| the link goes down | `link_down`, `unknown` |
| a call is not answered in time | `timeout`, `unknown`; a late answer is dropped |
| the gateway is killed | at the next start `internal`, `unknown`; the record has the steps |
| the colleague of the consultation hangs up | what the platform answers; the customer stays on hold |
| the customer hangs up | what the platform answers; the consultation goes on as a call of its own |

So an interaction that ends does not end a command: the platform's answer does, or the lack of it.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from adapters.contract.dialect import Call, Flow, Outcome, Reply
from gateway.links.link import Link
from gateway.runtime.clock import Clock, TimerHandleLike
from schemas.errors import MalformedFrame, UnsupportedError
from schemas.results import Effect, ErrorCode, Failed


def stopped(failed: Failed, steps: Sequence[str]) -> Failed:
    """The failure of a command that took several calls: the last of its steps is the one that failed."""
    *before, last = steps or ("",)
    if not before:
        return failed
    return replace(failed, message=f"{failed.message} (at: {last}; done before: {', '.join(before)})")


class Attempt:
    """Runs from `start` until `done` is called, exactly once. `sending` is told each step as it leaves."""

    def __init__(
        self,
        link: Link,
        flow: Flow,
        patience_s: Callable[[], float],
        clock: Clock,
        sending: Callable[[str], None],
        done: Callable[[Outcome], None],
    ) -> None:
        self._link = link
        self._flow = flow
        self._patience_s = patience_s  # of a call that is made now
        self._waited_s = 0.0
        self._clock = clock
        self._sending = sending
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
            self._call(call)

    def _call(self, call: Call) -> None:
        if self._link.owned():
            self._sent = True
            self._sending(call.step or call.method)
            self._waited_s = self._patience_s()
            self._timer = self._clock.call_later(self._waited_s, self._timed_out)
            self._call_id = self._link.call(call, self._replied)
            return
        self._flow.close()
        self._finish(
            Failed(
                code=ErrorCode.UNAVAILABLE,
                message="another gateway may have taken this link over, so the call was not made",
                effect=self._effect(),
            )
        )

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
                message=f"the platform did not answer within {round(self._waited_s, 1):g} s",
                effect=Effect.UNKNOWN,
            )
        )

    def _effect(self) -> Effect:
        return Effect.UNKNOWN if self._sent else Effect.NONE

    def _finish(self, outcome: Outcome) -> None:
        self._done(outcome)
