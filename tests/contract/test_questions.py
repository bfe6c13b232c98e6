"""Owed by every dialect that has clients: what a completion or a call asks for can be finished by the client.

An optional question is skipped by leaving it out; a required one is refused until it is given in the vendor's
own way, which the refusal, or a list that the client may ask for, tells.
Sources: design, section 3; seeds 002 to 004; reference bright-pattern.md 3.6 and 7.2, genesys-wwe.md 7,
channel-session.md 4.4 and 7.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import pytest

from adapters.registry import DIALECTS
from schemas import events as ev
from schemas.interaction import Disposition
from schemas.values import Json
from tests.e2e.clients.bright_pattern import BrightPattern
from tests.e2e.clients.bright_pattern_embedded import BrightPatternEmbedded
from tests.e2e.clients.channel_session import ChannelSession
from tests.e2e.clients.genesys_wwe import GenesysWwe
from tests.e2e.clients.page import Page, State
from tests.e2e.needinfo_stage import BRIGHT, CHANNEL, DISPOSITIONS, stage
from tests.e2e.world import World, platform, world

CHOSEN: Final = "2"  # of DISPOSITIONS, which is Lost
KEY: Final = "Business Result"  # the key of the attached data that is the disposition, as it is by default


def switch(*, required: bool) -> Mapping[str, Json]:
    """Every call is followed by this question."""
    service: dict[str, Json] = {
        "id": "s",
        "outbound": True,
        "dispositions": DISPOSITIONS,
        "disposition_required": required,
    }
    return {"services": [service], "default_service": "s"}


# --- a completion that names nothing, which has to succeed


async def _complete(page: Page) -> None:
    await page.complete()


async def _skip_as_asked(page: Page) -> None:
    """Such a client is asked, and says that it leaves it out."""
    assert isinstance(page, ChannelSession)
    call = page.place("call")
    asked = await page.request("interaction.complete", call)
    assert (asked["result"], asked["uiExtension"]["type"]) == ("needinfo", "disposition"), asked
    await page.succeed("interaction.complete", call, skipDisposition=True)


# --- a completion that is refused, and the same with what it said is missing


async def _bright_pattern(page: Page) -> None:
    assert isinstance(page, BrightPattern)
    call = page.place("call")
    assert "no_disposition" in await page.refused("completeInteraction", call)
    listed = await page.succeed("getDispositionsList", {"interactionId": call})
    assert [one["id"] for one in listed] == ["1", "2"]
    await page.succeed("setDisposition", CHOSEN, call)
    await page.complete()


async def _embedded(page: Page) -> None:
    assert isinstance(page, BrightPatternEmbedded)
    call = page.place("call")
    assert CHOSEN in await page.refused("COMPLETE_INTERACTION_FROM_API", call)
    await page.succeed("COMPLETE_INTERACTION_WITH_DISPOSITION", call, CHOSEN)


async def _wwe(page: Page) -> None:
    assert isinstance(page, GenesysWwe)
    call = page.place("call")
    assert f"{KEY}: 1 = Sold, {CHOSEN} = Lost" in await page.refused("interaction.markdone", call)
    await page.succeed("interaction.setUserData", call, {KEY: CHOSEN})
    await page.complete()


async def _channel_session(page: Page) -> None:
    assert isinstance(page, ChannelSession)
    call = page.place("call")
    asked = await page.request("interaction.complete", call)
    assert (asked["result"], asked["uiExtension"]["type"]) == ("needinfo", "disposition"), asked
    again = await page.request("interaction.complete", call, skipDisposition=True)
    assert again["result"] != "success", again
    await page.succeed("interaction.complete", call, dispositionId=int(CHOSEN))


Finish = Callable[[Page], Awaitable[None]]
CLIENTS: Final[Mapping[str, tuple[type[Page], Finish, Finish]]] = {  # by dialect: optional, required
    "bright_pattern": (BrightPattern, _complete, _bright_pattern),
    "bright_pattern_embedded": (BrightPatternEmbedded, _complete, _embedded),
    "genesys_wwe": (GenesysWwe, _complete, _wwe),
    "channel_session": (ChannelSession, _skip_as_asked, _channel_session),
}


# --- a call that is refused, and the same with what it said is missing

NUMBER: Final = "+15550100"
SERVICES: Final = ("sales", "support")


async def _call_by_bright_pattern(page: Page) -> None:
    assert isinstance(page, BrightPattern)
    assert "no_service" in await page.refused("startCall", NUMBER)
    assert {one["id"] for one in await page.succeed("getServicesList")} >= set(SERVICES)
    await page.succeed("setService", "support")
    await page.dial(NUMBER)


async def _call_by_embedded(page: Page) -> None:
    assert isinstance(page, BrightPatternEmbedded)
    assert "selectService: sales, support" in await page.refused("DIAL_NUMBER", NUMBER)
    await page.succeed("SELECT_SERVICE", "support")
    await page.dial(NUMBER)


async def _call_by_wwe(page: Page) -> None:
    assert isinstance(page, GenesysWwe)
    said = await page.refused("voice.dial", NUMBER, None)
    [key] = [name for name in ("answer.skill", "answer.service") if f"{name}: sales = Sales, support" in said]
    await page.succeed("voice.dialEx", NUMBER, None, {key: "support"})


async def _call_by_channel_session(page: Page) -> None:
    assert isinstance(page, ChannelSession)
    asked = await page.request("channel.dial", page.channel, destination=NUMBER)
    assert asked["result"] == "needinfo", asked
    extensions = {"type": "external", "skill": "support"}
    await page.succeed("channel.dial", page.channel, destination=NUMBER, extensions=extensions)


CALLS: Final[Mapping[str, Finish]] = {
    "bright_pattern": _call_by_bright_pattern,
    "bright_pattern_embedded": _call_by_embedded,
    "genesys_wwe": _call_by_wwe,
    "channel_session": _call_by_channel_session,
}


async def _wrap_up(played: World, client: type[Page]) -> Page:
    """A client whose call is over, and not completed."""
    page = await client.open(played)
    await page.sign_in()
    await page.dial("+15550100")
    await page.until(State.CONNECTED)
    await page.release()
    await page.until(State.ENDED)
    return page


async def _completed(played: World, page: Page, finish: Finish) -> Disposition | None:
    """Finish it; what the platform then has for a disposition."""
    stream = await played.stream()
    await finish(page)
    await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
    await page.until(State.COMPLETED)
    assert played.interactions() == []
    [one] = played.switch.state.snapshots.completed()
    return one.disposition


def test_every_dialect_with_clients_is_here() -> None:
    assert set(CLIENTS) == {one.name for one in DIALECTS if one.client_connection is not None}


@pytest.mark.parametrize("client", CLIENTS)
async def test_an_optional_question_is_finished_by_leaving_it_out(client: str) -> None:
    kind, optional, _ = CLIENTS[client]
    async with world([platform(CHANNEL, agents=("a1",), switch=switch(required=False))]) as played:
        page = await _wrap_up(played, kind)
        assert await _completed(played, page, optional) is None


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("asking", [CHANNEL, BRIGHT])
async def test_a_required_question_is_finished_by_doing_what_the_refusal_says(
    asking: str, client: str
) -> None:
    kind, _, required = CLIENTS[client]
    async with world([platform(asking, agents=("a1",), switch=switch(required=True))]) as played:
        page = await _wrap_up(played, kind)
        chosen = await _completed(played, page, required)
        assert chosen is not None
        assert chosen.id == CHOSEN


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("asking", [CHANNEL, BRIGHT])
async def test_a_question_before_a_call_is_finished_by_doing_what_the_refusal_says(
    asking: str, client: str
) -> None:
    async with stage(asking) as played:
        page = await CLIENTS[client][0].open(played)
        await page.sign_in()
        await CALLS[client](page)
        await page.until(State.CONNECTED)
        [one] = played.switch.state.snapshots.interactions()
        assert one.service == "support"
