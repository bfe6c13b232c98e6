"""A channel/session interaction processor: a WebSocket server that the gateway dials, for several agents.

Frames by hand, as reference/channel-session.md sections 1.5 and 3 to 6 print them; nothing of adapters/ or
gateway/. An agent's session outlives the connection: whoever prepares it again has to say so, and is then
told all that is open before `session.initialized`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiohttp import WSMsgType, web

from tests.faults.desk import Contact, Desk

_STATES: Final = {  # interaction, conversation
    "alerting": ("ALERTING", "ALERTING"),
    "dialing": ("DIALING", "DIALING"),
    "connected": ("STARTED", "TALKING"),
    "held": ("STARTED", "HELD"),
    "wrap_up": ("ENDED", "ENDED"),
    "": ("COMPLETED", "ENDED"),
}
_LONGEST_ANSWER_S: Final = 0.15
Frame = dict[str, Any]  # JSON by hand


def session_of(agent: str) -> str:
    """The id of an agent's session: processor and agent, as observed."""
    return f"cti1-{agent}"


def channel_of(agent: str) -> str:
    """The target of the agent's telephone; group and channel are both named after it."""
    return f"{session_of(agent)}.301.301"


def event(name: str, target: str, data: Frame | None = None) -> Frame:
    """One objectEvent."""
    return {"messageType": "objectEvent", "target": target, "name": name, "data": data or {}}


def state(kind: str, target: str, word: str) -> Frame:
    """One state.updated."""
    return event("state.updated", target, {"type": kind, "state": word})


class _Line:
    """One agent on one connection."""

    def __init__(self, connection: "_Connection", desk: Desk, name: str) -> None:
        self.name = name
        self._connection = connection
        self._desk = desk

    def say(self, contact: Contact, was: str | None) -> None:
        """What the processor tells of a change: the data, then a new state."""
        if was is None:
            self._connection.send(*self._announced(contact))
            return
        self._connection.send(event("interaction.datachanged", contact.ref, dict(contact.data)))
        if contact.state != was:
            self._connection.send(*self._became(contact))

    @staticmethod
    def _became(contact: Contact) -> list[Frame]:
        target, call = contact.ref, f"{contact.ref}.v1"
        own, leg = _STATES[contact.state]
        match contact.state:
            case "wrap_up":
                return [
                    state("conversation", call, leg),
                    event("conversation.disposed", call),
                    event("interaction.ended", target),
                    state("interaction", target, own),
                ]
            case "":
                return [
                    event("interaction.complete", target),
                    state("interaction", target, own),
                    event("interaction.disposed", target),
                ]
            case _:
                return [state("conversation", call, leg), state("interaction", target, own)]

    def started(self) -> None:
        """All that is open, before the session is initialized; what happens from now on comes after."""
        session, agent = session_of(self._desk.agent), self._desk.agent
        channel = {"id": "301", "name": "Desk", "type": "Telephony"}
        self._connection.send(
            event("channelgroup.created", session, {"channelgroup": {"id": "301", "name": agent}}),
            event("channel.created", f"{session}.301", {"channel": channel}),
            event(
                "channel.infochanged",
                channel_of(agent),
                {"channel": {**channel, "state": "ACTIVE", "agentstate": "READY"}},
            ),
            event("channel.initialized", channel_of(agent)),
            event("channelgroup.initialized", f"{session}.301"),
        )
        for contact in self._desk.listed(self.name):
            self._connection.send(*self._announced(contact))
        self._connection.send(event("session.initialized", session))
        self._desk.line = self

    def _announced(self, contact: Contact) -> list[Frame]:
        """In the order of a dial; a contact whose call is over has no conversation."""
        target = contact.ref
        own, call = _STATES[contact.state]
        info = {"id": target.rpartition(".")[2], "type": "Telephony", "modeltype": "TELEPHONY"}
        conversation: Sequence[Frame] = (
            event("conversation.created", target, {"conversation": {"id": "v1", "role": "primary"}}),
            state("conversation", f"{target}.v1", call),
            event(
                "conversation.member.added",
                f"{target}.v1",
                {"member": {"id": "m1", "address": contact.number}},
            ),
            event("conversation.initialized", f"{target}.v1"),
        )
        return [
            event("interaction.created", channel_of(self._desk.agent), {"interaction": info}),
            state("interaction", target, own),
            *(conversation if contact.state != "wrap_up" else ()),
            event("interaction.datachanged", target, dict(contact.data)),
            event("interaction.initialized", target),
        ]


class _Connection:
    """One that the gateway opened."""

    def __init__(self, name: str, desks: Mapping[str, Desk], there: set[str]) -> None:
        self._name = name
        self._desks = desks  # by session
        self._there = there  # sessions, of all connections
        self._outbox: asyncio.Queue[Frame] = asyncio.Queue()
        self._prepared: set[str] = set()
        self.lines: dict[str, _Line] = {}

    def send(self, *frames: Frame) -> None:
        """In this order."""
        for frame in frames:
            self._outbox.put_nowait(frame)

    async def carry(self, socket: web.WebSocketResponse) -> None:
        """Until it closes."""
        writer = asyncio.create_task(self._write(socket))
        try:
            while (message := await socket.receive()).type is WSMsgType.TEXT:
                self._received(json.loads(message.data))
        finally:
            writer.cancel()
            await asyncio.wait([writer])
            for session, line in self.lines.items():
                if self._desks[session].line is line:
                    self._desks[session].line = None

    async def _write(self, socket: web.WebSocketResponse) -> None:
        while True:
            await socket.send_json(await self._outbox.get())

    def _received(self, request: Frame) -> None:
        match request["command"], request.get("data", {}):
            case "prepareSession", {"agent": {"id": agent}, **rest}:
                session = session_of(agent)
                if session in self._there and not rest["override"]:
                    self._answer(request, "confirm", message="There is a session already.", original=request)
                    return
                self._there.add(session)
                self._desks[session].line = None
                self._prepared.add(session)
                self._answer(request, "success", data={"resourceId": session})
            case "session.start", _ if (session := request["target"]) in self._prepared:
                self._answer(request, "success")
                self.lines[session] = _Line(self, self._desks[session], f"{self._name} {session}")
                self.lines[session].started()
            case "channel.dial", {"destination": destination}:
                desk = self._desks[request["target"].partition(".")[0]]
                desk.asked(destination)
                self._later(desk, lambda: self._dial(desk, request, destination))
            case "interaction.setinteractiondata", {"value": value}:
                desk = self._desks[request["target"].partition(".")[0]]
                desk.asked(value)
                self._later(desk, lambda: self._mark(desk, request, value))
            case _:
                self._fail(request, "unsupported")

    @staticmethod
    def _later(desk: Desk, carry_out: Callable[[], object]) -> None:
        asyncio.get_running_loop().call_later(desk.dice.uniform(0, _LONGEST_ANSWER_S), carry_out)

    def _dial(self, desk: Desk, request: Frame, destination: str) -> None:
        self._answer(request, "success", data=request["data"])
        desk.dial(destination)

    def _mark(self, desk: Desk, request: Frame, value: str) -> None:
        if request["target"] not in desk.open:
            self._fail(request, "unknown-target")
            return
        self._answer(request, "success", data=request["data"])
        desk.mark(request["target"], value)

    def _answer(self, request: Frame, result: str, **more: object) -> None:
        frame: Frame = {"command": request["command"], "result": result, **more}
        frame |= {key: request[key] for key in ("target", "requestId") if key in request}
        self.send(frame)

    def _fail(self, request: Frame, code: str) -> None:
        self._answer(request, "failure", failure={"code": code, "message": code}, original=request)


class Processor:
    """The server, for these agents."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._desks = {session_of(one.agent): one for one in desks}
        self._there: set[str] = set()
        self._connections = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Serve; returns the port."""
        app = web.Application()
        app.router.add_get("/session", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close everything."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._connections += 1
        await _Connection(f"processor {self._connections}", self._desks, self._there).carry(socket)
        return socket
