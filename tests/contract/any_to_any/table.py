"""The matrix: every canonical command, how each client says it, what each platform is called with."""

from collections.abc import Mapping
from typing import Final

from schemas.commands import verb
from tests.contract.any_to_any import (
    rows_agent,
    rows_begin,
    rows_consult,
    rows_contact,
    rows_end,
    rows_lists,
    rows_single_step,
)
from tests.contract.any_to_any.words import Row


def _named(rows: tuple[Row, ...]) -> dict[str, Row]:
    named: dict[str, Row] = {}
    for row in rows:
        name = f"{verb(row.command)} {row.name}".strip()
        assert name not in named, f"two rows are called {name}"
        named[name] = row
    return named


ROWS: Final[Mapping[str, Row]] = _named(
    rows_agent.ROWS
    + rows_begin.ROWS
    + rows_contact.ROWS
    + rows_end.ROWS
    + rows_consult.ROWS
    + rows_single_step.ROWS
    + rows_lists.ROWS
)


def of(tag: str) -> tuple[Row, ...]:
    """The rows of one command, the plain one first."""
    return tuple(row for row in ROWS.values() if verb(row.command) == tag)
