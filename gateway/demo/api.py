"""A gateway's public API, as any program speaks it: for the shift, the triggers, the command line."""

import asyncio
from collections.abc import Mapping
from typing import Final, TypeVar
from uuid import uuid4

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from gateway.api.bodies import Interactions, Sessions
from gateway.http.problems import ProblemDetails
from schemas.agent import AgentSession
from schemas.errors import TrunklineError
from schemas.interaction import Interaction
from schemas.needinfo import AnswerAction, NeedInfo
from schemas.results import CommandRecord, CommandStatus
from schemas.values import Json

T = TypeVar("T")
WAIT_S: Final = 30  # for one answer; a command that takes longer is asked after again
_TIMEOUT: Final = ClientTimeout(total=WAIT_S + 30.0, sock_connect=10.0)
_TRIES: Final = 3  # of a command whose answer was cut off: its key makes it the same one
_AGAIN_S: Final = 0.5
_REFUSED: Final = 400  # from this status on
_UNDER_WAY: Final = frozenset({CommandStatus.ACCEPTED, CommandStatus.SENT})
_encode: Final = msgspec.json.Encoder().encode


class ApiError(TrunklineError):
    """The gateway refuses, or is not there. `status` is that of HTTP; 0: there was no answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """One gateway, by its address and a key; an empty key is not shown."""

    def __init__(self, http: ClientSession, url: str, key: str = "") -> None:
        self._http = http
        self.url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    async def get(self, path: str, kind: type[T], query: Mapping[str, str] | None = None) -> T:
        """Read something. Raises ApiError."""
        return await self._ask("GET", path, kind, query)

    async def post(self, path: str, body: object, kind: type[T], *, wait: bool = False, key: str = "") -> T:
        """Have something done; `wait`: until it is settled. Raises ApiError."""
        query = {"wait": str(WAIT_S)} if wait else None
        headers = {"idempotency-key": key} if key else {}
        return await self._ask("POST", path, kind, query, _encode(body), headers)

    async def sessions(self, **wanted: str) -> list[AgentSession]:
        """The agent sessions that fit: `platform`, `agent`. Raises ApiError."""
        return (await self.get("/v1/sessions", Sessions, _said(wanted))).sessions

    async def interactions(self, **wanted: str) -> list[Interaction]:
        """The open interactions that fit: `platform`, `agent`. Raises ApiError."""
        return (await self.get("/v1/interactions", Interactions, _said(wanted))).interactions

    async def command(self, body: Mapping[str, Json]) -> CommandRecord:
        """Give a command, and wait until it is finished or asks. Raises ApiError."""
        key = uuid4().hex
        tried = 1
        while True:
            try:
                record = await self.post("/v1/commands", body, CommandRecord, wait=True, key=key)
            except ApiError as error:
                if error.status or tried == _TRIES:
                    raise
                tried += 1
            else:
                return await self._settled(record)

    async def answer(
        self, asked: NeedInfo, action: AnswerAction, values: Mapping[str, Json] | None = None
    ) -> CommandRecord:
        """Answer a question, and wait likewise. Raises ApiError."""
        body = {"needinfo_id": asked.id, "action": action, "values": values or {}}
        path = f"/v1/commands/{asked.command_id}/answer"
        return await self._settled(await self.post(path, body, CommandRecord, wait=True))

    async def _settled(self, record: CommandRecord) -> CommandRecord:
        while record.status in _UNDER_WAY:
            await asyncio.sleep(_AGAIN_S)
            record = await self.get(f"/v1/commands/{record.id}", CommandRecord)
        return record

    async def _ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        url = self.url + path
        shown = {**self._headers, **(headers or {})}
        if body is not None:
            shown["content-type"] = "application/json"
        try:
            async with self._http.request(
                method, url, params=query, data=body, headers=shown, timeout=_TIMEOUT
            ) as response:
                text, status = await response.read(), response.status
        except (ClientError, OSError) as error:
            raise ApiError(f"{self.url}: no answer: {str(error) or type(error).__name__}") from error
        try:
            if status >= _REFUSED:
                problem = msgspec.json.decode(text, type=ProblemDetails)
                raise ApiError(problem.detail or problem.title, status)
            return msgspec.json.decode(text, type=kind)
        except msgspec.DecodeError as error:
            raise ApiError(f"{url}: answered {status}, and is no gateway of this version", status) from error


def _said(wanted: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in wanted.items() if value}
