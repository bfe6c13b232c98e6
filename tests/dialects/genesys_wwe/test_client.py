"""North: a host page that takes us for the agent's desktop."""

import msgspec
import pytest

from adapters.contract.dialect import Close, Execute, Follow, Send
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.encode import event_encoder
from adapters.genesys_wwe.methods import UNAVAILABLE
from adapters.genesys_wwe.settings import Settings
from schemas.commands import Mute
from schemas.errors import MalformedFrame
from schemas.events import (
    AnyEvent,
    InteractionAlerting,
    InteractionCompleted,
    InteractionConnected,
    InteractionHeld,
    InteractionMuteChanged,
    InteractionUpdated,
)
from schemas.ids import AgentId, EventId, InteractionId, PlatformId
from schemas.interaction import InteractionState, Media
from schemas.results import ErrorCode, Failed, Succeeded
from tests.clients import bodies, heard_by
from tests.dialects.genesys_wwe import stage

ENCODE = event_encoder(Settings())


def connected(agent: str = "1001") -> AnyEvent:
    return InteractionConnected(
        id=EventId("e"),
        time=stage.NOW,
        platform_id=PlatformId("p"),
        agent_id=AgentId(agent),
        interaction=stage.interaction(),
    )


def error(outputs: list[object]) -> str:
    [answer] = outputs
    assert isinstance(answer, dict)
    assert set(answer) == {"errorMessage"}
    return str(answer["errorMessage"])


def test_a_page_follows_the_agent_of_its_token() -> None:
    assert stage.client().opened(stage.NOW) == [Follow(stage.AGENT)]
    [close] = Client(Settings(), stage.Seen(), None).opened(stage.NOW)
    assert isinstance(close, Close)


def test_nothing_is_told_before_the_subscription_is_answered() -> None:
    client = stage.client()
    assert heard_by(client, ENCODE, connected()) == []
    assert stage.ask(client, "subscribe", ["interaction"]) == [{"subscriptionId": "s-1"}]
    assert heard_by(client, ENCODE, connected()) == bodies(ENCODE, connected())


def test_an_event_comes_once_however_many_subscriptions_match() -> None:
    client = stage.client()
    stage.ask(client, "subscribe", ["interaction", "agent"])
    stage.ask(client, "subscribe", "interaction")
    assert heard_by(client, ENCODE, connected()) == bodies(ENCODE, connected())
    assert stage.ask(client, "unsubscribe", "s-1") == [{"data": None}]
    assert heard_by(client, ENCODE, connected()) == bodies(ENCODE, connected())
    stage.ask(client, "unsubscribe", "s-2")
    assert heard_by(client, ENCODE, connected()) == []


def test_events_of_other_channels_and_other_agents_are_not_told() -> None:
    client = stage.client()
    stage.ask(client, "subscribe", ["markdone", "interaction:x"])
    assert heard_by(client, ENCODE, connected()) == []
    stage.ask(client, "subscribe", ["interaction"])
    assert heard_by(client, ENCODE, connected("1002")) == []


def test_a_subscription_to_nothing_known_fails() -> None:
    assert "chat" in error(stage.ask(stage.client(), "subscribe", ["chat", "channel"]))


def test_an_interaction_that_does_not_exist_is_null_to_a_question_and_a_failure_to_a_command() -> None:
    client = stage.client(
        stage.interaction("foreign", agent_id="1002"), stage.interaction("done", state="completed")
    )
    for name in ("nobody", "foreign"):
        assert stage.ask(client, "interaction.getByInteractionId", name) == [{"data": None}]
        assert name in error(stage.ask(client, "interaction.markdone", name))


def test_the_agent_s_interactions_are_shown_but_not_the_queue() -> None:
    client = stage.client(
        stage.interaction(media=Media.CHAT), stage.interaction("waiting", state=InteractionState.QUEUED)
    )
    [listed] = stage.ask(client, "interaction.getInteractions")
    [one] = msgspec.convert(listed, dict[str, list[dict[str, object]]])["data"]
    assert (one["interactionId"], one["state"], one["media"]) == ("i4", "ACCEPTED", "chat")
    assert "callUuid" not in one
    assert stage.ask(client, "interaction.getByInteractionId", "i4") == [{"data": one}]


def test_the_agent_is_answered_from_what_is_known() -> None:
    client = stage.client()
    [agent] = stage.ask(client, "agent.get")
    assert msgspec.convert(agent, dict[str, dict[str, object]])["data"]["employeeId"] == "1001"
    ready = {"type": "READY", "displayName": "Ready", "operationName": "Ready"}
    assert stage.ask(client, "agent.getState") == [{"data": ready}]
    [states] = stage.ask(client, "agent.getStateList")
    assert states == {
        "data": [
            ready,
            {"type": "NOT_READY", "displayName": "Not ready", "operationName": "NotReady"},
            {"type": "NOT_READY_ACTION_CODE", "displayName": "Lunch", "operationName": "NotReady:lunch"},
        ]
    }
    media = {"media": "voice", "name": "voice", "state": ready}
    assert stage.ask(client, "media.getMediaList") == [{"data": [media]}]
    assert stage.ask(client, "media.getMediaByName", "fax") == [{"data": None}]
    assert stage.ask(client, "sipEndpoint.isMicrophoneMute") == [{"data": False}]
    [services] = stage.ask(client, "system.getAllowedServices")
    assert "voice.dial" in str(services)


@pytest.mark.parametrize("method", sorted(UNAVAILABLE))
def test_a_known_method_without_a_counterpart_says_so(method: str) -> None:
    assert "not available here" in error(stage.ask(stage.client(), method))


@pytest.mark.parametrize("method", ["interaction.getByCaseId", "chat.send", ""])
def test_an_unknown_method_is_named(method: str) -> None:
    assert error(stage.ask(stage.client(), method)).endswith(method)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("interaction.markdone", ()),
        ("interaction.markdone", (4,)),
        ("interaction.setUserData", ("i4", "Segment")),
        ("interaction.consult", ("i4", {"destination": "1"})),
        ("interaction.consult", ("i4", {"type": "ROBOT", "destination": "1"})),
        ("interaction.selectCaseByCaseId", ("no case",)),
        ("agent.setState", ("Dancing",)),
        ("subscribe", ()),
    ],
)
def test_a_wrong_parameter_is_a_failure(method: str, params: tuple[object, ...]) -> None:
    assert error(stage.ask(stage.client(stage.interaction()), method, *params))


def test_keys_that_may_not_be_written_refuse_the_whole_request() -> None:
    settings = Settings(user_data_write_allowed=("Segment", "Notes"), user_data_write_denied=("Notes",))
    client = stage.client(stage.interaction(), settings=settings)
    for key in ("Price", "Notes"):
        failed = stage.ask(client, "interaction.setUserData", "i4", {"Segment": "Gold", key: "1"})
        assert error(failed) == f"Key not writable: {key}"
        assert error(stage.ask(client, "interaction.deleteUserData", "i4", key))


def test_keys_that_may_not_be_read_are_not_shown() -> None:
    settings = Settings(user_data_read_denied=("Segment",))
    one = stage.interaction(data={"Segment": "Gold", "Price": 1})
    [shown] = stage.ask(stage.client(one, settings=settings), "interaction.getByInteractionId", "i4")
    assert msgspec.convert(shown, dict[str, dict[str, object]])["data"]["userData"] == {"Price": 1}
    [frame] = bodies(event_encoder(settings), msgspec.structs.replace(connected(), interaction=one))
    assert b"Segment" not in frame


def test_several_commands_of_one_request_are_answered_once() -> None:
    client = stage.client(stage.interaction(), stage.interaction("i5"))
    [first] = stage.ask(client, "sipEndpoint.muteMicrophone")
    assert isinstance(first, Execute)
    refused = Failed(code=ErrorCode.NOT_ALLOWED, message="no device")
    [second] = client.finished(first.token, refused, stage.NOW)
    assert isinstance(second, Execute)
    assert second.command == Mute(interaction_id=InteractionId("i5"))
    outputs = client.finished(second.token, Succeeded(), stage.NOW)
    assert error([stage.plain(one) for one in outputs]) == "no device"
    assert client.finished(second.token, Succeeded(), stage.NOW) == []


def test_what_cannot_be_otherwise_succeeds_at_once() -> None:
    client = stage.client(stage.interaction())
    assert stage.ask(client, "interaction.deleteUserData", "i4", "absent") == [{"data": None}]
    assert stage.ask(stage.client(), "sipEndpoint.unmuteMicrophone") == [{"data": None}]


def test_a_disposition_that_stands_is_not_asked_for_again() -> None:
    client = stage.client(stage.interaction(disposition={"id": "d1", "name": "Sold"}, notes="x"))
    [execute] = stage.ask(client, "interaction.markdone", "i4")
    assert isinstance(execute, Execute)
    assert execute.command.answers == {"disposition": "d1", "notes": "x"}


def test_a_request_that_wants_no_answer_gets_none() -> None:
    client = stage.client(stage.interaction())
    frame = stage.event("interaction.accept", "i4")
    [execute] = client.received(frame, stage.NOW)
    assert isinstance(execute, Execute)
    assert client.finished(execute.token, Succeeded(), stage.NOW) == []
    assert client.received(stage.event("interaction.accept", "nobody"), stage.NOW) == []


def test_a_frame_that_is_no_request_is_malformed() -> None:
    client = stage.client()
    with pytest.raises(MalformedFrame):
        client.received(b"rubbish", stage.NOW)
    assert isinstance(
        client.received(stage.frame({"jsonrpc": "2.0", "id": 1, "method": "agent.get"}), stage.NOW)[0], Send
    )


def test_open_media_that_are_being_transferred_are_in_that_state() -> None:
    one = stage.interaction(media=Media.CHAT, transferring=True)
    updated = InteractionUpdated(time=stage.NOW, platform_id=PlatformId("p"), interaction=one)
    [frame] = bodies(ENCODE, updated)
    [data] = msgspec.json.decode(frame)["params"]
    assert (data["eventType"], data["interaction"]["state"]) == ("TRANSFERRING", "TRANSFERRING")


@pytest.mark.parametrize(
    ("label", "members"),
    [
        ("REVOKED", {"state": "completed"}),
        ("TRANSFER_COMPLETED", {"state": "completed", "end_cause": "transferred"}),
        ("COMPLETED", {"state": "completed", "connected_at": stage.NOW}),
        ("INVITED_CONFERENCE", {"state": "alerting", "kind": "conference"}),
        ("LEFT_CONFERENCE", {"state": "completed", "end_cause": "conferenced", "connected_at": stage.NOW}),
        ("REVOKED", {"state": "completed", "end_cause": "lost", "connected_at": stage.NOW}),
        ("UNKNOWN", {"state": "dialing"}),
    ],
)
def test_open_media_are_told_under_the_label_of_their_state(label: str, members: dict[str, object]) -> None:
    one = stage.interaction("i4", media=Media.CHAT, **members)
    kind = InteractionCompleted if one.state is InteractionState.COMPLETED else InteractionAlerting
    event = kind(time=stage.NOW, platform_id=PlatformId("p"), interaction=one)
    [frame] = bodies(ENCODE, event)
    [data] = msgspec.json.decode(frame)["params"]
    assert (data["eventType"], data["interaction"]["state"]) == (label, label)


def test_later_parts_of_a_change_are_silent() -> None:
    one = stage.interaction()
    common = {"time": stage.NOW, "platform_id": PlatformId("p"), "interaction": one}
    events: list[AnyEvent] = [
        InteractionHeld(**common),  # type: ignore[arg-type]
        InteractionMuteChanged(**common, part=1),  # type: ignore[arg-type]
    ]
    assert len(bodies(ENCODE, *events)) == 1
