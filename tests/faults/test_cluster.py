"""A small `make faults-cluster`: the gateway at work dies, then one freezes; another takes over each time."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.faults.cluster import PLAN, cluster, drawn


@pytest.mark.whole
async def test_two_take_overs_lose_repeat_and_reorder_nothing(tmp_path: Path) -> None:
    plan = replace(PLAN, pages=3, agents=2, commanders=1)
    dice = Random(1)  # noqa: S311  # dice of a test
    outcome, trouble = await cluster(dice, tmp_path, 2, ("kill_at_work", "freeze_at_work"), plan)
    assert [*outcome.findings, *outcome.unmet] == []
    assert outcome.events > 100
    assert len(trouble.taken_over_s) == 2


def test_each_kind_of_trouble_comes_as_often_as_any_other() -> None:
    dice = Random(1)  # noqa: S311  # dice of a test
    found = drawn(dice, 6, ("a", "b", "c"))
    assert sorted(found) == ["a", "a", "b", "b", "c", "c"]
