"""What every store owes: what is to be logged in CRMs."""

from datetime import timedelta

from msgspec.structs import replace

from gateway.store.base import Store
from gateway.store.crm import CrmEntry, EntryState
from schemas.ids import Cursor
from tests.contract.records import NOW


def entry(key: str, due_s: float = 0.0, state: EntryState = EntryState.PENDING, crm: str = "c1") -> CrmEntry:
    return CrmEntry(
        crm=crm,
        key=key,
        legs={"i1": Cursor(7)},
        state=state,
        created_at=NOW,
        next_attempt_at=NOW + timedelta(seconds=due_s),
    )


async def test_entries_are_planned_with_the_mark_of_their_crm(store: Store) -> None:
    assert await store.crm.mark("c1") is None
    await store.crm.plan("c1", [entry("r1", 2), entry("r2", 1)], Cursor(9))
    await store.crm.plan("c2", [entry("r1", crm="c2")], Cursor(3))
    assert (await store.crm.mark("c1"), await store.crm.mark("c2")) == (9, 3)
    assert await store.crm.pending("c1", 9) == [entry("r2", 1), entry("r1", 2)]
    assert await store.crm.pending("c1", 1) == [entry("r2", 1)]
    assert await store.crm.entry("c2", "r1") == entry("r1", crm="c2")
    assert await store.crm.entry("c3", "r1") is None
    assert await store.deliveries.mark() == 0, "webhooks have a mark of their own"


async def test_an_entry_changes(store: Store) -> None:
    await store.crm.plan("c1", [entry("r1")], Cursor(9))
    begun = replace(entry("r1"), begun=True, ref="42", error="answered 500", attempts=3)
    await store.crm.put(begun)
    assert await store.crm.entry("c1", "r1") == begun
    dead = replace(begun, state=EntryState.DEAD)
    await store.crm.put(dead)
    assert await store.crm.pending("c1", 9) == []
    assert await store.crm.dead("c1", 9) == [dead]
    assert await store.crm.count("c1") == {EntryState.DEAD: 1}


async def test_only_what_is_over_and_old_is_forgotten(store: Store) -> None:
    entries = [entry("r1"), entry("r2", state=EntryState.LOGGED), entry("r3", state=EntryState.DEAD)]
    await store.crm.plan("c1", entries, Cursor(9))
    assert await store.crm.prune(NOW) == 0
    while await store.crm.prune(NOW + timedelta(days=31)):
        continue
    assert await store.crm.count("c1") == {EntryState.PENDING: 1}
