"""A Bright Pattern agent's page with a relay in it: JSON-RPC over a WebSocket that the page opens.

Frames by hand, as reference/bright-pattern.md sections 2 to 5 print them; nothing of adapters/ or gateway/. A
page that loses its link connects again, as a relay does, and answers the snapshot by the truth.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from tests.bench.client import Wire, answer, text
from tests.faults.desk import Contact, Desk

_STATES: Final = {
    "alerting": "delivery_pending",
    "dialing": "delivery_pending",
    "connected": "delivered",
    "held": "hold",
    "wrap_up": "wrap_up",
    "": "completed",
}
_CONNECT_S: Final = 3.0
_FIRST_START_MS: Final = 1_760_000_000_000
_LONGEST_ANSWER_S: Final = 0.15
SERVICE: Final = "service-1"
_ASKING: Final = "0369"  # a call to a number that ends so needs a service


def interaction(contact: Contact, agent: str) -> dict[str, object]:
    """InteractionData, whole."""
    outbound = contact.number != "+15550100"
    return {
        "interactionId": contact.ref,
        "globalInteractionId": str(uuid5(NAMESPACE_URL, contact.ref)),
        "state": _STATES[contact.state],
        "type": "voice",
        "callParties": [{"id": f"p-{contact.ref}", "name": "Jordan Example", "phone": contact.number}],
        "chatParties": [],
        "callMuted": False,
        "callRecording": False,
        "attachedData": contact.data,
        "internal": False,
        "phoneNumber": contact.number,
        "callDirection": "outbound" if outbound else "inbound",
        "startTime": _FIRST_START_MS + 1_000 * int(contact.ref.rpartition("-")[2]),  # no two begin at once
        "service": "Billing",
        "agentId": agent,
    }


class _Link(Wire):
    """One connection of a page."""

    def __init__(self, host: str, path: str, desk: Desk, name: str) -> None:
        super().__init__(host, path, "")
        self.name = name
        self._desk = desk

    def say(self, contact: Contact, was: str | None) -> None:
        """An event with the whole snapshot."""
        if was is None:
            event = "ON_NEW_INTERACTION"
        else:
            event = "ON_INTERACTION_STATE_CHANGE" if contact.state else "ON_INTERACTION_REMOVED"
        self._send({"method": event, "params": [interaction(contact, self._desk.agent)]})

    def received(self, data: bytes, start: int, end: int) -> None:
        """A request to be answered, or the answer to the hello, from which on events are told."""
        message = json.loads(data[start:end])
        if "method" not in message:
            self._desk.line = self
        elif "id" in message:
            self._asked(message["id"], message["method"], message.get("params") or [])

    def _asked(self, number: int, method: str, params: list[str]) -> None:
        match method:
            case "startCall" if params[0][-1] in _ASKING and not self._desk.service:
                error = {"code": 11, "name": "no_service", "message": "Which?"}
                self._send({"id": number, "result": {"status": "error", "error": error}})
            case "getServicesList":
                self._succeed(number, [{"id": SERVICE, "name": "Billing"}])
            case "setService":
                self._desk.service = True
                self._succeed(number, None)
            case "startCall":
                self._desk.service = False
                self._desk.asked(params[0])
                self._later(number, lambda: self._call(params[0]))
            case "setVariable":
                self._desk.asked(params[1])
                self._later(number, lambda: self._variable(params[1], params[2]))
            case "getInteractionsState":
                open_now = [interaction(one, self._desk.agent) for one in self._desk.listed(self.name)]
                self._succeed(number, {"activeInteractionId": None, "interactions": open_now})
            case _:
                self._succeed(number, answer(method, self._desk.agent))

    def _later(self, number: int, carry_out: Callable[[], dict[str, object]]) -> None:
        """The platform takes its time; it does what it was asked even if the link is gone by then."""

        def done() -> None:
            self._send({"id": number, "result": carry_out()})

        delay_s = self._desk.dice.uniform(0, _LONGEST_ANSWER_S)
        asyncio.get_running_loop().call_later(delay_s, done)

    def _call(self, destination: str) -> dict[str, object]:
        contact = self._desk.dial(destination)
        return {"status": "success", "data": {"id": contact.ref, "error": None}}

    def _variable(self, value: str, ref: str) -> dict[str, object]:
        if self._desk.mark(ref, value):
            return {"status": "success", "data": None}
        return {"status": "error", "error": {"code": 13, "name": "no_interaction"}}

    def _succeed(self, number: int, data: object) -> None:
        self._send({"id": number, "result": {"status": "success", "data": data}})

    def _send(self, message: dict[str, object]) -> None:
        if not self.broken.done():
            self.write(text({"jsonrpc": "2.0", **message}))


class Page:
    """One agent's page, until it is stopped. `port` is where it reaches the gateway."""

    def __init__(self, desk: Desk, port: int) -> None:
        self._desk = desk
        self._port = port
        self._links = 0

    async def run(self) -> None:
        """Keep a link up."""
        while True:
            try:
                await self._once()
            except OSError:
                pass  # nobody listens
            finally:
                self._desk.line = None
            await asyncio.sleep(self._desk.dice.uniform(0.02, 0.2))

    async def _once(self) -> None:
        self._links += 1
        path = f"/v1/links/{self._desk.platform}"
        name = f"{self._desk.platform} {self._desk.agent} link {self._links}"
        transport, link = await asyncio.get_running_loop().create_connection(
            lambda: _Link(f"127.0.0.1:{self._port}", path, self._desk, name), "127.0.0.1", self._port
        )
        try:
            async with asyncio.timeout(_CONNECT_S):
                await link.upgraded
            if not link.broken.done():
                hello = {"method": "trunkline.hello", "params": [{"agent": self._desk.agent}]}
                link.write(text({"jsonrpc": "2.0", "id": 0, **hello}))
            await link.broken
        finally:
            transport.abort()
