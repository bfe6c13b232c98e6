"""A real Prometheus, as a process on loopback."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientError, ClientSession

from tests.patience import PATIENCE_S

_LOOK_S: Final = 0.2
_MISSING: Final = "{} is not on the path: `make setup` installs it, from Debian's package prometheus"


def program(name: str) -> str:
    """The path of `prometheus` or `promtool`. Fails where there is none."""
    found = shutil.which(name)
    assert found is not None, _MISSING.format(name)
    return found


class Prometheus:
    """What one that runs says."""

    def __init__(self, url: str, http: ClientSession) -> None:
        self.url = url
        self._http = http

    async def api(self, path: str, **query: str) -> Any:
        """The data of an answer of its API."""
        async with self._http.get(f"{self.url}/api/v1/{path}", params=query) as response:
            told = await response.json()
            assert told["status"] == "success", told
            return told["data"]

    async def value(self, expression: str) -> float | None:
        """The first value of an expression now; None: it has none."""
        found = (await self.api("query", query=expression))["result"]
        return float(found[0]["value"][1]) if found else None

    async def alerts(self) -> Mapping[str, str]:
        """The state of each alert that is not quiet."""
        return {one["labels"]["alertname"]: one["state"] for one in (await self.api("alerts"))["alerts"]}

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Ask again and again until what is asked for holds. Returns it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    if found := await holds():
                        return found
                except ClientError:
                    pass  # it begins
                await asyncio.sleep(_LOOK_S)  # it has no way of telling


@asynccontextmanager
async def prometheus(config: Path, data: Path, port: int, *arguments: str) -> AsyncIterator[Prometheus]:
    """One of that configuration, ended in the end."""
    log = data.with_suffix(".log")
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program("prometheus"),
            *(f"--config.file={config}", f"--storage.tsdb.path={data}", *arguments),
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=output,
            stderr=output,
        )
    try:
        async with ClientSession() as http:
            one = Prometheus(f"http://127.0.0.1:{port}", http)
            await one.until(lambda: one.api("status/buildinfo"))
            yield one
    except TimeoutError:
        raise AssertionError(log.read_text(encoding="utf-8")[-2000:]) from None
    finally:
        process.terminate()
        await process.wait()


async def promtool(*arguments: str) -> tuple[int, str]:
    """Its exit status, and what it says."""
    process = await asyncio.create_subprocess_exec(
        program("promtool"), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


def as_json(value: object) -> str:
    """JSON, which is YAML too."""
    return json.dumps(value)
