"""A row of the journal: all events that were committed together, as one MessagePack array, and its checksum.

A row per event costs three times as much to write (docs/architecture.md), and reading decodes a whole row in
one call. The array is compressed (Zstandard): the events of a moment are much alike. Rows from before that
are read as they are, for no array begins as a compressed one does. The checksum finds what SQLite cannot: a
body that is well-formed, and not what was written.
"""

import sys
from collections.abc import Sequence
from typing import Final
from zlib import crc32

import msgspec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from gateway.store.base import Appended
from schemas.errors import StoreError
from schemas.ids import Cursor

ROW_EVENTS: Final = 256  # at most so many events a row: what reading one of them has to decode

_LEVEL: Final = 1  # a higher one costs the writer more than it saves the disk
_COMPRESSED: Final = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1
_SMALL: Final = 512  # bytes: below that it gains nothing
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Appended]).decode


class DamagedRowError(StoreError):
    """A row that is not what was written; names it by its last cursor."""

    def __init__(self, last: Cursor, why: str) -> None:
        super().__init__(f"the journal is damaged: the events up to {last}: {why}")
        self.last = last


def encode_row(events: Sequence[Appended]) -> tuple[bytes, int]:
    """Body and checksum."""
    body = _encode(events)
    if len(body) > _SMALL:
        body = zstd.compress(body, _LEVEL)
    return body, crc32(body)


def decode_row(last: Cursor, body: bytes, checksum: int | None) -> list[Appended]:
    """The events. Raises DamagedRowError; `checksum` is None in rows from before there was one."""
    if checksum is not None and crc32(body) != checksum:
        raise DamagedRowError(last, "the checksum differs")
    try:
        return _decode(zstd.decompress(body) if body.startswith(_COMPRESSED) else body)
    except (msgspec.DecodeError, zstd.ZstdError) as error:
        raise DamagedRowError(last, str(error)) from error
