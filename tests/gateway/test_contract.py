"""The contract says what the gateway does: every route, every answer, every frame. It is for everybody."""

import asyncio
import re
from contextlib import AsyncExitStack
from typing import Final

import jsonschema
import msgspec
import pytest
from aiohttp import ClientSession

from adapters.contract.dialect import Done
from gateway.api import history, sse, stream
from gateway.api.asyncapi import FRAMES, FROM_CLIENT, TO_CLIENT, TO_LISTENER, tag
from gateway.api.stream import PROGRESS_S
from gateway.app import Gateway, running
from gateway.cli import schema as command_line
from gateway.demo.simulation import internal_dialect, switchboard
from gateway.runtime.tasks import Tasks
from gateway.security.access import Scope
from schemas.commands import COMMANDS
from schemas.events import EVENTS
from schemas.grants import Role
from schemas.ids import AgentId, Ref
from schemas.interaction import InteractionState
from schemas.needinfo import Field, FieldType, NeedInfoKind, Question
from schemas.queries import TransferData
from schemas.values import Json
from tests.e2e.world import BY_NAME, PLATFORM, VENDORS, platform
from tests.fakes import FakeClock, until
from tests.gateway.documented import Checker, Client, at, plain, references, resolve, use_polling
from tests.gateway.handmade import A1, Ask, Bench, P, bench, call
from tests.gateway.listener import listening
from tests.gateway.webhook_world import receiving
from tests.manual import MANUAL
from tests.patience import PATIENCE_S

PUBLIC: Final = ("/openapi.json", "/asyncapi.json", "/docs")
MERGE: Final = {"Content-Type": "application/merge-patch+json"}
QUESTION: Final = Question(
    kind=NeedInfoKind.FORM, title="Which?", fields=(Field(key="which", type=FieldType.TEXT),)
)


# --- the documents


async def test_openapi_is_whole() -> None:
    async with bench() as one:
        document = plain(one.gateway.contract.openapi)
    assert document["openapi"] == "3.1.0"
    for schema in at(document, "components", "schemas").values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for ref in references(document):
        resolve(document, ref)
    groups = {group["name"] for group in document["tags"]}
    ids = []
    for path, methods in at(document, "paths").items():
        for operation in methods.values():
            ids.append(operation["operationId"])
            assert operation["summary"]
            assert set(operation["tags"]) <= groups
            assert operation["responses"]
            named = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)
    assert len(ids) == len(set(ids))


async def test_asyncapi_tells_every_event_command_and_frame() -> None:
    async with bench() as one:
        document = plain(one.gateway.contract.asyncapi)
    assert document["asyncapi"] == "3.0.0"
    for schema in at(document, "components", "schemas").values():
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft7Validator.check_schema(schema)
    for ref in references(document):
        resolve(document, ref)
    channels = at(document, "channels")
    frames = {tag(frame) for frame in (*FROM_CLIENT, *TO_CLIENT)}
    assert set(channels["stream"]["messages"]) == set(EVENTS) | frames
    assert set(channels["events"]["messages"]) == {*EVENTS, "stream.gap", "stream.snapshot", "stream.ended"}
    assert set(channels["webhook"]["messages"]) == {"webhook", "webhook_binary"}
    schemas = at(document, "components", "schemas")
    assert {
        verb: schemas[kind.__name__]["properties"]["type"]["enum"] for verb, kind in COMMANDS.items()
    } == {verb: [verb] for verb in COMMANDS}


def test_no_frame_of_the_streams_is_missing_from_the_documents() -> None:
    frames = {
        name
        for module in (stream, sse, history)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
        if kind.__struct_config__.tag is not None
    }
    assert frames == set(FRAMES)


@pytest.mark.parametrize("frame", [tag(frame) for frame in (*FROM_CLIENT, *TO_CLIENT, *TO_LISTENER)])
def test_every_frame_of_the_streams_is_in_the_manual(frame: str) -> None:
    assert f'"type": "{frame}"' in MANUAL or f"`{frame}`" in MANUAL


def test_command_line_tells_the_model_as_json_schema() -> None:
    document = plain(command_line.document())
    jsonschema.Draft202012Validator.check_schema(document)
    for ref in references(document):
        assert resolve(document, ref) != {"$ref": ref}
    right = {"type": "interaction.hold", "interaction_id": "int_1", "answers": {"any": [{"json": None}]}}
    jsonschema.validate(right, document, jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"type": "interaction.hold"}, document, jsonschema.Draft202012Validator)


async def test_what_may_be_left_out_is_not_required_and_any_json_is_any_json() -> None:
    async with bench() as one:
        schemas = at(plain(one.gateway.contract.openapi), "components", "schemas")
    assert set(schemas["InteractionHeld"]["required"]) == {"type", "time", "platform_id", "interaction"}
    assert schemas["VendorFrame"]["properties"]["frame"] == {}
    assert schemas["Interaction"]["properties"]["data"]["additionalProperties"] == {}
    assert schemas["InteractionHeld"]["properties"]["time"] == {"type": "string", "format": "date-time"}


# --- the routes


async def test_every_route_is_documented_and_every_operation_is_routed() -> None:
    async with bench() as one:
        document = plain(one.gateway.contract.openapi)
        routed = {
            (route.method, route.resource.canonical)
            for route in one.gateway.web.router.routes()
            if route.resource is not None and route.method != "HEAD"  # which GET brings with it
        }
        everywhere = {path for method, path in routed if method == "OPTIONS"}
        assert everywhere == {path for _, path in routed}
    polled = {("OPTIONS", path) for path in everywhere if "channel_session" in path}
    documented = {
        (method.upper(), path) for path, methods in at(document, "paths").items() for method in methods
    }
    assert routed - {("OPTIONS", path) for path in everywhere} == documented - polled
    assert polled <= routed


async def test_scope_that_is_documented_is_asked_for() -> None:
    async with bench() as one:
        client = Client(one, one.gateway.contract)
        _, every_key = await one.gateway.keys.create("all", list(Scope))
        for operation in one.gateway.contract.operations:
            if operation.scope is None or operation.by_first_frame:
                continue
            address = re.sub(r"{\w+}", "none", operation.address)
            await client(address, expect=401)
            others = [scope for scope in Scope if scope is not operation.scope]
            _, key = await one.gateway.keys.create(operation.id, others)
            refused = await client(address, expect=403, headers={"Authorization": f"Bearer {key}"})
            assert operation.scope.value in str(refused["detail"])
        await client("GET /v1/platforms", headers={"Authorization": f"Bearer {every_key}"})


@pytest.mark.parametrize("path", PUBLIC)
async def test_contract_is_for_everybody(path: str) -> None:
    async with bench() as one:
        await one.gateway.keys.create("closes the gateway", [Scope.ADMIN])
        got = await one.request("GET", path)
        asked = await one.request("HEAD", path)
    assert (got.status, asked.status) == (200, 200)
    assert got.body
    assert not asked.body


# --- the answers


async def test_answers_are_as_documented() -> None:
    async with bench() as one, receiving() as receiver:
        client = Client(one, one.gateway.contract)
        await use_commands(one, client)
        await use_webhooks(one, client, receiver.url)
        await use_polling(client)
        checker = Checker(one.gateway.contract.openapi)
        sent = [msgspec.json.decode((await receiver.next()).body) for _ in range(2)]
        for event in sent:
            checker.check_named("CloudEvent", event)
        assert [event["data"]["type"] for event in sent] == ["webhook.test", "interaction.created"]
        await client("GET /healthz")
        await client("GET /readyz")
        await client("GET /metrics")
        await client("GET /v1/audit")
        frame = f"/v1/facades/{P}/bright_pattern"
        window = "/v1/sign-in/window"
        await client("GET /v1/events/none/deliveries", expect=404)
        for path in ("console", "console/main.js", "console/views/tail.js", "docs/docs.js"):
            await client(f"GET /{path}")
        for path in ("phone/", "phone/phone.js"):
            await client(f"GET /{path}")
        for path in (*PUBLIC, f"{frame}/api.js", f"{frame}/sign-in.json", f"{window}.html", f"{window}.js"):
            await client(f"GET {path}")
        await use_keys(client)
        answered = {operation for operation, status in client.seen if status < 300}
    left_out = {one.id for one in one.gateway.contract.operations} - answered
    # These, and the relays' pages: tests/browser.
    redirected = {"root", "console_folder", *(f"drop_in_{i}" for i in range(1, 10))}
    signing_in = {"begin_sign_in", "sign_in_callback", "pick_up_token", "sign_in"}  # tests of their own
    sockets = {"stream", "stream_events", "link", "facade"}
    assert left_out == sockets | {"link_page"} | redirected | signing_in


async def use_commands(one: Bench, client: Client) -> None:
    """Platforms, snapshots, commands, questions, queries, events, link tokens."""
    page = await one.page()
    (held,) = await one.shown(page, call(state=InteractionState.CONNECTED))
    session = one.session()
    assert await client("GET /v1/sessions?platform=p")
    await client(f"GET /v1/sessions/{session}")
    await client("GET /v1/sessions/none", expect=404)
    assert await client("GET /v1/interactions?agent=a1,a2")
    await client(f"GET /v1/interactions/{held.id}")
    await client("GET /v1/interactions/none", expect=404)
    hold = {"type": "interaction.hold", "interaction_id": held.id}
    waiting = await client("POST /v1/commands?wait=0", hold, expect=202, headers={"Idempotency-Key": "k"})
    await page.carry_out(Done())
    await client(f"GET /v1/commands/{waiting['id']}")
    await client("GET /v1/commands/none", expect=404)
    other = {"type": "interaction.mute", "interaction_id": held.id}
    await client("POST /v1/commands", other, expect=409, headers={"Idempotency-Key": "k"})
    await client("POST /v1/commands", {"type": "interaction.fold"}, expect=400)
    await client("POST /v1/commands?wait=61", hold, expect=400)
    await client("POST /v1/commands", {**hold, "interaction_id": "none"}, expect=404)

    complete = {"type": "interaction.complete", "interaction_id": held.id}
    _, asked = await asyncio.gather(page.carry_out(QUESTION), client("POST /v1/commands", complete))
    needinfo = str(at(asked, "result", "needinfo")["id"])
    assert await client("GET /v1/needinfo")
    answer: dict[str, Json] = {"needinfo_id": needinfo, "values": {"which": "this"}}
    await client(f"POST /v1/commands/{asked['id']}/answer", {**answer, "values": {}}, expect=400)
    address = f"POST /v1/commands/{asked['id']}/answer"
    await asyncio.gather(page.carry_out(Done(warnings=("nearly",))), client(address, answer))
    await client(address, answer, expect=409)

    stream = await one.stream(answers=["transfer_data"])
    await page.say(Ask(token="t", query=TransferData(), agent=A1))
    requested = await stream.until(lambda event: event.__struct_config__.tag == "query.requested")
    query = str(at(plain(requested), "query")["id"])
    data: dict[str, Json] = {"type": "data", "query_id": query, "data": {"vip": True}}
    await client(f"POST /v1/queries/{query}/answer", data)
    await client(f"POST /v1/queries/{query}/answer", data, expect=404)

    only = "interaction.*,command.finished"
    assert (await client(f"GET /v1/events?type={only}", headers={"Last-Event-ID": "0"}))["events"]
    assert (await client("GET /v1/events?limit=1000"))["events"]
    await client("GET /v1/events?after=x", expect=400)
    await client("GET /v1/events/1")
    await client("GET /v1/events/999999", expect=404)
    await client("GET /v1/events/none", expect=404)
    await page.socket.send_str("no frame")
    await until(lambda: one.gateway.platforms[P].malformed > 0)
    assert '"bad_frames":[{' in msgspec.json.encode(await client("GET /v1/platforms")).decode()
    token: dict[str, Json] = {"agent_id": "a1", "platform_id": "p", "role": "link"}
    await client("POST /v1/link-tokens", token, expect=201)
    await client("POST /v1/stream-tickets", expect=201)
    await client("POST /v1/link-tokens", {**token, "platform_id": "none"}, expect=404)


async def use_webhooks(one: Bench, client: Client, url: str) -> None:
    """Everything that can be done with a webhook."""
    spec: dict[str, Json] = {"url": f"{url}/hook", "name": "bot", "events": ["interaction.created"]}
    made = await client("POST /v1/webhooks", spec, expect=201)
    hook = f"/v1/webhooks/{at(made, 'webhook')['id']}"
    await client("POST /v1/webhooks", {**spec, "url": "ftp://there"}, expect=422)
    await client("POST /v1/webhooks", {**spec, "colour": "red"}, expect=400)
    assert (await client("GET /v1/webhooks"))["webhooks"]
    await client(f"GET {hook}")
    await client("GET /v1/webhooks/none", expect=404)
    await client(f"PUT {hook}", spec)
    await client(f"POST {hook}/pause")
    await client(f"POST {hook}/resume")
    await client(f"PATCH {hook}", {"rate": {"per_second": 100}}, headers=MERGE)
    await client(f"PATCH {hook}", {"rate": 7}, expect=400, headers=MERGE)
    await client(f"PATCH {hook}", {}, expect=415, headers={"Content-Type": "text/plain"})
    await client(f"PATCH {hook}", {}, expect=412, headers={**MERGE, "If-Match": '"none"'})
    await client(f"POST {hook}/rotate")
    await client(f"POST {hook}/end-rotation")
    await client(f"POST {hook}/test")
    page = await one.page("a2")
    await one.shown(page, call("c2", name=Ref("a2")))
    async with asyncio.timeout(PATIENCE_S):
        while not (found := (await client(f"GET {hook}/deliveries?state=delivered&limit=5"))["deliveries"]):
            continue
    delivery = f"{hook}/deliveries/{found[0]['id']}"
    assert (await client(f"GET {delivery}/attempts"))["attempts"]
    assert (await client(f"GET /v1/events/{found[0]['cursor']}/deliveries"))["deliveries"]
    await client(f"POST {delivery}/replay", expect=202)
    await client(f"POST {hook}/replay", expect=202)
    await client(
        f"POST {hook}/replay", {"states": ["expired", "missed"], "from": "2026-01-01T00:00:00Z"}, expect=202
    )
    await client(f"POST {hook}/replay", {"states": ["waiting"]}, expect=400)
    await client(f"DELETE {hook}", expect=204)


async def use_keys(client: Client) -> None:
    """Keys and tokens, made and revoked; last, as the first key ends what goes without one."""
    body: dict[str, Json] = {"agent_id": "a1", "platform_id": P, "role": "link"}
    early = await client("POST /v1/link-tokens", body, expect=201)
    await client("POST /v1/link-tokens/revoke", {"token": early["token"]})
    await client("POST /v1/keys", {"name": "x"}, expect=400)
    wanted: dict[str, Json] = {"name": "crm", "scopes": [scope.value for scope in Scope], "ttl_s": 600}
    made = await client("POST /v1/keys", wanted, expect=201)
    client.headers = {"Authorization": f"Bearer {made['key']}"}
    one = f"/v1/keys/{made['id']}"
    await client("GET /v1/keys")
    await client(f"GET {one}")
    await client("GET /v1/keys/none", expect=404)
    await client(f"PATCH {one}", {"grant": {}})
    rotated = await client(f"POST {one}/rotate", {"overlap_s": 0})
    client.headers = {"Authorization": f"Bearer {rotated['key']}"}
    other = await client("POST /v1/keys", wanted, expect=201)
    await client(f"PATCH /v1/keys/{other['id']}", {"grant": {"platforms": ["p"], "verbs": ["handle"]}})
    await client(f"PATCH /v1/keys/{other['id']}", {"grant": {"platform": ["p"]}}, expect=400)
    await client(f"DELETE /v1/keys/{other['id']}")


async def test_simulated_shift_is_as_documented() -> None:
    config = switchboard([platform(VENDORS[0])], internal_dialect(BY_NAME))
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running(Gateway(config)))
        http = await stack.enter_async_context(ClientSession())
        client = Client(Bench(gateway, http, Tasks(), stack), gateway.contract)
        session = gateway.state.snapshots.session_of(PLATFORM, Ref("a1"))
        params = [{"ani": "+15550100", "agent": "a1", "data": {"tier": {"gold": [1, None]}}}]
        simulated = {"type": "vendor.call", "session_id": session, "method": "simulate.inbound_call"}
        await client("POST /v1/commands", {**simulated, "params": params})
        (rings,) = (await client("GET /v1/interactions"))["interactions"]
        for verb in ("accept", "hold", "retrieve", "start_recording", "release", "complete"):
            await client("POST /v1/commands", {"type": f"interaction.{verb}", "interaction_id": rings["id"]})
        found = await client("GET /v1/events?limit=1000")
    told = {event["type"] for event in found["events"]}
    assert told >= {f"interaction.{what}" for what in ("created", "alerting", "connected", "held", "ended")}


async def test_frames_of_the_stream_are_as_documented() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as one:
        document = plain(one.gateway.contract.asyncapi)
        checker = Checker(document)
        page = await one.page()
        (shown,) = await one.shown(page, call())
        hold = {"type": "interaction.hold", "interaction_id": shown.id}
        said: list[dict[str, Json]] = [
            {"type": "subscribe", "snapshot": True, "filter": {"types": ["command.*"]}},
            {"type": "command", "ref": "1", "command": hold},
            {"type": "answer", "ref": "2", "answer": {"needinfo_id": "none"}},
            {"type": "query_answer", "ref": "3", "answer": {"type": "data", "query_id": "none"}},
        ]
        socket = await one.connect("/v1/stream")
        for frame in said:
            await socket.send_json(frame)
        await page.carry_out(Done())
        told = [await socket.receive_json(timeout=PATIENCE_S) for _ in range(7)]
        await clock.advance(PROGRESS_S)
        told.append(await socket.receive_json(timeout=PATIENCE_S))
        late = await one.connect("/v1/stream")
        await late.send_json({"type": "subscribe", "after": 999_999})
        told.append(await late.receive_json(timeout=PATIENCE_S))
    for frame in [*said, *told]:
        message = at(document, "components", "messages", str(frame["type"]))
        checker.check(at(message, "payload"), frame)
    frames = {tag(frame) for frame in TO_CLIENT}
    assert {frame["type"] for frame in told} == frames | {"command.finished"}


async def test_server_sent_events_are_as_documented() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as one:
        checker = Checker(one.gateway.contract.asyncapi)
        page = await one.page()
        await one.shown(page, call())
        mint = one.gateway.tokens.mint
        headers = {"Authorization": f"Bearer {mint(AgentId('a1'), P, Role.FACADE, 60)}"}
        told: list[dict[str, Json]] = []
        for query, last in (
            ("?after=999999", "interaction.alerting"),
            ("?after=999999&snapshot=true", "stream.ended"),
        ):
            async with listening(one, query, headers) as listener:
                while not told or told[-1]["type"] != last:
                    told.append(msgspec.json.decode((await listener.next())["data"], type=dict[str, Json]))
                    if told[-1]["type"] == "stream.snapshot":
                        await clock.advance(60)
    document = one.gateway.contract.asyncapi
    for frame in told:
        assert frame["type"] in at(document, "channels", "events", "messages")
        checker.check(at(document, "components", "messages", str(frame["type"]), "payload"), frame)
    assert {tag(frame) for frame in TO_LISTENER} <= {str(frame["type"]) for frame in told}
