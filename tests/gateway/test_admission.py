"""Who gets in at which door, and what of it they may have."""

import pytest
from aiohttp.test_utils import make_mocked_request
from msgspec.structs import replace

from gateway.events.filters import Filter, select
from gateway.events.teams import Teams
from gateway.http.admission import (
    admit,
    check_origin,
    client_agent,
    link_agent,
    narrow,
    needs_hello,
    require_sight,
    require_verb,
)
from gateway.platforms.config import PlatformConfig
from gateway.platforms.platform import Platform
from gateway.security.access import ANONYMOUS, EVERYTHING, Gate, Principal, Scope
from gateway.security.keys import Keys
from gateway.security.tokens import Tokens
from gateway.store.memory import MemoryStore
from schemas.errors import RefusedError
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId
from tests.fakes import FakeClock
from tests.gateway.handmade import HANDMADE, NAME, P, bench

FOREIGN = {"Origin": "https://evil.example"}
A = AgentId("a1")


def bearer(role: Role = Role.FACADE, agent: str = "a1", platform: str = "p") -> Principal:
    scopes = {Scope.LINKS} if role is Role.LINK else {Scope.EVENTS_READ, Scope.COMMANDS_WRITE}
    return Principal(
        name="t",
        scopes=frozenset(scopes),
        agent_id=AgentId(agent),
        platform_id=PlatformId(platform),
        role=role,
    )


def key(*scopes: Scope) -> Principal:
    return Principal(name="key:1", scopes=frozenset(scopes or EVERYTHING))


async def test_without_a_key_this_machine_does_everything_and_foreign_pages_nothing() -> None:
    async with bench() as standing:
        body = {"type": "agent.logout", "session_id": "ses_x"}
        assert (await standing.request("GET", "/v1/platforms")).status == 200
        for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example", "::"):
            reply = await standing.request("POST", "/v1/commands", body, {"Origin": origin})
            assert reply.status == 401, origin
            assert reply.json()["type"] == "urn:trunkline:not_allowed"
        for origin in ("http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]"):
            reply = await standing.request("GET", "/v1/platforms", headers={"Origin": origin})
            assert reply.status == 200, origin
        rebound = await standing.request("GET", "/v1/platforms", headers={"Host": "gateway.example"})
        assert rebound.status == 401


async def test_a_key_ends_the_open_mode() -> None:
    async with bench() as standing:
        _, secret = await standing.gateway.keys.create("crm", [Scope.EVENTS_READ])
        anonymous = await standing.request("GET", "/v1/platforms")
        assert anonymous.status == 401
        authorization = {"Authorization": f"Bearer {secret}"}
        assert (await standing.request("GET", "/v1/platforms", headers=authorization)).status == 200
        foreign = {**authorization, **FOREIGN}
        assert (await standing.request("GET", "/v1/platforms", headers=foreign)).status == 200
        command = {"type": "agent.logout", "session_id": "ses_x"}
        reply = await standing.request("POST", "/v1/commands", command, authorization)
        assert reply.status == 403
        assert "commands:write" in str(reply.json()["detail"])


async def test_only_a_first_frame_can_bring_what_a_browser_cannot_put_in_a_header() -> None:
    clock, store = FakeClock(), MemoryStore()
    keys = Keys(store, clock)
    gate = Gate(keys, Tokens(b"s" * 32, clock))
    bare = make_mocked_request("GET", "/")
    assert not needs_hello(gate, bare)
    _, secret = await keys.create("k", [Scope.LINKS])
    assert needs_hello(gate, bare)
    assert not needs_hello(gate, make_mocked_request("GET", "/", {"Authorization": f"Bearer {secret}"}))
    assert admit(gate, bare, secret).scopes == {Scope.LINKS}
    with pytest.raises(RefusedError):
        admit(gate, bare, secret + "x")
    with pytest.raises(RefusedError):
        admit(gate, bare)


@pytest.mark.parametrize(
    ("origins", "origin", "let_in"),
    [
        ([], None, True),
        ([], "http://gateway.test", True),
        ([], "https://crm.example", False),
        (["https://crm.example"], "https://crm.example", True),
        (["https://crm.example"], "https://crm.example.evil", False),
        (["*"], "https://anything.example", True),
        ([], "http://[", False),
    ],
)
def test_pages_are_let_in_by_the_platforms_list(origins: list[str], origin: str | None, let_in: bool) -> None:  # noqa: FBT001  # a table's column
    platform = Platform(P, PlatformConfig(dialect=NAME, origins=origins), HANDMADE, HANDMADE.settings())
    headers = {"Host": "gateway.test"} if origin is None else {"Host": "gateway.test", "Origin": origin}
    request = make_mocked_request("GET", "/", headers)
    if let_in:
        check_origin(request, platform)
    else:
        with pytest.raises(RefusedError):
            check_origin(request, platform)


def test_a_relay_is_of_the_agent_that_its_token_names() -> None:
    token = bearer(Role.LINK)
    assert link_agent(token, P, "") == A
    assert link_agent(token, P, "a1") == A
    assert link_agent(ANONYMOUS, P, "a7") == "a7"
    assert link_agent(ANONYMOUS, P, "") is None
    assert link_agent(key(Scope.LINKS), P, "a7") == "a7"


@pytest.mark.parametrize(
    ("principal", "platform", "named", "why"),
    [
        (bearer(Role.LINK), "p", "a2", "agent a1"),
        (bearer(Role.LINK), "q", "a1", "platform p"),
        (bearer(Role.FACADE), "p", "a1", "links"),
        (key(Scope.EVENTS_READ), "p", "a1", "links"),
    ],
)
def test_a_relay_is_refused_with_another_agents_platforms_or_roles_token(
    principal: Principal, platform: str, named: str, why: str
) -> None:
    with pytest.raises(RefusedError, match=why):
        link_agent(principal, PlatformId(platform), named)


@pytest.mark.parametrize(
    ("principal", "platform", "named", "why"),
    [
        (bearer(), "p", "a2", "agent a1"),
        (bearer(), "q", "a1", "platform p"),
        (bearer(Role.LINK), "p", "a1", "commands:write"),
        (key(Scope.LINKS), "p", "a1", "commands:write"),
    ],
)
def test_a_client_is_refused_likewise(principal: Principal, platform: str, named: str, why: str) -> None:
    assert client_agent(bearer(), P, "") == A
    with pytest.raises(RefusedError, match=why):
        client_agent(principal, PlatformId(platform), named)


def test_commands_need_their_scope_and_their_agent() -> None:
    for principal, verb in (
        (bearer(), "interaction.hold"),
        (key(Scope.COMMANDS_WRITE), "interaction.hold"),
        (ANONYMOUS, "vendor.call"),
    ):
        require_verb(principal, verb)
    for principal, verb in (
        (bearer(), "vendor.call"),
        (key(Scope.COMMANDS_WRITE), "vendor.call"),
        (key(Scope.EVENTS_READ), "interaction.hold"),
    ):
        with pytest.raises(RefusedError):
            require_verb(principal, verb)
    require_sight(bearer(), "p", "a1")
    for platform, agent in (("p", "a2"), ("q", "a1"), ("p", None)):
        with pytest.raises(RefusedError):
            require_sight(bearer(), platform, agent)


TEAMS = Teams({P: PlatformConfig(dialect=NAME, teams={"both": ["a1", "a2"], "other": ["a2"], "nobody": []})})


def test_what_is_wanted_is_narrowed_to_what_is_theirs() -> None:
    everything = Filter(types=frozenset({"agent.*"}))
    assert narrow(key(Scope.EVENTS_READ), everything, TEAMS) == select(everything, TEAMS)
    own = {"agents": frozenset({"a1"}), "platforms": frozenset({"p"})}
    mine = replace(select(everything, TEAMS), **own)
    assert narrow(bearer(), everything, TEAMS) == mine
    assert narrow(bearer(), replace(everything, agents=frozenset({"a1", "a2"})), TEAMS) == mine
    both = replace(everything, teams=frozenset({"both"}))
    assert narrow(bearer(), both, TEAMS) == replace(select(both, TEAMS), **own)


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(agents=frozenset({"a2"})),
        Filter(platforms=frozenset({"q"})),
    ],
)
def test_asking_only_for_what_is_anothers_is_refused(wanted: Filter) -> None:
    with pytest.raises(RefusedError, match="another agent or platform"):
        narrow(bearer(), wanted, TEAMS)


@pytest.mark.parametrize("team", ["other", "nobody", "sales"])
def test_a_team_of_others_is_none(team: str) -> None:
    with pytest.raises(RefusedError, match=f"there is no team '{team}'"):
        narrow(bearer(), Filter(teams=frozenset({team})), TEAMS)
    if team != "sales":
        narrow(key(Scope.EVENTS_READ), Filter(teams=frozenset({team})), TEAMS)


@pytest.mark.parametrize("principal", [bearer(), key(Scope.EVENTS_READ)])
def test_a_team_that_is_not_configured_is_refused(principal: Principal) -> None:
    with pytest.raises(RefusedError, match="there is no team 'sales'"):
        narrow(principal, Filter(teams=frozenset({"both", "sales"})), TEAMS)


def test_who_may_not_read_events_gets_no_filter() -> None:
    with pytest.raises(RefusedError, match="events:read"):
        narrow(key(Scope.COMMANDS_WRITE), Filter(), TEAMS)


def test_events_about_the_gateway_are_for_administrators() -> None:
    wanted = Filter(types=frozenset({"webhook.disabled", "agent.*"}))
    assert narrow(key(Scope.EVENTS_READ, Scope.ADMIN), wanted, TEAMS).types >= {"webhook.disabled"}
    for principal in (key(Scope.EVENTS_READ), bearer()):
        with pytest.raises(RefusedError, match="admin"):
            narrow(principal, wanted, TEAMS)
