"""The search for planted secrets finds them, and a session in which one leaks does not pass."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.planted import NAME, NOTE, NUMBER, PASSWORD, Watch, found

ROOT: Final = Path(__file__).parents[1]
_KEY: Final = "tlk_" + "0a1b2c3d4e5f" + "_" + "s3cret-" * 6
_TOKEN: Final = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhbm4ifQ." + "c2lnbmF0dXJlLW9m"
PLANTS: Final = {
    "key": _KEY,
    "token": _TOKEN,
    "signing secret": "whsec_" + "Zm9vYmFy" * 4,
    "signing key": "whsk_" + "Zm9vYmFy" * 4,
    "private key": "-----BEGIN " + "PRIVATE KEY-----",
    "number": NUMBER,
    "another number": "+1555" + "0100",
    "number in an address": "%2B1555" + "0177042",
    "name": NAME,
    "note": NOTE,
    "password": PASSWORD,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_each_of_them_is_found_wherever_it_stands(plant: str) -> None:
    assert found(f'{{"event": "x", "why": "was {plant} here"}}')
    assert plant not in "".join(found(f"before {plant} after"))  # what is told of it tells it not again


@pytest.mark.parametrize(
    "plain",
    [
        *("cmd_upq2lpqwj7hfx2a7dk555", "key:0a1b2c3d4e5f", "2026-03-02T09:00:00.555000Z", "seconds=15550.1"),
        *("facade:sales:ann", "sha256:155501770420", "port 15550", "whsec", "eyJ", "cursors=1..5550100"),
    ],
)
def test_what_is_none_of_it_is_not(plain: str) -> None:
    assert found(plain) == []


def test_a_watch_keeps_where_it_was() -> None:
    watch = Watch()
    watch.look("test_x", ["all is well", f"dialled {NUMBER}"])
    assert watch.leaks == ["test_x: a telephone number, after 'dialled '"]


CONFTEST: Final = """
from tests.planted import Search


def pytest_configure(config):
    config.addinivalue_line("markers", "tells(reason): it may")
    config.pluginmanager.register(Search())
"""
LEAKY: Final = """
import logging

import pytest

from tests.planted import WATCH


def test_that_passes_and_tells():
    logging.getLogger("x").warning("{how}")
    print("{how}")


@pytest.mark.tells("its business")
def test_that_may():
    print("{how}")


def test_whose_process_tells():
    WATCH.look("a process", ["{how}"])
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist.plugin", "-n", "2")], ids=["one", "two workers"])
@pytest.mark.parametrize(("how", "code"), [(f"{NUMBER} signed in by {_KEY}", 1), ("dialled", 0)])
def test_a_session_fails_in_which_one_is_told(
    tmp_path: Path, how: str, code: int, workers: tuple[str, ...]
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, "utf-8")
    (tmp_path / "test_leaky.py").write_text(LEAKY.replace("{how}", how), "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]", "utf-8")
    ended = subprocess.run(  # noqa: S603  # our own pytest
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert ended.stdout.count("LEAKED") == 6 * code  # printed, logged, and written by a process
    assert NUMBER not in ended.stdout
    assert _KEY not in ended.stdout
    assert "3 passed" in ended.stdout
