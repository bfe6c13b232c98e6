"""The connection's own calls: one of a kind at a time, each with its time, and what follows on silence."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ANSWER_WITHIN, Close, PlatformOutput, Ready, Send
from adapters.kit.handshake import GIVEN_UP, PAUSES, Handshake
from schemas.ids import AgentId, Ref
from schemas.observations import Noticed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = AgentId("ada")


def begun(*, patient: bool) -> Handshake[str]:
    shaking = Handshake[str](ADA, patient=patient)
    shaking.now = NOW
    shaking.begin("who", "state")
    return shaking


def ready(*, patient: bool) -> Handshake[str]:
    shaking = begun(patient=patient)
    assert shaking.introduce(None, "") == []
    assert [*shaking.answered("who"), *shaking.answered("state")] == [Ready()]
    return shaking


def ids(outputs: Iterable[PlatformOutput]) -> list[int]:
    return [msgspec.json.decode(one.frame)["id"] for one in outputs if isinstance(one, Send)]


def test_what_was_held_is_told_once_the_agent_is_known() -> None:
    shaking = begun(patient=False)
    assert [*shaking.hold("a"), *shaking.hold("b")] == []
    assert shaking.introduce("kim") == ["a", "b"]
    assert shaking.agent == Ref("kim")


def test_an_id_is_known_as_a_number_and_as_text_until_its_call_is_made_again() -> None:
    shaking = ready(patient=False)
    [first] = ids([shaking.ask("state")])
    assert shaking.asked(first) == shaking.asked(str(first)) == "state"
    [second] = ids([shaking.ask("state")])
    assert shaking.asked(first) is None
    assert shaking.asked(second) == "state"


def test_a_reason_to_ask_while_it_is_asked_asks_once_more_after_the_answer() -> None:
    shaking = ready(patient=False)
    assert len([*shaking.again("state"), *shaking.again("state"), *shaking.again("state")]) == 1
    assert len(ids(shaking.answered("state"))) == 1
    assert ids(shaking.answered("state")) == []


def test_an_impatient_page_is_given_up_for_any_call_and_a_patient_one_for_its_snapshot_only() -> None:
    silent = [Close(CloseCode.TRY_AGAIN, "no answer to state")]
    late = NOW + ANSWER_WITHIN
    for patient in (True, False):
        shaking = ready(patient=patient)
        shaking.ask("state")
        assert (shaking.advance(late) == silent) is not patient
        again = ready(patient=patient)
        again.begin("state")
        assert again.advance(late) == silent
        assert again.due() is None


def test_a_patient_page_is_asked_again_with_growing_pauses_and_given_up_in_the_end() -> None:
    shaking = ready(patient=True)
    shaking.ask("state")
    asked, told = 1, []
    while (due := shaking.due()) is not None:
        outputs = shaking.advance(due)
        asked += len(ids(outputs))
        told += [one for one in outputs if isinstance(one, Noticed)]
    assert asked == 1 + len(PAUSES)
    assert [(one.agent, one.code, one.message) for one in told] == [("ada", "state", GIVEN_UP)]


def test_what_is_doubted_is_asked_at_once_and_what_is_changing_shortly_after() -> None:
    shaking = ready(patient=True)
    shaking.doubt("state")
    assert shaking.due() == NOW
    assert len(ids(shaking.advance(NOW))) == 1
    [*shaking.answered("state")]
    assert len(ids(shaking.soon("state"))) == 1
    [*shaking.answered("state")]
    assert shaking.due() == NOW + timedelta(seconds=0.5)
    assert len(ids(shaking.advance(NOW + timedelta(seconds=0.5)))) == 1
