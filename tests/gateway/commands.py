"""What the tests of commands share."""

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
