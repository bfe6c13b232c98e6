"""The end of a socket comes, whatever has become of its transport; a handshake that fails leaves nothing."""

import asyncio

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, make_mocked_request

from gateway.http.sockets import GOING_AWAY, Connections, Socket


class Lost(asyncio.Transport):
    """A transport as uvloop's is once its handle is gone: it says so of everything that is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def is_closing(self) -> bool:
        """It was not, when it was last asked."""
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Not any more."""
        raise RuntimeError(f"unable to set {high}, {low}; the handler is closed")

    def abort(self) -> None:
        """That can always be done."""
        self.aborted = True


async def test_a_socket_whose_transport_is_lost_is_ended_all_the_same() -> None:
    lost, socket = Lost(), Socket(make_mocked_request("GET", "/"), 1024)
    socket._transport = lost  # noqa: SLF001  # it is lost between two steps of the loop
    await socket._end(GOING_AWAY, "the gateway goes away")  # noqa: SLF001
    assert lost.aborted


async def test_a_handshake_that_is_none_takes_no_place() -> None:
    kept: list[Socket] = []  # so that nothing but its end can free the place

    async def handler(request: web.Request) -> web.StreamResponse:
        kept.append(Socket(request, 1024))
        await kept[-1].accept()
        return kept[-1].response

    app = web.Application()
    Connections(app, most=1)
    app.router.add_get("/", handler)
    async with TestServer(app) as server, ClientSession() as http:
        for _ in range(3):
            async with http.get(server.make_url("/")) as response:
                assert response.status == 426
        socket = await http.ws_connect(server.make_url("/"))  # there is room for one
        await socket.close()
        await kept[-1].ended()
