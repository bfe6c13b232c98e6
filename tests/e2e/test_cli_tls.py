"""TLS as processes serve it: `serve`, told by SIGHUP that its certificate is new, and `demo --tls`."""

import asyncio
import signal
import ssl
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession, TCPConnector

from tests.e2e.processes import configure, run, served, started, stop
from tests.gateway.authority import Authority, Issued
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole


async def serial_number(port: int, authority: Path) -> str:
    context = ssl.create_default_context(cafile=authority)
    _, writer = await asyncio.open_connection("localhost", port, ssl=context)
    told = writer.get_extra_info("peercert")
    writer.close()
    return str(told["serialNumber"])


def serve_with(config: str, issued: Issued) -> None:
    path, named = Path(config), f"tls: {{certificate: {issued.certificate}, key: {issued.key}}}"
    path.write_text(path.read_text("utf-8").replace("shutdown_s: 5", f"shutdown_s: 5, {named}"), "utf-8")


async def test_a_new_certificate_is_served_after_a_signal(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued, fresh = authority.issue("localhost", "127.0.0.1"), authority.issue("localhost", "127.0.0.1")
    config = configure(tmp_path)
    serve_with(config, issued)
    assert (await run("check-config", "--config", config)).code == 0
    async with served(config) as (process, url):
        port = int(url.rpartition(":")[2])
        before = await serial_number(port, authority.file)
        context = ssl.create_default_context(cafile=authority.file)
        async with ClientSession(connector=TCPConnector(ssl=context)) as http:
            async with http.get(f"{url}/v1/sessions") as response:
                assert response.status == 200
            async with http.ws_connect(f"{url}/v1/stream") as socket:
                await socket.send_json({"type": "subscribe", "snapshot": True})
                assert (await socket.receive_json())["type"] == "stream.snapshot"
        fresh.key.replace(issued.key)
        fresh.certificate.replace(issued.certificate)
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        while b"the certificate was read" not in await process.stderr.readline():
            pass
        assert await serial_number(port, authority.file) != before
        issued.certificate.write_bytes(b"nothing")
        process.send_signal(signal.SIGHUP)
        while b"the certificate is not changed" not in await process.stderr.readline():
            pass
        assert await serial_number(port, authority.file) != before
        assert (await stop(process)).code == 0
    wrong = await run("check-config", "--config", config)
    assert wrong.code == 1
    assert "server.tls.certificate" in wrong.err


async def test_the_demonstration_has_a_certificate_of_its_own() -> None:
    ended = await run("demo", "--tls", "--once", "--json")
    assert ended.code == 0, ended.err
    figures = msgspec.json.decode(ended.out)
    assert (figures["lost"], figures["duplicated"]) == (0, 0)


async def test_the_demonstration_says_how_to_trust_it() -> None:
    async with started("demo", "--tls") as process:
        assert process.stdout is not None
        told = b""
        while b"Ctrl-C ends it." not in told:
            line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
            assert line, told
            told += line
        text = told.decode()
        authority = Path(text.split("--cacert ")[1].split()[0])
        url = text.split("gateway    ")[1].split()[0]
        assert url.startswith("https://")
        assert "--ignore-certificate-errors-spki-list=" in text
        context = ssl.create_default_context(cafile=authority)
        async with (
            ClientSession(connector=TCPConnector(ssl=context)) as http,
            http.get(f"{url}/v1/sessions") as response,
        ):
            assert response.status == 200
        process.send_signal(signal.SIGINT)
        await process.wait()
