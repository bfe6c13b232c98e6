"""Values that carry no meaning of their own: JSON that a vendor or a customer put there."""

from enum import StrEnum

# msgspec has no recursive alias, so the shape of a JSON value is not spelt out.
Json = object


class TimeSource(StrEnum):
    """Whose clock `time` is of."""

    PLATFORM = "platform"
    GATEWAY = "gateway"
