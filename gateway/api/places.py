"""Where a request says that a client goes on, or which event it is about."""

from aiohttp import web

from gateway.store.epochs import DIGITS, Place, read_place
from schemas.ids import Cursor, Resume


def resume_point(request: web.Request) -> Place | None:
    """`Last-Event-ID`, else `after`: a cursor or a `resume`. Raises RefusedError."""
    text = request.headers.get("Last-Event-ID") or request.query.get("after")
    return None if text is None else read_place(Resume(text))


def cursor_of(request: web.Request) -> Cursor | None:
    """The cursor in the path; None: what stands there can be none."""
    named = request.match_info["cursor"]
    if not named.isdecimal() or len(named) > DIGITS:
        return None
    return Cursor(int(named)) or None
