"""A person is taken out of a store on JetStream too, and what is kept for less long goes in time."""

from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import msgspec
import nats

from gateway.cluster.config import BusConfig
from gateway.maintenance.fading import Fading
from gateway.store.jetstream.store import JetStreamStore
from schemas.grants import FieldClass
from schemas.ids import Cursor
from tests.contract.records import Dial, events, ignore
from tests.gateway.handmade import bench
from tests.gateway.test_erasing import HERS, LOCAL, NAME, OTHERS, _carry_out, contact, erased, told
from tests.gateway.test_fading import NOTE, NUMBER, event
from tests.nats_server import NatsServer


async def everything(server: NatsServer, prefix: str) -> bytes:
    """All messages of all streams of ours, as any other client reads them."""
    client = await nats.connect(server.url)
    try:
        stream = client.jetstream()
        found: list[bytes] = []
        for one in await stream.streams_info():
            if one.config.name is None or prefix not in one.config.name:
                continue
            for sequence in range(one.state.first_seq, one.state.last_seq + 1):
                try:
                    message = await stream.get_msg(one.config.name, sequence)
                except nats.js.errors.NotFoundError:
                    continue
                found.append(message.data or b"")
        return b"\n".join(found)
    finally:
        await client.close()


async def test_she_is_gone_from_all_streams_and_others_are_not(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    prefix = f"t{token_hex(6)}"
    bus = {"bus": {"servers": [nats_server.url], "prefix": prefix, "lease_s": 1.0}}
    path = str(tmp_path / "t.db")
    async with bench(path=path, overrides=bus) as standing:
        page = await standing.page()
        body = {"type": "interaction.dial", "session_id": standing.session(), "destination": HERS}
        standing.tasks.start(_carry_out(page), "platform")
        reply = await standing.request("POST", "/v1/commands", body, {"Idempotency-Key": "hers"})
        assert reply.status in {200, 202}
        await contact(standing, page, "c1", HERS, NAME)
        await contact(standing, page, "c2", OTHERS, "Bob Other")
        await standing.gateway.store.barrier()
        await standing.gateway._upkeep.checkpoint()  # noqa: SLF001  # she is in the checkpoint too
        before = await told(standing)
        assert HERS.encode() in await everything(nats_server, prefix)

        found = await erased(standing, HERS)

        assert (found.live, found.remains) == ([], {}), found
        assert (found.interactions, found.commands) == (1, 1)
        after = await told(standing)
        same = ("id", "cursor", "type", "time", "sequence")
        assert [[one.get(key) for key in same] for one in after] == [
            [one.get(key) for key in same] for one in before
        ]
        kept = await everything(nats_server, prefix)
        for gone in (HERS, LOCAL, NAME):
            assert gone.encode() not in msgspec.json.encode(after), gone
            assert gone.encode() not in kept, gone
        assert OTHERS.encode() in kept
    async with bench(path=path, overrides=bus) as standing:
        assert (await told(standing))[: len(after)] == after
        again = await standing.request("GET", "/v1/interactions")
        assert HERS.encode() not in again.body


async def test_a_class_goes_by_its_own_age_and_places_stand(tmp_path: Path, nats_server: NatsServer) -> None:
    clock = Dial()
    bus = BusConfig(servers=[nats_server.url], prefix=f"t{token_hex(6)}", lease_s=1.0)
    store = JetStreamStore(bus, str(tmp_path / "t.db"), clock)
    await store.open()
    for n in range(1, 31):
        store.append([event(n)], ignore)
        await store.barrier()
    clock.time += timedelta(days=3)
    store.append([event(31)], ignore)
    await store.barrier()
    await store.checkpoint(Cursor(31), b"{}")
    for _ in range(2):  # the second finds nothing more to do
        await Fading(store).run({FieldClass.CONTENT: clock.time - timedelta(days=2)})
    await Fading(store).run({FieldClass.IDENTIFIER: clock.time + timedelta(days=1)})
    await store.close()

    again = JetStreamStore(bus, str(tmp_path / "u.db"), clock)
    await again.open()
    assert again.last_cursor() == 31
    assert await again.first_cursor() == 1
    found = await again.read(Cursor(0), 99)
    assert [one.cursor for one in found] == list(range(1, 32))
    assert [NOTE in one.body.decode() for one in found] == [False] * 30 + [True]
    assert not any(NUMBER in one.body.decode() for one in found)
    assert [one.cursor for one in await again.read(Cursor(17), 2)] == [18, 19]
    again.append(events(32, 33), ignore)
    await again.barrier()
    while await again.prune(clock.time - timedelta(days=1), 10**9):
        pass
    assert await again.first_cursor() == 31
    assert [one.cursor for one in await again.read(Cursor(0), 99)] == [31, 32, 33]
    await again.close()
