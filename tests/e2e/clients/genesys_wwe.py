"""A host page inside Genesys Workspace Web Edition: seed 002 and reference/genesys-wwe.md 2 to 6.

The frames are JSON-RPC (the design document): a method is the vendor's `namespace.method`, a subscription is
`subscribe`, an event is a notification named as its channel, and a result holds `data` or `errorMessage`.
"""

from typing import Any, ClassVar

from tests.e2e.clients.page import Call, Frame, Page, State

# 5.1.1, the voice family
STATES = {
    "RINGING": State.ALERTING,
    "DIALING": State.DIALING,
    "TALKING": State.CONNECTED,
    "HELD": State.HELD,
    "IDLE": State.ENDED,
}


class GenesysWwe(Page):
    """The vendor's Service Client API, as far as a call needs it."""

    dialect: ClassVar[str] = "genesys_wwe"

    def answered(self, frame: Frame) -> str | None:
        """A reply never carries an event (2.3)."""
        return None if "method" in frame else str(frame["id"])

    def event(self, frame: Frame) -> None:
        """State comes from the interaction, not from eventType (4.2); but only that says REMOVED."""
        data = frame["params"][0] if frame["method"] == "interaction" else {}
        shown = data.get("interaction")
        if shown is None:
            return
        call = Call.CONSULT if shown["isConsultation"] else Call.MAIN
        self.calls[shown["interactionId"]] = call
        self.note(call, STATES.get(shown["state"]))
        if data["eventType"] == "REMOVED":
            self.note(call, State.COMPLETED)

    async def request(self, method: str, *params: Any) -> Frame:
        """What the succeeded or the failed callback gets."""
        number = self.number()
        frame: Frame = {"jsonrpc": "2.0", "id": number, "method": method}
        if params:
            frame["params"] = list(params)
        answer: Frame = (await self.ask(frame, number))["result"]
        return answer

    async def succeed(self, method: str, *params: Any) -> Any:
        """The data of a request that must not fail."""
        result = await self.request(method, *params)
        assert "errorMessage" not in result, (method, result)
        return result.get("data")

    async def refused(self, command: str, *params: Any) -> str:
        """There are no codes, only a text (2.4)."""
        result = await self.request(command, *params)
        assert set(result) == {"errorMessage"}, result
        return str(result["errorMessage"])

    def place(self, name: str) -> str:
        """Interactions have an id and nothing else has."""
        assert name == "call"
        return self.id_of(Call.MAIN)

    async def sign_in(self) -> None:
        """Subscribe first, take the snapshot second (1.4, item 3)."""
        subscribed = await self.request(
            "subscribe", ["agent", "interaction", "media", "outbound", "system", "markdone"]
        )
        assert subscribed["subscriptionId"]
        assert (await self.succeed("agent.get"))["employeeId"] == self.agent
        for shown in await self.succeed("interaction.getInteractions"):
            self.calls[shown["interactionId"]] = Call.MAIN

    async def dial(self, destination: str) -> None:
        """The short form puts null in place of the user data (2.3)."""
        await self.succeed("voice.dial", destination, None)

    async def accept(self) -> None:
        """3.4."""
        await self.succeed("voice.answer", self.id_of(Call.MAIN))

    async def hold(self) -> None:
        """3.4."""
        await self.succeed("voice.hold", self.id_of(Call.MAIN))

    async def retrieve(self) -> None:
        """3.4."""
        await self.succeed("voice.resume", self.id_of(Call.MAIN))

    async def consult(self, destination: str) -> None:
        """A text is a telephone number; omitted arguments arrive as null (1.4, item 9)."""
        await self.succeed("interaction.consult", self.id_of(Call.MAIN), destination, None, None)

    async def complete_transfer(self) -> None:
        """It wants the id of the consultation (seed 002)."""
        await self.succeed("interaction.completeTransfer", self.id_of(Call.CONSULT))

    async def release(self) -> None:
        """3.4; the U is a capital."""
        await self.succeed("voice.hangUp", self.id_of(Call.MAIN))

    async def complete(self) -> None:
        """3.1.4."""
        await self.succeed("interaction.markdone", self.id_of(Call.MAIN))
