"""South, through the gateway and real sockets: what is told in pieces, a cut link, questions."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway.security.access import ANONYMOUS
from schemas import events as ev
from schemas.agent import AgentState
from schemas.commands import Complete, ListDirectory
from schemas.interaction import Interaction, InteractionState
from schemas.needinfo import Answer, NeedInfoKind
from schemas.results import CommandRecord, NeedsInfo, Succeeded
from schemas.values import Json
from tests.dialects.channel_session.office import Desk, Office, P, answer, signed_in
from tests.dialects.channel_session.stage import GROUPED, I1, V1, stated, told
from tests.fakes import FakeClock, until

# Seed 003, "Placing an outbound call", composed for an inbound one as reference section 5 has it.
CREATED: Final = told("interaction.created", GROUPED, {"interaction": {"id": "i1", "type": "Telephony"}})
ALERTING: Final = stated("interaction", I1, "ALERTING")
LEG: Final = (
    told("conversation.created", I1, {"conversation": {"id": "v1", "role": "primary"}}),
    stated("conversation", V1, "ALERTING"),
)
CALLER: Final = told("conversation.member.added", V1, {"member": {"id": "m1", "address": "+15550100"}})
READY: Final = told("conversation.initialized", V1)
DATA: Final = told("interaction.datachanged", I1, {"case": "42"})
OFFERED: Final = (told("interaction.preview", I1, {"case": "42"}), told("interaction.initialized", I1))
RING: Final = (CREATED, ALERTING, *LEG, CALLER, READY, DATA, *OFFERED)


def kinds(desk: Desk) -> list[str]:
    return [type(one).__name__ for one in desk.calls()]


async def alerting(desk: Desk) -> Interaction:
    """The interaction, as the alerting event has it."""
    await until(lambda: any(isinstance(one, ev.InteractionAlerting) for one in desk.calls()))
    return next(one.interaction for one in desk.calls() if isinstance(one, ev.InteractionAlerting))


async def quiet(desk: Desk) -> None:
    """Everything that was said has been read and told: a word after it has come."""
    marks = sum(isinstance(one, ev.VendorUnrecognised) for one in desk.told())
    await desk.office.say(told("session.motd", "s1"))
    await until(lambda: sum(isinstance(one, ev.VendorUnrecognised) for one in desk.told()) > marks)


async def test_a_ring_is_one_settled_change_with_caller_and_data() -> None:
    async with signed_in(Office(), FakeClock()) as desk:
        await desk.office.say(*RING)
        call = await alerting(desk)
        assert (call.remote_address, call.data) == ("+15550100", {"case": "42"})
        assert [one.address for one in call.parties] == ["+15550100"]
        await quiet(desk)
        assert kinds(desk)[:2] == ["InteractionCreated", "InteractionAlerting"]
        assert set(kinds(desk)[2:]) <= {"InteractionUpdated"}  # pieces that came after it was whole
        created = desk.calls()[0]
        assert created.vendor is not None
        names = [msgspec.json.decode(one)["name"] for one in created.vendor.earlier]
        assert names[0] == "state.updated"  # all frames are kept
        assert "conversation.member.added" in names


async def test_it_is_over_at_once_when_caller_and_data_are_there() -> None:
    async with signed_in(Office(), FakeClock()) as desk:
        await desk.office.say(CREATED, ALERTING, *LEG, DATA)
        await quiet(desk)
        assert kinds(desk) == []
        await desk.office.say(CALLER)
        assert (await alerting(desk)).remote_address == "+15550100"


async def test_a_chat_is_over_with_the_vendors_initialized_word() -> None:
    chat, contact = "s1.grp.chat", "s1.grp.chat.i2"
    async with signed_in(Office(), FakeClock()) as desk:
        await desk.office.say(
            told("interaction.created", chat, {"interaction": {"id": "i2", "type": "Chat"}}),
            stated("interaction", contact, "ALERTING"),
            told("interaction.datachanged", contact, {"case": "7"}),
        )
        await quiet(desk)
        assert kinds(desk) == []
        await desk.office.say(told("interaction.initialized", contact))
        assert (await alerting(desk)).data == {"case": "7"}


async def test_what_never_becomes_whole_is_told_after_100_ms() -> None:
    clock = FakeClock()
    async with signed_in(Office(), clock) as desk:
        await desk.office.say(CREATED, ALERTING)
        await quiet(desk)
        await clock.advance(0.099)
        await quiet(desk)
        assert kinds(desk) == []
        await clock.advance(0.001)
        await alerting(desk)


@pytest.mark.parametrize(
    "change",
    [stated("interaction", I1, "STARTED"), told("interaction.ended", I1), told("interaction.disposed", I1)],
    ids=["state", "ended", "disposed"],
)
async def test_it_is_over_with_any_change_of_state_and_the_ring_is_told_before(change: bytes) -> None:
    async with signed_in(Office(), FakeClock()) as desk:
        await desk.office.say(CREATED, ALERTING, *LEG)
        await desk.office.say(change)
        await alerting(desk)
        await quiet(desk)
        assert kinds(desk)[:2] == ["InteractionCreated", "InteractionAlerting"]
        assert len(kinds(desk)) > 2


async def test_it_is_over_with_a_command() -> None:
    async with signed_in(Office(), FakeClock()) as desk:
        await desk.office.say(CREATED, ALERTING)
        await quiet(desk)
        assert kinds(desk) == []
        await desk.standing.submit(ListDirectory(session_id=desk.standing.session()), ANONYMOUS)
        await alerting(desk)


async def test_it_is_over_with_the_end_of_the_link() -> None:
    async with signed_in(Office(), FakeClock()) as desk:
        await desk.office.say(CREATED, ALERTING)
        await quiet(desk)
        await desk.office.cut()
        await alerting(desk)


async def test_it_is_over_with_the_stop_and_in_the_journal(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with signed_in(Office(), FakeClock(), path=path) as desk:
        await desk.office.say(CREATED, ALERTING)
        await quiet(desk)
    async with signed_in(Office(), FakeClock(), path=path) as desk:
        journal = await desk.standing.request("GET", "/v1/events?limit=1000")
        assert journal.body.count(b'"interaction.alerting"') == 1


def ring(one: str) -> list[bytes]:
    """The same ring of another contact."""
    return [frame.replace(b"i1", one.encode()) for frame in RING]


@pytest.mark.parametrize("later", ["of another known one", "of a new one", "the end of another"])
async def test_nothing_of_a_later_one_is_told_before_what_waits(later: str) -> None:
    """Or a kill in between would lose what came first, though what came later is known."""
    async with signed_in(Office(), FakeClock()) as desk:
        await desk.office.say(*ring("i7"))
        await alerting(desk)
        await quiet(desk)
        before = len(desk.calls())
        await desk.office.say(CREATED, ALERTING)  # waits for its caller
        await quiet(desk)
        assert len(desk.calls()) == before
        match later:
            case "of another known one":
                await desk.office.say(told("interaction.datachanged", f"{GROUPED}.i7", {"case": "43"}))
            case "of a new one":
                await desk.office.say(*ring("i8"))
            case _:
                await desk.office.say(told("interaction.disposed", f"{GROUPED}.i7"))
        await until(lambda: len(desk.calls()) > before)
        first = desk.calls()[before].interaction
        assert I1 in first.refs.values()


async def test_nothing_is_lost_if_the_platform_tells_it_again() -> None:
    async with signed_in(Office(*RING), FakeClock()) as desk:
        (call,) = desk.standing.gateway.state.snapshots.interactions()
        assert (call.state, call.remote_address) == (InteractionState.ALERTING, "+15550100")


# --- an agent's channels


def changed(*media: str, state: str = "READY") -> list[bytes]:
    return [
        frame
        for one in media
        for frame in (
            told(
                "channel.infochanged",
                f"s1.grp.{one}",
                {"channel": {"id": one, "state": "ACTIVE", "agentstate": state}},
            ),
            stated("channel", f"s1.grp.{one}", "ACTIVE", agentstate=state),
        )
    ]


def agents(desk: Desk) -> list[ev.AgentEvent]:
    return [one for one in desk.told() if isinstance(one, ev.AgentEvent)]


async def test_channels_that_change_together_are_one_event() -> None:
    async with signed_in(Office(), FakeClock()) as desk:
        before = len(agents(desk))
        await desk.office.say(*changed("voice", "chat", "email"))
        await until(lambda: len(agents(desk)) > before)
        await quiet(desk)
        assert [type(one).__name__ for one in agents(desk)[before:]][:1] == ["AgentStateChanged"]
        assert {one.agent_state for one in agents(desk)[before].agent.channels} == {AgentState.READY}


async def test_a_change_of_one_channel_alone_is_told_after_100_ms_and_no_state_is_swallowed() -> None:
    clock = FakeClock()
    async with signed_in(Office(), clock) as desk:
        before = len(agents(desk))
        await desk.office.say(*changed("voice"), *changed("voice", state="BUSY"))
        await until(lambda: len(agents(desk)) > before)
        assert agents(desk)[before].agent.state is AgentState.READY
        await quiet(desk)
        await clock.advance(0.1)
        await until(lambda: agents(desk)[-1].agent.state is AgentState.BUSY)


# --- a cut, and questions


@pytest.mark.parametrize("take_over", [True, False])
async def test_our_own_session_is_taken_back_after_a_cut(*, take_over: bool) -> None:
    clock = FakeClock()
    office = Office()
    async with signed_in(office, clock, take_over=take_over) as desk:
        await office.cut()
        await until(lambda: desk.standing.gateway.platforms[P].links == 0)
        await clock.advance(30)
        await until(lambda: len(office.requests("session.start")) == 2)
        override = [one["data"] for one in office.requests("prepareSession")]
        assert [isinstance(one, dict) and one["override"] for one in override] == [False, True]


async def wrapping_up(desk: Desk) -> Interaction:
    await desk.office.say(*RING, told("interaction.ended", I1), stated("interaction", I1, "ENDED"))
    await until(lambda: any(isinstance(one, ev.InteractionEnded) for one in desk.calls()))
    return desk.calls()[-1].interaction


async def completing(desk: Desk, call: Interaction, extension: Json) -> tuple[CommandRecord, dict[str, Json]]:
    """A completion that the platform asks back about, exactly as seed 003 prints it."""
    record = await desk.standing.submit(Complete(interaction_id=call.id), ANONYMOUS)
    request = await desk.office.request("interaction.complete")
    original = {key: value for key, value in request.items() if key != "requestId"}
    await desk.office.say(
        msgspec.json.encode(
            {
                "command": "interaction.request.complete",
                "target": GROUPED,
                "result": "needinfo",
                "uiExtension": extension,
                "original": original,
            }
        )
    )
    return await desk.standing.finished(record), request


async def test_after_call_work_is_ended_by_the_state_and_completed_once() -> None:
    async with signed_in(Office()) as desk:
        call = await wrapping_up(desk)
        record, _ = await completing(desk, call, {"type": "agentstate"})
        assert isinstance(record.result, NeedsInfo)
        asked = record.result.needinfo
        assert asked.kind is NeedInfoKind.AGENT_STATE
        dispatch = desk.standing.gateway.dispatch
        await dispatch.answer(Answer(needinfo_id=asked.id, values={"agent_state": "ready"}), ANONYMOUS)
        request = await desk.office.request("channelgroup.request.setagentstate")
        await desk.office.say(answer(request))
        assert isinstance((await desk.standing.finished(record)).result, Succeeded)
        assert len(desk.office.requests("interaction.complete")) == 1


@pytest.mark.parametrize("values", [{}, {"notes": "called back"}])
async def test_an_optional_disposition_is_left_out_by_choosing_none(values: dict[str, Json]) -> None:
    async with signed_in(Office()) as desk:
        call = await wrapping_up(desk)
        extension: Json = {
            "type": "disposition",
            "dispositionRequired": False,
            "dispositions": [{"dispositionId": 7, "dispositionName": "Sold"}],
        }
        record, _ = await completing(desk, call, extension)
        assert isinstance(record.result, NeedsInfo)
        dispatch = desk.standing.gateway.dispatch
        await dispatch.answer(Answer(needinfo_id=record.result.needinfo.id, values=values), ANONYMOUS)
        again = await desk.office.request("interaction.complete", 2)
        assert again["data"] == {"skipDisposition": True, **values}
        await desk.office.say(answer(again))
        assert isinstance((await desk.standing.finished(record)).result, Succeeded)


async def test_a_reply_that_nobody_waits_for_is_counted_and_shown_to_the_operator() -> None:
    async with signed_in(Office()) as desk:
        await desk.office.say(
            msgspec.json.encode({"command": "channel.dial", "target": GROUPED, "result": "success"})
        )
        await until(lambda: bool(desk.standing.gateway.platforms[P].last_remarks))
        listed = (await desk.standing.request("GET", "/v1/platforms")).json()
        one = msgspec.convert(listed["platforms"], list[dict[str, Json]])[0]
        assert (one["unawaited"], one["mended"]) == (1, 0)
        remarks = msgspec.convert(one["remarks"], list[dict[str, Json]])
        assert [remark["what"] for remark in remarks] == ["channel.dial: success"]
        metrics = await desk.standing.request("GET", "/metrics")
        line = 'trunkline_remarks_total{dialect="channel_session",kind="unawaited",platform="p"} 1.0'
        assert line in metrics.body.decode()
