"""/v1: every route, and what is wrong with a request as a problem that names it."""

from datetime import timedelta

import msgspec
import pytest

from adapters.contract.dialect import Done
from gateway.security.access import Scope
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.grants import Role
from schemas.ids import AgentId, Cursor, PlatformId, Ref, WebhookId
from schemas.interaction import Interaction, InteractionState
from schemas.needinfo import Field, FieldType, NeedInfo, NeedInfoKind, Question
from schemas.queries import ValidateRecords
from schemas.results import CommandRecord, CommandStatus, NeedsInfo, Succeeded
from schemas.values import Json
from tests.e2e.world import Reply
from tests.gateway.handmade import Ask, Bench, P, bench, call

REASON = Question(
    kind=NeedInfoKind.LOGOUT_REASON, title="Why?", fields=(Field(key="reason", type=FieldType.TEXT),)
)


def record(reply: Reply, status: int = 200) -> CommandRecord:
    assert reply.status == status, reply
    return msgspec.json.decode(reply.body, type=CommandRecord)


def problem(reply: Reply, status: int, code: str) -> str:
    body = reply.json()
    assert (reply.status, body["status"], body["type"]) == (status, status, f"urn:trunkline:{code}"), body
    assert body["title"] == code.replace("_", " ")
    return str(body["detail"])


async def two_agents(standing: Bench) -> tuple[Interaction, Interaction]:
    one, two = await standing.page("a1"), await standing.page("a2")
    (mine,) = await standing.shown(one, call("c1"))
    (theirs,) = await standing.shown(two, call("c2", name=Ref("a2")))
    return mine, theirs


async def test_platforms_say_what_they_can_and_how_they_are() -> None:
    async with bench() as standing:
        page = await standing.page()
        await page.socket.send_str("{")
        assert (await page.heard())["method"] == "trunkline.error"
        reply = await standing.request("GET", "/v1/platforms")
        (platform,) = msgspec.json.decode(reply.body, type=dict[str, list[dict[str, Json]]])["platforms"]
        assert {name: platform[name] for name in ("id", "dialect", "state", "links", "malformed")} == {
            "id": "p",
            "dialect": "handmade",
            "state": "connected",
            "links": 1,
            "malformed": 1,
        }
        commands = platform["commands"]
        assert isinstance(commands, dict)
        assert commands["interaction.dial"] == "exact"
        assert commands["interaction.start_email"] == "unsupported"
        assert platform["bad_frames"]


async def test_sessions_and_interactions_are_read_and_filtered() -> None:
    async with bench() as standing:
        mine, theirs = await two_agents(standing)
        reply = await standing.request("GET", "/v1/sessions?agent=a1")
        sessions = msgspec.convert(reply.json()["sessions"], list[AgentSession])
        assert [one.agent_id for one in sessions] == ["a1"]
        one = await standing.request("GET", f"/v1/sessions/{standing.session()}")
        assert msgspec.json.decode(one.body, type=AgentSession) == sessions[0]
        for query, wanted in (
            ("", [mine.id, theirs.id]),
            ("?agent=a2", [theirs.id]),
            ("?agent=a1,a2", [mine.id, theirs.id]),
            ("?agent=a1&agent=a2", [mine.id, theirs.id]),
            ("?platform=q", []),
            (f"?interaction={mine.id}", [mine.id]),
            (f"?session={theirs.session_id}", [theirs.id]),
        ):
            reply = await standing.request("GET", f"/v1/interactions{query}")
            found = msgspec.convert(reply.json()["interactions"], list[Interaction])
            assert [one.id for one in found] == wanted, query
        one = await standing.request("GET", f"/v1/interactions/{mine.id}")
        assert msgspec.json.decode(one.body, type=Interaction) == mine


async def test_a_token_reads_its_own_agent_only() -> None:
    async with bench() as standing:
        gateway = standing.gateway
        mine, theirs = await two_agents(standing)
        await gateway.keys.create("crm", [Scope.EVENTS_READ])
        token = gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        bearer = {"Authorization": f"Bearer {token}"}
        reply = await standing.request("GET", "/v1/interactions", headers=bearer)
        assert [one.id for one in msgspec.convert(reply.json()["interactions"], list[Interaction])] == [
            mine.id
        ]
        hidden = await standing.request("GET", f"/v1/interactions/{theirs.id}", headers=bearer)
        problem(hidden, 404, "unknown_interaction")
        hidden = await standing.request("GET", f"/v1/sessions/{theirs.session_id}", headers=bearer)
        problem(hidden, 404, "unknown_session")
        body = {"type": "interaction.accept", "interaction_id": theirs.id}
        problem(await standing.request("POST", "/v1/commands", body, bearer), 404, "unknown_interaction")
        others = await standing.request("GET", "/v1/events?agent=a2", headers=bearer)
        problem(others, 403, "not_allowed")
        events = await standing.request("GET", "/v1/events?limit=1000", headers=bearer)
        assert b'"agent_id":"a2"' not in events.body
        assert b'"agent_id":"a1"' in events.body
        platforms = await standing.request("GET", "/v1/platforms", headers=bearer)
        assert b'"bad_frames":[]' in platforms.body


async def test_a_command_is_answered_when_it_is_finished() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call())
        body = {"type": "interaction.accept", "interaction_id": shown.id}
        waiting = record(await standing.request("POST", "/v1/commands?wait=0", body), 202)
        assert waiting.status is CommandStatus.SENT
        await page.carry_out(Done())
        await standing.finished(waiting)
        done = record(await standing.request("GET", f"/v1/commands/{waiting.id}"))
        assert (done.status, done.result) == (CommandStatus.FINISHED, Succeeded())


async def test_the_idempotency_key_of_the_header_holds() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call())
        body: dict[str, Json] = {"type": "interaction.accept", "interaction_id": shown.id}
        key = {"Idempotency-Key": "once"}
        first = record(await standing.request("POST", "/v1/commands?wait=0", body, key), 202)
        await page.carry_out(Done())
        assert record(await standing.request("POST", "/v1/commands", body, key)).id == first.id
        other = {**body, "type": "interaction.reject"}
        assert first.id in problem(
            await standing.request("POST", "/v1/commands", other, key), 409, "conflict"
        )
        long = {"Idempotency-Key": "x" * 300}
        problem(await standing.request("POST", "/v1/commands", body, long), 400, "invalid_command")


async def test_a_question_is_listed_and_answered() -> None:
    async with bench() as standing:
        page = await standing.page()
        body = {"type": "agent.logout", "session_id": standing.session()}
        sent = record(await standing.request("POST", "/v1/commands?wait=0", body), 202)
        await page.carry_out(REASON)
        asking = await standing.finished(sent)
        assert isinstance(asking.result, NeedsInfo)
        question = asking.result.needinfo
        listed = await standing.request("GET", "/v1/needinfo")
        assert msgspec.convert(listed.json()["needinfo"], list[NeedInfo]) == [question]
        answer = {"needinfo_id": question.id, "values": {"reason": "home"}}
        elsewhere = await standing.request("POST", "/v1/commands/cmd_other/answer", answer)
        problem(elsewhere, 404, "unknown_object")
        going_on = await standing.request("POST", f"/v1/commands/{sent.id}/answer?wait=0", answer)
        assert record(going_on, 202).attempts == 2
        assert (await page.carry_out(Done())).command["answers"] == {"reason": "home"}
        assert (await standing.finished(sent)).result == Succeeded()
        assert (await standing.request("GET", "/v1/needinfo")).json() == {"needinfo": []}


async def test_a_client_that_cannot_answer_says_so() -> None:
    async with bench() as standing:
        page = await standing.page()
        body = {"type": "agent.logout", "session_id": standing.session()}
        sent = record(await standing.request("POST", "/v1/commands?wait=0&interactive=false", body), 202)
        assert not sent.interactive
        await page.carry_out(REASON)
        done = record(await standing.request("GET", f"/v1/commands/{(await standing.finished(sent)).id}"))
        assert msgspec.to_builtins(done.result)["code"] == "needs_info"


async def test_events_are_read_in_pages() -> None:
    async with bench() as standing:
        page = await standing.page()
        await standing.shown(page, call("c1"), call("c2"))
        await standing.gateway.store.barrier()
        last = standing.gateway.store.last_cursor()
        seen: list[int] = []
        cursor = 0
        while True:
            reply = (await standing.request("GET", f"/v1/events?after={cursor}&limit=2")).json()
            events = msgspec.convert(reply["events"], list[dict[str, Json]])
            if not events:
                break
            seen += [int(str(event["cursor"])) for event in events]
            cursor = int(str(reply["cursor"]))
        assert seen == list(range(1, last + 1))
        assert reply["first"] == 1
        some = (await standing.request("GET", "/v1/events?type=agent.*&interaction=&limit=1000")).json()
        types = {str(event["type"]) for event in msgspec.convert(some["events"], list[dict[str, Json]])}
        assert types == {"agent.logged_in", "agent.state_changed"}


async def test_one_event_is_read_by_who_may_see_it_until_it_is_forgotten() -> None:
    async with bench() as standing:
        await two_agents(standing)
        gateway = standing.gateway
        await gateway.store.barrier()
        page = await standing.request("GET", "/v1/events?limit=1000")
        told = msgspec.json.decode(page.body, type=dict[str, msgspec.Raw])["events"]
        for event in msgspec.json.decode(told, type=list[dict[str, Json]]):
            assert (await standing.request("GET", f"/v1/events/{event['cursor']}")).json() == event
        last = int(gateway.store.last_cursor())
        for none in (0, last + 1, "9" * 30, "x", "-1"):
            problem(await standing.request("GET", f"/v1/events/{none}"), 404, "unknown_object")
        disabled = ev.WebhookDisabled(
            time=gateway.clock.now(), platform_id=ev.NO_PLATFORM, webhook_id=WebhookId("w"), reason="it asked"
        )
        gateway.router.publish([disabled])
        assert (await standing.request("GET", f"/v1/events/{last + 1}")).status == 200
        _, key = await gateway.keys.create("crm", [Scope.EVENTS_READ])
        reply = await standing.request(
            "GET", f"/v1/events/{last + 1}", None, {"Authorization": f"Bearer {key}"}
        )
        assert "admin" in problem(reply, 403, "not_allowed")
        a2 = {"Authorization": f"Bearer {gateway.tokens.mint(AgentId('a2'), P, Role.FACADE)}"}
        first = await standing.request("GET", "/v1/events/1", None, a2)
        assert problem(first, 404, "unknown_object") == "there is no event 1"
        await gateway.store.checkpoint(Cursor(last), b"{}")
        while await gateway.store.prune(gateway.clock.now() + timedelta(days=1), 0):
            continue
        admin = {"Authorization": f"Bearer {(await gateway.keys.create('boss', list(Scope)))[1]}"}
        gone = await standing.request("GET", "/v1/events/1", None, admin)
        assert "no longer kept" in problem(gone, 410, "expired")


async def test_a_query_is_answered_over_http() -> None:
    async with bench() as standing:
        page = await standing.page()
        stream = await standing.stream(answers=["validate_records"])
        await page.say(Ask("t1", ValidateRecords()))
        told = msgspec.to_builtins(await stream.until(lambda event: hasattr(event, "query")))
        query = told["query"]["id"]
        answer = {"type": "verdict", "query_id": query, "yes": True}
        path = f"/v1/queries/{query}/answer"
        problem(
            await standing.request("POST", "/v1/queries/qry_other/answer", answer), 400, "invalid_command"
        )
        wrong = {"type": "data", "query_id": query}
        assert "verdict" in problem(await standing.request("POST", path, wrong), 400, "invalid_command")
        assert (await standing.request("POST", path, answer)).status == 200
        assert (await page.heard())["answer"] == "t1"
        problem(await standing.request("POST", path, answer), 404, "unknown_object")


async def test_link_tokens_are_minted_for_a_platforms_agent_and_let_him_in() -> None:
    async with bench() as standing:
        _, links = await standing.gateway.keys.create("relay", [Scope.LINKS])
        _, reads = await standing.gateway.keys.create("reader", [Scope.EVENTS_READ])
        bearer = {"Authorization": f"Bearer {links}"}
        body: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "link"}
        minted = await standing.request("POST", "/v1/link-tokens", body, bearer)
        assert minted.status == 201
        token = str(minted.json()["token"])
        await standing.relay("a1", token=token)
        unknown = await standing.request("POST", "/v1/link-tokens", {**body, "platform_id": "q"}, bearer)
        problem(unknown, 404, "unknown_platform")
        eternal = await standing.request("POST", "/v1/link-tokens", {**body, "ttl_s": 10**6}, bearer)
        problem(eternal, 403, "not_allowed")
        reader = {"Authorization": f"Bearer {reads}"}
        problem(await standing.request("POST", "/v1/link-tokens", body, reader), 403, "not_allowed")


async def test_a_token_cannot_mint_itself_another() -> None:
    async with bench() as standing:
        await standing.gateway.keys.create("crm", [Scope.LINKS])
        token = standing.gateway.tokens.mint(AgentId("a1"), P, Role.LINK)
        body = {"agent_id": "a1", "platform_id": "p", "role": "facade"}
        reply = await standing.request("POST", "/v1/link-tokens", body, {"Authorization": f"Bearer {token}"})
        problem(reply, 403, "not_allowed")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "named"),
    [
        ("POST", "/v1/commands", b"{", 400, "invalid_command", "truncated"),
        ("POST", "/v1/commands", b"\xff", 400, "invalid_command", "UTF-8"),
        ("POST", "/v1/commands", {"type": "interaction.fly"}, 400, "invalid_command", "interaction.fly"),
        ("POST", "/v1/commands", {"type": "agent.logout"}, 400, "invalid_command", "session_id"),
        (
            "POST",
            "/v1/commands",
            {"type": "agent.logout", "session_id": "ses_x"},
            404,
            "unknown_session",
            "ses_x",
        ),
        (
            "POST",
            "/v1/commands",
            {"type": "agent.login", "platform_id": "q", "agent_id": "a"},
            404,
            "unknown_platform",
            "q",
        ),
        (
            "POST",
            "/v1/commands",
            {"type": "interaction.hold", "interaction_id": "int_x"},
            404,
            "unknown_interaction",
            "int_x",
        ),
        ("POST", "/v1/commands?wait=x", {"type": "agent.logout"}, 400, "invalid_command", "wait"),
        ("POST", "/v1/commands?wait=61", {"type": "agent.logout"}, 400, "invalid_command", "wait"),
        ("POST", "/v1/commands?wait=nan", {"type": "agent.logout"}, 400, "invalid_command", "wait"),
        ("GET", "/v1/commands/cmd_x", None, 404, "unknown_object", "cmd_x"),
        (
            "POST",
            "/v1/commands/cmd_x/answer",
            {"needinfo_id": "ask_x"},
            404,
            "unknown_object",
            "ask_x",
        ),
        ("POST", "/v1/commands/cmd_x/answer", {"needinfo": "x"}, 400, "invalid_command", "needinfo"),
        ("GET", "/v1/sessions/ses_x", None, 404, "unknown_session", "ses_x"),
        ("GET", "/v1/interactions/int_x", None, 404, "unknown_interaction", "int_x"),
        ("GET", "/v1/events?limit=1001", None, 400, "invalid_command", "limit"),
        ("POST", "/v1/link-tokens", {"agent_id": "a1"}, 400, "invalid_command", "platform_id"),
        ("GET", "/v1/nothing", None, 404, "unknown_object", "/v1/nothing"),
        ("DELETE", "/v1/commands", None, 405, "invalid_command", "DELETE"),
        ("GET", "/v1/links/q", None, 404, "unknown_object", "relays"),
        ("GET", "/v1/facades/p/handmade", None, 404, "unknown_object", "offered"),
    ],
)
async def test_what_is_wrong_is_a_problem_that_names_it(
    method: str, path: str, body: object, status: int, code: str, named: str
) -> None:
    async with bench() as standing:
        assert named in problem(await standing.request(method, path, body), status, code)


async def test_a_body_that_is_too_large_is_a_problem_too() -> None:
    async with bench(overrides={"server": {"port": 0, "max_frame_bytes": 1000}}) as standing:
        reply = await standing.request("POST", "/v1/commands", b"x" * 1001)
        problem(reply, 413, "invalid_command")


async def test_the_operators_addresses_answer() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        assert shown.platform_id == PlatformId("p")
        assert (await standing.request("GET", "/healthz")).json() == {"status": "ok"}
        ready = await standing.request("GET", "/readyz")
        assert (ready.status, ready.json()["ready"]) == (200, True)
        metrics = (await standing.request("GET", "/metrics")).body.decode()
        assert 'trunkline_events_total{platform="p",type="interaction.created"} 1.0' in metrics
