"""Connections that are kept open beside what is measured, and the memory of a process."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.running import REPOSITORY, Absent, Bench
from tests.bench.serving import pinned

SETTLED_S: Final = 1.0


@contextmanager
def kept_open(port: int, kind: str, count: int, first: int = 0) -> Iterator[None]:
    """As many connections of that kind as load.idle opens."""
    job = msgspec.json.encode({"port": port, "kind": kind, "count": count, "first": first}).decode()
    with pinned(1):
        process = subprocess.Popen(  # noqa: S603  # ours
            Bench.module("load.idle", job), cwd=REPOSITORY, stdout=subprocess.PIPE
        )
    assert process.stdout is not None
    try:
        if process.stdout.readline() != b"open\n":
            raise SystemExit(f"{count} of {kind} could not be opened")
        time.sleep(SETTLED_S)
        yield
        process.terminate()
        if not process.stdout.read():
            raise SystemExit(f"of {count} of {kind} some were closed")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def memory_kib(pid: int) -> float:
    """Its proportional set size. Raises Absent where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise Absent(f"the system does not tell the memory of a process ({error})") from error
    return float(next(line.split()[1] for line in lines if line.startswith("Pss:")))
