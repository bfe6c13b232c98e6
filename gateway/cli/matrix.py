"""`trunkline matrix`: what each dialect can say, from its own tables; counted, and as JSON."""

from collections.abc import Iterable, Mapping
from typing import Final

from adapters.contract.capabilities import Ability, Support, Vocabulary, Word
from adapters.contract.dialect import ErasedDialect
from gateway.cli.choices import Kind, Role

SIGN: Final[Mapping[Support, str]] = {
    Support.EXACT: "yes",
    Support.FLOW: "flow",
    Support.APPROXIMATE: "nearly",
    Support.GATEWAY: "gateway",
    Support.UNSUPPORTED: "-",
}
COUNTED: Final = (Support.EXACT, Support.FLOW, Support.APPROXIMATE, Support.UNSUPPORTED)


def canonical(dialect: ErasedDialect) -> dict[Role, dict[str, Mapping[str, Ability]]]:
    """Role, then commands or events, then the table. Who has no clients has no northern role."""
    said = dialect.capabilities
    tables = {Role.SOUTH: {"commands": said.commands_south, "events": said.events_south}}
    if dialect.client_connection is not None:
        tables[Role.NORTH] = {"commands": said.commands_north, "events": said.events_north}
    return tables


def words(vocabulary: Vocabulary) -> dict[Kind, Mapping[str, Word]]:
    """The vendor's names of each kind, and what becomes of them."""
    return {
        Kind.METHODS: vocabulary.methods,
        Kind.EVENTS: vocabulary.events,
        Kind.ERRORS: vocabulary.errors,
        Kind.FIELDS: vocabulary.fields,
        Kind.ENUMS: vocabulary.enums,
    }


def counts(table: Mapping[str, Word]) -> dict[str, int]:
    """How many names are known, and how many of them are said how well."""
    by_support = {support.value: sum(one.support is support for one in table.values()) for support in COUNTED}
    return {"known": len(table), **by_support}


def document(dialects: Iterable[ErasedDialect]) -> dict[str, object]:
    """For machines, per dialect and role.

    `canonical` goes by our words: how well each is said, by what name, and what to know. `methods`, `events`,
    `errors`, `fields` and `enums` count what becomes of the vendor's names, and `names` tells it of each;
    both only where a dialect accounts for them.
    """
    return {
        "dialects": {
            dialect.name: {
                role.value: {"canonical": _canonical(tables), **_accounted(dialect.vocabulary.get(role))}
                for role, tables in canonical(dialect).items()
            }
            for dialect in dialects
        }
    }


def _canonical(tables: Mapping[str, Mapping[str, Ability]]) -> dict[str, object]:
    return {
        name: {
            tag: {"support": one.support.value, "vendor": one.vendor, "note": one.note}
            for tag, one in table.items()
        }
        for name, table in tables.items()
    }


def _accounted(vocabulary: Vocabulary | None) -> dict[str, object]:
    if vocabulary is None:
        return {}
    tables = words(vocabulary)
    return {
        **{kind.value: counts(table) for kind, table in tables.items()},
        "names": {
            kind.value: {
                name: {"support": one.support.value, "canonical": one.canonical, "note": one.note}
                for name, one in table.items()
            }
            for kind, table in tables.items()
        },
    }
