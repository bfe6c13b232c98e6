"""Single classes of fields are kept for less long than the rest of the journal."""

from datetime import timedelta
from pathlib import Path

import msgspec

from gateway.maintenance.fading import Fading
from gateway.store.base import Appended
from gateway.store.journal_file import JournalFile
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.grants import FieldClass
from schemas.ids import AgentId, Cursor, EventId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Interaction, InteractionState
from tests.contract.records import Dial, ignore
from tests.fakes import START

NUMBER, NOTE = "+15550177042", "what she said in confidence"


def event(cursor: int) -> Appended:
    one = Interaction(
        id=InteractionId("i"),
        root_id=RootId("i"),
        platform_id=PlatformId("p"),
        session_id=SessionId("s"),
        agent_id=AgentId("a"),
        state=InteractionState.CONNECTED,
        ani=NUMBER,
        notes=NOTE,
        sequence=cursor,
    )
    told = ev.InteractionUpdated(
        id=EventId(f"evt_{cursor}"),
        cursor=Cursor(cursor),
        time=START,
        platform_id=one.platform_id,
        sequence=cursor,
        interaction=one,
    )
    body = msgspec.json.encode(told)
    return Appended(Cursor(cursor), "interaction.updated", "p", "s", "a", "i", body)


async def test_a_class_goes_by_its_own_age_and_the_rest_stays(tmp_path: Path) -> None:
    clock, path = Dial(), str(tmp_path / "t.db")
    store = SqliteStore(path, clock)
    await store.open()
    store.append([event(1), event(2)], ignore)
    await store.barrier()
    clock.time += timedelta(days=3)
    store.append([event(3)], ignore)
    await store.barrier()
    await store.checkpoint(Cursor(3), b"{}")
    fading = Fading(store)
    old = clock.time - timedelta(days=2)
    for _ in range(2):  # the second finds nothing more to do
        await fading.run({FieldClass.CONTENT: old})
    bodies = [one.body.decode() for one in await store.read(Cursor(0), 9)]
    assert [NOTE in one for one in bodies] == [False, False, True]
    assert all(NUMBER in one for one in bodies)
    await fading.run({FieldClass.CONTENT: old, FieldClass.IDENTIFIER: clock.time + timedelta(days=1)})
    bodies = [one.body.decode() for one in await store.read(Cursor(0), 9)]
    assert [NOTE in one for one in bodies] == [False, False, True]
    assert not any(NUMBER in one for one in bodies)
    await store.close()
    with JournalFile(path) as journal:
        assert journal.verify().findings == []


async def test_what_a_start_would_read_is_left_whole(tmp_path: Path) -> None:
    clock = Dial()
    store = SqliteStore(str(tmp_path / "t.db"), clock)
    await store.open()
    store.append([event(1)], ignore)
    await store.barrier()
    await Fading(store).run({FieldClass.CONTENT: clock.time + timedelta(days=1)})
    (one,) = await store.read(Cursor(0), 9)
    assert NOTE in one.body.decode()
    await store.close()
