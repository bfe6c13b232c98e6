"""What several tests of webhooks stand on."""

from collections.abc import AsyncIterator

import pytest

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
