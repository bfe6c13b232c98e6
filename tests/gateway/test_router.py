"""Fan-out: durable first, one write for each batch and subscriber, filters, order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random, randrange

import msgspec
import pytest

from adapters.contract.change import Change, Encoded, Frame
from gateway.events.filters import Filter, Selection, look, select
from gateway.events.router import Batch, Router
from gateway.events.teams import Teams
from gateway.runtime.frames import text_frame
from gateway.runtime.ids import Minter
from gateway.security.rights import Rights
from gateway.store.base import Appended, Store
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from gateway.telemetry.metrics import ClosedBecause, Metrics
from schemas import events as ev
from schemas.ids import AgentId, Cursor, PlatformId, SessionId, WebhookId
from tests.fakes import START
from tests.gateway.handmade import P
from tests.patience import PATIENCE_S


def notice(code: str = "n", agent: str = "a1", platform: PlatformId = P) -> ev.PlatformNotice:
    return ev.PlatformNotice(
        time=START,
        platform_id=platform,
        session_id=SessionId(f"ses_{agent}"),
        agent_id=AgentId(agent),
        code=code,
    )


class Told:
    """A subscriber that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def deliver(self, batch: Batch) -> None:
        """Keep it."""
        self.batches.append(batch)

    @property
    def cursors(self) -> list[int]:
        """Of all events, in the order they came."""
        return [one.cursor for batch in self.batches for one in batch.records]


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(str(tmp_path / "t.db"))
    await made.open()
    yield made
    await made.close()


def router_on(store: Store) -> Router:
    return Router(store, Minter(), Metrics([P]))


async def test_nobody_sees_anything_before_it_is_durable(store: Store) -> None:
    router, told = router_on(store), Told()
    router.subscribe(told)
    router.publish([notice(), notice()])
    assert told.batches == []
    assert (router.cursor, router.durable) == (2, 0)
    await store.barrier()
    assert told.cursors == [1, 2]
    assert router.durable == 2
    assert [one.cursor for one in await store.read(Cursor(0), 10)] == [1, 2]


async def test_listeners_hear_of_a_batch_before_subscribers_do(store: Store) -> None:
    router, order = router_on(store), list[str]()

    class Late:
        def deliver(self, _batch: Batch) -> None:
            order.append("subscriber")

    router.subscribe(Late())
    router.on_commit(lambda _: order.append("listener"))
    router.publish([notice()])
    await store.barrier()
    assert order == ["listener", "subscriber"]


async def test_every_subscriber_gets_every_event_once_and_in_order(store: Store) -> None:
    router = router_on(store)
    all_of_them = [Told() for _ in range(3)]
    for one in all_of_them:
        router.subscribe(one)
    for count in (1, 3, 0, 2):
        router.publish([notice() for _ in range(count)])
    await store.barrier()
    assert [one.cursors for one in all_of_them] == [[1, 2, 3, 4, 5, 6]] * 3


async def test_who_unsubscribes_gets_no_more_and_twice_is_no_harm(store: Store) -> None:
    router, told = router_on(store), Told()
    router.subscribe(told)
    router.publish([notice()])
    await store.barrier()
    router.unsubscribe(told)
    router.unsubscribe(told)
    router.publish([notice()])
    await store.barrier()
    assert told.cursors == [1]


async def test_a_subscriber_may_leave_while_a_batch_is_handed_out(store: Store) -> None:
    router, last = router_on(store), Told()

    class Leaver:
        def deliver(self, _batch: Batch) -> None:
            router.unsubscribe(self)

    router.subscribe(Leaver())
    router.subscribe(last)
    router.publish([notice()])
    await store.barrier()
    assert last.cursors == [1]


async def test_events_have_ids_of_their_own_and_the_body_says_what_the_event_does(store: Store) -> None:
    router, told = router_on(store), Told()
    router.subscribe(told)
    router.publish([notice("x"), notice("y")])
    await store.barrier()
    (batch,) = told.batches
    events = [msgspec.json.decode(one.body, type=ev.PlatformNotice) for one in batch.records]
    assert events == list(batch.events)
    assert len({event.id for event in events}) == 2
    assert [event.cursor for event in events] == [1, 2]
    assert all(b"\n" not in one.body for one in batch.records)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (Filter(), "abcd"),
        (Filter(platforms=frozenset({"q"})), "c"),
        (Filter(agents=frozenset({"a1"})), "ac"),
        (Filter(agents=frozenset({"a1", "a2"})), "abc"),
        (Filter(sessions=frozenset({"ses_a2"})), "b"),
        (Filter(types=frozenset({"platform.notice"})), "abc"),
        (Filter(types=frozenset({"platform.*"})), "abcd"),
        (Filter(types=frozenset({"platform.state_changed", "agent.*"})), "d"),
        (Filter(types=frozenset({"interaction.*"})), ""),
        (Filter(interactions=frozenset({"int_1"})), ""),
        (Filter(agents=frozenset({"a1"}), platforms=frozenset({"p"})), "a"),
    ],
)
async def test_a_filter_lets_through_what_fits_all_of_its_fields(wanted: Filter, chosen: str) -> None:
    store, told = MemoryStore(), Told()
    router = Router(store, Minter(), Metrics([P]))
    router.subscribe(told)
    router.publish(
        [
            notice("a"),
            notice("b", "a2"),
            notice("c", platform=PlatformId("q")),
            ev.PlatformStateChanged(time=START, platform_id=P, state=ev.LinkState.CONNECTED, reason="d"),
        ]
    )
    await store.barrier()
    (batch,) = told.batches
    selection = select(wanted, Teams({}))
    names = dict(zip((1, 2, 3, 4), "abcd", strict=True))
    assert "".join(names[one.cursor] for one in batch.select(selection)) == chosen
    frames, count = batch.websocket(selection)
    assert count == len(chosen)
    assert frames == b"".join(text_frame(one.body) for one in batch.records if names[one.cursor] in chosen)


async def test_subscribers_with_the_same_filter_share_the_bytes_of_a_batch() -> None:
    body = b'{"type":"platform.notice"}'
    batch = Batch([Appended(Cursor(1), "platform.notice", "p", "", "", "", body)], [[notice()]])
    same = [batch.websocket(Selection(types=frozenset({"platform.notice"}))) for _ in range(2)]
    assert same[0][0] is same[1][0]
    made: list[str] = []

    def encode(change: Change) -> Encoded:
        made.append(str(change.events[0].platform_id))
        return [[Frame("topic", b"frame")]]

    assert [batch.dialect(encode, batch.changes()[0]) for _ in range(3)] == [[[Frame("topic", b"frame")]]] * 3
    assert made == ["p"]


async def test_what_happened_together_is_one_change_for_each_agent(store: Store) -> None:
    router, told = router_on(store), Told()
    router.subscribe(told)
    router.publish([notice("1"), notice("2"), notice("3", agent="a2"), notice("4", platform=PlatformId("q"))])
    router.publish([notice("5")])
    await store.barrier()
    together = [
        [one.code for one in change.events if isinstance(one, ev.PlatformNotice)]
        for batch in told.batches
        for change in batch.changes()
    ]
    assert together == [["1", "2"], ["3"], ["4"], ["5"]]
    assert [one.cursor for batch in told.batches for one in batch.events] == told.cursors


async def test_links_wait_while_the_journal_lags() -> None:
    store = MemoryStore()
    router = Router(store, Minter(), Metrics([P]), high_water=3)
    fullness = []
    for _ in range(3):
        fullness.append(router.full)
        router.publish([notice()])
    assert [*fullness, router.full] == [False, False, False, True]
    await asyncio.wait_for(router.drained(), PATIENCE_S)
    assert (router.full, router.durable) == (False, 3)
    await asyncio.wait_for(router.drained(), PATIENCE_S)


async def test_a_router_goes_on_where_the_journal_ended(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    for expected in ([1, 2], [3, 4]):
        store = SqliteStore(path)
        await store.open()
        router, told = router_on(store), Told()
        router.subscribe(told)
        router.publish([notice(), notice()])
        await store.barrier()
        assert told.cursors == expected
        await store.close()


async def test_the_operator_sees_who_left_and_how_long_commits_take(store: Store) -> None:
    metrics = Metrics([P])
    router, told = Router(store, Minter(), metrics), Told()
    router.subscribe(told)
    router.publish([notice()])
    await store.barrier()
    router.unsubscribe(told, ClosedBecause.TOO_SLOW)
    router.unsubscribe(told, ClosedBecause.LEFT)
    shown = metrics.render().decode()
    assert "trunkline_subscribers 0.0" in shown
    assert 'trunkline_subscriber_closed_total{reason="too_slow"} 1.0' in shown
    assert 'trunkline_subscriber_closed_total{reason="left"} 0.0' in shown
    assert "trunkline_journal_commit_seconds_count 1.0" in shown


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (Filter(), [1]),
        (Filter(types=frozenset({"platform.*"})), [1]),
        (Filter(types=frozenset({"*"})), [1]),
        (Filter(types=frozenset({"webhook.*"})), [2]),
        (Filter(types=frozenset({"webhook.disabled", "platform.*"})), [1, 2]),
        (Filter(types=frozenset({"webhook.*"}), platforms=frozenset({P})), []),
        (Filter(agents=frozenset({"a1"})), [1]),
    ],
)
async def test_events_about_the_gateway_come_to_who_names_their_types(
    wanted: Filter, chosen: list[int]
) -> None:
    store, told = MemoryStore(), Told()
    router = Router(store, Minter(), Metrics([P]))
    router.subscribe(told)
    disabled = ev.WebhookDisabled(
        time=START, platform_id=ev.NO_PLATFORM, webhook_id=WebhookId("w"), reason="it answered 410 Gone"
    )
    router.publish([notice(), disabled])
    await store.barrier()
    (batch,) = told.batches
    selection = select(wanted, Teams({}))
    assert [one.cursor for one in batch.select(selection)] == chosen
    assert [one.cursor for one in selection.choose(batch.records, look)] == chosen


# --- who wants but some


async def test_who_wants_but_some_agents_is_called_for_their_batches_alone(store: Store) -> None:
    router, one, idle, all_of_it = router_on(store), Told(), Told(), Told()
    router.subscribe(one, ["a1"])
    router.subscribe(idle, ["a3"])
    router.subscribe(all_of_it)
    for agents in (("a1", "a2"), ("a2",), ("a2", "a1", "a1"), ("",)):
        router.publish([notice(agent=agent) for agent in agents])
        await store.barrier()
    assert [len(told.batches) for told in (one, idle, all_of_it)] == [2, 0, 4]
    router.follow(idle, "a2")
    router.follow(all_of_it, "a2")  # which he does already
    router.publish([notice(agent="a2")])
    await store.barrier()
    assert [len(told.batches) for told in (one, idle, all_of_it)] == [2, 1, 5]
    for told in (one, idle):
        router.unsubscribe(told)
    router.follow(one, "a2")  # too late
    router.publish([notice(agent="a1"), notice(agent="a2"), notice(agent="a3")])
    await store.barrier()
    assert [len(told.batches) for told in (one, idle, all_of_it)] == [2, 1, 6]


async def test_a_batch_is_chosen_from_by_who_is_named_as_by_looking_at_all_of_it(store: Store) -> None:
    seed = randrange(1_000_000)  # noqa: S311  # nothing secret
    print(f"seed {seed}")  # noqa: T201  # shown when it fails
    chance = Random(seed)  # noqa: S311  # can be repeated
    router, told = router_on(store), Told()
    router.subscribe(told)
    for _ in range(5):
        router.publish(
            [
                notice(
                    agent=chance.choice(("a1", "a2", "a3", "")), platform=chance.choice((P, PlatformId("q")))
                )
                for _ in range(chance.randrange(1, 20))
            ]
        )
    await store.barrier()

    def some(*names: str) -> frozenset[str]:
        return frozenset(chance.sample(names, chance.randrange(len(names) + 1)))

    for _ in range(200):
        wanted = Selection(
            platforms=some(P, "q"),
            agents=some("a1", "a2", "a3", "a4"),
            sessions=some("ses_a1", "ses_a2", "ses_a3"),
            interactions=some("int_1") if chance.random() < 0.1 else frozenset(),
            types=some("platform.notice", "interaction.held"),
            rights=chance.choice((None, Rights(agents=some("a1", "a2")))),
        )
        for batch in told.batches:
            assert list(batch.select(wanted)) == list(wanted.choose(batch.records, look))
            if batch.select(wanted) and wanted.of_agents:
                assert not wanted.of_agents.isdisjoint(batch.of_agents())


async def test_the_changes_of_some_agents_are_those_of_all_in_order(store: Store) -> None:
    router, told = router_on(store), Told()
    router.subscribe(told)
    router.publish([notice("1", "a2"), notice("2"), notice("3", "a2"), notice("4", "a3")])
    await store.barrier()
    (batch,) = told.batches
    for agents in ((), ("a1",), ("a2",), ("a3", "a1"), ("a9", "a2", "a1"), ("a1", "a2", "a3", "a4", "a5")):
        of_them = [one for one in batch.changes() if one.events[0].agent_id in agents]
        assert list(batch.changes_of(agents)) == of_them


async def test_a_form_of_the_same_events_is_made_once(store: Store) -> None:
    router, told, made = router_on(store), Told(), list[int]()
    router.subscribe(told)
    router.publish([notice(), notice(agent="a2")])
    await store.barrier()

    def form(chosen: Sequence[Appended]) -> bytes:
        made.append(len(chosen))
        return b"-" * len(chosen)

    (batch,) = told.batches
    for _ in range(3):
        assert batch.joined(Selection(agents=frozenset({"a2"})), form) == (b"-", 1)
        assert batch.joined(Selection(agents=frozenset({"a9"})), form) == (b"", 0)
    assert made == [1]
