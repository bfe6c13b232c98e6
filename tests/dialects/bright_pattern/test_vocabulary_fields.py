"""Every member of a type and every word of an enumeration is accounted for, and what is declared is so."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from adapters.bright_pattern import encode, tables
from adapters.bright_pattern.binding import DIALECT
from adapters.contract.capabilities import Support, Word
from schemas.commands import StartChat
from schemas.values import Json
from tests.dialects.bright_pattern import carriers_north, carriers_south
from tests.dialects.bright_pattern.peers import session
from tests.dialects.bright_pattern.samples import SAMPLES, Members


class Names(msgspec.Struct, frozen=True):
    """The names in the documents."""

    fields: dict[str, tuple[str, ...]]
    enums: dict[str, tuple[str, ...]]


NAMES: Final = msgspec.json.decode(Path(__file__).with_name("reference_names.json").read_bytes(), type=Names)
FIELDS: Final = {f"{kind}.{name}" for kind, names in NAMES.fields.items() for name in names}
ENUMS: Final = {f"{kind}.{name}" for kind, names in NAMES.enums.items() for name in names}
SOUTH, NORTH = DIALECT.vocabulary["south"], DIALECT.vocabulary["north"]


def split(name: str) -> tuple[str, str]:
    kind, _, member = name.rpartition(".")
    return kind, member


def said(words: dict[str, Word] | None, *support: Support) -> list[str]:
    return sorted(name for name, word in (words or {}).items() if word.support in support)


def other(value: Json) -> Json:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1000
        case str():
            return "folder" if value == "article" else value + "x"
        case _:
            return [] if isinstance(value, list) else {}


@pytest.mark.parametrize("known", [SOUTH, NORTH], ids=["south", "north"])
def test_every_member_and_every_word_is_accounted_for_and_no_other(known: type(SOUTH)) -> None:  # type: ignore[valid-type]
    assert set(known.fields) == FIELDS
    assert set(known.enums) == ENUMS
    for word in (*known.fields.values(), *known.enums.values()):
        assert word.note or word.support is Support.EXACT
        assert word.canonical or word.support is Support.UNSUPPORTED


def test_samples_have_every_member_that_travels() -> None:
    unsaid = {split(name)[0] for name in said(dict(SOUTH.fields), Support.UNSUPPORTED)}
    for kind, names in NAMES.fields.items():
        assert set(SAMPLES.get(kind, {})) == (set() if kind in unsaid else set(names)), kind


# --- south


@pytest.mark.parametrize("name", said(dict(SOUTH.fields), Support.EXACT, Support.APPROXIMATE))
def test_member_shows_in_what_is_seen_or_stands_in_what_is_sent(name: str) -> None:
    kind, member = split(name)
    sample = SAMPLES[kind]
    if SOUTH.fields[name].canonical == "vendor.call":
        assert str(sample[member]) in str(carriers_south.passed(sample))
        return
    proofs = 0
    if read := carriers_south.READ.get(kind):
        changed = {**sample, member: other(sample[member])}
        assert read(changed) != read(sample)
        proofs += 1
    if written := carriers_south.WRITTEN.get(kind):
        assert written()[member] == sample[member]
        proofs += 1
    assert proofs


ENUM_AT: Final[dict[str, tuple[str, str]]] = {
    "InteractionType": ("InteractionData", "type"),
    "InteractionState": ("InteractionData", "state"),
    "CallDirection": ("InteractionData", "callDirection"),
    "ChatPartyType": ("ChatParty", "type"),
    "InteractionOrigination": ("InteractionData", "origination"),
    "InteractionKind": ("InteractionData", "interactionKind"),
    "AgentState": ("AgentStateData", "state"),
    "UserState": ("User", "state"),
    "DispositionType": ("DispositionData", "type"),
    "WebScreenPop.action": ("WebScreenPop", "action"),
    "ResultStatus": ("OperationResult", "status"),
}
PASSED: Final = {"PhoneDevice": ("PhoneDeviceData", "type"), "PhoneType": ("PhoneData", "type")}


def test_every_enumeration_has_its_place() -> None:
    assert set(ENUM_AT) | set(PASSED) | {"ChatChannelType"} == set(NAMES.enums)


@pytest.mark.parametrize("enum", ENUM_AT)
def test_every_word_means_something_else_and_no_other_is_like_it(enum: str) -> None:
    kind, member = ENUM_AT[enum]
    read, sample = (
        carriers_south.READ[kind],
        dict(SAMPLES[kind]),
    )
    if kind == "AgentStateData":
        sample = {**sample, "reservedForIncomingInteraction": False}
    meanings = {str(read({**sample, member: word})): word for word in NAMES.enums[enum]}
    spelt_twice = tables.USER_STATE_SPELT if enum == "UserState" else {}
    assert len(meanings) == len(NAMES.enums[enum]) - len(spelt_twice)
    assert str(read({**sample, member: "no such word"})) not in meanings


@pytest.mark.parametrize(("enum", "word"), [split(name) for name in SOUTH.enums if split(name)[0] in PASSED])
def test_word_is_passed_on(enum: str, word: str) -> None:
    kind, member = PASSED[enum]
    assert word in str(carriers_south.passed({**SAMPLES[kind], member: word}))


@pytest.mark.parametrize("word", NAMES.enums["ChatChannelType"])
def test_channel_is_named_to_the_platform_and_by_the_client(word: str) -> None:
    chat = StartChat(session_id=carriers_south.S, channel_type=word, destination="1")
    made, outcome = carriers_south.run(chat, {**carriers_south.OK, "data": {"id": "i1"}})
    assert made[0].params == (word, "1")
    assert "warnings" not in str(outcome) or not msgspec.convert(outcome, Members)["warnings"]
    asked = msgspec.convert(carriers_north.requested("startChat", word, "1"), Members)
    assert asked["channel_type"] == word


# --- north

# Ids of ours, and what is told by the medium: there, but not the sample's.
OURS: Final = frozenset(
    {
        *("InteractionData.interactionId", "InteractionActivityData.interactionId"),
        *("InteractionData.agentId", "InteractionsState.activeInteractionId"),
        *("LoginStateData.agentId", "LoginStateData.username", "LoginStateData.sessionId"),
        *("InteractionsState.interactions", "OperationResult.data", "OperationResult.status"),
        "OperationResult.error",
    }
)


@pytest.mark.parametrize("name", said(dict(NORTH.fields), Support.EXACT))
def test_member_is_told_to_any_client_or_read_from_it(name: str) -> None:
    kind, member = split(name)
    sample, proofs = dict(SAMPLES[kind]), 0
    if kind in ("InteractionData", "InteractionActivityData"):
        sample |= {"state": "wrap_up", "chatParties": carriers_north.whole()["chatParties"]}
    if read := carriers_north.READ.get(kind):
        assert read({**sample, member: other(sample[member])}) != read(sample)
        proofs += 1
    if written := carriers_north.WRITTEN.get(kind):
        told = written()
        assert member in told
        assert name in OURS or told[member] == sample[member]
        proofs += 1
    assert proofs


@pytest.mark.parametrize(
    ("enum", "word"),
    [
        split(n)
        for n in said(dict(NORTH.enums), Support.EXACT)
        if ENUM_AT.get(split(n)[0], ("",))[0] == "InteractionData"
    ],
)
def test_word_is_told_of_any_platform(enum: str, word: str) -> None:
    _, member = ENUM_AT[enum]
    changes: Members = {member: word}
    if word == "delivery_pending" or enum == "InteractionState":
        changes["callDirection"] = "inbound"
    assert carriers_north.written(**changes)[member] == word


@pytest.mark.parametrize("name", said(dict(NORTH.enums), Support.EXACT))
def test_word_that_is_told_exactly_is_told_of_any_platform(name: str) -> None:
    enum, word = split(name)
    match enum:
        case "ChatPartyType":
            party = {**SAMPLES["ChatParty"], "type": word}
            party.pop("userId" if word == "external" else "contactId")
            told = msgspec.convert(
                carriers_north.written(type="chat", chatParties=[party])["chatParties"], list[Members]
            )
            assert told[0]["type"] == word
        case "AgentState":
            state = tables.AGENT_STATE_IN[word]
            assert encode.agent_state(session(state=state), carriers_north.SETTINGS).state == word
        case _:
            assert enum in ENUM_AT or enum in PASSED or enum == "ChatChannelType"
