"""`trunkline audit` as operators run it, beside a gateway and without one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.e2e.processes import configure, run, served, stop

pytestmark = pytest.mark.whole


async def test_keys_and_exports_are_noted_and_a_cut_is_found(tmp_path: Path) -> None:
    config = configure(tmp_path)
    made = await run("keys", "create", "--config", config, "--name", "crm", "--scope", "admin")
    key_id = made.out.split("_")[1]
    assert (await run("keys", "revoke", key_id, "--config", config)).code == 0
    async with served(config) as (process, _):
        assert (await run("journal", "export", "--config", config)).code == 0
        beside = await run("audit", "verify", "--config", config)
        assert (beside.code, beside.err) == (0, "")
        exported = await run("audit", "export", "--config", config)
        assert (await stop(process)).code == 0
    told = [msgspec.json.decode(line)["entry"] for line in exported.out.splitlines()]
    assert [(one["principal"], one["action"], one.get("object", "")) for one in told] == [
        ("operator", "key.created", key_id),
        ("operator", "key.revoked", key_id),
        ("operator", "journal.exported", ""),
    ]
    assert made.out.strip() not in exported.out
    head = beside.out.split("head=")[1].split()[0]
    assert (await run("audit", "verify", "--config", config, "--head", head)).code == 0
    with closing(sqlite3.connect(tmp_path / "trunkline.db", isolation_level=None)) as db:
        db.execute("drop trigger audit_is_not_shortened")
        db.execute("delete from audit where number = 3")
    cut = await run("audit", "verify", "--config", config, "--head", head)
    assert cut.code == 1
    assert "its end was cut" in cut.err
    (wrong,) = [await run("audit", "verify", "--config", config, "--head", "3:abc")]
    assert (wrong.code, "--head" in wrong.err) == (1, True)
