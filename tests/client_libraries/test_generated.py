"""The types of the clients are the gateway's: made anew they are the same, and they read what it writes."""

import ast
import sys
from typing import Final

import msgspec
import pytest

from clients.generator.files import CLIENTS, files
from schemas.commands import COMMANDS
from schemas.events import EVENTS
from schemas.values import Json
from tests.manual import blocks
from trunkline_client.model import commands, events
from trunkline_client.model.agent import AgentState
from trunkline_client.model.api import EventPage
from trunkline_client.model.results import CommandRecord, Failed, UnknownResult
from trunkline_client.model.stream import CommandChanged, Progress
from trunkline_client.reading import Reader, read_event, read_frame, type_of

LIBRARY: Final = CLIENTS / "python" / "trunkline_client"
EVENT: Final = {
    "type": "interaction.held",
    "id": "evt_1",
    "cursor": 7,
    "time": "2026-11-21T11:31:44.049227Z",
    "platform_id": "p",
}


def test_what_is_made_is_as_it_would_be_made_now_and_nothing_lies_about_from_before() -> None:
    made = files()
    old = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert not old, "run `make clients`"
    assert {*(LIBRARY / "model").glob("*.py")} <= made.keys()


def test_each_client_carries_the_licence() -> None:
    whole = (CLIENTS.parent / "LICENSE").read_bytes()
    assert {(CLIENTS / one / "LICENSE").read_bytes() for one in ("python", "javascript")} == {whole}


def test_the_library_stands_on_its_own() -> None:
    allowed = sys.stdlib_module_names | {"trunkline_client", "aiohttp", "msgspec"}
    optional = {("deliveries.py", "cryptography")}  # for public keys, where it is there
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in (one.partition(".")[0] for one in names):
                assert name in allowed or (path.name, name) in optional, f"{path}: {name}"


def test_it_knows_every_event_and_every_command() -> None:
    told = {type_of(one) for one in map(_made, EVENTS)}
    assert told == EVENTS.keys()
    known = {
        str(one.__struct_config__.tag)
        for one in vars(commands).values()
        if isinstance(one, type(msgspec.Struct))
    }
    assert COMMANDS.keys() <= known


def _made(kind: str) -> events.Event:
    """An event of that type, of which only the envelope is there: read whatever else it lacks."""
    return read_event(msgspec.json.encode({**EVENT, "type": kind}))


@pytest.mark.parametrize(
    "text", [one for one in blocks("json") if '"platform_id"' in one], ids=lambda one: one[:50]
)
def test_it_reads_the_examples_of_the_manual_to_the_last_field(text: str) -> None:
    told = msgspec.json.decode(text, type=dict[str, Json])
    if "cursor" in told and "time" in told:
        assert _same(told, msgspec.to_builtins(read_event(text.encode())))
    elif "status" in told:
        assert _same(told, msgspec.to_builtins(Reader(CommandRecord)(text.encode())))


def _same(told: Json, read: Json) -> bool:
    """Whether everything that was told was read."""
    if isinstance(told, dict) and isinstance(read, dict):
        return all(name in read and _same(value, read[name]) for name, value in told.items())
    if isinstance(told, list) and isinstance(read, (list, tuple)):
        return all(_same(one, other) for one, other in zip(told, read, strict=True))
    return told == read or isinstance(told, str)  # a time may be written in several ways


# --- what is newer than the library


def test_an_event_of_a_newer_gateway_is_told_with_all_that_it_says() -> None:
    newer = {**EVENT, "type": "interaction.beamed_up", "to": {"ship": "Enterprise"}, "sequence": 3}
    read = read_frame(msgspec.json.encode(newer))
    assert isinstance(read, events.UnknownEvent)
    assert (type_of(read), read.cursor, read.sequence, read.told) == ("interaction.beamed_up", 7, 3, newer)


def test_new_words_new_fields_and_new_members_break_nothing() -> None:
    agent = {"id": "ses_1", "platform_id": "p", "agent_id": "ana", "state": "dreaming", "mood": 3}
    read = read_event(
        msgspec.json.encode({**EVENT, "type": "agent.state_changed", "agent": agent, "new": []})
    )
    assert isinstance(read, events.AgentStateChanged)
    assert isinstance(read.agent.state, AgentState)
    assert read.agent.state == "dreaming"
    result = {"outcome": "postponed", "until": "tomorrow"}
    finished = {**EVENT, "type": "command.finished", "verb": "interaction.hold", "result": result}
    read = read_event(msgspec.json.encode(finished))
    assert isinstance(read, events.CommandFinished)
    assert isinstance(read.result, UnknownResult)
    assert read.result.told == result
    query = {"type": "weather", "id": "qry_1", "platform_id": "p", "session_id": "s", "agent_id": "a"}
    asked = read_event(msgspec.json.encode({**EVENT, "type": "query.requested", "query": query}))
    assert isinstance(asked, events.QueryRequested)
    assert (asked.query.id, asked.query.expires_at) == ("qry_1", None)


def test_an_event_of_which_a_webhook_sends_some_members_alone_is_told_as_it_came() -> None:
    some = {name: EVENT[name] for name in ("type", "id", "cursor", "time")} | {
        "interaction": {"state": "held"}
    }
    read = read_event(msgspec.json.encode(some))
    assert isinstance(read, events.UnknownEvent)
    assert (type_of(read), read.cursor, read.told) == ("interaction.held", 7, some)


def test_a_record_of_a_newer_command_and_a_page_of_newer_events_are_read() -> None:
    record = {
        "id": "cmd_1",
        "platform_id": "p",
        "session_id": "s",
        "agent_id": "a",
        "status": "finished",
        "accepted_at": EVENT["time"],
        "command": {"type": "interaction.beam", "to": "x"},
        "result": {"outcome": "failed", "code": "out_of_range"},
    }
    changed = read_frame(msgspec.json.encode({"type": "command.changed", "ref": "1", "record": record}))
    assert isinstance(changed, CommandChanged)
    assert isinstance(changed.record.command, commands.UnknownCommand)
    assert isinstance(changed.record.result, Failed)
    assert changed.record.result.code == "out_of_range"
    page = {
        "cursor": 8,
        "resume": "r",
        "first": 1,
        "more": False,
        "events": [EVENT, {**EVENT, "type": "x.y"}],
    }
    read = Reader(EventPage)(msgspec.json.encode(page))
    assert [type_of(one) for one in read.events] == ["interaction.held", "x.y"]


def test_frames_that_are_no_events_and_not_known_are_passed_over() -> None:
    assert read_frame('{"type": "stream.weather", "cursor": 4}') is None
    assert read_frame("[]") is None
    known = read_frame('{"type": "stream.progress", "cursor": 4, "resume": "r", "new": 1}')
    assert isinstance(known, Progress)
