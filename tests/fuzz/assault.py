"""A gateway in a process of its own, and everything that can be sent to it, with something wrong in it.

Whatever comes, it answers no 5xx, logs no error of its own, ends nothing but the connection that it came
over, takes no more and more memory, and goes on serving others. A seed decides what is sent.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType
from aiohttp.client_exceptions import WSServerHandshakeError

from tests.contract.mutations import Rubbish
from tests.faults.gateway_process import GatewayProcess
from tests.fuzz import corpus
from tests.fuzz.corpus import Target
from tests.patience import PATIENCE_S

BATCH: Final = 100  # frames, after which a socket is asked whether it has read them
AT_ONCE: Final = 8  # requests, and sockets
WARM: Final = 0.4  # of all, after which memory is looked at for the first time
MOST_MORE_BYTES: Final = 48 * 1024 * 1024  # at the end, as against then
LISTS: Final = ("events", "sessions", "interactions", "platforms", "needinfo", "webhooks")
NAMES: Final = (
    "id",
    "type",
    "ref",
    "command",
    "answer",
    "params",
    "method",
    "agent",
    "token",
    "data",
    "filter",
)
_PAGE_BYTES: Final = 4096


@dataclass
class Found:
    """What came of it."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    closed: Counter[int] = field(default_factory=Counter)  # by close code
    served: int = 0  # how often somebody else was, meanwhile
    first_bytes: int = 0
    last_bytes: int = 0
    wrong: list[str] = field(default_factory=list)

    def said(self) -> str:
        """In one line."""
        more = (self.last_bytes - self.first_bytes) / 1024 / 1024
        return (
            f"sent {self.sent}, answers {dict(sorted(self.statuses.items()))}, closed"
            f" {dict(sorted(self.closed.items()))}, others served {self.served} times, memory"
            f" {self.last_bytes / 1024 / 1024:.0f} MiB ({more:+.0f} since it was warm),"
            f" wrong {len(self.wrong)}"
        )


async def assault(folder: Path, seed: int, times: int) -> Found:
    """Send so many. Whatever is wrong is in what is returned."""
    choose = random.Random(seed)  # noqa: S311  # it is to be repeated
    gateway = GatewayProcess(folder, choose)
    gateway.configure(corpus.configuration(folder))
    found = Found()
    await gateway.start()
    try:
        async with ClientSession(connector=TCPConnector(limit=0)) as http:
            await _Assault(gateway, http, choose, found, times).run()
        if not (await gateway.readiness())[0]:
            found.wrong.append("it is not ready any more")
        found.wrong += gateway.complaints()
    finally:
        await gateway.stop()
    return found


class _Assault:
    def __init__(
        self, gateway: GatewayProcess, http: ClientSession, choose: random.Random, found: Found, times: int
    ) -> None:
        self._gateway = gateway
        self._http = http
        self._choose = choose
        self._found = found
        self._times = times
        self._left = {True: times // 3, False: times - times // 3}  # of requests, and of frames
        self._rubbish = Rubbish(choose, NAMES)

    async def run(self) -> None:
        """Until all is sent."""
        webhook = {"url": corpus.NOWHERE, "id": "mine"}
        async with self._http.post(f"{self._gateway.url}/v1/webhooks", json=webhook) as made:
            if made.status != 201:
                raise RuntimeError(await made.text())
        async with self._http.get(f"{self._gateway.url}/v1/sessions") as shown:
            sessions = (await shown.json())["sessions"]
        session = sessions[0]["id"] if sessions else "ses_x"
        requests, sockets = corpus.requests(session, "mine"), corpus.sockets(session)
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            bystander = group.create_task(self._bystander(over))
            async with asyncio.TaskGroup() as senders:
                for _ in range(AT_ONCE):
                    senders.create_task(self._requests(requests))
                for target in sockets:
                    senders.create_task(self._frames(target))
            over.set()
            await bystander
        self._found.last_bytes = self._memory()
        if self._found.last_bytes - self._found.first_bytes > MOST_MORE_BYTES:
            self._found.wrong.append("it takes more and more memory")

    def _take(self, most: int, *, requests: bool) -> int:
        """So many of what is left."""
        taken = min(most, self._left[requests])
        self._left[requests] -= taken
        self._found.sent += taken
        if not self._found.first_bytes and self._found.sent >= self._times * WARM:
            self._found.first_bytes = self._memory()
        return taken

    def _memory(self) -> int:
        return int(Path(f"/proc/{self._gateway.pid}/statm").read_text().split()[1]) * _PAGE_BYTES

    def _spoilt(self, right: Sequence[bytes]) -> bytes:
        return self._rubbish.made_of(self._choose.choice(right), self._choose.choice(right))

    # --- requests

    async def _requests(self, targets: Sequence[Target]) -> None:
        while self._take(1, requests=True):
            if self._choose.randrange(6) == 0:
                await self._ask("GET", self._query(), None)
            else:
                target = self._choose.choice(targets)
                await self._ask(target.method, target.path, self._spoilt(target.right))

    def _query(self) -> str:
        """A list, with parameters that are not right."""
        names = ("limit", "after", "page", "agent", "type", "content", "media", "wait", "snapshot", "state")
        odd = (self._choose.choice(names) for _ in range(self._choose.randrange(4)))
        values = (quote(self._spoilt((b"1", b'"interaction.*"', b'["a:b"]'))[:200]) for _ in range(4))
        query = "&".join(f"{name}={value}" for name, value in zip(odd, values, strict=False))
        return f"/v1/{self._choose.choice(LISTS)}?{query}"

    async def _ask(self, method: str, path: str, body: bytes | None) -> None:
        what = f"{method} {path} {body!r:.500}"
        try:
            async with asyncio.timeout(PATIENCE_S):
                async with self._http.request(method, self._gateway.url + path, data=body) as response:
                    self._found.statuses[response.status] += 1
                    if response.status >= 500:
                        self._found.wrong.append(f"{response.status}: {what}")
                    await response.read()
        except (ClientError, OSError, TimeoutError) as error:
            self._found.wrong.append(f"{type(error).__name__} {error}: {what}")

    # --- frames

    async def _frames(self, target: Target) -> None:
        while self._left[False]:
            async with self._socket(target) as socket:
                for frame in target.first:
                    await socket.send_str(frame.decode())
                while not socket.closed and (size := self._take(BATCH, requests=False)):
                    if not await self._batch(socket, target, size):
                        break

    @asynccontextmanager
    async def _socket(self, target: Target) -> AsyncIterator[ClientWebSocketResponse]:
        try:
            async with self._http.ws_connect(
                self._gateway.url + target.path, autoping=False, max_msg_size=0
            ) as socket:
                yield socket
                if socket.close_code is not None:
                    self._found.closed[socket.close_code] += 1
        except WSServerHandshakeError as error:
            self._found.wrong.append(f"{error.status}: {target.path}")

    async def _batch(self, socket: ClientWebSocketResponse, target: Target, size: int) -> bool:
        """Send so many, and see that they were read. Returns whether the socket is still open."""
        try:
            for _ in range(size):
                await socket.send_str(self._spoilt(target.right).decode("utf-8", "replace"))
            await socket.ping(b"read?")
            async with asyncio.timeout(PATIENCE_S):
                while (message := await socket.receive()).type is not WSMsgType.PONG:
                    if message.type is WSMsgType.PING:
                        await socket.pong(message.data)
                    elif message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR):
                        return False
        except (ConnectionError, ClientError):
            return False
        except TimeoutError:
            self._found.wrong.append(f"{target.path}: frames were not read in time")
            return False
        return True

    # --- somebody else

    async def _bystander(self, over: asyncio.Event) -> None:
        """A stream of somebody who does everything right: it is never ended, and answered in time."""
        async with self._http.ws_connect(f"{self._gateway.url}/v1/stream", max_msg_size=0) as socket:
            await socket.send_json({"type": "subscribe", "filter": {"types": ["platform.*"]}})
            while not over.is_set():
                unknown = {"type": "agent.logout", "session_id": "ses_none"}
                await socket.send_json({"type": "command", "ref": "mine", "command": unknown})
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        while (await socket.receive_json()).get("ref") != "mine":
                            pass
                        async with self._http.get(f"{self._gateway.url}/v1/platforms") as shown:
                            await shown.read()
                except (TimeoutError, TypeError, ValueError) as error:
                    self._found.wrong.append(f"somebody else was not served: {type(error).__name__}")
                    return
                self._found.served += 1
