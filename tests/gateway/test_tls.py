"""TLS that the gateway serves itself, with real clients: renewed while it runs, and mutual for links."""

import asyncio
import os
import ssl
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, TCPConnector, UnixConnector, WSMsgType, WSServerHandshakeError

from gateway.app import Gateway
from gateway.config import parse
from gateway.http import tls
from gateway.http.config import TlsConfig
from gateway.http.tls import LOOK_S, ServedTls
from gateway.telemetry.peers import PeerFault
from schemas.errors import ConfigError
from schemas.values import Json
from tests.fakes import START, FakeClock
from tests.gateway.authority import Authority, Issued
from tests.gateway.handmade import Bench, P, bench
from tests.patience import PATIENCE_S

LOCAL = ("localhost", "127.0.0.1", "::1")


def served(issued: Issued, **more: Json) -> dict[str, Json]:
    """The section `server`."""
    named = {"certificate": str(issued.certificate), "key": str(issued.key), **more}
    return {"server": {"port": 0, "shutdown_s": 1.0, "tls": named}}


def trusting(authority: Authority, mine: Issued | None = None) -> ClientSession:
    context = ssl.create_default_context(cafile=authority.file)
    if mine is not None:
        context.load_cert_chain(mine.certificate, mine.key)
    return ClientSession(connector=TCPConnector(ssl=context))


async def shown(standing: Bench, authority: Authority) -> str:
    """The serial number of the certificate that a new connection is shown."""
    host, _, port = standing.url.removeprefix("https://").rpartition(":")
    context = ssl.create_default_context(cafile=authority.file)
    _, writer = await asyncio.open_connection(host, int(port), ssl=context)
    told = writer.get_extra_info("peercert")
    writer.close()
    with suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()
    return str(told["serialNumber"])


async def test_everything_is_served_under_tls(authority: Authority) -> None:
    async with (
        bench(overrides=served(authority.issue(*LOCAL))) as standing,
        trusting(authority) as http,
    ):
        assert standing.url.startswith("https://127.0.0.1:")
        async with http.get(f"{standing.url}/v1/sessions") as response:
            assert (response.status, response.version) == (200, (1, 1))
        async with http.ws_connect(f"{standing.url}/v1/stream") as socket:
            await socket.send_json({"type": "subscribe"})
            assert (await socket.receive_json())["type"] == "stream.subscribed"
        async with http.ws_connect(f"{standing.url}/v1/links/{P}") as socket:
            await socket.send_json({"id": 1, "method": "trunkline.hello", "params": [{"agent": "a1"}]})
            assert (await socket.receive_json())["result"] == {"agent": "a1"}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_it_speaks_http_1_1_and_both_versions_that_are_good(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    async with bench(overrides=served(authority.issue(*LOCAL))) as standing:
        context = ssl.create_default_context(cafile=authority.file)
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["h2", "http/1.1"])
        port = int(standing.url.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        writer.close()


async def test_whoever_speaks_no_tls_is_counted_and_disturbs_nobody(authority: Authority) -> None:
    async with (
        bench(overrides=served(authority.issue(*LOCAL))) as standing,
        trusting(authority) as http,
    ):
        port = int(standing.url.rpartition(":")[2])
        silent = await asyncio.open_connection("127.0.0.1", port)  # says nothing at all
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1" not in await asyncio.wait_for(reader.read(), PATIENCE_S)
        async with http.get(f"{standing.url}/metrics") as response:
            assert f'trunkline_peer_faults_total{{fault="{PeerFault.BAD_TLS}"}} 1.0' in await response.text()
        async with http.get(f"{standing.url}/healthz") as response:
            assert response.status == 200
        writer.close()
        silent[1].close()


async def test_handshakes_that_come_to_nothing_make_room_for_others(authority: Authority) -> None:
    section = served(authority.issue(*LOCAL))
    section["server"] = {**section["server"], "max_strangers": 5}  # type: ignore[dict-item]  # it is a mapping
    async with bench(overrides=section) as standing, trusting(authority) as http:
        port = int(standing.url.rpartition(":")[2])
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        async with http.get(f"{standing.url}/healthz") as response:
            assert response.status == 200
        assert await asyncio.wait_for(silent[0][0].read(), PATIENCE_S) == b""  # the oldest went
        for _, writer in silent:
            writer.close()


async def test_a_renewed_certificate_is_served_to_who_comes_and_nobody_is_parted_from(
    authority: Authority,
) -> None:
    issued, fresh = authority.issue(*LOCAL), authority.issue(*LOCAL)
    async with bench(overrides=served(issued)) as standing, trusting(authority) as http:
        before = await shown(standing, authority)
        async with http.ws_connect(f"{standing.url}/v1/stream") as socket:
            await socket.send_json({"type": "subscribe"})
            await socket.receive_json()
            fresh.key.replace(issued.key)
            fresh.certificate.replace(issued.certificate)
            standing.gateway.reload()
            assert await shown(standing, authority) != before
            await socket.send_json({"type": "subscribe"})  # it is told that it has done so
            assert (await socket.receive_json())["code"] == "conflict"


async def test_files_that_are_no_good_leave_the_former_certificate_and_say_so(authority: Authority) -> None:
    issued = authority.issue(*LOCAL)
    other = authority.issue(*LOCAL)
    async with bench(overrides=served(issued)) as standing, trusting(authority) as http:
        before = await shown(standing, authority)
        for broken in (b"", b"-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"):
            issued.certificate.write_bytes(broken)
            standing.gateway.reload()
            assert await shown(standing, authority) == before
        issued.certificate.write_bytes(other.certificate.read_bytes())  # and not the key yet
        standing.gateway.reload()
        assert await shown(standing, authority) == before
        async with http.get(f"{standing.url}/readyz") as response:
            note = (await response.json())["notes"]["tls"]
        assert "former certificate" in note
        assert "another certificate's" in note
        issued.key.write_bytes(other.key.read_bytes())
        standing.gateway.reload()
        assert await shown(standing, authority) != before
        async with http.get(f"{standing.url}/readyz") as response:
            assert "former" not in (await response.json())["notes"].get("tls", "")


async def test_files_that_change_are_found_without_being_told(authority: Authority) -> None:
    issued, fresh, clock = authority.issue(*LOCAL), authority.issue(*LOCAL), FakeClock(START)
    config = TlsConfig(certificate=issued.certificate, key=issued.key)
    served_tls = ServedTls(config, clock)
    served_tls.watch()
    first = served_tls.context
    await clock.advance(LOOK_S)
    assert served_tls.context is first  # nothing has changed
    fresh.key.replace(issued.key)
    fresh.certificate.replace(issued.certificate)
    await clock.advance(LOOK_S)
    assert served_tls.context is not first
    served_tls.stop()


async def test_an_end_that_comes_soon_is_told(authority: Authority) -> None:
    issued = authority.issue(*LOCAL, until=timedelta(days=3))
    noted = ServedTls(TlsConfig(certificate=issued.certificate, key=issued.key), FakeClock(START))
    assert noted.note() == "" or "ends at" in noted.note()
    soon = noted.context.ends - timedelta(days=13)
    again = ServedTls(TlsConfig(certificate=issued.certificate, key=issued.key), FakeClock(soon))
    assert "ends at" in again.note()


async def test_a_link_needs_a_certificate_where_it_is_so_configured(
    authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "clients").mkdir()
    clients = Authority(tmp_path / "clients", "Clients")
    strangers = Authority(tmp_path / "clients", "Strangers")
    section = served(authority.issue(*LOCAL), client_ca=str(clients.file))
    async with bench(overrides=section) as standing:
        link = f"{standing.url}/v1/links/{P}"
        async with trusting(authority) as http:
            async with http.get(f"{standing.url}/v1/sessions") as response:
                assert response.status == 200  # others need none
            with pytest.raises(WSServerHandshakeError) as refused:
                await http.ws_connect(link)
            assert refused.value.status in {401, 403}
        async with (
            trusting(authority, clients.issue("page-of-ann")) as http,
            http.ws_connect(link) as socket,
        ):
            await socket.send_json({"id": 1, "method": "trunkline.hello", "params": [{"agent": "a1"}]})
            assert (await socket.receive_json())["result"] == {"agent": "a1"}
        async with trusting(authority, strangers.issue("page-of-ann")) as http:
            with pytest.raises(ClientError):  # TLS 1.3 tells it on reading
                async with http.ws_connect(link) as socket:
                    assert (await socket.receive()).type is not WSMsgType.TEXT


async def test_everybody_needs_one_where_that_is_configured(authority: Authority) -> None:
    section = served(authority.issue(*LOCAL), client_ca=str(authority.file), client_certificates="all")
    async with bench(overrides=section) as standing:
        async with trusting(authority) as http:
            with pytest.raises(ClientError):
                await http.get(f"{standing.url}/healthz")
        async with (
            trusting(authority, authority.issue("client")) as http,
            http.get(f"{standing.url}/healthz") as response,
        ):
            assert response.status == 200


async def test_the_operator_needs_no_certificate_on_his_own_socket(
    authority: Authority, tmp_path: Path
) -> None:
    section = served(authority.issue(*LOCAL), client_ca=str(authority.file), client_certificates="all")
    async with (
        bench(overrides=section, path=str(tmp_path / "t.db")),
        ClientSession(connector=UnixConnector(str(tmp_path / "operator.t.db.sock"))) as http,
        http.get("http://operator/healthz") as response,
    ):
        assert response.status == 200


async def test_tls_opens_the_gateway_to_nobody(authority: Authority) -> None:
    section = served(authority.issue(*LOCAL))
    section["server"] = {**section["server"], "host": "0.0.0.0"}  # type: ignore[dict-item]  # noqa: S104  # refused
    raw = {"store": {"path": ":memory:"}, **section}
    gateway = Gateway(parse(raw, "test"))
    with pytest.raises(ConfigError, match="no API key"):
        await gateway.start()


def test_what_is_wrong_with_files_is_said_of_the_file(authority: Authority, tmp_path: Path) -> None:
    issued, other = authority.issue(*LOCAL), authority.issue(*LOCAL)
    locked = authority.issue(*LOCAL, password="secret-of-the-key")
    old = authority.issue(*LOCAL, since=timedelta(days=-9), until=timedelta(days=-1))
    junk = tmp_path / "junk.pem"
    junk.write_bytes(os.urandom(99))
    certificate, key = issued.certificate, issued.key
    for wrong, said in (
        (TlsConfig(certificate=tmp_path / "none.pem"), "No such file"),
        (TlsConfig(certificate=junk), "holds no certificate"),
        (TlsConfig(certificate=certificate, key=junk), "junk.pem"),
        (TlsConfig(certificate=certificate, key=other.key), "another certificate's"),
        (TlsConfig(certificate=locked.certificate, key=locked.key), "key_password"),
        (TlsConfig(certificate=old.certificate, key=old.key), "expired at"),
        (TlsConfig(certificate=certificate, key=key, client_ca=junk), "client_ca"),
    ):
        with pytest.raises(ConfigError, match=said) as error:
            tls.served_context(wrong)
        assert "secret-of-the-key" not in str(error.value)
    unlocked = {"certificate": locked.certificate, "key": locked.key}
    tls.served_context(TlsConfig.model_validate({**unlocked, "key_password": "secret-of-the-key"}))
