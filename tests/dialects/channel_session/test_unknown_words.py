"""Every enumeration of the protocol is open: a value that we do not know fails nothing, is kept and shown.

Shown to clients of ours, who do not read the platform's frames: in an event or a result, beside what we know.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import pytest

from adapters.contract.dialect import Reply
from schemas import events as ev
from schemas.agent import AgentState
from schemas.commands import AnyCommand, Complete, Dial, ListDirectory, Logout
from schemas.interaction import InteractionState
from schemas.needinfo import Field, FieldType, NeedInfoKind, Question
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json
from tests.dialects.channel_session.bridge import CHANNEL, PHONE, Bridge
from tests.dialects.channel_session.sequences import ANSWER, CONSULT, OFFER, I, V, W
from tests.dialects.channel_session.stage import (
    CALL,
    GROUPED,
    I1,
    NOW,
    S1,
    frames,
    run,
    started,
    stated,
    told,
)

WORD: Final = "BRAND_NEW"
Look = Callable[[ev.AnyEvent], object]


def in_call(read: Callable[[ev.AnyInteractionEvent], object]) -> Look:
    return lambda event: read(event) if isinstance(event, ev.InteractionEvent) else None


def in_agent(read: Callable[[ev.AnyAgentEvent], object]) -> Look:
    return lambda event: read(event) if isinstance(event, ev.AgentEvent) else None


def in_name(event: ev.AnyEvent) -> object:
    return event.name if isinstance(event, ev.VendorUnrecognised) else None


def _channel(**info: Json) -> bytes:
    return told("channel.infochanged", CHANNEL, {"channel": {**PHONE, **info}})


def _member(state: str) -> bytes:
    return told("conversation.member.added", V, {"member": {"id": "m1", "address": "1", "state": state}})


_CALL_WORD: Final = in_call(lambda event: event.interaction.vendor_state)
_CALL_EXTRAS: Final = in_call(lambda event: event.interaction.extras)
_AGENT_EXTRAS: Final = in_agent(lambda event: event.agent.extras)
NEW_CALL: Final = "s1.grp.301.i5"
# What the enumeration is; the events, and where the word is seen.
EVENTS: Final[dict[str, tuple[tuple[bytes, ...], Look]]] = {
    "interaction": ((stated("interaction", I, WORD),), _CALL_WORD),
    "conversation": ((stated("conversation", V, WORD),), _CALL_WORD),
    "conversation of a consultation": ((stated("conversation", W, WORD),), _CALL_WORD),
    "recording": ((stated("interaction", I, "STARTED", recording=WORD),), _CALL_EXTRAS),
    "member": ((_member(WORD),), _CALL_EXTRAS),
    "conversation.role": (
        (
            told("interaction.created", CHANNEL, {"interaction": {"id": "i5", "type": "Telephony"}}),
            stated("interaction", NEW_CALL, "STARTED"),
            told("conversation.created", NEW_CALL, {"conversation": {"id": "v5", "role": WORD}}),
        ),
        _CALL_EXTRAS,
    ),
    "interaction.type": (
        (
            told("interaction.created", CHANNEL, {"interaction": {"id": "i5", "type": WORD}}),
            stated("interaction", NEW_CALL, "STARTED"),
        ),
        in_call(lambda event: event.interaction.channel_type.upper()),
    ),
    "modeltype": (
        (
            told(
                "interaction.created",
                CHANNEL,
                {"interaction": {"id": "i5", "type": "Chat", "modeltype": WORD}},
            ),
            stated("interaction", NEW_CALL, "STARTED"),
        ),
        _CALL_EXTRAS,
    ),
    "channel": ((_channel(state=WORD),), _AGENT_EXTRAS),
    "channel, by its own event": ((stated("channel", CHANNEL, WORD),), _AGENT_EXTRAS),
    "agent state": ((_channel(agentstate=WORD),), in_agent(lambda event: event.agent.vendor_state)),
    "agent state of another channel": (
        (
            told("channel.created", "s1.grp", {"channel": {"id": "chat", "type": "Chat"}}),
            stated("channel", "s1.grp.chat", "ACTIVE", agentstate=WORD),
        ),
        _AGENT_EXTRAS,
    ),
    "channel.type": (
        (told("channel.created", "s1.grp", {"channel": {"id": "x", "type": WORD}}),),
        in_agent(lambda event: [one.media.upper() for one in event.agent.channels]),
    ),
    "reason": (
        (_channel(agentstate="NOT_READY", reason=WORD),),
        in_agent(lambda event: event.agent.reason),
    ),
    "event names": ((told(f"interaction.{WORD}", I),), in_name),
}


@pytest.mark.parametrize(("said", "look"), EVENTS.values(), ids=EVENTS.keys())
def test_an_unknown_word_in_an_event_is_kept_and_shown(said: tuple[bytes, ...], look: Look) -> None:
    bridge = Bridge()
    for step in (OFFER, ANSWER, CONSULT):
        bridge.hear(*step.frames)
    told_before = len(bridge.events)
    bridge.hear(*said)
    assert any(WORD in str(look(event)) for event in bridge.events[told_before:])


@pytest.mark.parametrize(
    "frame",
    [stated(WORD, I, "STARTED"), told("interaction.ended", I).replace(b"objectEvent", WORD.encode())],
    ids=["the object of state.updated", "messageType"],
)
def test_an_event_that_cannot_be_placed_is_shown_by_its_name_and_goes_on_as_it_came(frame: bytes) -> None:
    bridge = Bridge()
    bridge.hear(*OFFER.frames)
    told_before = len(bridge.events)
    bridge.hear(frame)
    (event,) = bridge.events[told_before:]
    assert isinstance(event, ev.VendorUnrecognised)
    assert event.vendor is not None
    assert bytes(event.vendor.frame) == frame


def test_what_we_know_stays_beside_a_word_that_we_do_not() -> None:
    bridge = Bridge()
    for step in (OFFER, ANSWER):
        bridge.hear(*step.frames)
    bridge.hear(
        stated("conversation", V, WORD),
        told("channel.infochanged", CHANNEL, {"channel": {**PHONE, "agentstate": WORD}}),
    )
    (call,) = bridge.state.snapshots.interactions()
    (agent,) = bridge.state.snapshots.sessions.values()
    assert (call.state, call.vendor_state) == (InteractionState.CONNECTED, WORD)
    assert (agent.state, agent.vendor_state) == (AgentState.UNKNOWN, WORD)
    bridge.hear(stated("conversation", V, "HELD"))
    (call,) = bridge.state.snapshots.interactions()
    assert (call.state, call.vendor_state) == (InteractionState.HELD, "HELD")


def _answer(result: str, **more: Json) -> Reply:
    return Reply(msgspec.Raw(msgspec.json.encode({"command": "x", "result": result, **more})))


DIAL: Final = Dial(session_id=S1, destination="1")
COMPLETE: Final = Complete(interaction_id=CALL.id)
BOOK: Final[Json] = {
    "addressbooks": [
        {
            "name": "b",
            "entries": [
                {
                    "name": "X",
                    "type": WORD,
                    "destinations": [{"label": "l", "value": "1"}],
                    "properties": {"mediaType": "TELEX", "state": "PONDERING"},
                }
            ],
        }
    ]
}
ANSWERS: Final[dict[str, tuple[AnyCommand, Reply, str]]] = {
    "failure codes": (DIAL, _answer("failure", failure={"code": WORD}), WORD),
    "result": (DIAL, _answer(WORD), WORD),
    "uiExtension id": (DIAL, _answer("needinfo", uiExtension={"id": WORD, "x": 1}), WORD),
    "uiExtension type": (COMPLETE, _answer("needinfo", uiExtension={"type": WORD}), WORD),
    "extensions.type": (ListDirectory(session_id=S1), _answer("success", data=BOOK), WORD),
    "mediaType": (ListDirectory(session_id=S1), _answer("success", data=BOOK), "TELEX"),
    "state of an entry": (ListDirectory(session_id=S1), _answer("success", data=BOOK), "PONDERING"),
}


@pytest.mark.parametrize(("command", "reply", "word"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_unknown_word_in_an_answer_is_kept_and_shown(command: AnyCommand, reply: Reply, word: str) -> None:
    _, outcome = run(command, reply, incontact=True)
    assert word in msgspec.json.encode(outcome).decode()


def test_an_unknown_result_is_a_failure_that_may_have_had_an_effect() -> None:
    _, outcome = run(DIAL, _answer("deferred"))
    assert outcome == Failed(
        code=ErrorCode.PLATFORM_ERROR,
        effect=Effect.UNKNOWN,
        message="the platform answered deferred",
        vendor_code="deferred",
    )


# --- needinfo


@pytest.mark.parametrize(
    ("command", "extension", "kind", "keys"),
    [
        (
            DIAL,
            {"id": "inContact.outboundskill", "skills": [{"id": 1}]},
            NeedInfoKind.OUTBOUND_SKILL,
            ["skill"],
        ),
        (COMPLETE, {"type": "agentstate"}, NeedInfoKind.AGENT_STATE, ["agent_state"]),
        (
            COMPLETE,
            {"type": "disposition", "dispositionRequired": False, "dispositions": []},
            NeedInfoKind.DISPOSITION,
            ["disposition", "notes"],
        ),
        (Logout(session_id=S1), {"type": "logoutreason"}, NeedInfoKind.LOGOUT_REASON, ["reason"]),
    ],
)
def test_what_we_know_is_asked_as_a_question_with_the_platforms_own_beside_it(
    command: AnyCommand, extension: Json, kind: NeedInfoKind, keys: list[str]
) -> None:
    _, question = run(command, _answer("needinfo", uiExtension=extension))
    assert isinstance(question, Question)
    assert (question.kind, [field.key for field in question.fields]) == (kind, keys)
    assert question.extras == {"uiExtension": extension}


@pytest.mark.parametrize(
    "extension", [{"type": "riddle", "lines": ["a"]}, {"id": "acme.tariff"}, {"x": 1}, {}]
)
def test_what_we_do_not_know_is_no_form_but_a_failure_that_keeps_it(extension: dict[str, Json]) -> None:
    """Nothing says where an answer would go: a form would promise what cannot be kept."""
    _, outcome = run(COMPLETE, _answer("needinfo", uiExtension=extension))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.effect) == (ErrorCode.NEEDS_INFO, Effect.NONE)
    assert outcome.extras == {"uiExtension": extension}
    name = str(extension.get("id") or extension.get("type") or "something without a name")
    assert outcome.vendor_code == name
    assert name in outcome.message


# --- north, over platforms of another kind


@pytest.mark.parametrize(
    ("command", "target", "data"),
    [
        ("channel.dial", GROUPED, {"destination": "1", "extensions": {"type": WORD}}),
        ("channel.request.setagentstate", GROUPED, {"state": WORD}),
        ("session.request.addchannel", "s1", {"channel": {"type": WORD}}),
        (f"interaction.{WORD}", I1, {}),
    ],
)
def test_a_word_of_a_client_that_another_platform_has_no_use_for_is_refused_by_name(
    command: str, target: str, data: Json
) -> None:
    failure = started(CALL).reply(command, target, data)["failure"]
    assert isinstance(failure, dict)
    assert failure["code"] in {"bad-request", "unknown-command"}
    assert WORD in failure["message"]


def test_a_question_of_another_platform_that_cannot_be_asked_here_is_a_failure_that_names_it() -> None:
    north = started(CALL)
    fields = (Field(key="service", type=FieldType.TEXT),)
    missing = Question(kind=NeedInfoKind.SERVICE, title="Service", fields=fields)
    failed = Failed(code=ErrorCode.NEEDS_INFO, message="missing: service", missing=missing)
    execute = north.order("interaction.alternate", I1)
    (answer,) = frames(north.connection.finished(execute.token, failed, NOW))
    assert answer["result"] == "failure"
    assert answer["failure"] == {"code": "bad-request", "message": "missing: service", "context": ""}
