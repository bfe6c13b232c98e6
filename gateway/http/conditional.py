"""Entity tags: what a client has read of a thing, and whether it is so still (RFC 9110, section 13).

`If-Match` guards a change: two who change the same thing at once do not undo each other. `If-None-Match`
saves an answer that the client has already.
"""

from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import ETag, web

from gateway.http.operations import Parameter

IF_MATCH: Final = Parameter(
    "If-Match", "Only if it is still as it was read: the `ETag` of then.", place="header"
)
IF_NONE_MATCH: Final = Parameter(
    "If-None-Match", "The `ETag` of an answer that is there: 304 if nothing has changed.", place="header"
)
_ANY: Final = "*"
_encode: Final = msgspec.json.Encoder().encode


class PreconditionRequiredError(web.HTTPClientError):
    """A change needs `If-Match`, as the operator has set it (RFC 6585, section 3)."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED

    def __init__(self) -> None:
        super().__init__(reason="a change needs If-Match, with the ETag of what was read")


def tag_of(thing: object) -> str:
    """The strong tag of what is shown."""
    return sha256(_encode(thing)).hexdigest()[:32]


def tagged(response: web.Response, thing: object) -> web.Response:
    """The answer with the tag of the thing that it shows."""
    response.etag = tag_of(thing)
    return response


def shown(request: web.Request, response: web.Response, thing: object) -> web.Response:
    """The answer with its tag, or only that, where the client has it already."""
    tag = tag_of(thing)
    if _names(request.if_none_match, tag, weak=True):
        response = web.Response(status=HTTPStatus.NOT_MODIFIED)
    response.etag = tag
    return response


def unchanged(request: web.Request, *, required: bool = False) -> Callable[[object], None]:
    """A check of what is to be changed, as it is at that moment. Raises HTTPException."""
    asked, excluded = request.if_match, request.if_none_match
    if required and asked is None:
        raise PreconditionRequiredError

    def check(thing: object) -> None:
        tag = tag_of(thing)
        if asked is not None and not _names(asked, tag, weak=False):
            raise web.HTTPPreconditionFailed(reason="it has changed since: read it again")
        if _names(excluded, tag, weak=True):
            raise web.HTTPPreconditionFailed(reason="it is as If-None-Match says")

    return check


def _names(tags: tuple[ETag, ...] | None, tag: str, *, weak: bool) -> bool:
    """Whether one of them is meant; a weak one counts where only reading depends on it."""
    return any(one.value == _ANY or (one.value == tag and (weak or not one.is_weak)) for one in tags or ())
