"""What the manual says is so: its commands and addresses exist, its numbers are ours."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, get_args

import pytest
import typer
import yaml
from typer.core import TyperGroup

from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ErasedDialect, LinkKind
from adapters.registry import CONNECTORS, DIALECTS
from gateway import config
from gateway.api import history, stream
from gateway.app import Gateway, running
from gateway.cli import dialect_pages
from gateway.cli.main import app as command_line
from gateway.commands import unproved
from gateway.config import Config
from gateway.crm import planning, popping, requests, room
from gateway.crm.config import CrmConfig, opened
from gateway.crm.figures import CrmFigures
from gateway.facades import facade
from gateway.http import bodies, doorway, sockets, strangers
from gateway.http.config import TlsConfig
from gateway.outbound import headers as own_headers
from gateway.outbound import post, schedule
from gateway.outbound.egress import Egress
from gateway.platforms import config as platforms_config
from gateway.platforms.config import platform_settings
from gateway.platforms.needinfo import NeedInfoConfig
from gateway.queries import answering, hook
from gateway.runtime import frames, idempotency
from gateway.security import bearer as vouching
from gateway.security import keys, shut_out, signed, throttle, tokens, withdrawing
from gateway.security.access import Scope
from gateway.security.config import IssuerConfig
from gateway.sign_in import attempts, passwords, proofs, provider, single_sign_on, waiting
from gateway.sign_in.config import SingleSignOnConfig
from gateway.store.conditions import MAX_ALTERNATIVES, MAX_CONDITIONS
from gateway.telemetry import bounded
from gateway.telemetry.metrics import Metrics
from gateway.webhooks import attemptlog, endpoint, failing, replay, rotation, subscriptions
from schemas import events as ev
from schemas.ids import PlatformId
from schemas.needinfo import MAX_ROUNDS, NeedInfoKind
from schemas.queries import AnsweredBy, AnyQuery
from schemas.values import Json
from tests.manual import MANUAL, README, ROOT, blocks, lead, rows, section

# --- commands


def commands(one: object, *words: str) -> Iterator[str]:
    """All commands there are, as typed."""
    if isinstance(one, TyperGroup):
        for name, member in one.commands.items():
            yield from commands(member, *words, name)
    else:
        yield " ".join(words)


GROUPS: Final = (
    *("trunkline keys", "trunkline journal", "trunkline audit", "trunkline privacy", "trunkline dashboards"),
    "trunkline crm",
)


def test_commands_named_exist_and_all_are_named() -> None:
    there = set(commands(typer.main.get_command(command_line), "trunkline"))
    named = {
        " ".join(words.split()[: 3 if words.startswith(GROUPS) else 2])
        for words in re.findall(r"(?:`|^)(trunkline [a-z][a-z -]*)", MANUAL, re.MULTILINE)
    }
    assert named <= there
    assert there - named <= {"trunkline demo", "trunkline matrix"}  # by make


def test_make_targets_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", MANUAL, re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def anchors(text: str) -> set[str]:
    """Its headings, as links name them."""
    return {
        re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for place, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]+))?\)", text):
        led_to = page.parent / place if place else page
        assert led_to.exists(), place
        assert not anchor or anchor in anchors(led_to.read_text(encoding="utf-8")), (place, anchor)


def test_every_page_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    left = [ROOT / "README.md"]
    while left:
        page = left.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            places = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8"))
            left += [(page.parent / place).resolve() for place in places]
    assert set((ROOT / "docs").rglob("*.md")) <= seen


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200


def test_files_named_exist() -> None:
    for path in re.findall(r"`((?:deploy|schemas|adapters|gateway|tests|docs)/[\w./]*)`", MANUAL):
        assert (ROOT / path).exists(), path


# --- addresses

# Of pages that are named: what they load, and what leads to them.
PARTS: Final = {"/", "/console/", "/console/{file}", "/console/views/{file}", "/docs/{file}", "/phone/{file}"}


async def test_addresses_named_are_served_and_all_of_the_api_are_named() -> None:
    raw: dict[str, Json] = {"server": {"port": 0}, "store": {"path": ":memory:"}}
    async with running(Gateway(config.parse(raw, "test"))) as gateway:
        everything = {one.canonical for one in gateway.web.router.resources() if one is not None}
    served = {
        one for one in everything if not one.startswith("/manual")
    }  # its pages are no addresses of the API
    named = set(
        re.findall(
            r"(?<![\w.])/(?:v1/[\w{}/.-]+[\w}]|agent(?:desktop)?/[\w/.-]*"
            r"|healthz|readyz|metrics|docs|console|phone/|\w+\.json)",
            MANUAL,
        )
    )
    assert named == served - PARTS


# --- numbers and names


def hours(time: timedelta) -> str:
    """As the README writes it."""
    return f"{time.total_seconds() / 3600:g}"


def test_pages_of_the_dialects_are_those_of_their_tables() -> None:
    folder = ROOT / "docs" / "dialects"
    made = dialect_pages.pages(DIALECTS)
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert there == made, "run make manual"


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_every_platform_and_every_client_has_a_guide(dialect: ErasedDialect) -> None:
    roles = {"south", "north"} if dialect.client_connection is not None else {"south"}
    assert set(dialect.guides) == roles
    for path in dialect.guides.values():
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^## (\w+)", text, re.MULTILINE)[0] in {"Connect", "Move", "Use"}
        assert "```yaml\nplatforms:" in text
    if dialect.link is not LinkKind.INTERNAL:
        assert "\n## What we infer\n" in dialect.guides["south"].read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["contract", "kit"])
def test_what_dialects_share_is_told_as_its_modules_tell_it(folder: str) -> None:
    modules = sorted((ROOT / "adapters" / folder).glob("[!_]*.py"))
    firsts = [ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in modules]
    said = {cells[0].strip("`"): cells[1] for cells in rows(section(f"What the {folder} has"))}
    assert said == {
        path.relative_to(ROOT).as_posix(): first.partition("\n")[0]
        for path, first in zip(modules, firsts, strict=True)
    }


def test_every_setting_says_what_it_does() -> None:
    for dialect in DIALECTS:
        for name, field in dialect.settings.model_fields.items():
            assert field.description, f"{dialect.name}: {name}"


def test_close_codes_are_ours() -> None:
    table = "".join(line for line in section("Close codes").splitlines(keepends=True) if line[0] == "|")
    codes = {int(cells[0]) for cells in rows(table)}
    ours = {
        *(sockets.GOING_AWAY, sockets.FORBIDDEN, sockets.HELLO_TIMEOUT, sockets.TOO_SLOW),
        *(sockets.ENDED, sockets.TAKEN_OVER, sockets.OUTDATED),
        *CloseCode,
    }
    assert codes == ours
    assert {int(code) for code in re.findall(r"\b4[04]\d\d\b", MANUAL)} <= ours


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
        "lines of one kind in the log, of what peers cause": f"{bounded.LINES} in {bounded.WINDOW_S:g} s",
        "nesting of JSON": str(frames.MAX_DEPTH),
        "commands under way, per stream or facade client": str(stream.AT_ONCE),
        "waiting for a first frame that says who it is": f"{sockets.HELLO_S:g} s",
        "a piece of what was missed, to a client that stopped reading": f"{sockets.STALLED_S:g} s",
        "conditions on content, per filter": f"{MAX_CONDITIONS}, each of {MAX_ALTERNATIVES} values",
        "a question's rounds, per command": str(MAX_ROUNDS),
        "commands of unknown effect that are watched": f"{unproved.MOST}, each for {hours(unproved.LIFE)} h",
        "queries open, per platform": str(answering.MAX_OPEN),
        "a web hook's answer to a query": f"{hook.MAX_ANSWER // 1024} KiB",
        "an idempotency key": f"{idempotency.LONGEST_KEY} characters, {hours(idempotency.KEY_LIFE)} h",
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
        "addresses and keys whose wrong credentials are counted": str(throttle.MOST),
        "keys": str(keys.MOST_KEYS),
        "the overlap of a rotation": f"{keys.MOST_OVERLAP_S} s",
        "tokens that were revoked and are not over yet": str(withdrawing.MOST),
        "a provider's bearer token": f"{vouching.LONGEST // 1024} KiB",
        "a webhook's secrets": str(rotation.MAX_SECRETS),
        "a webhook's own headers": f"{own_headers.MAX_HEADERS}, {own_headers.MAX_BYTES // 1024} KiB",
        "an answer of a CRM": f"{requests.MAX_ANSWER // 1024**2} MiB",
        "requests to a CRM under way": (
            f"`crm.*.at_once` ({CrmConfig.model_fields['at_once'].default}), and {popping.MOST} pops"
        ),
        "legs in an activity in a CRM": str(planning.MOST_LEGS),
        "what is logged in a CRM": f"{room.KEPT.days} days after the last change",
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
    assert f"both secrets sign for {hours(rotation.OVERLAP)} hours" in said


def test_token_lifetimes_are_ours() -> None:
    said = " ".join(lead("Keep your old integration").split())
    assert f"{tokens.DEFAULT_TTL_S} unless said otherwise, at most {tokens.MAX_TTL_S}" in said


def test_what_is_said_of_single_sign_on_is_so() -> None:
    said = " ".join(section("Single sign-on").split())
    ways = re.search(r"are signed with ([^.]+)\.", said)
    assert ways is not None
    assert set(re.findall(r"\w+\d+|EdDSA", ways[1])) == set(signed.KEY_TYPES)
    assert signed.KEYS_S == 3600
    assert f"at most every {signed.ASK_AGAIN_S:g} s" in said
    assert f"seconds, at most {tokens.MAX_TTL_S}" in said
    assert f"good for {tokens.SHIFT_S} seconds" in said
    assert attempts.WITHIN_S == 60


def test_configuration_is_whole_and_states_the_defaults() -> None:
    (text,) = (one for one in blocks("yaml") if one.startswith("server:"))
    raw = yaml.safe_load(text)
    told = config.parse(raw, "README.md")
    assert platform_settings(told.platforms, {one.name: one for one in DIALECTS})
    default = Config()
    assert set(raw["server"]["tls"]) == set(TlsConfig.model_fields)
    plain = told.server.model_copy(update={"tls": None})
    assert (plain, told.store, told.limits, told.log) == (
        *(default.server, default.store),
        *(default.limits, default.log),
    )
    assert told.single_sign_on is not None
    for name, field in SingleSignOnConfig.model_fields.items():
        if not field.is_required() and name not in {"client_secret", "origins"}:
            assert getattr(told.single_sign_on, name) == field.default, name
    assert set(raw["access"]["issuers"]["staff"]) == set(IssuerConfig.model_fields)
    assert told.access == default.access.model_copy(update={"issuers": told.access.issuers})
    assert raw["bootstrap_key_file"] is default.bootstrap_key_file
    connectors = {one.name: one for one in CONNECTORS}
    found = {name: one.model_copy(update={"connection": None}) for name, one in told.crm.items()}
    platforms: dict[PlatformId, object] = {**told.platforms, PlatformId("support"): None}
    assert opened(found, connectors, platforms, Egress())
    assert {key for one in raw["crm"].values() for key in one} == set(CrmConfig.model_fields)
    for name, field in CrmConfig.model_fields.items():
        if name in {"pop", "presence", "per_leg", "media"} or name.endswith(("_s", "_hours", "at_once")):
            assert getattr(told.crm["books"], name) == field.get_default(call_default_factory=True), name
    for name in Config.model_fields.keys() - {"platforms", "bootstrap_key_file", "crm"}:
        assert set(raw[name]) == set(type(getattr(told, name)).model_fields), name
    named = {key for one in raw["platforms"].values() for key in one}
    assert named == set(platforms_config.PlatformConfig.model_fields)
    needinfo = told.platforms[PlatformId("sales")].needinfo
    assert needinfo == NeedInfoConfig()
    assert set(raw["platforms"]["sales"]["needinfo"]) == set(NeedInfoConfig.model_fields)
    asked, hook = told.platforms[PlatformId("sales")].queries, platforms_config.QueryHookConfig.model_fields
    assert asked.timeout_s == platforms_config.QueriesConfig().timeout_s
    assert asked.webhook is not None
    assert asked.webhook.timeout_s == hook["timeout_s"].default
    assert set(raw["platforms"]["sales"]["queries"]) == set(platforms_config.QueriesConfig.model_fields)
    assert set(raw["platforms"]["sales"]["queries"]["webhook"]) == set(hook)


MADE: Final = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "dialects").glob("*.md"))
)


@pytest.mark.parametrize("text", [*blocks("yaml"), *blocks("yaml", MADE)], ids=lambda text: text[:60])
def test_every_piece_of_a_configuration_is_one(text: str) -> None:
    told = config.parse(yaml.safe_load(text), "manual")
    assert platform_settings(told.platforms, {one.name: one for one in DIALECTS}) is not None


def test_events_queries_questions_and_scopes_are_all_there() -> None:
    events = lead("Events")
    assert {name for cells in rows(events) for name in re.findall(r"`([^`]+)`", cells[1])} == set(ev.EVENTS)
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(AnyQuery)}
    asking = section("Queries: what a platform asks you")
    assert {name for cells in rows(asking) for name in re.findall(r"`([^`]+)`", cells[0])} == kinds
    by = re.search(r"`by` is ([^.]+)\.", asking)
    assert by is not None
    assert set(re.findall(r"`([^`]+)`", by[1])) == {one.value for one in AnsweredBy}
    assert f"open for {platforms_config.QueriesConfig().timeout_s:g} seconds" in asking
    questions = {cells[0].strip("`") for cells in rows(section("Questions: needinfo"))}
    assert questions == {kind.value for kind in NeedInfoKind}
    scopes = {cells[0].strip("`") for cells in rows(section("Keys, tokens, open mode"))}
    assert scopes == {scope.value for scope in Scope}


def test_platforms_that_check_passwords_are_named() -> None:
    (row,) = [cells for cells in rows(section("How an agent signs in")) if "password" in cells[0]]
    checks = {one.name for one in DIALECTS if one.checks_password is not None}
    assert set(re.findall(r"`(\w+)`", row[1])) == checks


def test_dialects_named_are_those_that_have_clients() -> None:
    named = {cells[0].strip("`") for cells in rows(lead("Keep your old integration"))}
    assert named == {one.name for one in DIALECTS if one.client_connection is not None}


def test_metrics_named_are_measured() -> None:
    metrics = Metrics()
    CrmFigures(metrics, ["books"])
    measured = metrics.render().decode()
    for name in re.findall(r"`(trunkline_\w+)`", MANUAL):
        assert f"{name.removesuffix('_total')}" in measured, name
