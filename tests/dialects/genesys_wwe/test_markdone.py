"""North: the block on mark-done: its limit, its events, and who is told when it is tried all the same."""

import msgspec
import pytest

from adapters.contract.dialect import Execute, Send
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.encode import event_encoder
from adapters.genesys_wwe.settings import Settings
from schemas.commands import BlockCompletion, Complete
from schemas.events import CompletionBlockChanged
from schemas.ids import InteractionId, PlatformId
from schemas.results import ErrorCode, Failed
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.genesys_wwe import stage

LIMITED = Settings(block_markdone_timeout_ms=20_500)


@pytest.mark.parametrize(("settings", "limit_s"), [(Settings(), 0.0), (LIMITED, 20.5)])
def test_a_client_s_block_stands_as_long_as_the_administrator_says(
    settings: Settings, limit_s: float
) -> None:
    client = stage.client(stage.interaction(), settings=settings)
    [execute] = stage.ask(client, "interaction.blockMarkdone", "i4", "Save first")
    assert isinstance(execute, Execute)
    assert execute.command == BlockCompletion(
        interaction_id=InteractionId("i4"), message="Save first", limit_s=limit_s
    )


@pytest.mark.parametrize(
    ("members", "event_type"),
    [
        ({"completion_blocked": "Save first"}, "MARKDONE_BLOCKED"),
        ({"completion_blocked": "Save first", "completion_blocked_until": stage.NOW}, "MARKDONE_BLOCKED"),
        ({"completion_blocked_until": stage.NOW}, "MARKDONE_BLOCK_TIMEOUT"),
        ({}, "MARKDONE_UNBLOCKED"),
    ],
)
def test_the_end_of_a_block_says_whether_it_was_lifted_or_its_time_was_over(
    members: dict[str, object], event_type: str
) -> None:
    one = stage.interaction("i4", **members)
    event = CompletionBlockChanged(time=stage.NOW, platform_id=PlatformId("p"), part=1, interaction=one)
    [frame] = bodies(event_encoder(Settings()), event)
    told = msgspec.json.decode(frame)
    assert (told["method"], told["params"][0]["eventType"]) == ("markdone", event_type)
    assert told["params"][0]["interactionId"] == "i4"


def refused(client: Client, code: ErrorCode) -> list[Json]:
    """What the client gets for a mark-done that ends so."""
    [execute] = stage.ask(client, "interaction.markdone", "i4")
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, Complete)
    outputs = client.finished(execute.token, Failed(code=code, message="Save first"), stage.NOW)
    return [msgspec.json.decode(one.frame) for one in outputs if isinstance(one, Send)]


def blocked_client(*channels: str) -> Client:
    client = stage.client(stage.interaction(completion_blocked="Save first"))
    if channels:
        stage.ask(client, "subscribe", list(channels))
    return client


def test_who_tries_to_mark_done_what_is_blocked_is_told_of_the_block_after_the_failure() -> None:
    failed, event = refused(blocked_client("interaction", "markdone"), ErrorCode.COMPLETION_BLOCKED)
    assert msgspec.convert(failed, dict[str, Json])["result"] == {"errorMessage": "Save first"}
    data = {"eventType": "MARKDONE_BLOCKED", "interactionId": "i4", "warningMessage": "Save first"}
    assert event == msgspec.json.decode(stage.event("markdone", data))


@pytest.mark.parametrize(
    ("channels", "code"),
    [
        ((), ErrorCode.COMPLETION_BLOCKED),
        (("interaction",), ErrorCode.COMPLETION_BLOCKED),
        (("markdone",), ErrorCode.WRONG_STATE),
    ],
)
def test_who_did_not_subscribe_or_failed_for_another_reason_gets_the_failure_alone(
    channels: tuple[str, ...], code: ErrorCode
) -> None:
    assert len(refused(blocked_client(*channels), code)) == 1
