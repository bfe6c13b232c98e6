"""A cheap load client: raw sockets, frames built and masked beforehand, frames counted rather than read.

`client.py gateway` plays the pages of agents of one platform: each link says hello, answers what it is asked
and pushes a call that goes on hold and comes back, over and over. At most `window` changes are under way;
one subscriber of the event stream counts what comes out. `client.py echo` does the same with a server that
sends every frame back. Prints one JSON object: `{"per_s", "count", "seconds", "cpu_us", "client_share"}`: the
server's processor time a message, null where the system does not tell, and the share of a processor that this
client took itself: near 1 it was the client that set the pace.
"""

import argparse
import asyncio
import base64
import json
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from typing import Final, TypeVar, cast

import uvloop

from tests.bench.closed_loop import PATIENCE_S, Load

TEXT: Final = 1
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10
COUNTED: Final = (b'{"type":"interaction.held"', b'{"type":"interaction.retrieved"')
CREATED: Final = (b'{"type":"interaction.created"',)
SUBSCRIBED: Final = (b'{"type":"stream.subscribed"',)
DURATIONS: Final = 16  # frames of one call that differ in their duration alone, made beforehand


def masked(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole frame, as a client has to send it."""
    length = len(payload)
    if length < 126:
        head = bytes((0x80 | opcode, 0x80 | length))
    elif length < 1 << 16:
        head = bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2)
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + length.to_bytes(8)
    mask = secrets.token_bytes(4)
    stream = int.from_bytes((mask * (length // 4 + 1))[:length])
    return head + mask + (int.from_bytes(payload) ^ stream).to_bytes(length)


def text(value: object) -> bytes:
    """A masked text frame of a JSON value."""
    return masked(json.dumps(value, separators=(",", ":")).encode())


class Wire(asyncio.Protocol):
    """One WebSocket, upgraded by hand. `upgraded` resolves when it is open, and fails when it breaks."""

    def __init__(self, host: str, path: str, token: str) -> None:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            *([f"Authorization: Bearer {token}"] if token else []),
        ]
        self._request = "\r\n".join([*lines, "", ""]).encode()
        self._path = path
        self._rest = b""
        self.open = False
        self.upgraded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.write: Callable[[bytes], object] = bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.write = cast("asyncio.Transport", transport).write  # uvloop's is one in all but name
        self.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._break(f"{self._path}: connection lost ({exc})")

    def data_received(self, data: bytes) -> None:
        """Cut the stream into frames; what is left waits for more."""
        data = self._rest + data
        at = 0 if self.open else self._upgrade(data)
        size = len(data)
        while self.open and size - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                start = at + 4
                length = int.from_bytes(data[at + 2 : start])
            elif length == 127:
                start = at + 10
                length = int.from_bytes(data[at + 2 : start])
            end = start + length
            if end > size:
                break
            opcode = data[at] & 15
            if opcode == TEXT:
                self.received(data, start, end)
            elif opcode == PING:
                self.write(masked(data[start:end], PONG))
            elif opcode == CLOSE:
                self._break(f"{self._path}: closed by the server: {data[start:end]!r}")
            at = end
        self._rest = data[at:]

    def _upgrade(self, data: bytes) -> int:
        """Where the frames begin, if the server's first words are complete and say yes."""
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self._break(f"{self._path}: {data[:200]!r}")
            return len(data)
        self.open = True
        self.upgraded.set_result(None)
        return end

    def received(self, data: bytes, start: int, end: int) -> None:
        """One text frame, at that place."""

    def _break(self, why: str) -> None:
        if not self.upgraded.done():
            self.upgraded.set_result(None)
        if not self.broken.done():
            self.broken.set_result(why)


class Counter(Wire):
    """Counts the frames that begin like one of `counted`, and says so once a segment."""

    counted: Sequence[bytes] = (b"",)
    on_counted: Callable[[int], None] | None = None
    last = b""
    missing = 0  # of those that are expected

    def expect(self, beginnings: Sequence[bytes], wanted: int) -> asyncio.Future[None]:
        """Count these from now on. Resolves when so many of them have come."""
        expected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def more(count: int) -> None:
            self.missing -= count
            if self.missing <= 0 and not expected.done():
                expected.set_result(None)

        self.missing, self.counted, self.on_counted = wanted, beginnings, more
        return expected

    def data_received(self, data: bytes) -> None:
        """Count what is in the segment, then tell."""
        self._new = 0
        super().data_received(data)
        if self._new and self.on_counted is not None:
            self.on_counted(self._new)

    def received(self, data: bytes, start: int, end: int) -> None:
        """Only look at the beginning."""
        for beginning in self.counted:
            if data.startswith(beginning, start):
                self._new += 1
                return
        self.last = data[start:end]


class Link(Wire):
    """The page of one agent: answers what it is asked; once it has told its snapshot, new calls may begin."""

    agent = ""

    def __init__(self, host: str, path: str, token: str) -> None:
        super().__init__(host, path, token)
        self.snapshot_told: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def received(self, data: bytes, start: int, end: int) -> None:
        """Answer a request; notifications and answers to our hello need nothing."""
        message = json.loads(data[start:end])
        if "method" in message and "id" in message:
            result = {"status": "success", "data": answer(message["method"], self.agent)}
            self.write(text({"jsonrpc": "2.0", "id": message["id"], "result": result}))
            if message["method"] == "getInteractionsState" and not self.snapshot_told.done():
                self.snapshot_told.set_result(None)


def answer(method: str, agent: str) -> object:
    """What a freshly loaded page says."""
    match method:
        case "getLoginState":
            return {"isLoggedIn": True, "agentId": agent, "username": agent, "sessionId": f"s-{agent}"}
        case "getAgentState":
            return {"state": "ready", "reservedForIncomingInteraction": False}
        case "getInteractionsState":
            return {"activeInteractionId": None, "interactions": []}
        case _:
            several = method.endswith("List") or method in {"getTeams", "getAgentNotReadyReasons"}
            return [] if several else None


def interaction(agent: str, state: str, duration_s: int = 0) -> dict[str, object]:
    """A call as the platform's snapshot tells it, about 1 kB of JSON. A page says how long it has lasted."""
    return {
        "interactionId": f"i-{agent}",
        "globalInteractionId": f"5f1c0d5e-7a34-4b5e-9d8f-{agent:0>12}",
        "state": state,
        "type": "voice",
        "callParties": [{"id": f"p-{agent}", "name": "Jordan Example", "phone": "+15555550123"}],
        "chatParties": [],
        "callMuted": False,
        "callRecording": True,
        "attachedData": {f"scenario_variable_{at}": f"value {at} of {agent}" for at in range(8)},
        "internal": False,
        "phoneNumber": "+15555550123",
        "callDirection": "inbound",
        "startTime": 1_760_000_000_000,
        "duration": duration_s,
        "description": "asked about the invoice",
        "service": "Billing",
        "playbackUrl": f"https://recordings.example/play/{agent}",
        "recordingUrl": f"https://recordings.example/file/{agent}",
        "DNIS": "+15555550199",
        "ANI": "+15555550123",
        "origination": "directory",
    }


def change(event: str, agent: str, state: str, duration_s: int = 0) -> bytes:
    """The frame of an event with that snapshot."""
    return text({"jsonrpc": "2.0", "method": event, "params": [interaction(agent, state, duration_s)]})


def changes(agent: str) -> list[bytes]:
    """A call that goes on hold and comes back, and lasts longer each time."""
    return [
        change("ON_INTERACTION_STATE_CHANGE", agent, "delivered" if at % 2 else "hold", at)
        for at in range(DURATIONS)
    ]


WireT = TypeVar("WireT", bound=Wire)
CounterT = TypeVar("CounterT", bound=Counter)


async def connect(kind: type[WireT], args: argparse.Namespace, path: str) -> WireT:
    """An open WebSocket. Raises ConnectionError with the server's first words."""
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(
        lambda: kind(f"127.0.0.1:{args.port}", path, args.token), "127.0.0.1", args.port
    )
    await asyncio.wait_for(wire.upgraded, PATIENCE_S)
    if wire.broken.done():
        raise ConnectionError(wire.broken.result())
    return wire


async def came(expected: asyncio.Future[None], subscriber: Counter, others: Sequence[Wire] = ()) -> None:
    """Return when all that was expected has come. Raises ConnectionError with what came instead."""
    ends = [wire.broken for wire in (subscriber, *others)]
    waited_for: list[asyncio.Future[None] | asyncio.Future[str]] = [expected, *ends]
    await asyncio.wait(waited_for, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    if not expected.done():
        raise ConnectionError(
            f"{subscriber.missing} more were to come that begin with {subscriber.counted}; "
            f"{[end.result() for end in ends if end.done()][:3]}; last frame {subscriber.last[:300]!r}"
        )


async def subscribe(args: argparse.Namespace, kind: type[CounterT]) -> CounterT:
    """A subscriber of everything, as soon as he is one: what happened before is not told to him."""
    subscriber = await connect(kind, args, "/v1/stream")
    subscribed = subscriber.expect(SUBSCRIBED, 1)
    subscriber.write(text({"type": "subscribe"}))
    await came(subscribed, subscriber)
    return subscriber


async def gateway(args: argparse.Namespace) -> dict[str, float | None]:
    """The gateway's figures."""
    subscriber = await subscribe(args, Counter)
    links: list[Link] = []
    for at in range(args.links):
        link = await connect(Link, args, f"/v1/links/{args.platform}")
        link.agent = f"a{at}"
        hello = {"jsonrpc": "2.0", "id": 0, "method": "trunkline.hello", "params": [{"agent": link.agent}]}
        link.write(text(hello))
        links.append(link)

    await asyncio.wait_for(asyncio.gather(*(link.snapshot_told for link in links)), PATIENCE_S)
    created = subscriber.expect(CREATED, args.links)
    for at, link in enumerate(links):
        link.write(change("ON_NEW_INTERACTION", f"a{at}", "delivered"))
    await came(created, subscriber, links)

    frames = [changes(f"a{at}") for at in range(args.links)]
    writes = [link.write for link in links]
    load = Load(
        args.window,
        lambda at: writes[at % args.links](frames[at % args.links][at // args.links % DURATIONS]),
    )
    subscriber.counted = COUNTED
    subscriber.on_counted = load.done
    return await load.measure(args.seconds, args.pid)


async def echo(args: argparse.Namespace) -> dict[str, float | None]:
    """The bare server's figures, with the same frames."""
    wires = [await connect(Counter, args, "/") for _ in range(args.links)]
    frames = [change("ON_INTERACTION_STATE_CHANGE", f"a{at}", "hold") for at in range(args.links)]
    load = Load(args.window, lambda at: wires[at % args.links].write(frames[at % args.links]))
    for wire in wires:
        wire.on_counted = load.done
    return await load.measure(args.seconds, args.pid)


def main() -> None:
    """The command line; the result goes to standard output."""
    parser = argparse.ArgumentParser(description="Load client; see the head of this file.")
    parser.add_argument("what", choices=["gateway", "echo"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, default=0, help="the server's, for its processor time")
    parser.add_argument("--platform", default="bench")
    parser.add_argument("--token", default="")
    parser.add_argument("--links", type=int, default=50)
    parser.add_argument("--window", type=int, default=400, help="messages under way")
    parser.add_argument("--seconds", type=float, default=4.0)
    args = parser.parse_args()
    try:
        result = uvloop.run((gateway if args.what == "gateway" else echo)(args))
    except (OSError, TimeoutError) as error:
        sys.exit(f"{args.what}: {error}")
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)  # open sockets want no farewell


if __name__ == "__main__":
    main()
