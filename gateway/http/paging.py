"""Pages of lists. A page goes on after the last entry of the one before, wherever that stands by now.

So nothing comes twice and nothing that was there all the time is missed, whatever is added or goes meanwhile.
The next page stands in the body, as `next`, and in the header `Link` (RFC 8288).
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import msgspec
from aiohttp import hdrs, web
from multidict import MultiDict

from gateway.http.operations import Number, Parameter
from schemas.errors import RefusedError
from schemas.results import ErrorCode

T = TypeVar("T")
Key = tuple[str, ...]  # by which the list is in order, and which no two entries share

MOST: Final = 1_000
LIMIT: Final = Number("limit", "Entries at most.", default=MOST, lowest=1, highest=MOST, whole=True)
PAGE: Final = Parameter("page", "Go on there: `next` of the page before.")
LINKED: Final = {"Link": 'The next page, as `rel="next"`; none: this is the last.'}
PAGED: Final = (LIMIT, PAGE)
_read: Final = msgspec.json.Decoder(Key).decode


def page_of(request: web.Request, entries: Iterable[T], key: Callable[[T], Key]) -> tuple[list[T], str]:
    """The page that is asked for, and `next`; empty: it is the last. Raises RefusedError."""
    limit, after, entries = int(LIMIT.read(request)), _after(request), list(entries)
    if after is None and len(entries) <= limit:
        return entries, ""
    rest = sorted((one for one in entries if after is None or key(one) > after), key=key)
    page = rest[:limit]
    return page, written(key(page[-1])) if len(rest) > limit else ""


def _after(request: web.Request) -> Key | None:
    text = request.query.get(PAGE.name)
    if text is None:
        return None
    try:
        return _read(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise RefusedError(ErrorCode.INVALID_COMMAND, "page: must be `next` of the page before") from error


def written(key: Key) -> str:
    """A key as a parameter."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def linked(request: web.Request, response: web.Response, **following: str) -> web.Response:
    """The answer with a link to the next page, the same request with these parameters; none: last."""
    if all(following.values()):
        query = MultiDict(request.query)
        query.update(following)
        response.headers[hdrs.LINK] = f'<{request.rel_url.with_query(query)}>; rel="next"'
    return response
