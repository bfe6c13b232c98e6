"""Files for browsers that are shipped with us: read once, served with a tag and a strict policy."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import web

# Ours alone: no script or style in a page's own text, no form, no frame, no other host.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript",
    ".html": "text/html",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
_REVALIDATE: Final = "no-cache"  # a script is to be of the version of the gateway it speaks to


class _File(NamedTuple):
    body: bytes
    tag: str
    kind: str


class Files:
    """Some files, by their names."""

    def __init__(self, paths: Iterable[Path], policy: str = POLICY) -> None:
        self._policy = policy
        self._files = {path.name: _read(path) for path in paths if path.suffix in _TYPES}

    def answer(self, request: web.Request, name: str) -> web.Response:
        """The file, or that the browser's copy of it is still right. Raises HTTPNotFound."""
        found = self._files.get(name)
        if found is None:
            raise web.HTTPNotFound(reason="no such script or page")
        headers = {
            "Cache-Control": _REVALIDATE,
            "Content-Security-Policy": self._policy,
            "ETag": f'"{found.tag}"',
            "Referrer-Policy": "no-referrer",
        }
        if any(one.value in (found.tag, "*") for one in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=found.body, content_type=found.kind, charset="utf-8", headers=headers)


def _read(path: Path) -> _File:
    body = path.read_bytes()
    return _File(body, sha256(body).hexdigest()[:32], _TYPES[path.suffix])
