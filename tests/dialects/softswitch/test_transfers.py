"""Consultation, transfer, conference, and everything that can cross them."""

import pytest

from schemas import commands as c
from schemas.commands import DestinationKind
from schemas.ids import InteractionId, Ref
from schemas.interaction import InteractionState
from schemas.results import ErrorCode
from tests.dialects.softswitch.driver import CUSTOMER, SESSION, Driver, accept

S = InteractionState


def me(ref: Ref) -> InteractionId:
    return InteractionId(ref)


class Consulted(Driver):
    """a1 talks to a customer and consults a2, who is rung or has answered."""

    def __init__(self, *, answered: bool = True, **settings: object) -> None:
        super().__init__(**settings)
        self.primary = self.called("a1", data={"case": "7"})
        done = self.did("a1", c.Consult(interaction_id=me(self.primary), destination="102"))
        assert done.ref is not None
        self.consultation = done.ref
        self.colleague = self.only("a2")
        if answered:
            self.did("a2", accept(self.colleague))

    def states(self) -> tuple[object, object, object]:
        """Of the interaction, the consultation and the colleague's interaction."""
        return self.state(self.primary), self.state(self.consultation), self.state(self.colleague)


def test_a_consultation_is_an_interaction_of_its_own_and_shares_root_and_data() -> None:
    driver = Consulted(answered=False)
    assert driver.states() == (S.HELD, S.DIALING, S.ALERTING)
    consultation, colleague = driver.seen[driver.consultation], driver.seen[driver.colleague]
    root = driver.seen[driver.primary].root_ref
    assert consultation.consult_of_ref == driver.primary
    assert (consultation.root_ref, colleague.root_ref) == (root, root)
    assert colleague.consult_of_ref is None
    assert colleague.parent_ref == driver.primary
    assert colleague.data == {"case": "7"}
    assert (colleague.kind, colleague.direction) == ("consult", "internal")
    assert [party.user_id for party in colleague.parties or ()] == ["a1"]
    driver.did("a2", accept(driver.colleague))
    assert driver.states() == (S.HELD, S.CONNECTED, S.CONNECTED)


def test_alternating_swaps_the_held_and_the_connected() -> None:
    driver = Consulted()
    driver.did("a1", c.Alternate(interaction_id=me(driver.consultation)))
    assert driver.states() == (S.CONNECTED, S.HELD, S.CONNECTED)
    driver.did("a1", c.Alternate(interaction_id=me(driver.primary)))
    assert driver.states() == (S.HELD, S.CONNECTED, S.CONNECTED)


@pytest.mark.parametrize("named", ["primary", "consultation"])
def test_a_transfer_ends_both_and_the_customer_stays_with_the_colleague(named: str) -> None:
    driver = Consulted()
    driver.did("a1", c.CompleteTransfer(interaction_id=me(getattr(driver, named))))
    assert driver.states() == (S.WRAP_UP, S.COMPLETED, S.CONNECTED)
    assert driver.end(driver.primary) == ("transferred", "agent")
    assert driver.end(driver.consultation) == ("transferred", "agent")
    there = driver.seen[driver.colleague]
    assert (there.kind, there.direction, there.remote_address) == ("transfer", "inbound", CUSTOMER)
    assert (there.parent_ref, there.root_ref) == (driver.primary, driver.seen[driver.primary].root_ref)
    assert there.data == {"case": "7"}
    assert [party.role for party in there.parties or ()] == ["customer"]
    assert driver.agent("a1") == ("after_call_work", "")
    driver.simulate("remote_hangup", driver.colleague)
    assert driver.end(driver.colleague) == ("normal", "remote")
    assert driver.state(driver.colleague) is S.WRAP_UP
    driver.check()


def test_a_conference_has_one_more_party_and_goes_on_without_the_first() -> None:
    driver = Consulted()
    driver.did("a1", c.CompleteConference(interaction_id=me(driver.primary)))
    assert driver.states() == (S.CONNECTED, S.COMPLETED, S.CONNECTED)
    assert driver.end(driver.consultation) == ("conferenced", "agent")
    mine = driver.seen[driver.primary]
    assert mine.conference is True
    assert [party.role for party in mine.parties or ()] == ["customer", "agent"]
    driver.did("a1", c.Release(interaction_id=me(driver.primary)))
    assert driver.seen[driver.colleague].conference is False
    assert driver.state(driver.colleague) is S.CONNECTED
    driver.check()


def test_one_party_of_a_conference_can_be_dropped() -> None:
    driver = Consulted()
    driver.did("a1", c.CompleteConference(interaction_id=me(driver.primary)))
    unknown = c.DropParty(interaction_id=me(driver.primary), party_id="nobody")
    assert driver.refused("a1", unknown) is ErrorCode.UNKNOWN_OBJECT
    driver.did("a1", c.DropParty(interaction_id=me(driver.primary), party_id="a2"))
    assert driver.end(driver.colleague) == ("normal", "remote")
    assert driver.states()[0] is S.CONNECTED
    (customer,) = driver.seen[driver.primary].parties or ()
    assert not isinstance(customer, str)
    driver.did("a1", c.DropParty(interaction_id=me(driver.primary), party_id=customer.id))
    assert driver.end(driver.primary) == ("normal", "agent")


# --- races


@pytest.mark.parametrize("answered", [False, True], ids=["ringing", "answered"])
def test_the_customer_leaves_during_a_consultation(answered: bool) -> None:  # noqa: FBT001
    driver = Consulted(answered=answered)
    driver.simulate("remote_hangup", driver.primary)
    assert driver.end(driver.primary) == ("normal", "remote")
    going_on = (S.CONNECTED, S.CONNECTED) if answered else (S.DIALING, S.ALERTING)
    assert driver.states() == (S.WRAP_UP, *going_on)
    for named in (driver.primary, driver.consultation):
        assert driver.refused("a1", c.CompleteTransfer(interaction_id=me(named))) is ErrorCode.WRONG_STATE
        assert driver.refused("a1", c.CompleteConference(interaction_id=me(named))) is ErrorCode.WRONG_STATE
    if not answered:
        driver.did("a2", accept(driver.colleague))
    driver.did("a1", c.Release(interaction_id=me(driver.consultation)))
    assert driver.end(driver.consultation) == ("normal", "agent")
    assert driver.end(driver.colleague) == ("normal", "remote")
    assert driver.agent("a2") == ("ready", "")
    driver.check()


def test_the_customer_leaves_while_held() -> None:
    driver = Driver()
    ref = driver.called()
    driver.did("a1", c.Hold(interaction_id=me(ref)))
    driver.simulate("remote_hangup", ref)
    assert driver.end(ref) == ("normal", "remote")
    assert driver.state(ref) is S.WRAP_UP


def test_the_colleague_declines() -> None:
    driver = Consulted(answered=False)
    driver.did("a2", c.Reject(interaction_id=me(driver.colleague)))
    assert driver.end(driver.colleague) == ("declined", "agent")
    assert driver.end(driver.consultation) == ("declined", "remote")
    assert driver.states() == (S.HELD, S.COMPLETED, S.COMPLETED)
    assert driver.agent("a2") == ("ready", "")
    driver.did("a1", c.Retrieve(interaction_id=me(driver.primary)))
    assert driver.state(driver.primary) is S.CONNECTED


def test_the_colleague_does_not_answer() -> None:
    driver = Consulted(answered=False)
    driver.wait(20)
    assert driver.end(driver.colleague) == ("no_answer", "platform")
    assert driver.end(driver.consultation) == ("no_answer", "remote")
    assert driver.states()[0] is S.HELD
    assert driver.agent("a2") == ("ready", "")  # only the queue's offers make an agent not ready


@pytest.mark.parametrize("answered", [False, True], ids=["ringing", "answered"])
def test_cancelling_the_consultation_leaves_the_customer_held_and_says_so(answered: bool) -> None:  # noqa: FBT001
    driver = Consulted(answered=answered)
    done = driver.did("a1", c.Release(interaction_id=me(driver.consultation)))
    assert len(done.warnings) == 1
    cause = "normal" if answered else "abandoned"
    assert driver.end(driver.consultation) == (cause, "agent")
    assert driver.end(driver.colleague) == (cause, "remote")
    assert driver.states() == (S.HELD, S.COMPLETED, S.COMPLETED)
    driver.did("a1", c.Retrieve(interaction_id=me(driver.primary)))
    assert driver.state(driver.primary) is S.CONNECTED
    driver.check()


def test_the_colleague_hangs_up_and_the_customer_stays_held() -> None:
    driver = Consulted()
    driver.did("a2", c.Release(interaction_id=me(driver.colleague)))
    assert driver.end(driver.consultation) == ("normal", "remote")
    assert driver.states() == (S.HELD, S.COMPLETED, S.COMPLETED)


@pytest.mark.parametrize("answered", [False, True], ids=["ringing", "answered"])
def test_the_agent_releases_the_customer_while_consulting(answered: bool) -> None:  # noqa: FBT001
    driver = Consulted(answered=answered)
    driver.did("a1", c.Release(interaction_id=me(driver.primary)))
    assert driver.end(driver.primary) == ("normal", "agent")
    assert driver.ends[driver.consultation] == driver.ends[driver.colleague] == 0
    driver.did("a1", c.Complete(interaction_id=me(driver.primary)))
    assert driver.agent("a1") == ("busy", "")
    driver.did("a1", c.Release(interaction_id=me(driver.consultation)))
    assert driver.agent("a1") == ("ready", "")
    driver.check()


def test_a_transfer_while_the_colleague_rings_is_refused_by_default() -> None:
    driver = Consulted(answered=False)
    for verb in (c.CompleteTransfer, c.CompleteConference, c.Alternate):
        assert driver.refused("a1", verb(interaction_id=me(driver.primary))) is ErrorCode.WRONG_STATE


def test_an_early_transfer_lets_the_customer_hear_the_colleagues_phone_ring() -> None:
    driver = Consulted(answered=False, early_transfer=True)
    driver.did("a1", c.CompleteTransfer(interaction_id=me(driver.primary)))
    assert driver.states() == (S.WRAP_UP, S.COMPLETED, S.ALERTING)
    driver.did("a2", accept(driver.colleague))
    assert driver.seen[driver.colleague].remote_address == CUSTOMER
    driver.check()


def test_an_early_transferred_customer_who_gives_up_abandons_the_colleague() -> None:
    driver = Consulted(answered=False, early_transfer=True)
    driver.did("a1", c.CompleteTransfer(interaction_id=me(driver.primary)))
    driver.simulate("remote_hangup", driver.colleague)
    assert driver.end(driver.colleague) == ("abandoned", "remote")
    assert driver.agent("a2") == ("ready", "")


@pytest.mark.parametrize("answered", [False, True], ids=["ringing", "answered"])
def test_a_transfer_can_be_completed_once(answered: bool) -> None:  # noqa: FBT001
    driver = Consulted(answered=answered, early_transfer=True)
    transfer = c.CompleteTransfer(interaction_id=me(driver.primary))
    driver.did("a1", transfer)
    assert driver.refused("a1", transfer) is ErrorCode.WRONG_STATE


def test_retrieving_the_customer_while_the_colleague_rings_holds_again_at_the_answer() -> None:
    driver = Consulted(answered=False)
    driver.did("a1", c.Retrieve(interaction_id=me(driver.primary)))
    assert driver.states() == (S.CONNECTED, S.DIALING, S.ALERTING)
    driver.did("a2", accept(driver.colleague))
    assert driver.states() == (S.HELD, S.CONNECTED, S.CONNECTED)


def test_a_second_consultation_and_one_about_a_consultation_are_refused() -> None:
    driver = Consulted()
    again = c.Consult(interaction_id=me(driver.primary), destination="103")
    assert driver.refused("a1", again) is ErrorCode.BUSY
    about = c.Consult(interaction_id=me(driver.consultation), destination="103")
    assert driver.refused("a1", about) is ErrorCode.UNSUPPORTED


def test_consulting_a_busy_colleague_fails_as_a_call_would() -> None:
    driver = Driver()
    driver.called("a2")
    primary = driver.called("a1")
    ref = driver.did("a1", c.Consult(interaction_id=me(primary), destination="102")).ref
    assert ref is not None
    driver.wait(2)
    assert driver.end(ref) == ("busy", "remote")
    assert driver.state(primary) is S.HELD


# --- single step


def test_a_single_step_transfer_rings_at_the_colleague_with_the_customers_data() -> None:
    driver = Driver()
    ref = driver.called("a1", data={"case": "7"})
    driver.did("a1", c.SingleStepTransfer(interaction_id=me(ref), destination="102", data={"why": "angry"}))
    assert driver.end(ref) == ("transferred", "agent")
    there = driver.seen[driver.only("a2")]
    assert (there.state, there.kind, there.remote_address) == (S.ALERTING, "transfer", CUSTOMER)
    assert there.data == {"case": "7", "why": "angry"}
    assert (there.parent_ref, there.root_ref) == (ref, driver.seen[ref].root_ref)


@pytest.mark.parametrize(
    ("destination", "code"),
    [("102", ErrorCode.BUSY), ("103", ErrorCode.NO_CHANNEL), ("nobody", ErrorCode.BAD_DESTINATION)],
)
def test_a_single_step_transfer_to_who_cannot_be_reached_keeps_the_customer(
    destination: str, code: ErrorCode
) -> None:
    people: list[dict[str, object]] = [
        {"id": "a1", "extension": "101"},
        {"id": "a2", "extension": "102"},
        {"id": "a3", "extension": "103", "logged_in": False},
    ]
    driver = Driver(agents=people)
    driver.called("a2")
    ref = driver.called("a1")
    command = c.SingleStepTransfer(interaction_id=me(ref), destination=destination)
    assert driver.refused("a1", command) is code
    assert driver.state(ref) is S.CONNECTED


def test_a_single_step_transfer_to_a_skill_goes_back_to_the_queue() -> None:
    people: list[dict[str, object]] = [{"id": "a1"}, {"id": "a2", "skills": ["care"]}, {"id": "a3"}]
    driver = Driver(agents=people, services=[{"id": "care"}])
    ref = driver.called("a1")
    driver.did(
        "a1",
        c.SingleStepTransfer(
            interaction_id=me(ref), destination="care", destination_kind=DestinationKind.SKILL
        ),
    )
    there = driver.seen[driver.only("a2")]
    assert (there.kind, there.service, there.parent_ref) == ("transfer", "care", ref)


def test_a_transferred_customer_nobody_answers_is_released_without_a_trace() -> None:
    driver = Driver()
    ref = driver.called("a1")
    driver.did("a1", c.SingleStepTransfer(interaction_id=me(ref), destination="102"))
    there = driver.only("a2")
    driver.wait(20)
    assert driver.end(there) == ("no_answer", "platform")
    driver.wait(3600)
    driver.did("a1", c.Complete(interaction_id=me(ref)))
    assert not any(driver.open(agent) for agent in ("a1", "a2", "a3"))


def test_a_single_step_conference_adds_a_party_once_they_answer() -> None:
    driver = Driver()
    ref = driver.called("a1")
    driver.did("a1", c.SingleStepConference(interaction_id=me(ref), destination="102"))
    assert len(driver.seen[ref].parties or ()) == 1
    driver.did("a2", accept(driver.only("a2")))
    assert len(driver.seen[ref].parties or ()) == 2
    assert driver.seen[ref].conference is True


def test_a_declined_invitation_leaves_the_call_as_it_was() -> None:
    driver = Driver()
    ref = driver.called("a1")
    driver.did("a1", c.SingleStepConference(interaction_id=me(ref), destination="102"))
    there = driver.only("a2")
    driver.did("a2", c.Reject(interaction_id=me(there)))
    assert driver.end(there) == ("declined", "agent")
    assert driver.state(ref) is S.CONNECTED
    driver.check()


def test_data_set_by_one_is_seen_by_all_who_have_the_contact() -> None:
    driver = Consulted()
    driver.did("a2", c.SetData(interaction_id=me(driver.colleague), data={"vip": True}))
    for ref in (driver.primary, driver.consultation, driver.colleague):
        assert driver.seen[ref].data == {"case": "7", "vip": True}


def test_when_the_customer_leaves_a_conference_the_others_are_told_and_go_on() -> None:
    driver = Consulted()
    driver.did("a1", c.CompleteConference(interaction_id=me(driver.primary)))
    driver.simulate("remote_hangup", driver.primary)
    for ref, other in ((driver.primary, "a2"), (driver.colleague, "a1")):
        assert driver.state(ref) is S.CONNECTED
        assert [party.user_id for party in driver.seen[ref].parties or ()] == [other]
        assert driver.seen[ref].conference is False


def test_an_outsider_is_a_party_of_a_conference_once_they_answer() -> None:
    driver = Driver()
    ref = driver.called("a1")
    driver.did("a1", c.SingleStepConference(interaction_id=me(ref), destination="+15550199"))
    driver.did("a1", c.SetNotes(interaction_id=me(ref), notes="told anew while it rings"))
    assert [party.address for party in driver.seen[ref].parties or ()] == [CUSTOMER]
    driver.wait(2)
    assert [party.address for party in driver.seen[ref].parties or ()] == [CUSTOMER, "+15550199"]


@pytest.mark.parametrize("how", ["blind", "early", "consulted"])
def test_two_outsiders_left_to_each_other_are_let_go(how: str) -> None:
    driver = Driver(early_transfer=True)
    ref = driver.called("a1")
    root = driver.seen[ref].root_ref
    if how == "blind":
        driver.did("a1", c.SingleStepTransfer(interaction_id=me(ref), destination="+15550199"))
    else:
        driver.did("a1", c.Consult(interaction_id=me(ref), destination="+15550199"))
        driver.wait(2 if how == "consulted" else 1)
        driver.did("a1", c.CompleteTransfer(interaction_id=me(ref)))
    driver.wait(2)
    driver.did("a1", c.Complete(interaction_id=me(ref)))
    assert driver.peer.due() is None
    gone = c.VendorCall(session_id=SESSION, method="simulate.remote_hangup", params=(root,))
    assert driver.refused("a1", gone) is ErrorCode.UNKNOWN_INTERACTION


def test_nobody_is_in_one_chat_twice() -> None:
    driver = Driver()
    ref = driver.simulate("inbound_chat", address="web-1", agent="a1").ref
    assert ref is not None
    driver.did("a1", accept(ref))
    driver.did("a1", c.SingleStepConference(interaction_id=me(ref), destination="102"))
    driver.did("a2", accept(driver.only("a2")))
    again = c.SingleStepTransfer(interaction_id=me(ref), destination="102")
    assert driver.refused("a1", again) is ErrorCode.BUSY
    consultation = driver.did("a1", c.Consult(interaction_id=me(ref), destination="102")).ref
    assert consultation is not None
    driver.wait(2)
    assert driver.end(consultation) == ("busy", "remote")
    driver.check()
