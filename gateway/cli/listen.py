"""`trunkline listen`: a gateway's web hooks, on a developer's machine that no gateway could reach.

It asks the gateway for its events and posts each one itself, as the gateway's web hooks would: one at a time,
in order, with the same headers and body, and signed. Nothing is registered at the gateway. Whatever cuts it
off, it goes on where it was.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec
import typer
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from yarl import URL

from gateway.api.bodies import Sessions
from gateway.api.history import Gap
from gateway.cli.remote import Remote
from gateway.demo.api import Api, ApiError
from gateway.outbound import payload, signature
from gateway.outbound.post import GONE
from gateway.outbound.schedule import ATTEMPT_S, LIVE, LIVE_TYPES, Schedule, retry_after_s
from gateway.store.base import Appended
from gateway.store.epochs import read_place
from schemas.errors import ConfigError, TrunklineError
from schemas.ids import Cursor, Resume

T = TypeVar("T")
WAIT_S: Final = 20  # for the next event, in one request
AGAIN_S: Final = 2.0
_PAGE: Final = 100
_MOST_BYTES: Final = 64 * 1024  # of a body: as a gateway has it that nobody has configured
_LONGEST_S: Final = 60.0  # of a pause that a receiver asks for
_SUCCESS: Final = range(200, 300)
_SOON: Final = frozenset({0, 429, 502, 503, 504})  # statuses after which to ask again; 0: there was no answer
_TIMEOUT: Final = ClientTimeout(total=ATTEMPT_S, sock_connect=5.0)
_HEADERS: Final = {"user-agent": "Trunkline", "accept": "*/*"}


class ListenError(TrunklineError):
    """It cannot go on."""


class _Page(msgspec.Struct, frozen=True):
    """A page of the journal, its events as they stand there."""

    events: list[msgspec.Raw]
    resume: Resume
    more: bool
    gap: Gap | None = None


class _Id(msgspec.Struct, frozen=True):
    id: str


class _About(msgspec.Struct, frozen=True):
    """What is to be known of an event that is posted."""

    cursor: Cursor
    type: str
    time: datetime
    platform_id: str = ""
    session_id: str = ""
    agent_id: str = ""
    interaction: _Id | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one."""

    cursor: int
    type: str
    attempt: int
    status: int | None  # None: there was no answer
    error: str = ""  # empty: delivered
    duration_ms: int
    again_s: float | None = None  # until the next one; None: there is none


class Ways(NamedTuple):
    """How it listens."""

    forward_to: str
    secret: str
    query: dict[str, str]  # which events
    attempts: int = len(LIVE)
    pauses: tuple[float, ...] = LIVE


_about: Final = msgspec.json.Decoder(_About).decode


class Listener:
    """Forwards what one gateway tells to one address."""

    def __init__(
        self,
        api: Api,
        http: ClientSession,
        ways: Ways,
        told: Callable[[Attempt], None],
        note: Callable[[str], None],
    ) -> None:
        """`told` is given each attempt; `note` what else people should know."""
        self._api = api
        self._http = http
        self._ways = ways
        self._told = told
        self._note = note
        self._packer = payload.Packer(_MOST_BYTES, api.url)
        self._signer = signature.by_secret(ways.secret)
        self._live_s = Schedule().lifetime_s
        self.resume = Resume("")  # go on there
        self.delivered = 0
        self.given_up = 0

    async def run(self, after: str | None, count: int | None = None) -> None:
        """Follow from there, or from now on; until so many events. Raises ListenError."""
        self.resume = Resume(after) if after is not None else await self._now()
        while count is None or self.delivered + self.given_up < count:
            page = await self._page(count)
            if page.gap is not None:
                self._note(f"events before {page.gap.first} are no longer kept")
            for body in page.events:
                about = _about(body)
                await self.post(bytes(body), about)
                self.resume = Resume(str(about.cursor))
            self.resume = page.resume

    async def replay(self, cursor: int) -> None:
        """Post that one event once more. Raises ListenError."""
        try:
            body = await self._api.get(f"/v1/events/{cursor}", msgspec.Raw)
        except ApiError as error:
            raise ListenError(f"event {cursor}: {error}") from error
        await self.post(bytes(body), _about(body))

    async def _now(self) -> Resume:
        return (await self._patiently(lambda: self._api.get("/v1/sessions", Sessions, {"limit": "1"}))).resume

    async def _page(self, count: int | None) -> _Page:
        left = _PAGE if count is None else min(_PAGE, count - self.delivered - self.given_up)
        query = {**self._ways.query, "wait": str(WAIT_S), "limit": str(left)}
        if self.resume:
            query["after"] = self.resume
        return await self._patiently(lambda: self._api.get("/v1/events", _Page, query))

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """However long the gateway is away. Raises ListenError where it refuses."""
        silent = False
        while True:
            try:
                return await ask()
            except ApiError as error:
                if error.status not in _SOON:
                    raise ListenError(f"{self._api.url}: {error}") from error
                if not silent:
                    self._note(f"{error}; it is asked again until it is there")
                silent = True
            await asyncio.sleep(AGAIN_S)

    # --- one event

    async def post(self, body: bytes, about: _About) -> None:
        """Until it is delivered or given up. Raises ListenError if the receiver wants no more of them."""
        message_id = payload.head(body).id
        message = self._packed(body, about)
        for number in range(1, self._ways.attempts + 1):
            begun = time.monotonic()
            status, error, asked_s = await self._once(message_id, message)
            last = number == self._ways.attempts
            pause_s = self._ways.pauses[min(number, len(self._ways.pauses) - 1)]
            again_s = None if not error or last or status == GONE else max(pause_s, asked_s)
            self._told(
                Attempt(
                    cursor=about.cursor,
                    type=about.type,
                    attempt=number,
                    status=status,
                    error=error,
                    duration_ms=round((time.monotonic() - begun) * 1000),
                    again_s=again_s,
                )
            )
            if not error:
                self.delivered += 1
                return
            if status == GONE:
                raise ListenError(f"{self._ways.forward_to}: answered {GONE}: it wants no more of them")
            if again_s is not None:
                await asyncio.sleep(again_s)
        self.given_up += 1

    def _packed(self, body: bytes, about: _About) -> payload.Message:
        event = Appended(
            about.cursor,
            about.type,
            about.platform_id,
            about.session_id,
            about.agent_id,
            about.interaction.id if about.interaction is not None else "",
            body,
        )
        until = about.time + timedelta(seconds=self._live_s)
        live = about.type in LIVE_TYPES and until > datetime.now(UTC)
        return self._packer.pack(payload.Form(), event, payload.head(body), until if live else None)

    async def _once(self, message_id: str, message: payload.Message) -> tuple[int | None, str, float]:
        """The status, what was wrong, and how long the receiver asks to wait."""
        now = datetime.now(UTC)
        signed = signature.headers([self._signer], message_id, now, message.body)
        headers = {**message.headers, **signed, **message.trace}
        try:
            async with self._http.post(
                self._ways.forward_to,
                data=message.body,
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as response:
                status = response.status
                asked_s = retry_after_s(response.headers.get("Retry-After"), now) or 0.0
        except TimeoutError:
            return None, "no answer in time", 0.0
        except (ClientError, OSError) as error:
            return None, str(error) or type(error).__name__, 0.0
        return status, "" if status in _SUCCESS else f"answered {status}", min(asked_s, _LONGEST_S)


def receiving() -> ClientSession:
    """Connections to the receiver, with the headers that a gateway sends."""
    return ClientSession(
        headers=_HEADERS,
        skip_auto_headers=("accept-encoding",),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
    )


async def listen(
    at: Remote,
    ways: Ways,
    *,
    after: str | None,
    replay: Sequence[int],
    count: int | None,
    shows_secret: bool,
    as_json: bool,
) -> int:
    """Until Ctrl-C, `count` events, or what is replayed. 1 if one was given up. Raises ListenError."""
    if after is not None:
        read_place(Resume(after))
    if shows_secret:
        typer.echo(f"signed with {ways.secret}", err=True)
    async with ClientSession() as http, receiving() as far:
        listener = Listener(Api(http, at.url, at.key), far, ways, _as_json if as_json else _for_people, _note)
        try:
            for cursor in replay:
                await listener.replay(cursor)
            if not replay:
                typer.echo(f"{at.url} -> {ways.forward_to}   (Ctrl-C ends it)", err=True)
                await listener.run(after, count)
        finally:
            if not replay and listener.resume:
                typer.echo(f"go on with --after {listener.resume}", err=True)
    return 1 if listener.given_up else 0


def ways(
    forward_to: str, secret_file: Path | None, query: dict[str, str], attempts: int
) -> tuple[Ways, bool]:
    """As options name it, and whether the secret is new. Raises ConfigError."""
    try:
        url = URL(forward_to)
    except ValueError as error:
        raise ConfigError(f"--forward-to {forward_to}: {error}") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError(f"--forward-to {forward_to}: must be such as http://127.0.0.1:3000/hook")
    secret = signature.new_secret()
    if secret_file is not None:
        try:
            secret = signature.checked(secret_file.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise ConfigError(f"--secret-file {secret_file}: {error}") from error
    return Ways(forward_to, secret, query, attempts), secret_file is None


def _as_json(one: Attempt) -> None:
    sys.stdout.write(msgspec.json.encode(one).decode() + "\n")
    sys.stdout.flush()


def _for_people(one: Attempt) -> None:
    came = f"{one.status or '---'}  {one.duration_ms:5} ms"
    after = (
        ""
        if not one.error
        else f"  {one.error}; " + (f"again in {one.again_s:g} s" if one.again_s is not None else "given up")
    )
    when = f"{datetime.now().astimezone():%H:%M:%S}"
    typer.echo(f"{when}  {one.cursor:8}  {one.type:30} {came}{after}")


def _note(text: str) -> None:
    typer.echo(f"trunkline: {text}", err=True)
