"""Owed by every dialect whose API lives in a page: what ends a handshake ends it with the same codes."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import msgspec
import pytest

from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ANSWER_WITHIN, Close, ErasedDialect, LinkKind, PlatformConnection, Send
from adapters.kit import jsonrpc
from adapters.kit.handshake import MAX_HELD
from adapters.registry import DIALECTS
from schemas.errors import MalformedFrame
from schemas.ids import AgentId
from tests.architecture import ROOT

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
EVENT: Final = jsonrpc.notification("newer than our manual", ({},))

pages = pytest.mark.parametrize(
    "dialect", [one for one in DIALECTS if one.link is LinkKind.RELAY], ids=lambda one: one.name
)


def opened(dialect: ErasedDialect, agent: AgentId | None = None) -> PlatformConnection:
    connection = dialect.platform_connection(dialect.settings(), agent)
    assert any(isinstance(one, Send) for one in connection.opened(NOW))
    return connection


def codes(outputs: Sequence[object]) -> list[CloseCode]:
    return [one.code for one in outputs if isinstance(one, Close)]


@pages
def test_a_page_that_talks_and_does_not_say_whose_it_is_is_tried_again(dialect: ErasedDialect) -> None:
    connection = opened(dialect)
    for _ in range(MAX_HELD):
        assert not connection.received(EVENT, NOW)
    assert codes(connection.received(EVENT, NOW)) == [CloseCode.TRY_AGAIN]


@pages
def test_a_page_that_does_not_answer_is_tried_again(dialect: ErasedDialect) -> None:
    connection = opened(dialect, AgentId("ada"))
    assert codes(connection.advance(NOW + ANSWER_WITHIN)) == [CloseCode.TRY_AGAIN]


@pages
def test_a_page_of_nobody_is_to_come_with_another_token(dialect: ErasedDialect) -> None:
    connection = dialect.platform_connection(dialect.settings(), None)
    calls = [msgspec.json.decode(one.frame)["id"] for one in connection.opened(NOW) if isinstance(one, Send)]
    closed: list[CloseCode] = []
    for call in calls:
        with suppress(MalformedFrame):  # one answer for all of them, that says nothing
            answer = jsonrpc.response(call, {"status": "success", "data": {}})
            closed += codes(connection.received(answer, NOW))
    assert closed == [CloseCode.NOBODY]


def test_the_manual_lists_every_code() -> None:
    manual = (ROOT / "docs/integrate/stream.md").read_text()
    listed = {int(code) for code in re.findall(r"^\| (\d{4}) \|", manual, re.MULTILINE)}
    assert {int(code) for code in CloseCode} <= listed
