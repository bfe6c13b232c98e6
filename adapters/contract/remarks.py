"""What the operator should know of frames that were taken all the same."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec


class RemarkKind(StrEnum):
    """What there was to remark."""

    MENDED = "mended"  # it was not as documented: what did not fit was left out, or put right
    UNAWAITED = "unawaited"  # a reply that nobody waits for, or nobody any more


class Remark(msgspec.Struct, frozen=True):
    """One of them. `what` says where, in the vendor's names; never what stood there."""

    kind: RemarkKind
    what: str


@runtime_checkable
class Remarking(Protocol):
    """A connection that keeps its remarks until it is asked, which is after every frame."""

    def remarks(self) -> Sequence[Remark]:
        """What there was to say since it was last asked."""
        ...
