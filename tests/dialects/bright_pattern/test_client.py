"""North: a client that takes us for the vendor's script."""

from dataclasses import replace

import msgspec
import pytest

from adapters.bright_pattern import encode, encode_events
from adapters.bright_pattern.client import BrightPatternClient
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.dialect import Answered, Execute, Follow, Send
from adapters.kit import jsonrpc
from schemas import commands as c
from schemas import events as e
from schemas import queries as q
from schemas.agent import AgentState
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, EventId, InteractionId, PlatformId, QueryId
from schemas.interaction import Direction, Interaction, InteractionState, Media
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode, Failed, Succeeded
from tests.clients import bodies, heard_by
from tests.dialects.bright_pattern.peers import ADA, NOW, Desk, client, interaction, message, session

ENCODE = encode_events.encoder(BrightPatternSettings())


def request(peer: BrightPatternClient, method: str, *params: object) -> Execute | dict[str, object]:
    """The command of a request, or its result if it is answered at once."""
    (out,) = peer.received(jsonrpc.request(1, method, params), NOW)
    return out if isinstance(out, Execute) else result(out)


def result(out: object) -> dict[str, object]:
    assert isinstance(out, Send)
    raw = message(out).result
    assert isinstance(raw, msgspec.Raw)
    return msgspec.json.decode(raw, type=dict[str, object])


def command(asked: Execute | dict[str, object]) -> c.AnyCommand:
    assert isinstance(asked, Execute)
    return asked.command


def name_of_error(answer: Execute | dict[str, object]) -> object:
    assert isinstance(answer, dict)
    return msgspec.convert(answer["error"], dict[str, object])["name"]


def told(peer: BrightPatternClient, event: e.AnyEvent) -> list[tuple[object, object]]:
    frames = [msgspec.json.decode(frame) for frame in heard_by(peer, ENCODE, event)]
    return [(frame["method"], frame["params"]) for frame in frames]


def focus(one: Interaction, *, focused: bool) -> e.FocusChanged:
    return e.FocusChanged(
        id=EventId("e"),
        time=NOW,
        platform_id=PlatformId("p"),
        part=1,
        interaction=msgspec.structs.replace(one, focused=focused),
    )


def test_client_follows_the_agent_its_token_names() -> None:
    assert BrightPatternClient(BrightPatternSettings(), Desk(), ADA).opened(NOW) == (Follow(ADA),)


def test_every_other_method_needs_a_login() -> None:
    desk = Desk(one=session(state=AgentState.LOGGED_OUT))
    for method in ("getInteractionsState", "getAgentState", "startCall", "acceptInteraction", "getConfig"):
        assert name_of_error(request(client(desk), method, "1")) == "not_logged_in"
    state = request(client(desk), "getLoginState")
    assert isinstance(state, dict)
    assert state["data"] == {"isLoggedIn": False}


def test_client_without_a_name_follows_only_after_a_login_that_went_through() -> None:
    peer = client(Desk(), None)
    asked = request(peer, "login", {"username": "ada", "password": "wrong"})
    assert isinstance(asked, Execute)
    refused = peer.finished(asked.token, Failed(code=ErrorCode.BAD_CREDENTIALS), NOW)
    assert not any(isinstance(one, Follow) for one in refused)
    assert b"ON_SERVER_ERROR" in msgspec.json.encode([message(one) for one in refused])
    asked = request(peer, "login", {"username": "ada", "password": "right"})
    assert isinstance(asked, Execute)
    follow, answer, login = peer.finished(asked.token, Succeeded(), NOW)
    assert follow == Follow(ADA)
    assert result(answer) == {"status": "success", "data": None}
    assert message(login).method == "ON_LOGIN"
    seen = e.AgentLoggedIn(id=EventId("e"), time=NOW, platform_id=PlatformId("p"), agent=session())
    assert told(peer, seen) == []


def test_client_cannot_log_in_somebody_else() -> None:
    peer = client()
    assert (
        name_of_error(request(peer, "login", {"username": "eve", "password": "x"})) == "not_enough_privileges"
    )


def test_login_elsewhere_is_told_as_the_server_error_it_is() -> None:
    peer = client()
    asked = request(peer, "login", {"username": "ada", "password": "x"})
    assert isinstance(asked, Execute)
    missing = Question(kind=NeedInfoKind.CONFIRM, title="Take over?", fields=())
    answer, notice = peer.finished(asked.token, Failed(code=ErrorCode.NEEDS_INFO, missing=missing), NOW)
    assert name_of_error(result(answer)) == "user_already_logged_in"
    assert message(notice).method == "ON_SERVER_ERROR"


@pytest.mark.parametrize("absent", [(), ("",), (None,)], ids=["missing", "empty", "null"])
def test_absent_id_means_the_active_interaction(absent: tuple[object, ...]) -> None:
    assert command(request(client(), "leaveInteraction", *absent)) == c.Release(
        interaction_id=InteractionId("I1")
    )


def test_only_interaction_is_meant_when_none_is_active() -> None:
    desk = Desk(one=session(focused_interaction_id=None), open=[interaction("I3")])
    assert command(request(client(desk), "leaveInteraction")) == c.Release(interaction_id=InteractionId("I3"))
    both = replace(desk, open=[interaction("I3"), interaction("I4")])
    assert name_of_error(request(client(both), "leaveInteraction")) == "no_interaction"


def test_interaction_of_another_agent_is_none() -> None:
    desk = Desk(open=[interaction("I1", agent_id=AgentId("eve"))])
    assert name_of_error(request(client(desk), "leaveInteraction", "I1")) == "no_interaction"


@pytest.mark.parametrize(
    ("method", "params", "named"),
    [
        ("setCallHold", ("yes",), "state"),
        ("sendDtmf", (5,), "dtmf"),
        ("setVariable", ("k",), "value"),
        ("setAgentState", ("busy",), "state"),
        ("setAgentState", ("not_ready", "Golf"), "notReadyReason"),
        ("startCall", ("1", {"id": 5}), "associatedObjects"),
        ("getDispositionsList", (), "target"),
        ("leaveInteraction", (5,), "interactionId"),
        ("login", ("ada", "x", "acme"), "loginData"),
    ],
)
def test_wrong_argument_is_named(method: str, params: tuple[object, ...], named: str) -> None:
    answer = request(client(), method, *params)
    assert name_of_error(answer) == "invalid_args"
    assert named in str(answer)


def test_named_parameters_are_refused_and_broken_frames_are_malformed() -> None:
    peer = client()
    (out,) = peer.received(b'{"jsonrpc":"2.0","id":1,"method":"startCall","params":{"phone":"1"}}', NOW)
    assert name_of_error(result(out)) == "invalid_request"
    with pytest.raises(MalformedFrame):
        peer.received(b'{"jsonrpc":"2.0","id":1,"meth', NOW)
    assert isinstance(request(peer, "getLoginState"), dict)


def test_disposition_set_after_the_refusal_rides_with_the_next_try() -> None:
    peer = client()
    asked = request(peer, "completeInteraction")
    assert isinstance(asked, Execute)
    missing = Question(kind=NeedInfoKind.DISPOSITION, title="How?", fields=())
    peer.finished(asked.token, Failed(code=ErrorCode.NEEDS_INFO, missing=missing), NOW)
    assert isinstance(command(request(peer, "setDisposition", "Refund")), c.SetDisposition)
    again = command(request(peer, "completeInteraction"))
    assert again.answers == {"disposition": "Refund"}


def test_service_set_after_the_refusal_rides_with_the_next_try() -> None:
    peer = client()
    asked = request(peer, "startCall", "2002")
    assert isinstance(asked, Execute)
    field = Field(key="service", type=FieldType.CHOICE, choices=(Choice(id="sv-1", label="Sales"),))
    missing = Question(kind=NeedInfoKind.SERVICE, title="Which?", fields=(field,))
    peer.finished(asked.token, Failed(code=ErrorCode.NEEDS_INFO, missing=missing), NOW)
    services = request(peer, "getServicesList")
    assert isinstance(services, dict)
    assert "sv-1" in str(services["data"])
    request(peer, "setService", "sv-1")
    assert command(request(peer, "startCall", "2002")).answers["service"] == "sv-1"


def test_failed_step_ends_a_method_of_two() -> None:
    peer = client()
    asked = request(peer, "leaveAndCompleteInteraction")
    assert isinstance(asked, Execute)
    (answer,) = peer.finished(asked.token, Failed(code=ErrorCode.WRONG_STATE), NOW)
    assert name_of_error(result(answer)) == "not_suitable_state"
    assert peer.finished(asked.token, Succeeded(), NOW) == ()


# --- the active interaction


def test_focus_that_moves_is_announced_once() -> None:
    desk = Desk()
    peer = client(desk)
    desk.one = session(focused_interaction_id=InteractionId("C1"))
    left, gained = interaction("I1"), interaction("C1")
    assert told(peer, focus(left, focused=False)) == []
    assert told(peer, focus(gained, focused=True)) == [("ON_ACTIVE_INTERACTION_SWITCHED", ["C1"])]
    updated = e.AgentUpdated(id=EventId("e"), time=NOW, platform_id=PlatformId("p"), agent=desk.one)
    assert told(peer, updated) == []


def test_focus_is_not_announced_of_what_the_client_has_not_been_told_of() -> None:
    desk = Desk()
    peer = client(desk)
    gone, new = (
        interaction("I1", state=InteractionState.COMPLETED, refs={}),
        interaction("N1", focused=True, refs={}),
    )
    desk.open[:] = [new]
    desk.one = session(focused_interaction_id=new.id)  # behind a journal, the view is ahead of the events
    completed = e.InteractionCompleted(
        time=NOW, platform_id=PlatformId("p"), sequence=9, part=1, interaction=gone
    )
    over = told(peer, completed)
    assert over[-1] == ("ON_ACTIVE_INTERACTION_SWITCHED", [None])
    (created,) = told(
        peer, e.InteractionCreated(time=NOW, platform_id=PlatformId("p"), sequence=1, interaction=new)
    )
    assert created[0] == "ON_NEW_INTERACTION"
    assert told(peer, focus(new, focused=True)) == [("ON_ACTIVE_INTERACTION_SWITCHED", ["N1"])]


def test_a_call_out_that_is_passed_on_is_an_offer_to_whom_it_rings() -> None:
    peer = client(Desk())
    offered = interaction("N1", direction=Direction.OUTBOUND, state=InteractionState.ALERTING, refs={})
    event = e.InteractionCreated(
        id=EventId("e"), time=NOW, platform_id=PlatformId("p"), sequence=1, interaction=offered
    )
    ((_, params),) = told(peer, event)
    (data,) = msgspec.convert(params, tuple[dict[str, object]])
    assert (data["state"], data["callDirection"]) == ("delivery_pending", "inbound")


def test_focus_that_nothing_gets_is_null() -> None:
    desk = Desk()
    peer = client(desk)
    desk.one = session(focused_interaction_id=None)
    assert told(peer, focus(interaction("I1"), focused=False)) == [("ON_ACTIVE_INTERACTION_SWITCHED", [None])]
    assert told(peer, focus(interaction("I1"), focused=False)) == []


def test_completed_interaction_does_not_stay_active() -> None:
    desk = Desk()
    peer = client(desk)
    desk.one, desk.open = session(focused_interaction_id=None), []
    done = interaction("I1", state=InteractionState.COMPLETED)
    event = e.InteractionCompleted(
        id=EventId("e"), time=NOW, platform_id=PlatformId("p"), sequence=9, interaction=done
    )
    _, *methods = [method for method, _ in told(peer, event)]
    assert methods == ["ON_INTERACTION_REMOVED", "ON_ACTIVE_INTERACTION_SWITCHED"]


def test_active_id_is_always_among_the_listed() -> None:
    desk = Desk(open=[interaction("I1", media=Media.WORK_ITEM), interaction("I2")])
    state = request(client(desk), "getInteractionsState")
    assert isinstance(state, dict)
    data = msgspec.convert(state["data"], dict[str, object])
    assert data["activeInteractionId"] is None
    assert len(msgspec.convert(data["interactions"], list[object])) == 1


# --- questions of the platform

I1, QID = InteractionId("I1"), QueryId("q")


@pytest.mark.parametrize(
    ("query", "event", "answer", "meant"),
    [
        (q.TransferData(id=QID, interaction_id=I1), "ON_REQUEST_TRANSFER_DATA", {"k": 1}, {"data": {"k": 1}}),
        (q.KnowledgeFolder(id=QID), "ON_GET_KNOWLEDGE_BASE_FOLDER", None, {}),
        (
            q.KnowledgeSearch(id=QID, text="t"),
            "ON_SEARCH_KNOWLEDGE_BASE",
            [{"id": "k", "text": "old generation"}],
            {"items": [{"id": "k", "text": "old generation"}]},
        ),
        (
            q.KnowledgeArticle(id=QID, article_id="k"),
            "ON_GET_KNOWLEDGE_BASE_ARTICLE",
            {"id": "k", "title": "T", "answer": "A", "notes": "n"},
            {"items": [{"id": "k", "title": "T", "text": "A", "fields": {"notes": "n"}}]},
        ),
        (q.RecordInfo(id=QID, record_id="r"), "ON_REQUEST_RECORD_INFO", None, {}),
        (
            q.RecordOnScreen(id=QID),
            "ON_REQUEST_RECORD_ON_SCREEN",
            {"id": "r", "type": "case", "displayName": "C", "displayType": "Case"},
            {"record": {"id": "r", "type": "case", "display_name": "C", "display_type": "Case"}},
        ),
        (
            q.ValidateRecords(id=QID, interaction_id=I1),
            "ON_VALIDATE_ASSOCIATED_RECORDS",
            {"valid": False, "message": "no"},
            {"yes": False, "message": "no"},
        ),
        (
            q.SaveActivity(id=QID, interaction=interaction("I1")),
            "ON_SAVE_ACTIVITY_RECORD",
            {"id": "act-1", "caseId": "c"},
            {"record": {"id": "act-1", "type": "activity", "fields": {"caseId": "c"}}},
        ),
        (q.ScreenPop(id=QID, url="u"), "ON_WEB_SCREEN_POP_CUSTOM", None, {"yes": False}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_query_is_asked_and_its_answer_read(
    query: q.AnyQuery, event: str, answer: object, meant: object
) -> None:
    peer = client()
    (sent,) = peer.ask(query)
    asked = message(sent)
    assert asked.method == event
    assert isinstance(asked.id, int)
    (out,) = peer.received(jsonrpc.response(asked.id, answer), NOW)
    assert isinstance(out, Answered)
    said = msgspec.json.decode(msgspec.json.encode(out.answer), type=dict[str, object])
    assert {key: value for key, value in said.items() if key not in ("type", "query_id")} == meant
    assert out.answer.query_id == "q"
    assert peer.received(jsonrpc.response(asked.id, answer), NOW) == ()


@pytest.mark.parametrize(
    "response", [jsonrpc.response(1, "perhaps"), jsonrpc.failure(1, -32603, "x")], ids=["rubbish", "error"]
)
def test_answer_of_a_wrong_type_or_none_is_no_opinion_and_the_client_lives(response: bytes) -> None:
    peer = client()
    (sent,) = peer.ask(q.ScreenPop(id=QID))
    assert message(sent).id == 1
    assert peer.received(response, NOW) == (Answered(q.NoOpinion(query_id=QID)),)
    assert peer.received(response, NOW) == ()
    assert isinstance(request(peer, "getLoginState"), dict)


def test_activity_of_nothing_is_not_asked_about() -> None:
    assert client().ask(q.SaveActivity(id=QID)) == ()


def test_unknown_event_of_the_same_dialect_is_passed_on_untouched() -> None:
    frame = b'{"jsonrpc":"2.0","method":"ON_SOMETHING_NEW","params":[1]}'
    event = e.VendorUnrecognised(
        id=EventId("e"),
        time=NOW,
        platform_id=PlatformId("p"),
        name="ON_SOMETHING_NEW",
        vendor=e.VendorFrame(dialect="bright_pattern", frame=msgspec.Raw(frame)),
    )
    assert bodies(ENCODE, event) == [frame]
    foreign = msgspec.structs.replace(event, vendor=e.VendorFrame(dialect="other", frame=msgspec.Raw(frame)))
    assert bodies(ENCODE, foreign) == []


def test_every_failure_has_a_word() -> None:
    peer = client()
    for code in ErrorCode:
        asked = request(peer, "acceptInteraction")
        assert isinstance(asked, Execute)
        (answer,) = peer.finished(asked.token, Failed(code=code), NOW)
        assert result(answer)["status"] == "error"


def test_extras_of_another_platform_are_no_members_of_ours() -> None:
    theirs = {
        "type": "T",
        "duration": 9,
        "email": "e",
        "interactionKind": "k",
        "callDirection": "d",
        "agentId": "x",
    }
    plain, odd = interaction("I1", refs={}), interaction("I1", refs={}, extras=theirs)
    settings = BrightPatternSettings()
    assert encode.interaction(odd, settings) == encode.interaction(plain, settings)


def test_an_own_extension_that_only_the_directory_told_is_no_number_to_call() -> None:
    peer = client()
    (out,) = peer.received(jsonrpc.request(1, "startCall", ("2001",)), NOW)
    assert isinstance(out, Execute)  # nobody has said whose that is
    (listing,) = peer.received(jsonrpc.request(2, "getTeams", ()), NOW)
    assert isinstance(listing, Execute)
    colleagues = [{"id": "ada", "address": "2001"}, {"id": "bob", "address": "2002"}]
    entries = [{"name": one["id"], "kind": "agent", **one} for one in colleagues]
    peer.finished(listing.token, Succeeded(data=entries), NOW)
    for method, number in (("startCall", "2001"), ("consultCall", " 2001 "), ("blindTransfer", "2001")):
        (refused,) = peer.received(jsonrpc.request(3, method, (number,)), NOW)
        assert isinstance(refused, Send)
        assert b"self_call" in refused.frame
    (other,) = peer.received(jsonrpc.request(4, "startCall", ("2002",)), NOW)
    assert isinstance(other, Execute)
