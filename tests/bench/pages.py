"""The platforms' ends of links, one agent each: they answer what they are asked, and then tell of one call.

Bright Pattern's and Genesys WWE's are pages that connect to the gateway; a channel/session platform is
dialled, so here is a server that the gateway connects to. Frames by hand, as the documents print them, about
1 kB where the dialect tells whole snapshots, and made before anything is measured.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import socket
from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from tests.bench.bare.serving import framed
from tests.bench.client import Link, Wire, change, changes, connect, text
from tests.bench.closed_loop import PATIENCE_S

BRIGHT_PATTERN: Final = "bright_pattern"
GENESYS_WWE: Final = "genesys_wwe"
CHANNEL_SESSION: Final = "channel_session"
DIALECTS: Final = (BRIGHT_PATTERN, GENESYS_WWE, CHANNEL_SESSION)
PASSWORD: Final = "p"  # of the agents that the gateway signs in
SNAPSHOTS_PER_S: Final = 20.0  # at least, on a machine that has other things to do
_ACCEPT: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class Page(Protocol):
    """One end of a link, ready to tell of its call."""

    agent: str
    write: Callable[[bytes], object]
    broken: asyncio.Future[str]

    def begin(self) -> None:
        """A call comes and is talked on."""

    def changes(self) -> list[bytes]:
        """What is written, over and over: the call goes on hold, and comes back. One event each."""


class BrightPatternPage(Link):
    """The agent's page."""

    def begin(self) -> None:
        """A call comes and is talked on."""
        self.write(change("ON_NEW_INTERACTION", self.agent, "delivered"))

    def changes(self) -> list[bytes]:
        """On hold, and back, lasting longer each time."""
        return changes(self.agent)


class WwePage(Link):
    """The agent's page, with the vendor's desktop in it."""

    def received(self, data: bytes, start: int, end: int) -> None:
        """Answer a request; the list of interactions is the last that the snapshot needs."""
        message = json.loads(data[start:end])
        if "method" in message and "id" in message:
            result = _wwe_answer(message["method"], self.agent)
            self.write(text({"jsonrpc": "2.0", "id": message["id"], "result": result}))
            if message["method"] == "interaction.getInteractions" and not self.snapshot_told.done():
                self.snapshot_told.set_result(None)

    def begin(self) -> None:
        """A call comes and is talked on."""
        self.write(_wwe_change(self.agent, "RINGING", "UNKNOWN"))
        self.write(_wwe_change(self.agent, "TALKING", "RINGING"))

    def changes(self) -> list[bytes]:
        """On hold, and back."""
        return [_wwe_change(self.agent, "HELD", "TALKING"), _wwe_change(self.agent, "TALKING", "HELD")]


def _wwe_answer(method: str, agent: str) -> object:
    ready = {"type": "READY", "displayName": "Ready", "operationName": "Ready"}
    match method:
        case "subscribe":
            return {"subscriptionId": "s-1"}
        case "agent.get":
            name = {"firstname": "Jordan", "lastname": "Example", "username": agent}
            return {"data": {"employeeId": agent, **name}}
        case "agent.getState":
            return {"data": ready}
        case "agent.getStateList":
            return {"data": [ready, {"type": "NOT_READY", "displayName": "Off", "operationName": "NotReady"}]}
        case _:
            return {"data": []}


def _wwe_change(agent: str, state: str, previous: str) -> bytes:
    ref = f"i-{agent}"
    call = {
        "interactionId": ref,
        "caseId": f"case-{agent}",
        "userData": {f"scenario_variable_{at}": f"value {at} of {agent}" for at in range(10)},
        "state": state,
        "previousState": previous,
        "parties": [{"name": "Jordan Example"}],
        "isConsultation": False,
        "isMainCaseInteraction": True,
        "callUuid": ref,
        "direction": "IN",
        "callType": "INBOUND",
        "ani": "+15555550123",
        "dnis": "+15555550199",
        "recordingState": "STOPPED",
        "isCaseSelected": False,
        "isCaseExpanded": False,
        "interactionUUID": ref,
        "connId": ref,
        "contact": {"displayName": "Jordan Example", "firstName": "Jordan", "lastName": "Example"},
        "media": "voice",
    }
    label = {"TALKING": "ESTABLISHED"}.get(state, state)
    told = {"eventType": label, "interaction": call}
    return text({"jsonrpc": "2.0", "method": "interaction", "params": [told]})


class ChannelSession(asyncio.Protocol):
    """The platform's end of one connection, upgraded by hand; its path names the agent."""

    def __init__(self, ready: Callable[["ChannelSession"], object]) -> None:
        self._ready = ready
        self._rest = b""
        self._open = False
        self.agent = ""
        self.write: Callable[[bytes], object] = bytes
        self.broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The gateway has dialled."""
        self.write = cast("asyncio.Transport", transport).write

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if not self.broken.done():
            self.broken.set_result(f"{self.agent}: connection lost ({exc})")

    def data_received(self, data: bytes) -> None:
        """Cut the stream into frames, which a client masks; there are few."""
        data = self._rest + data
        if not self._open:
            end = data.find(b"\r\n\r\n") + 4
            if end < 4:
                self._rest = data
                return
            self._upgrade(data[:end])
            data = data[end:]
        while (size := _whole(data)) is not None:
            body, data = data[size[0] : size[1]], data[size[1] :]
            opcode, plain = size[2], _unmasked(body)
            if opcode == 1:
                self.asked(json.loads(plain))
            elif opcode == 9:
                self.write(bytes((0x8A, len(plain))) + plain)
        self._rest = data

    def _upgrade(self, head: bytes) -> None:
        lines = head.split(b"\r\n")
        self.agent = lines[0].split(b" ")[1].lstrip(b"/").decode()
        key = next(
            one.partition(b":")[2].strip() for one in lines if one.lower().startswith(b"sec-websocket-key")
        )
        accept = base64.b64encode(hashlib.sha1(key + _ACCEPT).digest())  # noqa: S324  # as the protocol says
        self.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self._open = True

    def asked(self, request: dict[str, object]) -> None:
        """Answer a request; a session that is started is told what it has."""
        answer: dict[str, object] = {
            key: request[key] for key in ("command", "target", "requestId") if key in request
        }
        data = {"resourceId": self._session} if request["command"] == "prepareSession" else {}
        self._say({**answer, "result": "success", "data": data})
        if request["command"] == "session.start":
            for target, name, more in (
                (self._session, "channelgroup.created", {"channelgroup": {"id": "grp", "name": self.agent}}),
                (
                    f"{self._session}.grp",
                    "channel.created",
                    {"channel": {"id": "voice", "type": "Telephony"}},
                ),
                (self._channel, "channel.initialized", {}),
                (f"{self._session}.grp", "channelgroup.initialized", {}),
                (self._session, "session.initialized", {}),
            ):
                self._tell(target, name, more)
            self._ready(self)

    def begin(self) -> None:
        """A call comes and is talked on."""
        call, leg = f"{self._channel}.i1", f"{self._channel}.i1.v1"
        data = {f"scenario_variable_{at}": f"value {at} of {self.agent}" for at in range(8)}
        for target, name, more in (
            (self._channel, "interaction.created", {"interaction": {"id": "i1", "type": "Telephony"}}),
            (call, "state.updated", {"type": "interaction", "state": "ALERTING"}),
            (call, "conversation.created", {"conversation": {"id": "v1", "role": "primary"}}),
            (leg, "state.updated", {"type": "conversation", "state": "ALERTING"}),
            (leg, "conversation.member.added", {"member": {"id": "m1", "address": "+15555550123"}}),
            (leg, "conversation.initialized", {}),
            (call, "interaction.datachanged", data),
            (call, "interaction.initialized", {}),
            (leg, "state.updated", {"type": "conversation", "state": "TALKING"}),
            (call, "state.updated", {"type": "interaction", "state": "STARTED"}),
        ):
            self._tell(target, name, more)

    def changes(self) -> list[bytes]:
        """On hold, and back: the protocol tells what changed, so these are small."""
        leg = f"{self._channel}.i1.v1"
        return [
            framed(_event(leg, "state.updated", {"type": "conversation", "state": state}))
            for state in ("HELD", "TALKING")
        ]

    @property
    def _session(self) -> str:
        return f"s-{self.agent}"

    @property
    def _channel(self) -> str:
        return f"{self._session}.grp.voice"

    def _tell(self, target: str, name: str, data: object) -> None:
        self.write(framed(_event(target, name, data)))

    def _say(self, message: object) -> None:
        self.write(framed(json.dumps(message).encode()))


def _event(target: str, name: str, data: object) -> bytes:
    told = {"messageType": "objectEvent", "target": target, "name": name, "data": data}
    return json.dumps(told, separators=(",", ":")).encode()


def _whole(data: bytes) -> tuple[int, int, int] | None:
    """Where the mask and body of the first frame begin and end, and its opcode; None: it is not all there."""
    if len(data) < 2:
        return None
    length, start = data[1] & 127, 2
    if length == 126:
        length, start = int.from_bytes(data[2:4]), 4
    elif length == 127:
        length, start = int.from_bytes(data[2:10]), 10
    end = start + 4 + length
    return (start, end, data[0] & 15) if len(data) >= end else None


def _unmasked(body: bytes) -> bytes:
    mask, masked = body[:4], body[4:]
    stream = (mask * (len(masked) // 4 + 1))[: len(masked)]
    return (int.from_bytes(masked) ^ int.from_bytes(stream)).to_bytes(len(masked))


async def open_pages(
    dialect: str,
    args: argparse.Namespace,
    agents: Sequence[str],
    listening: socket.socket | None = None,
    bright_pattern_page: type[BrightPatternPage] = BrightPatternPage,
) -> list[Page]:
    """The ends of as many links, each with its snapshot told. Raises ConnectionError, TimeoutError."""
    if dialect == CHANNEL_SESSION:
        return await _dialled(listening, len(agents))
    kind: type[WwePage | BrightPatternPage] = WwePage if dialect == GENESYS_WWE else bright_pattern_page
    opened: list[WwePage | BrightPatternPage] = []
    for agent in agents:
        link = await connect(kind, args, f"/v1/links/{args.platform}")
        link.agent = agent
        hello = {"jsonrpc": "2.0", "id": 0, "method": "trunkline.hello", "params": [{"agent": agent}]}
        link.write(text(hello))
        opened.append(link)
    told = asyncio.gather(*(link.snapshot_told for link in opened))
    await asyncio.wait_for(told, PATIENCE_S + len(agents) / SNAPSHOTS_PER_S)
    return [*opened]


async def _dialled(listening: socket.socket | None, wanted: int) -> list[Page]:
    """The gateway dials; it tries again by itself if we were late."""
    if listening is None:
        raise ConnectionError("nobody listens for the gateway's dialling")
    ready: list[Page] = []
    all_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def one(session: ChannelSession) -> None:
        ready.append(session)
        if len(ready) == wanted:
            all_ready.set_result(None)

    await asyncio.get_running_loop().create_server(lambda: ChannelSession(one), sock=listening)
    await asyncio.wait_for(all_ready, PATIENCE_S + wanted / SNAPSHOTS_PER_S)
    return ready


def payload(frame: bytes) -> bytes:
    """What is in a whole frame, masked or not."""
    length = frame[1] & 127
    start = {126: 4, 127: 10}.get(length, 2)
    return _unmasked(frame[start:]) if frame[1] & 128 else frame[start:]


def wires(pages: Sequence[Page]) -> list[Wire]:
    """Those that are pages; a dialled link's end is not."""
    return [page for page in pages if isinstance(page, Wire)]
