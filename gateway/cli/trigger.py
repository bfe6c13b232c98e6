"""`trunkline trigger`: let something happen at a simulated platform, by its name.

A demonstration has an address of its own for it. At any other gateway the simulated platforms' own methods
are called over the public API, and there are no others than those that it simulates itself.
"""

from typing import Final

import msgspec
import typer
from aiohttp import ClientSession

from gateway.api.bodies import Platforms
from gateway.app import dialects
from gateway.cli.remote import Remote
from gateway.demo.api import Api, ApiError
from gateway.demo.simulation import internal_dialect
from gateway.demo.stage_door import PATH, TriggerInfo, names
from gateway.demo.triggers import Stage, Triggered, Wanted, trigger
from schemas.ids import AgentId, PlatformId

_NOT_FOUND: Final = 404


def listed(*, as_json: bool) -> int:
    """Print what there is."""
    every = names()
    typer.echo(msgspec.json.encode(every) if as_json else "\n".join(map(_line, every)))
    return 0


def _line(one: TriggerInfo) -> str:
    options = " ".join("--from" if each == "address" else f"--{each}" for each in one.takes)
    return f"{one.name:16} {one.what}{f'  {options}' if options else ''}"


async def let_happen(at: Remote, wanted: Wanted, *, as_json: bool) -> int:
    """Do it, and say what was done. Raises ApiError, RefusedError."""
    async with ClientSession() as http:
        api = Api(http, at.url, at.key)
        try:
            done = await api.post(PATH, wanted, Triggered)
        except ApiError as error:
            if error.status != _NOT_FOUND or not await _is_none(api):
                raise
            done = await trigger(await _stage(api), wanted)
    typer.echo(msgspec.json.encode(done) if as_json else done.text)
    return 0


async def _is_none(api: Api) -> bool:
    """Whether it is no demonstration; else what is not found is an agent or a platform."""
    try:
        await api.get(PATH, msgspec.Raw)
    except ApiError as error:
        return error.status == _NOT_FOUND
    return False


async def _stage(api: Api) -> Stage:
    simulated = internal_dialect({one.name: one for one in dialects()}).name
    platforms = (await api.get("/v1/platforms", Platforms)).platforms
    agents: dict[PlatformId, list[AgentId]] = {one.id: [] for one in platforms if one.dialect == simulated}
    for session in await api.sessions():
        if session.platform_id in agents:
            agents[session.platform_id].append(session.agent_id)
    return Stage(api, api, agents)
