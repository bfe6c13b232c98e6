"""API keys: `tlk_<id>_<secret>`. The secret is shown once; only its SHA-256 is kept.

A plain hash is enough: the secret is 256 random bits, not something a person chose.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from gateway.runtime.clock import Clock
from gateway.store.base import KeyRecord, Store
from schemas.errors import RefusedError
from schemas.grants import UNNARROWED, Grant
from schemas.results import ErrorCode

PREFIX: Final = "tlk"
_SECRET_BYTES: Final = 32
_NOBODY: Final = hashlib.sha256(b"").digest()
_MAX_NAME: Final = 100


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


class Keys:
    """The keys of a store, all in memory: they are few, and nobody else writes while it is open."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._records: dict[str, KeyRecord] = {}
        self._listeners: list[Callable[[KeyRecord], None]] = []

    async def load(self) -> None:
        """Read them from the store. Before this, no key is known."""
        self._records = {record.id: record for record in await self._store.list_keys()}

    def configured(self) -> bool:
        """Whether there ever was a key. A gateway whose keys are all revoked does not stand open again."""
        return bool(self._records)

    async def create(
        self, name: str, scopes: Iterable[str], grant: Grant = UNNARROWED
    ) -> tuple[KeyRecord, str]:
        """A new key: what is kept of it, and the key itself, which cannot be had again."""
        if not name or len(name) > _MAX_NAME:
            raise RefusedError(
                ErrorCode.INVALID_COMMAND, f"a key needs a name of 1 to {_MAX_NAME} characters"
            )
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        record = KeyRecord(
            id=secrets.token_hex(6),
            name=name,
            digest=_digest(secret),
            scopes=tuple(sorted(scopes)),
            created_at=self._clock.now(),
            grant=grant,
        )
        await self._store.put_key(record)
        self._records[record.id] = record
        return record, f"{PREFIX}_{record.id}_{secret}"

    def verify(self, key: str) -> KeyRecord | None:
        """Whose key it is; None for a wrong, revoked or unknown one. Takes as long for each of them."""
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        record = self._records.get(key_id)
        same = hmac.compare_digest(_digest(secret), _NOBODY if record is None else record.digest)
        if prefix != PREFIX or not same or not secret or record is None or record.revoked_at is not None:
            return None
        return record

    async def narrow(self, key_id: str, grant: Grant) -> KeyRecord:
        """Change what a key is narrowed to, at once. Raises RefusedError for an unknown one."""
        record = self._records.get(key_id)
        if record is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such key")
        if record.grant != grant:
            record = msgspec.structs.replace(record, grant=grant)
            await self._store.put_key(record)
            self._records[key_id] = record
            for listener in self._listeners:
                listener(record)
        return record

    def on_narrowed(self, listener: Callable[[KeyRecord], None]) -> None:
        """Tell of every key whose grant is another from now on."""
        self._listeners.append(listener)

    def of(self, origin: str) -> KeyRecord | None:
        """The key of that name, `key:<id>`; None if it is none of ours."""
        return self._records.get(origin.removeprefix("key:"))

    def revoked(self, key_id: str) -> bool:
        """Whether a key was taken out of use; not, if it is none of ours."""
        record = self._records.get(key_id)
        return record is not None and record.revoked_at is not None

    async def revoke(self, key_id: str) -> KeyRecord:
        """Take a key out of use, at once and for good. Raises RefusedError for an unknown one."""
        record = self._records.get(key_id)
        if record is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such key")
        if record.revoked_at is None:
            record = msgspec.structs.replace(record, revoked_at=self._clock.now())
            self._records[key_id] = record
            await self._store.put_key(record)
        return record

    def list(self) -> list[KeyRecord]:
        """All keys, revoked ones too, oldest first."""
        return sorted(self._records.values(), key=lambda record: (record.created_at, record.id))
