"""North: a control panel, and what the library in the page around it asks."""

from collections.abc import Callable

import msgspec
import pytest

from adapters.amazon_connect.client import Client
from adapters.amazon_connect.encode import event_encoder
from adapters.amazon_connect.settings import Settings
from adapters.contract.change import Change
from adapters.contract.dialect import Broadcast, Close, Execute, Follow, Send
from schemas import commands as c
from schemas import events as e
from schemas.agent import AgentState
from schemas.ids import InteractionId, PlatformId, SessionId
from schemas.interaction import Direction, Interaction, InteractionState, Media, Party, PartyRole
from schemas.results import ErrorCode, Failed, Succeeded
from schemas.values import Json
from tests.dialects.amazon_connect import stage
from tests.dialects.amazon_connect.stage import AGENT, NOW

ENCODE = event_encoder(Settings())
CONSULTATION = stage.interaction(
    "i8", consult_of="i7", state="connected", remote_address="+4930999", direction="outbound"
)


class Told(msgspec.Struct):
    """A notification or an answer."""

    method: str = ""
    params: list[Json] = []
    result: dict[str, Json] = {}


def read(frame: bytes) -> Told:
    return msgspec.json.decode(frame, type=Told)


def tell(client: Client, kind: Callable[..., e.AnyEvent], one: Interaction) -> list[Told]:
    event = kind(time=NOW, platform_id=PlatformId("p"), agent_id=AGENT, interaction=one)
    change = Change((event,))
    return [read(frame) for frame in client.change(change, ENCODE(change))]


def snapshot(told: Told) -> dict[str, Json]:
    [update] = told.params
    return msgspec.convert(msgspec.convert(update, dict[str, Json])["snapshot"], dict[str, Json])


def contacts(told: Told) -> list[dict[str, Json]]:
    return msgspec.convert(snapshot(told)["contacts"], list[dict[str, Json]])


def legs(contact: dict[str, Json]) -> list[tuple[str, str, str]]:
    """Id, type and state of each."""
    found = msgspec.convert(contact["connections"], list[dict[str, Json]])
    return [
        (
            str(one["connectionId"]),
            str(one["type"]),
            str(msgspec.convert(one["state"], dict[str, Json])["type"]),
        )
        for one in found
    ]


def state(contact: dict[str, Json]) -> Json:
    return msgspec.convert(contact["state"], dict[str, Json])["type"]


def first_update(*interactions: Interaction, settings: Settings | None = None) -> Told:
    client = Client(settings or Settings(), stage.Seen(*interactions), AGENT)
    follow, update = client.opened(NOW)
    assert follow == Follow(AGENT)
    assert isinstance(update, Send)
    return read(update.frame)


def executed(outputs: object) -> Execute:
    [one] = msgspec.convert(outputs, list[object]) if not isinstance(outputs, list | tuple) else outputs
    assert isinstance(one, Execute)
    return one


def error(outputs: object) -> Json:
    assert isinstance(outputs, list | tuple)
    [one] = outputs
    assert isinstance(one, Send)
    return msgspec.convert(read(one.frame).result["err"], dict[str, Json])["type"]


def test_a_panel_is_told_at_once_how_everything_stands() -> None:
    told = first_update(stage.interaction())
    assert told.method == "agent::update"
    [contact] = contacts(told)
    assert contact["contactId"] == "i7"
    assert contact["attributes"] == {"tier": {"name": "tier", "value": "gold"}}
    [close] = Client(Settings(), stage.Seen(), None).opened(NOW)
    assert isinstance(close, Close)


@pytest.mark.parametrize(
    ("members", "word", "states"),
    [
        ({"state": "alerting", "connected_at": None}, "connecting", ["connecting", "connected"]),
        ({"state": "dialing", "direction": "outbound"}, "connecting", ["connected", "connecting"]),
        ({"state": "connected"}, "connected", ["connected", "connected"]),
        ({"state": "held"}, "connected", ["connected", "hold"]),
        ({"state": "wrap_up", "ended_at": NOW}, "ended", ["disconnected", "disconnected"]),
        ({"state": "wrap_up", "connected_at": None}, "missed", ["disconnected", "disconnected"]),
    ],
)
def test_a_call_is_two_legs_in_the_platforms_words(
    members: dict[str, object], word: str, states: list[str]
) -> None:
    [contact] = contacts(first_update(stage.interaction(**members)))
    assert state(contact) == word
    assert [one for _, _, one in legs(contact)] == states


def test_a_consultation_is_a_leg_of_its_contact() -> None:
    [contact] = contacts(first_update(stage.interaction(state="held"), CONSULTATION))
    assert legs(contact) == [
        ("i7:agent", "agent", "connected"),
        ("i7:initial", "inbound", "hold"),
        ("i8", "outbound", "connected"),
    ]
    [alone] = contacts(first_update(CONSULTATION))
    assert alone["contactId"] == "i8"


def test_a_conference_is_a_leg_more() -> None:
    parties = (
        Party(id="1", role=PartyRole.CUSTOMER, address="+4930123456"),
        Party(id="2", role=PartyRole.AGENT, name="Bob", address="102", user_id="bob"),
    )
    one = stage.interaction(conference=True, parties=parties)
    [contact] = contacts(first_update(one))
    assert [name for name, _, _ in legs(contact)] == ["i7:agent", "i7:initial", "i7:2"]
    client = stage.client(one)
    dropped = executed(stage.ask(client, "destroyConnection", contactId="i7", connectionId="i7:2"))
    assert dropped.command == c.DropParty(interaction_id=InteractionId("i7"), party_id="2")
    dropped = executed(stage.ask(client, "destroyConnection", contactId="i7", connectionId="i7:initial"))
    assert dropped.command == c.DropParty(interaction_id=InteractionId("i7"), party_id="1")


def test_the_poses_of_a_desk_phone() -> None:
    told = first_update(stage.interaction())
    [contact] = contacts(told)
    for one in msgspec.convert(contact["connections"], list[dict[str, Json]]):
        assert one["softphoneMediaInfo"] is None
    [update] = told.params
    configuration = msgspec.convert(
        msgspec.convert(update, dict[str, Json])["configuration"], dict[str, Json]
    )
    assert configuration["softphoneEnabled"] is False


def test_work_items_are_shown_only_where_pages_can_read_them() -> None:
    task = stage.interaction(media=Media.WORK_ITEM)
    assert contacts(first_update(task)) == []
    [shown] = contacts(first_update(task, settings=Settings(tasks=True)))
    assert shown["type"] == "task"


def test_one_change_is_one_update_and_the_same_again_is_none() -> None:
    client = stage.client()
    ringing = stage.interaction(state=InteractionState.ALERTING)
    [told] = tell(client, e.InteractionCreated, ringing)
    assert len(contacts(told)) == 1
    assert tell(client, e.InteractionAlerting, ringing) == []
    [told] = tell(client, e.InteractionCompleted, stage.interaction(state=InteractionState.COMPLETED))
    assert contacts(told) == []


def test_the_microphone_is_told_beside_it() -> None:
    client = stage.client(stage.interaction())
    update, toggled = tell(client, e.InteractionMuteChanged, stage.interaction(muted=True))
    assert update.method == "agent::update"
    assert (toggled.method, toggled.params) == ("agent::mute_toggle", [{"muted": True}])


MAIN = InteractionId("i7")


@pytest.mark.parametrize(
    ("members", "method", "params", "command"),
    [
        ({"state": "alerting"}, "acceptContact", {}, c.Accept(interaction_id=MAIN)),
        ({"state": "alerting"}, "rejectContact", {}, c.Reject(interaction_id=MAIN)),
        (
            {"state": "alerting"},
            "destroyConnection",
            {"connectionId": "i7:agent"},
            c.Reject(interaction_id=MAIN),
        ),
        ({}, "destroyConnection", {"connectionId": "i7:agent"}, c.Release(interaction_id=MAIN)),
        ({}, "destroyConnection", {"connectionId": "i7:initial"}, c.Release(interaction_id=MAIN)),
        (
            {"state": "wrap_up"},
            "destroyConnection",
            {"connectionId": "i7:agent"},
            c.Complete(interaction_id=MAIN),
        ),
        ({"state": "wrap_up"}, "clearContact", {}, c.Complete(interaction_id=MAIN)),
        ({}, "holdConnection", {"connectionId": "i7:initial"}, c.Hold(interaction_id=MAIN)),
        ({}, "muteParticipant", {"connectionId": "i7:agent"}, c.Mute(interaction_id=MAIN)),
        ({}, "mute", {"mute": True}, c.Mute(interaction_id=MAIN)),
        (
            {},
            "sendDigits",
            {"connectionId": "i7:initial", "digits": "12"},
            c.SendDtmf(interaction_id=MAIN, tones="12"),
        ),
        ({}, "toggleActiveConnections", {"connectionId": "i8"}, c.Alternate(interaction_id=MAIN)),
        ({}, "conferenceConnections", {}, c.CompleteConference(interaction_id=MAIN)),
        (
            {},
            "createAdditionalConnection",
            {"endpoint": {"type": "phone_number", "phoneNumber": "sip:+49@host", "agentLogin": None}},
            c.Consult(interaction_id=MAIN, destination="+49"),
        ),
    ],
)
def test_a_request_is_the_command_that_it_is_here(
    members: dict[str, object], method: str, params: dict[str, Json], command: c.AnyCommand
) -> None:
    client = stage.client(stage.interaction(**members))
    given: dict[str, Json] = {"mute": True} if method == "mute" else {"contactId": "i7", **params}
    assert executed(stage.ask(client, method, **given)).command == command


def test_whoever_leaves_while_he_consults_hands_the_call_over() -> None:
    client = stage.client(stage.interaction(state="held"), CONSULTATION)
    left = executed(stage.ask(client, "destroyConnection", contactId="i7", connectionId="i7:agent"))
    assert left.command == c.CompleteTransfer(interaction_id=MAIN)
    back = executed(stage.ask(client, "destroyConnection", contactId="i7", connectionId="i8"))
    assert back.command == c.Release(interaction_id=InteractionId("i8"))


def test_quick_connects_come_back_as_whom_they_reach() -> None:
    client = stage.client(stage.interaction())
    asked = executed(stage.ask(client, "getEndpoints", queueARNs=["q"], nextToken=None, maxResults=500))
    entries: Json = [{"name": "Bob", "address": "102", "kind": "agent"}]
    [answer] = client.finished(asked.token, Succeeded(data=entries), NOW)
    assert isinstance(answer, Send)
    data = msgspec.convert(read(answer.frame).result["data"], dict[str, list[dict[str, Json]]])
    [listed] = data["endpoints"]
    consulted = executed(stage.ask(client, "createAdditionalConnection", contactId="i7", endpoint=listed))
    assert isinstance(consulted.command, c.Consult)
    assert (consulted.command.destination, consulted.command.destination_kind) == ("102", "agent")


def test_states_are_set_by_the_name_that_the_list_has() -> None:
    told = first_update()
    [update] = told.params
    configuration = msgspec.convert(
        msgspec.convert(update, dict[str, Json])["configuration"], dict[str, Json]
    )
    listed = msgspec.convert(configuration["agentStates"], list[dict[str, Json]])
    assert [one["type"] for one in listed] == ["routable", "not_routable", "offline"]
    set_to = [executed(stage.ask(stage.client(), "putAgentState", state=one)).command for one in listed]
    session = SessionId("s")
    assert set_to == [
        c.SetState(session_id=session, state=AgentState.READY, reason="s-1"),
        c.SetState(session_id=session, state=AgentState.NOT_READY, reason="s-2"),
        c.SetState(session_id=session, state=AgentState.NOT_READY),
    ]
    assert error(stage.ask(stage.client(), "putAgentState", state="Available")) == "UnexpectedParameter"
    busy = stage.client(stage.interaction())
    assert error(stage.ask(busy, "putAgentState", state=listed[1])) == "InvalidStateException"
    queued = executed(stage.ask(busy, "putAgentState", state=listed[1], enqueueNextState=True))
    assert queued.command == set_to[1]


@pytest.mark.parametrize(
    ("method", "params", "kind"),
    [
        ("createTransport", {}, "InvalidConfigurationException"),
        ("AgentAppService.VoiceId.describeSession", {}, "InvalidConfigurationException"),
        ("nonsense", {}, "InvalidConfigurationException"),
        ("acceptContact", {"contactId": "nobody"}, "InvalidStateException"),
        ("acceptContact", {}, "UnexpectedParameter"),
        ("holdConnection", {"contactId": "i7", "connectionId": "none"}, "ConnectionNotFound"),
    ],
)
def test_what_is_refused_says_so(method: str, params: dict[str, Json], kind: str) -> None:
    assert error(stage.ask(stage.client(stage.interaction()), method, **params)) == kind


def test_a_failure_is_told_in_the_platforms_words() -> None:
    client = stage.client(stage.interaction())
    asked = executed(stage.ask(client, "conferenceConnections", contactId="i7"))
    failed = client.finished(asked.token, Failed(code=ErrorCode.WRONG_STATE, message="Not now"), NOW)
    assert error(failed) == "InvalidStateException"


def test_pages_hear_of_each_other_what_the_vendors_do_and_no_more() -> None:
    client = stage.client()
    _, told = stage.ask(client, "broadcast", event="contact::accepted::i7", data={"contactId": "i7"})
    assert isinstance(told, Broadcast)
    assert client.overheard(told.frame) == [Send(told.frame.body)]
    assert error(stage.ask(client, "broadcast", event="log", data={})) == "InvalidConfigurationException"


def test_direction_decides_how_a_contact_began() -> None:
    [contact] = contacts(first_update(stage.interaction(direction=Direction.OUTBOUND)))
    assert contact["initiationMethod"] == "outbound"
    assert legs(contact)[1][1] == "outbound"
