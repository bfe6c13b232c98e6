"""Events of every sort, and filters in the three forms there are, with what each lets through."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from gateway.runtime.ids import session_id
from schemas import events as ev
from schemas.ids import AgentId, InteractionId, PlatformId, RootId
from schemas.interaction import Disposition, Interaction, InteractionState, Media
from schemas.values import Json
from tests.fakes import START
from tests.gateway.handmade import NAME, P

Q: Final = PlatformId("q")
PLATFORMS: Final[Mapping[str, Mapping[str, Json]]] = {
    P: {"dialect": NAME, "teams": {"sales": ["a1"], "all of us": ["a1", "a2"], "nobody": []}},
    Q: {"dialect": NAME, "teams": {"sales": ["b1"]}},
}


class Told(NamedTuple):
    """An event, in short: of whom, of what medium or of no interaction, with what in its data."""

    agent: str = "a1"
    media: Media | None = Media.VOICE
    account: Json = "4711"
    platform: PlatformId = P


def event(one: Told) -> ev.AnyEvent:
    agent, session = AgentId(one.agent), session_id(one.platform, AgentId(one.agent))
    if one.media is None:
        return ev.PlatformNotice(
            time=START, platform_id=one.platform, session_id=session, agent_id=agent, code="n"
        )
    return ev.InteractionHeld(
        time=START,
        platform_id=one.platform,
        session_id=session,
        agent_id=agent,
        interaction=Interaction(
            id=InteractionId(f"int_{one.agent}_{one.media}"),
            root_id=RootId("con_1"),
            platform_id=one.platform,
            session_id=session,
            agent_id=agent,
            state=InteractionState.HELD,
            media=one.media,
            data={"account": one.account},
            disposition=Disposition(id="7") if one.account == "4711" else None,
        ),
    )


LAST: Final = Told()  # every filter here lets it through: so it is known when all has come
EVENTS: Final = (
    *(Told(), Told("a2"), Told("b1", platform=Q), Told(media=Media.CHAT)),
    *(Told("a2", Media.EMAIL, "12"), Told(media=None), Told("a2", None), Told(account=12)),
    *(Told(account="4712"), Told("a2", account=None), LAST),
)


class Case(NamedTuple):
    """A filter in the three forms there are, and what it lets through."""

    stream: Mapping[str, Json]
    query: Sequence[tuple[str, str]]
    webhook: Mapping[str, Json]
    wanted: Callable[[Told], bool]


def about(one: Told) -> bool:
    return one.media is not None


ACCOUNT: Final = "interaction.data.account"
CASES: Final[Mapping[str, Case]] = {
    "nothing": Case({}, [], {}, lambda _: True),
    "platform": Case(
        {"platforms": ["p"]}, [("platform", "p")], {"platform_ids": ["p"]}, lambda one: one.platform == P
    ),
    "agent": Case(
        {"agents": ["a1"]}, [("agent", "a1")], {"agent_ids": ["a1"]}, lambda one: one.agent == "a1"
    ),
    "team": Case(
        *({"teams": ["sales"]}, [("team", "sales")], {"teams": ["sales"]}),
        lambda one: one.agent in ("a1", "b1"),
    ),
    "teams": Case(
        {"teams": ["sales", "all of us"]},
        [("team", "sales,all of us")],
        {"teams": ["sales", "all of us"]},
        lambda _: True,
    ),
    "team and platform": Case(
        {"teams": ["sales"], "platforms": ["p"]},
        [("team", "sales"), ("platform", "p")],
        {"teams": ["sales"], "platform_ids": ["p"]},
        lambda one: one.agent == "a1",
    ),
    "media": Case(
        {"media": ["voice"]}, [("media", "voice")], {"media": ["voice"]}, lambda one: one.media is Media.VOICE
    ),
    "two media": Case(
        {"media": ["voice", "chat"]},
        [("media", "voice"), ("media", "chat")],
        {"media": ["chat", "voice"]},
        lambda one: one.media in (Media.VOICE, Media.CHAT),
    ),
    "type": Case(
        {"types": ["interaction.*"]}, [("type", "interaction.*")], {"events": ["interaction.*"]}, about
    ),
    "every type": Case({"types": ["*"]}, [("type", "*")], {"events": ["*"]}, lambda _: True),
    "content": Case(
        *({"content": {ACCOUNT: "4711"}}, [("content", f"{ACCOUNT}:4711")], {"content": {ACCOUNT: "4711"}}),
        lambda one: about(one) and one.account == "4711",
    ),
    "content: any of": Case(
        {"content": {ACCOUNT: ["4711", 12, "12"]}},
        [("content", f"{ACCOUNT}:4711"), ("content", f"{ACCOUNT}:12")],
        {"content": {ACCOUNT: ["4711", 12, "12"]}},
        lambda one: about(one) and one.account in ("4711", 12, "12"),
    ),
    "content: prefix": Case(
        {"content": {ACCOUNT: {"prefix": "47"}}},
        [("content", f"{ACCOUNT}:47*")],
        {"content": {ACCOUNT: {"prefix": "47"}}},
        lambda one: about(one) and str(one.account).startswith("47"),
    ),
    "content: anything there": Case(
        {"content": {ACCOUNT: {"exists": True}}},
        [("content", f"{ACCOUNT}:*")],
        {"content": {ACCOUNT: {"exists": True}}},
        lambda one: about(one) and one.account is not None,
    ),
    "content: all must hold": Case(
        {"content": {"interaction.disposition.id": "7", "interaction.media": "voice", "command_id": None}},
        [
            ("content", "interaction.disposition.id:7"),
            *(("content", "interaction.media:voice"), ("content", "command_id:null")),
        ],
        {"content": {"interaction.disposition.id": "7", "interaction.media": "voice", "command_id": None}},
        lambda one: one.media is Media.VOICE and one.account == "4711",
    ),
    "everything at once": Case(
        {
            "platforms": ["p"],
            "agents": ["a1"],
            "teams": ["all of us"],
            "media": ["voice"],
            "types": ["interaction.held"],
            "content": {ACCOUNT: "4711"},
        },
        [
            *(("platform", "p"), ("agent", "a1"), ("team", "all of us"), ("media", "voice")),
            *(("type", "interaction.held"), ("content", f"{ACCOUNT}:4711")),
        ],
        {
            "platform_ids": ["p"],
            "agent_ids": ["a1"],
            "teams": ["all of us"],
            "media": ["voice"],
            "events": ["interaction.held"],
            "content": {ACCOUNT: "4711"},
        },
        lambda one: one == Told(),
    ),
}
