"""Somebody between a platform and the gateway, who passes everything on and can say things of his own.

Where the vendor's API lives in a browser he is the page; where it is dialled, he is who answers.
"""

import asyncio
from typing import Final

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from adapters.contract.dialect import LinkKind
from gateway.demo.simulation import Simulated, facade_url
from gateway.http.hello import HELLO_METHOD
from gateway.http.sockets import HARD_LIMIT_BYTES
from gateway.runtime.tasks import Tasks
from schemas.values import Json
from tests.patience import PATIENCE_S

Socket = ClientWebSocketResponse | web.WebSocketResponse
OWN_WORD: Final = "trunkline.error"
OWN_REQUEST: Final = "asked by the meddler "


class Meddler:
    """On the link of one simulated platform; with a page he is agent a1's only."""

    def __init__(self, one: Simulated, http: ClientSession, tasks: Tasks) -> None:
        self._one = one
        self._http = http
        self._tasks = tasks
        self._switch_url = ""
        self._runner: web.AppRunner | None = None
        self.to_gateway: Socket | None = None
        self.told: list[str] = []  # what the gateway said of frames that it could not read
        self.connections = 0
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self.away = False  # a platform that is dialled does not answer

    async def start(self, switch_url: str) -> str:
        """Where the gateway finds the platform now."""
        self._switch_url = switch_url
        if self._one.dialect.link is LinkKind.RELAY:
            return switch_url
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    def open(self, gateway_url: str) -> None:
        """Open the page, if there is one."""
        if self._one.dialect.link is LinkKind.RELAY:
            self._tasks.start(self._page(gateway_url), "meddling page")

    async def stop(self) -> None:
        """Let go."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def inject(self, frame: bytes) -> None:
        """Say something to the gateway in the platform's name."""
        assert self.to_gateway is not None
        if isinstance(self.to_gateway, web.WebSocketResponse):
            await self.to_gateway.send_frame(frame, WSMsgType.TEXT)
        else:
            await self.to_gateway.send_frame(frame, WSMsgType.TEXT)

    async def ask(self, method: str, *params: Json) -> Json:
        """Ask the gateway in the platform's name, by JSON-RPC; its answer's `result`."""
        request_id = f"{OWN_REQUEST}{len(self._answers)}"
        answer = self._answers[request_id] = asyncio.get_running_loop().create_future()
        frame = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
        await self.inject(msgspec.json.encode(frame))
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    async def _page(self, gateway_url: str) -> None:
        sink = f"{gateway_url.replace('http', 'ws', 1)}/v1/links/{self._one.platform_id}"
        async with (
            self._http.ws_connect(sink, max_msg_size=HARD_LIMIT_BYTES) as gateway,
            self._http.ws_connect(facade_url(self._switch_url, self._one, "a1")) as platform,
        ):
            hello = {"jsonrpc": "2.0", "id": "hello", "method": HELLO_METHOD, "params": [{"agent": "a1"}]}
            await gateway.send_json(hello)
            await gateway.receive()
            await self._between(gateway, platform)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.away:
            return web.Response(status=503)
        gateway = web.WebSocketResponse(max_msg_size=HARD_LIMIT_BYTES)
        await gateway.prepare(request)
        async with self._http.ws_connect(facade_url(self._switch_url, self._one)) as platform:
            await self._between(gateway, platform)
        return gateway

    async def _between(self, gateway: Socket, platform: ClientWebSocketResponse) -> None:
        self.to_gateway = gateway
        self.connections += 1
        self._tasks.start(self._carry(platform, gateway), "platform to gateway")
        await self._carry(gateway, platform)

    async def _carry(self, source: Socket, sink: Socket) -> None:
        while (message := await source.receive()).type is WSMsgType.TEXT:
            if OWN_WORD in message.data:
                self.told.append(message.data)
            elif OWN_REQUEST in message.data:
                answer = msgspec.json.decode(message.data)
                self._answers[answer["id"]].set_result(answer["result"])
            else:
                await sink.send_str(message.data)
