"""A WWE client over a WWE platform: what it reads of the agent, and which calls reach the platform."""

import pytest

from adapters.contract.dialect import Context, Execute
from adapters.genesys_wwe import methods
from adapters.genesys_wwe.settings import Settings
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.results import Succeeded
from schemas.values import Json
from tests.dialects.genesys_wwe import stage
from tests.dialects.genesys_wwe.desk import TALKING, Desk

SAID: dict[str, Json] = {
    "agent.get": {
        "employeeId": "1001",
        "firstname": "",
        "roles": ["ROLE_SUPERVISOR", "ROLE_POET"],
        "desk": 4,
    },
    "agent.getState": {"type": "DND_ON", "displayName": "Bitte nicht stören", "operationName": "Dnd", "x": 1},
    "agent.getStateList": [
        {"type": "READY", "displayName": "Bereit", "operationName": "Ready"},
        {"type": "MEDITATING", "displayName": "Om", "operationName": "Om"},
        {"type": "LOGOUT", "displayName": "Abmelden", "operationName": "LogOff"},
        {"type": "READY", "displayName": "Bereit 2", "operationName": "Ready2"},
    ],
    "media.getMediaList": [
        {"name": "voice", "state": {"type": "READY"}, "dn": "7001"},
        {"media": "fax", "state": None},
    ],
}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> None:
    for method, data in SAID.items():
        monkeypatch.setitem(stage.ANSWERS, method, {"data": data})


@pytest.mark.usefixtures("said")
def test_the_agent_is_read_as_the_platform_said_it() -> None:
    desk = Desk()
    for method, data in SAID.items():
        assert desk.ask(method) == data
    fax, voice = desk.ask("media.getMediaByName", "fax"), desk.ask("media.getMediaByName", "voice")
    assert [voice, fax] == SAID["media.getMediaList"]
    assert desk.ask("media.getMediaByName", "telex") is None


@pytest.mark.usefixtures("said")
def test_the_agent_s_state_is_read_as_its_last_event_said_it() -> None:
    desk = Desk()
    state = {"type": "READY", "displayName": "Bereit", "operationName": "Ready"}
    desk.see(stage.event("agent", state))
    assert desk.ask("agent.getState") == state


@pytest.mark.usefixtures("said")
@pytest.mark.parametrize(
    ("operation", "state", "reason"),
    [
        ("Ready2", AgentState.READY, ""),
        ("Ready", AgentState.READY, "Ready"),
        ("Om", AgentState.UNKNOWN, "Om"),
        ("LogOff", AgentState.LOGGED_OUT, ""),
    ],
)
def test_an_operation_out_of_the_platform_s_list_is_the_one_that_is_called(
    operation: str, state: AgentState, reason: str
) -> None:
    desk = Desk()
    [execute] = stage.ask(desk.client, "agent.setState", operation)
    assert isinstance(execute, Execute)
    assert execute.command == c.SetState(session_id=session(desk).id, state=state, reason=reason)
    flow = desk.connection.flow(execute.command, Context(agent=session(desk)))
    calls, _ = stage.run(flow, stage.ANSWERS["agent.getStateList"], {"data": None})
    assert (calls[-1].method, calls[-1].params) == ("agent.setState", [operation])


def session(desk: Desk) -> AgentSession:
    [one] = desk.state.snapshots.sessions.values()
    return one


# --- calls


@pytest.mark.parametrize("case", ["theirs", "ours"])
def test_a_case_is_selected_by_its_own_id_or_by_ours(case: str) -> None:
    desk = Desk([TALKING])
    one = desk.all()["4"]
    wanted = TALKING["caseId"] if case == "theirs" else one.root_id
    [execute] = stage.ask(desk.client, "interaction.selectCaseByCaseId", wanted)
    assert isinstance(execute, Execute)
    assert execute.command == c.Focus(interaction_id=one.id)


@pytest.mark.parametrize("method", sorted(methods.PASSED))
def test_what_only_the_same_vendor_s_platform_knows_is_passed_on_to_it(method: str) -> None:
    desk = Desk([TALKING])
    one = desk.all()["4"]
    first, theirs = (one.id, "4") if method in methods.OF_A_RECORD else ("Spring", "Spring")
    [execute] = stage.ask(desk.client, method, first, {"deep": [1]})
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, c.VendorCall)
    assert (execute.command.method, execute.command.params) == (method, (theirs, {"deep": [1]}))
    [answer] = desk.client.finished(execute.token, Succeeded(data={"id": 7}), stage.NOW)
    assert stage.plain(answer) == {"data": {"id": 7}}
    assert method in str(desk.ask("system.getAllowedServices"))


def test_a_target_of_a_kind_that_the_model_has_not_got_is_passed_on() -> None:
    desk = Desk([TALKING])
    one = desk.all()["4"]
    target = {"type": "ROBOT", "destination": "r2", "media": "beeps"}
    for method in (
        "interaction.consult",
        "interaction.singleStepTransfer",
        "interaction.singleStepConference",
    ):
        [execute] = stage.ask(desk.client, method, one.id, target, None, {"a": 1})
        assert isinstance(execute, Execute)
        assert execute.command == c.VendorCall(
            session_id=one.session_id,
            method=method,
            params=("4", target, None, {"a": 1}),
            interaction_id=one.id,
        )


def test_the_record_of_a_chain_is_passed_on() -> None:
    preview = {"interactionId": "8", "media": "outboundpreview", "state": "READY"}
    desk = Desk([preview])
    one = desk.all()["8"]
    [execute] = stage.ask(desk.client, "outbound.callPreviewRecord", one.id, 3)
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, c.VendorCall)
    assert execute.command.params == ("8", 3)
    [execute] = stage.ask(desk.client, "outbound.cancelPreviewRecord")  # not named: there is only one
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, c.VendorCall)
    assert execute.command.params == ("8",)


@pytest.mark.usefixtures("said")
def test_the_state_of_one_medium_of_several_is_passed_on() -> None:
    desk = Desk()
    [execute] = stage.ask(desk.client, "media.setState", "fax", "NotReady")
    assert isinstance(execute, Execute)
    assert execute.command == c.VendorCall(
        session_id=session(desk).id, method="media.setState", params=("fax", "NotReady")
    )


def test_the_desktop_s_own_timer_and_options_are_asked_for_there() -> None:
    desk = Desk([TALKING])
    one = desk.all()["4"]
    for method, params, passed in (
        ("system.triggerActivity", (), ()),
        ("configuration.getOption", (["voice.*"],), (["voice.*"],)),
        ("configuration.getContextualOption", ("voice.*", one.id), ("voice.*", "4")),
    ):
        [execute] = stage.ask(desk.client, method, *params)
        assert isinstance(execute, Execute)
        assert isinstance(execute.command, c.VendorCall)
        assert (execute.command.method, execute.command.params) == (method, passed)


def test_the_options_that_the_gateway_is_given_are_the_ones_that_are_shown() -> None:
    desk = Desk([], Settings(options={"interaction-workspace": {"voice.auto-answer": "true"}}))
    shown = [{"name": "interaction-workspace", "options": {"voice.auto-answer": "true"}}]
    assert desk.ask("configuration.getOption", "voice.*") == shown
