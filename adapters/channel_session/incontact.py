"""The inContact extensions: outbound skill, after-call work, dispositions, address book, agent leg.

Source: seed 003 (dial and complete); reference channel-session.md section 7. North, the agent leg is one that
a client only remembers, and there are no scripts.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.channel_session.addressing import Row
from adapters.channel_session.printed import Members
from adapters.contract.capabilities import word, word_nearly, word_unsaid
from adapters.kit import reading
from schemas.agent import AgentSession, AgentState
from schemas.commands import Complete, DestinationKind, Dial, ListDirectory
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.observations import DirectoryEntry
from schemas.values import Json

OUTBOUND_SKILL: Final = "inContact.outboundskill"
AGENT_STATE: Final = "agentstate"
DISPOSITION: Final = "disposition"
DIGITS: Final = 18  # of an id that is a number

KIND_OUT: Final[Mapping[DestinationKind, str]] = {
    DestinationKind.EXTERNAL: "external",
    DestinationKind.AGENT: "agent",
    DestinationKind.SKILL: "skill",
}
KIND_IN: Final[Mapping[str, DestinationKind]] = {
    "external": DestinationKind.EXTERNAL,
    "agent": DestinationKind.AGENT,
    "skill": DestinationKind.SKILL,
}

# What is chosen to dial with, by the key of its answer: other platforms have services for it.
ASKED_AS_SKILL: Final[Mapping[NeedInfoKind, str]] = {
    NeedInfoKind.OUTBOUND_SKILL: "skill",
    NeedInfoKind.SERVICE: "service",
}

# --- requests

FOR_THIS_CLIENT: Final = "for this client only, unless the platform is of this protocol"
_ASKED: Final = word("vendor.call")
_LEG: Final = word_nearly("the client's own leg", FOR_THIS_CLIENT)

ADDRESS_BOOK: Final = Row(
    "session.request.incontact.addressbook",
    word("directory.list"),
    word("directory.list"),
    read=lambda asked, _: ListDirectory(session_id=asked.session_id),
)
CONNECT_LEG: Final = Row("session.request.incontact.agentleg.connect", _ASKED, _LEG)
DISCONNECT_LEG: Final = Row("session.request.incontact.agentleg.disconnect", _ASKED, _LEG)
SCRIPTS: Final = Row(
    "channel.request.incontact.getscripts",
    _ASKED,
    word_nearly("an empty list", "the canonical model has no scripts: the list is empty"),
)
SIGNAL: Final = Row(
    "interaction.request.incontact.signal",
    _ASKED,
    word_unsaid(
        "no script is ever active here: refused as bad-state, unless the platform is of this protocol"
    ),
)
LEG_CONNECTED: Final = "session.agentleg.connected"  # events
LEG_DISCONNECTED: Final = "session.agentleg.disconnected"
LEG_FAILED: Final = "session.agentleg.failed"
ROWS: Final = (ADDRESS_BOOK, CONNECT_LEG, DISCONNECT_LEG, SCRIPTS, SIGNAL)

# --- wire


class Skill(msgspec.Struct, frozen=True, rename="camel"):
    """One outbound skill."""

    id: str | int
    skill_name: str = ""


class SkillExtension(msgspec.Struct, frozen=True):
    """Asks for the outbound skill; the only one told by `id`."""

    skills: tuple[Skill, ...]
    id: str = OUTBOUND_SKILL


class SkillDisposition(msgspec.Struct, frozen=True, rename="camel"):
    """One disposition of the interaction's skill."""

    disposition_id: int | str
    disposition_name: str = ""
    priority: int = 0
    is_preview_disposition: bool = False


class DispositionExtension(msgspec.Struct, frozen=True, rename="camel"):
    """Asks for a disposition and notes."""

    disposition_required: bool
    dispositions: tuple[SkillDisposition, ...]
    type: str = DISPOSITION


class _Extension(msgspec.Struct, frozen=True, rename="camel"):
    id: str = ""
    type: str = ""
    skills: tuple[Skill, ...] = ()
    disposition_required: bool = False
    dispositions: tuple[SkillDisposition, ...] = ()


class CompleteData(msgspec.Struct, frozen=True, rename="camel"):
    """Of interaction.complete; the fields stand in the data or in its `extensions`."""

    disposition_id: int | str | None = None
    notes: str | None = None
    skip_disposition: bool = False
    extensions: "CompleteData | None" = None


class Destination(msgspec.Struct, frozen=True):
    """One number of an address book entry."""

    label: str = ""
    value: str = ""


class Properties(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Live properties: of an agent the state, of a skill the rest."""

    state: str = ""
    media_type: str = ""
    num_available: int | None = None
    num_unavailable: int | None = None
    ewt: str = ""


class BookEntry(msgspec.Struct, frozen=True):
    """One address book entry; `type` as in a dial's extensions."""

    name: str = ""
    type: str = "external"
    destinations: tuple[Destination, ...] = ()
    properties: Properties = Properties()


class Book(msgspec.Struct, frozen=True):
    """An address book, or a group in one."""

    name: str = ""
    groups: tuple["Book", ...] = ()
    entries: tuple[BookEntry, ...] = ()


class BooksData(msgspec.Struct, frozen=True):
    """Of the address book's success."""

    addressbooks: tuple[Book, ...] = ()


_EXTENSION: Final = msgspec.json.Decoder(_Extension)
_COMPLETE: Final = msgspec.json.Decoder(CompleteData)

# --- needinfo


def question(extension: msgspec.Raw, agent: AgentSession | None) -> Question | None:
    """What a `uiExtension` of inContact asks; None if it is none. Raises msgspec.DecodeError."""
    asked = reading.decode(_EXTENSION, extension)
    kind = asked.type.strip().casefold()
    if asked.id.strip().casefold() == OUTBOUND_SKILL.casefold():
        choices = tuple(Choice(id=str(one.id), label=one.skill_name) for one in asked.skills)
        return Question(
            kind=NeedInfoKind.OUTBOUND_SKILL,
            title="Outbound skill",
            fields=(Field(key="skill", type=FieldType.CHOICE, title="Skill", choices=choices),),
        )
    if kind == AGENT_STATE:
        return Question(
            kind=NeedInfoKind.AGENT_STATE,
            title="Next agent state",
            fields=(
                Field(key="agent_state", type=FieldType.CHOICE, title="Agent state", choices=_states(agent)),
            ),
        )
    if kind == DISPOSITION:
        return Question(
            kind=NeedInfoKind.DISPOSITION,
            title="Disposition",
            fields=(
                Field(
                    key="disposition",
                    type=FieldType.CHOICE,
                    title="Disposition",
                    required=asked.disposition_required,
                    choices=tuple(
                        Choice(id=str(one.disposition_id), label=one.disposition_name)
                        for one in asked.dispositions
                    ),
                ),
                Field(key="notes", type=FieldType.TEXT, title="Notes", required=False),
            ),
            skippable=not asked.disposition_required,
        )
    return None


def _states(agent: AgentSession | None) -> tuple[Choice, ...]:
    plain = (Choice(id=AgentState.READY, label="Ready"), Choice(id=AgentState.NOT_READY, label="Not ready"))
    if agent is None:
        return plain
    return plain + tuple(
        Choice(id=f"{one.state}:{one.id}", label=one.label or one.id) for one in agent.choices if one.id
    )


def ui_extension(asked: Question) -> Json | None:
    """The `uiExtension` that asks it; None if it is none of inContact's questions.

    Disposition ids are numbers here: see `numbered` for platforms that have others.
    """
    if asked.kind is NeedInfoKind.AGENT_STATE:
        return {"type": AGENT_STATE}
    if asked.kind in ASKED_AS_SKILL:
        key = ASKED_AS_SKILL[asked.kind]
        return SkillExtension(
            tuple(
                Skill(one.id, one.label)
                for field in asked.fields
                if field.key == key
                for one in field.choices
            )
        )
    if asked.kind is NeedInfoKind.DISPOSITION:
        return DispositionExtension(
            not asked.skippable,
            tuple(
                SkillDisposition(number, choice.label, place)
                for place, (number, choice) in enumerate(numbered(asked).items(), 1)
            ),
        )
    return None


def numbered(asked: Question) -> dict[int, Choice]:
    """The dispositions by number: their own if all ids are numbers, else their place in the list."""
    choices = tuple(one for field in asked.fields if field.key == "disposition" for one in field.choices)
    if all(_is_number(one.id) for one in choices):
        return {int(one.id): one for one in choices}
    return dict(enumerate(choices, 1))


def _is_number(text: str) -> bool:
    """Whether an id is one; a longer text than any of theirs is none, and Python would not read it."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS


# --- dial


def dial_extensions(command: Dial, *, demanded: bool) -> dict[str, Json] | None:
    """The `extensions` of a dial; None if the kind of destination cannot be said.

    `demanded`: the platform is inContact, so that the kind is always said.
    """
    kind = KIND_OUT.get(command.destination_kind)
    if kind is None:
        return None
    extensions = dict(command.extensions)
    if demanded or command.destination_kind is not DestinationKind.EXTERNAL:
        extensions["type"] = kind
    if (skill := command.answers.get("skill")) is not None:
        extensions["skill"] = skill
    return extensions


def read_dial(
    extensions: dict[str, Json], *, demanded: bool
) -> tuple[DestinationKind, dict[str, Json], dict[str, Json]]:
    """Kind of destination, answers and what remains. Raises ValueError for a kind missing or unknown."""
    rest = dict(extensions)
    word, skill = rest.pop("type", None), rest.pop("skill", None)
    if word is None and not demanded:
        kind = DestinationKind.EXTERNAL
    elif isinstance(word, str) and word.casefold() in KIND_IN:
        kind = KIND_IN[word.casefold()]
    else:
        raise ValueError(f"extensions.type must be external, agent or skill: {word or 'missing'}")
    wanted = skill is not None and kind is DestinationKind.EXTERNAL  # elsewhere a skill is ignored
    return kind, ({"skill": skill} if wanted else {}), rest


# --- complete


def completion(command: Complete) -> dict[str, Json]:
    """The data of interaction.complete for the answers that a command has."""
    chosen = command.answers.get("disposition")
    if chosen is not None and chosen != "":
        number = int(chosen) if isinstance(chosen, str) and _is_number(chosen) else chosen
        return {"dispositionId": number, "notes": command.answers.get("notes") or ""}
    if command.answers.get("skip_disposition") is True:
        return _skipped(command)
    return {}


def left_out(command: Complete, asked: Question) -> dict[str, Json]:
    """The data that leave an optional disposition out, for notes given alone; empty if it is not optional."""
    optional = asked.kind is NeedInfoKind.DISPOSITION and asked.skippable
    return _skipped(command) if optional and command.answers.get("notes") else {}


def _skipped(command: Complete) -> dict[str, Json]:
    notes = command.answers.get("notes")
    return {"skipDisposition": True, "notes": notes} if notes else {"skipDisposition": True}


def read_completion(data: msgspec.Raw, known: Mapping[int, str]) -> dict[str, Json]:
    """The answers in the data of interaction.complete; `known` are the ids behind the numbers we gave.

    Raises msgspec.DecodeError, and ValueError if a disposition is both chosen and skipped.
    """
    said = reading.request(_COMPLETE, data)
    inner = said.extensions or CompleteData()
    chosen = said.disposition_id if said.disposition_id is not None else inner.disposition_id
    notes = said.notes if said.notes is not None else inner.notes
    skipped = said.skip_disposition or inner.skip_disposition
    if chosen is not None and skipped:
        raise ValueError("dispositionId and skipDisposition exclude each other")
    answers: dict[str, Json] = {}
    if chosen is not None:
        number = chosen if isinstance(chosen, int) else -1
        answers["disposition"] = known.get(number, str(chosen))
        answers["notes"] = notes or ""
    elif notes is not None:
        answers["notes"] = notes
    if skipped:
        answers["skip_disposition"] = True
    return answers


# --- script signal

_signal = msgspec.json.Decoder(dict[str, Json]).decode
_SIGNALS: Final = frozenset(f"p{number}" for number in range(1, 21))


def unknown_signals(data: msgspec.Raw) -> set[str]:
    """Parameters that a script signal does not have. Raises msgspec.DecodeError."""
    return set(_signal(data)) - _SIGNALS


# --- address book


def directory(data: Members) -> tuple[DirectoryEntry, ...]:
    """The entries of all address books, one for each number. Raises msgspec.DecodeError."""
    books = reading.convert(data, BooksData).addressbooks
    return tuple(entry for book in books for entry in _entries(book, ""))


def _entries(book: Book, above: str) -> list[DirectoryEntry]:
    path = f"{above}/{book.name}" if above else book.name
    found = [
        DirectoryEntry(
            name=f"{entry.name} ({one.label})" if len(entry.destinations) > 1 and one.label else entry.name,
            address=one.value,
            category=path,
            kind=entry.type.casefold(),
            state=entry.properties.state,
        )
        for entry in book.entries
        for one in entry.destinations
    ]
    for group in book.groups:
        found += _entries(group, path)
    return found


def books(entries: tuple[DirectoryEntry, ...]) -> BooksData:
    """The address books that say a directory: one for each category."""
    named: dict[str, list[BookEntry]] = {}
    for entry in entries:
        named.setdefault(entry.category, []).append(
            BookEntry(
                entry.name,
                entry.kind if entry.kind in KIND_IN else "external",
                (Destination("", entry.address),),
                Properties(state=entry.state),
            )
        )
    return BooksData(tuple(Book(name, (), tuple(found)) for name, found in named.items()))
