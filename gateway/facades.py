"""Which dialects each platform's clients may speak, and where."""

from collections.abc import Iterable

from aiohttp import web

from adapters.dialect import ErasedDialect
from gateway.facade import Core, Facade
from gateway.platform import Platform
from gateway.security.access import Gate


class Facades:
    """All that are offered, by platform and dialect."""

    def __init__(
        self, core: Core, platforms: Iterable[Platform], dialects: Iterable[ErasedDialect], gate: Gate
    ) -> None:
        self._gate = gate
        dialects = tuple(dialects)
        self._facades: dict[tuple[str, str], Facade] = {
            (platform.id, dialect.name): _facade(core, platform, dialect)
            for platform in platforms
            for dialect in dialects
            if dialect.client_connection is not None and _offered(platform, dialect)
        }

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A client's WebSocket."""
        facade = self._facades.get((request.match_info["platform"], request.match_info["dialect"]))
        if facade is None:
            raise web.HTTPNotFound(reason="no such platform, or that dialect is not offered there")
        return await facade.serve(request, self._gate)


def _offered(platform: Platform, dialect: ErasedDialect) -> bool:
    return platform.config.facades is None or dialect.name in platform.config.facades


def _facade(core: Core, platform: Platform, dialect: ErasedDialect) -> Facade:
    own = dialect.name == platform.dialect.name
    return Facade(core, platform, dialect, platform.settings if own else dialect.settings())
