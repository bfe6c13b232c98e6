"""Errors over HTTP, as RFC 9457 problem details that name what was wrong and where.

401 says that there is no credential, or none that is known: with another one the same may be asked again. 403
says that who was let in lacks a right, so that asking again is of no use.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from http import HTTPStatus
from math import ceil
from typing import Final

import msgspec
from aiohttp import hdrs, web

from gateway.http import people
from gateway.http.cors import vary
from gateway.http.peer_faults import UNREADABLE, note, unreadable
from gateway.security.tokens import CredentialError
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
_RETRY_S: Final[Mapping[int, int]] = {
    HTTPStatus.TOO_MANY_REQUESTS: 5,  # where nothing better is known
    HTTPStatus.SERVICE_UNAVAILABLE: 5,  # a restart takes about so long
}


class Refusal(StrEnum):
    """What HTTP itself refuses, before any of the canonical error codes could."""

    UNAUTHENTICATED = "unauthenticated"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REQUEST_TIMEOUT = "request_timeout"
    PRECONDITION_FAILED = "precondition_failed"
    CONTENT_TOO_LARGE = "content_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    EXPECTATION_FAILED = "expectation_failed"
    UPGRADE_REQUIRED = "upgrade_required"
    PRECONDITION_REQUIRED = "precondition_required"
    HEADERS_TOO_LARGE = "headers_too_large"
    MALFORMED_REQUEST = "malformed_request"  # it is not HTTP as we speak it


OF_STATUS: Final[Mapping[int, Refusal]] = {
    401: Refusal.UNAUTHENTICATED,
    405: Refusal.METHOD_NOT_ALLOWED,
    408: Refusal.REQUEST_TIMEOUT,
    412: Refusal.PRECONDITION_FAILED,
    413: Refusal.CONTENT_TOO_LARGE,
    415: Refusal.UNSUPPORTED_MEDIA_TYPE,
    417: Refusal.EXPECTATION_FAILED,
    426: Refusal.UPGRADE_REQUIRED,
    428: Refusal.PRECONDITION_REQUIRED,
    431: Refusal.HEADERS_TOO_LARGE,
}


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = ""


MEDIA: Final = "application/problem+json"
CHALLENGE: Final = 'Bearer realm="trunkline"'
_OF_BODY: Final = frozenset({hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH})
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ProblemDetails).decode


def problem(
    code: ErrorCode | Refusal, detail: str, status: int | None = None, retry_after_s: float | None = None
) -> web.Response:
    """The answer that says what was wrong. `status`, where the code alone does not say it."""
    status = status or STATUS.get(ErrorCode(code), 422)
    body = ProblemDetails(
        type=f"urn:trunkline:{code}", title=code.replace("_", " "), status=status, detail=detail
    )
    response = web.Response(body=_encode(body), status=status, content_type=MEDIA)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers[hdrs.WWW_AUTHENTICATE] = CHALLENGE
    if (wait_s := _RETRY_S.get(status) if retry_after_s is None else retry_after_s) is not None:
        response.headers[hdrs.RETRY_AFTER] = str(max(1, ceil(wait_s)))
    return response


def refused(request: web.Request, error: RefusedError) -> web.Response:
    """The answer to what was refused; to somebody whose credential is none, that he must show one."""
    if error.code is ErrorCode.NOT_ALLOWED:
        note(request, PeerFault.REFUSED, "a request was refused", why=error.message)
    if isinstance(error, CredentialError) or isinstance(error.__cause__, CredentialError):
        return problem(Refusal.UNAUTHENTICATED, error.message, HTTPStatus.UNAUTHORIZED)
    return problem(error.code, error.message, retry_after_s=error.retry_after_s)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what handlers raise into problem details, and these into a page for who wants to read one."""
    try:
        answer = await handler(request)
    except (RefusedError, msgspec.DecodeError, StoreError, web.HTTPException) as error:
        answer = _answer_to(request, error)
        if request.writer.output_size and request.transport is not None:
            # Another answer has begun. What is said now would be read as part of it, or waited for for ever.
            request.transport.abort()
    if isinstance(answer, web.Response) and answer.content_type == MEDIA:
        if people.prefers_pages(request):
            return _to_read(answer)
        vary(answer, hdrs.ACCEPT)
    return answer


def _to_read(answer: web.Response) -> web.Response:
    """The same as a page, with the headers that belong to it."""
    told = _decode(answer.body if isinstance(answer.body, bytes) else b"")
    page = people.page(answer.status, told.title, told.detail)
    for name, value in answer.headers.items():
        if name not in _OF_BODY:
            page.headers[name] = value
    vary(page, hdrs.ACCEPT)
    return page


def _answer_to(
    request: web.Request, error: RefusedError | msgspec.DecodeError | StoreError | web.HTTPException
) -> web.Response:
    """The problem that it is. Raises what leads elsewhere, such as HTTPFound."""
    match error:
        case RefusedError():
            return refused(request, error)
        case msgspec.DecodeError():
            return problem(ErrorCode.INVALID_COMMAND, str(error))
        case StoreError():
            unreadable(request, error)
            return problem(ErrorCode.UNAVAILABLE, UNREADABLE)
        case web.HTTPException():
            if error.status < web.HTTPBadRequest.status_code:
                raise error
            return _of_library(request, error)


def _of_library(request: web.Request, error: web.HTTPException) -> web.Response:
    """The same in our form, with the headers that belong to it, such as `Allow`."""
    code: ErrorCode | Refusal = OF_STATUS.get(error.status, ErrorCode.INVALID_COMMAND)
    if error.status == HTTPStatus.NOT_FOUND:
        code = ErrorCode.UNKNOWN_OBJECT
    answer = problem(code, f"{request.method} {request.path}: {error.reason}", error.status)
    for name, value in error.headers.items():
        if name not in _OF_BODY:
            answer.headers[name] = value
    if error.keep_alive is False:
        answer.force_close()
    return answer
