"""The capacity on paper: its arithmetic against what a real run counts, its simulation where it is known."""

from pathlib import Path
from random import Random
from secrets import token_hex

import msgspec
import nats
import pytest
from typer.testing import CliRunner

from gateway.cli.capacity import BUSY, Load, Parts, capacity, message_bytes, simulated
from gateway.cli.main import app
from tests.gateway.handmade import bench
from tests.gateway.test_erasing import OTHERS, contact, told
from tests.nats_server import NatsServer

CALLS = 5


async def test_events_and_bytes_are_those_that_a_real_run_counts(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    prefix = f"t{token_hex(6)}"
    bus = {"bus": {"servers": [nats_server.url], "prefix": prefix, "lease_s": 1.0}}
    async with bench(path=str(tmp_path / "t.db"), overrides=bus) as standing:
        page = await standing.page()
        await standing.gateway.store.barrier()
        before = len(await told(standing))
        counts: list[int] = []
        for number in range(CALLS):
            await contact(standing, page, f"c{number}", OTHERS, "Bob Other")
            await standing.gateway.store.barrier()
            counts.append(len(await told(standing)) - before - sum(counts))
        assert len(set(counts)) == 1  # a call is a call
        load = Load(agents=1, calls_an_hour=CALLS, events_a_call=counts[0])
        assert load.mean * 3600 == pytest.approx(sum(counts))

    client = await nats.connect(nats_server.url)
    stream = client.jetstream()
    info = await stream.stream_info(f"{prefix}-events")
    predicted = 0
    for sequence in range(info.state.first_seq, info.state.last_seq + 1):
        one = await stream.get_msg(f"{prefix}-events", sequence)
        lines = [f"{name}: {value}\r\n" for name, value in (one.headers or {}).items()]
        headers = len("NATS/1.0\r\n") + sum(map(len, lines)) + len("\r\n") if lines else 0
        predicted += message_bytes(len(one.subject or ""), headers, len(one.data or b""))
    await client.close()
    # What the servers add to a header of ours (a space, a date) is a few bytes a message
    assert predicted == pytest.approx(info.state.bytes, rel=0.03)


def test_at_rest_an_event_waits_for_nobody() -> None:
    parts = Parts(at_work_us=1_000.0, store_s=0.004)
    found = simulated(1.0, parts, Random(1))  # noqa: S311  # guards nothing
    assert found.median_s == pytest.approx(0.005)
    assert found.group == pytest.approx(1.0, abs=0.1)
    assert found.kept_up


def test_under_load_groups_grow_and_past_its_core_it_falls_behind() -> None:
    parts = Parts(at_work_us=1_000.0, store_s=0.004)
    busy, too_busy = (simulated(rate, parts, Random(1)) for rate in (800.0, 2_000.0))  # noqa: S311
    assert busy.kept_up
    assert busy.group > 2.0
    assert busy.median_s < busy.p99_s
    assert not too_busy.kept_up


def test_stores_are_as_many_as_cores_at_work_are_needed() -> None:
    parts = Parts()
    for agents in (100, 3_000, 100_000):
        found = capacity(Load(agents=agents), 1_000, 3, parts, 1)
        assert found.fits
        assert found.at_work_busy <= BUSY * 1.01
        assert found.stores == 1 or found.at_work_busy > BUSY / 2
        assert found.nodes_needed >= 2 * found.stores  # one of each has somebody who takes over
        again = capacity(Load(agents=agents), found.nodes_needed - 1, 3, parts, 1)
        assert not again.fits


def test_the_command_tells_it_and_ends_with_1_where_nodes_are_too_few() -> None:
    enough = CliRunner().invoke(app, ["simulate-capacity", "--agents", "1000", "--nodes", "2", "--json"])
    assert enough.exit_code == 0
    assert msgspec.json.decode(enough.stdout)["stores"] == 1
    few = CliRunner().invoke(app, ["simulate-capacity", "--agents", "100000", "--nodes", "2"])
    assert few.exit_code == 1
    assert "too few" in few.stdout
