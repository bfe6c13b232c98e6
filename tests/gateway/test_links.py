"""How platforms are reached: relays that say who they are, and platforms that are dialled again and again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from msgspec.structs import replace

from adapters.contract.dialect import Done
from adapters.contract.remarks import RemarkKind
from gateway.security.access import ANONYMOUS, Scope
from schemas import events as ev
from schemas.commands import Dial, Hold
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId, Ref
from schemas.interaction import InteractionState
from schemas.observations import InteractionsListed
from schemas.results import Effect, ErrorCode, Failed, Succeeded
from schemas.values import Json
from tests.contract.full_disk import full_disk
from tests.fakes import FakeClock, until
from tests.gateway.handmade import A1, Bench, Over, P, Page, agent, bench, call

OPEN = "/v1/links/p"


def hello(**params: str) -> dict[str, object]:
    return {"id": 1, "method": "trunkline.hello", "params": [params]}


# --- relays


@pytest.mark.parametrize("first", ['{"told":"ready"}', "{", '{"method":"trunkline.hi"}', "[]"])
async def test_a_relay_that_says_no_hello_is_refused(first: str) -> None:
    async with bench() as standing:
        page = Page(await standing.connect(OPEN))
        await page.socket.send_str(first)
        assert (await page.closed())[0] == 4403
        assert standing.gateway.platforms[P].links == 0


async def test_a_hello_needs_a_token_as_soon_as_there_is_a_key() -> None:
    async with bench() as standing:
        gateway = standing.gateway
        await gateway.keys.create("crm", [Scope.EVENTS_READ])
        page = Page(await standing.connect(OPEN))
        await page.socket.send_json(hello(agent="a1"))
        assert (await page.closed())[0] == 4403
        token = gateway.tokens.mint(AgentId("a1"), P, Role.LINK)
        page = Page(await standing.connect(OPEN))
        await page.socket.send_json(hello(token=token))
        assert await page.heard() == {"jsonrpc": "2.0", "id": 1, "result": {"agent": "a1"}}


@pytest.mark.parametrize(
    ("of", "platform", "role", "named"),
    [
        ("a1", "p", Role.LINK, "a2"),
        ("a1", "q", Role.LINK, "a1"),
        ("a1", "p", Role.FACADE, "a1"),
    ],
)
async def test_a_token_of_another_agent_platform_or_role_is_refused(
    of: str, platform: str, role: Role, named: str
) -> None:
    async with bench() as standing:
        token = standing.gateway.tokens.mint(AgentId(of), PlatformId(platform), role)
        page = Page(await standing.connect(OPEN))
        await page.socket.send_json(hello(token=token, agent=named))
        assert (await page.closed())[0] == 4403


async def test_a_page_of_a_foreign_origin_is_refused_and_one_of_the_list_needs_its_token() -> None:
    listed = "https://crm.example"
    platforms = {"p": {"dialect": "handmade", "origins": [listed]}}
    async with bench(platforms=platforms) as standing:
        token = standing.gateway.tokens.mint(AgentId("a1"), P, Role.LINK)
        for origin, said, let_in in (
            ("https://evil.example", hello(token=token), False),
            (listed, hello(agent="a1"), False),
            (listed, hello(token=token), True),
        ):
            page = Page(await standing.connect(OPEN, {"Origin": origin}))
            await page.socket.send_json(said)
            if let_in:
                assert "result" in await page.heard()
            else:
                assert (await page.closed())[0] == 4403


async def test_bad_frames_are_counted_told_back_and_harm_nothing() -> None:
    async with bench(overrides={"server": {"port": 0, "max_platform_frame_bytes": 2000}}) as standing:
        page = await standing.page()
        bad = ["{", '{"told":"nothing"}', '{"told":"ready","x":"' + "x" * 2000 + '"}', '{"a":\n}']
        for frame in bad:
            await page.socket.send_str(frame)
            assert (await page.heard())["method"] == "trunkline.error"
        platform = standing.gateway.platforms[P]
        assert platform.malformed == len(platform.bad_frames) == len(bad)
        assert "2000 are taken" in platform.bad_frames[2].what
        await standing.shown(page, call())


async def test_half_a_character_is_put_right_for_everybody_and_told_the_operator() -> None:
    async with bench() as standing:
        page = await standing.page()
        stream = await standing.stream()
        await page.socket.send_str(
            r'{"told":"seen",'
            r'"observation":{"seen":"interaction","agent":"a1","ref":"c","subject":"bye \ud83d"}}'
        )
        event = await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
        assert isinstance(event, ev.InteractionCreated)
        assert event.interaction.subject == "bye \ufffd"
        assert event.vendor is not None
        assert rb"\ud83d" not in bytes(event.vendor.frame)
        platform = standing.gateway.platforms[P]
        assert not platform.malformed
        assert [one.kind for one in platform.last_remarks] == [RemarkKind.MENDED]


async def test_a_frame_of_several_lines_is_journaled_on_one() -> None:
    async with bench() as standing:
        page = await standing.page()
        stream = await standing.stream()
        await page.socket.send_str(
            '{"told": "seen",\n "observation": {"seen": "interaction", "agent": "a1", "ref": "c1"}}'
        )
        event = await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
        assert event.vendor is not None
        assert b"\n" not in bytes(event.vendor.frame)


async def test_links_that_come_and_go_are_told() -> None:
    async with bench() as standing:
        stream = await standing.stream()
        one, two = await standing.page("a1"), await standing.page("a2")
        await one.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 1)
        await two.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 0)
        await standing.gateway.store.barrier()
        last = standing.gateway.store.last_cursor()
        await stream.until(lambda event: event.cursor == last)
        states = [event.state for event in stream.seen if isinstance(event, ev.PlatformStateChanged)]
        assert states == ["connected", "connected", "connected", "disconnected"]


async def test_late_words_of_an_older_page_undo_nothing_until_it_is_the_only_one() -> None:
    async with bench() as standing:
        old, new = await standing.page(), await standing.page()
        seen = await standing.shown(new, call(state=InteractionState.CONNECTED))
        await old.see(call(), InteractionsListed(agent=A1, refs=()))
        await old.socket.send_str("{")
        assert (await old.heard())["method"] == "trunkline.error"  # so what came before was read
        assert standing.gateway.state.snapshots.interactions() == seen
        await new.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 1)
        await old.see(InteractionsListed(agent=A1, refs=()))
        await until(lambda: not standing.gateway.state.snapshots.interactions())


async def test_commands_go_to_the_newest_page_of_an_agent() -> None:
    async with bench() as standing:
        old = await standing.page()
        new = await standing.page()
        await old.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 1)
        command = Dial(session_id=standing.session(), destination="1")
        record = await standing.submit(command, ANONYMOUS)
        assert (await new.carry_out(Done())).verb == "interaction.dial"
        assert isinstance((await standing.finished(record)).result, Succeeded)


async def test_what_was_missed_while_a_page_was_away_comes_out_as_recovered() -> None:
    async with bench() as standing:
        page = await standing.page()
        kept, _ = await standing.shown(
            page, call("c1", InteractionState.CONNECTED), call("c2", InteractionState.CONNECTED)
        )
        await page.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 0)
        stream = await standing.stream()
        page = await standing.relay()
        await page.see(
            agent(),
            call("c1", InteractionState.HELD),
            call("c3"),
            InteractionsListed(agent=A1, refs=(Ref("c1"), Ref("c3"))),
        )
        await page.say(Over())
        await page.see(call("c1", InteractionState.CONNECTED))
        await stream.until(lambda event: isinstance(event, ev.InteractionRetrieved))
        told = [
            (str(event.__struct_config__.tag), event.interaction.ref, event.recovered)
            for event in stream.seen
            if isinstance(event, ev.InteractionEvent)
        ]
        assert told == [
            ("interaction.held", "c1", True),
            ("interaction.created", "c3", True),
            ("interaction.alerting", "c3", True),
            ("interaction.ended", "c2", True),
            ("interaction.completed", "c2", True),
            ("interaction.retrieved", "c1", False),
        ]
        assert standing.gateway.state.snapshots.interactions()[0].id == kept.id


# --- platforms that are dialled


@dataclass
class Exchange:
    """A platform that waits to be dialled; `port` 0 takes a free one."""

    port: int = 0
    calls: list[web.WebSocketResponse] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.WebSocketResponse:
        """Show an agent, say that this is all, and keep the line."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str('{"told":"seen","observation":{"seen":"agent","agent":"a1","state":"ready"}}')
        await socket.send_str('{"told":"ready"}')
        self.calls.append(socket)
        await socket.receive()
        return socket

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Its address, as long as it can be reached."""
        app = web.Application()
        app.router.add_get("/", self.answer)
        server = TestServer(app, host="127.0.0.1", port=self.port)
        await server.start_server(shutdown_timeout=0.1)
        try:
            yield f"ws://127.0.0.1:{server.port}/"
        finally:
            await server.close()


def dials(url: str) -> dict[str, dict[str, Json]]:
    return {"p": {"dialect": "handmade_dialled", "url": url}}


def pauses(clock: FakeClock) -> list[float]:
    """Until it is dialled again. Nothing else is under way but the checkpoint of every minute."""
    checkpoint = 60.0 - clock.monotonic() % 60.0
    return [due for due in clock.waiting() if abs(due - checkpoint) > 1e-6]


async def linked(standing: Bench, links: int) -> None:
    await until(lambda: standing.gateway.platforms[P].links == links)


async def test_a_platform_that_cannot_be_reached_is_dialled_at_growing_intervals() -> None:
    clock, exchange = FakeClock(), Exchange(unused_port())
    async with bench(clock=clock, platforms=dials(f"ws://127.0.0.1:{exchange.port}/")) as standing:
        longest = 1.0
        for _ in range(7):
            await until(lambda: bool(pauses(clock)))
            (waits_s,) = pauses(clock)
            assert longest / 2 <= waits_s <= longest
            longest = min(longest * 2, 30.0)
            await clock.advance(waits_s)
        async with exchange.open():
            await until(lambda: bool(pauses(clock)))
            await clock.advance(30.0)
            await linked(standing, 1)


async def test_a_platform_that_hangs_up_is_dialled_again_soon() -> None:
    clock, exchange = FakeClock(), Exchange()
    async with exchange.open() as url, bench(clock=clock, platforms=dials(url)) as standing:
        for nth in range(3):
            await linked(standing, 1)
            await exchange.calls[nth].close()
            await linked(standing, 0)
            await until(lambda: bool(pauses(clock)))
            assert pauses(clock)[0] <= 0.5
            await clock.advance(0.5)
        await linked(standing, 1)


async def test_a_platform_that_is_dialled_carries_commands_for_all_agents_and_signs_in_new_ones() -> None:
    exchange = Exchange()
    async with exchange.open() as url, bench(platforms=dials(url)) as standing:
        await linked(standing, 1)
        links = standing.gateway.links
        link = links.to(P, standing.session("a1"))
        assert link is not None
        assert links.to(P, standing.session("never seen")) is link


async def test_a_platform_is_not_dialled_while_the_journal_is_full(tmp_path: Path) -> None:
    path, clock, exchange = str(tmp_path / "trunkline.db"), FakeClock(), Exchange()
    overrides: dict[str, Json] = {"limits": {"journal_pending": 1}}
    async with (
        exchange.open() as url,
        bench(path=path, clock=clock, platforms=dials(url), overrides=overrides) as standing,
    ):
        await linked(standing, 1)
        await standing.gateway.store.barrier()
        with full_disk(path):
            await exchange.calls[0].close()
            await linked(standing, 0)  # an event, which waits for the disk
            await until(lambda: bool(pauses(clock)))
            await clock.advance(30.0)
            assert len(exchange.calls) == 1
        await linked(standing, 1)
        assert len(exchange.calls) == 2


async def test_a_command_for_a_call_never_reaches_the_one_that_has_its_number_now() -> None:
    async with bench() as standing:
        page = await standing.page()
        first = replace(call("1", InteractionState.CONNECTED), durable_ref=Ref("u-1"))
        second = replace(call("2", InteractionState.CONNECTED), durable_ref=Ref("u-2"))
        shown = await standing.shown(page, first, second)
        mine = next(one for one in shown if one.ref == "1")
        await page.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 0)
        page = await standing.relay()
        await page.see(agent())
        await until(lambda: standing.gateway.links.serving(standing.session()))
        early = await standing.finished(await standing.submit(Hold(interaction_id=mine.id), ANONYMOUS))
        assert isinstance(early.result, Failed)
        assert (early.result.code, early.result.effect) == (ErrorCode.LINK_DOWN, Effect.NONE)
        await page.see(replace(second, ref=Ref("1")), replace(first, ref=Ref("2")))
        await page.say(Over())
        await until(lambda: standing.gateway.platforms[P].links > 0)
        now = {
            str(one.ref): one.id for one in standing.gateway.state.snapshots.interactions(standing.session())
        }
        assert now["2"] == mine.id
        record = await standing.submit(Hold(interaction_id=mine.id), ANONYMOUS)
        called = await page.carry_out(Done())
        assert called.command["interaction_id"] == mine.id
        await standing.finished(record)
