"""A control panel's page under Amazon Connect Streams: reference/amazon-connect.md 6, 10 and 14.

The frames are JSON-RPC (the design document): a method is one of the library's client, with one object of
parameters; `agent::update` is a notification that says everything; a result holds `data` or `err`.
"""

from typing import Any, ClassVar

from tests.e2e.clients.page import Call, Frame, Page, State

# 4.1: a call in and a call out are both `connecting`; hold is a leg's
STATES = {
    "connecting": State.ALERTING,
    "connected": State.CONNECTED,
    "ended": State.ENDED,
    "missed": State.ENDED,
}
LEGS = {"connecting": State.DIALING, "connected": State.CONNECTED, "hold": State.HELD}


class AmazonConnect(Page):
    """The library's client, as far as a call needs it."""

    dialect: ClassVar[str] = "amazon_connect"
    legs: dict[str, str]

    def answered(self, frame: Frame) -> str | None:
        """A notification has no id."""
        return None if "method" in frame else str(frame["id"])

    def event(self, frame: Frame) -> None:
        """Each update says everything; what is not in it any more is over."""
        if frame["method"] != "agent::update":
            return
        contacts = frame["params"][0]["snapshot"]["contacts"]
        for one in contacts:
            self.calls[one["contactId"]] = Call.MAIN
            self.legs = {leg["type"]: leg["connectionId"] for leg in one["connections"] if leg["initial"]}
            self.legs |= {
                leg["type"]: leg["connectionId"] for leg in one["connections"] if leg["type"] == "agent"
            }
            first = next(leg for leg in one["connections"] if leg["initial"])
            state = STATES[one["state"]["type"]]
            if state is State.ALERTING and first["type"] == "outbound":
                state = State.DIALING
            if state is State.CONNECTED and first["state"]["type"] == "hold":
                state = State.HELD
            self.note(Call.MAIN, state)
            third = [leg for leg in one["connections"] if not leg["initial"] and leg["type"] != "agent"]
            merged = state is State.CONNECTED and any(leg["state"]["type"] == "connected" for leg in third)
            for leg in third:
                self.calls[leg["connectionId"]] = Call.CONSULT
                if not merged:
                    self.note(Call.CONSULT, LEGS.get(leg["state"]["type"], State.COMPLETED))
            if (merged or not third) and self.told[Call.CONSULT]:
                self.note(Call.CONSULT, State.COMPLETED)
        if not contacts and self.told[Call.MAIN]:
            self.note(Call.MAIN, State.COMPLETED)

    async def request(self, method: str, **params: Any) -> Frame:
        """What the success or the failure callback gets."""
        number = self.number()
        frame: Frame = {"jsonrpc": "2.0", "id": number, "method": method, "params": [params]}
        answer: Frame = (await self.ask(frame, number))["result"]
        return answer

    async def succeed(self, method: str, **params: Any) -> Any:
        """The data of a request that must not fail."""
        result = await self.request(method, **params)
        assert "err" not in result, (method, result)
        return result["data"]

    async def refused(self, command: str, *params: Any) -> str:
        """An error has a type and a text (8)."""
        result = await self.request(command, **(params[0] if params else {}))
        return str(result["err"]["message"])

    def place(self, name: str) -> str:
        """Contacts have an id."""
        assert name == "call"
        return self.id_of(Call.MAIN)

    async def sign_in(self) -> None:
        """The panel is told everything by itself."""
        await self.eventually(lambda: self.frames or None)

    async def leg(self, method: str, kind: str) -> None:
        """A method of one leg."""
        contact = self.id_of(Call.MAIN)
        await self.succeed(method, contactId=contact, connectionId=self.legs[kind])

    def first(self) -> str:
        """The type of the leg that the contact began with."""
        return next(kind for kind in self.legs if kind != "agent")

    async def dial(self, destination: str) -> None:
        """3.2."""
        endpoint = {"type": "phone_number", "phoneNumber": destination}
        await self.succeed("createOutboundContact", endpoint=endpoint, queueARN=None)

    async def accept(self) -> None:
        """4.4."""
        await self.succeed("acceptContact", contactId=self.id_of(Call.MAIN))

    async def hold(self) -> None:
        """With two parties on the initial leg (5)."""
        await self.leg("holdConnection", self.first())

    async def retrieve(self) -> None:
        """5."""
        await self.leg("resumeConnection", self.first())

    async def consult(self, destination: str) -> None:
        """A leg more (5)."""
        endpoint = {"type": "phone_number", "phoneNumber": destination}
        contact = self.id_of(Call.MAIN)
        await self.succeed("createAdditionalConnection", contactId=contact, endpoint=endpoint)

    async def complete_transfer(self) -> None:
        """Whoever leaves hands the call over (5)."""
        await self.leg("destroyConnection", "agent")

    async def release(self) -> None:
        """5."""
        await self.leg("destroyConnection", "agent")

    async def complete(self) -> None:
        """4.4."""
        await self.succeed("clearContact", contactId=self.id_of(Call.MAIN))
