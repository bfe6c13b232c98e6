"""What inContact asks before a call and before completion; notes, vetoes, limits, lists."""

from datetime import datetime, timedelta

import pytest

from schemas import commands as c
from schemas.agent import AgentState
from schemas.commands import AnyCommand
from schemas.ids import InteractionId, Ref
from schemas.interaction import InteractionState, WrapUpSetBy
from schemas.messages import Author
from schemas.needinfo import NeedInfoKind, Question
from schemas.observations import MessageObserved
from schemas.results import ErrorCode
from schemas.values import Json
from tests.dialects.softswitch.driver import CUSTOMER, SESSION, Driver, accept, agents

S = InteractionState
SERVICES = [
    {"id": "s1", "name": "Sales", "outbound": True},
    {"id": "s2", "name": "Support", "outbound": True},
    {"id": "optional", "dispositions": [{"id": "7", "code": "SOLD", "name": "Sold"}]},
    {"id": "required", "dispositions": [{"id": "7", "name": "Sold"}], "disposition_required": True},
    {"id": "acw", "acw": True},
    {"id": "both", "dispositions": [{"id": "7", "name": "Sold"}], "acw": True},
    {"id": "limited", "wrap_up_s": 30},
]


def made(*skills: str) -> Driver:
    return Driver(
        agents=agents("a1", "a2", skills=list(skills)), services=SERVICES, not_ready_reasons=["break"]
    )


def wrapping_up(driver: Driver, service: str) -> Ref:
    ref = driver.called(service=service)
    driver.did("a1", c.Release(interaction_id=InteractionId(ref)))
    assert driver.state(ref) is S.WRAP_UP
    return ref


def complete(ref: Ref, **answers: Json) -> AnyCommand:
    return c.Complete(interaction_id=InteractionId(ref), answers=answers)


def dial(**answers: Json) -> c.Dial:
    return c.Dial(session_id=SESSION, destination=CUSTOMER, answers=answers)


# --- outbound skill


def test_more_than_one_outbound_skill_is_asked_for() -> None:
    driver = made("s1", "s2", "acw")
    question = driver.ask("a1", dial())
    assert isinstance(question, Question)
    assert question.kind is NeedInfoKind.OUTBOUND_SKILL
    assert [(one.id, one.label) for one in question.fields[0].choices] == [("s1", "Sales"), ("s2", "Support")]
    assert question.fields[0].key == "skill"
    assert not driver.log
    ref = driver.did("a1", dial(skill="s2")).ref
    assert ref is not None
    assert driver.seen[ref].service == "s2"


def test_the_only_outbound_skill_is_used_unasked() -> None:
    driver = made("s1", "acw")
    ref = driver.did("a1", dial()).ref
    assert ref is not None
    assert driver.seen[ref].service == "s1"


@pytest.mark.parametrize("skill", ["s2", "acw", "nothing", 7])
def test_a_skill_the_agent_cannot_call_out_with_is_unknown(skill: Json) -> None:
    assert made("s1", "acw").refused("a1", dial(skill=skill)) is ErrorCode.UNKNOWN_OBJECT


def test_a_call_to_a_colleague_needs_no_skill() -> None:
    driver = made("s1", "s2")
    ref = driver.dialled("a1", "102")
    assert driver.seen[ref].internal is True


# --- completion


@pytest.mark.parametrize("disposition", ["7", "SOLD", "Sold"])
def test_an_optional_disposition_is_asked_for_and_taken_by_any_name(disposition: str) -> None:
    driver = made()
    ref = wrapping_up(driver, "optional")
    question = driver.ask("a1", complete(ref))
    assert isinstance(question, Question)
    assert (question.kind, question.skippable) == (NeedInfoKind.DISPOSITION, True)
    driver.did("a1", complete(ref, disposition=disposition, notes="done"))
    seen = driver.seen[ref]
    assert (seen.state, seen.notes) == (S.COMPLETED, "done")
    assert getattr(seen.disposition, "id", "") == "7"
    assert driver.agent("a1") == ("ready", "")


def test_an_optional_disposition_can_be_skipped() -> None:
    driver = made()
    ref = wrapping_up(driver, "optional")
    driver.did("a1", complete(ref, skip_disposition=True))
    assert driver.state(ref) is S.COMPLETED


def test_a_required_disposition_is_asked_for_again_when_skipped() -> None:
    driver = made()
    ref = wrapping_up(driver, "required")
    first, again = driver.ask("a1", complete(ref)), driver.ask("a1", complete(ref, skip_disposition=True))
    assert isinstance(first, Question)
    assert not first.skippable
    assert again == first


def test_a_disposition_chosen_before_is_not_asked_for() -> None:
    driver = made()
    ref = wrapping_up(driver, "required")
    unknown = c.SetDisposition(interaction_id=InteractionId(ref), disposition="8")
    assert driver.refused("a1", unknown) is ErrorCode.UNKNOWN_OBJECT
    driver.did("a1", c.SetDisposition(interaction_id=InteractionId(ref), disposition="7"))
    driver.did("a1", complete(ref))


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"disposition": "8"}, ErrorCode.UNKNOWN_OBJECT),
        ({"disposition": ""}, ErrorCode.UNKNOWN_OBJECT),
        ({"disposition": "7", "skip_disposition": True}, ErrorCode.INVALID_COMMAND),
        ({"disposition": "7", "agent_state": "busy"}, ErrorCode.UNKNOWN_OBJECT),
        ({"disposition": "7", "agent_state": "not_ready:lunch"}, ErrorCode.UNKNOWN_OBJECT),
    ],
)
def test_answers_that_fit_nothing_are_refused(answers: dict[str, Json], code: ErrorCode) -> None:
    driver = made()
    ref = wrapping_up(driver, "both")
    assert driver.refused("a1", complete(ref, **answers)) is code
    assert driver.state(ref) is S.WRAP_UP


def test_the_disposition_is_asked_for_first_and_the_state_next() -> None:
    driver = made()
    ref = wrapping_up(driver, "both")
    kinds = [getattr(driver.ask("a1", complete(ref)), "kind", None)]
    kinds.append(getattr(driver.ask("a1", complete(ref, disposition="7")), "kind", None))
    assert kinds == [NeedInfoKind.DISPOSITION, NeedInfoKind.AGENT_STATE]
    driver.did("a1", complete(ref, disposition="7", agent_state="not_ready:break"))
    assert driver.agent("a1") == ("not_ready", "break")
    assert driver.state(ref) is S.COMPLETED


def test_the_choices_of_the_next_state_are_its_answers() -> None:
    driver = made()
    question = driver.ask("a1", complete(wrapping_up(driver, "acw")))
    assert isinstance(question, Question)
    assert [one.id for one in question.fields[0].choices] == ["ready", "not_ready", "not_ready:break"]


def test_choosing_a_state_while_it_is_asked_for_completes() -> None:
    driver = made()
    ref = wrapping_up(driver, "both")
    driver.ask("a1", complete(ref, disposition="7", notes="n"))
    driver.did("a1", c.SetState(session_id=SESSION, state=AgentState.NOT_READY, reason="break"))
    seen = driver.seen[ref]
    assert (seen.state, seen.notes, getattr(seen.disposition, "id", "")) == (S.COMPLETED, "n", "7")
    assert driver.agent("a1") == ("not_ready", "break")


def test_choosing_a_state_before_it_is_asked_for_completes_nothing() -> None:
    driver = made()
    ref = wrapping_up(driver, "acw")
    driver.did("a1", c.SetState(session_id=SESSION, state=AgentState.NOT_READY))
    assert driver.state(ref) is S.WRAP_UP


def test_a_veto_stands_until_it_is_lifted() -> None:
    driver = made()
    ref = wrapping_up(driver, "limited")
    driver.did("a1", c.BlockCompletion(interaction_id=InteractionId(ref), message="log the call"))
    assert driver.refused("a1", complete(ref)) is ErrorCode.COMPLETION_BLOCKED
    assert driver.seen[ref].completion_blocked == "log the call"
    driver.wait(31)
    assert driver.state(ref) is S.WRAP_UP
    driver.did("a1", c.UnblockCompletion(interaction_id=InteractionId(ref)))
    assert driver.state(ref) is S.COMPLETED  # its time was up


def test_a_veto_with_a_limit_ends_by_itself_and_says_when() -> None:
    driver = made()
    ref = wrapping_up(driver, "limited")
    limited = c.BlockCompletion(interaction_id=InteractionId(ref), message="log the call", limit_s=10)
    driver.did("a1", limited)
    driver.wait(5)
    driver.did("a1", limited)  # from now on
    driver.wait(9.9)
    assert driver.refused("a1", complete(ref)) is ErrorCode.COMPLETION_BLOCKED
    until = driver.seen[ref].completion_blocked_until
    driver.wait(0.1)
    assert (driver.seen[ref].completion_blocked, driver.seen[ref].completion_blocked_until) == ("", until)
    assert driver.state(ref) is S.WRAP_UP
    driver.did("a1", limited)
    driver.did("a1", c.UnblockCompletion(interaction_id=InteractionId(ref)))
    assert driver.seen[ref].completion_blocked_until is None
    driver.did("a1", complete(ref))
    assert driver.state(ref) is S.COMPLETED
    driver.wait(60)  # nothing is left to go off


def test_a_wrap_up_that_is_overdue_ends_with_the_veto_s_limit() -> None:
    driver = made()
    ref = wrapping_up(driver, "limited")
    driver.did("a1", c.BlockCompletion(interaction_id=InteractionId(ref), message="m", limit_s=40))
    driver.wait(39.9)
    assert driver.state(ref) is S.WRAP_UP
    driver.wait(0.1)
    assert driver.state(ref) is S.COMPLETED


def test_a_wrap_up_limit_completes() -> None:
    driver = made()
    ref = wrapping_up(driver, "limited")
    driver.wait(29.9)
    assert driver.state(ref) is S.WRAP_UP
    driver.wait(0.1)
    assert driver.state(ref) is S.COMPLETED
    assert driver.agent("a1") == ("ready", "")


def test_a_consultation_never_wraps_up_and_asks_nothing() -> None:
    driver = made()
    ref = driver.called(service="required")
    consultation = driver.did("a1", c.Consult(interaction_id=InteractionId(ref), destination="102")).ref
    assert consultation is not None
    driver.did("a2", accept(driver.only("a2")))
    driver.did("a1", c.Release(interaction_id=InteractionId(consultation)))
    assert driver.state(consultation) is S.COMPLETED
    assert not driver.open("a2")


# --- data and lists


def test_data_keys_are_set_and_removed_one_by_one() -> None:
    driver = made()
    ref = driver.called(data={"a": 1})
    me = InteractionId(ref)
    driver.did("a1", c.SetData(interaction_id=me, data={"b": [2]}))
    assert driver.seen[ref].data == {"a": 1, "b": [2]}
    driver.did("a1", c.DeleteData(interaction_id=me, key="a"))
    assert driver.seen[ref].data == {"b": [2]}
    assert driver.refused("a1", c.DeleteData(interaction_id=me, key="a")) is ErrorCode.UNKNOWN_OBJECT


def test_dispositions_are_listed_by_interaction_and_by_service() -> None:
    driver = made()
    ref = driver.called(service="optional")
    by_interaction = c.ListDispositions(session_id=SESSION, interaction_id=InteractionId(ref))
    listed = driver.did("a1", by_interaction).data
    assert listed == [{"id": "7", "code": "SOLD", "name": "Sold"}]
    assert driver.did("a1", c.ListDispositions(session_id=SESSION, service="optional")).data == listed
    assert driver.did("a1", c.ListDispositions(session_id=SESSION)).data == []
    unknown = c.ListDispositions(session_id=SESSION, service="none")
    assert driver.refused("a1", unknown) is ErrorCode.UNKNOWN_OBJECT


def test_the_directory_names_colleagues_and_services() -> None:
    driver = made()
    listed = driver.did("a1", c.ListDirectory(session_id=SESSION, query="s")).data
    assert isinstance(listed, list)
    assert [one["id"] for one in listed] == ["s1", "s2"]
    listed = driver.did("a1", c.ListDirectory(session_id=SESSION, query="102")).data
    assert isinstance(listed, list)
    assert [(one["kind"], one["state"]) for one in listed] == [("agent", "ready")]


# --- chat and e-mail


def test_a_chat_is_offered_answered_and_kept() -> None:
    driver = made()
    done = driver.simulate("inbound_chat", address="web-1", agent="a1", text="help")
    ref = done.ref
    assert ref is not None
    driver.did("a1", accept(ref))
    driver.did("a1", c.SendChat(interaction_id=InteractionId(ref), text="hello"))
    driver.simulate("remote_message", "thanks", ref)
    said = [one.message for one in driver.log if isinstance(one, MessageObserved)]
    assert [(one.author, one.text) for one in said] == [
        (Author.CUSTOMER, "help"),
        (Author.AGENT, "hello"),
        (Author.CUSTOMER, "thanks"),
    ]
    assert len({one.id for one in said}) == len(said)
    assert driver.simulate("transcript", ref).data == {
        "ref": driver.seen[ref].root_ref,
        "lines": [["customer", "help"], ["a1", "hello"], ["customer", "thanks"]],
    }
    driver.did("a1", complete(ref))
    assert driver.end(ref) == ("normal", "agent")
    assert driver.state(ref) is S.COMPLETED


def test_an_agent_writes_first() -> None:
    driver = made()
    chat = c.StartChat(session_id=SESSION, channel_type="sms", destination=CUSTOMER)
    ref = driver.did("a1", chat).ref
    assert ref is not None
    assert (driver.state(ref), driver.seen[ref].channel_type) == (S.CONNECTED, "sms")
    mail = c.StartEmail(session_id=SESSION, destination="c@example.org", data={"k": 1})
    ref = driver.did("a1", mail).ref
    assert ref is not None
    assert driver.seen[ref].media == "email"
    assert driver.seen[ref].remote_address == "c@example.org"
    assert driver.seen[ref].data == {"k": 1}
    wrong = c.StartEmail(session_id=SESSION, destination="nowhere")
    assert driver.refused("a1", wrong) is ErrorCode.BAD_DESTINATION


def test_a_chat_is_handed_over_with_a_consultation_of_its_own_medium() -> None:
    driver = made()
    ref = driver.simulate("inbound_chat", address="web-1", agent="a1").ref
    assert ref is not None
    driver.did("a1", accept(ref))
    spoken = c.Consult(interaction_id=InteractionId(ref), destination="102", media="voice")
    assert driver.refused("a1", spoken) is ErrorCode.UNSUPPORTED
    driver.did("a1", c.Consult(interaction_id=InteractionId(ref), destination="102"))
    assert driver.state(ref) is S.CONNECTED  # nothing to hold in a chat
    there = driver.only("a2")
    driver.did("a2", accept(there))
    driver.did("a1", c.CompleteTransfer(interaction_id=InteractionId(ref)))
    assert driver.end(ref) == ("transferred", "agent")
    assert (driver.state(there), driver.seen[there].remote_address) == (S.CONNECTED, "web-1")


def test_the_limit_is_told_with_who_set_it_and_can_be_moved() -> None:
    driver = made()
    ref = wrapping_up(driver, "limited")
    first = driver.seen[ref].wrap_up_until
    assert isinstance(first, datetime)
    assert driver.seen[ref].wrap_up_set_by is WrapUpSetBy.PLATFORM
    driver.wait(10)
    driver.did("a1", c.ExtendWrapUp(interaction_id=InteractionId(ref), by_s=60))
    assert driver.seen[ref].wrap_up_until == first + timedelta(seconds=60)
    assert driver.seen[ref].wrap_up_set_by is WrapUpSetBy.AGENT
    driver.wait(79.9)
    assert driver.state(ref) is S.WRAP_UP
    driver.wait(0.1)
    assert driver.state(ref) is S.COMPLETED


def test_an_early_end_asks_what_a_completion_asks() -> None:
    driver = made()
    ref = wrapping_up(driver, "required")
    assert isinstance(driver.ask("a1", c.EndWrapUp(interaction_id=InteractionId(ref))), Question)
    driver.did("a1", c.EndWrapUp(interaction_id=InteractionId(ref), answers={"disposition": "7"}))
    assert driver.state(ref) is S.COMPLETED
