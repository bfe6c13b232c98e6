"""The matrix for people, in Markdown: our words by dialect; the vendors' words, counted and one by one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from adapters.contract.capabilities import Support, Word
from adapters.contract.dialect import ErasedDialect
from gateway.cli.matrix import COUNTED, SIGN, Kind, Role, canonical, counts, words
from schemas.commands import COMMANDS
from schemas.errors import ConfigError
from schemas.events import EVENTS, PLATFORM_EVENTS

BEGIN: Final = "<!-- matrix: begin (made by `make readme`) -->"
END: Final = "<!-- matrix: end -->"
_NEARLY: Final[Mapping[str, str]] = {
    "commands": "it succeeds, and the result carries a warning",
    "events": "it is told, with what stands here missing or inferred",
}
_HOW: Final[Mapping[Support, str]] = {**SIGN, Support.UNSUPPORTED: "not"}  # in a sentence
_ONE_BY_ONE: Final = (Kind.METHODS, Kind.EVENTS)  # the other kinds are too many to print
Names = Mapping[Role, Mapping[str, Word]]  # of one kind


def markdown(dialects: Iterable[ErasedDialect]) -> str:
    """All of it; the vendors' words are folded, a block per dialect."""
    chosen = list(dialects)
    blocks = [_block(one) for one in chosen if one.vocabulary]
    return "\n".join([overview(chosen), *blocks]).rstrip() + "\n"


def overview(dialects: Iterable[ErasedDialect]) -> str:
    """Our commands and events, a column per dialect and role; the vendors' words, counted."""
    chosen = list(dialects)
    tables = [
        _of_ours("commands", COMMANDS, chosen),
        _of_ours("events", PLATFORM_EVENTS, chosen),
        _counted(chosen),
    ]
    return "\n".join(tables)


# --- our words


def _of_ours(name: str, tags: Iterable[str], dialects: Iterable[ErasedDialect]) -> str:
    columns = [
        (f"{dialect.name} {role}", tables[name])
        for dialect in dialects
        for role, tables in canonical(dialect).items()
    ]
    lines = _table(
        (name, *(title for title, _ in columns)),
        ((f"`{tag}`", *(SIGN[table[tag].support] for _, table in columns)) for tag in tags),
    )
    about: dict[tuple[str, str], list[str]] = {}
    for title, table in columns:
        for tag in tags:
            if table[tag].support is Support.APPROXIMATE:
                about.setdefault((title, table[tag].note), []).append(f"`{tag}`")
    if about:
        nearly = (f"- {title}, {', '.join(told)}: {note}" for (title, note), told in about.items())
        lines += [f"Nearly ({name}): {_NEARLY[name]}.", "", *nearly, ""]
    return "\n".join(lines)


# --- the vendors' words


def _counted(dialects: Iterable[ErasedDialect]) -> str:
    rows = [
        (dialect.name, role.value, kind.value, *map(str, counts(table).values()))
        for dialect in dialects
        for role in Role
        if role in dialect.vocabulary
        for kind, table in words(dialect.vocabulary[role]).items()
        if table
    ]
    return "\n".join(
        _table(("dialect", "role", "names", "known", *(SIGN[support] for support in COUNTED)), rows)
    )


def _block(dialect: ErasedDialect) -> str:
    """The methods and the events of one vendor."""
    roles = [role for role in Role if role in dialect.vocabulary]
    tables = {kind: {role: words(dialect.vocabulary[role])[kind] for role in roles} for kind in _ONE_BY_ONE}
    sizes = ", ".join(f"{len(_names(of_kind))} {kind}" for kind, of_kind in tables.items())
    lines = [f"<details><summary><code>{dialect.name}</code>: {sizes}</summary>", ""]
    for kind, of_kind in tables.items():
        lines += _table(
            (kind.value, *roles),
            ((f"`{name}`", *(_cell(of_kind[role].get(name)) for role in roles)) for name in _names(of_kind)),
        )
        if notes := list(_notes(of_kind)):
            lines += [*notes, ""]
    return "\n".join([*lines, "</details>", ""])


def _names(of_kind: Names) -> list[str]:
    return list(dict.fromkeys(name for table in of_kind.values() for name in table))


def _cell(word: Word | None) -> str:
    """Its sign, unless it is said exactly, and what it comes to."""
    if word is None:
        return ""
    if word.support is Support.EXACT:
        return _told(word.canonical)
    return f"{SIGN[word.support]} {_told(word.canonical)}".rstrip()


def _told(text: str) -> str:
    """A list of our words as code; anything else as it stands."""
    parts = text.split(", ")
    return ", ".join(f"`{part}`" if part in COMMANDS or part in EVENTS else part for part in parts)


def _notes(of_kind: Names) -> Iterator[str]:
    """Each note once, with the names that it is about."""
    about: dict[tuple[str, str, str], list[str]] = {}
    for name in _names(of_kind):
        roles: dict[tuple[str, str], list[Role]] = {}
        for role, table in of_kind.items():
            if (word := table.get(name)) is not None and word.note:
                roles.setdefault((_HOW[word.support], word.note), []).append(role)
        for (sign, note), told in roles.items():
            about.setdefault((sign, note, " and ".join(told)), []).append(f"`{name}`")
    for (sign, note, where), names in about.items():
        yield f"- {sign} {where}, {', '.join(names)}: {note}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table and an empty line."""
    return [_row(head), "|---" * len(head) + "|", *(_row(row) for row in rows), ""]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


# --- the file


def write_readme(path: Path, dialects: Iterable[ErasedDialect]) -> None:
    """Put the tables between the marks. Raises ConfigError if the file or the marks are not there."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    path.write_text(with_matrix(text, dialects), encoding="utf-8")


def with_matrix(text: str, dialects: Iterable[ErasedDialect]) -> str:
    """A README with its tables made anew. Raises ConfigError without the marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigError("README.md: the marks of the matrix are missing")
    return f"{before}{BEGIN}\n\n{markdown(dialects)}\n{END}{after}"
