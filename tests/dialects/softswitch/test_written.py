"""What is written in chats and e-mails, who is writing, and what becomes known of a contact later."""

from schemas import commands as c
from schemas.ids import InteractionId
from schemas.messages import Author
from schemas.observations import AttachmentsObserved, MessageObserved
from tests.dialects.softswitch.driver import Driver, accept, agents


def made() -> Driver:
    return Driver(agents=agents("a1", "a2"))


def test_an_email_is_read_answered_and_sent_on() -> None:
    driver = made()
    url = "https://files.example/1"
    ref = driver.simulate(
        "inbound_email", address="c@example.org", subject="Refund", body_url=url, agent="a1"
    ).ref
    assert ref is not None
    driver.did("a1", accept(ref))
    interaction_id = InteractionId(ref)
    driver.did("a1", c.ReplyEmail(interaction_id=interaction_id, text="Done"))
    driver.did("a1", c.ForwardEmail(interaction_id=interaction_id, destination="b@example.org", text="FYI"))
    said = [one.message for one in driver.log if isinstance(one, MessageObserved)]
    assert [(one.author, one.subject, one.text, one.body_url) for one in said] == [
        (Author.CUSTOMER, "Refund", "", url),
        (Author.AGENT, "Re: Refund", "Done", ""),
        (Author.AGENT, "Fwd: Refund", "FYI", ""),
    ]


def test_who_writes_is_shown_until_it_is_written() -> None:
    driver = made()
    ref = driver.simulate("inbound_chat", address="web-1", agent="a1").ref
    assert ref is not None
    driver.did("a1", accept(ref))

    def types() -> bool:
        parties = driver.seen[ref].parties
        assert isinstance(parties, tuple)
        return parties[0].typing

    driver.simulate("remote_typing", ref)
    assert types()
    driver.simulate("remote_message", "thanks", ref)
    assert not types()


def test_what_is_sent_is_answered_with_the_id_of_its_message() -> None:
    driver = made()
    ref = driver.simulate("inbound_chat", address="web-1", agent="a1").ref
    assert ref is not None
    driver.did("a1", accept(ref))
    done = driver.did("a1", c.SendChat(interaction_id=InteractionId(ref), text="hello"))
    told = driver.log[-1]
    assert isinstance(told, MessageObserved)
    assert done.data == {"message_id": told.message.id}


def test_what_becomes_known_of_a_contact_that_is_over_is_told() -> None:
    driver = made()
    ref = driver.called()
    driver.did("a1", c.Release(interaction_id=InteractionId(ref)))
    driver.did("a1", c.Complete(interaction_id=InteractionId(ref)))
    driver.simulate("attachment", kind="survey", ref=ref, data={"stars": 5})
    told = driver.log[-1]
    assert isinstance(told, AttachmentsObserved)
    assert (told.ref, told.attachments[0].data) == (ref, {"stars": 5})
