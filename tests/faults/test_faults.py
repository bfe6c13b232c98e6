"""A small `make faults`: two kills under load, and everything is there once and in order."""

from pathlib import Path
from random import Random

import pytest

from tests.faults.scenarios import kills
from tests.faults.world import Plan


@pytest.mark.whole
async def test_two_kills_lose_repeat_and_reorder_nothing(tmp_path: Path) -> None:
    plan = Plan(pages=3, agents=2, commanders=1)
    outcome = await kills(Random(1), tmp_path, 2, plan)  # noqa: S311  # dice of a test
    assert [*outcome.findings, *outcome.unmet] == []
    assert outcome.kills >= 2
    assert outcome.events > 100
