"""Every member and enumeration value of the reference is accounted for, and what the tables promise is so."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import msgspec
import pytest

from adapters.contract.capabilities import Support, Word
from adapters.contract.dialect import Context, Execute
from adapters.genesys_wwe import snapshots, tables, wire
from adapters.genesys_wwe.binding import DIALECT
from adapters.genesys_wwe.settings import Settings
from schemas import agent, commands, interaction, observations, results
from schemas import events as ev
from schemas.commands import Consult, DestinationKind, VendorCall
from schemas.ids import InteractionId, SessionId
from schemas.interaction import EndCause, InteractionState, Kind, Media
from schemas.observations import AgentObserved
from schemas.values import Json
from tests.dialects.genesys_wwe import envelope, stage
from tests.dialects.genesys_wwe.desk import Desk

NAMES = msgspec.json.decode(Path(__file__).with_name("reference_names.json").read_bytes())
SOUTH, NORTH = DIALECT.vocabulary["south"], DIALECT.vocabulary["north"]


def names(kind: str) -> list[str]:
    return [f"{of}.{name}" for of, all_of in NAMES[kind].items() for name in all_of]


def said(table: Mapping[str, Word], of: str, *, exactly: bool = False) -> list[str]:
    wanted = {Support.EXACT} if exactly else set(Support) - {Support.UNSUPPORTED}
    return [
        name.partition(".")[2]
        for name, one in table.items()
        if one.support in wanted and name.startswith(f"{of}.")
    ]


@pytest.mark.parametrize("role", ["south", "north"])
def test_the_tables_hold_the_names_of_the_reference_and_no_others(role: str) -> None:
    words = DIALECT.vocabulary[role]
    assert sorted(words.fields) == sorted(names("fields"))
    assert sorted(words.enums) == sorted(names("enums"))


@pytest.mark.parametrize("words", [SOUTH, NORTH], ids=["south", "north"])
def test_what_is_nearly_or_not_said_has_its_reason_and_what_it_comes_to_exists(words: object) -> None:
    assert isinstance(words, type(SOUTH))
    for name, one in {**words.fields, **words.enums}.items():
        assert one.note or one.support not in {Support.APPROXIMATE, Support.UNSUPPORTED}, name
        owner, dot, member = one.canonical.partition(".")
        if not dot or one.canonical in {*commands.COMMANDS, *ev.EVENTS}:
            continue
        homes = (interaction, agent, commands, ev, results, observations)
        kind = next(getattr(home, owner) for home in homes if hasattr(home, owner))
        assert member in {field.name for field in msgspec.structs.fields(kind)}, name


# --- south: another value is another observation

CALL: dict[str, Json] = {
    "interactionId": "4",
    "parentInteractionId": "3",
    "caseId": "c-1",
    "userData": {"a": "1"},
    "state": "TALKING",
    "previousState": "RINGING",
    "parties": [{"name": "Ann"}],
    "isConsultation": False,
    "isMainCaseInteraction": True,
    "callUuid": "u-1",
    "direction": "IN",
    "callType": "INBOUND",
    "ani": "1",
    "dnis": "2",
    "recordingState": "STOPPED",
    "isCaseSelected": False,
    "isCaseExpanded": False,
    "ronaCallState": None,
    "interactionUUID": "u-1",
    "connId": "t-1",
    "contact": {"displayName": "Ann Bell", "firstNname": "Ann", "lastName": "Bell"},
    "media": "voice",
    "startDate": 1_700_000_000_000,
}
OTHER: dict[str, Json] = {
    **dict.fromkeys(("interactionId", "parentInteractionId", "caseId", "callUuid", "ani", "dnis"), "9"),
    **dict.fromkeys(("interactionUUID", "connId"), "9"),
    "userData": {"a": "2"},
    "state": "HELD",
    "previousState": "HELD",
    "parties": [],
    "isConsultation": True,
    "isMainCaseInteraction": False,
    "direction": "OUT",
    "callType": "OUTBOUND",
    "recordingState": "PAUSED",
    "isCaseSelected": True,
    "isCaseExpanded": True,
    "ronaCallState": "NO_ANSWER",
    "contact": None,
    "media": "email",
    "startDate": 1_700_000_000_001,
}


def observed(one: Json) -> Json:
    connection, _ = stage.connected()
    return stage.observed(connection.received(stage.changed(one), stage.NOW))


@pytest.mark.parametrize("member", said(SOUTH.fields, "Interaction"))
def test_another_member_of_an_interaction_is_another_observation(member: str) -> None:
    assert observed({**CALL, member: OTHER[member]}) != observed(CALL)


@pytest.mark.parametrize("member", said(SOUTH.fields, "Contact"))
def test_another_name_of_the_contact_is_another_observation(member: str) -> None:
    contact = msgspec.convert(CALL["contact"], dict[str, str])
    assert observed({**CALL, "contact": {**contact, member: "Else"}}) != observed(CALL)


AGENT = {"employeeId": "7", "firstname": "Kim", "lastname": "Lee", "username": "kim", "roles": ["ROLE_AGENT"]}
STATE = {"type": "NOT_READY_ACTION_CODE", "displayName": "Lunch", "operationName": "Lunch"}
MEDIUM = {"media": "voice", "name": "voice", "state": {"type": "READY"}}


def introduced(monkeypatch: pytest.MonkeyPatch, method: str, data: Json) -> list[AgentObserved]:
    monkeypatch.setitem(stage.ANSWERS, method, {"data": data})
    _, outputs = stage.connected()
    return [
        msgspec.structs.replace(one, vendor=msgspec.Raw(b""))
        for one in outputs
        if isinstance(one, AgentObserved)
    ]


def without_refs(seen: list[AgentObserved]) -> list[AgentObserved]:
    return [msgspec.structs.replace(one, refs=msgspec.UNSET) for one in seen]


@pytest.mark.parametrize(
    ("of", "method", "data", "other"),
    [
        ("Agent", "agent.get", AGENT, "else"),
        ("State", "agent.getStateList", STATE, "UNKNOWN"),
        ("Media", "media.getMediaList", MEDIUM, "else"),
    ],
)
def test_another_member_of_what_the_agent_is_told_by_is_another_observation(
    monkeypatch: pytest.MonkeyPatch, of: str, method: str, data: dict[str, Json], other: str
) -> None:
    exactly = said(SOUTH.fields, of, exactly=True)
    for member in said(SOUTH.fields, of):
        value: Json = [other] if member == "roles" else {"type": "LOGOUT"} if member == "state" else other
        base = {
            name: one for name, one in data.items() if (of, name) != ("Media", "media") or member != "name"
        }
        changed = {**base, member: value}
        before, after = (
            introduced(monkeypatch, method, one if of == "Agent" else [one]) for one in (base, changed)
        )
        assert before != after, member
        assert (without_refs(before) != without_refs(after)) >= (member in exactly), member


@pytest.mark.parametrize("member", said(SOUTH.fields, "TargetQuery"))
def test_a_member_of_a_target_is_sent_and_the_declared_one_is_not(member: str) -> None:
    consult = Consult(
        interaction_id=InteractionId("i4"),
        destination="1002",
        destination_kind=DestinationKind.AGENT,
        media="voice",
    )
    context = Context(interaction=stage.interaction(refs={"interaction": "4"}))
    [asked], _ = stage.run(stage.flow(consult, context))
    target = msgspec.convert(asked.params[1], dict[str, Json])
    assert member in target
    assert "target" not in target


OBJECTS = {
    "Toast": "system.popupToast",
    "Dialog": "system.openDialog",
    "View": "system.updateViewInApplicationMenuBar",
}


@pytest.mark.parametrize("of", OBJECTS)
def test_an_object_of_the_desktop_s_is_passed_on_with_all_its_members(of: str) -> None:
    given = {member: f"value of {member}" for member in NAMES["fields"][of]}
    params: tuple[Json, ...] = ("https://x", given) if of == "Dialog" else (given,)
    call = VendorCall(session_id=SessionId("s"), method=OBJECTS[of], params=params)
    [asked], _ = stage.run(stage.flow(call, Context()))
    assert asked.params == list(params)
    desk = Desk()
    [execute] = stage.ask(desk.client, OBJECTS[of], *params)
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, VendorCall)
    assert execute.command.params == params
    assert sorted(said(NORTH.fields, of)) == sorted(said(SOUTH.fields, of)) == sorted(given)


# --- north: what the encoders write

WHOLE = stage.interaction(
    consult_of="i1",
    contact={"display_name": "Ann Bell", "first_name": "Ann", "last_name": "Bell"},
    parties=[{"id": "1", "name": "Ann"}],
    ended_at=stage.NOW,
    end_cause="no_answer",
    ani="1",
    dnis="2",
)


def test_an_interaction_is_told_with_every_member_that_is_not_declared_to_be_the_vendor_s_own() -> None:
    told = msgspec.to_builtins(snapshots.interaction(WHOLE, Settings()))
    assert sorted([*told, "startDate"]) == sorted(said(NORTH.fields, "Interaction"))
    assert set(told["parties"][0]) == set(said(NORTH.fields, "Party"))
    assert set(told["contact"]) - {"firstName"} == set(said(NORTH.fields, "Contact"))


def test_the_agent_s_objects_are_told_with_every_member() -> None:
    session = stage.Seen().session
    told = msgspec.to_builtins(snapshots.agent(session, "1001"))
    assert set(told) - {"userName"} == set(said(NORTH.fields, "Agent"))
    assert set(msgspec.to_builtins(snapshots.agent_state(session))) == set(said(NORTH.fields, "State"))
    [medium] = snapshots.media_list(session)
    assert set(msgspec.to_builtins(medium)) == set(said(NORTH.fields, "Media"))
    assert {field.name for field in msgspec.structs.fields(wire.Section)} == set(
        said(NORTH.fields, "Section")
    )


@pytest.mark.parametrize("member", ["type", "target"])
def test_a_target_s_kind_is_read_under_either_name(member: str) -> None:
    assert member in said(NORTH.fields, "TargetQuery", exactly=True)
    target = {member: "SKILL", "destination": "sales", "media": "voice"}
    [execute] = stage.ask(stage.client(stage.interaction()), "interaction.consult", "i4", target)
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, Consult)
    told = execute.command
    assert (told.destination_kind, told.destination, told.media) == (DestinationKind.SKILL, "sales", "voice")


def test_the_envelopes_have_every_member_but_the_frame_s() -> None:
    request = stage.frame({"jsonrpc": "2.0", "id": "1", "method": "agent.get", "params": ["x"]})
    posted = [envelope.client_envelope(request)] + [
        envelope.server_envelope(one)
        for one in (
            stage.result("1", {"data": 1}),
            stage.result("1", {"errorMessage": ""}),
            stage.result("1", {"subscriptionId": "s-1"}),
            stage.event("agent", {}),
        )
    ]
    written = {name for one in posted for name in msgspec.json.decode(one)}
    for table in (SOUTH.fields, NORTH.fields):
        assert written == set(said(table, "Envelope"))


# --- enumerations


def test_the_states_that_are_said_are_those_that_some_snapshot_has() -> None:
    found = set()
    for state, media, kind, transferring, cause, connected in product(
        InteractionState,
        Media,
        (Kind.DIRECT, Kind.CONFERENCE),
        (False, True),
        (None, EndCause.TRANSFERRED),
        (None, stage.NOW),
    ):
        if state not in tables.NO_STATE:
            shown = stage.interaction(
                state=state,
                media=media,
                kind=kind,
                transferring=transferring,
                end_cause=cause,
                connected_at=connected,
            )
            found.add(snapshots.state_word(shown))
    assert found == set(said(NORTH.enums, "state", exactly=True))


def test_the_agent_s_states_that_are_said_are_those_that_some_session_has() -> None:
    session = stage.Seen().session
    found = {
        snapshots.agent_state(msgspec.structs.replace(session, state=state, reason=reason)).type
        for state in agent.AgentState
        for reason in ("", "lunch")
    }
    assert found == set(said(NORTH.enums, "stateType", exactly=True))


@pytest.mark.parametrize("name", said(SOUTH.enums, "state"))
def test_a_state_of_the_platform_s_is_understood(name: str) -> None:
    connection, _ = stage.connected()
    one = {"interactionId": "4", "state": name, "previousState": "ACCEPTED"}
    [seen] = stage.observed(connection.received(stage.changed(one), stage.NOW))
    known = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(seen, vendor=msgspec.Raw(b"0"))))
    assert name in (known["vendor_state"], known["extras"].get("state"))
    assert ("state" in known) == (tables.STATE_IN.get(name, InteractionState.CONNECTED) is not None)


@pytest.mark.parametrize("name", said(SOUTH.enums, "stateType"))
def test_a_state_of_the_agent_s_is_understood(name: str) -> None:
    connection, _ = stage.connected()
    seen = connection.received(stage.event("agent", {"type": name}), stage.NOW)[0]
    assert isinstance(seen, AgentObserved)
    assert (seen.state, seen.vendor_state) == (tables.AGENT_STATE_IN[name], name)
    assert SOUTH.enums[f"stateType.{name}"].canonical == f"agent {tables.AGENT_STATE_IN[name].value}"


@pytest.mark.parametrize(
    ("enumeration", "member"),
    [
        ("direction", "direction"),
        ("recordingState", "recordingState"),
        ("mediaName", "media"),
        ("callType", "callType"),
    ],
)
def test_each_value_of_a_member_is_told_from_the_others(enumeration: str, member: str) -> None:
    values = said(SOUTH.enums, enumeration)
    seen = [msgspec.to_builtins(observed_members({**CALL, "callType": None, member: one})) for one in values]
    assert all(one not in seen[:index] for index, one in enumerate(seen))


def observed_members(one: Json) -> Json:
    connection, _ = stage.connected()
    [seen] = stage.observed(connection.received(stage.changed(one), stage.NOW))
    return msgspec.structs.replace(seen, vendor=None)


@pytest.mark.parametrize("name", said(SOUTH.enums, "targetType"))
def test_a_kind_of_target_is_read_as_what_it_is_sent_for(name: str) -> None:
    kind = tables.TARGET_IN[name]
    assert tables.TARGET_OUT[kind] == name
    assert SOUTH.enums[f"targetType.{name}"].canonical == f"destination {kind.value}"


@pytest.mark.parametrize("name", said(NORTH.enums, "actionName", exactly=True))
def test_an_action_of_the_administrator_s_sets_a_state(name: str) -> None:
    [execute] = stage.ask(stage.client(), "agent.setState", name)
    assert isinstance(execute, Execute)


@pytest.mark.parametrize("name", said(NORTH.enums, "channel"))
def test_a_channel_can_be_subscribed_to(name: str) -> None:
    [answer] = stage.ask(stage.client(), "subscribe", name.replace("<channel>", "x"))
    assert answer == {"subscriptionId": "s-1"}
