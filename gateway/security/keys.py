"""API keys: `tlk_<id>_<secret>`. The secret is shown once; only its SHA-256 is kept.

A plain hash is enough: the secret is 256 random bits, not something a person chose.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from gateway.runtime.clock import Clock, Steady
from gateway.security.audit import OPERATOR, Action, Audit
from gateway.store.base import Store
from gateway.store.credentials import FormerSecret, KeyRate, KeyRecord
from schemas.errors import RefusedError
from schemas.grants import UNNARROWED, Grant
from schemas.results import ErrorCode

PREFIX: Final = "tlk"
ORIGIN: Final = "key:"  # how a principal's name begins that is a key's
BOOTSTRAP: Final = "bootstrap"  # who made a key that a file brought; it is never forgotten, or came again
MOST_KEYS: Final = 10_000  # those that are over count too, until they are forgotten
MOST_OVERLAP_S: Final = 30 * 24 * 3600
_FORGOTTEN: Final = timedelta(days=30)  # after its end; nothing that it gave lasts so long
_SECRET_BYTES: Final = 32
_NOBODY: Final = hashlib.sha256(b"").digest()
_MAX_NAME: Final = 100
_WHOLE: Final = re.compile(r"tlk_([0-9a-f]{12})_([A-Za-z0-9_-]{43,200})")
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Term(NamedTuple):
    """How long something is good, and what to say then. No end: it has none."""

    end: datetime | None = None
    why: str = ""

    def over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.end is not None and self.end <= now


class Shown(NamedTuple):
    """A key of ours that somebody has shown, with the digest of its secret; it may be over."""

    record: KeyRecord
    digest: bytes


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _over(why: str) -> Term:
    return Term(LONG_AGO, why)


def _refused(why: str) -> RefusedError:
    return RefusedError(ErrorCode.INVALID_COMMAND, why)


def _require_name(name: str) -> None:
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise _refused(f"a key needs a name of 1 to {_MAX_NAME} characters")


class Keys:
    """The keys of a store, all in memory: they are few, and nobody else writes while it is open."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.on_narrowed: Callable[[str, Grant], object] = lambda _origin, _grant: None  # `key:<id>`
        self.on_change: list[Callable[[str], object]] = []  # told a key's id; its terms have changed
        self._whole_store = store
        self._store = store.credentials
        self._clock = clock
        self._steady = Steady(clock)
        self._audit = Audit(store)
        self._records: dict[str, KeyRecord] = {}
        self._used: dict[str, datetime] = {}  # since it was last written down
        self._turn = asyncio.Lock()  # or an older record could be written over a newer one

    def now(self) -> datetime:
        """The time that keys go by. A clock that is set back while we run makes none live longer."""
        return max(self._clock.now(), self._steady.now())

    async def load(self) -> None:
        """Read them from the store. Before this, no key is known."""
        self._records = {record.id: record for record in await self._store.list_keys()}

    async def read_anew(self) -> None:
        """Another gateway has written to them."""
        before = self._records
        await self.load()
        for key_id in [one for one, record in self._records.items() if record != before.get(one)]:
            self._changed(key_id)

    def configured(self) -> bool:
        """Whether there ever was a key. A gateway whose keys are all revoked does not stand open again."""
        return bool(self._records)

    def require_store(self) -> None:
        """Raises RefusedError while nothing can be kept: a secret must not be made that nobody hears of."""
        if self._whole_store.trouble:
            what = "the journal cannot be written at present; nothing was changed"
            raise RefusedError(ErrorCode.UNAVAILABLE, what)

    async def create(
        self,
        name: str,
        scopes: Iterable[str],
        grant: Grant = UNNARROWED,
        *,
        expires_at: datetime | None = None,
        rate: KeyRate | None = None,
        created_by: str = "",
    ) -> tuple[KeyRecord, str]:
        """A new key: what is kept of it, and the key itself, which cannot be had again."""
        record, key = self.prepared(name, scopes, created_by=created_by)
        record = msgspec.structs.replace(record, grant=grant, expires_at=expires_at, rate=rate)
        await self.add(record)
        return record, key

    def prepared(self, name: str, scopes: Iterable[str], *, created_by: str) -> tuple[KeyRecord, str]:
        """A key that is none before it is added."""
        secret, key_id = secrets.token_urlsafe(_SECRET_BYTES), secrets.token_hex(6)
        record = KeyRecord(
            id=key_id,
            name=name,
            digest=_digest(secret),
            scopes=tuple(sorted(set(scopes))),
            created_at=self._clock.now(),
            created_by=created_by,
        )
        return record, _text(key_id, secret)

    async def add(self, record: KeyRecord) -> None:
        """One more. Raises RefusedError if it could not be used, or there are too many."""
        _require_name(record.name)
        self._require_ahead(record)
        await self._forget_old()
        if len(self._records) >= MOST_KEYS:
            raise RefusedError(ErrorCode.RATE_LIMITED, f"there are {MOST_KEYS} keys already")
        scopes = ",".join(record.scopes)
        note = self._audit.made(record.created_by, Action.KEY_CREATED, record.id, scopes=scopes)
        await self._store.put_key(record, note)
        self._records[record.id] = record
        self._changed(record.id)

    def _require_good(self, key_id: str) -> None:
        term = self.term(key_id)
        if term.over(self.now()):
            raise RefusedError(ErrorCode.CONFLICT, f"{term.why}: make another")

    def _require_ahead(self, record: KeyRecord) -> None:
        if record.expires_at is not None and record.expires_at <= self.now():
            raise _refused("expires_at: is over already")

    def shown(self, key: str) -> Shown | None:
        """Whose key it is; None for a wrong or unknown one. Takes as long for each of them."""
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        record = self._records.get(key_id)
        digest = _digest(secret)
        same = hmac.compare_digest(digest, _NOBODY if record is None else record.digest)
        former = _NOBODY if record is None or record.former is None else record.former.digest
        same |= hmac.compare_digest(digest, former)
        if prefix != PREFIX or not same or not secret or record is None:
            return None
        return Shown(record, digest)

    def verify(self, key: str) -> KeyRecord | None:
        """Whose key it is; None for a wrong or unknown one, and for one that is over."""
        shown = self.shown(key)
        if shown is None:
            return None
        return None if self.term(shown.record.id, shown.digest).over(self.now()) else shown.record

    async def change(
        self, key_id: str, make: Callable[[KeyRecord], KeyRecord], by: str = OPERATOR
    ) -> KeyRecord:
        """Make of a key what `make` makes of it, at once: its name, grant, end and rate.

        Raises RefusedError for an unknown one, and for an end that is over or comes after the end.
        """
        async with self._turn:
            before = self.get(key_id)
            after = make(before)
            _require_name(after.name)
            if after.expires_at != before.expires_at:
                self._require_good(key_id)
                self._require_ahead(after)
            if after != before:
                self._records[key_id] = after
                self._changed(key_id)
                if after.grant != before.grant:
                    self.on_narrowed(f"{ORIGIN}{key_id}", after.grant)
                await self._store.put_key(after, self._audit.made(by, Action.KEY_CHANGED, key_id))
        return after

    def of(self, origin: str) -> KeyRecord | None:
        """The key of that name, `key:<id>`; None if it is none of ours."""
        return self._records.get(origin.removeprefix(ORIGIN))

    def term(self, key_id: str, digest: bytes | None = None) -> Term:
        """How long a key is good, or one of its secrets."""
        record = self._records.get(key_id)
        if record is None:
            return _over("the API key is not known")
        if record.revoked_at is not None:
            return _over("the API key was revoked")
        terms = [Term(record.expires_at, "the API key has expired")] if record.expires_at is not None else []
        if digest is not None and digest != record.digest:
            former, why = record.former, "the API key's secret was replaced"
            mine = former is not None and former.digest == digest
            terms.append(Term(former.until, why) if mine and former is not None else _over(why))
        return min(terms, default=Term())

    def ended(self, origin: str) -> str:
        """Why that key, `key:<id>`, is good for nothing more; "" if it is, or is no key."""
        if not origin.startswith(ORIGIN):
            return ""
        term = self.term(origin.removeprefix(ORIGIN))
        return term.why if term.over(self.now()) else ""

    def _changed(self, key_id: str) -> None:
        for tell in self.on_change:
            tell(key_id)

    def used(self, key_id: str) -> None:
        """It was used just now: see `save_uses`."""
        self._used[key_id] = self._clock.now()

    async def save_uses(self) -> None:
        """Write down when keys were last used. Called now and then, as that may be lost without harm."""
        used, self._used = self._used, {}
        async with self._turn:
            for key_id, when in used.items():
                if key_id in self._records:
                    record = msgspec.structs.replace(self._records[key_id], last_used_at=when)
                    self._records[key_id] = record
                    await self._store.put_key(record)

    def get(self, key_id: str) -> KeyRecord:
        """One key, with its last use. Raises RefusedError for an unknown one."""
        record = self._records.get(key_id)
        if record is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such key")
        used = self._used.get(key_id)
        return record if used is None else msgspec.structs.replace(record, last_used_at=used)

    async def revoke(self, key_id: str, by: str = OPERATOR) -> KeyRecord:
        """Take a key out of use, at once and for good. Raises RefusedError for an unknown one.

        It is so before that is durable, and asked again it is written again.
        """
        record = self.get(key_id)
        record = msgspec.structs.replace(record, revoked_at=record.revoked_at or self._clock.now())
        self._records[key_id] = record
        self._changed(key_id)
        await self._store.put_key(record, self._audit.made(by, Action.KEY_REVOKED, key_id))
        return record

    async def rotate(self, key_id: str, overlap_s: int, by: str = OPERATOR) -> tuple[KeyRecord, str]:
        """A new secret for a key; the one before is good for so many seconds more, and older ones no more.

        Raises RefusedError for a key that is unknown or over.
        """
        if not 0 <= overlap_s <= MOST_OVERLAP_S:
            raise _refused(f"overlap_s: must be from 0 to {MOST_OVERLAP_S}")
        async with self._turn:
            record = self.get(key_id)
            self._require_good(key_id)
            secret = secrets.token_urlsafe(_SECRET_BYTES)
            former = FormerSecret(digest=record.digest, until=self.now() + timedelta(seconds=overlap_s))
            record = msgspec.structs.replace(
                record,
                digest=_digest(secret),
                rotated_at=self._clock.now(),
                former=former if overlap_s else None,
            )
            await self._store.put_key(record, self._audit.made(by, Action.KEY_ROTATED, key_id))
            if self.get(key_id).revoked_at is not None:  # meanwhile
                await self.revoke(key_id, by)
                raise RefusedError(ErrorCode.CONFLICT, self.term(key_id).why)
            self._records[key_id] = record
        self._changed(key_id)
        return record, _text(key_id, secret)

    def list(self) -> list[KeyRecord]:
        """All keys, those that are over too, oldest first."""
        found = [self.get(key_id) for key_id in self._records]
        return sorted(found, key=lambda record: (record.created_at, record.id))

    async def _forget_old(self) -> None:
        """Never the last one: without any the gateway would stand open again."""
        before = self._clock.now() - _FORGOTTEN
        for record in [one for one in self.list() if _ended_before(one, before)]:
            if len(self._records) > 1:
                await self._store.drop_key(record.id)
                del self._records[record.id]


def _text(key_id: str, secret: str) -> str:
    return f"{PREFIX}_{key_id}_{secret}"


def parsed(key: str) -> tuple[str, bytes] | None:
    """The id and the secret's digest of a key, whoever has made it; None if it is none."""
    found = _WHOLE.fullmatch(key)
    return None if found is None else (found[1], _digest(found[2]))


def _ended_before(record: KeyRecord, before: datetime) -> bool:
    ends = [end for end in (record.revoked_at, record.expires_at) if end is not None]
    return bool(ends) and min(ends) < before and record.created_by != BOOTSTRAP
