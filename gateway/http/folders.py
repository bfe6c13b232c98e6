"""Files of ours for browsers, as they are: with a type, a tag and a policy."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import web

TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript",
    ".html": "text/html",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
# A browser asks whether its copy is still ours: a script is to be of the version of the gateway it speaks to.
_REVALIDATE: Final = "public, no-cache"


class File(NamedTuple):
    """What is served at one address."""

    body: bytes
    media: str
    tag: str
    charset: str | None = "utf-8"


def tagged(body: bytes, media: str, charset: str | None = "utf-8") -> File:
    """A file with the tag of what is in it."""
    return File(body, media, sha256(body).hexdigest()[:32], charset)


def answer(request: web.Request, file: File, headers: Mapping[str, str]) -> web.Response:
    """The file, or that it is unchanged."""
    headers = {**headers, "Cache-Control": _REVALIDATE, "ETag": f'"{file.tag}"'}
    if any(one.value in (file.tag, "*") for one in request.if_none_match or ()):  # a proxy's may be weak
        return web.Response(status=304, headers=headers)
    return web.Response(body=file.body, content_type=file.media, charset=file.charset, headers=headers)


class Folder:
    """Its files by name, read once."""

    def __init__(self, folder: Path, policy: str, headers: Mapping[str, str] | None = None) -> None:
        """`policy`: the content security policy of its pages; `headers`: of its answers, beside that."""
        self._files = {
            one.name: tagged(one.read_bytes(), TYPES[one.suffix])
            for one in sorted(folder.iterdir())
            if one.suffix in TYPES
        }
        self._headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
        }

    def answer(self, request: web.Request, name: str) -> web.Response:
        """The file, or that it is unchanged. Raises HTTPNotFound."""
        file = self._files.get(name)
        if file is None:
            raise web.HTTPNotFound(reason="no such script or page")
        return answer(request, file, self._headers)
