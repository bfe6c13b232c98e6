"""What becomes of each name in a vendor's documents, as data: the vendor's `coverage.toml`.

Methods are rows (`methods`); everything else with a name is an entry there: members of objects, values of
enumerations, events and errors of the vendor's; and canonical events, by how they are told. A test holds the
members against `wire.py` and the values against `tables.py`.

    [notes]
    elsewhere = "as the same vendor's platform says it; over any other:"

    [fields.Interaction]                          # members, by type
    state = "Interaction.state"                   # exact, in both roles
    "callUuid, connId".south = "Interaction.refs" # several alike; one role
    "callUuid, connId".north = {approximate = "Interaction.id", note = "{elsewhere} our id"}

    [enums.direction]                             # values, by enumeration
    IN = "direction inbound"

    [events]                                      # events of the vendor's
    "interaction/RINGING" = "interaction.alerting"

    [errors]
    wrong_state = {south = {approximate = "platform_error", note = "a text"}, north = "wrong_state"}

    [passed.desktop]                              # methods that only the vendor's own platform knows
    popupToast = "there is no desktop"            # why no other does

    [commands]                                    # canonical commands that no one row is, or that are more
    "agent.login".south = {flow = "prepareSession, {START.name}"}

    [told]                                        # canonical events, by the vendor's name
    "party.updated" = {south = {unsupported = "why"}, north = "interaction.parties"}

What is said is a text, which is exact, or one of `exact`, `flow`, `approximate`, `unsupported`, `gateway`
with what it comes to; of the last two it is the reason. Names are parted by commas. A text may refer to the
notes, and to the vendor's rows: `{HOLD.name}`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeVar

import msgspec

from adapters.contract.capabilities import Ability, Support, Vocabulary, Word

EnumT = TypeVar("EnumT", bound=StrEnum)

ROLES = ("south", "north")


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a name: by one of the first five, or by role."""

    exact: str | None = None
    flow: str | None = None
    approximate: str | None = None
    unsupported: str | None = None
    gateway: str | None = None
    note: str = ""
    south: "_Said | str | None" = None
    north: "_Said | str | None" = None


_Entry = _Said | str
_Table = dict[str, _Entry]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    notes: dict[str, str] = {}
    fields: dict[str, _Table] = {}
    enums: dict[str, _Table] = {}
    events: _Table = {}
    errors: _Table = {}
    commands: _Table = {}
    told: _Table = {}
    passed: dict[str, dict[str, str]] = {}


class Coverage(msgspec.Struct, frozen=True):
    """The file of one vendor, in one role."""

    fields: dict[str, Word]  # by `Type.member`
    enums: dict[str, Word]  # by `enumeration.value`
    events: dict[str, Word]
    errors: dict[str, Word]
    commands: dict[str, Ability]  # by canonical command
    told: dict[str, Ability]  # by canonical event

    def vocabulary(self, methods: Mapping[str, Word]) -> Vocabulary:
        """All names of the role."""
        return Vocabulary(methods, self.events, self.errors, self.fields, self.enums)


def load(package: str, rows: Mapping[str, object]) -> dict[str, Coverage]:
    """Read the file beside a vendor's modules, by role. `rows` is the namespace of its `methods.py`.

    Raises ValueError for what may not stand there, KeyError for a text that refers to what is not there.
    """
    file = msgspec.convert(_read(package), _File)
    known = {**rows, **file.notes}
    return {role: _of_role(file, role, known) for role in ROLES}


def words(package: str, *table: str) -> dict[str, str]:
    """The names of one table, such as "enums", "direction", with what is said of each exactly, south."""
    found: object = _read_once(package)
    for name in table:
        found = msgspec.convert(found, dict[str, object])[name]
    said = {names: _in_role(one, "south") for names, one in msgspec.convert(found, _Table).items()}
    return {
        name.strip(): one for names, one in said.items() if isinstance(one, str) for name in names.split(",")
    }


def passed(package: str, group: str) -> dict[str, str]:
    """The methods of that group that only a platform of the same dialect knows: why no other does."""
    file = msgspec.convert(_read_once(package), _File)
    return {
        name.strip(): why.format_map(file.notes)
        for names, why in file.passed[group].items()
        for name in names.split(",")
    }


def meanings(package: str, enumeration: str, noun: str, kind: type[EnumT]) -> dict[str, EnumT]:
    """What the values of one enumeration mean, south: of `state = "state held"` the state HELD.

    Without a noun the bare word tells. Those that mean no one thing of that kind are left out; a test holds
    the rest against the documents.
    """
    by_meaning = {f"{noun} {one}".lstrip(): one for one in kind}
    said = words(package, "enums", enumeration)
    return {name: by_meaning[text] for name, text in said.items() if text in by_meaning}


def _read(package: str) -> dict[str, object]:
    return tomllib.loads(resources.files(package).joinpath("coverage.toml").read_text(encoding="utf-8"))


@cache
def _read_once(package: str) -> dict[str, object]:
    """For what modules read one after the other while they are imported."""
    return _read(package)


def _of_role(file: _File, role: str, known: Mapping[str, object]) -> Coverage:
    return Coverage(
        fields=_of_types(file.fields, role, known),
        enums=_of_types(file.enums, role, known),
        events=dict(_words(file.events, role, known)),
        errors=dict(_words(file.errors, role, known)),
        commands=_abilities(file.commands, role, known),
        told=_abilities(file.told, role, known),
    )


def _abilities(table: _Table, role: str, known: Mapping[str, object]) -> dict[str, Ability]:
    said = _words(table, role, known)
    return {name: Ability(one.support, one.canonical, one.note) for name, one in said}


def _of_types(tables: Mapping[str, _Table], role: str, known: Mapping[str, object]) -> dict[str, Word]:
    return {
        f"{kind}.{name}": said for kind, table in tables.items() for name, said in _words(table, role, known)
    }


def _words(table: _Table, role: str, known: Mapping[str, object]) -> Iterator[tuple[str, Word]]:
    for names, entry in table.items():
        said = _in_role(entry, role)
        if said is not None:
            for name in names.split(","):
                yield name.strip(), _word(names, said, known)


def _in_role(entry: _Entry, role: str) -> _Entry | None:
    if isinstance(entry, str) or (entry.south is None and entry.north is None):
        return entry
    return entry.south if role == "south" else entry.north


def _word(names: str, said: _Entry, known: Mapping[str, object]) -> Word:
    if isinstance(said, str):
        return Word(Support.EXACT, said.format_map(known))
    texts = {
        Support.EXACT: said.exact,
        Support.FLOW: said.flow,
        Support.APPROXIMATE: said.approximate,
        Support.GATEWAY: said.gateway,
        Support.UNSUPPORTED: said.unsupported,
    }
    found = [(support, text.format_map(known)) for support, text in texts.items() if text is not None]
    if len(found) != 1:
        raise ValueError(f"{names}: exactly one of {', '.join(texts)}")
    [(support, text)] = found
    if support in {Support.UNSUPPORTED, Support.GATEWAY}:
        return Word(support, "", text)
    return Word(support, text, said.note.format_map(known))
