"""What once went wrong and belongs to no dialect's own tests: found by the tests beside this one."""

from typing import Final

import msgspec
import pytest
from pydantic import SecretStr

from adapters.channel_session.incontact import completion, numbered
from adapters.channel_session.platform import ChannelSessionConnection
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import Call, Send
from adapters.genesys_wwe.encode import event_encoder
from adapters.genesys_wwe.platform import Connection
from adapters.genesys_wwe.settings import Settings
from schemas.commands import Complete, CompleteTransfer, Consult, SingleStepConference
from schemas.errors import MalformedFrame
from schemas.events import VendorFrame, VendorUnrecognised
from schemas.ids import AgentId, InteractionId, PlatformId
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.observations import InteractionObserved
from tests.clients import bodies
from tests.dialects.softswitch.driver import START, Driver, accept, of

LONG: Final = "9" * 5000  # more digits than Python turns into a number


def test_an_answer_to_an_id_of_very_many_digits_answers_nobody() -> None:
    connection = Connection(Settings(), AgentId("a1"))
    connection.opened(START)
    connection.send(Call(method="voice.hold", params=("1",)), 1)
    assert list(connection.received(b'{"id":"%s","result":{}}' % LONG.encode(), START)) == []


def test_a_start_that_no_calendar_holds_is_no_time() -> None:
    connection = Connection(Settings(), AgentId("a1"))
    for out in connection.opened(START):
        assert isinstance(out, Send)
        asked = msgspec.json.decode(out.frame)
        if asked["method"] == "agent.get":
            connection.received(msgspec.json.encode({"id": asked["id"], "result": {"data": {}}}), START)
    for moment in (2**63, -(2**63), 253402300800000):
        event = {
            "eventType": "X",
            "interaction": {"interactionId": "1", "state": "TALKING", "startDate": moment},
        }
        frame = msgspec.json.encode({"method": "interaction", "params": [event]})
        seen, *_ = connection.received(frame, START)  # and the event, which WWE clients may know
        assert isinstance(seen, InteractionObserved)
        assert seen.created_at is msgspec.UNSET


def signing_in() -> ChannelSessionConnection:
    """A connection whose session a1 is prepared and not started."""
    connection = ChannelSessionConnection(ChannelSessionSettings(agents={"a1": SecretStr("p")}))
    connection.opened(START)
    prepared = b'{"command":"prepareSession","requestId":"1","result":"success","data":{"resourceId":"s"}}'
    connection.received(prepared, START)
    return connection


def test_only_preparing_a_session_can_be_asked_to_be_confirmed() -> None:
    connection = signing_in()
    confirm = b'{"command":"session.start","target":"s","requestId":"2","result":"confirm"}'
    assert not [out for out in connection.received(confirm, START) if isinstance(out, Send)]


def test_an_echo_with_a_number_that_nothing_holds_is_malformed() -> None:
    connection = signing_in()
    for number in (1, 2):
        connection.send(
            Call(method="conversation.senddtmf", params=({"digits": "1"},), target="s.c.i.v"), number
        )
    frame = (
        b'{"command":"conversation.senddtmf","target":"s.c.i.v","result":"success","data":{"digits":1e400}}'
    )
    with pytest.raises(MalformedFrame):
        connection.received(frame, START)


def test_a_disposition_of_very_many_digits_is_a_text() -> None:
    command = Complete(interaction_id=InteractionId("i"), answers={"disposition": LONG})
    assert completion(command) == {"dispositionId": LONG, "notes": ""}
    choice = Choice(id=LONG, label="odd")
    field = Field(key="disposition", type=FieldType.CHOICE, title="Disposition", choices=(choice,))
    asked = Question(kind=NeedInfoKind.DISPOSITION, title="Disposition", fields=(field,))
    assert numbered(asked) == {1: choice}


def test_news_with_parameters_that_are_no_list_is_told_to_no_client() -> None:
    frame = msgspec.Raw(b'{"method":"system","params":"text"}')
    told = VendorUnrecognised(
        time=START,
        platform_id=PlatformId("p"),
        name="system",
        vendor=VendorFrame(dialect="genesys_wwe", frame=frame),
    )
    assert bodies(event_encoder(Settings()), told) == []


def test_a_colleague_who_is_rung_twice_is_not_a_party_to_himself() -> None:
    driver = Driver(early_transfer=True)
    ref = driver.simulate("inbound_email", address="c@example.org", agent="a1").ref
    assert ref is not None
    driver.did("a1", accept(ref))
    driver.did("a1", SingleStepConference(interaction_id=of(ref), destination="102"))
    driver.did("a1", Consult(interaction_id=of(ref), destination="102"))
    driver.did("a1", CompleteTransfer(interaction_id=of(ref)))
    parties = driver.seen[driver.only("a2")].parties
    assert isinstance(parties, tuple)
    assert [party.user_id for party in parties] == [""]
