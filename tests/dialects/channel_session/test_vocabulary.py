"""Every name of the reference is accounted for, and what is declared is so."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from adapters.channel_session import methods, tables
from adapters.channel_session.binding import DIALECT
from adapters.channel_session.encode import encode
from adapters.contract.capabilities import Support
from adapters.contract.dialect import Execute, Send
from schemas.commands import VendorCall
from schemas.events import AnyEvent
from schemas.interaction import InteractionState
from schemas.observations import Unrecognised
from schemas.results import Failed, Succeeded
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.channel_session.stage import (
    CALL,
    GROUPED,
    I1,
    NOW,
    OK,
    S1,
    TAKE_OVER,
    V1,
    Desk,
    North,
    frames,
    now,
    ringing,
    run,
    text,
    told,
)
from tests.dialects.golden import load


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """reference_names.json."""

    source: str
    methods: tuple[str, ...]
    events: tuple[str, ...]
    errors: tuple[str, ...]
    enums: dict[str, tuple[str, ...]]
    fields: dict[str, tuple[str, ...]]


NAMES: Final = msgspec.json.decode(
    Path(__file__).with_name("reference_names.json").read_bytes(), type=Reference
)
SOUTH: Final = DIALECT.vocabulary["south"]
NORTH: Final = DIALECT.vocabulary["north"]
TARGETS: Final = {
    "session": "s1",
    "channelgroup": "s1.grp",
    "channel": GROUPED,
    "interaction": I1,
    "conversation": f"{I1}.i1",
}
DATA: Final[dict[str, Json]] = {
    "session.request.addchannel": {"channel": {"endpoint": "301", "type": "Chat"}},
    "session.request.removechannel": {"channel": {"id": "voice"}},
    "session.request.removechannelgroup": {"channelgroup": {"id": "grp"}},
    "channelgroup.request.addchannel": {"channel": {"endpoint": "301", "type": "EMAIL"}},
    "channelgroup.request.removechannel": {"channel": {"id": "voice"}},
    "interaction.request.incontact.signal": {"p1": "x"},
    "channelgroup.request.setagentstate": {"state": "READY"},
    "channel.request.setagentstate": {"state": "READY"},
    "channel.dial": {"destination": "1", "extensions": {"type": "external"}},
    "interaction.setinteractiondata": {"key": "k", "value": "v"},
    "interaction.setdisposition": {"disposition": "Sold"},
    "interaction.consult": {"destination": "1"},
    "conversation.senddtmf": {"digits": "1"},
    "conversation.blindtransfer": {"destination": "1"},
    "conversation.blindconference": {"destination": "1"},
}
BEFORE: Final = {
    "session.addchannelgroup": ("session.request.removechannelgroup",),
    "session.request.incontact.agentleg.disconnect": ("session.request.incontact.agentleg.connect",),
    "channel.activate": ("channel.deactivate",),
}
EVENT_DATA: Final[dict[str, Json]] = {
    "directory.updated": {"categories": []},
    "channelgroup.created": {"channelgroup": {"id": "more", "name": "More"}},
    "channel.created": {"channel": {"id": "chat", "type": "Chat"}},
    "channel.infochanged": {"channel": {"id": "voice", "state": "ACTIVE"}},
    "channel.externaldispositions.updated": {"dispositions": []},
    "state.updated": {"type": "interaction", "state": "STARTED"},
    "interaction.created": {"interaction": {"id": "i9", "type": "Telephony"}},
    "conversation.created": {"conversation": {"id": "v9", "role": "consult"}},
    "conversation.member.added": {"member": {"id": "m9"}},
    "conversation.member.removed": {"member": {"id": "m1"}},
    "interaction.focuschanged": {"conversation": {"id": "v1"}},
}
EVENT_TARGETS: Final = {  # those of a creation are the parent's
    "directory.updated": "s1",
    "channelgroup.created": "s1",
    "channel.created": "s1.grp",
    "interaction.created": GROUPED,
    "conversation.created": I1,
    "state.updated": I1,
}


def said(table: str, role: str) -> list[str]:
    words = getattr(DIALECT.vocabulary[role], table)
    return [name for name, word in words.items() if word.support is not Support.UNSUPPORTED]


def listed(table: str) -> list[str]:
    """The names of a table of the reference, in its order; of fields and enums with their type."""
    names = getattr(NAMES, table)
    if isinstance(names, dict):
        return [f"{kind}.{name}" for kind, members in names.items() for name in members]
    return list(names)


TABLES: Final = ("methods", "events", "errors", "fields", "enums")


@pytest.mark.parametrize("role", ["south", "north"])
@pytest.mark.parametrize("table", TABLES)
def test_the_tables_hold_every_name_and_no_other(role: str, table: str) -> None:
    names = listed(table)
    assert len(names) == len(set(names))
    assert set(getattr(DIALECT.vocabulary[role], table)) == set(names)


@pytest.mark.parametrize("role", ["south", "north"])
def test_what_is_not_exact_says_why(role: str) -> None:
    vocabulary = DIALECT.vocabulary[role]
    for table in TABLES:
        for word in getattr(vocabulary, table).values():
            assert word.note or word.support in {Support.EXACT, Support.FLOW}
            assert word.canonical or word.support is Support.UNSUPPORTED


@pytest.mark.parametrize("method", NAMES.methods)
def test_a_method_north_is_answered_as_declared(method: str) -> None:
    north = North(Desk(now(CALL, InteractionState.CONNECTED)), incontact=True)
    if method != methods.START.name:
        north.start()
    if "interaction" not in method and "conversation" not in method:
        north.desk.open.clear()
    for earlier in BEFORE.get(method, ()):
        for out in north.ask(earlier, TARGETS[earlier.partition(".")[0]], DATA.get(earlier)):
            if isinstance(out, Execute):
                north.connection.finished(out.token, Succeeded(), NOW)
    if method == methods.START.name:
        north.say(TAKE_OVER)
    made = north.ask(method, TARGETS[method.partition(".")[0]], DATA.get(method))
    answer = next((text(one.frame) for one in made if isinstance(one, Send)), {})
    failure = answer.get("failure", {})
    assert isinstance(failure, dict)
    done = answer.get("result") == "success" or isinstance(made[0], Execute)
    assert done is (NORTH.methods[method].support is not Support.UNSUPPORTED), failure


@pytest.mark.parametrize("method", NAMES.methods)
def test_any_method_south_can_be_called(method: str) -> None:
    assert SOUTH.methods[method].support is not Support.UNSUPPORTED
    calls, _ = run(VendorCall(session_id=S1, method=method, params=({},), interaction_id=CALL.id), OK)
    kind = method.partition(".")[0]
    assert [(one.method, one.target) for one in calls] == [
        (method, V1 if kind == "conversation" else TARGETS[kind])
    ]


@pytest.mark.parametrize("name", NAMES.events)
def test_an_event_south_is_understood_as_declared(name: str) -> None:
    south = ringing()
    kind = name.partition(".")[0]
    target = EVENT_TARGETS.get(name) or (V1 if kind == "conversation" else TARGETS[kind])
    seen = south.see(told(name, target, EVENT_DATA.get(name)))
    unknown = any(isinstance(one, Unrecognised) for one in seen)
    assert unknown is (SOUTH.events[name].support is Support.UNSUPPORTED)


def test_the_events_declared_north_are_those_that_clients_get() -> None:
    north = North(Desk(), incontact=True)
    told_now = north.start()
    for method in (
        "session.request.incontact.agentleg.connect",
        "session.request.incontact.agentleg.disconnect",
        "channelgroup.request.removechannel",
        "session.request.removechannelgroup",
    ):
        told_now += frames(north.ask(method, TARGETS[method.partition(".")[0]], DATA.get(method)))
    for case in load("channel_session", "event").values():
        told_now += [
            text(frame) for frame in bodies(encode, msgspec.json.decode(case.canonical, type=AnyEvent))
        ]
    assert {one["name"] for one in told_now if "name" in one} == set(said("events", "north"))


@pytest.mark.parametrize("code", NAMES.errors)
def test_a_failure_code_is_understood_and_passed_on(code: str) -> None:
    assert str(tables.ERROR_IN[code]) == SOUTH.errors[code].canonical
    north = North(Desk(CALL))
    north.start()
    execute = north.order("interaction.alternate", I1)
    failed = Failed(code=tables.ERROR_IN[code], vendor_code=code)
    (answer,) = frames(north.connection.finished(execute.token, failed, NOW))
    failure = answer["failure"]
    assert isinstance(failure, dict)
    assert failure["code"] == code
