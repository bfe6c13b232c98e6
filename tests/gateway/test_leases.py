"""Leases on a real server, by clocks that the test sets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from secrets import token_hex

import pytest

from gateway.cluster.config import BusConfig
from gateway.cluster.connection import Connection
from gateway.cluster.leases import Lease, LeaseTable
from gateway.cluster.tokens import token
from schemas.errors import FencedError, StoreError
from tests.fakes import FakeClock
from tests.nats_server import NatsServer

LIFE_S = 10.0


@pytest.fixture
async def table(nats_server: NatsServer) -> AsyncIterator[LeaseTable]:
    config = BusConfig(servers=[nats_server.url], prefix=f"t{token_hex(6)}")
    connection = Connection(config)
    await connection.open()
    table = LeaseTable(connection, config.prefix, 1)
    await table.open()
    yield table
    await connection.close()


@pytest.fixture
def lease(table: LeaseTable) -> Callable[[str, FakeClock], Lease]:
    return lambda owner, clock: Lease(table, "link.a/b", owner, LIFE_S, clock)


async def taken(lease: Lease, clock: FakeClock) -> None:
    """Take it, however long that is, by its clock."""
    taking = asyncio.ensure_future(lease.take())
    while not taking.done():
        if clock.waiting():
            await clock.advance(LIFE_S / 4)
        await asyncio.sleep(0)
    await taking


async def test_one_has_it_until_it_is_silent_for_a_life(lease: Callable[[str, FakeClock], Lease]) -> None:
    mine, others = FakeClock(), FakeClock()
    first, second = lease("first", mine), lease("second", others)
    await first.take()
    assert first.holds()
    waiting = asyncio.ensure_future(taken(second, others))
    for _ in range(3):  # as long as it is written anew, however long that is
        await mine.advance(LIFE_S / 2)
        await first.renew()
        assert first.holds()
    await mine.advance(LIFE_S * 0.81)
    assert not first.holds()
    await waiting
    assert second.holds()
    assert second.fence > first.fence
    with pytest.raises(FencedError, match="second"):
        await first.renew()
    assert not first.holds()


async def test_for_its_owner_it_is_over_before_anybody_can_take_it(
    lease: Callable[[str, FakeClock], Lease],
) -> None:
    clock = FakeClock()
    first, second = lease("first", clock), lease("second", clock)
    await first.take()
    assert first.holds()
    await taken(second, clock)
    assert not first.holds()
    assert second.holds()


async def test_a_life_counts_from_before_it_was_asked_for(
    table: LeaseTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    asked = table.set

    async def slow(*what: object) -> int | None:
        await clock.advance(LIFE_S)
        return await asked(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(table, "set", slow)
    one = Lease(table, "slow", "me", LIFE_S, clock)
    await one.take()
    assert not one.holds()


async def test_what_is_given_up_is_had_at_once(lease: Callable[[str, FakeClock], Lease]) -> None:
    clock = FakeClock()
    first, second = lease("first", clock), lease("second", clock)
    await first.take()
    await first.give_up()
    assert not first.holds()
    await second.take()
    assert second.holds()
    assert second.fence == first.fence + 1


async def test_of_many_who_want_it_one_has_it(lease: Callable[[str, FakeClock], Lease]) -> None:
    clocks = [FakeClock() for _ in range(5)]
    all_of_them = [lease(f"n{n}", clock) for n, clock in enumerate(clocks)]
    tasks = [asyncio.ensure_future(one.take()) for one in all_of_them]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert sum(one.holds() for one in all_of_them) == 1
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@pytest.mark.parametrize(
    ("name", "said"),
    [("anna", "anna"), ("ann.lee", "ann=2Elee"), ("*", "=2A"), ("", "="), ("ü b", "=C3=BC=20b")],
)
def test_any_name_is_one_token(name: str, said: str) -> None:
    assert token(name) == said


def test_two_names_are_never_one_token() -> None:
    names = ["a=2Eb", "a.b", "=", "", "=3D", "a b", "a_b", "a-b"]
    assert len({token(name) for name in names}) == len(names)


async def test_what_was_taken_and_not_answered_is_ours_when_we_ask_again(
    table: LeaseTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked = FakeClock(), table.set

    async def unanswered(*what: object) -> int | None:
        monkeypatch.setattr(table, "set", asked)
        await asked(*what)  # type: ignore[arg-type]
        raise StoreError("no answer in time")

    monkeypatch.setattr(table, "set", unanswered)
    one = Lease(table, "unanswered", "me", LIFE_S, clock)
    with pytest.raises(StoreError):
        await one.take()
    assert not one.holds()
    await one.take()  # at once: the clock stands
    assert one.holds()
