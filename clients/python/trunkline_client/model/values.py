"""Values that carry no meaning of their own: JSON that a vendor or a customer put there.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from trunkline_client.tolerance import OpenEnum


class TimeSource(OpenEnum):
    """Whose clock `time` is of."""

    PLATFORM = "platform"
    GATEWAY = "gateway"
