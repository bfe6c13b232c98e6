"""File descriptors: as many as we may have, and some that no client gets."""

import resource
from typing import Final, NamedTuple

import structlog

log = structlog.get_logger("trunkline")

_ENOUGH: Final = 1 << 20  # where there is no limit, or one that means none
_KEPT_SHARE: Final = 4  # a quarter
_KEPT_MOST: Final = 1024


class Descriptors(NamedTuple):
    """How many there are, and how many of them are kept: for the store, what we open, and the operator."""

    most: int
    kept: int

    def scarce(self, descriptor: int) -> bool:
        """Whether a client that got this one has got one of those that are kept.

        A new descriptor is always the lowest that is free: so its number tells how many are in use.
        """
        return descriptor >= self.most - self.kept


def obtain() -> Descriptors:
    """Raise the soft limit to the hard one, and say what there is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    most = soft
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as error:
            log.warning("the limit of file descriptors could not be raised", soft=soft, why=str(error))
        else:
            most = wanted
    if most == resource.RLIM_INFINITY:
        most = _ENOUGH
    found = Descriptors(most, min(most // _KEPT_SHARE, _KEPT_MOST))
    log.info("file descriptors", limit=found.most, before=soft, hard=hard, kept=found.kept)
    return found
