"""South: many sessions on one socket, and responses to their requests."""

import msgspec
import pytest
from pydantic import SecretStr

from adapters.channel_session.platform import ChannelSessionConnection
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import Call, Context, Done, Ready, Replied, Reply, Send
from schemas.agent import AgentState
from schemas.commands import ListDirectory, ListDispositions, Login
from schemas.ids import AgentId, PlatformId
from schemas.interaction import InteractionState
from schemas.needinfo import NeedInfoKind, Question
from schemas.observations import (
    AgentObserved,
    DispositionsListed,
    InteractionObserved,
    InteractionsListed,
    Noticed,
)
from schemas.values import Json
from tests.dialects.channel_session.stage import (
    CONTEXT,
    GROUPED,
    I1,
    NOW,
    OK,
    S1,
    V1,
    South,
    answered,
    ringing,
    run,
    stated,
    text,
    told,
)

# --- signing in


def test_ready_at_once_without_agents() -> None:
    assert South().connection.opened(NOW) == [Ready()]


def test_every_configured_agent_is_signed_in_over_one_socket_before_ready() -> None:
    south = South("a1", "a2")
    sent = south.open()
    assert [(one["command"], one["data"]) for one in sent] == [
        ("prepareSession", {"agent": {"id": agent, "password": "p"}, "model": "default", "override": False})
        for agent in ("a1", "a2")
    ]
    (start,) = south.hear(
        msgspec.json.encode(
            {
                "command": "prepareSession",
                "requestId": sent[1]["requestId"],
                "result": "success",
                "data": {"resourceId": "s2"},
            }
        )
    )
    assert isinstance(start, Send)
    assert text(start.frame)["command"] == "session.start"
    assert text(start.frame)["target"] == "s2"
    out = south.hear(answered("session.start", "s2"), told("session.initialized", "s2"))
    assert [type(one) for one in out] == [AgentObserved, InteractionsListed]
    refused = answered("prepareSession", "", "failure", failure={"code": "bad-credentials", "message": "no"})
    notice, ready = south.hear(refused)
    assert isinstance(notice, Noticed)
    assert (notice.agent, notice.code, notice.error) == ("a1", "bad-credentials", True)
    assert ready == Ready()


CONFIRM = b'{"command":"prepareSession","result":"confirm","message":"Take it over?"}'


def test_a_session_from_before_a_restart_is_taken_over_once() -> None:
    south = South("a1")
    south.open()
    (again,) = south.hear(CONFIRM)
    assert isinstance(again, Send)
    assert text(again.frame)["data"] == {
        "agent": {"id": "a1", "password": "p"},
        "model": "default",
        "override": True,
    }
    notice, ready = south.hear(CONFIRM)
    assert isinstance(notice, Noticed)
    assert (notice.agent, notice.code, ready) == ("a1", "confirm", Ready())


def test_a_session_of_somebody_elses_is_left_alone_if_the_operator_says_so() -> None:
    options = ChannelSessionSettings(agents={"a1": SecretStr("p")}, take_over=False)
    connection = ChannelSessionConnection(options)
    connection.opened(NOW)
    notice, ready = connection.received(CONFIRM, NOW)
    assert isinstance(notice, Noticed)
    assert (notice.message, ready) == ("Take it over?", Ready())


def test_a_second_opening_takes_over_only_the_sessions_that_were_ours() -> None:
    south = South("a1", "a2")
    south.open()
    south.hear(b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}')
    data = [one["data"] for one in south.open()]
    assert [isinstance(one, dict) and one["override"] for one in data] == [True, False]


def test_what_was_open_before_the_start_comes_after_the_agent_and_is_listed() -> None:
    south = South("a1")
    south.open()
    south.hear(
        b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}',
        answered("session.start", "s1"),
        told("channel.created", "s1", {"channel": {"id": "c", "type": "Telephony"}}),
        told("interaction.created", "s1.c", {"interaction": {"id": "i9", "type": "Telephony"}}),
        stated("interaction", "s1.c.i9", "STARTED"),
    )
    agent, call, listed, ready = south.hear(told("session.initialized", "s1"))
    assert isinstance(agent, AgentObserved)
    assert agent.refs == {"session": "s1", "channel": "s1.c"}
    assert isinstance(call, InteractionObserved)
    assert call.state is InteractionState.CONNECTED
    assert isinstance(listed, InteractionsListed)
    assert listed.refs == ("s1.c.i9",)
    assert ready == Ready()


def test_login_prepares_and_starts() -> None:
    login = Login(platform_id=PlatformId("p"), agent_id=AgentId("a1"), password="p")
    prepared = Reply(
        msgspec.Raw(b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}')
    )
    calls, outcome = run(login, prepared, OK, context=Context())
    assert [(one.method, one.target) for one in calls] == [("prepareSession", ""), ("session.start", "s1")]
    assert outcome == Done()


@pytest.mark.parametrize(("own", "sent"), [("", {"extension": "77"}), ("301", {"extension": "301"})])
def test_the_call_model_and_the_extension_are_the_operators_unless_the_login_has_one(
    own: str, sent: Json
) -> None:
    options = ChannelSessionSettings(model="blended", extension="77")
    login = Login(platform_id=PlatformId("p"), agent_id=AgentId("a1"), password="p", extension=own)
    flow = ChannelSessionConnection(options).flow(login, Context())
    (data,) = next(flow).params
    assert msgspec.to_builtins(data)["model"] == "blended"
    prepared = msgspec.Raw(b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}')
    start = flow.send(Reply(prepared))
    assert (start.method, start.params) == ("session.start", (sent,))


def test_login_asks_before_it_takes_a_session_over() -> None:
    login = Login(platform_id=PlatformId("p"), agent_id=AgentId("a1"), password="p")
    confirm = Reply(msgspec.Raw(b'{"command":"prepareSession","result":"confirm","message":"Really?"}'))
    _, question = run(login, confirm, context=Context())
    assert isinstance(question, Question)
    assert (question.kind, question.title) == (NeedInfoKind.CONFIRM, "Really?")
    for again in (
        msgspec.structs.replace(login, answers={"confirm": True}),
        msgspec.structs.replace(login, force=True),
    ):
        flow = ChannelSessionConnection(ChannelSessionSettings()).flow(again, Context())
        (data,) = next(flow).params
        assert msgspec.to_builtins(data)["override"] is True


def test_logout_ends_the_session_once() -> None:
    south = ringing()
    south.connection.send(Call(method="session.request.logout", params=({},), target="s1"), 5)
    before = south.see(told("channel.disposed", GROUPED), told("channelgroup.disposed", "s1.grp"))
    assert [one.state for one in before if isinstance(one, AgentObserved)][-1] is AgentState.LOGGED_OUT
    (replied,) = south.hear(answered("session.request.logout", "s1"))
    assert isinstance(replied, Replied)


def test_the_response_to_logout_alone_ends_the_session_too() -> None:
    south = ringing()
    south.connection.send(Call(method="session.request.logout", params=({},), target="s1"), 5)
    gone, replied = south.hear(answered("session.request.logout", "s1"))
    assert isinstance(gone, AgentObserved)
    assert gone.state is AgentState.LOGGED_OUT
    assert isinstance(replied, Replied)


# --- responses


def dtmf(south: South, call_id: int, digits: str) -> str:
    call = Call(method="conversation.senddtmf", params=({"digits": digits},), target=V1)
    return str(text(south.connection.send(call, call_id))["requestId"])


def call_ids(south: South, *sent: bytes) -> list[int]:
    return [out.call_id for out in south.hear(*sent) if isinstance(out, Replied)]


def test_a_request_id_finds_its_request_in_any_order() -> None:
    south = ringing()
    first, second = dtmf(south, 1, "1"), dtmf(south, 2, "1")
    ok = ("conversation.senddtmf", V1, "success")
    assert call_ids(south, answered(*ok, requestId=second), answered(*ok, requestId=first)) == [2, 1]


def test_without_one_the_oldest_with_equal_command_and_target_is_answered() -> None:
    south = ringing()
    for number in (1, 2):
        dtmf(south, number, "1")
    elsewhere = answered("conversation.senddtmf", "s1.grp.voice.i7.v7")
    plain = answered(" conversation.request.senddtmf", V1, data={"digits": "1"})
    assert call_ids(south, elsewhere, plain, plain, plain) == [1, 2]


def test_the_echo_tells_requests_apart() -> None:
    south = ringing()
    for number, digits in ((1, "1"), (2, "2")):
        dtmf(south, number, digits)
    original = {"command": "conversation.senddtmf", "target": V1, "data": {"digits": "2"}}
    failed = answered("conversation.senddtmf", V1, "failure", original=original)
    assert call_ids(south, failed, answered("conversation.senddtmf", V1)) == [2, 1]


def test_a_forgotten_request_is_answered_to_nobody() -> None:
    south = ringing()
    dtmf(south, 1, "1")
    south.connection.forget(1)
    assert call_ids(south, answered("conversation.senddtmf", V1)) == []


@pytest.mark.parametrize("event_first", [False, True])
def test_a_list_told_by_an_event_is_in_the_reply(*, event_first: bool) -> None:
    south = ringing()
    flow = south.connection.flow(ListDispositions(session_id=S1), CONTEXT)
    south.connection.send(next(flow), 1)
    listed = told(
        "channel.externaldispositions.updated", GROUPED, {"dispositions": [{"id": "d1", "name": "Sold"}]}
    )
    ok = answered("channel.request.externaldispositions", GROUPED, data={})
    out = south.hear(*((listed, ok) if event_first else (ok, listed)))
    assert [type(one) for one in out] == [DispositionsListed, Replied]
    assert isinstance(out[1], Replied)
    with pytest.raises(StopIteration) as stopped:
        flow.send(out[1].reply)
    listing: Json = [{"id": "d1", "name": "Sold"}]
    assert stopped.value.value == Done(data=listing, extras={"dispositions": listing})


def test_a_refused_list_is_answered_at_once() -> None:
    south = ringing()
    flow = south.connection.flow(ListDirectory(session_id=S1), CONTEXT)
    south.connection.send(next(flow), 1)
    assert call_ids(south, answered("session.request.getdirectory", "s1", "failure")) == [1]


def test_a_held_call_that_is_there_when_the_session_starts_is_told_once_as_held() -> None:
    south = South("a1")
    south.open()
    south.hear(
        b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}',
        b'{"command":"session.start","target":"s1","result":"success"}',
        told("channelgroup.created", "s1", {"channelgroup": {"id": "grp", "name": "Ann"}}),
        told("channel.created", "s1.grp", {"channel": {"id": "voice", "type": "Telephony"}}),
        told("interaction.created", GROUPED, {"interaction": {"id": "i1", "type": "Telephony"}}),
        stated("interaction", I1, "STARTED"),
        told("conversation.created", I1, {"conversation": {"id": "v1", "role": "primary"}}),
        stated("conversation", V1, "HELD"),
        told("conversation.member.added", V1, {"member": {"id": "m1", "address": "+15550100"}}),
        told("conversation.initialized", V1),
        told("interaction.initialized", I1),
    )
    (held,) = south.calls(told("session.initialized", "s1"))
    assert (held.state, held.remote_address) == (InteractionState.HELD, "+15550100")
    assert held.refs == {
        "session": "s1",
        "channel": GROUPED,
        "target": I1,
        "group": "s1.grp",
        "conversation": V1,
    }
