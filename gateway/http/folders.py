"""A folder of files of ours for browsers, as they are: with a type, a tag and a policy."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import web

_TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript",
    ".html": "text/html",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
# A browser asks whether its copy is still ours: a script is to be of the version of the gateway it speaks to.
_REVALIDATE: Final = "public, no-cache"


class _File(NamedTuple):
    body: bytes
    media: str
    tag: str


class Folder:
    """Its files by name, read once."""

    def __init__(self, folder: Path, policy: str, headers: Mapping[str, str] | None = None) -> None:
        """`policy`: the content security policy of its pages; `headers`: of its answers, beside that."""
        self._files = {
            one.name: _File(body, _TYPES[one.suffix], sha256(body).hexdigest()[:32])
            for one in sorted(folder.iterdir())
            if one.suffix in _TYPES
            for body in (one.read_bytes(),)
        }
        self._headers = {
            "Cache-Control": _REVALIDATE,
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
        }

    def answer(self, request: web.Request, name: str) -> web.Response:
        """The file, or that it is unchanged. Raises HTTPNotFound."""
        file = self._files.get(name)
        if file is None:
            raise web.HTTPNotFound(reason="no such script or page")
        headers = {**self._headers, "ETag": f'"{file.tag}"'}
        if any(one.value in (file.tag, "*") for one in request.if_none_match or ()):  # a proxy's may be weak
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.body, content_type=file.media, charset="utf-8", headers=headers)
