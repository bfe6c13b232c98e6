"""/v1/stream: history and live joined without a gap or a repeat, commands and answers the other way."""

import asyncio
from functools import partial
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract.dialect import Done
from gateway.api.history import Gap, Snapshot
from gateway.api.stream import CommandChanged, Problem, Subscribed
from gateway.http import sockets
from gateway.security.access import Scope
from schemas import events as ev
from schemas.grants import Role
from schemas.ids import AgentId, Cursor, PlatformId, Ref
from schemas.interaction import InteractionState
from schemas.results import CommandStatus, ErrorCode, Failed
from schemas.values import Json
from tests.e2e.world import Stream
from tests.fakes import START, until
from tests.gateway.handmade import Bench, P, bench, call


def publish(standing: Bench, count: int = 1, agent: str = "a1", platform: PlatformId = P) -> None:
    standing.gateway.router.publish(
        [
            ev.PlatformNotice(time=START, platform_id=platform, agent_id=AgentId(agent), code="n" * 40)
            for _ in range(count)
        ]
    )


def cursors(stream: Stream) -> list[int]:
    return [event.cursor for event in stream.seen]


def reading(stream: Stream) -> asyncio.Transport:
    """What a client reads by, which can be told not to."""
    response = stream.socket._response  # noqa: SLF001  # a reader that is slow on purpose
    assert response.connection is not None
    assert isinstance(response.connection.transport, asyncio.Transport)
    return response.connection.transport


def being_closed(standing: Bench) -> bool:
    """Whether the gateway is closing a stream; nothing tells the client before it reads again."""
    connections = standing.gateway.web[sockets.CONNECTIONS]._open  # noqa: SLF001
    return any(not one.open for one in connections if isinstance(one, sockets.Socket))


async def caught_up(standing: Bench, stream: Stream) -> list[int]:
    await standing.gateway.store.barrier()
    last = standing.gateway.store.last_cursor()
    await stream.until(lambda event: event.cursor >= last)
    return cursors(stream)


async def test_without_a_cursor_a_client_is_told_what_happens_from_now_on() -> None:
    async with bench() as standing:
        publish(standing, 3)
        stream = await standing.stream()
        assert (await stream.frame(Subscribed)).cursor == 3
        publish(standing, 2)
        assert await caught_up(standing, stream) == [4, 5]


@pytest.mark.parametrize("store", ["memory", "sqlite"])
async def test_a_client_goes_on_after_its_cursor(store: str, tmp_path: Path) -> None:
    async with bench(path=":memory:" if store == "memory" else str(tmp_path / "t.db")) as standing:
        publish(standing, 2500)
        stream = await standing.stream(after=7)
        publish(standing, 5)
        assert await caught_up(standing, stream) == list(range(8, 2506))


@settings(max_examples=15)
@given(
    before=st.integers(0, 40),
    after=st.integers(0, 40),
    bursts=st.lists(st.integers(1, 5), max_size=12),
)
def test_a_resume_under_commits_has_no_gap_and_no_repeat(before: int, after: int, bursts: list[int]) -> None:
    async def run() -> None:
        async with bench() as standing:
            publish(standing, before)
            await standing.gateway.store.barrier()
            after_one = min(after, before)

            async def commit() -> None:
                for burst in bursts:
                    publish(standing, burst)
                    await asyncio.sleep(0)

            stream, _ = await asyncio.gather(standing.stream(after=after_one), commit())
            publish(standing)
            assert await caught_up(standing, stream) == list(range(after_one + 1, before + sum(bursts) + 2))

    asyncio.run(run())


def some_or(stream: Stream, over: asyncio.Event) -> bool:
    return bool(stream.seen) or over.is_set()


async def test_clients_that_come_and_go_while_a_file_is_written_miss_nothing(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        over = asyncio.Event()

        async def commit() -> None:
            for _ in range(300):
                publish(standing, 7)
                await asyncio.sleep(0)
            over.set()

        writing = asyncio.create_task(commit())
        last = 0
        seen: list[int] = []
        while not over.is_set():
            stream = await standing.stream(after=last)
            await until(partial(some_or, stream, over))
            await stream.socket.close()
            seen += [one for one in cursors(stream) if one > last]
            last = max([last, *seen])
        await writing
        publish(standing)
        stream = await standing.stream(after=last)
        seen += await caught_up(standing, stream)
        assert seen == list(range(1, 2102))


async def test_a_snapshot_comes_first_and_everything_after_it_follows() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call())
        stream = await standing.stream(snapshot=True)
        snapshot = await stream.frame(Snapshot)
        assert stream.frames[0] is snapshot
        assert snapshot.interactions == [shown]
        assert [one.agent_id for one in snapshot.sessions] == ["a1"]
        await standing.shown(page, call(state=InteractionState.CONNECTED))
        told = await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        assert all(event.cursor > snapshot.cursor for event in stream.seen)
        assert isinstance(told, ev.InteractionConnected)
        assert told.sequence == shown.sequence + 1


async def test_a_snapshot_is_filtered_as_the_events_are() -> None:
    async with bench() as standing:
        one, two = await standing.page("a1"), await standing.page("a2")
        await standing.shown(one, call("c1"))
        (theirs,) = await standing.shown(two, call("c2", name=Ref("a2")))
        stream = await standing.stream(snapshot=True, filter={"agents": ["a2"]})
        snapshot = await stream.frame(Snapshot)
        assert ([one.agent_id for one in snapshot.sessions], snapshot.interactions) == (["a2"], [theirs])
        await standing.shown(one, call("c1", InteractionState.CONNECTED))
        await standing.shown(two, call("c2", InteractionState.HELD, name=Ref("a2")))
        await stream.until(lambda event: isinstance(event, ev.InteractionHeld))
        assert {event.agent_id for event in stream.seen} == {"a2"}


async def test_a_client_past_the_retention_is_told_of_the_gap() -> None:
    async with bench() as standing:
        publish(standing, 5)
        await standing.gateway.store.barrier()
        await standing.gateway.store.prune(standing.gateway.clock.now(), 1 << 40)
        publish(standing, 2)
        stream = await standing.stream(after=2)
        resume = standing.gateway.store.epochs.resume(Cursor(5))
        gap = Gap(after=Cursor(2), first=Cursor(6), restart_after=Cursor(5), resume=resume)
        assert await stream.frame(Gap) == gap
        assert await caught_up(standing, stream) == [6, 7]
        whole = await standing.stream(after=5)
        assert await caught_up(standing, whole) == [6, 7]
        assert not any(isinstance(frame, Gap) for frame in whole.frames)


async def test_who_wants_a_snapshot_gets_it_only_where_it_cannot_go_on() -> None:
    async with bench() as standing:
        page = await standing.page()
        await standing.shown(page, call())
        publish(standing, 5)
        await standing.gateway.store.barrier()
        last = standing.gateway.store.last_cursor()
        going_on = await standing.stream(after=last - 2, snapshot=True)
        assert await caught_up(standing, going_on) == [last - 1, last]
        assert [type(frame) for frame in going_on.frames] == [Subscribed]
        await standing.gateway.store.prune(standing.gateway.clock.now(), 1 << 40)
        late = await standing.stream(after=last - 2, snapshot=True)
        snapshot = await late.frame(Snapshot)
        assert (snapshot.cursor, len(snapshot.interactions)) == (last, 1)
        gap = Gap(after=Cursor(last - 2), first=Cursor(last + 1), restart_after=last, resume=snapshot.resume)
        assert late.frames[0] == gap
        publish(standing)
        assert await caught_up(standing, late) == [last + 1]


async def test_who_missed_more_than_the_buffer_holds_is_sent_it_as_fast_as_it_reads() -> None:
    async with bench(overrides={"limits": {"subscriber_buffer_bytes": 1_000}}) as standing:
        publish(standing, 30_000)
        late = await standing.stream(after=0)
        await standing.gateway.store.barrier()
        assert await caught_up(standing, late) == list(range(1, 30_001))


async def test_who_stops_reading_what_it_missed_is_closed_resumably(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "STALLED_S", 0.2)
    async with bench() as standing:
        publish(standing, 60_000)
        await standing.gateway.store.barrier()
        stalled = Stream(await standing.connect("/v1/stream"))
        transport = reading(stalled)
        transport.pause_reading()
        await stalled.send({"type": "subscribe", "after": 0})
        await until(lambda: being_closed(standing))
        transport.resume_reading()
        standing.tasks.start(stalled.follow(stalled.socket), "stalled client")
        assert await stalled.eventually(lambda: stalled.close_code) == 4429
        assert cursors(stalled) == list(range(1, len(stalled.seen) + 1))
        assert len(stalled.seen) < 60_000


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"teams": ["sales"]}, "there is no team 'sales'"),
        ({"media": ["fax"]}, "$.filter.media"),
        ({"types": ["interaction.hold"]}, "there are no events of type 'interaction.hold'"),
        ({"content": {"a": {"suffix": "b"}}}, "$.filter.content"),
        ({"members": ["ses_x"]}, "members"),
    ],
)
async def test_a_filter_that_is_wrong_is_refused_and_says_where(wanted: dict[str, Json], named: str) -> None:
    async with bench() as standing:
        stream = Stream(await standing.connect("/v1/stream"))
        await stream.send({"type": "subscribe", "filter": wanted})
        standing.tasks.start(stream.follow(stream.socket), "client")
        problem = await stream.frame(Problem)
        assert problem.code is ErrorCode.INVALID_COMMAND
        assert named in problem.message


async def test_a_cursor_of_a_journal_that_is_no_more_is_a_gap_too() -> None:
    async with bench() as standing:
        publish(standing, 3)
        stream = await standing.stream(after=10**30)
        assert (await stream.frame(Gap)).first == 1
        assert await caught_up(standing, stream) == [1, 2, 3]
        publish(standing)
        assert await caught_up(standing, stream) == [1, 2, 3, 4]


async def test_a_second_subscribe_is_refused_and_harms_nothing() -> None:
    async with bench() as standing:
        stream = await standing.stream()
        await stream.send({"type": "subscribe", "after": 0})
        assert (await stream.frame(Problem)).code is ErrorCode.CONFLICT
        publish(standing)
        assert await caught_up(standing, stream) == [1]


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (b"{", ErrorCode.INVALID_COMMAND),
        (b'{"type":"hello"}', ErrorCode.INVALID_COMMAND),
        (b'{"type":"subscribe","filter":{"agent":["a1"]}}', ErrorCode.INVALID_COMMAND),
        (
            b'{"type":"command","ref":"1","command":{"type":"agent.logout","session_id":"s"}}',
            ErrorCode.INVALID_COMMAND,
        ),
        (b'{"type":"subscribe","token":"nonsense"}', ErrorCode.NOT_ALLOWED),
    ],
)
async def test_a_first_frame_that_is_no_subscribe_ends_it(first: bytes, code: ErrorCode) -> None:
    async with bench() as standing:
        stream = Stream(await standing.connect("/v1/stream"))
        await stream.socket.send_str(first.decode())
        standing.tasks.start(stream.follow(stream.socket), "client")
        assert (await stream.frame(Problem)).code is code
        await stream.eventually(lambda: stream.close_code)
        assert stream.close_code == 4403


async def test_a_frame_that_cannot_be_read_is_said_to_be_so_and_the_stream_goes_on() -> None:
    async with bench() as standing:
        stream = await standing.stream()
        await stream.socket.send_str('{"type":"command","ref":"1","command":{"type":"interaction.fly"}}')
        problem = await stream.frame(Problem)
        assert problem.code is ErrorCode.INVALID_COMMAND
        assert "interaction.fly" in problem.message
        publish(standing)
        assert await caught_up(standing, stream) == [1]


async def test_a_client_that_does_not_read_is_closed_and_the_others_do_not_notice() -> None:
    async with bench(overrides={"limits": {"subscriber_buffer_bytes": 20_000}}) as standing:
        slow = Stream(await standing.connect("/v1/stream"))
        await slow.send({"type": "subscribe"})
        quick = await standing.stream()
        transport = reading(slow)
        transport.pause_reading()
        while not being_closed(standing):
            assert standing.gateway.store.last_cursor() < 200_000, "more than all buffers hold"
            publish(standing, 200)
            await standing.gateway.store.barrier()
            await until(lambda: bool(quick.seen) and quick.seen[-1].cursor == standing.gateway.router.durable)
        transport.resume_reading()
        standing.tasks.start(slow.follow(slow.socket), "slow client")
        assert await slow.eventually(lambda: slow.close_code) == 4429
        publish(standing, 200)
        assert await caught_up(standing, quick) == list(range(1, standing.gateway.store.last_cursor() + 1))
        assert cursors(slow) == list(range(1, len(slow.seen) + 1))
        resumed = await standing.stream(after=len(slow.seen))
        assert (await caught_up(standing, resumed))[0] == len(slow.seen) + 1


async def test_a_command_is_answered_under_the_clients_ref_and_told_to_all() -> None:
    async with bench() as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        mine, other = await standing.stream(), await standing.stream()
        command = {"type": "interaction.hold", "interaction_id": shown.id}
        await mine.send({"type": "command", "ref": "r1", "command": command, "idempotency_key": "k"})
        accepted = await mine.frame(CommandChanged)
        assert (accepted.ref, accepted.record.status) == ("r1", CommandStatus.SENT)
        await page.carry_out(Done())
        await mine.frame(CommandChanged, lambda one: one.record.status is CommandStatus.FINISHED)
        told = await other.until(lambda event: isinstance(event, ev.CommandFinished))
        assert told.command_id == accepted.record.id
        assert not [frame for frame in other.frames if isinstance(frame, CommandChanged)]
        again = await mine.order("r2", command, idempotency_key="k")
        assert again.id == accepted.record.id


async def test_what_cannot_be_carried_out_comes_back_under_the_clients_ref() -> None:
    async with bench() as standing:
        stream = await standing.stream()
        command = {"type": "interaction.hold", "interaction_id": "int_nothing"}
        await stream.send({"type": "command", "ref": "r1", "command": command})
        problem = await stream.frame(Problem)
        assert (problem.ref, problem.code) == ("r1", ErrorCode.UNKNOWN_INTERACTION)
        await stream.send({"type": "answer", "ref": "r2", "answer": {"needinfo_id": "ask_nothing"}})
        problem = await stream.frame(Problem, lambda one: one.ref == "r2")
        assert problem.code is ErrorCode.UNKNOWN_OBJECT


async def test_a_token_sees_and_commands_its_own_agent_only() -> None:
    async with bench() as standing:
        gateway = standing.gateway
        one, two = await standing.page("a1"), await standing.page("a2")
        (theirs,) = await standing.shown(two, call("c2", name=Ref("a2")))
        await gateway.keys.create("crm", [Scope.EVENTS_READ])
        token = gateway.tokens.mint(AgentId("a1"), P, Role.FACADE)
        stream = await standing.stream(token=token, after=0, snapshot=False)
        command = {"type": "interaction.accept", "interaction_id": theirs.id}
        await stream.send({"type": "command", "ref": "r", "command": command})
        assert (await stream.frame(Problem)).code is ErrorCode.UNKNOWN_INTERACTION
        await standing.shown(one, call("c1"))
        await stream.until(lambda event: isinstance(event, ev.InteractionCreated))
        assert {event.agent_id for event in stream.seen} == {"a1"}
        refused = Stream(await standing.connect("/v1/stream"))
        await refused.send({"type": "subscribe", "token": token, "filter": {"agents": ["a2"]}})
        standing.tasks.start(refused.follow(refused.socket), "client")
        assert (await refused.frame(Problem)).code is ErrorCode.NOT_ALLOWED


async def test_a_client_has_so_many_commands_under_way_and_no_more() -> None:
    async with bench(overrides={"limits": {"command_queue": 200}}) as standing:
        await standing.page()
        stream = await standing.stream()
        dial = {"type": "interaction.dial", "session_id": standing.session(), "destination": "1"}
        for ref in range(65):
            await stream.send({"type": "command", "ref": str(ref), "command": dial})
        problem = await stream.frame(Problem)
        assert (problem.ref, problem.code) == ("64", ErrorCode.RATE_LIMITED)


async def test_a_client_that_says_it_cannot_answer_gets_what_is_missing() -> None:
    async with bench() as standing:
        page = await standing.page()
        stream = await standing.stream()
        dial = {"type": "interaction.dial", "session_id": standing.session(), "destination": "1"}
        await stream.send({"type": "command", "ref": "r", "command": dial, "interactive": False})
        asked = await page.called()
        await page.socket.send_bytes(b"")  # of no dialect, and ignored
        question = {"kind": "form", "title": "?", "fields": [{"key": "x", "type": "text"}]}
        await page.socket.send_str(
            msgspec.json.encode({"told": "reply", "id": asked.call, "question": question}).decode()
        )
        done = await stream.frame(CommandChanged, lambda one: one.record.status is CommandStatus.FINISHED)
        result = done.record.result
        assert isinstance(result, Failed)
        assert (result.code, result.message) == (ErrorCode.NEEDS_INFO, "missing: x")
        assert result.missing is not None
        assert result.missing.fields[0].key == "x"
