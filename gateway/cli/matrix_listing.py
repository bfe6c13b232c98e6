"""`trunkline matrix NAME`: every name of one vendor, a line each, for a terminal and for grep."""

from collections.abc import Iterable, Iterator, Mapping

from adapters.contract.capabilities import Word
from adapters.contract.dialect import ErasedDialect
from gateway.cli.choices import Kind, Role
from gateway.cli.matrix import counts, words
from schemas.errors import ConfigError


def find(dialects: Iterable[ErasedDialect], name: str) -> ErasedDialect:
    """The dialect of that name. Raises ConfigError."""
    known = {one.name: one for one in dialects}
    if name not in known:
        raise ConfigError(f"matrix: {name!r} is not one of {', '.join(sorted(known))}")
    return known[name]


def listing(dialect: ErasedDialect, role: Role | None = None, kind: Kind | None = None) -> str:
    """Name, how well it is said, what it comes to, and what to know; of one role and kind, or of all."""
    sections = [
        (f"{dialect.name} {each} {of_kind}", table)
        for each in Role
        if each in dialect.vocabulary and role in (None, each)
        for of_kind, table in words(dialect.vocabulary[each]).items()
        if kind in (None, of_kind) and table
    ]
    if not sections:
        return f"{dialect.name}: no names of a vendor to account for"
    return "\n\n".join("\n".join(_section(title, table)) for title, table in sections)


def _section(title: str, table: Mapping[str, Word]) -> Iterator[str]:
    told = counts(table)
    parts = ", ".join(f"{count} {name}" for name, count in told.items() if count and name != "known")
    yield f"{title}: {told['known']} ({parts})"
    rows = [(name, word.support.value, word.canonical) for name, word in table.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row, word in zip(rows, table.values(), strict=True):
        columns = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {columns}  {word.note}".rstrip()
