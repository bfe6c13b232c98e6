"""Fan-out: durable first, one write a batch and subscriber, filters, order."""

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from gateway.ids import Minter
from gateway.router import Batch, Filter, Router
from gateway.store.base import Appended, Committed
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from gateway.telemetry.metrics import Metrics
from schemas import events as ev
from schemas.ids import AgentId, PlatformId, SessionId
from tests.fakes import START
