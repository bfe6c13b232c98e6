"""The load client counts what there is, whichever way it is cut into segments."""

import json
import shlex
import sys

from tests.bench import client, quick
from tests.bench.serving import HERE


def server_frame(payload: bytes) -> bytes:
    length = len(payload)
    return bytes((0x81, length)) + payload if length < 126 else b"\x81\x7e" + length.to_bytes(2) + payload


async def test_frames_are_counted_however_they_are_cut() -> None:
    held = client.COUNTED[0] + b',"x":"' + b"y" * 300 + b'"}'
    stream = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + server_frame(b'{"type":"ping"}')
    stream += server_frame(held) * 3 + server_frame(b"{}") + server_frame(held)
    for size in (1, 2, 3, 7, 250, len(stream)):
        counter = client.Counter("h", "/", "")
        counter.counted = client.COUNTED
        told: list[int] = []
        counter.on_counted = told.append
        for at in range(0, len(stream), size):
            counter.data_received(stream[at : at + size])
        assert sum(told) == 4
        assert counter.upgraded.done()
        assert counter.last == b"{}"


async def test_refused_upgrade_is_told() -> None:
    wire = client.Wire("h", "/v1/stream", "")
    wire.data_received(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
    assert "401" in await wire.broken


def test_pushed_call_is_about_a_kilobyte() -> None:
    size = len(json.dumps(client.interaction("a1", "hold")))
    assert 900 < size < 1200


def test_whole_run_against_a_stand_in_gives_both_figures() -> None:
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'standin.py'))} {{port}}"
    options = quick.parse(["--links", "3", "--window", "8", "--seconds", "0.2", "--command", command])
    ours, bare = quick.measure(options)
    assert (ours["count"] or 0) > 0
    assert (bare["count"] or 0) > 0


def test_nothing_is_pushed_before_the_subscription_holds() -> None:
    """A call told before is not the subscriber's: "48 of 50 calls were told" was seen once."""
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'standin.py'))} {{port}} 0.5"
    options = quick.parse(["--links", "3", "--window", "8", "--seconds", "0.2", "--command", command])
    ours, _ = quick.measure(options)
    assert (ours["count"] or 0) > 0


def test_page_says_how_long_a_call_has_lasted() -> None:
    durations = [client.interaction("a1", "hold", at)["duration"] for at in range(3)]
    assert durations == [0, 1, 2]
    assert len(set(client.changes("a1"))) == client.DURATIONS
