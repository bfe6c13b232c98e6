"""What is told of a command is on the disk by then; a disk that is full keeps nobody waiting for it."""

import asyncio
from pathlib import Path
from typing import Final

import msgspec
import pytest

from adapters.contract.dialect import Done
from gateway.api.stream import Problem
from gateway.commands.beginnings import NOT_SHOWN
from gateway.security.access import ANONYMOUS
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.commands import Hold
from schemas.errors import RefusedError
from schemas.ids import CommandId, Ref
from schemas.interaction import InteractionState as S
from schemas.results import CommandRecord, CommandStatus, Effect, ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json
from tests.contract.full_disk import full_disk
from tests.fakes import FakeClock, until
from tests.gateway.commands import dial, power_cut
from tests.gateway.handmade import agent, bench, call
from tests.gateway.test_dispatch_questions import SKILL, question
from tests.gateway.test_facade import client, failed
from tests.patience import PATIENCE_S

_record: Final = msgspec.json.Decoder(CommandRecord).decode


async def found(path: str, command_id: CommandId) -> tuple[CommandRecord | None, list[ev.AnyEvent]]:
    """What a start after a crash finds: the command, and all that was told."""
    store = SqliteStore(path)
    await store.open()
    try:
        events = [msgspec.json.decode(one.body, type=ev.AnyEvent) for one in await store.read(0, 1_000)]  # type: ignore[arg-type]
        return await store.command(command_id), events
    finally:
        await store.close()


# --- told


async def test_a_result_and_what_the_command_began_are_on_the_disk_when_it_is_told(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        told: list[tuple[str, FinalResult]] = []
        submit = standing.gateway.dispatch.submit
        record = await submit(
            dial(standing), ANONYMOUS, on_result=lambda one: told.append((power_cut(tmp_path), one))
        )
        await page.carry_out(Done(ref=Ref("c7")))
        await page.see(call("c7", S.DIALING))
        await until(lambda: bool(told))
    ((cut, result),) = told
    assert isinstance(result, Succeeded)
    kept, events = await found(cut, record.id)
    assert kept is not None
    assert kept.result == result
    begun = [one.interaction.id for one in events if isinstance(one, ev.InteractionCreated)]
    assert begun == [result.interaction_id]


async def test_a_clients_response_is_on_the_disk_when_it_is_sent(tmp_path: Path) -> None:
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        (shown,) = await standing.shown(page, call(state=S.CONNECTED))
        await standing.gateway.store.barrier()
        caller = await client(standing)
        request = await caller.ask("setCallHold", True, shown.id)
        await page.carry_out(Done())
        assert not failed(await caller.until(id=request))
        cut = power_cut(tmp_path)
    _, events = await found(cut, CommandId(""))
    (finished,) = [one for one in events if isinstance(one, ev.CommandFinished)]
    assert finished.command_id is not None
    kept, _ = await found(cut, finished.command_id)
    assert kept is not None
    assert kept.status is CommandStatus.FINISHED


async def test_a_result_names_no_interaction_that_the_platform_has_not_shown() -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        await page.carry_out(Done(ref=Ref("c7"), warnings=("nearly",)))
        done = asyncio.create_task(standing.finished(record))
        while not done.done():
            await clock.advance(0.2)
        assert (await done).result == Succeeded(warnings=("nearly", NOT_SHOWN))


async def test_what_is_shown_of_a_command_and_its_question_is_what_a_crash_would_leave(
    tmp_path: Path,
) -> None:
    path, clock = str(tmp_path / "t.db"), FakeClock()
    async with bench(path=path, clock=clock) as standing:
        dispatch, store = standing.gateway.dispatch, standing.gateway.store
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=S.CONNECTED))
        holding = await standing.submit(Hold(interaction_id=one.id), ANONYMOUS)
        asking = await standing.submit(dial(standing), ANONYMOUS)
        held, dialled = await page.called(), await page.called()
        with full_disk(path):
            await page.reply(held, Done())
            await page.reply(dialled, SKILL)
            await until(lambda: bool(store.trouble) and len(dispatch.pending.all()) == 1)
            assert (await dispatch.find(holding.id, ANONYMOUS)).status is CommandStatus.SENT
            assert (await dispatch.find(asking.id, ANONYMOUS)).status is CommandStatus.SENT
            assert (await standing.request("GET", "/v1/needinfo")).body == b'{"needinfo":[]}'
        assert (await standing.finished(holding)).status is CommandStatus.FINISHED
        asked = question(await standing.finished(asking))
        assert asked.id.encode() in (await standing.request("GET", "/v1/needinfo")).body


# --- a full disk


@pytest.mark.parametrize("what", ["command", "answer", "webhook", "webhook deleted"])
async def test_a_request_under_way_when_the_disk_fills_up_is_told_that_its_effect_is_unknown(
    what: str, tmp_path: Path
) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        store, webhooks = standing.gateway.store, standing.gateway.deliverer.registry
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=S.CONNECTED))
        if what == "webhook deleted":
            await standing.request("POST", "/v1/webhooks", {"url": "http://127.0.0.1:9"})
            await standing.request("POST", f"/v1/webhooks/{webhooks.all()[0].id}/pause")
        first = await standing.submit(dial(standing), ANONYMOUS)
        await page.carry_out(SKILL)
        asked = question(await standing.finished(first))
        hold: Json = {"type": "interaction.hold", "interaction_id": one.id}
        (method, address, body) = {
            "command": ("POST", "/v1/commands", hold),
            "answer": (
                "POST",
                f"/v1/commands/{first.id}/answer",
                {"needinfo_id": asked.id, "action": "submit", "values": {"skill": "s1"}},
            ),
            "webhook": ("POST", "/v1/webhooks", {"url": "http://127.0.0.1:10"}),
            "webhook deleted": ("DELETE", f"/v1/webhooks/{''.join(one.id for one in webhooks.all())}", None),
        }[what]
        headers = {"Idempotency-Key": "once"}
        if what == "webhook deleted":  # what is planned for it is written meanwhile: that would fail first
            async with asyncio.timeout(PATIENCE_S):
                while await store.deliveries.mark() < store.last_cursor():
                    await store.barrier()
        await store.barrier()
        with full_disk(path):
            refused = await standing.request(method, address, body, headers)
            assert (refused.status, b"effect is unknown" in refused.body) == (503, True)
            assert b"disk" in refused.body  # the reason
            if what == "command":
                again = await standing.request(method, address, body, headers)
                assert (again.status, b"effect is unknown" in again.body) == (503, True)
        await until(lambda: not store.trouble)
        match what:  # nothing of it was refused
            case "command":
                assert (await page.carry_out(Done())).verb == "interaction.hold"
                again = await standing.request(method, address, body, headers)
                assert (again.status, _record(again.body).status) == (200, CommandStatus.FINISHED)
            case "answer":
                assert (await page.carry_out(Done())).verb == "interaction.dial"
            case "webhook":
                await until(lambda: len(webhooks.all()) == 1)
            case _:
                await until(lambda: not webhooks.all())


async def test_so_is_a_command_over_a_stream(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=S.CONNECTED))
        stream = await standing.stream()
        hold: Json = {"type": "interaction.hold", "interaction_id": one.id}
        await standing.gateway.store.barrier()
        with full_disk(path):
            await stream.send({"type": "command", "ref": "r", "command": hold})
            told = await stream.frame(Problem)
            assert (told.ref, told.code, "effect is unknown" in told.message) == (
                *("r", ErrorCode.UNAVAILABLE),
                True,
            )
        assert (await page.carry_out(Done())).verb == "interaction.hold"


async def test_and_a_request_in_a_dialect(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=S.CONNECTED))
        await standing.gateway.store.barrier()
        caller = await client(standing)
        with full_disk(path):
            assert failed(await caller.answer("setCallHold", True, one.id))
        assert (await page.carry_out(Done())).verb == "interaction.hold"


async def test_who_waits_for_a_result_that_cannot_be_kept_is_told_how_the_command_stands(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "t.db")
    async with bench(path=path) as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=S.CONNECTED))
        hold: Json = {"type": "interaction.hold", "interaction_id": one.id}
        told: list[FinalResult] = []
        given = asyncio.create_task(standing.request("POST", "/v1/commands?wait=60", hold))
        asked = await page.called()
        await standing.gateway.dispatch.submit(Hold(interaction_id=one.id), ANONYMOUS, on_result=told.append)
        also = await page.called()
        with full_disk(path):
            await page.reply(asked, Done())
            await page.reply(also, Done())
            reply = await given
            assert reply.status == 202
            assert _record(reply.body).status is CommandStatus.SENT
            await until(lambda: bool(told))
        assert [(one.code, one.effect) for one in told if isinstance(one, Failed)] == [
            (ErrorCode.UNAVAILABLE, Effect.UNKNOWN)
        ]
        done = await standing.finished(_record(reply.body))
        assert done.result == Succeeded()


async def test_what_the_disk_does_not_concern_goes_on(tmp_path: Path) -> None:
    """A command that waits for its platform is not over because others wait for the disk."""
    path, clock = str(tmp_path / "t.db"), FakeClock()
    async with bench(path=path, clock=clock) as standing:
        store = standing.gateway.store
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=S.CONNECTED))
        told: list[FinalResult] = []
        await standing.gateway.dispatch.submit(Hold(interaction_id=one.id), ANONYMOUS, on_result=told.append)
        asked = await page.called()
        await store.barrier()
        with full_disk(path):
            await page.see(agent(), call("c2"))
            await until(lambda: bool(store.trouble))
            await clock.advance(2.0)
            with pytest.raises(RefusedError, match="nothing was begun"):
                await standing.submit(dial(standing), ANONYMOUS)
        await until(lambda: not store.trouble)
        await page.reply(asked, Done())
        await until(lambda: bool(told))
        assert told == [Succeeded()]
