"""Which dialects each platform's clients may speak, and how they are reached."""

from collections.abc import Iterable

from aiohttp import web

from adapters.contract.dialect import ErasedDialect
from gateway.api import endpoints
from gateway.facades.facade import Core, Facade
from gateway.facades.polling import Handler, Polled, Timing
from gateway.http.hello import PageAdmission
from gateway.http.operations import Operation, Unguarded
from gateway.platforms.platform import Platform


class Facades:
    """All that are offered, by platform and dialect."""

    def __init__(
        self,
        core: Core,
        platforms: Iterable[Platform],
        dialects: Iterable[ErasedDialect],
        admission: PageAdmission,
        timing: Timing,
    ) -> None:
        self._admission = admission
        self._dialects = tuple(dialects)
        self._facades: dict[tuple[str, str], Facade] = {
            (platform.id, dialect.name): Facade(core, platform, dialect, platform.facades[dialect.name])
            for platform in platforms
            for dialect in self._dialects
            if dialect.name in platform.facades
        }
        self._polled = {
            key: Polled(facade, facade.dialect.polling, admission, timing)
            for key, facade in self._facades.items()
            if facade.dialect.polling is not None
        }

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A client's WebSocket."""
        facade = self._facades.get((request.match_info["platform"], request.match_info["dialect"]))
        if facade is None:
            raise _not_offered()
        return await facade.serve(request, self._admission)

    def operations(self) -> tuple[Operation, ...]:
        """What clients that poll ask, of each dialect that has it."""
        return tuple(
            operation
            for dialect in self._dialects
            if dialect.polling is not None and dialect.client_connection is not None
            for operation in endpoints.polling(
                dialect.name,
                dialect.polling,
                probe=self._served(dialect, Polled.probe),
                sessions=self._served(dialect, Polled.sessions),
                requests=self._served(dialect, Polled.requests),
                messages=self._served(dialect, Polled.messages),
            )
        )

    def _served(self, dialect: ErasedDialect, how: Handler) -> Unguarded:
        async def serve(request: web.Request) -> web.StreamResponse:
            polled = self._polled.get((request.match_info["platform"], dialect.name))
            if polled is None:
                raise _not_offered()
            return await polled.serve(request, how)

        return serve


def _not_offered() -> web.HTTPNotFound:
    return web.HTTPNotFound(reason="no such platform, or that dialect is not offered there")
