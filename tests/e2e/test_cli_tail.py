"""`trunkline tail` as its users run it, and what it does when it is cut off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
import pytest
from aiohttp import ClientSession

from gateway.cli import tail as tailing
from gateway.cli.remote import Remote, remote
from gateway.cli.tail import Tail, TailError
from gateway.events.filters import Filter
from schemas.errors import ConfigError
from schemas.ids import Resume
from schemas.interaction import InteractionState
from tests.e2e.processes import configure, run, served, started
from tests.fakes import until
from tests.faults.proxy import Proxy
from tests.gateway.handmade import agent, bench, call
from tests.security.keyed import ask, boss, made

_ALL: Final = Resume("0")


class Listener:
    """What a tail has shown."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def show(self, text: str, _frame: object) -> None:
        """One frame more."""
        self.shown.append(msgspec.json.decode(text))

    @asynccontextmanager
    async def listening(self, at: Remote, wanted: Filter | None = None) -> AsyncIterator[asyncio.Task[None]]:
        """It runs meanwhile."""
        tail = Tail(at, wanted or Filter(), _ALL, self.show)
        task = asyncio.create_task(tail.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes again without a pause."""
    monkeypatch.setattr(tailing, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(tailing, "LONGEST_PAUSE_S", 0.0)


async def test_a_cut_loses_nothing_and_nothing_is_shown_twice() -> None:
    listener = Listener()
    async with bench() as standing:
        page = await standing.relay("a1")
        await page.see(agent(), call())
        proxy = Proxy(int(standing.url.rpartition(":")[2]), Random(1))  # noqa: S311  # it is not asked to misbehave
        port = await proxy.start()
        async with listener.listening(Remote(f"http://127.0.0.1:{port}")):
            await until(lambda: any(one["type"] == "interaction.alerting" for one in listener.shown))
            for state in (InteractionState.CONNECTED, InteractionState.HELD, InteractionState.CONNECTED):
                seen = len(listener.shown)
                proxy.cut()
                await page.see(call(state=state))
                await until(lambda seen=seen: len(listener.shown) > seen)  # type: ignore[misc]
        await proxy.stop()
        cursors = [one["cursor"] for one in listener.shown]
        assert cursors == list(range(1, len(cursors) + 1))


@pytest.mark.parametrize("key", ["", "tlk_000000000000_" + "x" * 43])
async def test_who_may_not_listen_is_told_so_and_does_not_try_for_ever(key: str) -> None:
    async with bench() as standing:
        await boss(standing)
        with pytest.raises(TailError, match="key"):
            await Tail(Remote(standing.url, key), Filter(), None, Listener().show).run()


async def test_it_ends_with_the_key_and_says_so() -> None:
    listener = Listener()
    async with bench() as standing:
        admin = await boss(standing)
        crm = await made(standing, admin)
        page = await standing.relay("a1", token=admin)
        await page.see(agent())
        async with listener.listening(Remote(standing.url, str(crm["key"]))) as task:
            await until(lambda: bool(listener.shown))
            await ask(standing, admin, "DELETE", f"/v1/keys/{crm['id']}")
            with pytest.raises(TailError, match="revoked"):
                await task


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://x", "must be such as"),
        ("127.0.0.1:8080", "must be such as"),
        ("http://127.0.0.1:99999", "--url"),
        ("http://user:secret@127.0.0.1:8080", "key-file"),
        ("http://127.0.0.1:8080/?key=1", "must be such as"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        remote(url, "", None)
    assert "secret" not in str(refused.value)


def test_the_key_is_read_from_a_file_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(" tlk_abc\n", encoding="ascii")
    assert remote("http://127.0.0.1:8080/", "", file) == Remote("http://127.0.0.1:8080", "tlk_abc")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        remote("http://127.0.0.1:8080", "", file)
    with pytest.raises(ConfigError, match="one word"):
        remote("http://127.0.0.1:8080", "not a key", None)


@pytest.mark.whole
async def test_events_are_printed_as_they_happen(tmp_path: Path) -> None:
    config = configure(tmp_path)
    async with served(config) as (_, url), ClientSession() as http:
        async with http.get(f"{url}/v1/events?after=0") as response:
            events = (await response.json())["events"]
        filtered = ("tail", "--url", url, "--after", "0", "--type", "agent.*")
        wanted = [one for one in events if one["type"].startswith("agent.")]
        async with started(*filtered, "--json") as machine, started(*filtered) as person:
            assert machine.stdout is not None
            assert person.stdout is not None
            assert [msgspec.json.decode(await machine.stdout.readline()) for _ in wanted] == wanted
            lines = [(await person.stdout.readline()).decode() for _ in wanted]
            assert [line.split()[3] for line in lines] == [one["type"] for one in wanted]
            assert "\x1b" not in "".join(lines)  # no colours into a pipe
    missing = await run("tail", "--key-file", str(tmp_path / "none"))
    assert (missing.code, missing.out) == (1, "")
    async with started("tail", "--url", "http://127.0.0.1:1") as waiting:
        assert waiting.stderr is not None
        assert (await waiting.stderr.readline()).startswith(b"trunkline: http://127.0.0.1:1: no connection")
