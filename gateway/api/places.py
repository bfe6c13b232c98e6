"""Where a request says that a client goes on."""

from aiohttp import web

from gateway.store.epochs import Place, read_place
from schemas.ids import Resume


def resume_point(request: web.Request) -> Place | None:
    """`Last-Event-ID`, else `after`: a cursor or a `resume`. Raises RefusedError."""
    text = request.headers.get("Last-Event-ID") or request.query.get("after")
    return None if text is None else read_place(Resume(text))
