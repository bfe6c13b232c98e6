"""A gateway with keys, and what a test asks of it as somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from aiohttp import ClientSession
from multidict import CIMultiDictProxy

from gateway.security.access import Scope
from schemas.values import Json
from tests.gateway.handmade import Bench

EVERY: Final[list[Json]] = [scope.value for scope in Scope]


@dataclass(frozen=True)
class Told:
    """An answer, with its headers."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    def json(self) -> dict[str, Json]:
        """The body."""
        return msgspec.json.decode(self.body, type=dict[str, Json])

    def text(self, name: str) -> str:
        """One member of it, a text."""
        value = self.json()[name]
        assert isinstance(value, str)
        return value


async def told(
    http: ClientSession, method: str, url: str, body: Json = None, headers: Mapping[str, str] | None = None
) -> Told:
    """What is answered to a request."""
    data = None if body is None else msgspec.json.encode(body)
    async with http.request(method, url, data=data, headers=headers) as response:
        return Told(response.status, response.headers, await response.read())


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def ask(standing: Bench, key: str, method: str, path: str, body: Json = None, **headers: str) -> Told:
    """What is answered to whoever shows that key; nothing is shown if it is empty."""
    shown = {name.replace("_", "-"): value for name, value in headers.items()} | (bearer(key) if key else {})
    return await told(standing.http, method, standing.url + path, body, shown)


async def boss(standing: Bench) -> str:
    """A key that may do everything."""
    return (await standing.gateway.keys.create("boss", list(Scope)))[1]


async def made(standing: Bench, key: str, **wanted: Json) -> dict[str, Json]:
    """A key, made over HTTP."""
    answer = await ask(standing, key, "POST", "/v1/keys", {"name": "crm", "scopes": EVERY, **wanted})
    assert answer.status == 201, answer.body
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json()
