"""An application written for WWE over the platforms of all vendors, by its requests alone.

Source: seed 002 (setUserData, markdone, previousState); reference 2.6, 3.1.1, 3.1.4, 4.3.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from schemas import events as ev
from schemas.values import Json
from tests.dialects.genesys_wwe.test_sockets import Socket
from tests.e2e.world import VENDORS, World, platform, world

SERVICE: Final[Mapping[str, Json]] = {
    "services": [
        {
            "id": "sales",
            "outbound": True,
            "dispositions": [{"id": "sold", "name": "Sold"}, {"id": "lost", "name": "Lost"}],
            "disposition_required": True,
        }
    ],
    "default_service": "sales",
}
KEY: Final = "Business Result"
FACADES: Final[Mapping[str, Mapping[str, Json]]] = {"genesys_wwe": {}}


async def client(played: World, *channels: str) -> Socket:
    """An application of agent a1 that has subscribed."""
    one = Socket(await played.connect("/v1/facades/sim/genesys_wwe?agent=a1"))
    assert isinstance(await one.ask("subscribe", list(channels or ("interaction",))), dict)
    return one


async def data(asked: Socket, method: str, *params: Json) -> Json:
    """What a request that succeeds brings."""
    answer = await asked.ask(method, *params)
    assert isinstance(answer, dict)
    assert "errorMessage" not in answer, answer
    return answer["data"]


def labelled(label: str) -> Callable[[dict[str, Json]], bool]:
    """An interaction event of that name."""
    return lambda frame: f"'eventType': '{label}'" in str(frame)


async def answered(played: World, asked: Socket) -> str:
    """The id of a call that the agent has taken."""
    await played.simulate("a1", "inbound_call", ani="+15550100", service="sales")
    await asked.until(labelled("RINGING"))
    [one] = played.interactions()
    await data(asked, "voice.answer", one.id)
    await asked.until(labelled("ESTABLISHED"))
    return one.id


@pytest.mark.parametrize("vendor", ["bright_pattern", "channel_session"])
async def test_what_a_mark_done_lacks_can_be_given_as_its_error_says(vendor: str) -> None:
    async with world([platform(vendor, switch=SERVICE, facades=FACADES)]) as played:
        asked = await client(played)
        stream = await played.stream()
        iid = await answered(played, asked)
        await data(asked, "voice.hangUp", iid)
        await stream.until(lambda event: isinstance(event, ev.InteractionWrapUp))
        refused = await asked.ask("interaction.markdone", iid)
        assert isinstance(refused, dict)
        said = re.search(rf"{KEY}: (\w+) = Sold, (\w+) = Lost; Notes", str(refused["errorMessage"]))
        assert said is not None, refused
        chosen = said[2]
        await data(asked, "interaction.setUserData", iid, {KEY: chosen, "Notes": "twice"})
        shown = await data(asked, "interaction.getByInteractionId", iid)
        assert isinstance(shown, dict)
        assert {KEY: chosen, "Notes": "twice"}.items() <= dict(shown["userData"]).items()
        await data(asked, "interaction.markdone", iid)
        done = await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
        assert isinstance(done, ev.InteractionCompleted)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_user_data_is_set_as_a_whole_and_reads_back_as_written(vendor: str) -> None:
    async with world([platform(vendor, switch=SERVICE, facades=FACADES)]) as played:
        asked = await client(played)
        iid = await answered(played, asked)
        written: dict[str, Json] = {KEY: "no such outcome", "Notes": "x", "Segment": "Gold"}
        await data(asked, "interaction.setUserData", iid, written)
        shown = await data(asked, "interaction.getByInteractionId", iid)
        assert isinstance(shown, dict)
        assert written.items() <= dict(shown["userData"]).items()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_call_that_is_read_again_was_not_answered_just_now(vendor: str) -> None:
    async with world([platform(vendor, switch=SERVICE, facades=FACADES)]) as played:
        asked = await client(played)
        await answered(played, asked)
        again = await client(played)
        listed = await data(again, "interaction.getInteractions")
        assert isinstance(listed, list)
        if vendor != "genesys_wwe":  # whose own word is passed on
            assert [(one["state"], one["previousState"]) for one in listed] == [("TALKING", "UNKNOWN")]


@pytest.mark.parametrize("vendor", ["bright_pattern", "channel_session"])
async def test_a_consultation_says_which_data_it_could_not_carry(vendor: str) -> None:
    async with world([platform(vendor, switch=SERVICE, facades=FACADES)]) as played:
        asked = await client(played)
        iid = await answered(played, asked)
        answer = await asked.ask("interaction.consult", iid, "102", {"Segment": "Gold", "Order": "A-17"}, {})
        assert isinstance(answer, dict)
        [warning] = answer["warnings"]
        assert "Segment" in warning
        assert "Order" in warning


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_medium_is_told_when_it_changes_and_no_other(vendor: str) -> None:
    async with world([platform(vendor, facades=FACADES)]) as played:
        asked = await client(played, "media", "agent")
        before = await data(asked, "media.getMediaList")
        assert isinstance(before, list)
        await data(asked, "agent.setState", "NotReady")
        told: list[str] = []
        while len(told) < len(before):
            frame = await asked.heard()
            if frame.get("method") == "media":
                told.append(str(frame["params"][0].get("name") or frame["params"][0].get("media")))  # type: ignore[index]
        assert sorted(told) == sorted({str(one.get("name") or one.get("media")) for one in before})


@pytest.mark.parametrize("vendor", ["bright_pattern", "channel_session"])
async def test_an_outcome_is_given_by_its_name_and_what_is_optional_is_skipped(vendor: str) -> None:
    for required in (True, False):
        service = {**SERVICE["services"][0], "disposition_required": required}  # type: ignore[index]
        switch: dict[str, Json] = {**SERVICE, "services": [service]}
        async with world([platform(vendor, switch=switch, facades=FACADES)]) as played:
            asked = await client(played)
            stream = await played.stream()
            iid = await answered(played, asked)
            if required:
                await data(asked, "interaction.setUserData", iid, {KEY: "Lost", "Segment": "Gold"})
            await data(asked, "voice.hangUp", iid)
            await stream.until(lambda event: isinstance(event, ev.InteractionWrapUp))
            await data(asked, "interaction.markdone", iid)
            await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
