"""A store's file, read and checked from outside."""

import sqlite3
from pathlib import Path

import pytest

from gateway.store.journal_file import JournalFile
from gateway.store.rows import encode_row
from schemas.errors import StoreError
from schemas.interaction import InteractionState
from tests.gateway.handmade import bench, call


async def filled(path: str) -> None:
    """A journal of some interactions, in many rows."""
    async with bench(path=path) as standing:
        page = await standing.page()
        for number in range(5):
            for state in (InteractionState.ALERTING, InteractionState.CONNECTED, InteractionState.COMPLETED):
                await page.see(call(f"c{number}", state))
                await standing.gateway.store.barrier()
        with JournalFile(path) as journal:  # beside the gateway that holds it
            assert journal.verify().findings == []


@pytest.fixture
async def path(tmp_path: Path) -> str:
    made = str(tmp_path / "trunkline.db")
    await filled(made)
    return made


def verdict(path: str) -> tuple[int, list[str]]:
    with JournalFile(path) as journal:
        found = journal.verify()
    return found.events, found.findings


def change(path: str, *statements: str) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


async def test_a_journal_as_it_was_written_has_no_findings(path: str) -> None:
    with JournalFile(path) as journal:
        found = journal.verify()
        told = list(journal.events())
        assert list(journal.backwards()) == told[::-1]
        assert list(journal.events(told[3].cursor)) == told[4:]
    assert found.findings == []
    assert (found.events, found.first, found.last) == (len(told), told[0].cursor, told[-1].cursor)
    assert (found.interactions, found.sessions) == (5, 1)


async def test_rows_that_are_missing_are_found(path: str) -> None:
    change(path, "delete from journal where last_cursor = (select last_cursor from journal limit 1 offset 5)")
    _, findings = verdict(path)
    assert any(line.startswith("cursors: after") for line in findings)
    assert any("comes after" in line for line in findings)  # a sequence with a gap
    assert any(line.startswith("journal: ") for line in findings)  # the noted size


async def test_a_row_of_other_bytes_is_found_and_the_others_are_counted(path: str) -> None:
    events, _ = verdict(path)
    change(
        path,
        "update journal set body = zeroblob(8) where last_cursor = (select max(last_cursor) from journal)",
    )
    left, findings = verdict(path)
    assert left < events
    assert any("the checksum differs" in line for line in findings)


async def test_an_event_that_is_none_of_ours_is_found_though_its_checksum_is_right(path: str) -> None:
    db = sqlite3.connect(path)
    with JournalFile(path) as journal:
        *_, last = journal.events()
    body, checksum = encode_row([last._replace(body=b'{"type":"nonsense"}')])
    db.execute(
        "update journal set body = ?, checksum = ?, first_cursor = ?, count = 1 where last_cursor = ?",
        (body, checksum, last.cursor, last.cursor),
    )
    db.commit()
    db.close()
    _, findings = verdict(path)
    assert any(line.startswith(f"event {last.cursor}: ") for line in findings)


async def test_a_checkpoint_and_a_mark_past_the_end_are_found(path: str) -> None:
    change(
        path,
        "update checkpoint set cursor = 999999",
        "insert or replace into marks values ('deliveries', 999999)",
    )
    _, findings = verdict(path)
    assert [line.partition(":")[0] for line in findings] == ["checkpoint", "mark deliveries"]


async def test_a_step_of_the_schema_that_was_another_is_found(path: str) -> None:
    change(path, "update migrations set checksum = 'x' where version = 1")
    _, findings = verdict(path)
    assert findings == ["schema: 0001_first.sql is not applied, or was another"]


def test_what_is_no_store_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        JournalFile(str(tmp_path / "none.db"))
    (tmp_path / "list.txt").write_bytes(b"my shopping list\n" * 300)
    with JournalFile(str(tmp_path / "list.txt")) as journal, pytest.raises(StoreError, match="no database"):
        journal.verify()
