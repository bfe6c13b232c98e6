"""A Bright Pattern agent's page with a relay in it: JSON-RPC over a WebSocket that the page opens.

Frames by hand, as reference/bright-pattern.md sections 2 to 5 print them; nothing of adapters/ or gateway/. A
page that loses its link connects again, as a relay does, and answers the snapshot by the truth; now and then
before it knows of anything itself. Its agent signs out now and then, and in again, there or on a new page.
Either makes the gateway infer that contacts are over which are not.
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
_EARLY: Final = 0.1  # of the links
_SIGNED_IN_S: Final = 6.0  # in the mean
_SIGNED_OUT_S: Final = 1.0  # at most
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
        self._early = desk.dice.random() < _EARLY  # the page is asked before it knows
        self._returning = False

    def sign_out(self) -> None:
        """Nothing is told of anything from now on."""
        self._desk.line = None
        self._send({"method": "ON_LOGOUT", "params": []})

    def sign_in(self) -> None:
        """Told again is what there is once the gateway has asked, as it has to."""
        self._returning = True
        state = {"isLoggedIn": True, "agentId": self._desk.agent, "username": self._desk.agent}
        self._send({"method": "ON_LOGIN", "params": [state]})

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
                self._list(number)
            case _:
                self._succeed(number, answer(method, self._desk.agent))

    def _list(self, number: int) -> None:
        early, self._early = self._early and self._desk.all_speak, False
        there = list(self._desk.listed(self.name))
        listed = [] if early else [interaction(one, self._desk.agent) for one in there]
        self._succeed(number, {"activeInteractionId": None, "interactions": listed})
        for one in there if early else ():
            self.say(one, one.state)
        if self._returning:
            self._returning = False
            self._desk.line = self

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
        self._link: _Link | None = None
        self._transport: asyncio.Transport | None = None

    async def shifts(self) -> None:
        """Sign out now and then, and in again; half of the times over another link."""
        dice = self._desk.dice
        while True:
            await asyncio.sleep(dice.expovariate(1 / _SIGNED_IN_S))
            link = self._link
            if link is None or self._desk.line is not link:
                continue
            link.sign_out()
            try:
                await asyncio.sleep(dice.uniform(0, _SIGNED_OUT_S))
            finally:  # in the end everybody is there
                if link is self._link and dice.random() < 0.5:
                    link.sign_in()
                elif link is self._link and self._transport is not None:
                    self._transport.abort()

    async def run(self) -> None:
        """Keep a link up."""
        while True:
            try:
                await self._once()
            except OSError:
                pass  # nobody listens
            finally:
                self._desk.line = self._link = None
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
                self._link, self._transport = link, transport
            await link.broken
        finally:
            transport.abort()
