"""Agents who share a connection are signed in each in his own time; nobody waits for one who is given up."""

from datetime import UTC, datetime, timedelta

from adapters.contract.dialect import ANSWER_WITHIN
from adapters.kit.sign_ins import SignIns
from schemas.ids import Ref

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, LONGEST = timedelta(seconds=5), timedelta(seconds=12)
MIA, KIM = Ref("mia"), Ref("kim")


def begun(*agents: Ref) -> SignIns:
    sign_ins = SignIns(FIRST, LONGEST)
    sign_ins.begin(agents, NOW)
    for agent in sign_ins.rested(NOW):
        sign_ins.waits(agent, "a session", NOW)
    return sign_ins


def test_all_are_tried_at_once_and_waited_for() -> None:
    sign_ins = SignIns(FIRST, LONGEST)
    sign_ins.begin((MIA, KIM), NOW)
    assert list(sign_ins.rested(NOW)) == [MIA, KIM]
    assert not sign_ins.over


def test_nobody_configured_is_nobody_to_wait_for() -> None:
    assert begun().over
    assert begun().due() is None


def test_one_who_is_not_answered_is_given_up_and_named_with_what_did_not_come() -> None:
    sign_ins = begun(MIA, KIM)
    sign_ins.done(KIM)
    late = NOW + ANSWER_WITHIN
    assert list(sign_ins.overdue(late)) == [(MIA, "a session")]
    assert list(sign_ins.overdue(late)) == []
    assert sign_ins.over


def test_pauses_grow_up_to_the_longest() -> None:
    sign_ins, now = begun(MIA), NOW
    for pause in (FIRST, 2 * FIRST, LONGEST, LONGEST):
        sign_ins.failed(MIA, now)
        assert sign_ins.due() == now + pause
        assert list(sign_ins.rested(now + pause / 2)) == []
        now += pause
        assert list(sign_ins.rested(now)) == [MIA]
        sign_ins.waits(MIA, "a session", now)


def test_one_who_got_on_waits_anew() -> None:
    sign_ins = begun(MIA)
    sign_ins.waits(MIA, "a start", NOW + FIRST)
    assert list(sign_ins.overdue(NOW + ANSWER_WITHIN)) == []
    assert list(sign_ins.overdue(NOW + FIRST + ANSWER_WITHIN)) == [(MIA, "a start")]


def test_one_who_is_done_is_not_tried_again_however_late_a_failure_comes() -> None:
    sign_ins = begun(MIA)
    sign_ins.done(MIA)
    sign_ins.failed(MIA, NOW)
    sign_ins.waits(MIA, "a session", NOW)
    assert sign_ins.due() is None
    assert list(sign_ins.rested(NOW + LONGEST)) == []
