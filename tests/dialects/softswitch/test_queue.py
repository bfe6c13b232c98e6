"""The queue, the agents' states, and time."""

import pytest

from schemas import commands as c
from schemas.agent import AgentState
from schemas.ids import AgentId, InteractionId, PlatformId, Ref
from schemas.interaction import InteractionState
from schemas.needinfo import NeedInfoKind, Question
from schemas.results import ErrorCode
from tests.dialects.softswitch.driver import CUSTOMER, SESSION, Driver, accept, agents

S = InteractionState
READY = c.SetState(session_id=SESSION, state=AgentState.READY)
BREAK = c.SetState(session_id=SESSION, state=AgentState.NOT_READY, reason="break")


def offered(driver: Driver) -> tuple[str, Ref]:
    """Who is rung, and as what."""
    ((agent, ref),) = [(str(one.agent), one.ref) for one in driver.seen.values() if one.state is S.ALERTING]
    return agent, ref


def inbound(driver: Driver) -> None:
    driver.simulate("inbound_call", ani=CUSTOMER)


def test_the_longest_idle_agent_is_rung_first() -> None:
    driver = Driver(agents=agents("a1", "a2", "a3", state="not_ready"))
    for agent in ("a2", "a3", "a1"):
        driver.did(agent, READY)
        driver.wait(1)
    order = []
    for _ in range(3):
        inbound(driver)
        agent, ref = offered(driver)
        order.append(agent)
        driver.did(agent, accept(ref))
    assert order == ["a2", "a3", "a1"]


def test_contacts_are_offered_in_the_order_they_came() -> None:
    driver = Driver(agents=agents("a1", state="not_ready"))
    driver.simulate("inbound_call", ani="+1")
    driver.wait(1)
    driver.simulate("inbound_call", ani="+2")
    driver.did("a1", READY)
    assert driver.seen[driver.only("a1")].ani == "+1"


def test_only_the_skilled_are_offered() -> None:
    people: list[dict[str, object]] = [{"id": "a1"}, {"id": "a2", "skills": ["care"]}]
    driver = Driver(agents=people, services=[{"id": "care"}], default_service="care")
    inbound(driver)
    assert offered(driver)[0] == "a2"


def test_a_missed_offer_goes_to_the_next_and_the_agent_is_not_ready() -> None:
    driver = Driver(agents=agents("a1", "a2"), ring_timeout_s=15)
    inbound(driver)
    first, missed = offered(driver)
    assert driver.agent("a1") == ("reserved", "")
    driver.wait(14.9)
    assert driver.state(missed) is S.ALERTING
    driver.wait(0.1)
    assert driver.end(missed) == ("no_answer", "platform")
    assert driver.state(missed) is S.COMPLETED
    assert driver.agent(first) == ("not_ready", "missed")
    second, ref = offered(driver)
    assert second == "a2"
    driver.did("a2", accept(ref))
    assert driver.seen[ref].root_ref == driver.seen[missed].root_ref


def test_an_answer_with_the_last_ring_counts() -> None:
    driver = Driver(agents=agents("a1"))
    inbound(driver)
    _, ref = offered(driver)
    driver.now = driver.peer.due() or driver.now
    driver.did("a1", accept(ref))
    assert driver.state(ref) is S.CONNECTED


def test_a_rejected_offer_goes_to_the_next_and_the_agent_stays_ready() -> None:
    driver = Driver(agents=agents("a1", "a2"))
    inbound(driver)
    first, ref = offered(driver)
    driver.did(first, c.Reject(interaction_id=InteractionId(ref)))
    assert driver.end(ref) == ("declined", "agent")
    assert driver.agent(first) == ("ready", "")
    second, ref = offered(driver)
    assert second != first
    driver.did(second, c.Reject(interaction_id=InteractionId(ref)))
    assert not driver.open("a1")
    assert not driver.open("a2")
    driver.did("a1", READY)  # saying so anew takes the refusal back
    assert offered(driver)[0] == "a1"


def test_a_caller_who_gives_up_is_abandoned_not_missed() -> None:
    driver = Driver(agents=agents("a1", "a2"))
    inbound(driver)
    agent, ref = offered(driver)
    driver.simulate("remote_hangup", ref)
    assert driver.end(ref) == ("abandoned", "remote")
    assert driver.agent(agent) == ("ready", "")
    assert driver.peer.due() is None


def test_a_caller_can_give_up_in_the_queue() -> None:
    driver = Driver(agents=agents("a1", state="not_ready"))
    data = driver.simulate("inbound_call", ani=CUSTOMER).data
    assert isinstance(data, dict)
    driver.simulate("remote_hangup", data["ref"])
    driver.did("a1", READY)
    assert not driver.open("a1")


def test_a_direct_call_that_is_refused_goes_to_nobody_else() -> None:
    driver = Driver()
    ref = driver.simulate("inbound_call", ani=CUSTOMER, agent="a1").ref
    assert ref is not None
    driver.did("a1", c.Reject(interaction_id=InteractionId(ref)))
    assert not any(driver.open(agent) for agent in ("a1", "a2", "a3"))


def test_dialling_a_skill_rings_at_whoever_is_ready() -> None:
    driver = Driver(agents=agents("a1", "a2", skills=["care"]), services=[{"id": "care"}])
    command = c.Dial(session_id=SESSION, destination="care", destination_kind=c.DestinationKind.SKILL)
    ref = driver.did("a1", command).ref
    assert ref is not None
    driver.did("a2", accept(driver.only("a2")))
    assert driver.state(ref) is S.CONNECTED


# --- agent states


def test_a_choice_made_at_work_waits_until_the_work_is_over() -> None:
    driver = Driver(not_ready_reasons=["break"])
    ref = driver.called()
    driver.did("a1", BREAK)
    assert driver.agent("a1") == ("busy", "")
    assert driver.agents[Ref("a1")].pending_state is AgentState.NOT_READY
    driver.did("a1", c.Release(interaction_id=InteractionId(ref)))
    assert driver.agent("a1") == ("after_call_work", "")
    driver.did("a1", c.Complete(interaction_id=InteractionId(ref)))
    assert driver.agent("a1") == ("not_ready", "break")
    assert driver.agents[Ref("a1")].pending_state is None


def test_a_choice_that_changes_nothing_is_not_told() -> None:
    driver = Driver()
    before = len(driver.log)
    driver.did("a1", READY)
    assert len(driver.log) == before


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        (AgentState.NOT_READY, "lunch", ErrorCode.UNKNOWN_OBJECT),
        (AgentState.READY, "break", ErrorCode.UNKNOWN_OBJECT),
        (AgentState.BUSY, "", ErrorCode.UNSUPPORTED),
        (AgentState.LOGGED_OUT, "", ErrorCode.UNSUPPORTED),
    ],
)
def test_states_that_cannot_be_chosen(state: AgentState, reason: str, code: ErrorCode) -> None:
    driver = Driver(not_ready_reasons=["break"])
    assert driver.refused("a1", c.SetState(session_id=SESSION, state=state, reason=reason)) is code


def test_without_wrap_up_the_call_is_completed_at_once() -> None:
    driver = Driver(wrap_up=False)
    ref = driver.called()
    driver.did("a1", c.Release(interaction_id=InteractionId(ref)))
    assert driver.state(ref) is S.COMPLETED
    assert driver.agent("a1") == ("ready", "")


# --- signing in and out


def login(agent: str = "a1", **more: object) -> c.Login:
    return c.Login(platform_id=PlatformId("p"), agent_id=AgentId(agent), **more)  # type: ignore[arg-type]


def test_signing_out_and_in_again() -> None:
    driver = Driver()
    driver.did("a1", c.Logout(session_id=SESSION))
    assert driver.agent("a1") == ("logged_out", "")
    assert driver.refused("a1", READY) is ErrorCode.NOT_LOGGED_IN
    driver.did("a1", login(extension="199"))
    assert driver.agent("a1") == ("ready", "")
    assert (driver.agents[Ref("a1")].refs or {})["extension"] == "199"


def test_nobody_signs_out_of_open_work() -> None:
    driver = Driver()
    driver.called()
    assert driver.refused("a1", c.Logout(session_id=SESSION)) is ErrorCode.WRONG_STATE


def test_the_reason_to_sign_out_is_asked_for() -> None:
    driver = Driver(require_logout_reason=True, logout_reasons=["home"])
    question = driver.ask("a1", c.Logout(session_id=SESSION))
    assert isinstance(question, Question)
    assert question.kind is NeedInfoKind.LOGOUT_REASON
    wrong = c.Logout(session_id=SESSION, answers={"reason": "bored"})
    assert driver.refused("a1", wrong) is ErrorCode.UNKNOWN_OBJECT
    driver.did("a1", c.Logout(session_id=SESSION, answers={"reason": "home"}))


@pytest.mark.parametrize("agent", ["a1", "nobody"])
def test_wrong_credentials_say_nothing_about_what_was_wrong(agent: str) -> None:
    driver = Driver(agents=agents("a1", password="secret", logged_in=False))
    assert driver.refused(agent, login(agent, password="guess")) is ErrorCode.BAD_CREDENTIALS


def test_a_session_is_taken_over_by_force_or_after_asking() -> None:
    driver = Driver(confirm_takeover=True)
    ref = driver.called()
    question = driver.ask("a1", login())
    assert isinstance(question, Question)
    assert question.kind is NeedInfoKind.CONFIRM
    assert driver.refused("a1", login(answers={"confirm": False})) is ErrorCode.ALREADY_LOGGED_IN
    driver.did("a1", login(answers={"confirm": True}))
    driver.did("a1", login(force=True))
    assert driver.state(ref) is S.CONNECTED
    assert Driver().refused("a1", login()) is ErrorCode.ALREADY_LOGGED_IN


def test_a_signed_out_colleague_cannot_be_rung() -> None:
    driver = Driver()
    driver.did("a2", c.Logout(session_id=SESSION))
    ref = driver.dialled("a1", "102")
    driver.wait(2)
    assert driver.end(ref) == ("device_unavailable", "remote")


@pytest.mark.parametrize(
    "wrong",
    [
        {"agents": [{"id": "a"}, {"id": "a"}]},
        {"agents": [{"id": "a", "extension": "1"}, {"id": "b", "extension": "1"}]},
        {"agents": [{"id": "a", "skills": ["x"]}]},
        {"default_service": "x"},
        {"ring_timeout_s": 0},
        {"unknown": 1},
    ],
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Driver(**wrong)
