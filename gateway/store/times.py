"""Times as the embedded store keeps them."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """Since 1970: exact, and sorts."""
    return (time - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """The inverse."""
    return _EPOCH + value * _MICROSECOND
