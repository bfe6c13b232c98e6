"""A web-hook receiver for the demonstration: verifies every signature with an independent implementation."""

import asyncio
from collections import Counter

import msgspec
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError


class _Envelope(msgspec.Struct, frozen=True):
    id: str
    type: str


_decode = msgspec.json.Decoder(_Envelope).decode


class Receiver:
    """Listens on a free port of loopback; counts what comes in, by event id."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self._keeps = True
        self.signature_failures = 0
        self.url = ""
        self._secret = ""
        self._arrived = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to listen."""
        app = web.Application()
        app.router.add_post("/hook", self._hook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    def trust(self, secret: str) -> None:
        """The secret that creating the webhook told."""
        self._secret = secret

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    def forget(self) -> None:
        """Keep nothing any more; signatures are still checked."""
        self._keeps = False
        self.received.clear()

    async def until(self, wanted: set[str], timeout_s: float) -> None:
        """Return when all these events have arrived, or that time is over."""
        try:
            async with asyncio.timeout(timeout_s):
                while not wanted <= self.received.keys():
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return

    async def _hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            Webhook(self._secret).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.signature_failures += 1
            return web.Response(status=400)
        if self._keeps:
            self.received[_decode(body).id] += 1
        self._arrived.set()
        return web.Response(status=204)
