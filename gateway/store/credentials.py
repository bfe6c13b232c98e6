"""What is kept of keys, and of tokens that were withdrawn: a port of its own, `Store.credentials`."""

from datetime import datetime
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from schemas.grants import UNNARROWED, Grant


class FormerSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The secret that a key had before its last rotation: its SHA-256, and when it is good no more."""

    digest: bytes
    until: datetime


class KeyRate(msgspec.Struct, frozen=True, kw_only=True):
    """A token bucket: so many requests at once, and so many a second ever after."""

    burst: Annotated[int, Meta(ge=1, le=1_000_000)]
    per_s: Annotated[float, Meta(gt=0, le=1_000_000)]


class KeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without its secret: only that secret's SHA-256 is kept."""

    id: str
    name: str
    digest: bytes
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None
    grant: Grant = UNNARROWED
    created_by: str = ""  # the principal; empty: an earlier version did not note it
    expires_at: datetime | None = None  # None: never
    rotated_at: datetime | None = None
    former: FormerSecret | None = None
    last_used_at: datetime | None = None  # some minutes late: it is not written with each request
    rate: KeyRate | None = None  # None: as configured


class CredentialStore(Protocol):
    """Methods are called in the loop's thread; all raise StoreError."""

    async def put_key(self, record: KeyRecord) -> None:
        """Insert, or replace by id."""
        ...

    async def key_by_id(self, key_id: str) -> KeyRecord | None:
        """One key, revoked or not."""
        ...

    async def list_keys(self) -> list[KeyRecord]:
        """All keys, revoked ones too, oldest first."""
        ...

    async def drop_key(self, key_id: str) -> None:
        """Forget a key, if it is there."""
        ...

    async def withdraw(self, mark: str, until: datetime) -> None:
        """Keep that what bears this mark is good no more; after `until` it would not be anyhow."""
        ...

    async def withdrawn(self) -> dict[str, datetime]:
        """All that was withdrawn."""
        ...

    async def forget_withdrawn(self, before: datetime) -> None:
        """Forget what would have ended before then."""
        ...


class MemoryCredentials:
    """Those of a store that keeps nothing."""

    def __init__(self) -> None:
        self._keys: dict[str, KeyRecord] = {}
        self._withdrawn: dict[str, datetime] = {}

    async def put_key(self, record: KeyRecord) -> None:
        """Insert, or replace by id."""
        self._keys[record.id] = record

    async def key_by_id(self, key_id: str) -> KeyRecord | None:
        """One key."""
        return self._keys.get(key_id)

    async def list_keys(self) -> list[KeyRecord]:
        """All keys, oldest first."""
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.id))

    async def drop_key(self, key_id: str) -> None:
        """Forget a key."""
        self._keys.pop(key_id, None)

    async def withdraw(self, mark: str, until: datetime) -> None:
        """Keep that it is good no more."""
        self._withdrawn[mark] = until

    async def withdrawn(self) -> dict[str, datetime]:
        """All that was withdrawn."""
        return dict(self._withdrawn)

    async def forget_withdrawn(self, before: datetime) -> None:
        """Forget what would have ended before then."""
        self._withdrawn = {mark: until for mark, until in self._withdrawn.items() if until >= before}
