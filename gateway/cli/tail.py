"""`trunkline tail`: what a gateway tells, as it happens, from anywhere that its API can be reached.

Whatever cuts the stream, it is taken up where it was: nothing is missing and nothing is printed twice, or the
gap is told.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Final

import msgspec
import typer
from aiohttp import ClientError, ClientSession, ClientTimeout, WSCloseCode, WSMsgType, WSServerHandshakeError
from rich.console import Console
from rich.text import Text

from gateway.api.history import Gap, Snapshot
from gateway.api.stream import Problem, Progress, Subscribe, Subscribed
from gateway.cli.display import line
from gateway.cli.remote import Remote
from gateway.events.filters import Filter
from gateway.http.sockets import TOO_SLOW
from gateway.store.epochs import read_place
from schemas import events as ev
from schemas.errors import TrunklineError
from schemas.ids import Cursor, Resume

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 15.0
# Close codes after which to come again; None: the connection broke before one was told.
_AGAIN: Final = frozenset(
    {
        None,
        WSCloseCode.GOING_AWAY,
        WSCloseCode.TRY_AGAIN_LATER,
        WSCloseCode.ABNORMAL_CLOSURE,
        TOO_SLOW,
    }
)
_COLOURS: Final = {"needinfo": "yellow", "agent": "cyan", "interaction": "green", "command": "blue"}

_TIMEOUT: Final = ClientTimeout(total=None, sock_connect=10.0)

_Frame = ev.AnyEvent | Subscribed | Gap | Progress | Snapshot | Problem
_decode: Final = msgspec.json.Decoder[_Frame](_Frame).decode
_encode: Final = msgspec.json.Encoder().encode


class TailError(TrunklineError):
    """The gateway does not let us listen."""


class Tail:
    """One listener, over as many connections as it takes."""

    def __init__(
        self, at: Remote, wanted: Filter, after: Resume | None, show: Callable[[str, _Frame], None]
    ) -> None:
        """`show` is given each frame that is for people, as it came and read."""
        self._at = at
        self._wanted = wanted
        self._after = after
        self._show = show
        self._joined = False
        self._told = Cursor(0)  # after that nothing was shown

    async def run(self, pause: Callable[[float], object] = lambda _s: None) -> None:
        """Until cancelled. Raises TailError. `pause` is told of each pause before another try."""
        pause_s = FIRST_PAUSE_S
        async with ClientSession(timeout=_TIMEOUT) as session:
            while True:
                self._joined = False
                try:
                    await self._listen(session)
                except WSServerHandshakeError as error:
                    if error.status not in {429, 502, 503, 504}:
                        raise TailError(f"{self._at.url}: {error.status} {error.message}") from error
                except (ClientError, OSError):
                    pass
                pause_s = FIRST_PAUSE_S if self._joined else min(2 * pause_s, LONGEST_PAUSE_S)
                pause(pause_s)
                await asyncio.sleep(pause_s)

    async def _listen(self, session: ClientSession) -> None:
        async with session.ws_connect(self._at.stream, max_msg_size=0, heartbeat=30.0) as socket:
            await socket.send_str(_encode(self._first()).decode())
            why = ""
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    why = self._took(message.data)
            if socket.close_code not in _AGAIN:
                raise TailError(f"{self._at.url}: {why or f'closed with {socket.close_code}'}")

    def _first(self) -> Subscribe:
        return Subscribe(token=self._at.key, filter=self._wanted, after=self._after)

    def _took(self, text: str) -> str:
        """One frame; what an error among them says."""
        match frame := _decode(text):
            case Problem(message=message):
                return message
            case Subscribed(resume=resume) | Progress(resume=resume):
                self._joined, self._after = True, resume
            case Gap(resume=resume, restart_after=cursor):
                self._show(text, frame)
                self._after, self._told = resume, cursor
            case Snapshot():
                pass
            case _ if (
                frame.cursor > self._told
            ):  # else it was shown before the cut: a place is told now and then
                self._show(text, frame)
                self._told = frame.cursor
            case _:
                pass
        return ""


async def tail(at: Remote, wanted: Filter, after: str | None, *, as_json: bool) -> int:
    """Print until Ctrl-C: a line an event, for people or as JSON. Raises TailError, RefusedError."""
    place = None if after is None else Resume(after)
    if place is not None:
        read_place(place)
    console = Console(soft_wrap=True)

    def for_people(_text: str, frame: _Frame) -> None:
        console.print(_line(frame))

    def as_it_came(text: str, _frame: _Frame) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def waits(pause_s: float) -> None:
        typer.echo(f"trunkline: {at.url}: no connection; again in {pause_s:g} s", err=True)

    await Tail(at, wanted, place, as_it_came if as_json else for_people).run(waits)
    return 0


def _line(frame: _Frame) -> Text:
    if isinstance(frame, Gap):
        return Text(f"events before {frame.first} are no longer kept", style="red")
    if not isinstance(frame, ev.Event):
        return Text()
    name = str(frame.__struct_config__.tag)
    style = _COLOURS.get(name.partition(".")[0], "")
    return Text.assemble(
        (f"{frame.time.astimezone():%H:%M:%S.%f}"[:-3], "dim"),
        f"  {frame.platform_id:12} {frame.agent_id or '':12} ",
        (f"{name:30}", style),
        f" {line(frame)}",
    )
