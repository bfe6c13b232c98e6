"""What `make dist` builds is installed elsewhere, and the example of each README runs with it as pasted."""

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import PIPE, STDOUT, run
from typing import Final
from zipfile import ZipFile

import msgspec
import pytest

from clients.generator.files import CLIENTS
from clients.pack import COMPILER
from tests.client_libraries.programs import NODE, NPM, command, program
from tests.client_libraries.stage import stage
from tests.gateway.handmade import call

PIP: Final = (sys.executable, "-m", "pip", "--quiet", "install", "--no-index", "--no-deps", "--target")
ROOT: Final = CLIENTS.parent
ADDRESS: Final = '"http://127.0.0.1:8080"'  # in the examples: only that is another here, and the key


def readme(folder: str, language: str) -> str:
    """The example in a client's README."""
    text = (CLIENTS / folder / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert found[0] in (ROOT / "docs" / "integrate" / "clients.md").read_text(encoding="utf-8")
    return found[1]


def build(folder: Path) -> None:
    # What `make setup` makes is there; nothing of it is made anew while tests run.
    well(["make", "dist", f"DIST={folder}", "-o", ".venv/.dev", "-o", ".venv/.typescript"], ROOT)


def well(args: Sequence[str], cwd: Path) -> None:
    """Run it; it ends well."""
    done = run(args, cwd=cwd, stdout=PIPE, stderr=STDOUT, text=True, check=False)  # noqa: S603  # ours
    assert done.returncode == 0, done.stdout


@pytest.mark.whole
async def test_what_is_built_is_installed_and_runs_its_example(tmp_path: Path) -> None:
    dist, site, app = (tmp_path / name for name in ("dist", "site", "app"))
    for folder in (dist, app, tmp_path / "gateway"):
        folder.mkdir()
    build(dist)
    (server,), (wheel,), (package,) = (
        [*dist.glob(pattern)] for pattern in ("trunkline-*.whl", "trunkline_client-*.whl", "*.tgz")
    )
    assert len([*dist.glob("*.tar.gz")]) == 2
    assert {"gateway/app.py", "schemas/py.typed", "adapters/registry.py"} <= {*ZipFile(server).namelist()}
    well([*PIP, str(site), str(wheel)], app)
    (app / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    well([*NPM, "install", "--offline", "--no-audit", "--no-fund", "--silent", str(package)], app)
    shutil.copy(Path(__file__).parent / "usage.ts", app)
    strict = ("--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom")
    well([str(NODE), str(COMPILER), *strict, "usage.ts"], app)

    async with stage(tmp_path / "gateway") as here:
        await here.page()
        await here.bench.shown(here.pages["a1"], msgspec.structs.replace(call(), ani="+15550142"))
        pasted = readme("python", "python").replace(ADDRESS, f'"{here.url}", key="{here.key}"')
        (app / "example.py").write_text(pasted, encoding="utf-8")
        pasted = readme("javascript", "js").replace(ADDRESS, f'"{here.url}", {{ key: "{here.key}" }}')
        (app / "example.js").write_text(pasted, encoding="utf-8")
        for path in (app / "example.py", app / "example.js"):
            assert here.key in path.read_text(encoding="utf-8")
            async with program(command(path), app, {"PYTHONPATH": str(site)}) as one:
                assert await one.line() == "a1 is called by +15550142"
