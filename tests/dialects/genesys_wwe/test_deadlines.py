"""South: what happens when nobody answers, and what happens by itself."""

from datetime import datetime, timedelta

import msgspec
import pytest

from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ANSWER_WITHIN, Call, Close, Context, Done, PlatformOutput, Ready
from adapters.genesys_wwe.platform import Connection
from adapters.genesys_wwe.settings import Settings
from adapters.kit.handshake import PAUSES
from schemas.commands import BlockCompletion
from schemas.ids import InteractionId, Ref
from schemas.observations import InteractionObserved, Noticed
from tests.dialects.genesys_wwe import stage

TALKING = {"interactionId": "4", "callUuid": "u-1", "caseId": "c-1", "state": "TALKING"}
OVER = {**TALKING, "state": "IDLE", "previousState": "TALKING"}
TIMEOUT = "Request timeout"  # the vendor's library, after 10 s


def at(seconds: float) -> datetime:
    return stage.NOW + timedelta(seconds=seconds)


def run_until(connection: Connection, end: datetime) -> list[tuple[float, PlatformOutput]]:
    """Wake it whenever it wants to be woken, and note when it did what."""
    done: list[tuple[float, PlatformOutput]] = []
    while (due := connection.due()) is not None and due <= end:
        when = (due - stage.NOW).total_seconds()
        done += [(when, one) for one in connection.advance(due)]
    return done


def asked(done: list[tuple[float, PlatformOutput]]) -> list[tuple[float, str]]:
    return [(when, one.method) for when, output in done for one in stage.sent([output])]


# --- the snapshot


@pytest.mark.parametrize("silent", ["subscribe", "agent.get", "interaction.getInteractions"])
@pytest.mark.parametrize("answer", [None, TIMEOUT])
def test_a_snapshot_that_is_not_answered_ends_the_connection_and_says_what_is_missing(
    silent: str, answer: str | None
) -> None:
    connection = Connection(Settings(), None)
    for one in stage.sent(connection.opened(stage.NOW)):
        given = answer if one.method == silent else stage.ANSWERS[one.method]
        if given is not None:
            assert Ready() not in connection.received(stage.result(one.id, given), at(1))
    assert connection.due() == stage.NOW + ANSWER_WITHIN
    assert list(connection.advance(at(14.9))) == []
    assert list(connection.advance(at(15))) == [Close(CloseCode.TRY_AGAIN, f"no answer to {silent}")]


def test_after_the_snapshot_nothing_is_due() -> None:
    connection, _ = stage.connected([TALKING])
    assert connection.due() is None


def test_the_list_of_media_only_adds_to_the_snapshot_and_is_asked_for_again() -> None:
    connection = Connection(Settings(), None)
    outputs: list[PlatformOutput] = []
    for one in stage.sent(connection.opened(stage.NOW)):
        if one.method != "media.getMediaList":
            outputs += connection.received(stage.result(one.id, stage.ANSWERS[one.method]), stage.NOW)
    assert outputs[-1] == Ready()
    assert asked(run_until(connection, at(20))) == [(20.0, "media.getMediaList")]


# --- re-reading


def test_a_read_that_is_not_answered_is_asked_again_with_growing_pauses_and_given_up_in_the_end() -> None:
    connection, _ = stage.connected()
    assert len(stage.sent(connection.received(stage.event("media", {}), stage.NOW))) == 1
    done = run_until(connection, at(10_000))
    times = [when for when, _ in asked(done)]
    assert len(times) == len(PAUSES)
    waits = [later - earlier for earlier, later in zip([0.0, *times], times, strict=False)]
    assert waits == [(ANSWER_WITHIN + pause).total_seconds() for pause in PAUSES]
    [notice] = [one for _, one in done if isinstance(one, Noticed)]
    assert (notice.agent, notice.code, notice.error) == ("1001", "media.getMediaList", True)
    assert connection.due() is None
    assert len(stage.sent(connection.received(stage.event("media", {}), at(10_000)))) == 1  # a new reason


def test_a_library_that_gives_up_by_itself_has_not_answered_either() -> None:
    connection, _ = stage.connected()
    [read] = stage.sent(connection.received(stage.event("media", {}), stage.NOW))
    assert connection.received(stage.result(read.id, TIMEOUT), at(10)) == []
    assert asked(run_until(connection, at(15))) == [(15.0, "media.getMediaList")]


def test_there_is_never_more_than_one_of_a_kind_under_way() -> None:
    connection, _ = stage.connected()
    hint = stage.event("media", {})
    [first] = stage.sent(connection.received(hint, stage.NOW))
    assert stage.sent(connection.received(hint, at(1))) == []
    run_until(connection, at(15))
    assert stage.sent(connection.received(hint, at(16))) == []  # in the pause
    [(_, second)] = [
        (when, one) for when, output in run_until(connection, at(20)) for one in stage.sent([output])
    ]
    media = stage.ANSWERS["media.getMediaList"]
    assert connection.received(stage.result(first.id, media), at(21)) == []  # late: nobody waits for it
    assert stage.sent(connection.received(stage.result(second.id, media), at(22))) == []
    assert connection.due() is None


def test_a_refused_read_is_said_and_not_asked_again() -> None:
    connection, _ = stage.connected()
    [read] = stage.sent(connection.received(stage.event("media", {}), stage.NOW))
    [notice] = connection.received(stage.result(read.id, {"errorMessage": "no"}), at(1))
    assert isinstance(notice, Noticed)
    assert connection.due() is None


def test_what_a_lost_call_did_is_read_though_no_frame_ever_comes() -> None:
    connection, _ = stage.connected([TALKING])
    connection.send(Call(method="voice.hold", params=("4",)), 7)
    connection.forget(7)
    due = connection.due()
    assert due is not None
    assert due <= at(10)
    assert [one.method for one in stage.sent(connection.advance(at(10)))] == ["interaction.getInteractions"]
    assert connection.due() == at(25)


# --- marked done without a word


@pytest.mark.parametrize("interval", [30.0, 7.0])
def test_the_list_is_read_again_and_again_while_something_may_have_been_marked_done(interval: float) -> None:
    connection, _ = stage.connected([OVER], Settings(reconcile_s=interval))
    for turn in (1, 2):
        assert connection.due() == at(turn * interval)
        [read] = stage.sent(connection.advance(at(turn * interval)))
        assert read.method == "interaction.getInteractions"
        connection.received(stage.result(read.id, {"data": [OVER]}), at(turn * interval))
    [read] = stage.sent(connection.advance(at(3 * interval)))
    connection.received(stage.result(read.id, {"data": []}), at(3 * interval))
    assert connection.due() is None


def test_the_list_is_not_read_again_where_that_is_switched_off_or_nothing_is_over() -> None:
    assert stage.connected([OVER], Settings(reconcile_s=0))[0].due() is None
    assert stage.connected([TALKING])[0].due() is None


# --- the timer of a block


def lifted(done: list[tuple[float, PlatformOutput]]) -> list[float]:
    return [
        when for when, one in done if isinstance(one, InteractionObserved) and one.completion_blocked == ""
    ]


BLOCKED = stage.event("markdone", {"eventType": "MARKDONE_BLOCKED", "interactionId": "4"})


@pytest.mark.parametrize("way", ["call", "event"])
def test_a_block_that_the_platform_has_lifted_by_its_timer_is_not_held_for_ever(way: str) -> None:
    connection, _ = stage.connected([TALKING], Settings(block_markdone_timeout_ms=20_000))
    if way == "call":
        connection.send(Call(method="interaction.blockMarkdone", params=("4", "Save first")), 7)
        outputs = connection.received(stage.result(7, {"data": None}), at(1))
    else:
        outputs = connection.received(BLOCKED, at(1))
    [seen, *_] = [one for one in outputs if isinstance(one, InteractionObserved)]
    assert seen.completion_blocked_until == at(21)
    assert lifted(run_until(connection, at(100))) == [21.0]


def test_an_attempt_while_it_is_blocked_does_not_begin_the_timer_anew_but_another_block_does() -> None:
    connection, _ = stage.connected([TALKING], Settings(block_markdone_timeout_ms=20_000))
    connection.received(BLOCKED, stage.NOW)
    connection.received(BLOCKED, at(5))
    assert connection.due() == at(20)
    connection.send(Call(method="interaction.blockMarkdone", params=("4", "Save first")), 7)
    connection.received(stage.result(7, {"data": None}), at(10))
    assert lifted(run_until(connection, at(100))) == [30.0]


def test_a_block_of_unknown_length_stands_until_somebody_says_otherwise() -> None:
    connection, _ = stage.connected([TALKING])
    connection.received(BLOCKED, stage.NOW)
    assert connection.due() is None


def test_a_limit_that_is_not_the_platform_s_own_is_warned_of() -> None:
    call = stage.interaction(refs={"interaction": "4"})
    settings = Settings(block_markdone_timeout_ms=20_000)
    for limit_s, count in ((0.0, 0), (20.0, 0), (5.0, 1)):
        command = BlockCompletion(interaction_id=InteractionId("i4"), message="Save", limit_s=limit_s)
        flow = Connection(settings, None).flow(command, Context(interaction=call))
        [sent], outcome = stage.run(flow)
        assert (sent.method, sent.params) == ("interaction.blockMarkdone", ["4", "Save"])
        assert isinstance(outcome, Done)
        assert len(outcome.warnings) == count


def test_the_frame_that_holds_an_interaction_stays_the_last_of_it() -> None:
    connection, _ = stage.connected()
    whole = stage.changed(TALKING)
    connection.received(whole, stage.NOW)
    collapsed = {"eventType": "CASE_COLLAPSED", "selectedCaseId": "c-1"}
    for aside in (stage.event("interaction", collapsed), BLOCKED):
        seen, last = [
            one for one in connection.received(aside, stage.NOW) if isinstance(one, InteractionObserved)
        ]
        assert bytes(seen.vendor) == aside
        assert last == InteractionObserved(agent=Ref("1001"), ref=Ref("4"), vendor=last.vendor)
        assert bytes(last.vendor) == whole
    assert msgspec.json.decode(whole)["params"][0]["interaction"] == TALKING
