"""Every name in the vendor's documents is accounted for, and what is declared is so."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from adapters.bright_pattern import decode, encode, encode_events, queries, tables, wire
from adapters.bright_pattern.binding import DIALECT
from adapters.bright_pattern.flows import begin
from adapters.bright_pattern.methods import METHODS
from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.capabilities import Support
from adapters.contract.dialect import Asked, Context, Execute, PlatformOutput, Ready, Reply, Send
from adapters.kit import jsonrpc
from schemas import commands as c
from schemas import events as e
from schemas import observations as o
from schemas.agent import AgentState
from schemas.ids import EventId, InteractionId, PlatformId, Ref, SessionId
from schemas.interaction import InteractionState, Party, Record
from schemas.queries import (
    AnyQuery,
    KnowledgeArticle,
    KnowledgeFolder,
    KnowledgeSearch,
    RecordInfo,
    RecordOnScreen,
    SaveActivity,
    ScreenPop,
    TransferData,
    ValidateRecords,
)
from schemas.results import ErrorCode, Failed, Succeeded
from schemas.values import Json
from tests.clients import heard_by
from tests.dialects.bright_pattern.peers import NOW, Desk, client, interaction, message, session


class Names(msgspec.Struct, frozen=True):
    """The names in the documents."""

    methods: tuple[str, ...]
    events: tuple[str, ...]
    errors: tuple[str, ...]
    enums: dict[str, frozenset[str]]


NAMES: Final = msgspec.json.decode(Path(__file__).with_name("reference_names.json").read_bytes(), type=Names)
ROLES: Final = ("south", "north")
OBJECT: Final[dict[str, Json]] = {
    "id": "r1",
    "type": "case",
    "displayName": "4711",
    "displayType": "Case",
    "customFields": {},
}
SNAPSHOT: Final[dict[str, Json]] = {
    "interactionId": "i1",
    "state": "delivered",
    "type": "voice",
    "callParties": [],
    "chatParties": [],
    "callMuted": False,
    "callRecording": False,
    "attachedData": {},
    "internal": False,
}

# One call of each method, as a page would make it (reference 3).
CALLS: Final[dict[str, tuple[Json, ...]]] = {
    **dict.fromkeys(NAMES.methods, ()),
    "login": ({"username": "ada", "password": "x"}, True),
    "setAgentState": ("not_ready", "Lunch"),
    "getTeamMembers": ("Sales",),
    "setService": ("Sales",),
    "setDIDNumber": ("+15550100",),
    "setPhoneDevice": ({"type": "phone_type_external", "phone": "+15550100"},),
    "startCall": ("+15550100", OBJECT),
    "startChat": ("sms", "+15550100", [OBJECT]),
    "startEmail": ("ada@example.com",),
    "switchActiveInteraction": ("I1",),
    "sendChatMessage": ("hello",),
    "suggestChatMessage": ("hello", True, ""),
    "setVariable": ("case", "4711", None),
    "getVariables": (["case"],),
    "addInteractionAssociatedObject": (OBJECT, "I1"),
    "setInteractionActiveScreen": ({"url": "/case/4711"}, "I1"),
    "getDispositionsList": ({},),
    "setDisposition": ("Sold",),
    "setRescheduleWindow": (
        {
            "numberToDial": "+15550100",
            "fromTime": "2026-01-02 09:00:00",
            "untilTime": "2026-01-02 17:00:00",
            "timezoneCode": "Europe/Vienna",
        },
    ),
    "addNote": ("n",),
    "updateNote": ("n",),
    "replaceNote": ("n",),
    "setDialCandidates": (
        [
            {
                "id": "1",
                "displayName": "Ada",
                "phones": [{"number": "+15550100", "type": "mobile"}],
                "associatedObjects": [],
            }
        ],
    ),
    "setCallHold": (True,),
    "setCallMute": (True,),
    "sendDtmf": ("12#",),
    "consultCall": ("101",),
    "transfer": ({"case": "4711"},),
    "blindTransfer": ("101", None, ""),
    "inviteToCallConference": ("101",),
    "removeFromCallConference": ("p1",),
    "inviteToChatConference": ("u1",),
    "removeFromChatConference": ("p1",),
    "leaveAndCompleteInteraction": ("Sold", "n"),
    "setCallRecording": (True,),
    "setCallRecordingMute": (True,),
    "setScreenRecordingMute": (True,),
    "setWidgetMinimized": (True,),
}

# One of each event, as the widget would tell it (reference 4).
TOLD: Final[dict[str, tuple[Json, ...]]] = {
    "ON_LOGIN": ({"isLoggedIn": True, "agentId": "ada"},),
    "ON_LOGOUT": (),
    "ON_AGENT_STATE_CHANGE": ("not_ready", "Lunch"),
    "ON_NEW_INTERACTION": (SNAPSHOT,),
    "ON_INTERACTION_STATE_CHANGE": (SNAPSHOT,),
    "ON_INTERACTION_REMOVED": (SNAPSHOT,),
    "ON_ACTIVE_INTERACTION_SWITCHED": ("i1",),
    "ON_REQUEST_TRANSFER_DATA": ("i1",),
    "ON_LOAD_TRANSFER_DATA": ("i1", {"case": "4711", "urgent": True}),
    "ON_GET_KNOWLEDGE_BASE_FOLDER": ({},),
    "ON_SEARCH_KNOWLEDGE_BASE": ("refund",),
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": ("a1",),
    "ON_OPEN_RECORD": (OBJECT, "i1", {"inNewTab": True, "source": "user"}),
    "ON_SEARCH_RECORDS": ({"text": "Ada", "types": ["contact"]}, "i1", False),
    "ON_SHOW_SCREEN": ({"url": "/case/4711"}, "i1"),
    "ON_REQUEST_RECORD_INFO": ({"id": "r1", "type": "case"},),
    "ON_REQUEST_RECORD_ON_SCREEN": (),
    "ON_VALIDATE_ASSOCIATED_RECORDS": ("i1", {"list": [], "selected": []}),
    "ON_SAVE_ACTIVITY_RECORD": (SNAPSHOT,),
    "ON_WEB_SCREEN_POP_CUSTOM": ("i1", {"action": "OPEN_WEB_PAGE", "url": "https://example.com"}),
    "ON_SCREEN_RECORDING_STATE_CHANGE": ({"allowed": True, "active": True, "muted": False},),
    "ON_WIDGET_MINIMIZED_CHANGE": (True,),
    "ON_SERVER_ERROR": ({"code": 200, "name": "sip_server_error", "timestamp": 0},),
    "ON_SOFTPHONE_STATUS_CHANGE": (False, "no microphone"),
    "ON_AUDIO_DEVICE_CHANGE": ("headset", None),
    "ON_PHONE_CAPABILITIES_CHANGE": (
        {"canDial": True, "canAnswer": False, "canHold": False, "canRetrieve": False},
    ),
    "ON_CALL_AUDIO_QUALITY_ALERT": ("c1", True),
    "ON_SUMMARY_GENERATION_STARTED": ("i1",),
    "ON_SUMMARY_GENERATION_COMPLETED": (
        {"interactionId": "i1", "success": True, "topics": [{"name": "Reason", "value": "refund"}]},
    ),
}
ABOUT: Final = InteractionId("I1")
QUERIES: Final[dict[str, AnyQuery]] = {
    "ON_REQUEST_TRANSFER_DATA": TransferData(interaction_id=ABOUT),
    "ON_GET_KNOWLEDGE_BASE_FOLDER": KnowledgeFolder(),
    "ON_SEARCH_KNOWLEDGE_BASE": KnowledgeSearch(text="refund"),
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": KnowledgeArticle(article_id="a1"),
    "ON_REQUEST_RECORD_INFO": RecordInfo(record_id="r1", record_type="case"),
    "ON_REQUEST_RECORD_ON_SCREEN": RecordOnScreen(),
    "ON_VALIDATE_ASSOCIATED_RECORDS": ValidateRecords(records=(Record(id="r1", type="case"),)),
    "ON_SAVE_ACTIVITY_RECORD": SaveActivity(interaction=interaction("I1")),
    "ON_WEB_SCREEN_POP_CUSTOM": ScreenPop(action="OPEN_WEB_PAGE"),
}


def page() -> BrightPatternPlatform:
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    answers: dict[int, Json] = {
        -1: {"isLoggedIn": True, "agentId": "ada"},
        -2: {"state": "ready", "reservedForIncomingInteraction": False},
        -3: [],
        -4: {"activeInteractionId": None, "interactions": [SNAPSHOT]},
    }
    told: list[PlatformOutput] = []
    for number, data in answers.items():
        told += platform.received(jsonrpc.response(number, {"status": "success", "data": data}), NOW)
    assert told[-1] == Ready()
    return platform


@pytest.mark.parametrize("role", ROLES)
def test_every_name_in_the_documents_is_accounted_for_and_no_other(role: str) -> None:
    known = DIALECT.vocabulary[role]
    assert set(known.methods) == set(NAMES.methods) == set(METHODS)
    assert set(known.events) == set(NAMES.events)
    assert set(known.errors) == set(NAMES.errors)
    assert (len(known.methods), len(known.events), len(known.errors)) == (60, 29, 38)
    for word in (*known.methods.values(), *known.events.values(), *known.errors.values()):
        assert word.note or word.support in (Support.EXACT, Support.FLOW)
        assert word.canonical or word.support is Support.UNSUPPORTED


def test_tables_have_every_word_of_every_enumeration() -> None:
    enums = NAMES.enums
    assert enums["InteractionType"] == set(tables.MEDIA_IN)
    assert enums["InteractionState"] == {*tables.STATE_IN, tables.PENDING}
    assert enums["CallDirection"] == set(tables.DIRECTION_IN)
    assert enums["ChatPartyType"] == set(tables.CHAT_PARTY_IN)
    assert enums["InteractionOrigination"] == tables.ORIGINATIONS
    assert enums["InteractionKind"] >= set(tables.KIND_IN)
    assert enums["AgentState"] == set(tables.AGENT_STATE_IN)
    assert enums["ChatChannelType"] == tables.CHAT_CHANNELS
    assert enums["DispositionType"] == set(tables.DISPOSITION_CATEGORY)


@pytest.mark.parametrize("name", NAMES.methods)
def test_every_method_of_a_page_is_served(name: str) -> None:
    parties = (Party(id="p1"), Party(id="p2"))
    state = AgentState.LOGGED_OUT if name == "openLogin" else AgentState.READY
    peer = client(Desk(one=session(state=state), open=[interaction("I1", parties=parties)]))
    out = peer.received(jsonrpc.request(1, name, CALLS[name]), NOW)
    for one in out:
        if isinstance(one, Send) and isinstance(result := message(one).result, msgspec.Raw):
            assert msgspec.json.decode(result, type=wire.OperationResult).status == "success"
    told = [one.command for one in out if isinstance(one, Execute)]
    canonical = DIALECT.vocabulary["north"].methods[name].canonical.split(", ")
    for command in told:
        looks_up = name in ("getServicesList", "setService") and isinstance(command, c.ListDirectory)
        assert looks_up or c.verb(command) in canonical
    assert told or not set(canonical) & set(c.COMMANDS)


@pytest.mark.parametrize("name", NAMES.methods)
def test_every_method_can_be_called_on_a_platform(name: str) -> None:
    made = begin(c.VendorCall(session_id=SessionId("s"), method=name, params=CALLS[name]), Context())
    call = next(made)
    assert (call.method, call.params) == (name, CALLS[name])
    with pytest.raises(StopIteration):
        made.send(Reply(msgspec.Raw(b'{"status":"success","data":null}')))


@pytest.mark.parametrize("name", NAMES.events)
def test_every_event_of_a_platform_is_understood(name: str) -> None:
    told = page().received(jsonrpc.notification(name, TOLD[name]), NOW)
    assert told
    assert not any(isinstance(one, o.Unrecognised) for one in told)
    canonical = DIALECT.vocabulary["south"].events[name].canonical
    assert any(isinstance(one, Asked) for one in told) == (canonical == "query.requested")
    assert any(isinstance(one, o.Noticed) for one in told) == (canonical == "platform.notice")


def test_every_event_that_waits_is_asked_of_a_page() -> None:
    assert set(QUERIES) == set(queries.READ)
    for name, query in QUERIES.items():
        (sent,) = client().ask(query)
        assert message(sent).method == name


@pytest.mark.parametrize(
    "name", [name for name, word in DIALECT.vocabulary["north"].events.items() if "notice" in word.canonical]
)
def test_what_a_platform_states_reaches_a_page_with_the_ids_it_knows(name: str) -> None:
    frame = jsonrpc.notification(name, TOLD[name])
    seen, *beside = page().received(frame, NOW)
    assert isinstance(seen, o.Noticed)
    assert all(isinstance(one, o.AttachmentsObserved) for one in beside)
    event = e.PlatformNotice(
        id=EventId("e"),
        time=NOW,
        platform_id=PlatformId("p"),
        code=seen.code,
        message=seen.message,
        error=seen.error,
        vendor=e.VendorFrame(dialect=tables.NAME, frame=msgspec.Raw(frame)),
    )
    encode = encode_events.encoder(BrightPatternSettings())
    (told,) = heard_by(client(), encode, event)
    assert message(Send(told)).method == name
    assert b'"i1"' not in told
    assert (b'"I1"' in told) == (b'"i1"' in frame)


@pytest.mark.parametrize("name", NAMES.errors)
def test_every_error_keeps_its_number_and_its_name(name: str) -> None:
    number, _, plain = name.partition(" ")
    refused = wire.ResultError(int(number), plain, "why")
    failed = decode.failure(refused)
    assert DIALECT.vocabulary["south"].errors[name].canonical == f"error {failed.code}"
    assert plain in failed.vendor_code
    assert encode.failure(failed) == refused
    if int(number) >= 100:
        data = wire.ServerErrorData(code=int(number), name=plain)
        noticed = decode.server_error(data, Ref("ada"), msgspec.Raw(b"null"))
        assert tables.SERVER_ERRORS[noticed.code] == int(number)
        assert msgspec.json.decode(encode_events.server_error(noticed.code, "", 0).body)["params"][0][
            "code"
        ] == int(number)


def test_screen_that_a_page_stored_is_shown_again_when_its_interaction_is_active() -> None:
    peer = client()
    peer.received(jsonrpc.request(1, "setInteractionActiveScreen", ({"url": "/1"}, "I1")), NOW)
    encode = encode_events.encoder(BrightPatternSettings())

    def told(name: str) -> list[object]:
        event = e.FocusChanged(
            time=NOW, platform_id=PlatformId("p"), part=1, interaction=interaction(name, focused=True)
        )
        return [message(Send(one)).method for one in heard_by(peer, encode, event)]

    assert told("C1") == ["ON_ACTIVE_INTERACTION_SWITCHED"]
    assert told("I1") == ["ON_ACTIVE_INTERACTION_SWITCHED", "ON_SHOW_SCREEN"]


def test_note_is_updated_where_this_page_added_one_and_added_otherwise() -> None:
    desk = Desk(open=[interaction("I1", notes="first")])
    peer = client(desk)
    (added,) = peer.received(jsonrpc.request(1, "updateNote", ("second",)), NOW)
    assert isinstance(added, Execute)
    assert isinstance(added.command, c.SetNotes)
    assert added.command.notes == "first\nsecond"
    desk.open = [interaction("I1", notes="first\nsecond")]
    (updated,) = peer.received(jsonrpc.request(2, "updateNote", ("third",)), NOW)
    assert isinstance(updated, Execute)
    assert isinstance(updated.command, c.SetNotes)
    assert updated.command.notes == "first\nthird"


def test_conference_is_destroyed_by_dropping_all_but_one_and_leaving() -> None:
    parties = (Party(id="p1"), Party(id="p2"))
    peer = client(Desk(open=[interaction("I1", parties=parties, state=InteractionState.CONNECTED)]))
    (first,) = peer.received(jsonrpc.request(1, "destroyCallConference", (None,)), NOW)
    assert isinstance(first, Execute)
    assert first.command == c.DropParty(party_id="p2", interaction_id=ABOUT)
    (second,) = peer.finished(first.token, Succeeded(), NOW)
    assert isinstance(second, Execute)
    assert second.command == c.Release(interaction_id=ABOUT)
    (answer,) = client().received(jsonrpc.request(1, "destroyCallConference", ("I1",)), NOW)
    assert isinstance(answer, Send)
    assert b"not_suitable_state" in answer.frame


def test_method_passed_on_names_the_interaction_as_its_platform_does() -> None:
    (out,) = client().received(jsonrpc.request(1, "addInteractionAssociatedObject", (OBJECT, "")), NOW)
    assert isinstance(out, Execute)
    assert isinstance(out.command, c.VendorCall)
    assert out.command.params == (OBJECT, "i1")
    assert out.command.interaction_id == ABOUT


def test_method_passed_on_to_a_platform_without_it_is_not_implemented() -> None:
    peer = client()
    (out,) = peer.received(jsonrpc.request(1, "getConfig", ()), NOW)
    assert isinstance(out, Execute)
    (answer,) = peer.finished(out.token, Failed(code=ErrorCode.UNSUPPORTED, message="no such method"), NOW)
    assert isinstance(answer, Send)
    assert b"api_method_not_implemented" in answer.frame


def test_login_refused_in_the_vendors_word_is_told_in_it() -> None:
    peer = client()
    (out,) = peer.received(jsonrpc.request(1, "login", CALLS["login"]), NOW)
    assert isinstance(out, Execute)
    refused = Failed(code=ErrorCode.NOT_ALLOWED, vendor_code="logged_users_limit_reached")
    answer, told = peer.finished(out.token, refused, NOW)
    assert isinstance(answer, Send)
    assert b'"code":112' in answer.frame
    assert message(told).method == "ON_SERVER_ERROR"


def test_chosen_number_and_service_go_with_the_next_call() -> None:
    peer = client()
    for method in ("setDIDNumber", "setService"):
        peer.received(jsonrpc.request(1, method, (CALLS[method])), NOW)
    (out,) = peer.received(jsonrpc.request(1, "startCall", ("+15550100",)), NOW)
    assert isinstance(out, Execute)
    assert isinstance(out.command, c.Dial)
    assert (out.command.caller_id, out.command.answers["service"]) == ("+15550100", "Sales")
