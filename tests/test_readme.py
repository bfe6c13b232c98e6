"""What the README says is so: its examples decode, its commands and addresses exist, its numbers are ours."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, get_args

import msgspec
import pytest
import typer
import yaml
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import WebhookVerificationError
from typer.core import TyperGroup

from adapters import jsonrpc
from adapters.registry import DIALECTS
from gateway import config, frames, hello, queries, sockets
from gateway.api import history, stream
from gateway.api.bodies import EventPage, TokenRequest
from gateway.app import Gateway, running
from gateway.cli import matrix_readme as matrix
from gateway.cli.main import app as command_line
from gateway.clock import SystemClock
from gateway.commands import ledger, unproved
from gateway.commands.config import NeedInfoConfig
from gateway.config import Config
from gateway.content import MAX_ALTERNATIVES, MAX_CONDITIONS
from gateway.facades import facade
from gateway.http import bodies, doorway, strangers
from gateway.outbound import headers as own_headers
from gateway.outbound import post, schedule, signature
from gateway.outbound.payload import CONTENT_TYPE
from gateway.security import shut_out, tokens
from gateway.security.access import Scope
from gateway.sign_in import attempts, id_token, passwords, proofs, provider, single_sign_on, waiting
from gateway.sign_in.config import SingleSignOnConfig
from gateway.telemetry import peers
from gateway.telemetry.metrics import Metrics
from gateway.webhooks import (
    attemptlog,
    endpoint,
    failing,
    queryhook,
    replay,
    subscriptions,
)
from schemas import events as ev
from schemas.commands import COMMANDS, AnyCommand
from schemas.ids import PlatformId
from schemas.needinfo import MAX_ROUNDS, Answer, NeedInfoKind
from schemas.queries import AnsweredBy, AnyQuery, AnyQueryReply
from schemas.results import CommandRecord
from schemas.values import Json

ROOT: Final = Path(__file__).parents[1]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE: Final = README.partition(matrix.BEGIN)[0] + README.partition(matrix.END)[2]


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """What stands under a heading, up to the next one of its rank or above."""
    level, _, rest = README.partition(f"# {title}\n")
    marks = len(level) - len(level.rstrip("#")) + 1
    return re.split(rf"^#{{1,{marks}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> Iterator[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


# --- examples

_event: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode


def cloud_event(text: str) -> object:
    """Read by an implementation that is not ours; its data by us."""
    read = from_http_event(HTTPMessage({"content-type": CONTENT_TYPE}, text.encode()))
    event = _event(msgspec.json.encode(read.get_data()))
    assert (read.get_id(), read.get_type()) == (event.id, f"dev.trunkline.{event.__struct_config__.tag}")
    return read


READ_BY: Final[tuple[tuple[str, Callable[[str], object]], ...]] = (
    ("specversion", cloud_event),
    ("jsonrpc", lambda text: jsonrpc.decode("bright_pattern", text.encode())),
    ("status", msgspec.json.Decoder(CommandRecord).decode),
    ("needinfo_id", msgspec.json.Decoder(Answer).decode),
    ("url", subscriptions.WebhookSpec.model_validate_json),
    ("states", msgspec.json.Decoder(replay.Replay).decode),
    ("more", msgspec.json.Decoder(EventPage).decode),
    ("role", msgspec.json.Decoder(TokenRequest).decode),
)
REPLIES: Final = {str(kind.__struct_config__.tag) for kind in get_args(AnyQueryReply)}
TOLD: Final = (
    stream.Subscribed | history.Snapshot | history.Gap | stream.CommandChanged | stream.Problem | ev.AnyEvent
)


def decoder(told: dict[str, Json]) -> Callable[[str], object]:
    """Who reads such a thing in earnest."""
    for field, read in READ_BY:
        if field in told:
            return read
    kind = told["type"]
    if kind in COMMANDS:
        return msgspec.json.Decoder[AnyCommand](AnyCommand).decode
    if kind in {"subscribe", "command", "answer", "query_answer"}:
        return msgspec.json.Decoder[stream.ClientFrame](stream.ClientFrame).decode
    if kind in REPLIES:
        return msgspec.json.Decoder[AnyQueryReply](AnyQueryReply).decode
    return msgspec.json.Decoder(TOLD).decode


def names(told: Json, read: Json) -> Iterator[str]:
    """The fields that were told and not read, at any depth."""
    if isinstance(told, dict) and isinstance(read, dict):
        for name, value in told.items():
            if name not in read:
                yield name
            else:
                yield from names(value, read[name])
    elif isinstance(told, list) and isinstance(read, list):
        for one, other in zip(told, read, strict=True):
            yield from names(one, other)


@pytest.mark.parametrize("text", blocks("json"), ids=lambda text: text[:60])
def test_json_example_is_what_the_gateway_reads_and_writes(text: str) -> None:
    told = msgspec.json.decode(text, type=dict[str, Json])
    read = decoder(told)(text)
    if isinstance(read, msgspec.Struct) and not isinstance(read, jsonrpc.Message):
        defaults = {"answers", "agent_ids", "action"}  # may be written out although they say nothing
        assert set(names(told, msgspec.to_builtins(read))) <= defaults


def test_hello_is_read_as_one() -> None:
    (said,) = [text for text in blocks("json") if hello.HELLO_METHOD in text]
    read = hello.read_hello(said.encode())
    assert read is not None
    assert read[0].token


def test_python_example_takes_what_is_signed_and_refuses_what_is_not() -> None:
    (text,) = blocks("python")
    scope: dict[str, Callable[[str, bytes, dict[str, str]], Json]] = {}
    exec(text, scope)  # noqa: S102  # it is what we tell people to run
    secret, body = signature.new_secret(), b'{"data":{"type":"x"}}'
    headers = signature.headers([signature.by_secret(secret)], "evt_1", SystemClock().now(), body)
    assert scope["event_in"](secret, body, headers) == {"type": "x"}
    with pytest.raises(WebhookVerificationError):
        scope["event_in"](signature.new_secret(), body, headers)


# --- commands


def commands(one: object, *words: str) -> Iterator[str]:
    """All commands there are, as typed."""
    if isinstance(one, TyperGroup):
        for name, member in one.commands.items():
            yield from commands(member, *words, name)
    else:
        yield " ".join(words)


def test_commands_named_exist_and_all_are_named() -> None:
    there = set(commands(typer.main.get_command(command_line), "trunkline"))
    named = {
        " ".join(words.split()[: 3 if words.startswith(("trunkline keys", "trunkline journal")) else 2])
        for words in re.findall(r"(?:`|^)(trunkline [a-z][a-z -]*)", PROSE, re.MULTILINE)
    }
    assert named <= there
    assert there - named <= {"trunkline demo", "trunkline matrix"}  # by make


def test_make_targets_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_links_within_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= headings


def test_files_named_exist() -> None:
    for path in re.findall(r"`((?:deploy|schemas|adapters|gateway|tests)/[\w./]*)`", README):
        assert (ROOT / path).exists(), path


# --- addresses


async def test_addresses_named_are_served_and_all_of_the_api_are_named() -> None:
    raw: dict[str, Json] = {"server": {"port": 0}, "store": {"path": ":memory:"}}
    async with running(Gateway(config.parse(raw, "test"))) as gateway:
        served = {one.canonical for one in gateway.web.router.resources() if one is not None}
    named = set(
        re.findall(
            r"(?<![\w.])/(?:v1/[\w{}/.-]+[\w}]|agent(?:desktop)?/[\w/.-]*"
            r"|healthz|readyz|metrics|docs|\w+\.json)",
            PROSE,
        )
    )
    assert named == served


# --- numbers and names


def hours(time: timedelta) -> str:
    """As the README writes it."""
    return f"{time.total_seconds() / 3600:g}"


def test_matrix_is_the_one_of_the_dialects() -> None:
    assert matrix.with_matrix(README, DIALECTS) == README, "run make readme"


def test_close_codes_are_ours() -> None:
    table = "".join(line for line in section("Following events").splitlines(keepends=True) if line[0] == "|")
    codes = {int(cells[0]) for cells in rows(table)}
    ours = {
        *(sockets.GOING_AWAY, sockets.FORBIDDEN, sockets.HELLO_TIMEOUT, sockets.TOO_SLOW),
        *(sockets.ENDED, sockets.TAKEN_OVER, sockets.OUTDATED),
    }
    assert codes == ours
    assert {int(code) for code in re.findall(r"\b4[04]\d\d\b", PROSE)} <= ours


def test_bounds_are_those_of_the_code() -> None:
    said = {cells[0]: cells[1] for cells in rows(section("What is bounded"))}
    assert said == {
        "a WebSocket frame": f"{sockets.HARD_LIMIT_BYTES // 1024**2} MiB",
        "a first frame, or a body of somebody who need not say who he is": (
            f"{doorway.STRANGER_BYTES // 1024} KiB"
        ),
        "a whole request, from connecting or from the last answer": f"{strangers.SILENT_S:g} s",
        "likewise, of somebody who has said who he is": f"{strangers.IDLE_S:g} s",
        "a body, from its head": f"{bodies.KNOWN_S:g} s",
        "what a body becomes that is inflated": f"{bodies.RATIO} times its size",
        "lines of one kind in the log, of what peers cause": f"{peers.LINES} in {peers.WINDOW_S:g} s",
        "nesting of JSON": str(frames.MAX_DEPTH),
        "commands under way, per stream or facade client": str(stream.AT_ONCE),
        "waiting for a first frame that says who it is": f"{sockets.HELLO_S:g} s",
        "a piece of what was missed, to a client that stopped reading": f"{sockets.STALLED_S:g} s",
        "conditions on content, per filter": f"{MAX_CONDITIONS}, each of {MAX_ALTERNATIVES} values",
        "a question's rounds, per command": str(MAX_ROUNDS),
        "commands of unknown effect that are watched": f"{unproved.MOST}, each for {hours(unproved.LIFE)} h",
        "queries open, per platform": str(queries.MAX_OPEN),
        "a web hook's answer to a query": f"{queryhook.MAX_ANSWER // 1024} KiB",
        "an idempotency key": f"{ledger.LONGEST_KEY} characters, {hours(ledger.KEY_LIFE)} h",
        "a token": f"{tokens.MAX_TTL_S} s",
        "single sign-ons under way": str(waiting.MOST),
        "single sign-ons begun from an address": f"{single_sign_on.PER_ADDRESS} a minute",
        "a single sign-on, from the click to the token": f"{waiting.LIFE_S:g} s",
        "an answer of the OpenID provider": f"{provider.MAX_ANSWER // 1024} KiB",
        "wrong passwords for an agent, and from an address": (
            f"{passwords.PER_AGENT} and {passwords.PER_ADDRESS} a minute"
        ),
        "notices of agents who are shut out": f"{shut_out.AT_MOST} in {shut_out.AGAIN_S:g} s, one an agent",
        "passwords that can take a session over": f"{proofs.MOST} agents",
        "a webhook's secrets": str(subscriptions.MAX_SECRETS),
        "a webhook's own headers": f"{own_headers.MAX_HEADERS}, {own_headers.MAX_BYTES // 1024} KiB",
        "deliveries or events that one replay looks at": str(replay.MAX_LOOKED_AT),
        "attempts waiting to be logged": str(attemptlog.BOUND),
        "a receiver's answer that is kept": f"{post.MAX_RESPONSE // 1024} KiB",
        "deliveries, events or journal entries on a page": str(subscriptions.MAX_PAGE),
    }
    assert facade.AT_ONCE == stream.AT_ONCE
    assert history.PAGE == subscriptions.MAX_PAGE


def test_waits_of_deliveries_are_those_of_the_schedule() -> None:
    said = " ".join(section("What arrives").split())
    assert schedule.RECORDS == (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    assert "After 5 s, 5 min, 30 min, then 2, 5, 10, 14, 20 and 24 h, each up to a fifth more or less" in said
    assert schedule.JITTER == 0.2
    assert schedule.LIVE == (0, 1, 3, 10, 30)
    assert "are tried after 1, 3, 10 and 30 s" in said
    live = re.search(r"no use later \(([^)]+)\)", said)
    assert live is not None
    assert set(re.findall(r"`([^`]+)`", live[1])) == schedule.LIVE_TYPES
    assert (endpoint.DOWN, failing.GIVE_UP.total_seconds()) == (5, 120 * 3600)
    assert (endpoint.FIRST_PAUSE_S, endpoint.LONGEST_PAUSE_S, endpoint.LONGEST_LIVE_PAUSE_S) == (1, 600, 10)
    assert f"Answer 2xx within {schedule.ATTEMPT_S} seconds" in said
    assert f"both secrets sign for {hours(subscriptions.OVERLAP)} hours" in said


def test_token_lifetimes_are_ours() -> None:
    said = " ".join(section("Keep your old integration").split())
    assert f"{tokens.DEFAULT_TTL_S} unless said otherwise, at most {tokens.MAX_TTL_S}" in said


def test_what_is_said_of_single_sign_on_is_so() -> None:
    said = " ".join(section("Single sign-on").split())
    signed = re.search(r"are signed with ([^.]+)\.", said)
    assert signed is not None
    assert set(re.findall(r"\w+\d+|EdDSA", signed[1])) == set(id_token.KEY_TYPES)
    assert id_token.KEYS_S == 3600
    assert f"at most every {id_token.ASK_AGAIN_S:g} s" in said
    assert f"seconds, at most {tokens.MAX_TTL_S}" in said
    assert f"good for {tokens.SHIFT_S} seconds" in said
    assert attempts.WITHIN_S == 60


def test_configuration_is_whole_and_states_the_defaults() -> None:
    (text,) = blocks("yaml")
    raw = yaml.safe_load(text)
    told = config.parse(raw, "README.md")
    assert config.platform_settings(told, {one.name: one for one in DIALECTS})
    default = Config()
    assert (told.server, told.store, told.limits, told.log) == (
        *(default.server, default.store),
        *(default.limits, default.log),
    )
    assert told.single_sign_on is not None
    for name, field in SingleSignOnConfig.model_fields.items():
        if not field.is_required() and name not in {"client_secret", "origins"}:
            assert getattr(told.single_sign_on, name) == field.default, name
    for name in Config.model_fields.keys() - {"platforms"}:
        assert set(raw[name]) == set(type(getattr(told, name)).model_fields), name
    platforms = {key for one in raw["platforms"].values() for key in one}
    assert platforms == set(config.PlatformConfig.model_fields)
    needinfo = told.platforms[PlatformId("sales")].needinfo
    assert needinfo == NeedInfoConfig()
    assert set(raw["platforms"]["sales"]["needinfo"]) == set(NeedInfoConfig.model_fields)
    asked, hook = told.platforms[PlatformId("sales")].queries, config.QueryHookConfig.model_fields
    assert asked.timeout_s == config.QueriesConfig().timeout_s
    assert asked.webhook is not None
    assert asked.webhook.timeout_s == hook["timeout_s"].default
    assert set(raw["platforms"]["sales"]["queries"]) == set(config.QueriesConfig.model_fields)
    assert set(raw["platforms"]["sales"]["queries"]["webhook"]) == set(hook)


def test_events_queries_questions_and_scopes_are_all_there() -> None:
    events = section("Events")
    assert {name for cells in rows(events) for name in re.findall(r"`([^`]+)`", cells[1])} == set(ev.EVENTS)
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(AnyQuery)}
    asking = section("Queries: what a platform asks you")
    assert {name for cells in rows(asking) for name in re.findall(r"`([^`]+)`", cells[0])} == kinds
    by = re.search(r"`by` is ([^.]+)\.", asking)
    assert by is not None
    assert set(re.findall(r"`([^`]+)`", by[1])) == {one.value for one in AnsweredBy}
    assert f"open for {config.QueriesConfig().timeout_s:g} seconds" in asking
    questions = {cells[0].strip("`") for cells in rows(section("Questions: needinfo"))}
    assert questions == {kind.value for kind in NeedInfoKind}
    scopes = {cells[0].strip("`") for cells in rows(section("Keys, tokens, open mode"))}
    assert scopes == {scope.value for scope in Scope}


def test_platforms_that_check_passwords_are_named() -> None:
    (row,) = [cells for cells in rows(section("How an agent signs in")) if "password" in cells[0]]
    checks = {one.name for one in DIALECTS if one.checks_password is not None}
    assert set(re.findall(r"`(\w+)`", row[1])) == checks


def test_dialects_named_are_those_that_have_clients() -> None:
    named = {cells[0].strip("`") for cells in rows(section("Keep your old integration"))}
    assert named == {one.name for one in DIALECTS if one.client_connection is not None}


def test_metrics_named_are_measured() -> None:
    measured = Metrics().render().decode()
    for name in re.findall(r"`(trunkline_\w+)`", README):
        assert f"{name.removesuffix('_total')}" in measured, name
