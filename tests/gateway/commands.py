"""What the tests of commands share."""

import shutil
from pathlib import Path

from schemas.commands import Dial
from schemas.results import CommandRecord, Failed
from tests.gateway.handmade import Bench


def dial(standing: Bench, to: str = "+1") -> Dial:
    """A call that this agent makes."""
    return Dial(session_id=standing.session(), destination=to)


def failure(record: CommandRecord) -> Failed:
    """How a command failed."""
    assert isinstance(record.result, Failed), record
    return record.result


def power_cut(folder: Path) -> str:
    """The store as it would be found if the power failed now."""
    found = folder / "found"
    found.mkdir()
    for one in folder.glob("t.db*"):
        shutil.copy(one, found)
    return str(found / "t.db")
