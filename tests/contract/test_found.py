"""Frames that once broke a connection: found by the tests beside this one, kept as they are."""

from typing import Final

import msgspec

from adapters.dialect import Call, Send
from adapters.genesys_wwe.connection import Connection
from adapters.genesys_wwe.settings import Settings
from schemas.ids import AgentId
from schemas.observations import InteractionObserved
from tests.dialects.softswitch.driver import START

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
        (seen,) = connection.received(frame, START)
        assert isinstance(seen, InteractionObserved)
        assert seen.created_at is msgspec.UNSET
