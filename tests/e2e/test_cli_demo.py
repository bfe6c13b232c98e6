"""The demonstration that goes on: its shift, what can be triggered, an agent driven at it, its table."""

import asyncio
import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from random import Random
from typing import Final

import pytest
from rich.console import Console

from gateway.cli import demo
from gateway.cli.demo_hints import Scene
from gateway.cli.display import Board, plain
from gateway.demo.dealing import Pace
from gateway.demo.shift import Shift
from gateway.demo.stage_door import PATH
from gateway.demo.triggers import TRIGGERS, Triggered
from schemas import events as ev
from schemas.errors import TrunklineError
from schemas.ids import AgentId, Cursor, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Interaction, InteractionState, Media
from tests.e2e.processes import ENVIRONMENT, ROOT, TRUNKLINE, configure, run, served
from tests.fakes import until
from tests.manual import README
from tests.patience import PATIENCE_S

S: Final = InteractionState
FAST: Final = Pace(*[(0.0, 0.02)] * 6)


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[Scene]:
    """A demonstration, in this process."""
    async with demo.scene(folder, [0]) as on, asyncio.timeout(PATIENCE_S):
        yield on


async def happens(on: Scene, event: str, agent: str = "ben", **more: object) -> Triggered:
    """Triggered at the demonstration's own address."""
    return await on.stage.gateway.post(PATH, {"event": event, "agent": agent, **more}, Triggered)


def told(on: Scene, agent: str, kind: type[ev.Event], state: InteractionState | None = None) -> bool:
    """Whether the gateway has told that of the agent."""
    return any(
        isinstance(event, kind)
        and event.agent_id == agent
        and (state is None or (isinstance(event, ev.InteractionEvent) and event.interaction.state is state))
        for event in on.watcher.events
    )


async def test_each_name_makes_what_it_says(tmp_path: Path) -> None:
    """In an order in which one leads to the next; what needs no more than an answer is asked of all."""
    seen: set[str] = set()

    async def expect(on: Scene, event: str, kind: type[ev.Event], agent: str = "ben", **more: object) -> None:
        on.watcher.events.clear()
        seen.add(event)
        assert (await happens(on, event, agent, **more)).text
        await until(lambda: told(on, agent, kind))

    async with standing(tmp_path) as on:
        await expect(on, "call.inbound", ev.InteractionAlerting)
        await expect(on, "call.answered", ev.InteractionConnected)
        await expect(on, "call.held", ev.InteractionHeld)
        await expect(on, "call.retrieved", ev.InteractionRetrieved)
        await expect(on, "call.hung_up", ev.InteractionEnded)
        await expect(on, "call.abandoned", ev.InteractionEnded, seconds=0)
        await expect(on, "transfer", ev.InteractionAlerting)
        await expect(on, "call.answered", ev.InteractionConnected)
        await expect(on, "call.hung_up", ev.InteractionEnded)
        await expect(on, "chat.inbound", ev.InteractionAlerting, text="Hello")
        await expect(on, "call.answered", ev.InteractionConnected)
        await happens(on, "chat.message", text="Are you there?")
        await expect(on, "chat.ended", ev.InteractionEnded)
        await expect(on, "email.inbound", ev.InteractionAlerting)
        await expect(on, "agent.not_ready", ev.AgentStateChanged, "kim")
        await expect(on, "agent.ready", ev.AgentStateChanged, "kim")
        await expect(on, "needinfo", ev.NeedInfoRequested)
        seen |= {"chat.message"}
        for event in ("fault.drop", "fault.duplicate", "fault.reorder", "fault.delay", "fault.fail"):
            await happens(on, event, "kim", **({"seconds": 0} if event == "fault.delay" else {}))
            seen.add(event)
        await happens(on, "call.inbound", "lee")
        await happens(on, "fault.forget", "lee")
        await happens(on, "call.queued", "lee")
        seen |= {"fault.forget", "call.queued"}
        for agent, platform in (("ana", "bright-pattern"), ("mia", "channel-session")):
            on.watcher.events.clear()
            await happens(on, "link.down", agent, seconds=0)
            seen.add("link.down")
            for state in (ev.LinkState.DISCONNECTED, ev.LinkState.CONNECTED):
                await until(
                    lambda state=state, platform=platform: any(  # type: ignore[misc]
                        isinstance(one, ev.PlatformStateChanged)
                        and one.platform_id == platform
                        and one.state is state
                        for one in on.watcher.events
                    )
                )
        assert seen == set(TRIGGERS)
        for wrong, says in (
            ({"event": "call.inbuond"}, "is it call.inbound"),
            ({"event": "call.inbound", "agent": "anna"}, "is it ana"),
            ({"event": "call.inbound", "platform": "nowhere"}, "not simulated"),
            ({"event": "call.held", "agent": "mia"}, "no call to hold"),
        ):
            with pytest.raises(TrunklineError, match=says):
                await on.stage.gateway.post(PATH, wrong, Triggered)


async def test_a_shift_goes_on_with_all_dialects_asks_now_and_then_and_leaves_others_alone(
    tmp_path: Path,
) -> None:
    seed = int.from_bytes(os.urandom(4))
    sys.stdout.write(f"seed {seed}\n")
    seen: set[str] = set()
    agents: set[str] = set()
    media: set[Media] = set()
    async with standing(tmp_path) as on:
        shift = Shift(on.stage, on.tasks, Random(seed), FAST)  # noqa: S311  # who calls next is no secret
        await happens(on, "call.inbound", "ana", address="+15559999")
        await until(lambda: told(on, "ana", ev.InteractionAlerting))
        for event in on.watcher.events:
            shift.seen(event)
        on.watcher.forget()
        mine: list[Interaction] = []

        def note(event: ev.AnyEvent) -> None:
            shift.seen(event)
            seen.add(str(event.__struct_config__.tag))
            if isinstance(event, ev.InteractionCompleted):
                agents.add(event.interaction.agent_id)
                media.add(event.interaction.media)
            if isinstance(event, ev.InteractionEvent) and event.interaction.remote_address == "+15559999":
                mine.append(event.interaction)

        on.watcher.on_event = note
        shift.begin()
        await until(
            lambda: (
                {"ben", "kim", "lee", "mia"} <= agents
                and {Media.VOICE, Media.CHAT} <= media
                and {"interaction.held", "needinfo.resolved"} <= seen
            )
        )
        assert on.watcher.events == []  # nothing is kept
        assert all(one.state is S.ALERTING or one.connected_at is None for one in mine)  # nobody answered it


@pytest.mark.whole
async def test_an_agent_is_driven_by_a_script_and_questions_are_answered(tmp_path: Path) -> None:
    script = ["dial +15550123", "Sales", "wait connected", "hold", "retrieve", "hangup", "complete"]
    script += ["1", "all well", "ready", "wait completed", "show"]
    async with standing(tmp_path) as on:
        code, out = await driven(on.url, "mia", script)
        assert code == 0, out
        assert "Outbound skill" in out
        assert re.search(r"\(\d+ s; /cancel\)", out)  # the human's clock
        assert told(on, "mia", ev.InteractionCompleted)
        code, out = await driven(on.url, "mia", ["hodl"])
        assert (code, "is it hold" in out) == (1, True)
        code, out = await driven(on.url, "mia", ["hangup", "show"], "--keep-going")
        assert (code, out.count("no interaction")) == (1, 3)
        code, out = await driven(on.url, "mia", ["dial +15550124", "nonsense", "show"])
        assert code == 1  # a wrong answer cancels the command, and ends the script
        assert "cancelled" in out
        code, out = await driven(on.url, "mia", ["dial +15550125"], "--answer", "skill=sales", "--json")
        assert code == 0
        assert '"is":"command"' in out


async def driven(url: str, agent: str, script: list[str], *options: str) -> tuple[int, str]:
    """`trunkline call`, to the end of the script."""
    process = await asyncio.create_subprocess_exec(
        *(str(TRUNKLINE), "call", agent, "--url", url, *options),
        env=ENVIRONMENT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate("".join(f"{line}\n" for line in script).encode())
    assert b"Traceback" not in out, out.decode()
    return process.returncode or 0, out.decode()


@pytest.mark.whole
async def test_triggers_reach_the_simulated_platform_of_any_gateway(tmp_path: Path) -> None:
    async with served(configure(tmp_path)) as (_, url):
        ended = await run("trigger", "call.inbound", "--agent", "bob", "--from", "+15550188", "--url", url)
        assert (ended.code, ended.out) == (0, "+15550188 rings at bob\n"), ended.err
        code, out = await driven(url, "bob", ["answer", "wait connected", "hangup", "complete"])
        assert code == 0, out
        refused = await run("trigger", "link.down", "--url", url)
        assert (refused.code, "only a demonstration" in refused.err) == (1, True)
    listed = await run("trigger", "--list")
    assert [line.split()[0] for line in listed.out.splitlines()] == list(TRIGGERS)


# --- what is shown


def happened(number: int, address: str = "+15550142") -> ev.AnyEvent:
    """Some event, with long names."""
    one = Interaction(
        id=InteractionId(f"int_{number}"),
        root_id=RootId("con_1"),
        platform_id=PlatformId("channel-session"),
        session_id=SessionId("ses_1"),
        agent_id=AgentId("ana"),
        state=S.WRAP_UP,
        remote_address=address,
    )
    return ev.InteractionWrapUp(
        cursor=Cursor(number),
        time=datetime.now(UTC),
        platform_id=one.platform_id,
        session_id=one.session_id,
        agent_id=one.agent_id,
        interaction=one,
    )


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 10), (200, 50)])
def test_the_table_fits_the_terminal_and_shows_the_newest(width: int, height: int) -> None:
    board = Board("open http://127.0.0.1:8080/demo   (Ctrl-C ends it)")
    for number in range(300):
        board.show(happened(number, f"+1555{number:04}[bold]"))
    console = Console(width=width, height=height, record=True, file=StringIO(), force_terminal=True)
    console.print(board)
    lines = console.export_text().splitlines()
    assert len(lines) <= height - 1
    assert max(map(len, lines)) <= width
    assert "http://127.0.0.1:8080/" in lines[0]
    assert lines[-1].split() == ["events", "channel-session", "300"]
    if width >= 80:
        assert "+15550299" in lines[-2]


def test_whoever_does_not_read_plain_lines_holds_nobody_up() -> None:
    reading, writing = os.pipe()
    show = plain(writing)
    for number in range(2_000):
        show(happened(number))
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        lines = pipe.read().splitlines()
    assert 10 < len(lines) < 2_000
    assert all(line.endswith("wrap_up") for line in lines)


@pytest.mark.whole
async def test_the_table_keeps_living_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *(TRUNKLINE, "demo", "--port", "0"),
        cwd=ROOT,
        env={**ENVIRONMENT, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown, loop = bytearray(), asyncio.get_running_loop()

    def read() -> None:
        try:
            shown.extend(os.read(ours, 65536))
        except OSError:  # Linux: nobody has the other end any more
            loop.remove_reader(ours)

    loop.add_reader(ours, read)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await until(lambda: b"+1555010" in shown)  # a contact of the shift, after the scripted round
            for _ in range(2):
                shown.clear()
                await until(lambda: shown.count(b"+1555010") > 2 and b"events" in shown)
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    finally:
        loop.remove_reader(ours)
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)


async def test_the_examples_of_the_readme_work_as_pasted_against_a_demonstration(tmp_path: Path) -> None:
    (text,) = (one for one in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "curl http" in one)
    async with standing(tmp_path) as on:
        here = text.replace("http://127.0.0.1:8080", on.url)
        assert here != text
        for line in here.replace("\\\n", "").splitlines():
            if not line.startswith("curl"):
                continue
            process = await asyncio.create_subprocess_exec(
                *shlex.split(line), "--fail", "--silent", stdout=asyncio.subprocess.PIPE
            )
            out, _ = await process.communicate()
            assert process.returncode == 0, (line, out)
        await until(lambda: told(on, "ana", ev.InteractionConnected))
