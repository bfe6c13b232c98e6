"""What a narrowed key gets and may do: lists, events, webhooks, commands, links, clients of a dialect."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from gateway.security.access import Scope
from gateway.store.config import MEMORY
from gateway.store.credentials import KeyRecord
from gateway.store.deliveries import Webhook
from schemas import events as ev
from schemas.errors import ConfigError
from schemas.grants import UNNARROWED, Grant, Role, VerbGroup
from schemas.ids import AgentId, PlatformId, Ref, WebhookId
from schemas.values import Json
from tests.fakes import until
from tests.gateway.handmade import NAME, P, Page, bench, call
from tests.gateway.webhook_world import receiving
from tests.patience import PATIENCE_S
from tests.security.tenants import A1, ACME, EAST, UMBRELLA, WEST, Who, bearer, tenants


def of(body: bytes, name: str) -> list[dict[str, Json]]:
    """A list in an answer."""
    return msgspec.convert(msgspec.json.decode(body)[name], list[dict[str, Json]])


# --- reading


async def test_types_narrow_events_and_the_snapshots_that_they_carry() -> None:
    async with tenants() as made:
        agents = await made.key(Grant(types=frozenset({"agent.*"})))
        calls = await made.key(Grant(types=frozenset({"interaction.*"})))
        things = made.things
        for key, seen, hidden in (
            (agents, f"/v1/sessions/{things['session']}", f"/v1/interactions/{things['interaction']}"),
            (calls, f"/v1/interactions/{things['interaction']}", f"/v1/sessions/{things['session']}"),
        ):
            assert (await made.ask(key, "GET", seen))[0] == 200
            assert (await made.ask(key, "GET", hidden))[0] == 404
        assert of((await made.ask(agents, "GET", "/v1/interactions"))[1], "interactions") == []
        assert of((await made.ask(calls, "GET", "/v1/sessions"))[1], "sessions") == []
        assert of((await made.ask(calls, "GET", "/v1/interactions"))[1], "interactions")
        assert of((await made.ask(calls, "GET", "/v1/needinfo"))[1], "needinfo") == []
        events = of((await made.ask(agents, "GET", "/v1/events?limit=1000"))[1], "events")
        assert {str(one["type"]).partition(".")[0] for one in events} == {"agent"}
        assert (await made.ask(agents, "GET", f"/v1/events/{things['cursor']}"))[0] == 404
        assert (await made.ask(agents, "GET", "/v1/events?type=interaction.*"))[0] == 403
        assert (await made.ask(agents, "GET", f"/v1/commands/{things['command']}"))[0] == 404  # another's
        facade = await made.standing.connect("/v1/facades/east/bright_pattern?agent=a1", bearer(agents))
        assert (await facade.receive(PATIENCE_S)).data == 4403  # a dialect tells all of an agent


async def test_a_filter_on_what_is_hidden_tells_no_more_than_one_on_what_is_not_there() -> None:
    async with tenants() as made:
        key = made.keys[Who.OTHER_TENANT]
        session, interaction = made.things["session"], made.things["interaction"]
        for hidden, nothing in (
            ("platform=east", "platform=none"),
            (f"session={session}", "session=ses_none"),
            (f"interaction={interaction}", "interaction=int_none"),
            ("team=support", "team=none"),
        ):
            for path in ("/v1/sessions", "/v1/interactions", "/v1/events"):
                if path == "/v1/sessions" and hidden.startswith("interaction"):
                    continue
                one, other = [await made.ask(key, "GET", f"{path}?{query}") for query in (hidden, nothing)]
                assert one[0] == other[0]
                assert one[1].replace(b"support", b"none") == other[1], (path, hidden)


async def test_a_team_of_the_same_name_has_the_agents_in_sight_only() -> None:
    async with tenants() as made:
        for who, platform in ((Who.TENANT, EAST), (Who.OTHER_TENANT, WEST)):
            found = of((await made.ask(made.keys[who], "GET", "/v1/sessions?team=sales"))[1], "sessions")
            assert [(one["platform_id"], one["agent_id"]) for one in found] == [(platform, "a1")]


async def test_what_a_platform_tells_of_anybody_is_for_who_sees_all_of_it() -> None:
    async with tenants() as made:
        await made.pages[EAST].socket.send_str('{"of": "a1"}')
        await until(lambda: made.standing.gateway.platforms[EAST].malformed > 0)
        for who, seen in ((Who.TENANT, True), (Who.OTHER_AGENT, False), (Who.OPERATOR, True)):
            listed = of((await made.ask(made.keys[who], "GET", "/v1/platforms"))[1], "platforms")
            (east,) = [one for one in listed if one["id"] == EAST]
            assert bool(east["bad_frames"]) is seen, who


# --- doing


async def test_verbs_narrow_commands_and_the_answers_to_what_they_ask() -> None:
    async with tenants() as made:
        recorder = await made.key(Grant(verbs=frozenset({VerbGroup.RECORDING})))
        about = {"interaction_id": made.things["interaction"]}
        recording = {"type": "interaction.start_recording", **about}
        assert (await made.ask(recorder, "POST", "/v1/commands", recording))[0] == 200
        for other in ("interaction.hold", "interaction.complete"):
            status, told = await made.ask(recorder, "POST", "/v1/commands", {"type": other, **about})
            assert status == 403
            assert other.encode() in told
        answer = {"needinfo_id": made.things["question"], "action": "cancel"}
        path = f"/v1/commands/{made.things['asking']}/answer"
        assert (await made.ask(recorder, "POST", path, answer))[0] == 403  # it would dial
        query = f"/v1/queries/{made.things['query']}/answer"
        assert (await made.ask(recorder, "POST", query, {"type": "data"}))[0] == 403
        dialler = await made.key(Grant(verbs=frozenset({VerbGroup.DIAL})))
        assert (await made.ask(dialler, "POST", path, answer))[0] == 200


async def test_two_tenants_may_use_the_same_idempotency_key() -> None:
    async with tenants() as made:
        await made.pages[WEST].see(call("c-west"))
        shown = made.standing.gateway.shown
        session = made.standing.session("a1", WEST)
        await until(lambda: bool(shown.interactions(session)))
        (west,) = shown.interactions(session)
        for who, interaction in ((Who.TENANT, made.things["interaction"]), (Who.OTHER_TENANT, west.id)):
            body = {"type": "interaction.hold", "interaction_id": interaction}
            answers = []
            for _ in range(2):
                headers = {**bearer(made.keys[who]), "Idempotency-Key": "once"}
                reply = await made.standing.request("POST", "/v1/commands", body, headers)
                answers.append((reply.status, reply.json()["id"], reply.json()["platform_id"]))
            assert answers[0] == answers[1]
            assert answers[0][0] == 200


async def test_a_command_is_found_no_more_under_its_idempotency_key_once_its_agent_is_out_of_sight() -> None:
    async with tenants() as made:
        record, key = await made.standing.gateway.keys.create("crm", list(Scope))
        body = {"type": "interaction.hold", "interaction_id": made.things["interaction"]}
        headers = {**bearer(key), "Idempotency-Key": "once"}
        assert (await made.standing.request("POST", "/v1/commands", body, headers)).status == 200
        await made.standing.gateway.keys.change(
            record.id, lambda one: replace(one, grant=Grant(tenant=UMBRELLA))
        )
        assert (await made.standing.request("POST", "/v1/commands", body, headers)).status == 403


# --- minting


@pytest.mark.parametrize(
    ("scopes", "roles", "minted"),
    [
        ((Scope.LINKS,), (), {Role.LINK}),  # a token for a client would give more than the key has
        ((Scope.LINKS, Scope.EVENTS_READ), (), {Role.LINK}),
        ((Scope.LINKS, Scope.EVENTS_READ, Scope.COMMANDS_WRITE), (), {Role.LINK, Role.FACADE}),
        ((Scope.LINKS,), (Role.FACADE,), {Role.FACADE}),
        ((Scope.LINKS,), (Role.LINK,), {Role.LINK}),
        ((Scope.EVENTS_READ, Scope.COMMANDS_WRITE), (Role.LINK, Role.FACADE), set[Role]()),
    ],
)
async def test_a_key_mints_for_its_roles(
    scopes: tuple[Scope, ...], roles: tuple[Role, ...], minted: set[Role]
) -> None:
    async with bench() as standing:
        _, key = await standing.gateway.keys.create("crm", scopes, Grant(roles=frozenset(roles)))
        for role in Role:
            wanted = {"platform_id": P, "agent_id": "a1", "role": role}
            reply = await standing.request("POST", "/v1/link-tokens", wanted, bearer(key))
            assert reply.status == (201 if role in minted else 403), role
        if Scope.LINKS in scopes and Role.LINK not in minted:
            page = Page(await standing.connect(f"/v1/links/{P}"))
            hello = {"id": 1, "method": "trunkline.hello", "params": [{"agent": "a1", "token": key}]}
            await page.socket.send_json(hello)
            assert (await page.closed())[0] == 4403  # what it may not make, it may not be


async def test_a_token_has_what_its_key_has_and_may_be_narrowed_further() -> None:
    async with tenants() as made:
        grant = Grant(tenant=ACME, verbs=frozenset({VerbGroup.HANDLE, VerbGroup.DATA}))
        key = await made.key(grant)
        wanted: dict[str, Json] = {"platform_id": EAST, "agent_id": "a1", "role": "facade"}
        about = {"interaction_id": made.things["interaction"]}

        async def token(grant: dict[str, Json]) -> str:
            status, told = await made.ask(key, "POST", "/v1/link-tokens", {**wanted, "grant": grant})
            assert status == 201, told
            return made.text(told, "token")

        narrowings: tuple[tuple[dict[str, Json], int], ...] = (({}, 200), ({"verbs": ["data"]}, 403))
        for narrower, may_hold in narrowings:
            credential = await token(narrower)
            for verb, status in (("hold", may_hold), ("complete", 403)):
                command = {"type": f"interaction.{verb}", **about}
                assert (await made.ask(credential, "POST", "/v1/commands", command))[0] == status, verb
        for wider in ({"verbs": ["dial"]}, {"tenant": UMBRELLA}):
            refused = await made.ask(key, "POST", "/v1/link-tokens", {**wanted, "grant": wider})
            assert refused[0] == 403, wider


async def test_a_key_gives_no_role_that_it_may_not_make_itself() -> None:
    async with tenants() as made:
        key = await made.key(UNNARROWED, Scope.ADMIN, Scope.LINKS)
        body = {"name": "sub", "scopes": ["links"], "grant": {"roles": ["facade"]}}
        assert (await made.ask(key, "POST", "/v1/keys", body))[0] == 403
        body["grant"] = {"roles": ["link"]}
        assert (await made.ask(key, "POST", "/v1/keys", body))[0] == 201


# --- links and clients


async def test_the_page_of_a_key_for_some_agents_names_one_and_tells_of_no_other() -> None:
    async with tenants() as made:
        key = await made.key(Grant(agents=frozenset({"a1"})))
        for named, platform, closed in (("", EAST, True), ("a2", EAST, True), ("a1", EAST, False)):
            page = Page(await made.standing.connect(f"/v1/links/{platform}"))
            hello = {"id": 1, "method": "trunkline.hello", "params": [{"agent": named, "token": key}]}
            await page.socket.send_json(hello)
            if closed:
                assert (await page.closed())[0] == 4403, named
                continue
            assert (await page.heard())["result"] == {"agent": "a1"}
            await page.see(call("c9", name=Ref("a2")))
            assert (await page.closed())[0] == 4403


async def test_a_client_of_a_dialect_acts_for_the_agents_in_sight_only() -> None:
    async with tenants() as made:
        key = await made.key(Grant(tenant=ACME, agents=frozenset({"a2"})))
        socket = await made.standing.connect("/v1/facades/east/bright_pattern?agent=a1", bearer(key))
        assert (await socket.receive(PATIENCE_S)).data == 4403
        facade = "/v1/facades/east/bright_pattern?agent=a2"
        socket = await made.standing.connect(facade, bearer(key))
        hold = {"jsonrpc": "2.0", "id": 7, "method": "setCallHold"}
        await socket.send_json({**hold, "params": [True, made.things["interaction"]]})
        while (answer := msgspec.json.decode((await socket.receive(PATIENCE_S)).data)).get("id") != 7:
            pass
        assert answer["result"]["status"] == "error"


# --- a key is changed


async def test_what_is_connected_by_a_key_ends_when_the_key_is_narrowed_and_may_come_again() -> None:
    async with tenants() as made:
        record, key = await made.standing.gateway.keys.create("crm", list(Scope))
        stream = await made.standing.stream(token=key)
        body = {"grant": {"tenant": UMBRELLA}}
        status, told = await made.ask(made.keys[Who.OPERATOR], "PATCH", f"/v1/keys/{record.id}", body)
        assert status == 200
        assert msgspec.json.decode(told)["grant"] == {"tenant": UMBRELLA}
        await until(lambda: stream.close_code is not None)
        assert stream.close_code == 4401
        again = await made.standing.stream(token=key, after=0)
        await again.until(lambda event: event.platform_id == WEST)
        assert {one.platform_id for one in again.seen} == {WEST}


async def test_nobody_widens_a_key_beyond_his_own() -> None:
    async with tenants() as made:
        path = f"/v1/keys/{made.things['key']}"
        for wider in ({}, {"tenant": UMBRELLA}):
            assert (await made.ask(made.keys[Who.TENANT], "PATCH", path, {"grant": wider}))[0] == 403


# --- webhooks


async def test_a_webhook_delivers_what_its_key_sees_by_now() -> None:
    async with tenants() as made, receiving() as receiver:
        gateway = made.standing.gateway
        record, key = await gateway.keys.create("crm", list(Scope), Grant(tenant=ACME))
        hook = WebhookId(await made.webhook(key, url=receiver.url))

        def notice(code: str, platform: PlatformId = EAST, agent: str = "a1") -> ev.PlatformNotice:
            return ev.PlatformNotice(
                time=gateway.clock.now(), platform_id=platform, agent_id=AgentId(agent), code=code
            )

        async def codes(count: int) -> list[str]:
            bodies = [msgspec.json.decode((await receiver.next()).body) for _ in range(count)]
            return [body["data"]["code"] for body in bodies]

        gateway.router.publish([notice("west", WEST), notice("one")])
        assert await codes(1) == ["one"]
        assert (await made.ask(key, "POST", f"/v1/webhooks/{hook}/pause"))[0] == 200
        gateway.router.publish([notice("waits"), notice("waits too", agent="a2")])
        await until(lambda: gateway.deliverer.lag()[hook] == 2)
        await gateway.keys.change(
            record.id, lambda one: replace(one, grant=Grant(tenant=ACME, agents=frozenset({"a2"})))
        )
        await until(lambda: gateway.deliverer.registry.get(hook).grant.agents == {"a2"})
        assert (await made.ask(key, "POST", f"/v1/webhooks/{hook}/resume"))[0] == 200
        gateway.router.publish([notice("hidden"), notice("two", agent="a2")])
        assert await codes(2) == ["waits too", "two"]
        replay = {"states": ["dead", "delivered"]}
        status, told = await made.ask(key, "POST", f"/v1/webhooks/{hook}/replay", replay)
        assert status == 202, told
        assert await codes(2) == ["waits too", "two"]
        deliveries = of((await made.ask(key, "GET", f"/v1/webhooks/{hook}/deliveries"))[1], "deliveries")
        dead = [str(one["error"]) for one in deliveries if one["state"] == "dead"]
        assert len(dead) == 1
        assert "no longer granted" in dead[0]


async def test_two_tenants_may_call_a_webhook_the_same_and_each_sees_its_own() -> None:
    async with tenants() as made:
        for who in (Who.TENANT, Who.OTHER_TENANT):
            assert await made.webhook(made.keys[who], id="crm", name=who) == "crm"
            assert await made.webhook(made.keys[who], id="crm", name=who) == "crm"  # again: it is there
        for who in (Who.TENANT, Who.OTHER_TENANT):
            status, told = await made.ask(made.keys[who], "GET", "/v1/webhooks/crm")
            assert (status, made.text(told, "name")) == (200, who)
            listed = of((await made.ask(made.keys[who], "GET", "/v1/webhooks"))[1], "webhooks")
            assert who in [one["name"] for one in listed]
            assert len([one for one in listed if one["id"] == "crm"]) == 1
        listed = of((await made.ask(made.keys[Who.OPERATOR], "GET", "/v1/webhooks"))[1], "webhooks")
        assert {"acme:crm", "umbrella:crm"} <= {one["id"] for one in listed}
        assert (await made.ask(made.keys[Who.OTHER_TENANT], "GET", "/v1/webhooks/acme:crm"))[0] == 404
        assert (await made.ask(made.keys[Who.OTHER_TENANT], "DELETE", "/v1/webhooks/crm"))[0] == 204
        assert (await made.ask(made.keys[Who.TENANT], "GET", "/v1/webhooks/crm"))[0] == 200


async def test_a_webhook_of_who_sees_more_is_none_and_its_id_is_taken() -> None:
    async with tenants() as made:
        assert await made.webhook(made.keys[Who.TENANT], id="wide") == "wide"
        key = made.keys[Who.OTHER_AGENT]
        body = {"url": made.receiver.url, "id": "wide"}
        status, told = await made.ask(key, "POST", "/v1/webhooks", body)
        assert status == 409
        assert msgspec.json.decode(told)["detail"] == "the id wide is taken"


# --- tenants


async def test_a_platform_is_its_tenants_for_good(tmp_path: Path) -> None:
    path = str(tmp_path / "gateway.db")
    one: dict[str, dict[str, Json]] = {"p": {"dialect": NAME}}
    for tenant in ("", ACME, "", ACME):
        async with bench(path=path, platforms={"p": {**one["p"], "tenant": tenant}} if tenant else one):
            pass
    with pytest.raises(ConfigError, match=r"platforms\.p\.tenant: .* those of acme"):
        async with bench(path=path, platforms={"p": {**one["p"], "tenant": UMBRELLA}}):
            pass
    assert path != MEMORY


async def test_without_tenants_everything_is_one_and_a_key_of_a_tenant_sees_nothing() -> None:
    async with bench() as standing:
        page = await standing.page()
        await standing.shown(page, call())
        _, operator = await standing.gateway.keys.create("all", list(Scope))
        _, tenant = await standing.gateway.keys.create("acme", list(Scope), Grant(tenant=ACME))
        for key, count in ((operator, 1), (tenant, 0)):
            reply = await standing.request("GET", "/v1/interactions", None, bearer(key))
            assert len(of(reply.body, "interactions")) == count


async def test_a_session_that_is_polled_is_for_a_token_of_the_same_rights() -> None:
    async with tenants() as made:
        polled = "/v1/facades/east/channel_session"
        start = {"messageType": "startSession", "client": {"id": "mine", "name": "bar"}}
        assert (await made.ask(made.token(Role.FACADE), "POST", f"{polled}/sessions", start))[0] == 200
        tokens = made.standing.gateway.tokens
        less = tokens.mint(A1, EAST, Role.FACADE, grant=Grant(verbs=frozenset({VerbGroup.DATA})))
        messages = f"{polled}/messages?clientId=mine"
        assert (await made.ask(less, "GET", messages))[0] == 404
        end = {**start, "messageType": "endSession"}
        assert (await made.ask(made.token(Role.FACADE), "POST", f"{polled}/sessions", end))[0] == 200


async def test_a_connection_of_a_tenant_is_for_its_webhooks_alone() -> None:
    connections: dict[str, Json] = {"secret": {"tenant": ACME}, "open": {}}
    async with (
        bench(overrides={"webhooks": {"connections": connections}}) as standing,
        receiving() as receiver,
    ):
        keys = standing.gateway.keys
        for tenant, named, status in (
            *((ACME, "secret", 201), (UMBRELLA, "secret", 400), (UMBRELLA, "open", 201)),
            *((UMBRELLA, "none", 400), ("", "secret", 201)),
        ):
            _, key = await keys.create("test", list(Scope), Grant(tenant=tenant))
            body = {"url": receiver.url, "connection": named}
            reply = await standing.request("POST", "/v1/webhooks", body, bearer(key))
            assert reply.status == status, (tenant, named)
            if status == 400:
                assert b"there are: open, default" in reply.body or b"default, open" in reply.body
                assert b"secret, " not in reply.body


def test_what_an_earlier_version_kept_of_keys_and_webhooks_is_not_narrowed() -> None:
    key = b'{"id":"k","name":"crm","digest":"AA==","scopes":["admin"],"created_at":"2026-01-01T00:00:00Z"}'
    assert msgspec.json.decode(key, type=KeyRecord).grant == UNNARROWED
    hook = b'{"id":"w","url":"https://crm.example","secrets":[],"created_at":"2026-01-01T00:00:00Z"}'
    assert msgspec.json.decode(hook, type=Webhook).grant == UNNARROWED
