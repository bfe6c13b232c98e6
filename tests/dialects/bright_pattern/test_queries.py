"""South: what the widget asks of the CRM, and what it gets for an answer."""

import msgspec
import pytest

from adapters.bright_pattern import queries
from adapters.contract.dialect import Asked, Send
from adapters.kit import jsonrpc
from schemas.ids import QueryId
from schemas.queries import RecordAnswer, ValidateRecords, VerdictAnswer
from tests.dialects.bright_pattern.peers import NOW, message, page, tell

ASKED: dict[str, tuple[object, ...]] = {
    "ON_REQUEST_TRANSFER_DATA": ("i-1",),
    "ON_GET_KNOWLEDGE_BASE_FOLDER": ({},),
    "ON_SEARCH_KNOWLEDGE_BASE": ("refund",),
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": ("k-1",),
    "ON_REQUEST_RECORD_INFO": ({"id": "r-1", "type": "case"},),
    "ON_REQUEST_RECORD_ON_SCREEN": (),
    "ON_VALIDATE_ASSOCIATED_RECORDS": ("i-1", {"list": [], "selected": None}),
    "ON_SAVE_ACTIVITY_RECORD": ({"interactionId": "i-1", "state": "completed", "type": "voice"},),
    "ON_WEB_SCREEN_POP_CUSTOM": ("i-1", {"action": "OPEN_WEB_PAGE", "url": "https://x.example"}),
}
DEFAULTS: dict[str, object] = {
    "ON_GET_KNOWLEDGE_BASE_FOLDER": [],
    "ON_SEARCH_KNOWLEDGE_BASE": [],
    "ON_VALIDATE_ASSOCIATED_RECORDS": {"valid": True},
    "ON_WEB_SCREEN_POP_CUSTOM": False,
}


def test_every_answer_needing_event_is_asked() -> None:
    assert set(ASKED) == set(queries.READ)


@pytest.mark.parametrize("event", ASKED)
def test_question_nobody_answers_gets_the_documented_default(event: str) -> None:
    platform = page()
    (told,) = platform.received(jsonrpc.request("q", event, ASKED[event]), NOW)
    assert isinstance(told, Asked)
    assert told.interaction_ref == ("i-1" if "i-1" in str(ASKED[event]) else None)
    (sent,) = platform.answer(told.token, None)
    answer = message(sent)
    assert answer.id == "q"
    assert isinstance(answer.result, msgspec.Raw)
    assert msgspec.json.decode(answer.result) == DEFAULTS.get(event)
    assert platform.answer(told.token, None) == []


def test_veto_reaches_the_widget() -> None:
    platform = page()
    objects = {
        "list": [{"id": "r-1", "type": "case", "displayName": "", "displayType": ""}],
        "selected": ["r-1"],
    }
    frame = jsonrpc.request(3, "ON_VALIDATE_ASSOCIATED_RECORDS", ("i-1", objects))
    (told,) = platform.received(frame, NOW)
    assert isinstance(told, Asked)
    assert isinstance(told.query, ValidateRecords)
    assert [one.selected for one in told.query.records] == [True]
    (sent,) = platform.answer(told.token, VerdictAnswer(query_id=QueryId("x"), yes=False, message="no case"))
    assert message(sent).result is not None
    assert isinstance(sent, Send)
    assert b'{"valid":false,"message":"no case"}' in sent.frame


def test_answer_to_another_question_is_the_default() -> None:
    platform = page()
    (told,) = platform.received(jsonrpc.request(3, "ON_WEB_SCREEN_POP_CUSTOM", ("i-1", {})), NOW)
    assert isinstance(told, Asked)
    (sent,) = platform.answer(told.token, RecordAnswer(query_id=QueryId("x")))
    assert isinstance(sent, Send)
    assert b'"result":false' in sent.frame


def test_widget_that_does_not_wait_gets_no_answer() -> None:
    platform = page()
    (told,) = tell(platform, "ON_SAVE_ACTIVITY_RECORD", *ASKED["ON_SAVE_ACTIVITY_RECORD"])
    assert isinstance(told, Asked)
    assert platform.answer(told.token, None) == []
