"""The systemd unit: well formed, hardened, and what it starts comes up."""

import asyncio
import re
import shlex
import shutil
from pathlib import Path
from random import Random
from typing import Final

import pytest
from aiohttp import ClientSession

from tests.deploy.described import DEPLOY, Container, Host
from tests.deploy.test_comes_up import METRICS, first_key, host, status, up

__all__ = ["host"]  # a fixture

UNIT: Final = DEPLOY / "systemd" / "trunkline.service"
TEXT: Final = UNIT.read_text(encoding="utf-8")
PROGRAM: Final = "/usr/local/lib/trunkline/bin/trunkline"
WORST: Final = 2.0  # of systemd's own measure, from 0 to 10


def said(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", TEXT, re.MULTILINE)


def test_it_is_hardened() -> None:
    for key in (
        "NoNewPrivileges",
        "PrivateTmp",
        "ProtectHome",
        "MemoryDenyWriteExecute",
        "RestrictNamespaces",
    ):
        assert said(key) == ["yes"]
    assert said("ProtectSystem") == ["strict"]
    assert said("CapabilityBoundingSet") == [""]
    assert said("User") == ["trunkline"]


async def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    """Where there is systemd; the program need not be installed for that."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    unit = tmp_path / "trunkline.service"
    unit.write_text(TEXT.replace(PROGRAM, "/bin/true").replace("=trunkline\n", "=root\n"), encoding="utf-8")

    async def analyze(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            program, *arguments, str(unit), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, told.decode()
        return told.decode()

    assert await analyze("verify") == ""
    unit.write_text(TEXT, encoding="utf-8")
    measured = re.search(
        r"Overall exposure level for \S+: ([0-9.]+)", await analyze("security", "--offline=true")
    )
    assert measured is not None
    assert float(measured[1]) <= WORST


@pytest.mark.whole
async def test_what_it_starts_comes_up(host: Host) -> None:  # the fixture
    (start,), (check,) = said("ExecStart"), said("ExecStartPre")
    assert start.split()[0] == check.split()[0] == PROGRAM
    (state,), (workdir,) = said("StateDirectory"), said("WorkingDirectory")
    assert workdir == f"/var/lib/{state}"
    environment = dict(word.split("=", 1) for line in said("Environment") for word in shlex.split(line))
    environment |= {"TRUNKLINE_SERVER__PORT": "8080", "TRUNKLINE_METRICS__PORT": str(METRICS)}  # free ones
    container = Container(
        command=["trunkline", *start.split()[1:]],
        environment=environment,
        mounts={workdir: None, "/etc/trunkline/config.yaml": DEPLOY / "compose.config.yaml"},
        ports=[8080, METRICS],
        workdir=workdir,
    )
    host.lay_out(container, Random())  # noqa: S311  # of ports
    async with up(container, host), ClientSession() as http:
        url = f"http://127.0.0.1:{host.ports[8080]}"
        assert await status(http, f"{url}/v1/platforms", first_key(container, host)) == 200
