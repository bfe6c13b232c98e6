"""What can be made to happen at a simulated platform, by name: by `trunkline trigger`, or on a page.

The world is the platform's own: contacts come in there, customers hang up there, and agents press keys on its
own desktop. Only `needinfo` goes through the gateway, as only a client's command is answered with a question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from gateway.demo.api import Api
from gateway.http.reading import nearest
from gateway.runtime.ids import session_id
from schemas.errors import RefusedError
from schemas.ids import AgentId, PlatformId
from schemas.interaction import Interaction, InteractionState, Media
from schemas.results import CommandRecord, ErrorCode, Failed, NeedsInfo, Succeeded
from schemas.values import Json

S = InteractionState
CALLER: Final = "+15550177"
VISITOR: Final = "visitor@shop.example"
_STEP_S: Final = 0.1
_STEPS: Final = 150  # of waiting for what the platform was made to do
_TALKING: Final = frozenset({S.CONNECTED, S.HELD})
_LIVE: Final = _TALKING | {S.ALERTING, S.DIALING}


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall happen, and to whom. What is left empty is chosen."""

    event: str
    platform: str = ""
    agent: str = ""
    address: str = ""  # who calls or writes
    text: str = ""  # what a customer writes
    seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    data: dict[str, Json] = {}


class Triggered(msgspec.Struct, frozen=True, kw_only=True):
    """What was done."""

    event: str
    platform: str
    agent: str
    text: str  # for people


@dataclass(frozen=True)
class Stage:
    """Simulated platforms, and how they are reached."""

    gateway: Api
    platforms: Api  # the gateway that plays them; the same one where it runs the simulated platform itself
    agents: Mapping[PlatformId, Sequence[AgentId]]
    cut: Callable[[PlatformId, float], None] | None = None  # None: there is no cable that could be cut


class At:
    """One agent of one platform on the stage."""

    def __init__(self, stage: Stage, platform: PlatformId, agent: AgentId, wanted: Wanted) -> None:
        self.stage = stage
        self.platform = platform
        self.agent = agent
        self.wanted = wanted

    async def simulate(self, method: str, **params: Json) -> dict[str, Json]:
        """Let it happen out there: by a method of the simulated platform's. Raises RefusedError, ApiError."""
        given = {name: value for name, value in params.items() if value not in ("", {})}
        here = session_id(self.platform, self.agent)
        body: dict[str, Json] = {
            "type": "vendor.call",
            "session_id": here,
            "method": f"simulate.{method}",
            "params": [given],
        }
        done = _done(await self.stage.platforms.command(body))
        return done.data if isinstance(done.data, dict) else {}

    async def press(self, verb: str, on: Interaction | None = None, **args: Json) -> None:
        """The agent does it on the platform's own desktop. Raises RefusedError, ApiError."""
        about: dict[str, Json] = (
            {"session_id": session_id(self.platform, self.agent)} if on is None else {"interaction_id": on.id}
        )
        _done(await self.stage.platforms.command({"type": verb, **about, **args}))

    async def one(self, what: str, states: frozenset[InteractionState], media: Media | None) -> Interaction:
        """The newest of the agent's interactions in such a state. Raises RefusedError."""
        there = await self.stage.platforms.interactions(platform=self.platform, agent=self.agent)
        fit = [one for one in there if one.state in states and media in (None, one.media)]
        if not fit:
            raise RefusedError(ErrorCode.WRONG_STATE, f"{self.agent} has {what}")
        return fit[-1]

    async def offered(self, address: str, state: InteractionState, api: Api) -> Interaction:
        """The agent's interaction with that address, once it is in the state. Raises RefusedError."""
        for _ in range(_STEPS):
            there = await api.interactions(platform=self.platform, agent=self.agent)
            fit = [one for one in there if address in (one.remote_address, one.ani)]
            if fit and fit[-1].state is state:  # the newest: others may have called from there before
                return fit[-1]
            await asyncio.sleep(_STEP_S)
        raise RefusedError(ErrorCode.TIMEOUT, f"{address} is not {state} at {self.agent}")

    def colleague(self) -> "At":
        """Somebody else of the platform. Raises RefusedError."""
        for other in self.stage.agents[self.platform]:
            if other != self.agent:
                return At(self.stage, self.platform, other, self.wanted)
        raise RefusedError(ErrorCode.UNKNOWN_SESSION, f"{self.agent} has no colleague on {self.platform}")


def _done(record: CommandRecord) -> Succeeded:
    match record.result:
        case Succeeded() as result:
            return result
        case Failed(code=code, message=message):
            raise RefusedError(code, message or str(code))
        case _:
            raise RefusedError(ErrorCode.NEEDS_INFO, "the platform asks something first")


# --- voice


async def _call(at: At, **more: Json) -> str:
    caller = at.wanted.address or CALLER
    await at.simulate("inbound_call", ani=caller, dnis="+15550199", data=at.wanted.data, **more)
    return caller


async def _inbound(at: At) -> str:
    return f"{await _call(at, agent=at.agent)} rings at {at.agent}"


async def _queued(at: At) -> str:
    return f"{await _call(at, service='')} waits for whoever is ready"


async def _abandoned(at: At) -> str:
    caller = at.wanted.address or CALLER
    told = await at.simulate("inbound_call", ani=caller, data=at.wanted.data, agent=at.agent)
    await asyncio.sleep(_seconds(at, 3.0))
    await at.simulate("remote_hangup", ref=told["ref"])
    return f"{caller} rang at {at.agent} and gave up"


async def _answered(at: At) -> str:
    await at.press("interaction.accept", await at.one("nothing that rings", frozenset({S.ALERTING}), None))
    return f"{at.agent} has answered"


async def _held(at: At) -> str:
    await at.press("interaction.hold", await at.one("no call to hold", frozenset({S.CONNECTED}), Media.VOICE))
    return f"{at.agent} holds the call"


async def _retrieved(at: At) -> str:
    await at.press("interaction.retrieve", await at.one("nothing on hold", frozenset({S.HELD}), Media.VOICE))
    return f"{at.agent} talks again"


async def _hung_up(at: At) -> str:
    one = await at.one("no call", _LIVE, Media.VOICE)
    await at.simulate("remote_hangup", ref=one.ref)
    return f"{one.remote_address or one.ani} has hung up"


async def _transferred(at: At) -> str:
    colleague = at.colleague()
    caller = at.wanted.address or CALLER
    await colleague.simulate("inbound_call", ani=caller, data=at.wanted.data, agent=colleague.agent)
    ringing = await colleague.offered(caller, S.ALERTING, at.stage.platforms)
    await colleague.press("interaction.accept", ringing)
    await colleague.press(
        "interaction.single_step_transfer", ringing, destination=at.agent, destination_kind="agent"
    )
    return f"{colleague.agent} hands {caller} over to {at.agent}"


# --- chat, e-mail


async def _chat(at: At) -> str:
    who = at.wanted.address or VISITOR
    text = at.wanted.text or "Hello, where is my order?"
    await at.simulate("inbound_chat", address=who, agent=at.agent, text=text, data=at.wanted.data)
    return f"{who} writes to {at.agent}"


async def _message(at: At) -> str:
    one = await at.one("no chat", _TALKING, Media.CHAT)
    await at.simulate("remote_message", text=at.wanted.text or "Are you still there?", ref=one.ref)
    return f"{one.remote_address} has written"


async def _chat_ended(at: At) -> str:
    one = await at.one("no chat", _LIVE, Media.CHAT)
    await at.simulate("remote_hangup", ref=one.ref)
    return f"{one.remote_address} has left the chat"


async def _email(at: At) -> str:
    who = at.wanted.address or VISITOR
    subject = at.wanted.text or "My order"
    await at.simulate("inbound_email", address=who, subject=subject, agent=at.agent, data=at.wanted.data)
    return f"an e-mail of {who} is offered to {at.agent}"


# --- agents, questions


async def _ready(at: At) -> str:
    await at.press("agent.set_state", state="ready")
    return f"{at.agent} is ready"


async def _not_ready(at: At) -> str:
    await at.press("agent.set_state", state="not_ready")
    return f"{at.agent} is not ready"


async def _needinfo(at: At) -> str:
    """A completion that lacks a disposition."""
    service = await asking_service(at)
    if not service:
        text = f"no service of {at.platform} has dispositions, so that nothing is asked there"
        raise RefusedError(ErrorCode.UNSUPPORTED, text)
    caller = await _call(at, agent=at.agent, service=service)
    ringing = await at.offered(caller, S.ALERTING, at.stage.platforms)
    await at.press("interaction.accept", ringing)
    await at.offered(caller, S.CONNECTED, at.stage.gateway)
    await at.simulate("remote_hangup", ref=ringing.ref)
    one = await at.offered(caller, S.WRAP_UP, at.stage.gateway)
    record = await at.stage.gateway.command({"type": "interaction.complete", "interaction_id": one.id})
    if not isinstance(record.result, NeedsInfo):
        raise RefusedError(ErrorCode.UNSUPPORTED, f"{at.platform} asked nothing")
    asked = record.result.needinfo
    return f"{at.agent} is asked: {asked.title} (POST /v1/commands/{asked.command_id}/answer)"


async def asking_service(at: At) -> str:
    """A service of the platform that has dispositions; '' if none has."""
    here = session_id(at.platform, at.agent)
    entries = _done(await at.stage.platforms.command({"type": "directory.list", "session_id": here})).data
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("kind") != "skill":
            continue
        name = str(entry.get("id", ""))
        listed: dict[str, Json] = {
            "type": "interaction.list_dispositions",
            "session_id": here,
            "service": name,
        }
        if _done(await at.stage.platforms.command(listed)).data:
            return name
    return ""


# --- what goes wrong


async def _link_down(at: At) -> str:
    if at.stage.cut is None:
        raise RefusedError(ErrorCode.UNSUPPORTED, "only a demonstration has a link that can be cut")
    seconds = _seconds(at, 10.0)
    at.stage.cut(at.platform, seconds)
    return f"the link to {at.platform} is down for {seconds:g} s"


def _fault(kind: str) -> Callable[[At], Awaitable[str]]:
    async def fault(at: At) -> str:
        more: dict[str, Json] = {}
        if kind == "delay":
            more["delay_s"] = _seconds(at, 2.0)
        if kind == "forget":
            more["ref"] = (await at.one("nothing to forget", _LIVE | {S.WRAP_UP}, None)).ref
        await at.simulate("fault", kind=kind, count=at.wanted.count, **more)
        return f"{at.platform}: {kind}"

    return fault


def _seconds(at: At, default: float) -> float:
    return default if at.wanted.seconds is None else at.wanted.seconds


class Trigger(msgspec.Struct, frozen=True):
    """One of them. `takes` are the members of Wanted that it looks at, beside platform and agent."""

    name: str
    what: str
    act: Callable[[At], Awaitable[str]]
    takes: tuple[str, ...] = ()


_WHO: Final = ("address", "data")
_ALL: Final = (
    Trigger("call.inbound", "A call rings at the agent.", _inbound, _WHO),
    Trigger("call.queued", "A call waits for whoever is ready.", _queued, _WHO),
    Trigger("call.abandoned", "A call rings, and the caller gives up (3 s).", _abandoned, (*_WHO, "seconds")),
    Trigger("call.answered", "The agent answers on the platform's own desktop.", _answered),
    Trigger("call.held", "The agent holds the call there.", _held),
    Trigger("call.retrieved", "The agent takes the call back there.", _retrieved),
    Trigger("call.hung_up", "The caller hangs up.", _hung_up),
    Trigger("transfer", "A colleague takes a call and hands it over.", _transferred, _WHO),
    Trigger("chat.inbound", "A visitor begins a chat.", _chat, (*_WHO, "text")),
    Trigger("chat.message", "The visitor writes.", _message, ("text",)),
    Trigger("chat.ended", "The visitor leaves.", _chat_ended),
    Trigger("email.inbound", "An e-mail is offered; its text is the subject.", _email, (*_WHO, "text")),
    Trigger("agent.ready", "The agent is ready.", _ready),
    Trigger("agent.not_ready", "The agent is not ready.", _not_ready),
    Trigger("needinfo", "A command of the agent's is answered with a question.", _needinfo, _WHO),
    Trigger("link.down", "The link is cut, and comes back (10 s).", _link_down, ("seconds",)),
    Trigger("fault.drop", "The next frames do not come.", _fault("drop"), ("count",)),
    Trigger("fault.duplicate", "The next frames come twice.", _fault("duplicate"), ("count",)),
    Trigger("fault.reorder", "The next pairs of frames change places.", _fault("reorder"), ("count",)),
    Trigger("fault.delay", "Every answer is late, until 0 (2 s).", _fault("delay"), ("seconds",)),
    Trigger("fault.fail", "The next commands fail.", _fault("fail"), ("count",)),
    Trigger("fault.forget", "The platform loses the newest interaction.", _fault("forget")),
)
TRIGGERS: Final[Mapping[str, Trigger]] = {one.name: one for one in _ALL}


async def trigger(stage: Stage, wanted: Wanted) -> Triggered:
    """Let it happen. Raises RefusedError that says what is wrong, ApiError."""
    found = TRIGGERS.get(wanted.event)
    if found is None:
        hint = nearest(wanted.event, TRIGGERS)
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"{wanted.event[:40]!r} is no event; {hint}")
    platform, agent = _whom(stage, wanted)
    text = await found.act(At(stage, platform, agent, wanted))
    return Triggered(event=found.name, platform=platform, agent=agent, text=text)


def _whom(stage: Stage, wanted: Wanted) -> tuple[PlatformId, AgentId]:
    if not stage.agents:
        raise RefusedError(ErrorCode.UNKNOWN_PLATFORM, "there is no simulated platform")
    platforms = [one for one in stage.agents if wanted.platform in ("", one)]
    if not platforms:
        hint = nearest(wanted.platform, stage.agents)
        raise RefusedError(ErrorCode.UNKNOWN_PLATFORM, f"{wanted.platform[:40]!r} is not simulated; {hint}")
    there = [(one, agent) for one in platforms for agent in stage.agents[one]]
    for platform, agent in there:
        if wanted.agent in ("", agent):
            return platform, agent
    hint = nearest(wanted.agent, [agent for _, agent in there])
    raise RefusedError(ErrorCode.UNKNOWN_SESSION, f"{wanted.agent[:40]!r} is no agent there; {hint}")
