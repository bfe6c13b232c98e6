"""Transfer races through every dialect: each interaction ends once, with the right cause and side.

What a platform's protocol cannot tell is unknown, and never something else. A customer is not left on hold
silently: every race that ends a consultation looks.
"""

from collections.abc import Mapping
from typing import Final

import pytest

from schemas.values import Json
from tests.e2e.race_stage import Stage
from tests.e2e.race_table import EARLY, RACES, UNANSWERED, Race, as_told_by
from tests.e2e.world import VENDORS, platform, world
from tests.fakes import FakeClock

MANNERS: Final[Mapping[str, tuple[Mapping[str, Race], Mapping[str, Json]]]] = {
    "usual": (RACES, {}),
    "time is ours": (UNANSWERED, {}),
    "early transfers": (EARLY, {"early_transfer": True}),
}


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("vendor", VENDORS)
async def test_every_race_ends_as_the_platform_can_tell(vendor: str, manner: str) -> None:
    races, switch = MANNERS[manner]
    clock = FakeClock() if races is UNANSWERED else None
    wrong: list[str] = []
    async with world([platform(vendor, switch=switch)], switch_clock=clock) as played:
        stage = Stage(played, await played.stream(), clock)
        for name, race in races.items():
            told, wanted = await stage.play(race.play), as_told_by(vendor, race)
            assert told.keys() == wanted.keys(), name
            wrong += [
                f"{name}: {who} is told as {told[who]}, not as {wanted[who]}"
                for who in wanted
                if told[who] != wanted[who]
            ]
    assert not wrong, "\n".join(wrong)
