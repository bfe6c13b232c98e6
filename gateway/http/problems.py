"""Errors over HTTP, as RFC 9457 problem details that name what was wrong and where."""

from collections.abc import Awaitable, Callable, Mapping
from math import ceil
from typing import Final

import msgspec
from aiohttp import hdrs, web

from gateway.http.peer_faults import failed, note
from gateway.telemetry.peers import PeerFault
from schemas.errors import RefusedError, StoreError
from schemas.results import ErrorCode

STATUS: Final[Mapping[ErrorCode, int]] = {
    ErrorCode.INVALID_COMMAND: 400,
    ErrorCode.NOT_ALLOWED: 403,
    ErrorCode.UNKNOWN_PLATFORM: 404,
    ErrorCode.UNKNOWN_SESSION: 404,
    ErrorCode.UNKNOWN_INTERACTION: 404,
    ErrorCode.UNKNOWN_OBJECT: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.WRONG_STATE: 409,
    ErrorCode.EXPIRED: 410,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.LINK_DOWN: 503,
}
_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    web.HTTPUnauthorized.status_code: {"WWW-Authenticate": "Bearer"},
    web.HTTPServiceUnavailable.status_code: {"Retry-After": "5"},  # a restart takes about so long
}


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = ""


_encode = msgspec.json.Encoder().encode


def problem(code: ErrorCode, detail: str, status: int | None = None) -> web.Response:
    """The answer that says what was wrong."""
    status = status or STATUS.get(code, 422)
    body = ProblemDetails(
        type=f"urn:trunkline:{code}", title=code.replace("_", " "), status=status, detail=detail
    )
    headers = _HEADERS.get(status)
    return web.Response(
        body=_encode(body), status=status, content_type="application/problem+json", headers=headers
    )


def refused(request: web.Request, error: RefusedError) -> web.Response:
    """The answer to what was refused; to somebody who has not shown anything, that he must."""
    if error.code is ErrorCode.NOT_ALLOWED:
        note(request, PeerFault.REFUSED, "a request was refused", why=error.message)
    anonymous = error.code is ErrorCode.NOT_ALLOWED and "Authorization" not in request.headers
    answer = problem(error.code, error.message, web.HTTPUnauthorized.status_code if anonymous else None)
    if error.retry_after_s is not None:
        answer.headers[hdrs.RETRY_AFTER] = str(max(1, ceil(error.retry_after_s)))
    return answer


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what handlers raise into problem details."""
    try:
        return await handler(request)
    except RefusedError as error:
        return refused(request, error)
    except msgspec.DecodeError as error:
        return problem(ErrorCode.INVALID_COMMAND, str(error))
    except StoreError as error:
        failed(request, error)
        return problem(ErrorCode.INTERNAL, "the journal cannot be used at present", 503)
    except web.HTTPException as error:
        if error.status < web.HTTPBadRequest.status_code:
            raise
        code = ErrorCode.UNKNOWN_OBJECT if error.status == web.HTTPNotFound.status_code else None
        answer = problem(
            code or ErrorCode.INVALID_COMMAND,
            f"{request.method} {request.path}: {error.reason}",
            error.status,
        )
        if error.keep_alive is False:
            answer.force_close()
        return answer
