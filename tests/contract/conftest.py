"""Every store in turn, with a clock that a test sets."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.base import Store
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from tests.contract.records import Dial


@pytest.fixture
def time_of_day() -> Dial:
    return Dial()


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, time_of_day: Dial) -> AsyncIterator[Store]:
    made: Store = (
        MemoryStore(time_of_day)
        if request.param == "memory"
        else SqliteStore(str(tmp_path / "trunkline.db"), time_of_day)
    )
    await made.open()
    yield made
    await made.close()
