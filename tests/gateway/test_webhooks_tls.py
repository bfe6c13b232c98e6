"""TLS that fails is told in words: what was wanted, and what was shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from gateway.webhooks.spec import WebhookSpec
from tests.gateway.authority import Authority
from tests.gateway.name_server import NameServer
from tests.gateway.secured import NAME, gateway, secured, tried, trusting
from tests.gateway.webhook_world import Receiver


async def test_what_was_wanted_and_what_was_shown(names: NameServer, authority: Authority) -> None:
    above = Authority(authority.file.parent, "Intermediate", authority)
    day = timedelta(days=1)
    cases = {
        "was shown one for other.example, 10.1.2.3": authority.issue("other.example", "10.1.2.3"),
        "for h0.example, h1.example, h2.example, h3.example, h4.example and 2 more": authority.issue(
            *(f"h{n}.example" for n in range(7))
        ),
        "was shown one that expired at 20": authority.issue(NAME, since=-3 * day, until=-2 * day),
        "was shown one that is valid from 20": authority.issue(NAME, since=day, until=2 * day),
        f"was shown one that is self-signed, by {NAME}": authority.self_signed(NAME),
        "was shown one by Intermediate, which is unknown; or it left out": above.issue(NAME),
        "": above.issue(NAME, chain=[above]),
    }
    async with gateway(names, trusting(authority)) as world:
        for says, issued in cases.items():
            async with secured(issued) as receiver:
                error = await tried(world, receiver.url.format(NAME))
            assert says in error
            assert error.startswith(
                f"TLS: wanted a certificate for {NAME} by an authority of default's"
            ) is bool(says)
            assert receiver.got.qsize() == (not says)  # nothing was sent to whoever was not believed


async def test_an_address_is_held_against_the_addresses_of_the_certificate(
    names: NameServer, authority: Authority
) -> None:
    async with gateway(names, trusting(authority)) as world:
        async with secured(authority.issue(NAME)) as receiver:
            error = await tried(world, receiver.url.format("127.0.0.1"))
            assert error.endswith(f"; was shown one for {NAME}")
        async with secured(authority.issue("127.0.0.1")) as receiver:
            assert await tried(world, receiver.url.format("127.0.0.1")) == ""


@asynccontextmanager
async def alarming(alert: int | None) -> AsyncIterator[int]:
    """The port of a receiver that ends TLS before it is there, with that alert or without a word."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        if alert is not None:
            writer.write(bytes([0x15, 3, 3, 0, 2, 2, alert]))  # RFC 5246, 7.2
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def test_what_speaks_no_tls_or_an_old_one_is_told(
    names: NameServer, authority: Authority, receiver: Receiver
) -> None:
    async with gateway(names, trusting(authority)) as world:
        plain = receiver.url.replace("http://127.0.0.1", f"https://{NAME}")
        assert (
            await tried(world, plain)
            == "TLS: wanted TLS; was shown something else, as from a port for plain HTTP"
        )

        for alert, says in (
            (70, "TLS: wanted version 1.2 or newer; the receiver takes others only"),
            (
                40,
                "TLS: wanted version 1.2 or newer; found nothing in common, or it wants a client certificate",
            ),
            (112, f"TLS: wanted {NAME}; the receiver knows no such name"),
            (80, "TLS: tlsv1 alert internal error"),
            (None, "TLS: the receiver hung up while TLS was being agreed on"),
        ):
            async with alarming(alert) as port:
                assert (await tried(world, f"https://{NAME}:{port}/")).startswith(says)


async def test_a_delivery_and_a_query_say_the_same(names: NameServer, authority: Authority) -> None:
    async with (
        secured(authority.issue("other.example")) as receiver,
        gateway(names, trusting(authority)) as world,
    ):
        hook = (
            await world.subscriptions.create(WebhookSpec(url=receiver.url.format(NAME)), "test")
        ).webhook.id
        await world.happen("a")
        await world.counted("failed", 1)
        (delivery,) = await world.all(hook)
        assert delivery.error.endswith("was shown one for other.example")
