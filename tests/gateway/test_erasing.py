"""A person is taken out of everything that is kept, while the gateway runs, and it is shown."""

from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from adapters.contract.dialect import Done
from gateway.cli.privacy import naming
from gateway.maintenance.erasing import Erasing
from gateway.maintenance.erasure import Erased
from gateway.runtime.spelling import party
from gateway.store.journal_file import JournalFile
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.interaction import Contact, Interaction, InteractionState, Party
from tests.fakes import until
from tests.gateway.handmade import Bench, Page, bench, call
from tests.gateway.webhook_world import receiving

HERS: Final = "+15550177042"
LOCAL: Final = "555-017-7042"
NAME: Final = "Jane Planted-Roe"
OTHERS: Final = "+15550199999"
NOTE: Final = "what she said in confidence"
ALLOWED: Final = {"webhooks": {"allow_private_networks": ["127.0.0.0/8"]}}


async def contact(
    standing: Bench, page: Page, ref: str, number: str, name: str, *, over: bool = True
) -> None:
    seen = replace(
        call(ref, InteractionState.CONNECTED),
        ani=number,
        remote_address=number,
        notes=NOTE + name,
        parties=(Party(id=f"{ref}-1", name=name, address=number),),
        contact=Contact(display_name=name, phone=LOCAL if number == HERS else number),
    )
    await page.see(call(ref))  # before its number is known
    (shown,) = await _shown(standing, page, seen)
    if over:
        await page.see(replace(seen, state=InteractionState.COMPLETED, ended=True))
        await until(lambda: shown.id in standing.gateway.state.snapshots.over)


async def _shown(standing: Bench, page: Page, seen: object) -> list[Interaction]:
    await page.see(seen)  # type: ignore[arg-type]  # an observation
    found: list[Interaction] = []

    def there() -> bool:
        known = standing.gateway.state.snapshots.interactions(standing.session())
        found[:] = [one for one in known if one.ref == getattr(seen, "ref", "")]
        return bool(found) and found[0].state is InteractionState.CONNECTED

    await until(there)
    return found


async def erased(standing: Bench, *spellings: str) -> Erased:
    gateway = standing.gateway
    erasing = Erasing(
        gateway.store,
        gateway.state,
        gateway.shown,
        gateway.deliverer,
        gateway._upkeep.checkpoint,  # noqa: SLF001  # as it is wired
    )
    return await erasing.erase(spellings)


async def told(standing: Bench, query: str = "after=0&limit=1000") -> list[dict[str, object]]:
    reply = await standing.request("GET", f"/v1/events?{query}")
    events: list[dict[str, object]] = msgspec.json.decode(reply.body)["events"]
    return events


async def test_she_is_gone_from_everything_and_others_are_not(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path, overrides=ALLOWED) as standing, receiving() as receiver:
        hook = {"url": receiver.url, "id": "h"}
        assert (await standing.request("POST", "/v1/webhooks", hook)).status == 201
        page = await standing.page()
        body = {"type": "interaction.dial", "session_id": standing.session(), "destination": HERS}
        standing.tasks.start(_carry_out(page), "platform")
        reply = await standing.request("POST", "/v1/commands", body, {"Idempotency-Key": "hers"})
        command = msgspec.json.decode(reply.body)["id"]
        await contact(standing, page, "c1", HERS, NAME)
        await contact(standing, page, "c2", OTHERS, "Bob Other")
        await standing.gateway.store.barrier()
        await standing.gateway._upkeep.checkpoint()  # noqa: SLF001  # so that she is in the checkpoint too
        before = await told(standing)

        found = await erased(standing, HERS)

        assert (found.live, found.remains) == ([], {}), found
        assert LOCAL in found.spellings  # known to be hers: it stood beside her number
        assert (found.interactions, found.commands) == (1, 1)
        after = await told(standing)
        text = msgspec.json.encode(after)
        for gone in (HERS, LOCAL, NAME):
            assert gone.encode() not in text, gone
        assert OTHERS.encode() in text
        assert b"Bob Other" in text
        same = ("id", "cursor", "type", "time", "platform_id", "sequence")
        assert [[one.get(key) for key in same] for one in after] == [
            [one.get(key) for key in same] for one in before
        ]
        marked = [one for one in after if one.get("erased")]
        assert len(marked) == found.events > 0
        for one in marked:
            msgspec.convert(one, ev.AnyEvent)
        assert sum("interaction" in one for one in marked) >= 3  # that of before her number was known, too
        reply = await standing.request("GET", f"/v1/commands/{command}")
        assert HERS.encode() not in reply.body
        again = await standing.request("POST", "/v1/commands", body, {"Idempotency-Key": "hers"})
        assert again.status in {200, 202}  # its key is gone with it: this is another command
        assert found.spellings
    with JournalFile(path) as journal:
        assert journal.verify().findings == []
    # she has just been dialled again, above; of what was erased nothing came back
    store = SqliteStore(path)
    await store.open()
    names = party([NAME]).pattern
    assert await store.erasing.remains(names) == {}
    await store.close()
    assert naming(path, names) == []


async def _carry_out(page: Page) -> None:
    for _ in range(2):
        await page.carry_out(Done())


async def test_what_goes_on_is_left_and_said_and_goes_once_it_is_over(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        await contact(standing, page, "c1", HERS, NAME)
        await contact(standing, page, "c2", HERS, NAME, over=False)
        await standing.gateway.store.barrier()
        (open_one,) = standing.gateway.state.snapshots.open
        found = await erased(standing, HERS)
        assert found.live == [open_one]
        assert found.interactions == 1
        assert found.remains  # it is said that she is named still
        text = msgspec.json.encode(await told(standing))
        assert HERS.encode() in text
        await page.see(replace(call("c2", InteractionState.COMPLETED), ended=True))
        await until(lambda: open_one in standing.gateway.state.snapshots.over)
        await standing.gateway.store.barrier()
        found = await erased(standing, HERS)
        assert (found.live, found.remains) == ([], {})
        assert HERS.encode() not in msgspec.json.encode(await told(standing))


async def test_a_start_after_it_knows_nothing_of_her(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        await contact(standing, page, "c1", HERS, NAME)
        await erased(standing, HERS)
    assert naming(path, party([HERS, LOCAL, NAME]).pattern) == []
    async with bench(path=path) as standing:
        assert HERS.encode() not in msgspec.json.encode(await told(standing))
        reply = await standing.request("GET", "/v1/interactions")
        assert HERS.encode() not in reply.body
    assert naming(path, party([HERS, LOCAL, NAME]).pattern) == []


async def test_a_webhook_that_was_behind_sends_the_erased_form(tmp_path: Path) -> None:
    async with (
        bench(path=str(tmp_path / "t.db"), overrides=ALLOWED) as standing,
        receiving() as receiver,
    ):
        hook = {"url": receiver.url, "id": "h", "events": ["interaction.connected"]}
        assert (await standing.request("POST", "/v1/webhooks", hook)).status == 201
        page = await standing.page()
        await contact(standing, page, "c1", HERS, NAME)
        assert HERS.encode() in (await receiver.next()).body
        await erased(standing, HERS)
        again = {"states": ["delivered"]}
        assert (await standing.request("POST", "/v1/webhooks/h/replay", again)).status == 202
        body = (await receiver.next()).body
        assert HERS.encode() not in body
        assert b'"erased":true' in body


async def test_a_stream_that_resumes_gets_the_erased_form(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        await contact(standing, page, "c1", HERS, NAME)
        await erased(standing, HERS)
        stream = await standing.stream(after=0)
        told_of = await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
        assert isinstance(told_of, ev.InteractionCompleted)
        assert told_of.erased
        assert HERS.encode() not in msgspec.json.encode(stream.seen)


async def test_the_audit_tells_that_it_was_done_and_not_of_whom(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        await contact(standing, page, "c1", HERS, NAME)
        await erased(standing, HERS)
        reply = await standing.request("GET", "/v1/audit?action=party.erased")
        (entry,) = msgspec.json.decode(reply.body)["entries"]
        assert entry["entry"]["principal"] == "operator"
        assert entry["entry"]["details"]["interactions"] == "1"
        for gone in (HERS, LOCAL, NAME):
            assert gone.encode() not in reply.body


async def test_what_was_deleted_before_is_not_left_in_the_file(tmp_path: Path) -> None:
    """Rows that are long gone, of a store from before anything cleaned its pages."""
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        store = standing.gateway.store
        assert isinstance(store, SqliteStore)
        await store._database.write(lambda db: db.execute("pragma secure_delete=off").fetchall())  # noqa: SLF001  # as it was
        page = await standing.page()
        await contact(standing, page, "c1", HERS, NAME)
        await store.barrier()
        await store._database.run("update journal set body = x''")  # noqa: SLF001  # rubbish in place of all
        await store._database.run("delete from journal")  # noqa: SLF001  # likewise
        await store._database.run("update journal_size set bytes = 0")  # noqa: SLF001  # likewise
        await standing.gateway._upkeep.checkpoint()  # noqa: SLF001  # likewise
        await erased(standing, HERS)
        await store.erasing.vacuum()
    assert naming(path, party([HERS, NAME]).pattern) == []


def test_the_files_are_searched_across_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.privacy._PIECE_BYTES", 8)
    path = tmp_path / "t.db"
    path.write_bytes(b"x" * 13 + HERS.encode() + b"x" * 9)
    assert naming(str(path), party([HERS]).pattern) == [str(path)]
    path.write_bytes(b"x" * 99)
    assert naming(str(path), party([HERS]).pattern) == []
    (tmp_path / "t.db-wal").write_bytes(HERS.encode())
    assert naming(str(path), party([HERS]).pattern) == [f"{path}-wal"]


@pytest.mark.parametrize("before", range(20))
def test_a_longer_number_across_pieces_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    monkeypatch.setattr("gateway.cli.privacy._PIECE_BYTES", 8)
    monkeypatch.setattr("gateway.cli.privacy._OVERLAP_BYTES", 24)
    path = tmp_path / "t.db"
    path.write_bytes(b"x" * before + HERS.encode() + b"1" + b"x" * 40 + b"91" + HERS.encode()[2:] + b"x")
    assert naming(str(path), party([HERS]).pattern) == []
