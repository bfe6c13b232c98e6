"""What a relay and we say to each other beside the platform's own frames.

It: that it could not keep all that its page said while the link was down or on hold. We: that it is to hold
what its page says, for the journal cannot take more, and that it may go on. What it holds is bounded.
"""

from typing import Final

import msgspec

HOLD: Final = b'{"jsonrpc":"2.0","method":"trunkline.hold","params":[true]}'
GO_ON: Final = b'{"jsonrpc":"2.0","method":"trunkline.hold","params":[false]}'

_METHOD: Final = "trunkline.gap"
_MARK: Final = _METHOD.encode()
_NEAR: Final = 64  # the method stands near the beginning; no frame of a platform's is read twice for this


class _Gap(msgspec.Struct, frozen=True):
    dropped: int


class _Frame(msgspec.Struct, frozen=True):
    method: str
    params: tuple[_Gap, ...]


_decode = msgspec.json.Decoder(_Frame).decode


def read_gap(frame: bytes) -> int | None:
    """How many frames were dropped; None if the frame is something else."""
    if _MARK not in frame[:_NEAR]:
        return None
    try:
        read = _decode(frame)
    except msgspec.DecodeError:
        return None
    return read.params[0].dropped if read.method == _METHOD and read.params else None
