"""What the three test clients share: a socket, answers to requests, what they were told of their calls.

A client knows nothing of our codecs: its frames are written by hand from the vendor's documents. It keeps,
for each call, the states that it was told in its vendor's words, put into the few words of `State`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from itertools import count
from typing import Any, ClassVar, Final, Protocol, Self, TypeVar

import msgspec
from aiohttp import WSMsgType

from tests.e2e.world import PLATFORM, World
from tests.patience import PATIENCE_S

T = TypeVar("T")
Frame = dict[str, Any]  # JSON, as a vendor's page would write and read it
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder[Frame](dict[str, Any]).decode


class State(StrEnum):
    """Where a call stands, as far as every client is told."""

    ALERTING = "alerting"
    DIALING = "dialing"
    CONNECTED = "connected"
    HELD = "held"
    ENDED = "ended"  # work may be left
    COMPLETED = "completed"


class Call(StrEnum):
    """Which call: the contact's, or the consultation about it."""

    MAIN = "main"
    CONSULT = "consult"


class Message(Protocol):
    """What comes over a socket."""

    @property
    def type(self) -> WSMsgType:
        """TEXT, or the end."""
        ...

    @property
    def data(self) -> Any:
        """The text."""
        ...


class Socket(Protocol):
    """A WebSocket, or what behaves like one."""

    async def send_str(self, data: str, /) -> None:
        """Send a text frame."""
        ...

    async def receive(self) -> Message:
        """The next frame."""
        ...


class Page(ABC):
    """One vendor's client, at the facade of the simulated platform."""

    dialect: ClassVar[str]

    def __init__(self, socket: Socket, agent: str) -> None:
        self.socket = socket
        self.agent = agent
        self.told: dict[Call, list[State]] = {Call.MAIN: [], Call.CONSULT: []}
        self.calls: dict[str, Call] = {}  # by the vendor's id, or target
        self.frames: list[Frame] = []  # all that came
        self._read: dict[Call, int] = {Call.MAIN: 0, Call.CONSULT: 0}
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._numbers = count(1)
        self.ended = asyncio.Event()  # the socket is closed
        self._changed = asyncio.Event()

    @classmethod
    async def open(cls, world: World, agent: str = "a1") -> Self:
        """Connect; `sign_in` is the vendor's own business."""
        path = f"/v1/facades/{PLATFORM}/{cls.dialect}?agent={agent}"
        page = cls(await world.connect(path), agent)
        world.tasks.start(page.follow(), f"{cls.dialect} client")
        return page

    # --- frames

    async def send(self, text: str) -> None:
        """Send whatever it is, as one text frame."""
        await self.socket.send_str(text)

    async def ask(self, frame: Frame, number: str) -> Frame:
        """Send a request and wait for its answer."""
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self.send(_encode(frame).decode())
        async with asyncio.timeout(PATIENCE_S):
            return await answer

    def number(self) -> str:
        """The next request's."""
        return str(next(self._numbers))

    async def follow(self) -> None:
        """Take in what comes, until the socket closes."""
        while (message := await self.socket.receive()).type is WSMsgType.TEXT:
            frame = _decode(message.data)
            self.frames.append(frame)
            number = self.answered(frame)
            if number is None:
                self.event(frame)
            elif number in self._answers:
                self._answers.pop(number).set_result(frame)
            self._changed.set()
        self.ended.set()

    async def problem(self) -> str:
        """The text of the gateway's own next word on a frame that could not be read."""
        frame = await self.eventually(
            lambda: next((one for one in self.frames if one.get("method") == "trunkline.error"), None)
        )
        self.frames.remove(frame)
        return str(frame["params"][0]["message"])

    # --- what it was told

    def note(self, call: Call, state: State | None) -> None:
        """A call is in that state now."""
        if call is Call.CONSULT and state is State.ENDED:
            state = State.COMPLETED  # no vendor's consultation leaves work of its own
        told = self.told[call]
        if state is not None and told[-1:] != [state]:
            told.append(state)

    def id_of(self, call: Call) -> str:
        """The vendor's id of a call that it was told of."""
        return next(name for name, which in self.calls.items() if which is call)

    async def until(self, state: State, call: Call = Call.MAIN) -> None:
        """Return when the client has been told that state, after the one of the last `until`."""

        def reached() -> bool | None:
            try:
                self._read[call] = self.told[call].index(state, self._read[call]) + 1
            except ValueError:
                return None
            return True

        await self.eventually(reached)

    async def eventually(self, look: Callable[[], T | None]) -> T:
        """What `look` finds, as soon as it finds something; it looks after every frame."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (found := look()) is None:
                    self._changed.clear()
                    await self._changed.wait()
                return found
        except TimeoutError:
            last = "\n".join(str(frame) for frame in self.frames[-12:])
            raise AssertionError(f"waited in vain; told: {self.told}; the last frames:\n{last}") from None

    # --- the vendor's

    @abstractmethod
    def answered(self, frame: Frame) -> str | None:
        """The number of the request that the frame answers; None if it answers none."""

    @abstractmethod
    def event(self, frame: Frame) -> None:
        """Take note of what is no answer."""

    @abstractmethod
    async def sign_in(self) -> None:
        """Do as the vendor's page does when it is loaded."""

    @abstractmethod
    async def refused(self, command: str, *params: Any) -> str:
        """Send a command that must fail; the reason that the client is given, in the vendor's way."""

    @abstractmethod
    def place(self, name: str) -> str:
        """What the vendor calls a place: `call` is the contact's, the others are its own."""

    @abstractmethod
    async def dial(self, destination: str) -> None:
        """Call somebody."""

    @abstractmethod
    async def accept(self) -> None:
        """Take the call that is offered."""

    @abstractmethod
    async def hold(self) -> None:
        """Put it on hold."""

    @abstractmethod
    async def retrieve(self) -> None:
        """Take it back."""

    @abstractmethod
    async def consult(self, destination: str) -> None:
        """Ask somebody about it."""

    @abstractmethod
    async def complete_transfer(self) -> None:
        """Hand it to whom was asked."""

    @abstractmethod
    async def release(self) -> None:
        """Hang up."""

    @abstractmethod
    async def complete(self) -> None:
        """Finish the work on it."""
