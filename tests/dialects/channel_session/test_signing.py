"""South: configured agents whose sessions do not come about, in time or at all."""

from datetime import datetime, timedelta
from typing import Final

import pytest
from pydantic import SecretStr

from adapters.channel_session.platform import ChannelSessionConnection
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.channel_session.sign_in import FIRST_PAUSE, LONGEST_PAUSE
from adapters.contract.dialect import ANSWER_WITHIN, Context, PlatformOutput, Ready, Send
from schemas.commands import Login
from schemas.ids import AgentId, PlatformId
from schemas.observations import AgentObserved, InteractionsListed, Noticed
from schemas.values import Json
from tests.dialects.channel_session.bridge import PREPARED, STARTED
from tests.dialects.channel_session.stage import NOW, answered, text, told

INITIALIZED: Final = told("session.initialized", "s1")


class Clocked:
    """A connection with a clock that a test sets."""

    def __init__(self, *agents: str, take_over: bool = True) -> None:
        settings = ChannelSessionSettings(agents={a: SecretStr("p") for a in agents}, take_over=take_over)
        self.connection = ChannelSessionConnection(settings)
        self.now = NOW
        self.out: list[PlatformOutput] = [*self.connection.opened(NOW)]

    def hear(self, *frames: bytes) -> list[PlatformOutput]:
        """Everything that comes out of these frames."""
        self.out = [out for frame in frames for out in self.connection.received(frame, self.now)]
        return self.out

    def wait(self, time: timedelta) -> list[PlatformOutput]:
        """Let the time pass, waking the connection whenever it is due."""
        until, self.out = self.now + time, []
        while (due := self.connection.due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.out += self.connection.advance(self.now)
        self.now = until
        return self.out

    def sent(self) -> list[tuple[Json, Json]]:
        """Commands that went out last, with whether they override."""
        frames = [text(one.frame) for one in self.out if isinstance(one, Send)]
        return [
            (one["command"], one["data"].get("override")) for one in frames if isinstance(one["data"], dict)
        ]

    def due_in(self) -> timedelta | None:
        """How long until the connection wants to be woken."""
        due: datetime | None = self.connection.due()
        return None if due is None else due - self.now


def refusal(code: str) -> bytes:
    return answered("prepareSession", "", "failure", failure={"code": code, "message": "no"})


def notices(out: list[PlatformOutput]) -> list[tuple[str, str, str]]:
    return [(one.agent, one.code, one.message) for one in out if isinstance(one, Noticed) and one.error]


@pytest.mark.parametrize(
    ("answers", "waited_for"),
    [
        ((), "prepareSession"),
        ((PREPARED,), "session.start"),
        ((PREPARED, STARTED), "session.initialized"),
    ],
)
def test_an_agent_whose_signing_in_stops_is_given_up_by_the_name_of_what_did_not_come(
    answers: tuple[bytes, ...], waited_for: str
) -> None:
    south = Clocked("a1")
    assert not any(isinstance(one, Ready) for one in south.hear(*answers))
    assert south.due_in() == ANSWER_WITHIN
    *_, notice, ready = south.wait(ANSWER_WITHIN)
    assert notices([notice]) == [("a1", "not-answered", f"{waited_for} did not come in time")]
    assert isinstance(ready, Ready)


def test_each_step_has_its_own_time() -> None:
    south = Clocked("a1")
    nearly = ANSWER_WITHIN - timedelta(seconds=1)
    for frame in (PREPARED, STARTED):
        assert south.wait(nearly) == []
        south.hear(frame)
    assert south.wait(nearly) == []
    out = south.hear(INITIALIZED)
    assert [type(one) for one in out] == [AgentObserved, InteractionsListed, Ready]
    assert south.due_in() is None


def test_one_agents_silence_does_not_hold_up_the_others_for_longer_than_that() -> None:
    south = Clocked("a1", "a2")
    south.hear(PREPARED, STARTED)
    out = south.hear(INITIALIZED)
    assert not any(isinstance(one, Ready) for one in out)
    assert [type(one) for one in south.wait(ANSWER_WITHIN)] == [Noticed, Ready]


def test_who_was_given_up_is_tried_again_after_a_pause_that_grows_to_a_bound() -> None:
    south = Clocked("a1")
    pauses = []
    for _ in range(10):
        south.wait(ANSWER_WITHIN)
        pauses.append(south.due_in())
        south.wait(pauses[-1] or timedelta())
        assert south.sent() == [("prepareSession", False)]
    assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert pauses[-1] == LONGEST_PAUSE
    assert all(one is not None and one <= LONGEST_PAUSE for one in pauses)


@pytest.mark.parametrize("code", ["cti-error", "internal", "E-4711", ""])
def test_a_failure_is_tried_again(code: str) -> None:
    south = Clocked("a1")
    out = south.hear(refusal(code))
    assert [type(one) for one in out] == [Noticed, Ready]
    assert south.wait(FIRST_PAUSE - timedelta(seconds=1)) == []
    south.wait(timedelta(seconds=1))
    assert south.sent() == [("prepareSession", False)]
    south.hear(PREPARED, STARTED)
    assert any(isinstance(one, AgentObserved) for one in south.hear(INITIALIZED))
    assert south.due_in() is None


def test_bad_credentials_are_never_tried_again() -> None:
    south = Clocked("a1")
    assert notices(south.hear(refusal("bad-credentials"))) == [("a1", "bad-credentials", "no")]
    assert south.due_in() is None


def test_a_failed_start_is_tried_again_and_takes_its_own_session_over() -> None:
    south = Clocked("a1")
    south.hear(PREPARED)
    south.hear(answered("session.start", "s1", "failure", failure={"code": "cti-error", "message": "no"}))
    assert notices(south.out) == [("a1", "cti-error", "no")]
    south.wait(FIRST_PAUSE)
    assert south.sent() == [("prepareSession", True)]


def test_a_late_answer_is_still_welcome_until_the_next_try() -> None:
    south = Clocked("a1")
    south.hear(PREPARED)
    south.wait(ANSWER_WITHIN + timedelta(seconds=1))
    south.hear(STARTED)
    assert any(isinstance(one, AgentObserved) for one in south.hear(INITIALIZED))
    assert south.due_in() is None


def test_an_answer_that_comes_after_the_next_try_is_nobodys() -> None:
    south = Clocked("a1")
    request = text(next(one.frame for one in south.out if isinstance(one, Send)))
    south.wait(ANSWER_WITHIN + FIRST_PAUSE)
    late = answered("prepareSession", "", requestId=request["requestId"], data={"resourceId": "s0"})
    assert south.hear(late) == []


def test_an_agent_who_signs_in_by_a_command_is_not_tried_again() -> None:
    south = Clocked("a1")
    south.hear(refusal("cti-error"))
    login = Login(platform_id=PlatformId("p"), agent_id=AgentId("a1"), password="p")
    south.connection.send(next(south.connection.flow(login, Context())), 7)
    south.hear(answered("prepareSession", "", data={"resourceId": "s5"}))
    assert south.due_in() is None


def test_a_session_of_somebody_elses_is_asked_for_again_but_not_taken() -> None:
    south = Clocked("a1", take_over=False)
    south.hear(b'{"command":"prepareSession","result":"confirm","message":"Take it over?"}')
    assert notices(south.out) == [("a1", "confirm", "Take it over?")]
    south.wait(FIRST_PAUSE)
    assert south.sent() == [("prepareSession", False)]
