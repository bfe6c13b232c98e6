"""The documented sequences as a platform says them: the client's request, the response, then the events.

Orders: seed 003 (dial, accept, reject, complete, consult, alternate, set data, dispositions, directory);
reference channel-session.md sections 4 and 5 for the others, and for the data, which the seed does not print.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from schemas.values import Json
from tests.dialects.channel_session.bridge import CHANNEL, PHONE
from tests.dialects.channel_session.stage import answered, stated, told

I: Final = f"{CHANNEL}.i1"  # noqa: E741  # as in the reference's paths
V: Final = f"{I}.v1"
W: Final = f"{I}.v2"
CALL_DATA: Final[dict[str, Json]] = {
    "case": "42",
    "customer": {"id": 7, "tags": ["a", None, 1.5], "address": {"city": "Oslo"}},
    "vip": True,
}
CUSTOMER: Final[dict[str, Json]] = {
    "id": "m1",
    "address": "sip:+15550100@sbc.example",
    "name": "",
    "state": "INVITED",
}
COLLEAGUE: Final[dict[str, Json]] = {"id": "m2", "address": "2001", "name": "Bob", "state": "CONNECTED"}


class Step(msgspec.Struct, frozen=True):
    """A request of the client's, empty for what the platform does by itself, and what the platform says."""

    command: str
    target: str
    data: Json
    frames: tuple[bytes, ...]


def step(command: str, target: str, data: Json, *frames: bytes) -> Step:
    return Step(command, target, data, (answered(command, target, data=data), *frames))


def by_itself(*frames: bytes) -> Step:
    return Step("", "", {}, frames)


def _info(state: str, **more: Json) -> bytes:
    return told(
        "channel.infochanged", CHANNEL, {"channel": {**PHONE, "state": "ACTIVE", "agentstate": state, **more}}
    )


def _stated(state: str, **more: Json) -> bytes:
    return stated("channel", CHANNEL, "ACTIVE", agentstate=state, **more)


def _call(state: str, kind: str, data: dict[str, Json]) -> tuple[bytes, ...]:
    """A new call, in the order of a dial."""
    return (
        _info("BUSY", reason=""),
        _stated("BUSY", reason=""),
        told(
            "interaction.created",
            CHANNEL,
            {"interaction": {"id": "i1", "type": "Telephony", "modeltype": kind}},
        ),
        stated("interaction", I, state, recording="STOPPED"),
        told("conversation.created", I, {"conversation": {"id": "v1", "role": "primary"}}),
        stated("conversation", V, state, muted=False),
        told("conversation.member.added", V, {"member": CUSTOMER}),
        told("conversation.initialized", V),
        told("interaction.datachanged", I, data),
        told("interaction.preview", I, data),
        told("interaction.initialized", I),
    )


OFFER: Final = by_itself(*_call("ALERTING", "TELEPHONY", CALL_DATA))
DIAL: Final = step(
    "channel.dial",
    CHANNEL,
    {"destination": "+15550100", "extensions": {"type": "external"}},
    *_call("DIALING", "TELEPHONY_OUT", {}),
)
ANSWERED: Final = by_itself(
    stated("conversation", V, "TALKING", muted=False),
    stated("interaction", I, "STARTED", recording="STOPPED"),
)
ANSWER: Final = step(
    "conversation.answer",
    V,
    {},
    stated("conversation", V, "TALKING", muted=False),
    told("interaction.screenpop", I, CALL_DATA),
    stated("interaction", I, "STARTED", recording="STOPPED"),
)
CONSULT: Final = step(
    "interaction.consult",
    I,
    {"destination": "2001"},
    stated("interaction", I, "STARTED", recording="STOPPED"),
    stated("conversation", V, "HELD", muted=False),
    told("conversation.created", I, {"conversation": {"id": "v2", "role": "consult"}}),
    stated("conversation", W, "DIALING", muted=False),
    told("conversation.member.added", W, {"member": COLLEAGUE}),
    told("conversation.initialized", W),
    told("interaction.focuschanged", I, {"conversation": {"id": "v2"}}),
)
PICKED_UP: Final = by_itself(stated("conversation", W, "TALKING", muted=False))
RELEASE: Final = step(
    "conversation.release",
    V,
    {},
    stated("conversation", V, "ENDED", muted=False),
    told("conversation.disposed", V),
    told("interaction.ended", I),
    stated("interaction", I, "ENDED", recording="STOPPED"),
)
COMPLETE: Final = step(
    "interaction.complete",
    I,
    {},
    told("interaction.complete", I),
    stated("interaction", I, "COMPLETED", recording="STOPPED"),
    told("interaction.disposed", I),
)
CHAT: Final = "s1.grp.chat"
CHAT_I: Final = f"{CHAT}.i9"
CHAT_CHANNEL: Final = by_itself(
    told("channel.created", "s1.grp", {"channel": {"id": "chat", "name": "Web", "type": "Chat"}}),
    told("channel.initialized", CHAT),
    told("channel.infochanged", CHAT, {"channel": {"id": "chat", "type": "Chat", "state": "ACTIVE"}}),
)
CHAT_OFFER: Final = by_itself(
    told("interaction.created", CHAT, {"interaction": {"id": "i9", "type": "Chat", "modeltype": "CHAT"}}),
    stated("interaction", CHAT_I, "ALERTING"),
    told("interaction.datachanged", CHAT_I, CALL_DATA),
    told("interaction.preview", CHAT_I, CALL_DATA),
    told("interaction.initialized", CHAT_I),
)

SEQUENCES: Final[Mapping[str, tuple[Step, ...]]] = {
    "dial": (DIAL, ANSWERED),
    "inbound": (OFFER, ANSWER),
    "accept": (
        CHAT_CHANNEL,
        CHAT_OFFER,
        step(
            "interaction.accept",
            CHAT_I,
            {},
            told("interaction.screenpop", CHAT_I, CALL_DATA),
            stated("interaction", CHAT_I, "STARTED"),
        ),
    ),
    "reject": (
        OFFER,
        step(
            "interaction.reject",
            I,
            {},
            told("interaction.ended", I),
            stated("interaction", I, "ENDED", recording="STOPPED"),
        ),
    ),
    "release and complete": (OFFER, ANSWER, RELEASE, COMPLETE),
    "complete a chat": (
        CHAT_CHANNEL,
        CHAT_OFFER,
        step(
            "interaction.complete",
            CHAT_I,
            {},
            told("interaction.complete", CHAT_I),
            stated("interaction", CHAT_I, "COMPLETED"),
            told("interaction.disposed", CHAT_I),
        ),
    ),
    "set data": (
        OFFER,
        step(
            "interaction.setinteractiondata",
            I,
            {"key": "k", "value": {"nested": [1, "x"]}},
            told("interaction.datachanged", I, {**CALL_DATA, "k": {"nested": [1, "x"]}}),
        ),
    ),
    "set disposition": (OFFER, ANSWER, step("interaction.setdisposition", I, {"disposition": "Sold"})),
    "hold and retrieve": (
        OFFER,
        ANSWER,
        step("conversation.hold", V, {}, stated("conversation", V, "HELD", muted=False)),
        step("conversation.retrieve", V, {}, stated("conversation", V, "TALKING", muted=False)),
    ),
    "mute and unmute": (
        OFFER,
        ANSWER,
        step("conversation.request.mute", V, {}, stated("conversation", V, "TALKING", muted=True)),
        step("conversation.request.unmute", V, {}, stated("conversation", V, "TALKING", muted=False)),
    ),
    "recording": (
        OFFER,
        ANSWER,
        step(
            "interaction.request.recording.start",
            I,
            {},
            stated("interaction", I, "STARTED", recording="RECORDING"),
        ),
        step(
            "interaction.request.recording.pause",
            I,
            {},
            stated("interaction", I, "STARTED", recording="PAUSED"),
        ),
        step(
            "interaction.request.recording.resume",
            I,
            {},
            stated("interaction", I, "STARTED", recording="RECORDING"),
        ),
        step(
            "interaction.request.recording.stop",
            I,
            {},
            stated("interaction", I, "STARTED", recording="STOPPED"),
        ),
        step(
            "interaction.request.recording.stop",
            I,
            {},
            stated("interaction", I, "STARTED", recording="STOPPED"),
        ),
    ),
    "tones": (OFFER, ANSWER, step("conversation.senddtmf", V, {"digits": "12#"})),
    "consult and alternate": (
        OFFER,
        ANSWER,
        CONSULT,
        PICKED_UP,
        step(
            "interaction.alternate",
            I,
            {},
            stated("conversation", V, "TALKING", muted=False),
            stated("conversation", W, "HELD", muted=False),
            told("interaction.focuschanged", I, {"conversation": {"id": "v1"}}),
        ),
    ),
    "consult transfer": (
        OFFER,
        ANSWER,
        CONSULT,
        PICKED_UP,
        step(
            "interaction.consulttransfer",
            I,
            {},
            stated("conversation", V, "ENDED", muted=False),
            told("conversation.disposed", V),
            told("interaction.focuschanged", I, {"conversation": {"id": "v2"}}),
            stated("conversation", W, "ENDED", muted=False),
            told("conversation.disposed", W),
            told("interaction.ended", I),
        ),
        COMPLETE,
    ),
    "consult conference": (
        OFFER,
        ANSWER,
        CONSULT,
        PICKED_UP,
        step(
            "interaction.consultconference",
            I,
            {},
            stated("conversation", W, "ENDED", muted=False),
            told("conversation.disposed", W),
            told("conversation.member.added", V, {"member": COLLEAGUE}),
            stated("conversation", V, "TALKING", muted=False),
            told("interaction.focuschanged", I, {"conversation": {"id": "v1"}}),
        ),
        by_itself(told("conversation.member.removed", V, {"member": COLLEAGUE})),
    ),
    "release of a consult": (
        OFFER,
        ANSWER,
        CONSULT,
        step(
            "conversation.release",
            W,
            {},
            stated("conversation", W, "ENDED", muted=False),
            told("conversation.disposed", W),
            told("interaction.focuschanged", I, {"conversation": {"id": "v1"}}),
        ),
    ),
    "blind transfer": (
        OFFER,
        ANSWER,
        step(
            "conversation.blindtransfer",
            V,
            {"destination": "2001"},
            stated("conversation", V, "ENDED", muted=False),
            told("conversation.disposed", V),
            told("interaction.ended", I),
        ),
    ),
    "blind conference": (
        OFFER,
        ANSWER,
        step(
            "conversation.blindconference",
            V,
            {"destination": "2001"},
            told("conversation.member.added", V, {"member": COLLEAGUE}),
            stated("conversation", V, "TALKING", muted=False),
        ),
    ),
    "agent states": (
        by_itself(_info("LOGGED_IN"), _stated("LOGGED_IN")),
        by_itself(_info("AUTO_IN"), _stated("AUTO_IN", reason="r")),
        by_itself(_info("Not Ready", reason="lunch"), _stated("NOT_READY", reason="lunch")),
        by_itself(_info("ACW"), _stated("ACW")),
        by_itself(_info("READY", queue={"id": 1}), _stated("READY", type="channel")),
        by_itself(_info("READY"), _stated("READY")),
    ),
    "a channel comes and goes": (
        CHAT_CHANNEL,
        step(
            "channel.deactivate",
            CHAT,
            {"channeloptions": {"queue": "q1"}},
            told("channel.infochanged", CHAT, {"channel": {"id": "chat", "state": "INACTIVE"}}),
            stated("channel", CHAT, "INACTIVE"),
        ),
        step(
            "session.request.removechannel", "s1", {"channel": {"id": "chat"}}, told("channel.disposed", CHAT)
        ),
    ),
    "agent leg": (
        step(
            "session.request.incontact.agentleg.connect", "s1", {}, told("session.agentleg.connected", "s1")
        ),
        by_itself(
            told(
                "session.agentleg.failed",
                "s1",
                {"failure": {"code": "busy", "message": "m", "context": "trace", "retry": 3}},
            )
        ),
        step(
            "session.request.incontact.agentleg.disconnect",
            "s1",
            {},
            told("session.agentleg.disconnected", "s1"),
        ),
    ),
    "directory": (
        step(
            "session.request.getdirectory",
            "s1",
            {},
            told(
                "directory.updated",
                "s1",
                {
                    "categories": [
                        {"name": "Sales", "entries": [{"name": "Ann", "number": "2001", "site": "Oslo"}]},
                        {"name": "Empty", "entries": []},
                    ]
                },
            ),
        ),
    ),
    "dispositions": (
        step(
            "channel.request.externaldispositions",
            CHANNEL,
            {},
            told(
                "channel.externaldispositions.updated",
                CHANNEL,
                {"dispositions": [{"id": 7, "name": "Sold"}, {"id": "7", "name": "Other", "group": "g"}]},
            ),
        ),
    ),
    "an event of a processor's own": (
        OFFER,
        by_itself(
            told("interaction.sentiment", I, {"score": 0.25}), told("session.motd", "s1", {"text": "hi"})
        ),
    ),
}
