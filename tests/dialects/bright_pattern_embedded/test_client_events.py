"""North: what such a page is told of what happens."""

from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace

from adapters.bright_pattern.embedded.client import Client
from adapters.bright_pattern.embedded.encode import event_encoder
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.bright_pattern.embedded.tables import NAME
from schemas import events as e
from schemas.ids import AgentId, PlatformId
from schemas.interaction import Direction, Disposition, Interaction, InteractionState, Media
from schemas.values import Json
from tests.clients import bodies, heard_by
from tests.dialects.bright_pattern_embedded import stage
from tests.dialects.bright_pattern_embedded.stage import AGENT, NOW

ENCODE = event_encoder(EmbeddedSettings())


def happened(kind: Callable[..., e.AnyEvent], one: Interaction) -> e.AnyEvent:
    return kind(time=NOW, platform_id=PlatformId("p"), agent_id=one.agent_id, interaction=one)


def names(client: Client, event: e.AnyEvent) -> list[str]:
    return [msgspec.json.decode(frame)["method"] for frame in heard_by(client, ENCODE, event)]


def data(frame: bytes) -> dict[str, Json]:
    [one] = msgspec.json.decode(frame)["params"]
    return dict(one)


def test_events_of_another_agent_are_not_told() -> None:
    one = stage.interaction(agent_id="lee")
    assert names(stage.client(), happened(e.InteractionHeld, one)) == []


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"direction": Direction.INBOUND}, "_I_CALL_ANSWERED"),
        ({"direction": Direction.UNKNOWN}, "_I_CALL_ANSWERED"),
        ({"direction": Direction.OUTBOUND}, "_O_CALL_CONNECTED"),
        ({"direction": Direction.INTERNAL, "dnis": "102", "remote_address": "102"}, "_O_CALL_CONNECTED"),
        ({"direction": Direction.INTERNAL, "dnis": "101", "remote_address": "102"}, "_I_CALL_ANSWERED"),
    ],
)
def test_who_began_a_call_decides_the_word(members: dict[str, str], word: str) -> None:
    one = replace(stage.interaction(focused=True), **members)
    assert names(stage.client(), happened(e.InteractionConnected, one)) == [word]


def test_what_is_no_call_has_no_events_of_calls() -> None:
    chat = stage.interaction(media=Media.CHAT, state="completed", focused=True)
    client = stage.client()
    for kind in (e.InteractionAlerting, e.InteractionConnected, e.InteractionEnded, e.InteractionUpdated):
        assert names(client, happened(kind, chat)) == []
    assert names(client, happened(e.InteractionCompleted, chat)) == ["INTERACTION_COMPLETED"]


def test_a_contact_is_rendered_once_where_no_platform_says_what_is_in_front() -> None:
    client, one = stage.client(), stage.interaction(direction="inbound")
    assert names(client, happened(e.InteractionAlerting, one)) == ["_I_CALL_OFFERED"]
    rendered = ["_I_CALL_ANSWERED", "INTERACTION_RENDERED"]
    assert names(client, happened(e.InteractionConnected, one)) == rendered
    assert names(client, happened(e.InteractionConnected, one)) == rendered[:1]


def test_a_contact_that_the_platform_puts_in_front_is_rendered_when_it_does() -> None:
    client, one = stage.client(), stage.interaction(focused=True)
    assert names(client, happened(e.InteractionConnected, one)) == ["_I_CALL_ANSWERED"]
    assert names(client, happened(e.FocusChanged, one)) == ["INTERACTION_RENDERED"]
    away = stage.interaction(focused=False)
    assert names(client, happened(e.FocusChanged, away)) == []
    assert names(client, happened(e.InteractionConnected, away)) == ["_I_CALL_ANSWERED"]


def test_a_platform_that_says_what_is_in_front_later_does_not_render_it_twice() -> None:
    client, one = stage.client(), stage.interaction(direction="inbound")
    assert "INTERACTION_RENDERED" in names(client, happened(e.InteractionConnected, one))
    assert names(client, happened(e.FocusChanged, replace(one, focused=True))) == []
    assert names(client, happened(e.FocusChanged, one)) == []
    assert names(client, happened(e.FocusChanged, replace(one, focused=True))) == ["INTERACTION_RENDERED"]


def test_a_contact_that_was_there_before_the_page_is_not_rendered_anew() -> None:
    one = stage.interaction(direction="inbound")
    assert names(stage.client(one), happened(e.InteractionConnected, one)) == ["_I_CALL_ANSWERED"]


@pytest.mark.parametrize(("by", "told"), [("code", "S1"), ("name", "Sold")])
def test_the_settings_choose_which_of_a_disposition_is_told(by: str, told: str) -> None:
    one = stage.interaction(state="completed", disposition=Disposition(id="d1", code="S1", name="Sold"))
    encode = event_encoder(EmbeddedSettings.model_validate({"disposition_by": by}))
    [frame] = bodies(encode, happened(e.InteractionCompleted, one))
    assert data(frame)["disposition"] == told


def own(method: str, *params: Json) -> e.VendorFrame:
    return e.VendorFrame(dialect=NAME, frame=msgspec.Raw(stage.event(method, *params)))


def notice(vendor: e.VendorFrame, agent: AgentId = AGENT) -> e.AnyEvent:
    return e.PlatformNotice(
        time=NOW, platform_id=PlatformId("p"), agent_id=agent, code="SCREEN_RECORDING_STATUS", vendor=vendor
    )


def test_what_a_platform_of_this_dialect_says_is_passed_on_with_our_ids() -> None:
    client = stage.client(stage.interaction())
    event = notice(own("SCREEN_RECORDING_STATUS", {"item_id": "17", "recording": "1"}))
    [frame] = heard_by(client, ENCODE, event)
    assert data(frame) == {"item_id": "i17", "recording": "1"}
    foreign = notice(own("SCREEN_RECORDING_STATUS", {"item_id": "99", "recording": "1"}))
    assert heard_by(client, ENCODE, foreign) == []


@pytest.mark.parametrize("params", [(), ([],), ({"recording": "1"},), ("text", 7)])
def test_what_is_about_no_interaction_is_passed_on_as_it_came(params: tuple[Json, ...]) -> None:
    event = e.VendorUnrecognised(
        time=NOW, platform_id=PlatformId("p"), agent_id=AGENT, name="_X", vendor=own("_X", *params)
    )
    frames = heard_by(stage.client(), ENCODE, event)
    assert list(frames) == [stage.event("_X", *params)]


def test_what_another_vendor_s_platform_says_is_not_passed_on() -> None:
    frame = msgspec.Raw(stage.event("SCREEN_RECORDING_STATUS", {"recording": "1"}))
    assert bodies(ENCODE, notice(e.VendorFrame(dialect="genesys_wwe", frame=frame))) == []


def test_a_transfer_that_only_another_dialect_told_of_has_no_word() -> None:
    one = stage.interaction(transferring=True, state=InteractionState.CONNECTED)
    assert bodies(ENCODE, happened(e.InteractionUpdated, one)) == []
