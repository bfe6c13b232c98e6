"""What is declared of fields and enum values is so: a marked value crosses where it is said to."""

import re
from collections.abc import Collection, Iterable
from typing import Final

import msgspec
import pytest

from adapters.channel_session import incontact, tables
from adapters.channel_session.binding import DIALECT
from adapters.channel_session.encode import encode
from adapters.contract.capabilities import Support
from adapters.contract.dialect import Execute, Reply
from schemas.commands import AnyCommand, Complete, Dial, ListDirectory, Logout, SetState
from schemas.events import AnyEvent
from schemas.results import Succeeded
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.channel_session.bridge import CHANNEL, Bridge
from tests.dialects.channel_session.stage import (
    CALL,
    CONTEXT,
    GROUPED,
    I1,
    NOW,
    S1,
    Desk,
    North,
    run,
    stated,
    text,
    told,
)
from tests.dialects.channel_session.test_vocabulary import NAMES
from tests.dialects.golden import load

SOUTH: Final = DIALECT.vocabulary["south"]
NORTH: Final = DIALECT.vocabulary["north"]


def mark(kind: str, *names: str) -> dict[str, Json]:
    """An object of which each member is marked with its own name."""
    return {name: f"<{kind}.{name}>" for name in names}


def marked(kind: str) -> dict[str, Json]:
    """An object with all its members, as the reference lists them."""
    return mark(kind, *NAMES.fields[kind])


def seen(text_of: str) -> set[str]:
    """The marks in a text."""
    return set(re.findall(r"<([^<>]+)>", text_of.replace("\\u003c", "<").replace("\\u003e", ">")))


def of(kinds: Iterable[str]) -> list[str]:
    return [f"{kind}.{name}" for kind in kinds for name in NAMES.fields[kind]]


def json_of(value: object) -> str:
    return msgspec.json.encode(value).decode()


# --- south: events

EVENT_OBJECTS: Final = (
    "channelgroup",
    "channel.created.channel",
    "channel.infochanged.channel",
    "channel.externaldispositions.updated.dispositions",
    "categories.entries",
    "interaction.created.interaction",
    "conversation.created.conversation",
    "member",
    "interaction.datachanged",
    "interaction.preview",
    "interaction.screenpop",
)


def canonical_of_marked_events() -> set[str]:
    """The marks that a client of ours sees, who does not read the platform's frames."""
    bridge = Bridge()
    new = f"{CHANNEL}.<interaction.created.interaction.id>"
    leg = f"{new}.<conversation.created.conversation.id>"
    bridge.hear(
        told("channelgroup.created", "s1", {"channelgroup": marked("channelgroup")}),
        told("channel.created", "s1.grp", {"channel": marked("channel.created.channel")}),
        told(
            "channel.infochanged",
            CHANNEL,
            {"channel": marked("channel.infochanged.channel")},
        ),
        told(
            "channel.externaldispositions.updated",
            CHANNEL,
            {"dispositions": [marked("channel.externaldispositions.updated.dispositions")]},
        ),
        told(
            "directory.updated",
            "s1",
            {"categories": [{"name": "c", "entries": [marked("categories.entries")]}]},
        ),
        told("interaction.created", CHANNEL, {"interaction": marked("interaction.created.interaction")}),
        stated("interaction", new, "ALERTING"),
        told("conversation.created", new, {"conversation": marked("conversation.created.conversation")}),
        told("conversation.member.added", leg, {"member": marked("member")}),
        told("interaction.preview", new, marked("interaction.preview")),
        told("interaction.screenpop", new, marked("interaction.screenpop")),
        told("interaction.datachanged", new, marked("interaction.datachanged")),
    )
    return seen("".join(json_of(msgspec.structs.replace(event, vendor=None)) for event in bridge.events))


def test_every_member_of_an_events_objects_reaches_a_client_of_ours_as_declared() -> None:
    shown = canonical_of_marked_events()
    fields = of(EVENT_OBJECTS)
    assert set(fields) == shown & set(fields)
    assert all(SOUTH.fields[name].support is not Support.UNSUPPORTED for name in fields)


# --- south: answers


def _answer(result: str, **more: Json) -> Reply:
    return Reply(msgspec.Raw(msgspec.json.encode({"command": "x", "result": result, **more})))


def _book() -> Json:
    entry = {
        **marked("entries"),
        "destinations": [marked("destinations"), {"label": "b", "value": "2"}],
        "properties": {**marked("properties"), "numAvailable": 3, "numUnavailable": 1},
    }
    group = {"name": "<groups.name>", "groups": [{"name": "<groups.groups>"}], "entries": [entry]}
    return {"addressbooks": [{"name": "<addressbooks.name>", "groups": [group], "entries": []}]}


DIAL: Final = Dial(session_id=S1, destination="1")
COMPLETE: Final = Complete(interaction_id=CALL.id)
ANSWERS: Final[dict[str, tuple[AnyCommand, Reply]]] = {
    "failure.failure": (DIAL, _answer("failure", failure=marked("failure.failure"))),
    "skills": (
        DIAL,
        _answer("needinfo", uiExtension={"id": "inContact.outboundskill", "skills": [marked("skills")]}),
    ),
    "reasons": (
        Logout(session_id=S1),
        _answer("needinfo", uiExtension={"type": "logoutreason", "reasons": [marked("reasons")]}),
    ),
    "destinations": (ListDirectory(session_id=S1), _answer("success", data=_book())),
    "addressbooks": (ListDirectory(session_id=S1), _answer("success", data=_book())),
    "groups": (ListDirectory(session_id=S1), _answer("success", data=_book())),
    "properties": (ListDirectory(session_id=S1), _answer("success", data=_book())),
}
NUMBERS: Final = {"properties.numAvailable", "properties.numUnavailable"}
LISTS: Final = {"addressbooks.groups", "addressbooks.entries", "groups.entries"}  # seen by what is in them


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_member_of_an_answer_reaches_a_client_of_ours_as_declared(kind: str) -> None:
    command, reply = ANSWERS[kind]
    _, outcome = run(command, reply, incontact=True)
    fields = set(of([kind])) - NUMBERS - LISTS
    assert seen(json_of(outcome)) >= fields
    assert all(SOUTH.fields[name].support is not Support.UNSUPPORTED for name in fields)
    if kind == "properties":
        assert all(f'"{name.rpartition(".")[2]}":' in json_of(outcome) for name in NUMBERS)


def test_the_numbers_and_flags_of_a_disposition_are_in_the_questions_extras() -> None:
    listed: Json = [{"dispositionId": 7, "dispositionName": "n", "priority": 4, "isPreviewDisposition": True}]
    asked: Json = {"type": "disposition", "dispositionRequired": True, "dispositions": listed}
    _, question = run(COMPLETE, _answer("needinfo", uiExtension=asked))
    assert msgspec.to_builtins(question)["extras"] == {"uiExtension": asked}


# --- north: requests

REQUESTS: Final[dict[str, tuple[str, dict[str, Json]]]] = {
    "session.request.logout": ("s1", {}),
    "channelgroup.request.setagentstate": ("s1.grp", {"state": "READY"}),
    "channel.request.setagentstate": (GROUPED, {"state": "READY"}),
    "channel.dial": (GROUPED, {"extensions": {"type": "external"}}),
    "interaction.setinteractiondata": (I1, {}),
    "interaction.setdisposition": (I1, {}),
    "interaction.complete": (I1, {"skipDisposition": False}),
    "interaction.consult": (I1, {}),
    "conversation.senddtmf": (f"{I1}.i1", {}),
    "conversation.blindtransfer": (f"{I1}.i1", {}),
    "conversation.blindconference": (f"{I1}.i1", {}),
}


@pytest.mark.parametrize("command", REQUESTS)
def test_a_member_of_a_request_is_in_the_command_that_it_becomes(command: str) -> None:
    target, given = REQUESTS[command]
    for name in NAMES.fields[command]:
        if name in given or name == "extensions":
            continue
        north = North(Desk(*(() if "logout" in command else (CALL,))))
        north.start()
        data = {"destination": "1", "key": "k", "disposition": "d", **given, name: f"<{command}.{name}>"}
        meant: object = (execute := north.order(command, target, data))
        if isinstance(execute.command, SetState) and "logout" in command:
            (meant,) = north.connection.finished(execute.token, Succeeded(), NOW)  # Not Ready comes first
        assert isinstance(meant, Execute)
        assert f"{command}.{name}" in seen(json_of(meant.command))
        assert NORTH.fields[f"{command}.{name}"].support is Support.EXACT


def test_a_completion_s_answers_may_stand_in_its_extensions() -> None:
    north = North(Desk(CALL))
    north.start()
    execute = north.order("interaction.complete", I1, {"extensions": {"dispositionId": 7, "notes": "<n>"}})
    assert execute.command == Complete(interaction_id=CALL.id, answers={"disposition": "7", "notes": "<n>"})


# --- north: what clients are told


def emitted() -> dict[str, set[str]]:
    """The members of every object in the golden frames that our side writes, by the key they stand under."""
    found: dict[str, set[str]] = {}

    def look(key: str, value: Json) -> None:
        if isinstance(value, dict):
            found.setdefault(key, set()).update(value)
            for name, member in value.items():
                look(name, member)
        elif isinstance(value, list):
            for member in value:
                look(key, member)

    frames = [
        text(frame)
        for case in load("channel_session", "event").values()
        for frame in bodies(encode, msgspec.json.decode(case.canonical, type=AnyEvent))
    ]
    frames += [
        frame
        for case in load("channel_session", "answer").values()
        for frame in msgspec.json.decode(case.frame, type=list[dict[str, Json]])
    ]
    for frame in [*frames, *North(Desk(CALL)).start()]:
        look(str(frame.get("name") or frame.get("result")), frame)
    return found


WRITTEN: Final = {  # type -> the key that its objects stand under in a frame
    "failure.failure": "failure",
    "skills": "skills",
    "disposition": "uiExtension",
    "dispositions": "dispositions",
    "reasons": "reasons",
    "categories": "categories",
    "categories.entries": "entries",
    "channelgroup": "channelgroup",
    "channel.infochanged.channel": "channel",
    "interaction.created.interaction": "interaction",
    "conversation.created.conversation": "conversation",
    "member": "member",
    "destinations": "destinations",
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_is_said_north_is_written_and_what_is_not_is_not(kind: str) -> None:
    written = emitted().get(WRITTEN[kind], set())
    if kind == "destinations":
        written = set(incontact.Destination.__struct_encode_fields__)
    for name in NAMES.fields[kind]:
        assert (name in written) is (NORTH.fields[f"{kind}.{name}"].support is not Support.UNSUPPORTED), name


# --- enums

READ: Final = {
    "channel": tables.CHANNEL_STATE_IN,
    "agent state": tables.AGENT_STATE_IN,
    "interaction": tables.STATE_IN,
    "conversation": tables.STATE_IN,
    "recording": tables.RECORDING_IN,
    "extensions.type": incontact.KIND_IN,
}
MEDIA: Final = ("channel.type", "interaction.type", "modeltype")
WRITTEN_WORDS: Final[dict[str, Collection[str]]] = {
    "channel": tables.CHANNEL_STATE_OUT.values(),
    "agent state": tables.AGENT_STATE_OUT.values(),
    "interaction": tables.INTERACTION_OUT.values(),
    "recording": tables.RECORDING_OUT.values(),
    "extensions.type": incontact.KIND_OUT.values(),
}


@pytest.mark.parametrize("kind", READ)
def test_every_value_is_read(kind: str) -> None:
    values = NAMES.enums[kind]
    assert set(values) <= set(READ[kind])
    assert all(SOUTH.enums[f"{kind}.{one}"].support is not Support.UNSUPPORTED for one in values)


@pytest.mark.parametrize("kind", MEDIA)
def test_every_medium_is_read_in_any_case_of_letters(kind: str) -> None:
    assert {one.casefold() for one in NAMES.enums[kind]} <= set(tables.MEDIA_IN)


@pytest.mark.parametrize("kind", WRITTEN_WORDS)
def test_a_value_is_written_if_it_is_said_north(kind: str) -> None:
    for value in NAMES.enums[kind]:
        said = NORTH.enums[f"{kind}.{value}"].support is not Support.UNSUPPORTED
        assert (value in WRITTEN_WORDS[kind]) is said, value


def test_every_extension_becomes_a_question_and_is_written_again() -> None:
    for name in NAMES.enums["uiExtension"]:
        printed: Json = {
            "id" if "." in name else "type": name,
            "skills": [],
            "reasons": [],
            "dispositions": [],
        }
        _, question = run(COMPLETE, _answer("needinfo", uiExtension=printed), context=CONTEXT)
        assert msgspec.to_builtins(question)["kind"] == SOUTH.enums[f"uiExtension.{name}"].canonical


def test_every_object_of_a_state_is_known_by_its_type() -> None:
    assert set(tables.STATEFUL) == set(NAMES.enums["state.updated.type"])
