"""Owed by every vendor that has rows of methods: each name stands once, and both roles come from the rows."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import pytest

from adapters.contract.capabilities import Support
from adapters.contract.dialect import Context, ErasedDialect
from adapters.kit.methods import Method
from adapters.registry import DIALECTS
from schemas.commands import COMMANDS, verb
from schemas.errors import UnsupportedError
from schemas.events import EVENTS
from tests.architecture import ROOT, SHARED
from tests.contract.any_to_any.table import ROWS as SAID

ADAPTERS: Final = ROOT / "adapters"


def rows(dialect: ErasedDialect) -> list[Method[object, object]]:
    """The rows of its `methods.py` that its vocabulary has, if there are any."""
    module = f"{dialect.platform_connection.__module__.rpartition('.')[0]}.methods"
    if find_spec(module) is None:
        return []
    held = [one for value in vars(import_module(module)).values() for one in _several(value)]
    table = {one.name: one for one in held if isinstance(one, Method)}
    return [one for name, one in table.items() if name in dialect.vocabulary["south"].methods]


def _several(value: object) -> Iterable[object]:
    """A row stands alone, or in a table."""
    match value:
        case tuple() | list():
            return value
        case dict():
            return value.values()
        case _:
            return (value,)


WITH_ROWS: Final = [one for one in DIALECTS if rows(one)]
by_dialect = pytest.mark.parametrize("dialect", WITH_ROWS, ids=lambda one: one.name)


def standing(name: str) -> list[str]:
    """The files that hold the name as a text; a heading of a coverage file names a message by its method."""
    return [
        str(path.relative_to(ADAPTERS))
        for path in sorted((*ADAPTERS.rglob("*.py"), *ADAPTERS.rglob("*.toml")))
        if any(
            f'"{name}"' in line and not line.startswith("[")
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    ]


def folder(dialect: ErasedDialect) -> str:
    """Where it stands."""
    package = dialect.platform_connection.__module__.removeprefix("adapters.").rpartition(".")[0]
    return f"{package.replace('.', '/')}/"


def foreign(path: str, dialect: ErasedDialect) -> bool:
    """Whether it is another dialect's, registered or not, which may call a thing alike."""
    homes = [folder(one) for one in DIALECTS if path.startswith(folder(one))]
    first, inside, _ = path.partition("/")
    own = folder(dialect) if not inside or first in SHARED else first
    return folder(dialect) != max(homes, key=len, default=own)


@by_dialect
def test_a_method_s_name_stands_in_one_file(dialect: ErasedDialect) -> None:
    for row in rows(dialect):
        if row.name in {*COMMANDS, *EVENTS}:
            continue  # some vendors and we call a thing alike
        found = [path for path in standing(row.name) if not foreign(path, dialect)]
        assert len(found) == 1, (row.name, found)


@by_dialect
def test_the_rows_are_the_vocabulary_and_the_commands_of_both_roles(dialect: ErasedDialect) -> None:
    table, said = rows(dialect), dialect.capabilities
    assert len({row.name for row in table}) == len(table)
    assert {row.name: row.south for row in table}.items() <= dialect.vocabulary["south"].methods.items()
    assert {row.name: row.north for row in table}.items() <= dialect.vocabulary["north"].methods.items()
    for row in table:
        for words, commands in ((row.south, said.commands_south), (row.north, said.commands_north)):
            for tag in set(words.canonical.split(", ")) & COMMANDS.keys():
                if words.support is not Support.UNSUPPORTED:
                    assert commands[tag].support is not Support.UNSUPPORTED, (row.name, tag)


@by_dialect
def test_what_cannot_be_said_is_refused_at_once(dialect: ErasedDialect) -> None:
    connection = dialect.platform_connection(dialect.settings(), None)
    said = dialect.capabilities.commands_south
    for row in SAID.values():
        if said[verb(row.command)].support is Support.UNSUPPORTED:
            with pytest.raises(UnsupportedError):
                connection.flow(row.command, Context())
