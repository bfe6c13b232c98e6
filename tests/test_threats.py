"""The threat model names tests that there are, for each threat."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
MODEL: Final = (ROOT / "deploy" / "SECURITY.md").read_text("utf-8")
_TEST: Final = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)
ROWS: Final = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in MODEL.splitlines()
    if line.startswith("| ") and not line.startswith("| threat")
]


def written() -> set[str]:
    return {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in _TEST.findall(path.read_text("utf-8"))
    }


THERE: Final = written()


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_threat_names_tests_that_there_are(row: list[str]) -> None:
    threat, against, shown = row
    assert threat
    assert against
    named = re.findall(r"`(\w+)`", shown)
    assert named, f"no test covers: {threat}"
    assert not [name for name in named if name not in THERE]


def test_a_test_that_is_not_there_would_be_found() -> None:
    assert "test_that_nobody_wrote" not in THERE
    assert "test_each_threat_names_tests_that_there_are" in THERE
    assert len(ROWS) > 25
