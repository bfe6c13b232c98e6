"""The channel/session protocol over what its documents have for transports: polled HTTP, and framed TCP.

The same calls as in test_any_to_any, with the same stories: nobody can tell what carried the frames.
"""

import asyncio
import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from gateway.demo.simulation import Simulated, facade_url
from gateway.runtime.tasks import Tasks
from tests.e2e import world as worlds
from tests.e2e.clients.channel_session import ChannelSession
from tests.e2e.clients.page import Page
from tests.e2e.clients.polled import PolledChannelSession
from tests.e2e.meddler import Meddler
from tests.e2e.test_any_to_any import SCRIPTS, expected, play, story
from tests.e2e.world import VENDORS, platform, world

CHANNEL: Final = "channel_session"
CLIENTS: Final[Mapping[str, type[Page]]] = {"a socket": ChannelSession, "polling": PolledChannelSession}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_client_that_polls_is_told_what_one_with_a_socket_is(vendor: str, script: str) -> None:
    async with world([platform(vendor)]) as played:
        page, told = await play(script, played, PolledChannelSession)
    assert story(told) == expected(script, vendor)
    assert {call: tuple(states) for call, states in page.told.items()} == SCRIPTS[script].client


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("client", CLIENTS)
async def test_a_platform_that_is_polled_tells_what_one_with_a_socket_does(client: str, script: str) -> None:
    async with world([replace(platform(CHANNEL), scheme="http")]) as played:
        page, told = await play(script, played, CLIENTS[client])
    assert story(told) == expected(script, CHANNEL)
    assert {call: tuple(states) for call, states in page.told.items()} == SCRIPTS[script].client


class Exchange(Meddler):
    """A platform that is reached over TCP: frames written and read by hand, from the table in 1.2."""

    head = struct.Struct("!4sBI")

    def __init__(self, one: Simulated, http: ClientSession, tasks: Tasks) -> None:
        super().__init__(one, http, tasks)
        self._simulated = one
        self._session = http
        self._work = tasks
        self._url = ""
        self._server: asyncio.Server | None = None

    async def start(self, switch_url: str) -> str:
        """Where the gateway finds it."""
        self._url = facade_url(switch_url, self._simulated)
        self._server = await asyncio.start_server(self._served, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        """Let go."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._session.ws_connect(self._url) as platform:
            self._work.start(self._told(platform, writer), "platform to gateway")
            try:
                while True:
                    boundary, index, size = self.head.unpack(await reader.readexactly(self.head.size))
                    assert (boundary, index) == (b"~!OM", 9)
                    await platform.send_str((await reader.readexactly(size)).decode())
            except asyncio.IncompleteReadError:
                writer.close()

    async def _told(self, platform: ClientWebSocketResponse, writer: asyncio.StreamWriter) -> None:
        while (message := await platform.receive()).type is WSMsgType.TEXT:
            content = message.data.encode()
            framed = self.head.pack(b"~!OM", 9, len(content)) + content
            for byte in framed[:20]:  # however it is cut
                writer.write(bytes((byte,)))
                await asyncio.sleep(0)
            writer.write(framed[20:])


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_platform_over_tcp_tells_what_one_with_a_socket_does(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "Meddler", Exchange)
    simulated = platform(CHANNEL, settings={"tcp_protocol_index": 9})
    async with world([replace(simulated, scheme="tcp")], meddled=True) as played:
        page, told = await play(script, played, ChannelSession)
    assert story(told) == expected(script, CHANNEL)
    assert {call: tuple(states) for call, states in page.told.items()} == SCRIPTS[script].client
