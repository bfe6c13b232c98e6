"""Answers as JSON."""

from typing import Final

import msgspec
from aiohttp import web

_encode: Final = msgspec.json.Encoder().encode


def respond(body: object, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(body=_encode(body), status=status, content_type="application/json")


class Empty(msgspec.Struct, frozen=True):
    """It is done, and there is nothing to tell."""
