"""A gateway that is cut off from NATS says so, lets its clients go, and has them again when it is back."""

from pathlib import Path
from secrets import token_hex

from aiohttp import WSCloseCode, WSMsgType

from gateway.nodes.sight import CUT_OFF_S, LOOK_S
from tests.fakes import FakeClock, until
from tests.gateway.handmade import Bench, bench
from tests.gateway.listener import Listener
from tests.nats_server import NatsServer


async def passes(standing: Bench, clock: FakeClock, seconds: float) -> None:
    """In steps in which everything looks."""
    for _ in range(round(seconds / LOOK_S)):
        await clock.advance(LOOK_S)
    assert standing.gateway.store.shared is not None


async def test_clients_of_a_gateway_that_is_cut_off_are_let_go_and_come_again(tmp_path: Path) -> None:
    server, clock = NatsServer(tmp_path / "nats"), FakeClock()
    server.start()
    bus = {"servers": [server.url], "prefix": f"t{token_hex(6)}", "answer_s": 1.0}
    try:
        async with bench(clock=clock, overrides={"bus": bus}) as standing:
            store = standing.gateway.store
            page = await standing.relay()
            stream = await standing.connect("/v1/stream")
            await stream.send_json({"type": "subscribe"})
            assert (await stream.receive()).type is WSMsgType.TEXT
            async with standing.http.get(f"{standing.url}/v1/events/stream") as listening:
                await listening.content.readuntil(b"\n\n")
                server.kill()
                await until(lambda: bool(store.shared and store.shared.cut_off))
                await passes(standing, clock, CUT_OFF_S - LOOK_S)
                assert not stream.closed  # it may be back at once
                await passes(standing, clock, 3 * LOOK_S)
                await Listener(listening).last()  # it ends
            for socket in (stream, page.socket):
                while (message := await socket.receive()).type is WSMsgType.TEXT:
                    pass
                assert (message.type, message.data) == (WSMsgType.CLOSE, WSCloseCode.TRY_AGAIN_LATER)
            async with standing.http.get(f"{standing.url}/readyz") as said:
                assert said.status == 503
                assert "NATS" in await said.text()
            server.start()
            await until(lambda: not store.files_trouble)
            await passes(standing, clock, 2 * LOOK_S)
            again = await standing.connect("/v1/stream")
            await again.send_json({"type": "subscribe", "after": 0})
            assert (await again.receive()).type is WSMsgType.TEXT
            await passes(standing, clock, 2 * CUT_OFF_S)
            assert not again.closed
    finally:
        server.kill()
