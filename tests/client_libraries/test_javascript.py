"""The JavaScript client against a real gateway, in Node and in a browser: scenarios.js says what of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest
from aiohttp import web

from adapters.contract.dialect import Done, Outcome
from schemas.results import ErrorCode, Failed
from schemas.values import Json
from tests.browser.pages import chromium
from tests.client_libraries.programs import JAVASCRIPT, NODE, installed
from tests.client_libraries.stage import SKILL, Stage, stage
from tests.gateway.handmade import Called, call
from tests.patience import PATIENCE_S

HERE: Final = Path(__file__).parent
SCENARIOS: Final = (HERE / "scenarios.js").read_text(encoding="utf-8").count("\n  async ")
OUTCOMES: Final[Mapping[str, Outcome]] = {
    "done": Done(),
    "skill": SKILL,
    "refused": Failed(code=ErrorCode.PLATFORM_ERROR, message="no"),
}
# A page of a site that the gateway lets in. The client is loaded as it is: modules, by their names.
PAGE: Final = """<!doctype html><meta charset=utf-8><title>client</title>
<script type=importmap>{"imports": {"trunkline-client": "/src/index.js"}}</script>
"""
NODE_SCRIPT: Final = """
import { run } from "./scenarios.js";
await run(JSON.parse(process.argv[2]), (name) => console.log(name));
"""


class Control:
    """What the scenarios have done to the gateway, its platform and its receiver."""

    def __init__(self) -> None:
        self.url = ""
        self.stage: Stage | None = None
        self._called: Called | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """One wish, by its name."""
        args = msgspec.json.decode(await request.read() or b"{}", type=dict[str, Json])
        assert self.stage is not None
        wishes: dict[str, Callable[[Stage, Mapping[str, Json]], Awaitable[Json]]] = {
            "restart": lambda here, _: here.restart(),
            "back_up": lambda here, _: here.back_up(),
            "lay_back": lambda here, _: here.lay_back(),
            "tell": self._tell,
            "cut": self._cut,
            "lose_answer": self._lose_answer,
            "page": self._page,
            "called": self._take_call,
            "reply": self._reply,
            "carry_out": self._carry_out,
            "leave": self._leave,
            "show_call": self._show_call,
            "delivery": self._delivery,
        }
        told = await wishes[request.match_info["name"]](self.stage, args)
        return web.json_response(body=msgspec.json.encode(told))

    @staticmethod
    async def _tell(here: Stage, args: Mapping[str, Json]) -> Json:
        await here.tell(int(str(args["count"])), str(args["code"]), str(args.get("agent", "a1")))
        return None

    @staticmethod
    async def _cut(here: Stage, _: Mapping[str, Json]) -> Json:
        here.door.cut()
        return None

    @staticmethod
    async def _lose_answer(here: Stage, args: Mapping[str, Json]) -> Json:
        here.door.lose_answer(str(args["begins"]))
        return None

    @staticmethod
    async def _page(here: Stage, args: Mapping[str, Json]) -> Json:
        agent = str(args.get("agent", "a1"))
        await here.page(agent)
        return {"session": here.bench.session(agent)}

    async def _take_call(self, here: Stage, _: Mapping[str, Json]) -> Json:
        self._called = await here.pages["a1"].called()
        return self._called

    async def _reply(self, here: Stage, args: Mapping[str, Json]) -> Json:
        assert self._called is not None
        await here.pages["a1"].reply(self._called, OUTCOMES[str(args["outcome"])])
        return None

    @staticmethod
    async def _carry_out(here: Stage, args: Mapping[str, Json]) -> Json:
        return await here.pages["a1"].carry_out(OUTCOMES[str(args["outcome"])])

    @staticmethod
    async def _leave(here: Stage, _: Mapping[str, Json]) -> Json:
        await here.pages.pop("a1").socket.close()
        return None

    @staticmethod
    async def _show_call(here: Stage, _: Mapping[str, Json]) -> Json:
        (shown,) = await here.bench.shown(here.pages["a1"], call())
        await here.bench.gateway.store.barrier()
        return {"interaction": shown.id}

    @staticmethod
    async def _delivery(here: Stage, _: Mapping[str, Json]) -> Json:
        got = await here.receiver.next()
        return {
            "headers": {name.lower(): value for name, value in got.headers.items()},
            "body": got.body.decode(),
        }


async def _script(request: web.Request) -> web.Response:
    """A module, under its own name."""
    path = (HERE if request.path == "/scenarios.js" else JAVASCRIPT) / request.path.lstrip("/")
    return web.Response(text=path.read_text(encoding="utf-8"), content_type="text/javascript")


@asynccontextmanager
async def controlled(folder: Path) -> AsyncIterator[tuple[Control, dict[str, Json]]]:
    """A stage, and what the scenarios have to know of it."""
    control, app = Control(), web.Application()
    app.router.add_post("/control/{name}", control.handle)
    app.router.add_get("/", _page)
    app.router.add_get("/{path:.*js}", _script)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    control.url = f"http://{host}:{port}"
    try:
        server = {"port": 0, "shutdown_s": 1.0, "origins": [control.url]}
        async with stage(folder, {"server": server}) as here:
            control.stage = here
            about: dict[str, Json] = {"url": here.url, "key": here.key, "control": control.url}
            yield control, {**about, "receiver": f"{here.receiver.url}/hook"}
    finally:
        await runner.cleanup()


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")


@pytest.mark.whole
async def test_in_node_it_keeps_what_it_promises(tmp_path: Path) -> None:
    shutil.copy(HERE / "scenarios.js", installed(tmp_path))
    (tmp_path / "run.js").write_text(NODE_SCRIPT, encoding="utf-8")
    async with controlled(tmp_path) as (_, about):
        told = msgspec.json.encode(about).decode()
        done = await asyncio.create_subprocess_exec(
            *(NODE, "run.js", told),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(PATIENCE_S):
            said, _ = await done.communicate()
    assert done.returncode == 0, said.decode()
    assert len(said.decode().splitlines()) == SCENARIOS, said.decode()


@pytest.mark.whole
async def test_in_a_browser_it_keeps_the_same(tmp_path: Path) -> None:
    async with controlled(tmp_path) as (control, about), chromium() as browser:
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        told: list[str] = []
        await page.expose_function("told", lambda name: told.append(name))  # noqa: PLW0108  # no built-in one
        await page.goto(control.url)
        wrong = await page.evaluate(
            """async (about) => {
                const { run } = await import("/scenarios.js");
                try { await run(about, told); } catch (error) { return String(error); }
            }""",
            about,
        )
        assert wrong is None, wrong
        assert len(told) == SCENARIOS
