"""`trunkline matrix`: what each dialect can say, from its own tables."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from adapters.capabilities import Ability, Support, Vocabulary, Word
from adapters.dialect import ErasedDialect
from schemas.commands import COMMANDS
from schemas.errors import ConfigError
from schemas.events import EVENTS

BEGIN: Final = "<!-- matrix: begin (made by `make readme`) -->"
END: Final = "<!-- matrix: end -->"
_SIGN: Final[Mapping[Support, str]] = {
    Support.EXACT: "yes",
    Support.FLOW: "flow",
    Support.APPROXIMATE: "nearly",
    Support.GATEWAY: "gateway",
    Support.UNSUPPORTED: "-",
}
_COUNTED: Final = (Support.EXACT, Support.FLOW, Support.APPROXIMATE, Support.UNSUPPORTED)
_NEARLY: Final[Mapping[str, str]] = {
    "commands": "it succeeds, and the result carries a warning",
    "events": "it is told, with what stands here missing or inferred",
}


def _tables(dialect: ErasedDialect) -> dict[str, dict[str, Mapping[str, Ability]]]:
    """Role, then commands or events, then the table. Who has no clients has no northern role."""
    said = dialect.capabilities
    tables = {"south": {"commands": said.commands_south, "events": said.events_south}}
    if dialect.client_connection is not None:
        tables["north"] = {"commands": said.commands_north, "events": said.events_north}
    return tables


def document(dialects: Iterable[ErasedDialect]) -> dict[str, object]:
    """For machines, per dialect and role.

    `canonical` goes by our words: how well each is said, by what name, and what to know. `methods`, `events`,
    `errors`, `fields` and `enums` count what becomes of the vendor's names, and `names` tells it of each;
    both only where a dialect accounts for them.
    """
    return {
        "dialects": {
            dialect.name: {
                role: {"canonical": _canonical(kinds), **_accounted(dialect.vocabulary.get(role))}
                for role, kinds in _tables(dialect).items()
            }
            for dialect in dialects
        }
    }


def _canonical(kinds: Mapping[str, Mapping[str, Ability]]) -> dict[str, object]:
    return {
        kind: {
            tag: {"support": one.support.value, "vendor": one.vendor, "note": one.note}
            for tag, one in table.items()
        }
        for kind, table in kinds.items()
    }


def _accounted(vocabulary: Vocabulary | None) -> dict[str, object]:
    if vocabulary is None:
        return {}
    kinds = {
        "methods": vocabulary.methods,
        "events": vocabulary.events,
        "errors": vocabulary.errors,
        "fields": vocabulary.fields,
        "enums": vocabulary.enums,
    }
    counts: dict[str, object] = {
        kind: {"known": len(words), **{one.value: _count(words, one) for one in _COUNTED}}
        for kind, words in kinds.items()
    }
    return {
        **counts,
        "names": {
            kind: {
                name: {"support": one.support.value, "canonical": one.canonical, "note": one.note}
                for name, one in words.items()
            }
            for kind, words in kinds.items()
        },
    }


def _count(words: Mapping[str, Word], support: Support) -> int:
    return sum(one.support is support for one in words.values())


def markdown(dialects: Iterable[ErasedDialect]) -> str:
    """For people: two tables, commands and events; a column per dialect and role; notes below each."""
    chosen = list(dialects)
    parts: list[str] = []
    for kind, tags in (("commands", COMMANDS), ("events", EVENTS)):
        columns = [
            (f"{dialect.name} {role}", tables[kind])
            for dialect in chosen
            for role, tables in _tables(dialect).items()
        ]
        parts += [
            f"| {kind} | " + " | ".join(name for name, _ in columns) + " |",
            "|---" * (len(columns) + 1) + "|",
        ]
        parts += [
            f"| `{tag}` | " + " | ".join(_SIGN[table[tag].support] for _, table in columns) + " |"
            for tag in tags
        ]
        parts.append("")
        nearly = [
            f"- `{tag}`, {name}: {table[tag].note}"
            for name, table in columns
            for tag in tags
            if table[tag].support is Support.APPROXIMATE
        ]
        if nearly:
            parts += [f"Nearly ({kind}): {_NEARLY[kind]}.", "", *nearly, ""]
    return "\n".join(parts).rstrip() + "\n"


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
