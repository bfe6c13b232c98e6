"""North: which services a host page may call and how often, and what it reads of the options."""

from datetime import timedelta

import msgspec
import pytest

from adapters.contract.dialect import Execute, Send
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.settings import Settings
from schemas.commands import Accept, Reject, SetState
from schemas.interaction import InteractionState
from tests.dialects.genesys_wwe import stage


def answered(client: Client, after_s: float, method: str = "agent.get") -> bool:
    frame = stage.frame({"jsonrpc": "2.0", "id": 1, "method": method, "params": []})
    outputs = client.received(frame, stage.NOW + timedelta(seconds=after_s))
    assert all(isinstance(one, Send) for one in outputs)
    return bool(outputs)


def test_requests_over_the_limit_are_ignored_for_the_length_of_the_quarantine() -> None:
    client = stage.client(settings=Settings(rate_limit=2, rate_limit_quarantine_s=30))
    assert [answered(client, second) for second in (0, 1, 2, 31.5)] == [True, True, False, False]
    assert [answered(client, second) for second in (62, 62, 62)] == [True, True, False]


def test_the_minute_slides() -> None:
    client = stage.client(settings=Settings(rate_limit=2, rate_limit_quarantine_s=1))
    assert [answered(client, second) for second in (0, 50, 61, 62)] == [True, True, True, False]
    assert [answered(client, second) for second in (109, 110)] == [False, True]


def test_a_limit_of_one_service_leaves_the_others_alone() -> None:
    client = stage.client(settings=Settings(rate_limits={"agent.get": 1, "agent.getState": 0}))
    assert [answered(client, 0) for _ in range(2)] == [True, False]
    assert all(answered(client, 0, "agent.getState") for _ in range(5))


def test_a_quarantine_of_no_length_is_for_good() -> None:
    client = stage.client(settings=Settings(rate_limit=1, rate_limit_quarantine_s=0))
    assert [answered(client, second) for second in (0, 1, 1e8)] == [True, False, False]


def test_subscribing_is_neither_counted_nor_listed() -> None:
    client = stage.client(settings=Settings(rate_limit=1, services_allowed=("agent.get",)))
    for _ in range(3):
        assert stage.ask(client, "subscribe", "interaction") != []
    assert answered(client, 0)


@pytest.mark.parametrize(
    ("allowed", "served"),
    [
        (("*",), {"agent.get": True, "voice.dial": True}),
        (("agent.*",), {"agent.get": True, "voice.dial": False}),
        (("voice.dial", "agent.getState"), {"agent.get": False, "voice.dial": True}),
        ((), {"agent.get": False, "voice.dial": False}),
    ],
)
def test_services_are_allowed_by_name_or_namespace(allowed: tuple[str, ...], served: dict[str, bool]) -> None:
    client = stage.client(settings=Settings(services_allowed=allowed))
    for method, permitted in served.items():
        [outcome] = stage.ask(client, method, "1")
        refused = {"errorMessage": f"Service not allowed: {method}"}
        assert (outcome != refused) is permitted
    listed = stage.client(settings=Settings(services_allowed=(*allowed, "system.getAllowedServices")))
    [answer] = stage.ask(listed, "system.getAllowedServices")
    services = msgspec.convert(answer, dict[str, list[str]])["data"]
    assert {method: method in services for method in served} == served


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("voice.auto-answer", {"interaction-workspace": {"voice.auto-answer": "true"}}),
        ("voice.*", {"interaction-workspace": {"voice.auto-answer": "true", "voice.mark-done": "no"}}),
        (
            ["*.mark-done"],
            {"interaction-workspace": {"voice.mark-done": "no", "email.mark-done": "yes"}},
        ),
        ("Mine/*", {"Mine": {"colour": "blue"}}),
        (["Mine/colour", "no.such"], {"Mine": {"colour": "blue"}}),
        ("colour", {}),
        ("Yours/*", {}),
    ],
)
def test_options_are_read_by_selector(selector: object, found: dict[str, dict[str, str]]) -> None:
    settings = Settings(
        options={
            "interaction-workspace": {
                "voice.auto-answer": "true",
                "voice.mark-done": "no",
                "email.mark-done": "yes",
            },
            "Mine": {"colour": "blue"},
        }
    )
    client = stage.client(stage.interaction(), settings=settings)
    expected = [{"data": [{"name": name, "options": options} for name, options in found.items()]}]
    assert stage.ask(client, "configuration.getOption", selector) == expected
    assert stage.ask(client, "configuration.getContextualOption", selector, "i4") == expected
    [refused] = stage.ask(client, "configuration.getContextualOption", selector)
    assert refused == {"errorMessage": "Unknown interaction: "}


def test_a_medium_s_state_is_set_where_it_is_the_only_one() -> None:
    client = stage.client()
    [execute] = stage.ask(client, "media.setState", "voice", "NotReady:lunch")
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, SetState)
    assert execute.command.reason == "lunch"
    [unknown] = stage.ask(client, "media.setState", "fax", "NotReady")
    assert unknown == {"errorMessage": "Unknown media: fax"}


def test_a_record_need_not_be_named_where_only_one_is_shown() -> None:
    client = stage.client(stage.interaction("shown", state=InteractionState.PREVIEW), stage.interaction())
    for params in ((), ("shown",)):
        [execute] = stage.ask(client, "outbound.rejectPreviewRecord", *params)
        assert isinstance(execute, Execute)
        assert execute.command == Reject(interaction_id=stage.interaction("shown").id)
    [execute] = stage.ask(client, "outbound.callPreviewRecord", "shown", 2)
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, Accept)
    [wrong] = stage.ask(client, "outbound.callPreviewRecord", "i4", 2)
    assert wrong == {"errorMessage": "No preview: i4"}


def test_each_connection_is_a_desktop_with_one_frame() -> None:
    client = stage.client()
    assert stage.ask(client, "system.isFrameLeading") == [{"data": True}]
    assert stage.ask(client, "system.isFrameFollowing") == [{"data": False}]
    assert stage.ask(client, "system.triggerActivity") == [{"data": None}]
