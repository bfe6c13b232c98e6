"""A dialect that says everything back, and a client that polls it: for what only the transport does."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from adapters.contract.change import Change, Encoded, Frame
from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ClientOutput, Close, DialectSettings, Send, Timeless, View
from adapters.contract.transports import Begin, End, Polling
from schemas.errors import MalformedFrame
from schemas.ids import AgentId
from schemas.queries import AnyQuery
from schemas.results import FinalResult
from schemas.values import Json
from tests.fakes import FakeClock, until
from tests.gateway.handmade import HANDMADE, Bench, P, bench

T = TypeVar("T")
PREFIX: Final = "/v1/facades/p/echo"
LISTED: Final = "https://crm.example"


class EchoConnection(Timeless):
    """A dialect in which everything is said back, and `"bye"` is the end."""

    def __init__(self, _settings: DialectSettings, _view: View, agent: AgentId | None) -> None:
        self._agent = agent

    def opened(self, _now: datetime) -> Sequence[ClientOutput]:
        """Say whose client it is, if it is somebody's."""
        return [Send(b'{"agent":"%s"}' % self._agent.encode())] if self._agent else ()

    def received(self, frame: bytes, _now: datetime) -> Sequence[ClientOutput]:
        """Say it back. Raises MalformedFrame."""
        if frame == b"{":
            raise MalformedFrame("echo", "frame", "half")
        over = [Close(CloseCode.TRY_AGAIN, "bye")] if frame == b'"bye"' else []
        return [Send(frame), *over]

    def finished(self, _token: str, _result: FinalResult, _now: datetime) -> Sequence[ClientOutput]:
        """Nothing."""
        return ()

    def change(self, _change: Change, encoded: Encoded) -> Sequence[bytes]:
        """All."""
        return [frame.body for frames in encoded for frame in frames]

    def ask(self, _query: AnyQuery) -> Sequence[ClientOutput]:
        """Nothing."""
        return ()

    def overheard(self, _frame: Frame) -> Sequence[ClientOutput]:
        """Nothing."""
        return ()


class Opening(msgspec.Struct):
    """The body that opens or closes a session."""

    end: str = ""
    id: str | None = None
    token: str = ""


def decode(body: bytes, kind: type[T]) -> T:
    """A body. Raises MalformedFrame."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise MalformedFrame("echo", "body", str(error)) from error


def read_session(body: bytes) -> Begin | End:
    said = decode(body, Opening)
    return End(said.end) if said.end else Begin(name="x", id=said.id, token=said.token)


ECHO: Final = replace(
    HANDMADE,
    name="echo",
    client_connection=EchoConnection,
    event_encoder=lambda _settings: lambda _event: (),
    polling=Polling(
        sessions="line",
        requests="say/it",
        messages="hear",
        parameter="line",
        media="text/plain",
        read_session=read_session,
        begun=lambda session_id: msgspec.json.encode({"line": session_id}),
        wrap=lambda frames: b"[" + b",".join(frames) + b"]",
        begin=lambda name: b'{"name":"%s"}' % name.encode(),
        read_begun=lambda body: decode(body, dict[str, str])["line"],
        end=lambda session_id, _name: b'{"end":"%s"}' % session_id.encode(),
        unwrap=lambda body: [bytes(one) for one in decode(body, list[msgspec.Raw])],
    ),
)


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def frames(self) -> list[object]:
        """What was polled."""
        assert self.status == 200, self
        return msgspec.json.decode(self.body, type=list[object])


@dataclass
class Line:
    """A client that polls."""

    standing: Bench
    id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: object = None) -> Answer:
        """One request."""
        data = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "text/plain", **self.headers}
        url = f"{self.standing.url}{PREFIX}{path}"
        async with self.standing.http.request(method, url, data=data, headers=headers) as got:
            return Answer(got.status, await got.read(), got.headers)

    async def begin(self, query: str = "", **said: str) -> Answer:
        """Open a session."""
        answer = await self.ask("POST", f"/line{query}", said)
        if answer.status == 200:
            self.id = msgspec.json.decode(answer.body, type=dict[str, str])["line"]
        return answer

    async def say(self, frame: object) -> Answer:
        """Post one frame."""
        return await self.ask("POST", f"/say/it?line={self.id}", frame)

    async def hear(self) -> Answer:
        """Poll."""
        return await self.ask("GET", f"/hear?line={self.id}")

    async def end(self) -> Answer:
        """Close the session."""
        return await self.ask("POST", "/line", {"end": self.id})

    async def gone(self) -> bool:
        """Whether the gateway knows nothing of it any more."""
        asked = [await self.say(1), await self.hear(), await self.end()]
        assert len({one.status for one in asked}) == 1, asked
        return asked[0].status == 404


@asynccontextmanager
async def echoing(
    clock: FakeClock | None = None, *, limits: Mapping[str, int] | None = None, **server: float
) -> AsyncIterator[Bench]:
    """A gateway whose platform `p` is offered in the dialect that says everything back."""
    overrides = {"server": {"port": 0, "shutdown_s": 1.0, **server}, "limits": dict(limits or {})}
    platforms: dict[str, dict[str, Json]] = {P: {"dialect": "handmade", "origins": [LISTED]}}
    async with bench(clock=clock, platforms=platforms, overrides=overrides, dialects=[ECHO]) as standing:
        yield standing


async def line(standing: Bench, **said: str) -> Line:
    """One that is open."""
    opened = Line(standing)
    assert (await opened.begin(**said)).status == 200
    return opened


async def waiting(clock: FakeClock, wait_s: float = 25.0) -> None:
    """Return when a poll waits."""
    await until(lambda: any(abs(due - wait_s) < 1e-6 for due in clock.waiting()))
