"""Everything that this library raises.

TrunklineError
    ProblemError            the gateway refused (RFC 9457); one class below it for each kind of refusal
    UnreachableError        no connection came about: certainly nothing was done
    UnansweredError         it was sent, and no answer came: it may have been done
    MalformedError          what came is not what the contract says; perhaps somebody else answered
    StreamEndedError        a stream that is not worth coming again to, with the code that it was closed with
    CommandFailedError      a command was carried out and failed; only `Trunkline.run` raises it
    SignatureError          a webhook that is not from the gateway, or not of now
"""

from typing import Final

import msgspec

from trunkline_client.model.api import ProblemDetails
from trunkline_client.model.results import CommandRecord, Failed


class TrunklineError(Exception):
    """The root."""


class ProblemError(TrunklineError):
    """The gateway refused. `code` is the word that a program goes by, `detail` is for people."""

    def __init__(self, status: int, code: str, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s


class BadRequestError(ProblemError):
    """400: mend the request; `detail` names the field."""


class UnauthenticatedError(ProblemError):
    """401: no key or token, or none that is known any more."""


class NotAllowedError(ProblemError):
    """403: known, and without that right."""


class NotFoundError(ProblemError):
    """404: there is no such thing, or it is not yours to see."""


class ConflictError(ProblemError):
    """409: the same key with another body, a question answered twice, a wrong state."""


class GoneError(ProblemError):
    """410: too late, or no longer kept."""


class PreconditionFailedError(ProblemError):
    """412: somebody else has changed it since it was read."""


class RateLimitedError(ProblemError):
    """429: again after `retry_after_s`."""


class UnavailableError(ProblemError):
    """503: not now; nothing was done. Again after `retry_after_s`."""


class UnreachableError(TrunklineError):
    """No connection came about."""


class UnansweredError(TrunklineError):
    """The request went out and no answer came back. With `key` it may be sent again, for 24 hours."""

    def __init__(self, what: str, key: str = "") -> None:
        super().__init__(f"{what}: no answer came, and it may have been done")
        self.key = key


class MalformedError(TrunklineError):
    """An answer that is none of the gateway's."""


class StreamEndedError(TrunklineError):
    """The stream was closed for good."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}" if message else str(code))
        self.code = code
        self.message = message


class CommandFailedError(TrunklineError):
    """A command that was carried out, and failed. `failed.effect` says whether anything may have happened."""

    def __init__(self, record: CommandRecord, failed: Failed) -> None:
        super().__init__(f"{failed.code}: {failed.message}")
        self.record = record
        self.failed = failed


class SignatureError(TrunklineError):
    """Not signed by whom it should be, not of now, or no message at all. Answer 400."""


_KINDS: Final[dict[int, type[ProblemError]]] = {
    400: BadRequestError,
    401: UnauthenticatedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    412: PreconditionFailedError,
    429: RateLimitedError,
    503: UnavailableError,
}
_STATUS: Final = {  # of what is refused in a frame, where there is no status
    "invalid_command": 400,
    "not_allowed": 403,
    "conflict": 409,
    "wrong_state": 409,
    "expired": 410,
    "rate_limited": 429,
    "unavailable": 503,
    "link_down": 503,
}
_PREFIX: Final = "urn:trunkline:"
_problem: Final = msgspec.json.Decoder(ProblemDetails).decode


def problem(status: int, body: bytes, retry_after_s: float | None = None) -> ProblemError:
    """The error that an answer stands for, also if it is none of the gateway's."""
    try:
        told = _problem(body)
    except msgspec.DecodeError:
        return _KINDS.get(status, ProblemError)(status, "", "", retry_after_s)
    code = told.type.removeprefix(_PREFIX)
    return _KINDS.get(status, ProblemError)(status, code, told.detail, retry_after_s)


def refusal(code: str, message: str) -> ProblemError:
    """The error that a frame of the stream stands for."""
    status = 404 if code.startswith("unknown_") else _STATUS.get(code, 422)
    return _KINDS.get(status, ProblemError)(status, code, message)
