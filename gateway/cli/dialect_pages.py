"""The manual's pages of the dialects: our words by dialect; each vendor's words and settings, one by one."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic.fields import FieldInfo

from adapters.contract.capabilities import Support, Word
from adapters.contract.dialect import ErasedDialect
from gateway.cli.choices import Kind, Role
from gateway.cli.matrix import COUNTED, SIGN, canonical, counts, words
from schemas.commands import COMMANDS
from schemas.errors import ConfigError
from schemas.events import EVENTS, PLATFORM_EVENTS

OVERVIEW: Final = "README.md"
_MADE: Final = "<!-- made by `make manual` -->"
_ABOUT: Final = """\
# What each dialect can say

`south`: a platform of that dialect; `north`: a client of it. `yes`: exactly. `flow`: by several of its calls.
`nearly`: with the difference that is listed below the table. `gateway`: done by the gateway itself. `-`: not;
a command is then refused before anything is sent.

The first two tables go by our words. The third counts what becomes of every name in the vendors' documents.
Each dialect has a page that says how a platform is connected, with limits, settings and methods: {pages}.
What was written for a vendor runs over any platform: {clients}.

`trunkline matrix <dialect>` lists a vendor's names with what to know of each, its errors, fields and
enumerations too; `--role north` and `--kind errors` choose among them. `trunkline matrix --json` is all of it
for machines.
"""
_NEARLY: Final[Mapping[str, str]] = {
    "commands": "it succeeds, and the result carries a warning",
    "events": "it is told, with what stands here missing or inferred",
}
_HOW: Final[Mapping[Support, str]] = {**SIGN, Support.UNSUPPORTED: "not"}  # in a sentence
_ONE_BY_ONE: Final = (Kind.METHODS, Kind.EVENTS)  # the other kinds are too many to print
Names = Mapping[Role, Mapping[str, Word]]  # of one kind


def pages(dialects: Iterable[ErasedDialect]) -> dict[str, str]:
    """Each page's text, by its file name."""
    chosen = list(dialects)
    named = ", ".join(f"[`{one.name}`]({one.name}.md)" for one in chosen)
    with_clients = [one for one in chosen if one.client_connection is not None]
    offered = ", ".join(f"[`{one.name}`]({one.name}_clients.md)" for one in with_clients)
    about = _ABOUT.format(pages=named, clients=offered)
    first = "\n".join([_MADE, "", about, overview(chosen)]).rstrip() + "\n"
    return {
        OVERVIEW: first,
        **{f"{one.name}.md": page(one) for one in chosen},
        **{f"{one.name}_clients.md": client_page(one) for one in with_clients},
    }


def page(dialect: ErasedDialect) -> str:
    """A platform's: how it is connected, what it cannot, its settings, its methods and events."""
    lines = [_MADE, "", f"# {dialect.title}", "", f"A platform of the dialect `{dialect.name}`.", ""]
    lines += [*_guide(dialect, Role.SOUTH), *_limits(dialect, Role.SOUTH), "## Settings", ""]
    lines += _settings(dialect)
    if dialect.vocabulary:
        lines += _block(dialect)
    return "\n".join(lines).rstrip() + "\n"


def client_page(dialect: ErasedDialect) -> str:
    """A facade's: how a client of the vendor is moved, and what it is told differently."""
    named = f"A facade of the dialect `{dialect.name}`: what was written for that vendor, over any platform."
    lines = [_MADE, "", f"# {dialect.title}: clients", "", named, ""]
    lines += [*_guide(dialect, Role.NORTH), *_limits(dialect, Role.NORTH)]
    lines += [f"Its settings, methods and events: [`{dialect.name}`]({dialect.name}.md#settings).", ""]
    return "\n".join(lines).rstrip() + "\n"


def _guide(dialect: ErasedDialect, role: Role) -> list[str]:
    """What the dialect's own folder says of it."""
    path = dialect.guides.get(role)
    return [] if path is None else [path.read_text(encoding="utf-8").rstrip(), ""]


def _limits(dialect: ErasedDialect, role: Role) -> list[str]:
    """What it can say nearly, and not at all."""
    lines = ["## Limits", ""]
    for name, table in canonical(dialect).get(role, {}).items():
        nearly: dict[str, list[str]] = {}
        never: list[str] = []
        for tag, word in table.items():
            if word.support is Support.APPROXIMATE:
                nearly.setdefault(word.note, []).append(f"`{tag}`")
            elif word.support is Support.UNSUPPORTED:
                never.append(f"`{tag}`")
        lines += [f"- Nearly, {', '.join(tags)}: {note}" for note, tags in nearly.items()]
        if never:
            lines.append(f"- No {name}: {', '.join(never)}")
    return [*lines, ""] if len(lines) > len(("", "")) else []


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


def _block(dialect: ErasedDialect) -> list[str]:
    """The methods and the events of one vendor."""
    roles = [role for role in Role if role in dialect.vocabulary]
    tables = {kind: {role: words(dialect.vocabulary[role])[kind] for role in roles} for kind in _ONE_BY_ONE}
    lines: list[str] = []
    for kind, of_kind in tables.items():
        names = _names(of_kind)
        lines += [f"## {kind.value.capitalize()}: {len(names)}", ""]
        lines += _table(
            (kind.value, *roles),
            ((f"`{name}`", *(_cell(of_kind[role].get(name)) for role in roles)) for name in names),
        )
        if notes := list(_notes(of_kind)):
            lines += [*notes, ""]
    return lines


def _settings(dialect: ErasedDialect) -> list[str]:
    """What an operator may choose: `platforms.<id>.settings`, or by facade."""
    fields = dialect.settings.model_fields
    if not fields:
        return ["It has none.", ""]
    return _table(
        ("setting", "default", "what it does"),
        ((f"`{name}`", _default(field), field.description or "") for name, field in fields.items()),
    )


def _default(field: FieldInfo) -> str:
    """As it would stand in the configuration."""
    value = field.get_default(call_default_factory=True, validated_data={})
    match value:
        case None:
            return "not set"
        case bool() | int() | float() | str():
            return f"`{json.dumps(value)}`"
        case tuple() if value and not all(isinstance(one, str) for one in value):
            return f"{len(value)} of them"
        case tuple() | dict():
            return f"`{json.dumps(value)}`"
        case _:
            raise TypeError(f"{value!r}: how is that written?")


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


# --- the files


def write_pages(folder: Path, dialects: Iterable[ErasedDialect]) -> None:
    """Write all pages into a folder that is there. Raises ConfigError."""
    for name, text in pages(dialects).items():
        try:
            (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{folder / name}: {error.strerror}") from error
