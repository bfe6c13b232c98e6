"""What is said of a lock: by the advisories where they can be reached, and by its pins where not."""

import json
from pathlib import Path
from typing import Final

import pytest

from tests.advisories import unpinned, verdict

LOCKS: Final = Path(__file__).parents[1] / "deploy" / "locks"
WEAK: Final = json.dumps(
    {"dependencies": [{"name": "x", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}]}
)
WELL: Final = json.dumps({"dependencies": [{"name": "x", "version": "1", "vulns": []}]})


@pytest.mark.parametrize("name", ["runtime.txt", "nats.txt", "dev.txt"])
def test_the_locks_are_pinned_by_hash(name: str) -> None:
    assert unpinned((LOCKS / name).read_text("utf-8")) == []


@pytest.mark.parametrize("line", ["x>=1 --hash=sha256:00", "x==1", "x", "git+https://x.example/x"])
def test_what_is_not_is_found(line: str) -> None:
    assert unpinned(f"a==1 \\\n    --hash=sha256:00\n{line}\n") == [line]


@pytest.mark.parametrize(
    ("ended", "code", "said"),
    [
        ((1, WEAK, ""), 1, "x 1: CVE-1, mended in 2"),
        ((0, WELL, ""), 0, ""),
        ((1, "", "ConnectionError: Max retries exceeded"), 0, "not asked"),
        ((1, "", "ERROR: the requirements are no requirements"), 1, "no requirements"),
    ],
)
def test_a_weakness_fails_and_no_network_does_not(ended: tuple[int, str, str], code: int, said: str) -> None:
    got, told = verdict(*ended)
    assert got == code
    assert said in told
