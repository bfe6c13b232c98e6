"""A WWE client over a WWE platform, by real sockets: what the page may know better is asked of it.

Source: seed 002 (setUserData, deleteUserData, unblockMarkdone, case events); reference 1.2, 3.1, 3.6.
"""

from pathlib import Path

import pytest

from gateway.security.access import ANONYMOUS
from schemas.commands import Unmute
from schemas.ids import Cursor
from schemas.results import Succeeded
from schemas.values import Json
from tests.dialects.genesys_wwe import stage
from tests.dialects.genesys_wwe.test_sockets import TALKING, client, page, platforms
from tests.fakes import FakeClock
from tests.gateway.commands import power_cut
from tests.gateway.handmade import bench

MORE = {**TALKING, "interactionId": "5", "callUuid": "u-2", "interactionUUID": "u-2"}


@pytest.mark.parametrize(
    ("method", "params", "called", "answer"),
    [
        ("sipEndpoint.unmuteMicrophone", (), [], None),
        ("sipEndpoint.muteMicrophone", (), [], None),
        ("sipEndpoint.isMicrophoneMute", (), [], True),
        ("interaction.deleteUserData", ("{}", "Hidden"), ["4", "Hidden"], None),
        ("interaction.unblockMarkdone", ("{}",), ["4"], None),
        (
            "interaction.setUserData",
            ("{}", {"Business Result": "Sold", "Notes": "x", "Segment": "Gold"}),
            ["4", {"Business Result": "Sold", "Notes": "x", "Segment": "Gold"}],
            None,
        ),
    ],
)
async def test_what_the_snapshot_may_not_know_is_asked_once(
    method: str, params: tuple[Json, ...], called: list[Json], answer: Json
) -> None:
    async with bench(platforms=platforms()) as standing:
        desktop = await page(standing, "1001", [TALKING, MORE])
        one = await client(standing, "1001")
        mine = next(each for each in standing.gateway.state.snapshots.interactions() if each.ref == "4")
        number = await one.request(method, *(mine.id if each == "{}" else each for each in params))
        asked = await desktop.heard()
        assert (asked["method"], asked["params"]) == (method, called)
        await desktop.send(stage.result(str(asked["id"]), {"data": answer}))
        assert (await one.until(lambda frame: frame.get("id") == number))["result"] == {"data": answer}


async def test_a_microphone_that_the_agent_opened_in_the_desktop_is_closed_again() -> None:
    async with bench(platforms=platforms()) as standing:
        desktop = await page(standing, "1001", [TALKING])
        one = await client(standing, "1001")
        for _ in range(2):
            number = await one.request("sipEndpoint.muteMicrophone")
            asked = await desktop.heard()
            assert asked["method"] == "sipEndpoint.muteMicrophone"
            await desktop.send(stage.result(str(asked["id"]), {"data": None}))
            await one.until(lambda frame, wanted=number: frame.get("id") == wanted)  # type: ignore[misc]


async def test_without_a_call_the_endpoint_is_the_platform_s_own() -> None:
    async with bench(platforms=platforms()) as standing:
        desktop = await page(standing, "1001")
        one = await client(standing, "1001")
        number = await one.request("sipEndpoint.muteMicrophone")
        asked = await desktop.heard()
        assert (asked["method"], asked["params"]) == ("sipEndpoint.muteMicrophone", [])
        await desktop.send(stage.result(str(asked["id"]), {"errorMessage": "No endpoint"}))
        refused = await one.until(lambda frame: frame.get("id") == number)
        assert refused["result"] == {"errorMessage": "No endpoint"}


async def test_a_command_that_is_not_answered_fails_before_the_library_gives_up() -> None:
    clock = FakeClock()
    async with bench(platforms=platforms(), clock=clock) as standing:
        desktop = await page(standing, "1001", [TALKING])
        one = await client(standing, "1001")
        [mine] = standing.gateway.state.snapshots.interactions()
        await one.request("voice.hold", mine.id)
        assert (await desktop.heard())["method"] == "voice.hold"
        await clock.advance(8)
        assert (await one.heard())["result"] == {"errorMessage": "the platform did not answer within 8 s"}


async def test_the_list_is_read_again_shortly_after_a_mark_done() -> None:
    clock = FakeClock()
    over = {**TALKING, "state": "IDLE", "previousState": "TALKING"}
    async with bench(platforms=platforms(reconcile_s=0), clock=clock) as standing:
        desktop = await page(standing, "1001", [over])
        one = await client(standing, "1001", "interaction")
        [mine] = standing.gateway.state.snapshots.interactions()
        number = await one.request("interaction.markdone", mine.id)
        asked = await desktop.heard()
        await desktop.send(stage.result(str(asked["id"]), {"data": None}))
        assert (await one.heard())["id"] == number
        for wait_s, listed in ((0.0, [over]), (0.5, [over]), (1.5, [])):
            await clock.advance(wait_s)
            again = await desktop.heard()
            assert again["method"] == "interaction.getInteractions"
            await desktop.send(stage.result(str(again["id"]), {"data": listed}))
        removed = await one.heard()
        assert "REMOVED" in str(removed)


# --- frames that change nothing of ours


@pytest.mark.parametrize(
    "data",
    [
        {"eventType": "BUNDLE_CLOSE", "interaction": TALKING},
        {"eventType": "PARTIES_SHUFFLED", "interaction": TALKING},
        {"eventType": "CASE_EXPANDED", "selectedCaseId": "of nobody"},
        {"eventType": "CASE_SELECTED", "selectedCaseId": "of nobody"},
    ],
    ids=lambda data: str(data["eventType"]),
)
async def test_what_means_nothing_to_us_reaches_a_client_of_the_same_vendor_once(
    data: dict[str, Json],
) -> None:
    async with bench(platforms=platforms()) as standing:
        desktop = await page(standing, "1001", [TALKING])
        one = await client(standing, "1001", "interaction")
        [mine] = standing.gateway.state.snapshots.interactions()
        for _ in range(2):  # the same once more is no news
            await desktop.send(stage.event("interaction", data))
        await desktop.send(stage.changed({**TALKING, "state": "HELD"}, "HELD"))
        ours = dict(data)
        if "interaction" in ours:
            ours["interaction"] = {**TALKING, "interactionId": mine.id}
        told = [(await one.heard())["params"] for _ in range(2)]
        assert told[0] == [ours]
        assert "HELD" in str(told[1])


async def test_the_closing_of_a_case_reaches_a_client_though_its_interaction_is_completed() -> None:
    mail = {"interactionId": "7", "media": "email", "state": "ACCEPTED", "interactionUUID": "u-7"}
    sent = {**mail, "state": "SENT", "previousState": "ACCEPTED"}
    async with bench(platforms=platforms()) as standing:
        desktop = await page(standing, "1001", [mail])
        one = await client(standing, "1001", "interaction")
        await desktop.send(stage.changed(sent, "SENT"))
        await desktop.send(stage.changed(sent, "BUNDLE_CLOSE"))
        labels = [(await one.heard())["params"][0]["eventType"] for _ in range(2)]  # type: ignore[index]
        assert labels == ["SENT", "BUNDLE_CLOSE"]


# --- what the adapter keeps


async def test_the_platform_s_own_answers_outlive_a_kill_and_leave_us_nowhere(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path, platforms=platforms()) as standing:
        stream = await standing.stream()
        await page(standing, "1001", [TALKING])
        await standing.gateway.store.barrier()
        lost = power_cut(tmp_path)
        events = await standing.gateway.store.read(Cursor(0), 1000)
        shown = [one.body for one in events]
        for listed in ("/v1/sessions", "/v1/events?limit=1000", "/v1/platforms"):
            async with standing.http.get(standing.url + listed) as response:
                shown.append(await response.read())
        del stream
        raw = b'\\"operationName\\"'  # an answer within a text
        assert not [one for one in shown if raw in one]
    async with bench(path=lost, platforms=platforms()) as standing:
        one = await client(standing, "1001")  # before any page is there
        assert await one.ask("agent.getStateList") == stage.ANSWERS["agent.getStateList"]
        assert await one.ask("agent.get") == {"data": {"employeeId": "1001"}}


async def test_a_canonical_client_unmutes_alike() -> None:
    async with bench(platforms=platforms()) as standing:
        desktop = await page(standing, "1001", [TALKING])
        [mine] = standing.gateway.state.snapshots.interactions()
        record = await standing.submit(Unmute(interaction_id=mine.id), ANONYMOUS)
        asked = await desktop.heard()
        await desktop.send(stage.result(str(asked["id"]), {"data": None}))
        assert isinstance((await standing.finished(record)).result, Succeeded)
