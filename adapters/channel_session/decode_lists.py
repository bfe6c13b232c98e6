"""The lists that the platform gives, read: dispositions of a channel, the directory. Both roles' shapes.

Source: seed 003 (directory); reference channel-session.md section 5 (dispositions). The address book is
inContact's.
"""

from adapters.channel_session import wire
from adapters.channel_session.printed import Members
from adapters.kit import reading
from adapters.kit.reading import Mended
from schemas.interaction import Disposition
from schemas.observations import DirectoryEntry


def dispositions(data: Members, mended: Mended | None = None) -> tuple[Disposition, ...]:
    """What channel.externaldispositions.updated brings. Raises msgspec.DecodeError."""
    listed = reading.convert(data, wire.DispositionsData, mended).dispositions
    return tuple(Disposition(id=str(one.id), name=one.name) for one in listed)


def directory(data: Members, mended: Mended | None = None) -> tuple[DirectoryEntry, ...]:
    """What directory.updated brings. Raises msgspec.ValidationError."""
    return tuple(
        DirectoryEntry(name=line.name, address=line.number, category=category.name)
        for category in reading.convert(data, wire.DirectoryData, mended).categories
        for line in category.entries
        if line.name or line.number
    )
