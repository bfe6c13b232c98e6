"""The lists that the platform gives, read: dispositions of a channel, the directory. Both roles' shapes.

Source: seed 003 (directory); reference channel-session.md section 5 (dispositions). The address book is
inContact's.
"""

import msgspec

from adapters.channel_session import wire
from adapters.channel_session.printed import Members
from schemas.interaction import Disposition
from schemas.observations import DirectoryEntry


def dispositions(data: Members) -> tuple[Disposition, ...]:
    """What channel.externaldispositions.updated brings. Raises msgspec.ValidationError."""
    listed = msgspec.convert(data, wire.DispositionsData).dispositions
    return tuple(Disposition(id=str(one.id), name=one.name) for one in listed)


def directory(data: Members) -> tuple[DirectoryEntry, ...]:
    """What directory.updated brings. Raises msgspec.ValidationError."""
    return tuple(
        DirectoryEntry(name=line.name, address=line.number, category=category.name)
        for category in msgspec.convert(data, wire.DirectoryData).categories
        for line in category.entries
    )
