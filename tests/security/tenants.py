"""Two tenants on one gateway, each with all that a tenant can have, and every kind of credential.

`east` and `north` are acme's; `west` is umbrella's. Agents a1 and a2 are on east and west. What a1 of east
has is what everybody tries to get at: a session, an open interaction, a finished command, events, a question,
a query; and acme has a webhook with a delivery, and a key. The platforms' end answers every command: a dial
with a question, anything else with done.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec
from aiohttp import WSMsgType

from adapters.contract.dialect import Done
from gateway.security.access import ANONYMOUS, Scope
from schemas import events as ev
from schemas.commands import Accept, Dial
from schemas.grants import UNNARROWED, Grant, Role
from schemas.ids import AgentId, PlatformId, Ref
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.queries import TransferData
from schemas.results import CommandRecord, NeedsInfo
from schemas.values import Json
from tests.e2e.world import Stream
from tests.fakes import FakeClock, until
from tests.gateway.handmade import NAME, Answer, Ask, Bench, Called, Over, Page, agent, bench, call
from tests.gateway.webhook_world import Receiver, receiving

EAST, NORTH, WEST = PlatformId("east"), PlatformId("north"), PlatformId("west")
A1, A2 = AgentId("a1"), AgentId("a2")
ACME, UMBRELLA = "acme", "umbrella"
PLATFORMS: Final[Mapping[str, Mapping[str, Json]]] = {
    EAST: {"dialect": NAME, "tenant": ACME, "teams": {"sales": ["a1"], "support": ["a2"]}},
    NORTH: {"dialect": NAME, "tenant": ACME},
    WEST: {"dialect": NAME, "tenant": UMBRELLA, "teams": {"sales": ["a1"], "claims": ["a2"]}},
}
SKILL: Final = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL,
    title="For which skill?",
    fields=(Field(key="skill", type=FieldType.CHOICE, choices=(Choice(id="s1"),)),),
)


class Who(StrEnum):
    """Kinds of credential, as they are to what a1 of east has."""

    NOBODY = "none"
    WRONG = "wrong"
    EXPIRED = "expired"
    REVOKED = "revoked"
    EXPIRED_TOKEN = "expired token"
    REVOKED_TOKEN = "revoked token"
    ORPHAN = "token of a revoked key"
    NO_SCOPE = "missing scope"
    OTHER_TENANT = "other tenant"
    OTHER_PLATFORM = "other platform"
    OTHER_AGENT = "other agent"
    OTHER_TEAM = "other team"
    OTHER_TOKEN = "token of another agent"
    LINK_TOKEN = "token of the page"
    TOKEN = "token"
    TENANT = "the tenant's"
    OPERATOR = "the operator's"


NOT_LET_IN: Final = frozenset(
    {Who.NOBODY, Who.WRONG, Who.EXPIRED, Who.REVOKED, Who.EXPIRED_TOKEN, Who.REVOKED_TOKEN, Who.ORPHAN}
)
OUTSIDE: Final = frozenset({Who.OTHER_TENANT, Who.OTHER_PLATFORM, Who.OTHER_AGENT, Who.OTHER_TEAM})
GRANTS: Final[Mapping[Who, Grant]] = {
    Who.OTHER_TENANT: Grant(tenant=UMBRELLA),
    Who.OTHER_PLATFORM: Grant(tenant=ACME, platforms=frozenset({NORTH})),
    Who.OTHER_AGENT: Grant(tenant=ACME, agents=frozenset({A2})),
    Who.OTHER_TEAM: Grant(tenant=ACME, teams=frozenset({"support"})),
    Who.TENANT: Grant(tenant=ACME),
    Who.OPERATOR: UNNARROWED,
}


def bearer(credential: str) -> dict[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {credential}"} if credential else {}


@dataclass
class Tenants:
    """The gateway, what is on it, and who is there."""

    standing: Bench
    receiver: Receiver
    pages: dict[PlatformId, Page]
    keys: dict[Who, str]  # credentials of each kind
    operator: Stream | None = None
    things: dict[str, str] = field(default_factory=dict)  # ids of what is acme's alone, by what they are of
    _asked: int = 0

    async def key(self, grant: Grant, *scopes: Scope) -> str:
        """A key of that grant, with these scopes, or all."""
        return (await self.standing.gateway.keys.create("test", scopes or list(Scope), grant))[1]

    def token(self, role: Role, agent_id: AgentId = A1, origin: str = "") -> str:
        """A token for an agent of east."""
        return self.standing.gateway.tokens.mint(agent_id, EAST, role, origin=origin)

    @staticmethod
    def text(body: bytes, name: str) -> str:
        """A member of an answer."""
        return str(msgspec.json.decode(body)[name])

    def told(self, body: bytes) -> list[str]:
        """What of acme's an answer tells."""
        return [name for name, text in self.things.items() if name != "cursor" and text.encode() in body]

    async def ask(self, who: str, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """One request with a credential: status and body."""
        reply = await self.standing.request(method, path, body, bearer(who))
        return reply.status, reply.body

    # --- what is there

    async def question(self, platform_id: PlatformId = EAST) -> CommandRecord:
        """A command of a1 that asks."""
        dial = Dial(session_id=self.standing.session(A1, platform_id), destination="+15550100")
        record = await self.standing.finished(await self.standing.submit(dial, ANONYMOUS))
        assert isinstance(record.result, NeedsInfo), record
        return record

    async def query(self, platform_id: PlatformId = EAST) -> str:
        """The id of an open query about a1."""
        assert self.operator is not None
        self._asked += 1
        known = {one.query.id for one in self.operator.seen if isinstance(one, ev.QueryRequested)}
        await self.pages[platform_id].say(Ask(f"t{self._asked}", TransferData()))
        asked = await self.operator.until(
            lambda event: isinstance(event, ev.QueryRequested) and event.query.id not in known
        )
        assert isinstance(asked, ev.QueryRequested)
        return asked.query.id

    async def webhook(self, key: str, **more: Json) -> str:
        """The id of a webhook of that key's."""
        status, body = await self.ask(key, "POST", "/v1/webhooks", {"url": self.receiver.url, **more})
        assert status in (200, 201), body
        return str(msgspec.json.decode(body)["webhook"]["id"])


async def _connect(standing: Bench, platform_id: PlatformId, agent_id: AgentId) -> Page:
    token = standing.gateway.tokens.mint(agent_id, platform_id, Role.LINK)
    page = await standing.relay(agent_id, platform_id, token)
    await page.see(agent(name=Ref(agent_id)))
    await page.say(Over())
    session = standing.session(agent_id, platform_id)
    await until(lambda: standing.gateway.links.to(platform_id, session) is not None)
    standing.tasks.start(_answers(page), "platform")
    return page


async def _answers(page: Page) -> None:
    async for message in page.socket:
        if message.type is WSMsgType.TEXT and "call" in msgspec.json.decode(message.data):
            called = msgspec.json.decode(message.data, type=Called)
            dials = called.verb == "interaction.dial"
            await page.say(Answer(called.call, question=SKILL) if dials else Answer(called.call, done=Done()))


async def _credentials(made: Tenants, clock: FakeClock) -> None:
    gateway = made.standing.gateway
    keys, tokens = gateway.keys, gateway.tokens
    for who, grant in GRANTS.items():
        made.keys[who] = await made.key(grant)
    soon = clock.now() + timedelta(seconds=60)
    _, made.keys[Who.EXPIRED] = await keys.create("over", list(Scope), expires_at=soon)
    made.keys[Who.EXPIRED_TOKEN] = tokens.mint(A1, EAST, Role.FACADE, 60)
    revoked, made.keys[Who.REVOKED] = await keys.create("revoked", list(Scope))
    made.keys[Who.ORPHAN] = made.token(Role.FACADE, origin=f"key:{revoked.id}")
    await keys.revoke(revoked.id)
    made.keys[Who.WRONG] = f"tlk_{revoked.id}_{'x' * 43}"
    made.keys[Who.NOBODY] = ""
    made.keys[Who.TOKEN] = made.token(Role.FACADE)
    made.keys[Who.LINK_TOKEN] = made.token(Role.LINK)
    made.keys[Who.OTHER_TOKEN] = made.token(Role.FACADE, A2)
    made.keys[Who.REVOKED_TOKEN] = made.token(Role.FACADE)
    revoke = {"token": made.keys[Who.REVOKED_TOKEN]}
    status, _ = await made.ask(made.keys[Who.OPERATOR], "POST", "/v1/link-tokens/revoke", revoke)
    assert status == 200
    await clock.advance(61)


async def _of_acme(made: Tenants) -> None:
    standing, gateway = made.standing, made.standing.gateway
    key = made.keys[Who.TENANT]
    webhook = await made.webhook(key, events=["interaction.*"])
    session = standing.session(A1, EAST)
    await made.pages[EAST].see(call("c-east"))
    await until(lambda: bool(gateway.shown.interactions(session)))
    (interaction,) = gateway.shown.interactions(session)
    record = await standing.submit(Accept(interaction_id=interaction.id), ANONYMOUS)
    await standing.finished(record)
    await made.receiver.next()
    _, told = await made.ask(key, "GET", f"/v1/webhooks/{webhook}/deliveries")
    _, events = await made.ask(key, "GET", "/v1/events?type=interaction.created")
    sub_key = {"name": "sub", "scopes": ["events:read"], "grant": {"tenant": ACME, "agents": ["a1"]}}
    _, sub = await made.ask(key, "POST", "/v1/keys", sub_key)
    asked = await made.question()
    assert isinstance(asked.result, NeedsInfo)
    made.things |= {
        "session": session,
        "interaction": interaction.id,
        "command": record.id,
        "webhook": webhook,
        "delivery": str(msgspec.json.decode(told)["deliveries"][0]["id"]),
        "cursor": str(msgspec.json.decode(events)["events"][0]["cursor"]),
        "event": str(msgspec.json.decode(events)["events"][0]["id"]),
        "key": str(msgspec.json.decode(sub)["id"]),
        "asking": asked.id,
        "question": asked.result.needinfo.id,
        "query": await made.query(),
    }


@asynccontextmanager
async def tenants() -> AsyncIterator[Tenants]:
    """All of it, standing."""
    clock = FakeClock()
    free = {
        "access": {"wrong_per_minute": 1_000_000, "key_rate": {"per_s": 1_000_000, "burst": 1_000_000}},
        "limits": {"webhooks": 10_000},
    }
    async with bench(clock=clock, platforms=PLATFORMS, overrides=free) as standing, receiving() as receiver:
        made = Tenants(standing, receiver, {}, {})
        await _credentials(made, clock)
        for platform_id, agent_id in ((EAST, A2), (WEST, A2), (EAST, A1), (WEST, A1), (NORTH, A1)):
            made.pages[platform_id] = await _connect(standing, platform_id, agent_id)
        made.operator = await standing.stream(token=made.keys[Who.OPERATOR], answers=["transfer_data"])
        await _of_acme(made)
        yield made
