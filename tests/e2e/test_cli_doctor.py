"""`trunkline doctor`, `--version`, `-h`, completion: whole processes."""

import datetime as dt
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import ROOT, configure, run, served
from tests.gateway.authority import Authority

pytestmark = pytest.mark.whole
REMEDIED = ("note", "wrong")


async def examine(config: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    ended = await run("doctor", "--config", config, "--json", cwd=ROOT, **environment)
    found: list[dict[str, Any]] = json.loads(ended.out)
    assert all(bool(one["remedy"]) is (one["level"] in REMEDIED) for one in found)
    return ended.code, found


def about(found: list[dict[str, Any]], what: str, level: str) -> list[str]:
    return [one["text"] for one in found if (one["about"], one["level"]) == (what, level)]


async def test_where_all_is_well_it_says_so_beside_a_gateway_and_without_one(tmp_path: Path) -> None:
    config = configure(tmp_path)
    code, found = await examine(config)
    assert code == 0, found
    assert {one["about"] for one in found} >= {"program", "configuration", "store", "disk", "descriptors"}
    assert {one["about"] for one in found} >= {"ports", "clock"}
    async with served(config):
        code, found = await examine(config)
    assert code == 0
    assert about(found, "ports", "well") == ["server: a gateway of this store is running"]
    assert "schema" in about(found, "store", "well")[0]


async def test_each_trouble_is_found_and_has_a_remedy(tmp_path: Path) -> None:
    day = dt.timedelta(days=1)
    authority = Authority(tmp_path)
    old = authority.issue("crm.example", since=-3 * day, until=-2 * day).certificate
    soon = authority.issue("crm.example", until=3 * day).certificate
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as closed:
        port, nobody = taken.getsockname()[1], closed.getsockname()[1]
        closed.close()
        (tmp_path / "c.yaml").write_text(
            f"server: {{port: {port}}}\n"
            "store: {path: t.db}\n"
            "platforms:\n"
            f"  away: {{dialect: channel_session, url: 'ws://127.0.0.1:{nobody}/'}}\n"
            "  lost: {dialect: channel_session, url: 'wss://nowhere.invalid/'}\n"
            f"webhooks: {{connections: {{a: {{ca_file: {old.name}}}, b: {{ca_file: {soon.name}}}}}}}\n",
            encoding="utf-8",
        )
        code, found = await examine(str(tmp_path / "c.yaml"), TRUNKLINE_LOG_LEVEL="debug")
    assert code == 1
    assert f"port {port}" in about(found, "ports", "wrong")[0]
    assert "away: 127.0.0.1" in about(found, "platforms", "wrong")[0]
    assert "lost: nowhere.invalid" in about(found, "DNS", "wrong")[0]
    assert "is over since" in about(found, "TLS", "wrong")[0]
    assert "ends on" in about(found, "TLS", "note")[0]
    assert "TRUNKLINE_LOG__LEVEL" in about(found, "environment", "note")[0]


async def test_a_configuration_that_is_none_and_a_store_that_is_none_are_findings(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("server: {prot: 1}\n", encoding="utf-8")
    code, found = await examine(str(config))
    assert code == 1
    assert "is it port?" in about(found, "configuration", "wrong")[0]
    config.write_text("platforms: {a: {dialect: softswitch}}\nstore: {path: t.db}\n", encoding="utf-8")
    (tmp_path / "t.db").write_bytes(b"no database, but long enough to be taken for one" * 40)
    code, found = await examine(str(config))
    assert code == 1
    assert "cannot be read" in about(found, "store", "wrong")[0]


async def test_version_and_help_are_short_and_need_no_gateway() -> None:
    version, short, long = await run("--version"), await run("-h"), await run("--help")
    assert (version.code, version.out.split()[0], version.err) == (0, "trunkline", "")
    assert short.out == long.out
    assert "doctor" in short.out
    for command in ("serve", "keys", "check-config"):
        assert (await run(command, "-h")).code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_a_shell_gets_its_completion(shell: str) -> None:
    script = await run(_TRUNKLINE_COMPLETE=f"source_{shell}")
    assert script.code == 0, script.err
    assert "trunkline" in script.out


async def test_completion_knows_the_commands() -> None:
    said = await run(_TRUNKLINE_COMPLETE="complete_bash", COMP_WORDS="trunkline che", COMP_CWORD="1")
    assert said.out.split() == ["check-config"]


async def test_help_loads_nothing_of_the_gateway() -> None:
    """So it is quick, by however much a busy machine takes for it."""
    ended = await run("--help", PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip() for line in ended.err.splitlines() if "import time:" in line}
    assert "typer" in loaded
    heavy = {"aiohttp", "pydantic", "msgspec", "rich", "uvloop", "asyncio", "cryptography", "gateway.app"}
    assert loaded & heavy == set()
