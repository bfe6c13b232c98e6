"""`trunkline listen`: nothing is lost or posted twice, whatever fails; and each post is as a web hook's."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from aiohttp import ClientSession, web
from standardwebhooks import Webhook

from gateway.cli import listen
from gateway.cli.listen import Attempt, Listener, ListenError, Ways
from gateway.demo.api import Api
from gateway.outbound.signature import new_secret
from schemas.errors import ConfigError
from schemas.interaction import InteractionState
from tests.e2e.processes import configure, run, served
from tests.fakes import until
from tests.gateway.handmade import Bench, bench, call
from tests.patience import PATIENCE_S
from tests.security.keyed import boss

S: Final = InteractionState
AT_ONCE: Final = (0.0,)


class Receiver:
    """An endpoint that answers as it is told, in order, and 204 from then on."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.took: list[dict[str, Any]] = []  # the bodies that it answered well
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.url = ""

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.posts.append((request.path, headers, body))
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:  # a success
            self.took.append(msgspec.json.decode(body))
        return web.Response(status=status)

    @property
    def cursors(self) -> list[int]:
        """Of the events that it took."""
        return [one["data"]["cursor"] for one in self.took]


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """It listens meanwhile."""
    made = Receiver()
    app = web.Application()
    app.router.add_post("/{name}", made._post)  # noqa: SLF001  # its own handler
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


class Listening:
    """One listener and what it has told."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.notes: list[str] = []
        self.secret = new_secret()

    @asynccontextmanager
    async def at(
        self, url: str, to: str, key: str = "", attempts: int = 3, **query: str
    ) -> AsyncIterator[Listener]:
        """One that is not running yet."""
        async with ClientSession() as http, listen.receiving() as far:
            ways = Ways(to, self.secret, query, attempts, AT_ONCE)
            yield Listener(Api(http, url, key), far, ways, self.attempts.append, self.notes.append)


@asynccontextmanager
async def following(listener: Listener, after: str | None = "0") -> AsyncIterator[asyncio.Task[None]]:
    """It follows meanwhile."""
    async with asyncio.TaskGroup() as group:  # if it fails, the test does at once
        task = group.create_task(listener.run(after))
        yield task
        task.cancel()


async def moved(standing: Bench, *states: InteractionState) -> None:
    """An agent's call takes these states."""
    page = await standing.page()
    for state in states:
        await standing.shown(page, call(state=state))


def free_port() -> int:
    """One that nobody has just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks again without a pause."""
    monkeypatch.setattr(listen, "AGAIN_S", 0.01)


async def test_what_fails_is_posted_again_in_order_and_a_restart_loses_nothing(tmp_path: Path) -> None:
    path, port = str(tmp_path / "t.db"), free_port()
    server = {"server": {"port": port, "shutdown_s": 5.0}}
    listening = Listening()
    async with (
        receiver() as far,
        listening.at(f"http://127.0.0.1:{port}", f"{far.url}/hook") as listener,
        following(listener),
    ):
        far.answers = [204, 500, 204]
        async with bench(path=path, overrides=server) as standing:
            await moved(standing, S.ALERTING, S.CONNECTED)
            last = standing.gateway.router.cursor
            await until(lambda: last in far.cursors)
        async with bench(path=path, overrides=server) as standing:
            await moved(standing, S.HELD, S.CONNECTED)
            until_now = standing.gateway.router.cursor
            await until(lambda: until_now in far.cursors)
            async with standing.http.get(f"{standing.url}/v1/events?after=0&limit=1000") as response:
                journal = [one["cursor"] for one in (await response.json())["events"]]
    assert far.cursors == journal
    assert [one.status for one in listening.attempts][:4] == [204, 500, 204, 204]
    assert listening.attempts[1].again_s is not None
    assert any("no answer" in note for note in listening.notes)


async def test_a_post_is_what_a_web_hook_of_the_gateway_would_be() -> None:
    listening = Listening()
    async with receiver() as far, bench() as standing:
        body = {"url": f"{far.url}/hook"}
        async with standing.http.post(f"{standing.url}/v1/webhooks", json=body) as response:
            assert response.status == 201, await response.text()
        await moved(standing, S.ALERTING, S.CONNECTED)
        last = standing.gateway.router.cursor
        async with listening.at(standing.url, f"{far.url}/listen") as listener, following(listener):
            await until(lambda: far.cursors.count(last) == 2)
    theirs, ours = (
        {headers["webhook-id"]: (headers, body) for path, headers, body in far.posts if path == wanted}
        for wanted in ("/hook", "/listen")
    )
    assert last <= len(ours) <= len(theirs)  # the gateway goes on while it stops
    for message_id, (headers, said) in ours.items():
        Webhook(listening.secret).verify(said, headers)
        others, told = theirs[message_id]
        assert headers.keys() == others.keys()
        apart = {"webhook-timestamp", "webhook-signature", "traceparent", "content-length"}
        assert {name: headers[name] for name in headers.keys() - apart} == {
            name: others[name] for name in others.keys() - apart
        }
        event, other = msgspec.json.decode(said), msgspec.json.decode(told)
        assert ("expirytime" in event) == ("expirytime" in other)
        assert {**event, "expirytime": ""} == {**other, "expirytime": ""}


async def test_one_that_is_never_taken_is_given_up_and_the_next_one_goes_on() -> None:
    listening = Listening()
    async with receiver() as far, bench() as standing:
        await moved(standing, S.ALERTING)
        far.answers = [503, 503, 503]
        async with listening.at(standing.url, f"{far.url}/hook") as listener:
            await listener.run("0", 2)
            assert (listener.given_up, listener.delivered) == (1, 1)
        assert far.cursors == [2]
        far.answers = [410]
        async with listening.at(standing.url, f"{far.url}/hook") as listener:
            with pytest.raises(ListenError, match="no more"):
                await listener.run("0")
        async with listening.at(standing.url, "http://127.0.0.1:1/hook", attempts=1) as listener:
            await listener.replay(1)
            assert listener.given_up == 1
    assert [one.again_s is None for one in listening.attempts] == [False, False, True, True, True, True]


async def test_one_event_is_replayed_and_one_that_is_not_there_is_said_to_be_so() -> None:
    listening = Listening()
    async with receiver() as far, bench() as standing:
        await moved(standing, S.ALERTING, S.CONNECTED)
        async with listening.at(standing.url, f"{far.url}/hook") as listener:
            await listener.replay(2)
            await listener.replay(2)
            with pytest.raises(ListenError, match="event 4711"):
                await listener.replay(4711)
    assert far.cursors == [2, 2]


async def test_without_a_place_only_what_comes_is_posted_and_filters_hold() -> None:
    listening = Listening()
    async with receiver() as far, bench() as standing:
        await moved(standing, S.ALERTING)
        async with (
            listening.at(standing.url, f"{far.url}/hook", type="interaction.connected") as listener,
            following(listener, None),
        ):
            await until(lambda: bool(listener.resume))
            await moved(standing, S.CONNECTED)
            await until(lambda: bool(far.took))
    assert {one["type"] for one in far.took} == {"dev.trunkline.interaction.connected"}


async def test_who_may_not_listen_is_told_so() -> None:
    listening = Listening()
    async with bench() as standing:
        await boss(standing)
        async with listening.at(standing.url, "http://127.0.0.1:1/hook") as listener:
            with pytest.raises(ListenError):
                await listener.run(None)


@pytest.mark.parametrize("address", ["ftp://x/hook", "127.0.0.1:3000", "http://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="--forward-to"):
        listen.ways(address, None, {}, 5)


def test_a_secret_of_ones_own_is_read_from_a_file_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(new_secret() + "\n", encoding="ascii")
    ways, shown = listen.ways("http://127.0.0.1:3000/hook", file, {}, 5)
    assert (ways.secret, shown) == (file.read_text(encoding="ascii").strip(), False)
    file.write_text("whsec_short", encoding="ascii")
    with pytest.raises(ConfigError, match="--secret-file"):
        listen.ways("http://127.0.0.1:3000/hook", file, {}, 5)


@pytest.mark.whole
async def test_the_command_prints_a_line_an_attempt_and_the_secret_verifies(tmp_path: Path) -> None:
    secret, file = new_secret(), tmp_path / "secret"
    file.write_text(secret, encoding="ascii")
    async with receiver() as far, served(configure(tmp_path)) as (_, url), asyncio.timeout(PATIENCE_S):
        ended = await run(
            *(
                "listen",
                "--url",
                url,
                "--forward-to",
                f"{far.url}/hook",
                "--after",
                "0",
                "--count",
                "3",
                "--json",
                "--secret-file",
                str(file),
            )
        )
        assert ended.code == 0, ended.err
        lines = [msgspec.json.decode(line) for line in ended.out.splitlines()]
        assert [one["status"] for one in lines] == [204, 204, 204]
        assert [one["cursor"] for one in lines] == far.cursors
        for _, headers, body in far.posts:
            Webhook(secret).verify(body, headers)
