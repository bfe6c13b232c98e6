"""Spans: one trace from a vendor's frame to each delivery, and one from a command to its result."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters.contract.dialect import Done
from gateway.app import Gateway
from gateway.config import parse
from gateway.events.router import Router
from gateway.links.link import Link
from gateway.spans.config import TracingConfig
from gateway.spans.exporting import Exporting
from gateway.spans.parts import Parts
from gateway.spans.recording import of
from gateway.store.config import MEMORY
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.tracing import SpanOutcome
from gateway.webhooks.sending import Sender
from schemas import events as ev
from schemas.errors import ConfigError
from schemas.ids import Ref
from schemas.interaction import InteractionState
from schemas.needinfo import Field, FieldType, NeedInfoKind, Question
from schemas.results import CommandRecord, CommandStatus, NeedsInfo, Succeeded
from schemas.values import Json
from tests.fakes import until
from tests.gateway.collector import SILENT, Collector, Spans, collecting
from tests.gateway.handmade import Bench, bench, call
from tests.gateway.test_facade import Client
from tests.gateway.webhook_world import receiving

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENTS_SPAN: Final = "00f067aa0ba902b7"
SAID: Final = {"traceparent": f"00-{TRACE}-{CLIENTS_SPAN}-01"}
SKILL: Final = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL, title="Which?", fields=(Field(key="skill", type=FieldType.TEXT),)
)
PERSON: Final = "person@example.com"
KEYS: Final = {
    *("platform", "dialect", "events", "cursor", "interaction", "surface", "count", "webhook", "event"),
    *("verb", "command", "method", "outcome", "asks", "round", "resolution"),
}


@asynccontextmanager
async def traced(path: str = MEMORY, *, ratio: float = 1.0) -> AsyncIterator[tuple[Bench, Collector]]:
    """A gateway that tells a collector; it has told it all once the gateway has ended."""
    async with AsyncExitStack() as stack:
        collector = await stack.enter_async_context(collecting())
        tracing: dict[str, Json] = {"endpoint": collector.url, "ratio": ratio, "headers": {"x-key": "sesame"}}
        soon: Json = {"schedule": {"live": [0, 0.01]}}
        overrides: dict[str, Json] = {"tracing": tracing, "webhooks": soon}
        one = await stack.enter_async_context(bench(path=path, overrides=overrides))
        yield one, collector


async def accept(one: Bench, interaction_id: str, headers: dict[str, str] | None = None) -> CommandRecord:
    body = {"type": "interaction.accept", "interaction_id": interaction_id}
    reply = await one.request("POST", "/v1/commands?wait=0", body, headers)
    assert reply.status == 202
    return msgspec.json.decode(reply.body, type=CommandRecord)


async def told(one: Bench, collector: Collector) -> Spans:
    """The gateway ends, and with that tells all that is left."""
    await one.stack.aclose()
    return collector.spans


async def test_a_frame_is_followed_to_a_stream_a_facade_and_a_webhook_over_its_retry() -> None:
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving())
        one, collector = await stack.enter_async_context(traced())
        answers = iter((503, 204))

        async def at_the_second_time(_request: web.Request) -> web.Response:
            return web.Response(status=next(answers))

        receiver.answers["/hook"] = at_the_second_time
        spec = {"url": f"{receiver.url}/hook", "events": ["interaction.alerting"]}
        assert (await one.request("POST", "/v1/webhooks", spec)).status == 201
        stream = await one.stream(filter={"types": ["interaction.alerting"]})
        uninterested = await one.stream(filter={"types": ["party.added"]})
        facade = await one.connect("/v1/facades/p/bright_pattern?agent=a1")
        page = await one.page()
        await one.shown(page, call())
        event = await stream.until(lambda event: isinstance(event, ev.InteractionAlerting))
        first = await receiver.next()
        second = await receiver.next()
        await until(lambda: not any(one.gateway.deliverer.lag().values()))
        assert not facade.closed
        assert uninterested.socket is not stream.socket
        spans = await told(one, collector)

        (commit,) = [
            one for one in spans.named("commit") if "interaction.alerting" in one.about["trunkline.events"]
        ]
        assert spans.way(commit) == ["frame", "commit"]
        assert commit.about["trunkline.cursor"] == str(event.cursor)
        frame = next(one for one in spans.named("frame") if one.id == commit.parent)
        assert (frame.parent, frame.about["trunkline.dialect"]) == ("", "handmade")
        assert [one.parent for one in spans.named("decode") if one.trace == commit.trace] == [frame.id]
        surfaces = [
            one.about["trunkline.surface"] for one in spans.named("deliver") if one.parent == commit.id
        ]
        assert sorted(surfaces) == ["facade", "stream"]  # and not the one that wants something else
        attempts = [one for one in spans.named("webhook attempt") if one.parent == commit.id]
        assert [one.failed for one in attempts] == [True, False]
        assert [one.about["http.response.status_code"] for one in attempts] == ["503", "204"]
        heads = [got.headers["traceparent"] for got in (first, second)]
        assert heads == [f"00-{commit.trace}-{one.id}-{flags(heads[0])}" for one in attempts]
        assert collector.headers[0]["x-key"] == "sesame"
        assert collector.resources[0]["service.name"] == "trunkline"


def flags(traceparent: str) -> str:
    found = traceparent.rpartition("-")[2]
    assert int(found, 16) & 1  # sampled
    return found


async def test_a_command_is_followed_over_a_question_to_its_result_in_the_clients_trace() -> None:
    async with traced() as (one, collector):
        stream = await one.stream(filter={"types": ["command.finished"]})
        page = await one.page()
        (shown,) = await one.shown(page, call())
        record = await accept(one, shown.id, SAID)
        await page.carry_out(SKILL)
        asked = await one.finished(record)
        assert isinstance(asked.result, NeedsInfo)
        answer: dict[str, Json] = {"needinfo_id": asked.result.needinfo.id, "values": {"skill": "sales"}}
        assert (await one.request("POST", f"/v1/commands/{record.id}/answer?wait=0", answer)).status < 300
        await page.carry_out(Done())
        assert isinstance((await one.finished(record)).result, Succeeded)
        await stream.until(lambda event: isinstance(event, ev.CommandFinished))
        spans = await told(one, collector)

    (accepted,) = spans.named("command accepted", command=record.id)
    assert (accepted.trace, accepted.parent) == (TRACE, CLIENTS_SPAN)
    assert record.traceparent.split("-")[1:3] == [TRACE, accepted.id]
    calls = spans.named("platform call")
    assert [(one.parent, one.about["trunkline.method"]) for one in calls] == [
        (accepted.id, "interaction.accept")
    ] * 2
    (question,) = spans.named("question", asks="outbound_skill", resolution="submitted")
    (result,) = spans.named("command result", outcome="succeeded")
    assert question.parent == result.parent == accepted.id
    assert calls[0].end_ns <= question.start_ns
    assert question.end_ns <= result.end_ns
    commits = [one for one in spans.named("commit") if one.trace == TRACE]
    assert [spans.way(one) for one in commits] == [
        *([["command accepted", "question", "commit"]] * 2),
        ["command accepted", "command result", "commit"],
    ]
    (delivered,) = [one for one in spans.named("deliver") if one.trace == TRACE]
    assert delivered.parent == commits[-1].id


async def test_a_facades_command_is_a_trace_of_its_own_and_its_result_is_told_in_it() -> None:
    async with traced() as (one, collector):
        page = await one.page()
        (shown,) = await one.shown(page, call(state=InteractionState.CONNECTED))
        caller = Client(await one.connect("/v1/facades/p/bright_pattern?agent=a1"))
        asked = [await caller.ask("setCallHold", True, shown.id)]
        await page.carry_out(Done())
        await caller.until(id=asked[0])
        asked.append(await caller.ask("setCallHold", False, shown.id))
        await page.carry_out(Done())
        await caller.until(id=asked[1])
        spans = await told(one, collector)
    hold, retrieve = spans.named("command accepted")
    assert hold.parent == retrieve.parent == ""
    assert hold.trace != retrieve.trace
    for accepted in (hold, retrieve):
        (result,) = [one for one in spans.named("command result") if one.trace == accepted.trace]
        (platform_call,) = [one for one in spans.named("platform call") if one.trace == accepted.trace]
        assert result.parent == platform_call.parent == accepted.id
        (delivered,) = [
            one for one in spans.named("deliver", surface="facade") if one.trace == accepted.trace
        ]
        assert spans.way(delivered) == ["command accepted", "command result", "commit", "deliver"]


async def test_each_call_of_a_command_belongs_to_it_and_each_command_is_a_trace_of_its_own() -> None:
    async with traced() as (one, collector):
        stream = await one.stream()
        page = await one.page()
        held, other = await one.shown(
            page, call("c1", InteractionState.HELD), call("c2", InteractionState.CONNECTED)
        )
        for ref, interaction in (("x", held), ("y", other)):
            order = {"type": "interaction.alternate", "interaction_id": interaction.id}
            await stream.send({"type": "command", "ref": ref, "command": order})
            await page.carry_out(Done())
            await page.carry_out(Done())
            await stream.until(lambda event: isinstance(event, ev.CommandFinished))
        spans = await told(one, collector)
    first, second = spans.named("command accepted", verb="interaction.alternate")
    assert first.trace != second.trace
    assert first.parent == second.parent == ""
    assert [one.parent for one in spans.named("platform call")] == [first.id] * 2 + [second.id] * 2


async def test_a_command_that_is_taken_up_after_a_restart_ends_where_it_began(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with traced(path) as (one, collector):
        page = await one.page()
        (shown,) = await one.shown(page, call())
        record = await accept(one, shown.id, SAID)
        await page.carry_out(SKILL)
        asked = await one.finished(record)
        assert asked.status is CommandStatus.NEEDINFO
        before = await told(one, collector)
    (accepted,) = before.named("command accepted")
    async with traced(path) as (one, collector):
        assert isinstance(asked.result, NeedsInfo)
        answer = {"needinfo_id": asked.result.needinfo.id, "action": "cancel"}
        assert (await one.request("POST", f"/v1/commands/{record.id}/answer?wait=0", answer)).status < 300
        after = await told(one, collector)
    (result,) = after.named("command result", outcome="cancelled")
    (question,) = after.named("question", resolution="cancelled")
    assert {(one.trace, one.parent) for one in (result, question)} == {(TRACE, accepted.id)}
    assert result.failed


async def test_what_is_told_in_pieces_belongs_to_the_frame_of_its_last_piece() -> None:
    async with traced() as (one, collector):
        stream = await one.stream(filter={"types": ["interaction.created"]})
        page = await one.page()
        await page.see(replace(call(), whole=False))
        await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
        spans = await told(one, collector)
    (commit,) = [
        one for one in spans.named("commit") if "interaction.created" in one.about["trunkline.events"]
    ]
    assert spans.way(commit) == ["frame", "commit"]


async def test_a_malformed_frame_is_a_failure() -> None:
    async with traced() as (one, collector):
        page = await one.page()
        await page.socket.send_str('{"told": ')
        await page.heard()
        spans = await told(one, collector)
    (bad,) = [one for one in spans.named("frame") if one.failed]
    assert [one.failed for one in spans.named("decode") if one.parent == bad.id] == [True]


async def test_attributes_are_ids_and_types_and_never_who_or_what_was_said() -> None:
    async with traced() as (one, collector):
        page = await one.page(PERSON)
        seen = replace(call(name=Ref(PERSON)), ani="+15550177", data={"card": "4111"})
        (shown,) = await one.shown(page, seen)
        record = await accept(one, shown.id)
        await page.carry_out(Done())
        await one.finished(record)
        spans = await told(one, collector)
    assert {"frame", "commit", "platform call", "command result"} <= {span.name for span in spans.all}
    for span in spans.all:
        assert {key.removeprefix("trunkline.") for key in span.about} <= KEYS | {"http.response.status_code"}
        assert not any(word in str(span) for word in ("person", "5550177", "4111"))


async def test_a_trace_is_left_out_as_a_whole_and_says_so_to_receivers() -> None:
    async with receiving() as receiver, traced(ratio=0.0) as (one, collector):
        spec = {"url": f"{receiver.url}/hook", "events": ["interaction.alerting"]}
        assert (await one.request("POST", "/v1/webhooks", spec)).status == 201
        page = await one.page()
        await one.shown(page, call())
        got = await receiver.next()
        assert not int(got.headers["traceparent"].rpartition("-")[2], 16) & 1
        spans = await told(one, collector)
    assert not spans.all


# --- the collector


@pytest.mark.parametrize("status", [None, SILENT, 503, 400], ids=["gone", "silent", "unavailable", "refuses"])
async def test_a_collector_that_takes_nothing_harms_nothing_and_is_counted(
    status: int | None,
) -> None:
    async with AsyncExitStack() as stack:
        collector = await stack.enter_async_context(collecting())
        if status is None:
            await stack.aclose()  # nobody listens there any more
        else:
            collector.status = status
        tracing: Json = {"endpoint": collector.url, "ratio": 1.0, "most_waiting": 64, "export_s": 0.5}
        one = await stack.enter_async_context(bench(overrides={"tracing": tracing}))
        stream = await one.stream(filter={"types": ["interaction.created"]})
        page = await one.page()
        for at in range(100):
            await page.see(call(f"c{at}"))
            await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
        metrics = one.gateway.metrics
        await until(lambda: counted(metrics, SpanOutcome.DROPPED) > 0)
        await until(lambda: counted(metrics, SpanOutcome.FAILED) > 0)
        assert counted(metrics, SpanOutcome.SENT) == 0
        await one.stack.aclose()
        assert one.gateway.flushed  # within the second that it has for all of its end


def counted(metrics: Metrics, outcome: SpanOutcome) -> int:
    name = f'trunkline_spans_total{{outcome="{outcome.value}"}} '
    (line,) = [one for one in metrics.render().decode().splitlines() if one.startswith(name)]
    return round(float(line.removeprefix(name)))


async def test_spans_go_to_any_exporter_of_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = InMemorySpanExporter()

    def parts(config: TracingConfig, metrics: Metrics) -> Parts:
        assert config.endpoint is None
        return of(Exporting(config.model_copy(update={"ratio": 1.0}), metrics.spans, kept))

    monkeypatch.setattr("gateway.app.parts_of", parts)
    async with bench() as one:
        page = await one.page()
        (shown,) = await one.shown(page, call())
        record = await accept(one, shown.id, SAID)
        await page.carry_out(Done())
        await one.finished(record)
    spans = kept.get_finished_spans()
    (accepted,) = [one for one in spans if one.name == "command accepted"]
    (result,) = [one for one in spans if one.name == "command result"]
    assert accepted.context is not None
    assert result.parent is not None
    assert result.parent.span_id == accepted.context.span_id
    assert f"{accepted.context.trace_id:032x}" == TRACE


# --- off


OFF: Final = """
import asyncio, sys
from gateway.app import Gateway, running
from gateway.config import parse
raw = {"server": {"port": 0}, "store": {"path": ":memory:"}, "platforms": {"p": {"dialect": "softswitch"}}}
async def main():
    async with running(Gateway(parse(raw, "t"))):
        pass
asyncio.run(main())
print([name for name in sys.modules if name.split(".")[0] in ("opentelemetry", "google", "requests")])
"""


@pytest.mark.whole
def test_nothing_of_it_is_imported_where_it_is_off() -> None:
    done = subprocess.run(  # noqa: S603  # our own text
        [sys.executable, "-c", OFF], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


async def test_the_parts_are_the_plain_ones_where_it_is_off() -> None:
    async with bench() as one:
        assert type(one.gateway.router) is Router
        assert one.gateway.links.make is Link
        assert one.gateway.deliverer.sender is Sender


async def test_without_the_extra_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gateway.spans.recording")
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)
    for name in ("gateway.spans.exporting", "gateway.spans.recorder"):
        monkeypatch.delitem(sys.modules, name)
    raw = {"store": {"path": MEMORY}, "tracing": {"endpoint": "http://127.0.0.1:4318"}}
    with pytest.raises(ConfigError, match=r"install trunkline\[otel\]"):
        await Gateway(parse(raw, "t")).start()


@pytest.mark.parametrize(
    "address", ["collector:4318", "ftp://x", "http://u:p@x", "http://x/?key=1", "http://"]
)
def test_an_address_that_is_no_collectors_is_a_mistake(address: str) -> None:
    with pytest.raises(ConfigError, match="must be a collector's address"):
        parse({"tracing": {"endpoint": address}}, "t")
