"""What several tests of webhooks stand on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.authority import Authority
from tests.gateway.connect_proxy import ConnectProxy, connect_proxy
from tests.gateway.name_server import NameServer, name_server
from tests.gateway.secured import NAME
from tests.gateway.webhook_world import Receiver, World, receiving, running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A subscriber's server."""
    async with receiving() as made:
        yield made


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A deliverer, with a store in memory and a clock that a test sets."""
    async with running() as made:
        yield made


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whom the receivers' certificates are by."""
    return Authority(tmp_path)


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """A name server that knows the receiver."""
    async with name_server() as made:
        made.names[NAME] = ["127.0.0.1"]
        made.ttl_s = 0
        yield made


@pytest.fixture
async def proxy() -> AsyncIterator[ConnectProxy]:
    """A proxy."""
    async with connect_proxy() as made:
        yield made
