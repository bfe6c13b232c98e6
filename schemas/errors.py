"""Every exception that crosses a module boundary.

TrunklineError
    MalformedFrame      bytes that are not what the dialect says; counted, dropped, the link lives
    UnsupportedError    it cannot be said accurately in this dialect; nothing was sent
    RefusedError        asked for something that cannot be; carries the problem for the client
      UncertainError    not refused: it was taken, and nobody knows yet what will come of it
    ConfigError         the configuration is wrong; says where
    StoreError          the journal cannot be written or read
      FencedError       another gateway has taken over: it will never be written again from here
"""

from schemas.results import ErrorCode


class TrunklineError(Exception):
    """The root."""


class MalformedFrame(TrunklineError):  # noqa: N818  # it is the name of a thing, as in the dialects' documents
    """A frame that is not what the dialect says. Never raised for an unknown but well-formed name."""

    def __init__(self, dialect: str, where: str, what: str) -> None:
        super().__init__(f"{dialect}: {where}: {what}")
        self.dialect = dialect
        self.where = where
        self.what = what


class UnsupportedError(TrunklineError):
    """The dialect has no accurate way to say it."""

    def __init__(self, dialect: str, what: str) -> None:
        super().__init__(f"{dialect} cannot say {what}")
        self.dialect = dialect
        self.what = what


class RefusedError(TrunklineError):
    """A request that cannot be carried out, with the code and text for whoever asked."""

    def __init__(self, code: ErrorCode, message: str, retry_after_s: float | None = None) -> None:
        """`retry_after_s`: when it may be asked again, where that is known."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


class UncertainError(RefusedError):
    """What was asked was taken, and whether it will be carried out is not known in time for an answer."""


class ConfigError(TrunklineError):
    """The configuration is wrong; the text says where."""


class StoreError(TrunklineError):
    """The journal cannot be written or read."""


class FencedError(StoreError):
    """Somebody else writes now what was ours, and nothing of ours will be written any more."""
