"""Subscribers that take all they are told and read nothing of it, so that they cost next to nothing.

The system throws the bytes away (MSG_TRUNC) once a subscriber has had its first words. The job comes over
standard input. Says `draining` when all have begun, and on SIGTERM how many bytes there were, as JSON.
"""

import json
import select
import signal
import socket
import sys
from typing import Final

import msgspec

from tests.bench.client import masked
from tests.bench.closed_loop import PATIENCE_S

AT_ONCE: Final = 1 << 22  # bytes that are thrown away in one call
LOOK_S: Final = 0.5


class Job(msgspec.Struct):
    """A connection for each of `hellos`, its first frame; with an empty one it says nothing."""

    port: int
    hellos: list[str]
    path: str = "/v1/stream"


def subscribed(job: Job, hello: str) -> socket.socket:
    """One connection, upgraded, that has had its first words. Raises ConnectionError."""
    wire = socket.create_connection(("127.0.0.1", job.port), PATIENCE_S)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = [
        f"GET {job.path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    wire.sendall("\r\n".join([*lines, "", ""]).encode())
    said = b""
    while b"\r\n\r\n" not in said:
        more = wire.recv(4096)
        said += more
        if not more:
            break
    if not said.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(f"{job.path}: {said[:200]!r}")
    if hello:
        wire.sendall(masked(hello.encode()))
        if said.endswith(b"\r\n\r\n"):
            wire.recv(1 << 16)
    wire.setblocking(False)
    return wire


def drain(job: Job) -> dict[str, int]:
    """Until SIGTERM. Raises ConnectionError if one of them was closed before."""
    over = False

    def end(_number: int, _frame: object) -> None:
        nonlocal over
        over = True

    wires = {wire.fileno(): wire for wire in (subscribed(job, hello) for hello in job.hellos)}
    poll = select.epoll()
    for number in wires:
        poll.register(number, select.EPOLLIN)
    signal.signal(signal.SIGTERM, end)
    sys.stdout.write("draining\n")
    sys.stdout.flush()
    nowhere, size = bytearray(AT_ONCE), 0
    while not over:
        for number, _ in poll.poll(LOOK_S):
            try:
                got = wires[number].recv_into(nowhere, AT_ONCE, socket.MSG_TRUNC)
            except BlockingIOError:
                continue
            if not got:
                raise ConnectionError(f"one of {len(wires)} subscribers was closed")
            size += got
    return {"bytes": size}


if __name__ == "__main__":
    try:
        told = drain(msgspec.json.decode(sys.stdin.buffer.read(), type=Job))
    except OSError as error:
        sys.exit(f"{type(error).__name__} {error}")
    sys.stdout.write(json.dumps(told) + "\n")
