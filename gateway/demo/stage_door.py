"""What a demonstration serves beside a gateway's own: its page, and what can be made to happen, by name.

It is there in a demonstration alone. Whoever may call the platform's own API may trigger.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from gateway.demo.api import ApiError
from gateway.demo.triggers import TRIGGERS, Stage, Triggered, Wanted, trigger
from gateway.http.answers import respond
from gateway.http.folders import Folder
from gateway.http.operations import Operation, unguarded
from gateway.http.reading import Strict
from gateway.security.access import Principal, Scope
from schemas.errors import RefusedError
from schemas.results import ErrorCode

PAGE: Final = "/demo"
PATH: Final = "/demo/triggers"
_FOLDER: Final = Path(__file__).with_name("browser")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'"
)
_wanted: Final = Strict[Wanted](Wanted)


class TriggerInfo(msgspec.Struct, frozen=True):
    """One name."""

    name: str
    what: str
    takes: tuple[str, ...]


class Link(msgspec.Struct, frozen=True):
    """A page to open."""

    title: str
    url: str
    hint: str = ""


class Example(msgspec.Struct, frozen=True):
    """A line to paste."""

    title: str
    line: str


class Playbill(msgspec.Struct, frozen=True):
    """What there is to see and to do."""

    triggers: list[TriggerInfo]
    platforms: dict[str, list[str]]  # the agents of each that is simulated
    links: list[Link] = []
    samples: list[Link] = []
    examples: list[Example] = []


def names() -> list[TriggerInfo]:
    """All that can be triggered."""
    return [TriggerInfo(one.name, one.what, one.takes) for one in TRIGGERS.values()]


class StageDoor:
    """The handlers. `stage` is set once everything is up."""

    def __init__(self, played: Callable[[], Playbill]) -> None:
        self.stage: Stage | None = None
        self._played = played
        self._files = Folder(_FOLDER, _POLICY)

    def operations(self) -> Sequence[Operation]:
        """The addresses."""
        page, file, files = unguarded(self.page), unguarded(self.file), {200: str, 304: None}
        return (
            Operation("Demonstration", "demo", f"GET {PAGE}", page, None, files, any_query=True),
            Operation("Demonstration", "demo_file", f"GET {PAGE}/{{file}}", file, None, files),
            Operation(
                *("Demonstration", "list_triggers", f"GET {PATH}", self.listed, Scope.EVENTS_READ),
                {200: Playbill},
            ),
            Operation(
                *("Demonstration", "trigger", f"POST {PATH}", self.trigger, Scope.VENDOR_CALL),
                {200: Triggered},
                body=Wanted,
            ),
        )

    async def page(self, request: web.Request) -> web.Response:
        """What there is to see and to do, for people."""
        return self._files.answer(request, "demo.html")

    async def file(self, request: web.Request) -> web.Response:
        """What the page is made of."""
        return self._files.answer(request, request.match_info["file"])

    async def listed(self, _request: web.Request, _principal: Principal) -> web.Response:
        """What can be triggered, at which platforms."""
        return respond(self._played())

    async def trigger(self, request: web.Request, _principal: Principal) -> web.Response:
        """Let something happen at a simulated platform.

        Example: {"event": "call.inbound", "agent": "ana"}
        """
        if self.stage is None:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the curtain is not up yet")
        wanted = _wanted.decode(await request.read())
        try:
            return respond(await trigger(self.stage, wanted))
        except ApiError as error:
            raise RefusedError(ErrorCode.PLATFORM_ERROR, str(error)) from error
