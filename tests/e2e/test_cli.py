"""The trunkline command as its users run it: whole processes, signals, files, exit codes."""

import asyncio
import re
import shlex
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from aiohttp import ClientSession
from jsonschema import Draft202012Validator

from adapters.registry import DIALECTS
from gateway.http.sockets import GOING_AWAY
from schemas.commands import COMMANDS
from schemas.events import PLATFORM_EVENTS
from tests.e2e.processes import ROOT, configure, run, served, started, stop
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole

EXAMPLE: Final = ROOT / "deploy" / "config.example.yaml"


# --- demo


async def hints(process: asyncio.subprocess.Process) -> list[str]:
    """The lines of a demonstration that stays up."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Ctrl-C"):
        line = await process.stdout.readline()
        assert line, "it ended"
        lines.append(line.decode().strip())
    return lines


async def curl(http: ClientSession, line: str) -> Any:
    """What a curl line gets."""
    words = shlex.split(line[line.index("curl ") :])[1:]
    url = next(word for word in words if word.startswith("http"))
    body = words[words.index("-d") + 1] if "-d" in words else None
    async with http.request("POST" if body else "GET", url, data=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()


def line_with(lines: Sequence[str], text: str) -> str:
    """The one curl line that has the text."""
    (line,) = [line for line in lines if text in line and "curl " in line]
    return line


async def test_a_demonstration_of_one_shift_ends_well_and_tells_its_figures() -> None:
    ended = await run("demo", "--once", "--json", TRUNKLINE_STORE__PATH="/nowhere/of-another-gateway.db")
    assert ended.code == 0, ended.err
    figures = msgspec.json.decode(ended.out.splitlines()[-1], type=dict[str, float])
    assert figures["platforms"] == sum(one.demo is not None for one in DIALECTS)
    assert figures["commands"] >= 10
    assert figures["events"] == figures["webhook_deliveries"] > figures["commands"]
    assert figures["needinfo_answered"] >= 3
    assert (figures["signature_failures"], figures["lost"], figures["duplicated"]) == (0, 0, 0)
    assert 0 < figures["seconds"] < PATIENCE_S


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_demonstration_stays_up_and_its_curl_lines_work(number: signal.Signals) -> None:
    async with started("demo") as process, ClientSession() as http:
        lines = await hints(process)
        sessions = (await curl(http, line_with(lines, "/v1/sessions")))["sessions"]
        assert {one["agent_id"] for one in sessions} >= {
            agent for one in DIALECTS if one.demo is not None for agent in one.demo.agents
        }
        record = await curl(http, line_with(lines, "interaction.dial"))
        assert record["result"]["outcome"] == "succeeded"
        assert (await curl(http, line_with(lines, "/v1/interactions")))["interactions"]
        called = await curl(http, line_with(lines, "inbound_call"))
        assert called["result"]["outcome"] == "succeeded"
        assert (await stop(process, number)).code == 0


async def test_events_of_a_demonstration_are_what_the_schema_says() -> None:
    printed = await run("schema")
    assert printed.code == 0
    document = msgspec.json.decode(printed.out, type=dict[str, Any])
    Draft202012Validator.check_schema(document)
    validator = Draft202012Validator({**document, "anyOf": [{"$ref": "#/$defs/Event"}]})
    async with started("demo") as process, ClientSession() as http:
        lines = await hints(process)
        url = line_with(lines, "/v1/sessions").partition("curl ")[2].removesuffix("/v1/sessions")
        async with http.get(f"{url}/v1/events", params={"limit": 1000}) as response:
            events = (await response.json())["events"]
    assert len(events) > 50
    for event in events:
        validator.validate(event)
    assert not validator.is_valid({**events[0], "cursor": "first"})
    assert not validator.is_valid({**events[0], "type": "interaction.unheard_of"})


# --- what needs no gateway


async def test_check_config_finds_nothing_wrong_with_the_example() -> None:
    ended = await run("check-config", "--config", str(EXAMPLE))
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("server: {prot: 80}", "server.prot", "is not known; is it port? (line 1)"),
        ("limits: {webhooks: 0}", "limits.webhooks", "greater than 0"),
        ("platforms: {a: {dialect: nonesuch}}", "platforms.a.dialect", "is not one of"),
        ("platforms: {a: {dialect: channel_session}}", "platforms.a.url", "needed"),
        (
            "platforms: {a: {dialect: softswitch, settings: {x: 1}}}",
            "platforms.a.settings.x",
            "is not known; there are: ",
        ),
        ("platforms: [", "line 1", "not YAML"),
    ],
)
@pytest.mark.parametrize("command", ["check-config", "serve"])
async def test_a_broken_configuration_is_told_with_file_place_and_text(
    command: str, text: str, place: str, what: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(text, encoding="utf-8")
    ended = await run(command, "--config", str(broken), cwd=tmp_path)
    assert ended.code == 1
    assert str(broken) in ended.err
    assert place in ended.err
    assert what in ended.err


@pytest.mark.parametrize(
    ("arguments", "environment", "text"),
    [
        (["check-config", "--config", "none.yaml"], {}, "none.yaml: No such file"),
        (["check-config", "--config", str(EXAMPLE)], {"TRUNKLINE_LIMITS": "{"}, "environment: "),
        (["matrix", "--pages", "nowhere"], {}, "nowhere/README.md: No such file"),
        (["keys", "list", "--config", str(EXAMPLE)], {"TRUNKLINE_STORE__PATH": ":memory:"}, ":memory:"),
        (["keys", "create", "--config", str(EXAMPLE), "--name", "x", "--scope", "y"], {}, "events:read"),
        (["demo", "--port", "70000"], {}, "server.port"),
    ],
)
async def test_a_mistake_is_told_in_words(
    arguments: list[str], environment: dict[str, str], text: str, tmp_path: Path
) -> None:
    ended = await run(*arguments, cwd=tmp_path, **environment)
    assert ended.code == 1
    last = ended.err.splitlines()[-1]  # before it, what was begun
    assert last.startswith("trunkline: ")
    assert text in last


async def test_matrix_is_whole_for_every_dialect_and_role() -> None:
    ended = await run("matrix", "--json")
    assert ended.code == 0
    told = msgspec.json.decode(ended.out, type=dict[str, dict[str, dict[str, dict[str, Any]]]])
    assert set(told["dialects"]) == {one.name for one in DIALECTS}
    for one in DIALECTS:
        roles = told["dialects"][one.name]
        assert set(roles) == {"south"} | ({"north"} if one.client_connection is not None else set())
        for role, tables in roles.items():
            assert {name: set(table) for name, table in tables["canonical"].items()} == {
                "commands": set(COMMANDS),
                "events": set(PLATFORM_EVENTS),
            }
            for kind, names in tables.get("names", {}).items():
                counts = dict(tables[kind])
                assert counts.pop("known") == sum(counts.values()) == len(names)
            assert ("names" in tables) == (role in one.vocabulary)


# --- serve and keys


async def create_key(config: str, *scopes: str) -> str:
    wanted = [word for scope in scopes for word in ("--scope", scope)]
    ended = await run("keys", "create", "--config", config, "--name", "test", *wanted)
    assert ended.code == 0, ended.err
    assert re.fullmatch(r"tlk_\w+", ended.out.strip().replace("-", "_"))
    return ended.out.strip()


async def test_a_key_opens_what_nothing_else_opens_until_it_is_revoked(tmp_path: Path) -> None:
    config = configure(tmp_path)
    key = await create_key(config, "events:read")
    listed = await run("keys", "list", "--config", config)
    assert "valid  never used  events:read" in listed.out
    assert key not in listed.out
    bearer = {"Authorization": f"Bearer {key}"}
    async with served(config) as (process, url), ClientSession() as http:
        statuses = []
        for headers in ({}, {"Authorization": f"Bearer {key}x"}, bearer):
            async with http.get(f"{url}/v1/sessions", headers=headers) as response:
                statuses.append(response.status)
        assert statuses == [401, 401, 200]
        async with http.post(f"{url}/v1/commands", headers=bearer, json={}) as response:
            assert response.status == 403  # not its scope
        beside = await run("keys", "list", "--config", config)
        assert re.search(r"valid  used \d{4}-\d\d-\d\d  events:read", beside.out)
        assert (await stop(process)).code == 0
    key_id = key.split("_")[1]
    assert (await run("keys", "revoke", "--config", config, key_id)).code == 0
    assert "revoked" in (await run("keys", "list", "--config", config)).out
    async with served(config) as (process, url), ClientSession() as http:
        async with http.get(f"{url}/v1/sessions", headers=bearer) as response:
            assert response.status == 401
        async with http.get(f"{url}/v1/sessions") as response:
            assert response.status == 401  # it does not stand open again
        assert (await stop(process)).code == 0


async def test_keys_are_made_rotated_and_revoked_while_the_gateway_runs(tmp_path: Path) -> None:
    config = configure(tmp_path)
    async with served(config) as (process, url), ClientSession() as http:

        async def status(key: str) -> int:
            async with http.get(
                f"{url}/v1/platforms", headers={"Authorization": f"Bearer {key}"}
            ) as response:
                return response.status

        first = await create_key(config, "events:read")
        assert await status(first) == 200
        key_id = first.split("_")[1]
        rotated = await run("keys", "rotate", "--config", config, key_id, "--overlap", "0")
        assert rotated.code == 0, rotated.err
        assert [await status(one) for one in (first, rotated.out.strip())] == [401, 200]
        narrow = ("--platform", "sim", "--grant", '{"verbs": ["dial"]}', "--ttl", "90d")
        made = await run(*CREATE, config, "--scope", "links", *narrow)
        listed = msgspec.json.decode((await run("keys", "list", "--config", config, "--json")).out)
        (seen,) = [one for one in listed["keys"] if one["name"] == "x"]
        assert seen["grant"] == {"platforms": ["sim"], "verbs": ["dial"]}
        assert seen["created_by"] == "operator"
        assert seen["expires_at"] is not None
        changed = await run("keys", "change", "--config", config, key_id, "--name", "till", "--rate", "5/9")
        assert (changed.code, "  till  " in changed.out) == (0, True), changed.err
        assert (await run("keys", "revoke", "--config", config, key_id)).code == 0
        assert await status(rotated.out.strip()) == 401
        unknown = await run("keys", "revoke", "--config", config, "../audit")
        assert (unknown.code, unknown.err) == (1, "trunkline: no such key\n")
        ended = await stop(process)
    for secret in (first, rotated.out.strip(), made.out.strip()):
        assert secret.split("_", 2)[2] not in ended.out + ended.err


async def test_keys_are_changed_where_no_gateway_runs(tmp_path: Path) -> None:
    config = configure(tmp_path)
    key_id = (await create_key(config, "events:read")).split("_")[1]
    change = ("keys", "change", "--config", config, key_id)
    assert (
        await run(*change, "--rate", "20", "--agent", "ana", "--expires-at", "2090-01-01T00:00:00Z")
    ).code == 0
    assert (await run(*change, "--rate", "default", "--expires-at", "never")).code == 0
    assert (
        await run(*change, "--rate", "fast")
    ).err == "trunkline: --rate fast: must be such as 20 or 20/100\n"
    assert "say what of it" in (await run(*change)).err
    [seen] = msgspec.json.decode((await run("keys", "list", "--config", config, "--json")).out)["keys"]
    assert (seen["rate"], seen["expires_at"], seen["grant"]) == (None, None, {"agents": ["ana"]})


CREATE: Final = ("keys", "create", "--name", "x", "--config")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "vendor:call"),
        (("--scope", "everything"), "vendor:call"),
        (("--scope", "admin", "--ttl", "soon"), "90d"),
        (("--scope", "admin", "--ttl", "0"), "ttl_s"),
        (("--scope", "admin", "--ttl", "1d", "--expires-at", "2090-01-01T00:00:00Z"), "only one"),
        (("--scope", "admin", "--expires-at", "tomorrow"), "expires_at"),
        (("--scope", "admin", "--grant", "{"), "--grant"),
        (("--scope", "admin", "--grant", '{"agent": ["a"]}'), "agent"),
    ],
)
async def test_a_key_that_cannot_be_meant_is_not_made(
    options: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    config = configure(tmp_path)
    ended = await run(*CREATE, config, *options)
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err
    assert "there are no keys" in (await run("keys", "list", "--config", config)).out


async def test_looking_for_keys_makes_no_store(tmp_path: Path) -> None:
    config = configure(tmp_path)
    listed = await run("keys", "list", "--config", config)
    assert (listed.code, listed.out) == (0, "there are no keys\n")
    assert msgspec.json.decode((await run("keys", "list", "--config", config, "--json")).out) == {
        "keys": [],
        "next": "",
    }
    for words in (("revoke", "x"), ("rotate", "x")):
        ended = await run("keys", *words, "--config", config)
        assert (ended.code, ended.err) == (1, "trunkline: there are no keys\n")
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]  # noqa: ASYNC240  # a test may wait


async def test_a_gateway_without_a_key_refuses_to_be_reached_from_elsewhere(tmp_path: Path) -> None:
    config = configure(tmp_path, host="0.0.0.0")  # noqa: S104  # it must not come to that
    ended = await run("serve", "--config", config)
    assert ended.code == 1
    assert "server.host: 0.0.0.0 can be reached from other machines, but there is no API key" in ended.err
    await create_key(config, "admin")
    async with served(config) as (process, _):
        assert (await stop(process)).code == 0


async def test_a_stopped_gateway_parts_from_its_clients(tmp_path: Path) -> None:
    async with (
        served(configure(tmp_path)) as (process, url),
        ClientSession() as http,
        http.ws_connect(f"{url}/v1/stream") as stream,
    ):
        await stream.send_json({"type": "subscribe"})
        await stream.receive_str()
        process.send_signal(signal.SIGTERM)
        async for _ in stream:  # what was told until then
            pass
        assert stream.close_code == GOING_AWAY
        assert await process.wait() == 0


async def test_a_second_gateway_on_the_same_file_or_port_is_refused(tmp_path: Path) -> None:
    config = configure(tmp_path)
    async with served(config) as (process, url):
        second = await run("serve", "--config", config)
        assert second.code == 1
        assert f"store {tmp_path}/trunkline.db: in use by another process" in second.err
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        port = int(url.rpartition(":")[2])
        third = await run("serve", "--config", configure(elsewhere, port=port))
        assert third.code == 1
        assert f"port {port}" in third.err
        assert (await stop(process)).code == 0


async def test_a_restart_keeps_journal_sessions_and_commands(tmp_path: Path) -> None:
    config = configure(tmp_path)

    async def get(http: ClientSession, url: str) -> Any:
        async with http.get(url) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async with served(config) as (process, url), ClientSession() as http:
        sessions = (await get(http, f"{url}/v1/sessions"))["sessions"]
        (ann,) = [one["id"] for one in sessions if one["agent_id"] == "ann"]
        body = {"type": "agent.set_state", "session_id": ann, "state": "not_ready"}
        async with http.post(f"{url}/v1/commands", json=body) as response:
            before = await response.json()
        assert before["result"]["outcome"] == "succeeded"
        events = (await get(http, f"{url}/v1/events"))["events"]
        assert (await stop(process)).code == 0
    async with served(config) as (process, url), ClientSession() as http:
        again = (await get(http, f"{url}/v1/events"))["events"]
        assert again[: len(events)] == events
        assert [one["cursor"] for one in again] == list(range(1, len(again) + 1))
        sessions = (await get(http, f"{url}/v1/sessions"))["sessions"]
        assert ann in {one["id"] for one in sessions}
        assert await get(http, f"{url}/v1/commands/{before['id']}") == before
        assert (await stop(process)).code == 0
