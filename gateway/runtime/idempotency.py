"""Keys that callers give with a request, so that it can be sent again and is carried out once."""

from datetime import timedelta
from typing import Final

from schemas.errors import RefusedError
from schemas.results import ErrorCode

HEADER: Final = "Idempotency-Key"
KEY_LIFE: Final = timedelta(hours=24)  # of running time
LONGEST_KEY: Final = 200


def require_short(key: str) -> None:
    """Raises RefusedError for a key that is not to be remembered."""
    if len(key) > LONGEST_KEY:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"idempotency key: over {LONGEST_KEY} characters")
