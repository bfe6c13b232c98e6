"""Receivers that speak TLS, and a gateway that knows them by a name server of the tests' own."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from gateway.config import Config
from gateway.webhooks.spec import WebhookSpec
from schemas.values import Json
from tests.gateway.authority import Authority, Issued
from tests.gateway.name_server import NameServer
from tests.gateway.webhook_world import Receiver, World, running

NAME = "crm.example"


@asynccontextmanager
async def secured(
    issued: Issued, change: Callable[[ssl.SSLContext], object] = lambda _: None
) -> AsyncIterator[Receiver]:
    """A receiver that speaks TLS. Its `url` is with the port and without a host: put one in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*issued)
    change(context)
    made = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    made.url = f"https://{{}}:{runner.addresses[0][1]}/hook"
    try:
        yield made
    finally:
        await runner.cleanup()


@asynccontextmanager
async def gateway(
    names: NameServer, connections: dict[str, Json] | None = None, **webhooks: Json
) -> AsyncIterator[World]:
    """A deliverer that asks that name server; connections are configured by name."""
    config = Config.model_validate(
        {
            "look_ups": {"name_servers": [names.address]},
            "webhooks": {"connections": connections or {}, **webhooks},
        }
    )
    async with running(config=config) as world:
        yield world


async def tried(world: World, url: str, **fields: Json) -> str:
    """What comes of an attempt: nothing, or the error."""
    spec = WebhookSpec.model_validate({"url": url, **fields})
    made = await world.subscriptions.create(spec, "test")
    return (await world.subscriptions.test(made.webhook.id)).error


def trusting(authority: Authority, **more: Json) -> dict[str, Json]:
    return {"default": {"ca_file": str(authority.file), **more}}
