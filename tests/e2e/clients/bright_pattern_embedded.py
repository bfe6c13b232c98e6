"""A page beside Bright Pattern's Embedded Agent Desktop: reference/bright-pattern.md 7.2.

The frames are JSON-RPC (the design document): a method is a command of the desktop's messages, a
notification is an event with its data. The API can neither take a call nor hold it, so such a client is in
no list of those that act a whole call.
"""

from typing import Any, ClassVar, Final

from tests.e2e.clients.page import Call, Frame, Page, State

STATES: Final = {
    "_I_CALL_OFFERED": State.ALERTING,
    "_O_CALL_DIALING": State.DIALING,
    "_I_CALL_ANSWERED": State.CONNECTED,
    "_O_CALL_CONNECTED": State.CONNECTED,
    "_CALL_HELD": State.HELD,
    "_CALL_RESUMED": State.CONNECTED,
    "_CALL_ENDED": State.ENDED,
    "INTERACTION_COMPLETED": State.COMPLETED,
}


class BrightPatternEmbedded(Page):
    """The vendor's Embedded Agent Desktop API, as far as a call needs it."""

    dialect: ClassVar[str] = "bright_pattern_embedded"

    def answered(self, frame: Frame) -> str | None:
        """The id stands for request_id."""
        return None if "method" in frame else str(frame["id"])

    def event(self, frame: Frame) -> None:
        """The command is what happened, the data say to which item."""
        state = STATES.get(frame["method"])
        if state is not None:
            self.calls[frame["params"][0]["item_id"]] = Call.MAIN
            self.note(Call.MAIN, state)

    async def request(self, command: str, *params: Any) -> Frame:
        """A response, whatever it says."""
        number = self.number()
        return await self.ask(
            {"jsonrpc": "2.0", "id": number, "method": command, "params": list(params)}, number
        )

    async def succeed(self, command: str, *params: Any) -> Any:
        """What a command that must not fail is answered with."""
        answer = await self.request(command, *params)
        assert "error" not in answer, (command, answer)
        return answer["result"]

    async def refused(self, command: str, *params: Any) -> str:
        """The vendor has no errors; the facade is told a text."""
        answer = await self.request(command, *params)
        return str(answer["error"]["message"])

    def place(self, name: str) -> str:
        """An item is all there is."""
        assert name == "call"
        return self.id_of(Call.MAIN)

    def last(self, event: str) -> Frame:
        """The data of the last event of that name."""
        told = [frame for frame in self.frames if frame.get("method") == event]
        data: Frame = told[-1]["params"][0]
        return data

    async def sign_in(self) -> None:
        """The agent signs in at the desktop; the page asks who it is."""
        state = await self.succeed("GET_STATE")
        assert (state["agent_id"], state["status"]) == (self.agent, "ready")
        assert state["interactions"] == []

    async def dial(self, destination: str) -> None:
        """dialNumber(number)."""
        assert await self.succeed("DIAL_NUMBER", destination) is None

    async def release(self) -> None:
        """terminateInteraction(item_id)."""
        await self.succeed("TERMINATE_INTERACTION_FROM_API", self.id_of(Call.MAIN))

    async def complete(self) -> None:
        """completeInteraction(item_id)."""
        await self.succeed("COMPLETE_INTERACTION_FROM_API", self.id_of(Call.MAIN))

    async def accept(self) -> None:
        """There is no such call."""
        raise LookupError("the agent takes a call in the desktop")

    async def hold(self) -> None:
        """There is no such call."""
        raise LookupError("the agent holds a call in the desktop")

    async def retrieve(self) -> None:
        """There is no such call."""
        raise LookupError("the agent takes a call back in the desktop")

    async def consult(self, destination: str) -> None:
        """There is no such call."""
        raise LookupError(f"the agent asks {destination} in the desktop")

    async def complete_transfer(self) -> None:
        """There is no such call."""
        raise LookupError("the agent transfers in the desktop")
