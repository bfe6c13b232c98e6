"""A vendor's leave-and-complete: a release, awaited, then a completion; not begun for what must fail."""

from collections.abc import Mapping
from typing import Final

import pytest

from schemas.interaction import InteractionState
from tests.e2e.clients.bright_pattern import BrightPattern
from tests.e2e.clients.bright_pattern_embedded import BrightPatternEmbedded
from tests.e2e.clients.page import State
from tests.e2e.world import BY_NAME, World, platform, world

SWITCH: Final = {
    "services": [{"id": "s", "dispositions": [{"id": "7", "name": "Sold"}]}],
    "default_service": "s",
}
LISTING: Final = ("bright_pattern",)  # platforms that say which dispositions there are, before a call is over
Client = BrightPattern | BrightPatternEmbedded
METHODS: Final[Mapping[str, tuple[type[Client], str, bool]]] = {
    "bright_pattern": (BrightPattern, "leaveAndCompleteInteraction", False),
    "bright_pattern_embedded": (BrightPatternEmbedded, "COMPLETE_INTERACTION_WITH_DISPOSITION", True),
}


async def talking(w: World, page: Client) -> str:
    await page.sign_in()
    await page.dial("+15550100")
    await page.until(State.CONNECTED)
    (one,) = w.interactions()
    return one.id


@pytest.mark.parametrize("client", METHODS)
@pytest.mark.parametrize("dialect", sorted(LISTING))
async def test_a_call_is_not_left_for_a_disposition_that_does_not_exist(dialect: str, client: str) -> None:
    kind, method, id_first = METHODS[client]
    async with world([platform(dialect, agents=("a1",), switch=SWITCH)]) as w:
        page = await kind.open(w)
        iid = await talking(w, page)
        params = (iid, "Nonsense") if id_first else ("Nonsense", None, iid)
        assert "disposition" in await page.refused(method, *params)
        (one,) = w.interactions()
        assert one.state is InteractionState.CONNECTED
        params = (iid, "7") if id_first else ("7", None, iid)
        await page.succeed(method, *params)
        await page.until(State.COMPLETED)


@pytest.mark.parametrize("dialect", sorted(name for name, one in BY_NAME.items() if one.client_connection))
async def test_a_call_is_left_then_completed_whatever_the_platform(dialect: str) -> None:
    async with world([platform(dialect, agents=("a1",))]) as w:
        page = await BrightPattern.open(w)
        iid = await talking(w, page)
        await page.succeed("leaveAndCompleteInteraction", None, None, iid)
        await page.until(State.COMPLETED)
