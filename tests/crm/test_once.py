"""One activity of each contact, whatever the CRM and the gateway do: none lost, none twice."""

import os
from random import Random

import pytest

from gateway.crm.consumer import MAY_EXIST
from gateway.store.crm import EntryState
from gateway.store.memory import MemoryStore
from schemas import events as ev
from schemas.interaction import Interaction
from tests.crm.calls import answered, leg, over
from tests.crm.fake_crm import TABLE, FakeCrm, Habit
from tests.crm.world import World
from tests.fakes import FakeClock

ROUNDS = 40
SEED = int(os.environ.get("TRUNKLINE_CRM_SEED", "20261130"))
SETTLED_S = 6 * 3600.0  # a CRM that is well again has all by then


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_each_contact_is_logged_once_by_a_crm_that_dies_answers_late_and_wrongly(number: int) -> None:
    seed = SEED + number
    dice, clock = Random(seed), FakeClock()  # noqa: S311  # guards nothing
    crm = FakeCrm(clock, dice, bad=dice.choice((0.2, 0.5, 0.8)))
    crm.contacts = {"+12015550123": ["c7"]}
    world = World(MemoryStore(clock.now), clock, crm, "rest", TABLE)
    await world.start()
    last: dict[str, Interaction] = {}
    for _ in range(30):
        name = f"i{dice.randrange(12)}"
        before = last.get(name) or leg(name, f"r{dice.randrange(5)}", agent=dice.choice(("ana", "bo")))
        now = clock.now()
        kind, after = dice.choice(
            (
                (ev.InteractionConnected, answered(before, now)),
                (ev.InteractionEnded, over(before, now)),
                (ev.InteractionCompleted, over(before, now)),
                (ev.DispositionChanged, over(before, now)),
            )
        )
        last[name] = after
        await world.happen(kind, after)
        await world.go(dice.choice((0.0, 0.1, 3.0, 40.0)))
        if dice.random() < 0.2:
            await world.kill()
            await clock.advance(dice.choice((0.0, 1.0, 15.0)))
            await world.start()
    crm.bad = 0.0
    await world.go(SETTLED_S)
    await world.kill()
    logged = {one.root_id for one in last.values() if one.ended_at is not None}
    for root in logged:
        found = crm.of(root)
        assert len(found) == 1, f"seed {seed}: {root} is there {len(found)} times"
        ended = [one for one in last.values() if one.root_id == root and one.ended_at is not None]
        assert str(found[0]["text"]).count("\n") + 1 == len(ended), "an entry for each leg"
        assert found[0]["contact"] == "c7"
    assert len(crm.calls) == len(logged), f"seed {seed}"


@pytest.mark.parametrize("habit", [one for one in Habit if one is not Habit.WELL])
async def test_a_create_of_whatever_end_makes_one_activity(habit: Habit) -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    world = World(MemoryStore(clock.now), clock, crm, "rest", {**TABLE, "find": []})
    await world.start()
    crm.next = [Habit.WELL, habit]  # it is asked for our key, then to create
    await world.happen(ev.InteractionEnded, over(leg("i1", "r1")))
    await world.go(3600)
    await world.kill()
    assert len(crm.of("r1")) == 1


async def test_what_may_have_been_created_is_looked_up_only_after_a_while() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    world = World(MemoryStore(clock.now), clock, crm, "rest", {**TABLE, "find": []})
    await world.start()
    crm.next = [Habit.WELL, Habit.LATE]
    await world.happen(ev.InteractionEnded, over(leg("i1", "r1")))
    await world.go(20)
    assert crm.asked == ["GET /calls", "POST /calls"]
    await world.go(60)
    assert crm.asked == ["GET /calls", "POST /calls", "GET /calls", "PATCH /calls/1"]
    await world.kill()


async def test_a_crm_that_cannot_be_asked_for_our_key_is_never_asked_twice_to_create() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    log = {"create": {"path": "/calls", "id": "data.id", "body": {"data": {"key": "{key}"}}}}
    world = World(MemoryStore(clock.now), clock, crm, "rest", {"log": log})
    await world.start()
    crm.next = [Habit.FAILS_AFTER]
    await world.happen(ev.InteractionEnded, over(leg("i1", "r1")))
    await world.go(3600)
    await world.happen(ev.InteractionCompleted, over(leg("i1", "r1")))
    await world.go(3600)
    await world.kill()
    assert crm.asked == ["POST /calls"]
    entry = await world.store.crm.entry("crm", "r1")
    assert entry is not None
    assert (entry.state, entry.error) == (EntryState.DEAD, MAY_EXIST)


async def test_what_was_refused_is_tried_again_when_the_operator_says_so() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    wrong = {**TABLE, "find": [], "log": {"create": {"path": "/none"}}}
    world = World(MemoryStore(clock.now), clock, crm, "rest", wrong)
    await world.start()
    await world.happen(ev.InteractionEnded, over(leg("i1", "r1")))
    await world.go(3600)
    await world.kill()
    assert crm.asked == ["POST /none"]
    right = World(world.store, clock, crm, "rest", {**TABLE, "find": []})
    await right.start()
    await right.go(10)
    assert right.consumer is not None
    assert await right.consumer.retry() == (1, 0)
    await right.go(10)
    await right.kill()
    assert len(crm.of("r1")) == 1


async def test_a_transfer_stands_in_one_activity_and_what_people_changed_stays() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    world = World(MemoryStore(clock.now), clock, crm, "rest", {**TABLE, "find": []})
    await world.start()
    await world.happen(ev.InteractionEnded, over(answered(leg("i1", "r1"))))
    await world.go(10)
    crm.calls["1"]["owner"] = "somebody"
    await world.happen(ev.InteractionEnded, over(answered(leg("i2", "r1", agent="bo"))))
    await world.go(10)
    await world.kill()
    (activity,) = crm.of("r1")
    assert str(activity["text"]).splitlines() == [
        "2026-03-02T09:00:00Z ana: 60 s, normal",
        "2026-03-02T09:00:00Z bo: 60 s, normal",
    ]
    assert activity["owner"] == "somebody"


async def test_a_deleted_activity_is_made_again_once() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    world = World(MemoryStore(clock.now), clock, crm, "rest", {**TABLE, "find": []})
    await world.start()
    await world.happen(ev.InteractionEnded, over(leg("i1", "r1")))
    await world.go(10)
    crm.calls["1"]["key"] = "merged away"
    crm.calls["gone"] = crm.calls.pop("1")
    crm.indexed_s["gone"] = 0.0
    await world.happen(ev.InteractionCompleted, over(leg("i1", "r1")))
    await world.go(10)
    await world.kill()
    assert len(crm.of("r1")) == 1


async def test_a_crm_that_is_new_has_what_happens_from_then_on() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    world = World(MemoryStore(clock.now), clock, crm, "rest", {**TABLE, "find": []})
    await world.happen(ev.InteractionEnded, over(leg("i1", "r1")))
    await world.start()
    await world.happen(ev.InteractionEnded, over(leg("i2", "r2")))
    await world.go(10)
    await world.kill()
    assert [one["key"] for one in crm.calls.values()] == ["r2"]
