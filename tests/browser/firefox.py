"""Firefox over WebDriver BiDi, as far as the soft phone's trial takes it: pages, scripts, keys.

Source: W3C WebDriver BiDi (session.new, browsingContext.navigate, script.evaluate, input.performActions).
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, PIPE
from typing import Final

import msgspec
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

from schemas.values import Json
from tests.patience import PATIENCE_S

_NAMES: Final = ("firefox-esr", "firefox")
_ADDRESS: Final = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
KEYS: Final = {"Tab": "\ue004", "Enter": "\ue006", "Escape": "\ue00c"}
_PREFERENCES: Final = """
user_pref("app.normandy.enabled", false);
user_pref("services.settings.server", "data:,");
"""
_encode: Final = msgspec.json.Encoder().encode


class _Remote(msgspec.Struct, frozen=True):
    type: str = ""
    value: object = None


class _Result(msgspec.Struct, frozen=True):
    type: str = ""
    result: _Remote | None = None
    contexts: tuple[dict[str, object], ...] = ()


class _Said(msgspec.Struct, frozen=True):
    id: int | None = None
    type: str = ""
    message: str = ""
    result: _Result = _Result()


_read: Final = msgspec.json.Decoder(_Said).decode


class Window:
    """One page in it."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._sent = 0
        self._context: Json = ""

    async def _ask(self, method: str, **params: Json) -> _Result:
        self._sent += 1
        await self._socket.send_str(_encode({"id": self._sent, "method": method, "params": params}).decode())
        while True:
            said = _read(await self._socket.receive_str(timeout=PATIENCE_S))
            if said.id == self._sent:
                assert said.type == "success", said.message
                return said.result

    async def begin(self) -> None:
        """A session, and its first page."""
        await self._ask("session.new", capabilities={})
        self._context = (await self._ask("browsingContext.getTree")).contexts[0]["context"]

    async def open(self, address: str) -> None:
        """Load a page."""
        await self._ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    async def evaluate(self, script: str) -> Json:
        """What an expression is worth: a text, a number, true or false."""
        told = await self._ask(
            "script.evaluate", expression=script, target={"context": self._context}, awaitPromise=True
        )
        assert told.type == "success", f"{script}: {told}"
        return None if told.result is None else told.result.value

    async def until(self, script: str) -> None:
        """Wait until an expression is true."""
        async with asyncio.timeout(PATIENCE_S):
            look = f"const look = () => ({script}) ? done(true) : setTimeout(look, 20); look();"
            assert await self.evaluate(f"new Promise((done) => {{ {look} }})") is True

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        actions = [
            {"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")
        ]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        await self._ask("input.performActions", context=self._context, actions=[source])


@asynccontextmanager
async def firefox(profile: Path) -> AsyncIterator[Window]:
    """A browser with nothing kept from before."""
    path = next(filter(None, map(which, _NAMES)), None)
    if path is None:
        pytest.fail("no Firefox: it has to be installed (Debian: the package firefox-esr)")
    (profile / "user.js").write_text(_PREFERENCES, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(path, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        stdout=DEVNULL,
        stderr=PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (found := _ADDRESS.search(await process.stderr.readline())) is None:
                assert process.returncode is None, "Firefox ended at once"
        async with ClientSession() as http, http.ws_connect(f"{found[1].decode()}/session") as socket:
            window = Window(socket)
            await window.begin()
            yield window
    finally:
        process.terminate()
        await process.wait()
