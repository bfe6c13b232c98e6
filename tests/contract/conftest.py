"""Every store in turn, with a clock that a test sets."""

from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex

import pytest

from gateway.cluster.config import BusConfig
from gateway.store.base import Store
from gateway.store.jetstream.store import JetStreamStore
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from tests.contract.records import Dial
from tests.nats_server import NatsServer


@pytest.fixture
def time_of_day() -> Dial:
    return Dial()


@pytest.fixture(params=["memory", "sqlite", "jetstream"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, time_of_day: Dial) -> AsyncIterator[Store]:
    made: Store
    match request.param:
        case "memory":
            made = MemoryStore(time_of_day)
        case "sqlite":
            made = SqliteStore(str(tmp_path / "trunkline.db"), time_of_day)
        case _:
            server: NatsServer = request.getfixturevalue("nats_server")
            config = BusConfig(servers=[server.url], prefix=f"t{token_hex(6)}")
            made = JetStreamStore(config, str(tmp_path / "trunkline.db"), time_of_day)
    await made.open()
    yield made
    await made.close()
