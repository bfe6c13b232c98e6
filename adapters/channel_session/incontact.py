"""The inContact extensions: outbound skill, after-call work, dispositions, address book, agent leg.

Source: seed 003 (dial and complete); reference channel-session.md section 7.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.channel_session.client_channels import Carried, Local, RefusedError
from adapters.channel_session.codec import event as frame
from adapters.channel_session.extras import Members
from adapters.channel_session.rows import Row
from adapters.channel_session.tables import PACKAGE
from adapters.contract.capabilities import word, word_nearly, word_unsaid
from adapters.kit import reading
from adapters.kit.coverage import meanings
from adapters.kit.questions import chosen_from
from schemas.commands import Complete, DestinationKind, Dial, ListDirectory
from schemas.needinfo import Choice, NeedInfoKind, Question
from schemas.observations import DirectoryEntry
from schemas.values import Json

DIGITS: Final = 18  # of an id that is a number

KIND_IN: Final = meanings(PACKAGE, "extensions.type", "", DestinationKind)
KIND_OUT: Final = {kind: word for word, kind in KIND_IN.items()}

# --- requests; of scripts there are none, and the agent leg is one that the client only remembers

LEG_CONNECTED: Final = "session.agentleg.connected"  # events
LEG_DISCONNECTED: Final = "session.agentleg.disconnected"
LEG_FAILED: Final = "session.agentleg.failed"


def _connect_leg(asked: Local, _: msgspec.Raw) -> Carried:
    asked.channels.leg = True
    return Carried([frame(LEG_CONNECTED, asked.channels.session_id, {})], {})


def _disconnect_leg(asked: Local, _: msgspec.Raw) -> Carried:
    if not asked.channels.leg:
        raise RefusedError("bad-state", "the agent leg is not connected")
    asked.channels.leg = False
    return Carried([frame(LEG_DISCONNECTED, asked.channels.session_id, {})], {})


def _no_script(_: Local, data: msgspec.Raw) -> Carried:
    if odd := set(_signal(data)) - _SIGNALS:
        raise RefusedError("bad-request", f"no such parameter: {min(odd)}")
    raise RefusedError("bad-state", "no script is active for the interaction")


_signal = msgspec.json.Decoder(dict[str, Json]).decode
_SIGNALS: Final = frozenset(f"p{number}" for number in range(1, 21))

FOR_THIS_CLIENT: Final = "for this client only, unless the platform is of this protocol"
_ASKED: Final = word("vendor.call")
_LEG: Final = word_nearly("the client's own leg", FOR_THIS_CLIENT)
_LISTED: Final = word("directory.list")

ADDRESS_BOOK: Final = Row(
    "session.request.incontact.addressbook",
    _LISTED,
    _LISTED,
    read=lambda asked, _: ListDirectory(session_id=asked.session_id),
)
CONNECT_LEG: Final = Row("session.request.incontact.agentleg.connect", _ASKED, _LEG, carries=_connect_leg)
DISCONNECT_LEG: Final = Row(
    "session.request.incontact.agentleg.disconnect", _ASKED, _LEG, carries=_disconnect_leg
)
SCRIPTS: Final = Row(
    "channel.request.incontact.getscripts",
    _ASKED,
    word_nearly("an empty list", "the canonical model has no scripts: the list is empty"),
    carries=lambda *_: Carried(data={"scripts": []}),
)
SIGNAL: Final = Row(
    "interaction.request.incontact.signal",
    _ASKED,
    word_unsaid(
        "no script is ever active here: refused as bad-state, unless the platform is of this protocol"
    ),
    carries=_no_script,
)
ROWS: Final = (ADDRESS_BOOK, CONNECT_LEG, DISCONNECT_LEG, SCRIPTS, SIGNAL)

# --- wire


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


class Properties(msgspec.Struct, frozen=True, omit_defaults=True):
    """Live properties: of an agent the state. Those of a skill have no place in the model."""

    state: str = ""


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


_COMPLETE: Final = msgspec.json.Decoder(CompleteData)

# --- dispositions


def numbered(asked: Question) -> dict[int, Choice]:
    """The dispositions by number: their own if all ids are numbers, else their place in the list."""
    choices = chosen_from(asked)
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
