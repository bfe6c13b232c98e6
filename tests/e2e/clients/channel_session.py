"""A media bar of the channel/session protocol: seed 003 and reference/channel-session.md 1 to 6.

One WebSocket text frame is one message of the session; requests carry a `requestId` of ours (3.3).
"""

from typing import Any, ClassVar

from tests.e2e.clients.page import Call, Frame, Page, Socket, State

# 6.4 and 6.5. Hold shows in the conversation only.
INTERACTION = {
    "ALERTING": State.ALERTING,
    "DIALING": State.DIALING,
    "STARTED": State.CONNECTED,
    "ENDED": State.ENDED,
    "COMPLETED": State.COMPLETED,
}
CONVERSATION = {
    "ALERTING": State.ALERTING,
    "DIALING": State.DIALING,
    "TALKING": State.CONNECTED,
    "HELD": State.HELD,
    "ENDED": State.ENDED,
}


class ChannelSession(Page):
    """The client of a session resource, as far as a call needs it."""

    dialect: ClassVar[str] = "channel_session"

    def __init__(self, socket: Socket, agent: str) -> None:
        super().__init__(socket, agent)
        self.session = ""
        self.channel = ""  # target of the telephony channel
        self.conversations: dict[str, Call] = {}  # by target

    def answered(self, frame: Frame) -> str | None:
        """What has a result is a response (3.1)."""
        return str(frame.get("requestId", "")) if "result" in frame else None

    def event(self, frame: Frame) -> None:
        """Targets are dotted paths; the last segment is the object (2)."""
        if frame.get("messageType") != "objectEvent":
            return  # the gateway's own word
        name, target, data = frame["name"], frame["target"], frame["data"]
        match name:
            case "channel.created" if data["channel"]["type"] == "Telephony":
                self.channel = f"{target}.{data['channel']['id']}"
            case "interaction.created":
                self.calls[f"{target}.{data['interaction']['id']}"] = Call.MAIN
            case "conversation.created":
                call = Call.MAIN if data["conversation"]["role"] == "primary" else Call.CONSULT
                self.conversations[f"{target}.{data['conversation']['id']}"] = call
            case "state.updated":
                self._state(target, data)
            case "conversation.disposed" if self.conversations[target] is Call.CONSULT:
                self.note(Call.CONSULT, State.COMPLETED)
            case "interaction.ended":
                self.note(Call.MAIN, State.ENDED)
            case "interaction.disposed":
                self.note(Call.MAIN, State.COMPLETED)
            case _:
                pass

    def _state(self, target: str, data: Frame) -> None:
        """One event name for three kinds of objects; `type` tells which (5)."""
        word = data["state"]
        if data["type"] == "conversation":
            self.note(self.conversations[target], CONVERSATION[word])
        elif data["type"] == "interaction" and (
            word != "STARTED" or self.told[Call.MAIN][-1:] != [State.HELD]
        ):
            self.note(Call.MAIN, INTERACTION[word])  # that of a held call is STARTED all the time

    async def request(self, command: str, target: str, **data: Any) -> Frame:
        """The response to a command."""
        number = self.number()
        frame = {"command": command, "target": target, "data": data, "requestId": number}
        return await self.ask(frame, number)

    async def succeed(self, command: str, target: str, **data: Any) -> Any:
        """The data of a command that must not fail."""
        response = await self.request(command, target, **data)
        assert response["result"] == "success", response
        assert response["command"] == command
        return response.get("data")

    def conversation(self, call: Call = Call.MAIN) -> str:
        """The target of a conversation."""
        return next(target for target, which in self.conversations.items() if which is call)

    async def refused(self, command: str, *params: Any) -> str:
        """A target, then the data; code and message of the failure. It brings the request back too (3.1)."""
        target, data = params
        number = self.number()
        frame = {"command": command, "target": target, "data": data, "requestId": number}
        response = await self.ask(frame, number)
        assert response["result"] == "failure", response
        assert response["original"] == frame
        return f"{response['failure']['code']}: {response['failure']['message']}"

    def place(self, name: str) -> str:
        """Everything has a target."""
        match name:
            case "session":
                return self.session
            case "channel":
                return self.channel
            case "conversation":
                return self.conversation()
            case _:
                return self.id_of(Call.MAIN)

    async def sign_in(self) -> None:
        """The agent has a session already, so the platform wants to be told twice (1.5)."""
        prepare: Frame = {
            "command": "prepareSession",
            "data": {"model": "default", "override": False, "agent": {"id": self.agent, "password": "p"}},
            "requestId": self.number(),
        }
        first = await self.ask(prepare, prepare["requestId"])
        assert first["result"] == "confirm", first
        again = {
            **prepare,
            "data": {**prepare["data"], "override": True},
            "requestId": self.number(),
        }
        prepared = await self.ask(again, again["requestId"])
        assert prepared["result"] == "success", prepared
        self.session = prepared["data"]["resourceId"]
        await self.succeed("session.start", self.session)
        await self.eventually(
            lambda: next((one for one in self.frames if one.get("name") == "session.initialized"), None)
        )
        assert self.channel

    async def dial(self, destination: str) -> None:
        """4.3."""
        await self.succeed("channel.dial", self.channel, destination=destination)

    async def accept(self) -> None:
        """For calls conversation.answer is preferred (4.4). Its conversation is told after the offer."""
        await self.eventually(lambda: self.conversations or None)
        await self.succeed("conversation.answer", self.conversation())

    async def hold(self) -> None:
        """4.5."""
        await self.succeed("conversation.hold", self.conversation())

    async def retrieve(self) -> None:
        """4.5."""
        await self.succeed("conversation.retrieve", self.conversation())

    async def consult(self, destination: str) -> None:
        """4.4."""
        await self.succeed("interaction.consult", self.id_of(Call.MAIN), destination=destination)

    async def complete_transfer(self) -> None:
        """4.4."""
        await self.succeed("interaction.consulttransfer", self.id_of(Call.MAIN))

    async def release(self) -> None:
        """4.5."""
        await self.succeed("conversation.release", self.conversation())

    async def complete(self) -> None:
        """4.4."""
        await self.succeed("interaction.complete", self.id_of(Call.MAIN))
