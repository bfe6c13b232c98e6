"""A page with Bright Pattern's script: the names and values of reference/bright-pattern.md 3, 4 and 5.

The frames between script and gateway are JSON-RPC (the design document); methods and events are the vendor's.
"""

from typing import Any, ClassVar

from tests.e2e.clients.page import Call, Frame, Page, State

# 5.7, InteractionState. An offer and a dialled call share a word; the direction tells them apart.
STATES = {
    "delivered": State.CONNECTED,
    "hold": State.HELD,
    "wrap_up": State.ENDED,
    "completed": State.COMPLETED,
}
SNAPSHOTS = frozenset({"ON_NEW_INTERACTION", "ON_INTERACTION_STATE_CHANGE", "ON_INTERACTION_REMOVED"})


class BrightPattern(Page):
    """The vendor's AgentDesktopClientAPI, as far as a call needs it."""

    dialect: ClassVar[str] = "bright_pattern"
    ids: dict[str, Call]

    def answered(self, frame: Frame) -> str | None:
        """Answers have no method."""
        return None if "method" in frame else str(frame["id"])

    def event(self, frame: Frame) -> None:
        """Three events bring an interaction, always whole (4)."""
        name = frame["method"]
        if name not in SNAPSHOTS:
            return
        data = frame["params"][0]
        if data["interactionId"] not in self.calls:
            self.calls[data["interactionId"]] = Call.CONSULT if self.calls else Call.MAIN
        call = self.calls[data["interactionId"]]
        if data["state"] == "delivery_pending":
            offered = data["callDirection"] == "inbound"
            self.note(call, State.ALERTING if offered else State.DIALING)
        else:
            self.note(call, STATES[data["state"]])
        if name == "ON_INTERACTION_REMOVED":
            self.note(call, State.COMPLETED)

    async def request(self, method: str, *params: Any) -> Frame:
        """The OperationResult of a method."""
        number = self.number()
        frame = {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
        answer: Frame = (await self.ask(frame, number))["result"]
        return answer

    async def succeed(self, method: str, *params: Any) -> Any:
        """The data of a method that must not fail."""
        result = await self.request(method, *params)
        assert result["status"] == "success", (method, result)
        return result["data"]

    async def refused(self, command: str, *params: Any) -> str:
        """Code, name and message of the ResultError (2)."""
        error = (await self.request(command, *params))["error"]
        return f"{error['code']} {error['name']}: {error['message']}"

    def place(self, name: str) -> str:
        """Interactions have an id and nothing else has."""
        assert name == "call"
        return self.id_of(Call.MAIN)

    async def sign_in(self) -> None:
        """A page asks for the state; nothing is pushed (1.3, item 7)."""
        state = await self.succeed("getLoginState")
        assert state["isLoggedIn"] is True
        assert state["agentId"] == self.agent
        for data in (await self.succeed("getInteractionsState"))["interactions"]:
            self.calls.setdefault(data["interactionId"], Call.MAIN)

    async def dial(self, destination: str) -> None:
        """The result names the interaction, or null where the platform does not say (seed 004)."""
        result = await self.succeed("startCall", destination)
        if result["id"] is not None:
            self.calls.setdefault(result["id"], Call.MAIN)
            assert self.id_of(Call.MAIN) == result["id"]

    async def accept(self) -> None:
        """Optional ids default to the active interaction; here it is said."""
        await self.succeed("acceptInteraction", self.id_of(Call.MAIN))

    async def hold(self) -> None:
        """3.5."""
        await self.succeed("setCallHold", True, self.id_of(Call.MAIN))

    async def retrieve(self) -> None:
        """3.5."""
        await self.succeed("setCallHold", False, self.id_of(Call.MAIN))

    async def consult(self, destination: str) -> None:
        """It acts on the active call and takes no id."""
        await self.succeed("consultCall", destination)

    async def complete_transfer(self) -> None:
        """The main call is the active one, the consultation is its own."""
        await self.succeed("transfer")

    async def release(self) -> None:
        """3.6."""
        await self.succeed("leaveInteraction", self.id_of(Call.MAIN))

    async def complete(self) -> None:
        """3.6."""
        await self.succeed("completeInteraction", self.id_of(Call.MAIN))
