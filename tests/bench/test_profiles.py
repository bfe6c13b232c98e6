"""Profiles: what is seen of threads, and how it is told."""

import threading
import time
from pathlib import Path

import msgspec

from tests.bench import profiles
from tests.bench.profiled import Sample, Sampler
from tests.bench.running import REPOSITORY

FOUND = {
    "one": [
        Sample("MainThread", "/x/site-packages/aiohttp/web_ws.py", "receive", 3.0),
        Sample("store-writer", "/x/gateway/store/writer.py", "commit", 1.0),
    ],
    "two": [Sample("MainThread", str(REPOSITORY / "gateway/state/fold.py"), "observe", 2.0)],
}


def _compute(over: threading.Event) -> None:
    while not over.is_set():
        sum(range(1000))


def test_who_computes_is_seen_where_it_does_and_who_waits_is_not(tmp_path: Path) -> None:
    over, seen = threading.Event(), tmp_path / "seen.json"
    busy = threading.Thread(target=_compute, args=(over,), name="busy")
    idle = threading.Thread(target=over.wait, name="idle")
    sampler = Sampler()
    for one in (busy, idle):
        one.start()
    sampler.start()
    begun = time.process_time()
    while time.process_time() - begun < 0.3:
        time.sleep(0.01)  # the sampler's turn; how long it takes does not matter
    over.set()
    sampler.write(seen)
    samples = msgspec.json.decode(seen.read_bytes(), type=list[Sample])
    spent = {name: sum(one.seconds for one in samples if one.thread == name) for name in ("busy", "idle")}
    assert spent["busy"] > 0.1
    assert spent["idle"] < spent["busy"] / 10
    assert max(samples, key=lambda one: one.seconds).function in {"_compute", "Event.is_set"}


def test_shares_are_told_by_part_and_functions_by_what_they_take(tmp_path: Path) -> None:
    table = list(profiles.table(FOUND))
    assert table[0] == "| share of the processor time | one | two |"
    assert "| aiohttp | 75% | 0% |" in table
    assert f"| {profiles.IN_WRITER} | 25% | 0% |" in table
    assert "| the state: what has changed | 0% | 100% |" in table
    profiles.write(FOUND, tmp_path)
    assert " 75.0%  aiohttp/web_ws.py  receive  [MainThread]" in (tmp_path / "profile_one.txt").read_text()
    assert (
        "100.0%  gateway/state/fold.py  observe  [MainThread]" in (tmp_path / "profile_two.txt").read_text()
    )
