"""The first key, where nobody can log in to make one: a file of the operator's, or one that is written here.

`TRUNKLINE_BOOTSTRAP_KEY_FILE` names it. A file that is there has a key in it, which is taken in once; where
there is none, and no key either, a key is made and written there. It is never in the log.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog

from gateway.security.access import EVERYTHING
from gateway.security.keys import BOOTSTRAP, Keys, parsed
from gateway.store.credentials import KeyRecord
from schemas.errors import ConfigError

log = structlog.get_logger("trunkline")

SETTING: Final = "bootstrap_key_file"
_MOST_BYTES: Final = 1_000
_OWNER_ONLY: Final = 0o600
# Not the group's right to read: that is how an orchestrator gives a secret to a process that is not root.
_OF_OTHERS: Final = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP


async def bootstrap(path: Path, keys: Keys) -> None:
    """See that the key in that file is one of ours. Raises ConfigError, with the way out."""
    text = _read(path)
    if text is not None:
        await _take_in(path, text, keys)
    elif not keys.configured():
        record, key = keys.prepared(BOOTSTRAP, EVERYTHING, created_by=BOOTSTRAP)
        _write(path, key)  # first: a crash between the two leaves a file, which the next start takes in
        await keys.add(record)
        log.info("the first key is made", key=record.id, file=str(path))


async def _take_in(path: Path, text: str, keys: Keys) -> None:
    read = parsed(text)
    if read is None:
        raise _wrong(path, "holds no key: one line, tlk_<12 hexadecimal digits>_<43 characters or more>")
    key_id, digest = read
    known = keys.of(f"key:{key_id}")
    if known is None:
        record, _ = keys.prepared(BOOTSTRAP, EVERYTHING, created_by=BOOTSTRAP)
        await keys.add(msgspec.structs.replace(record, id=key_id, digest=digest))
        log.info("a key was taken in", key=key_id, file=str(path))
    elif not _current(known, digest):
        log.warning("the key in the file is good no more", key=key_id, file=str(path))


def _current(known: KeyRecord, digest: bytes) -> bool:
    return known.revoked_at is None and known.digest == digest


def _read(path: Path) -> str | None:
    """What the file says; None if there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        if path.is_symlink():
            raise _wrong(path, "leads nowhere") from None
        return None
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise _wrong(path, "is no file")
        if found.st_mode & _OF_OTHERS:
            raise _wrong(
                path,
                f"can be read or changed by others (mode {stat.S_IMODE(found.st_mode):04o}); chmod 600 it",
            )
        raw = file.read(_MOST_BYTES + 1)
    if not raw.strip():
        raise _wrong(path, "is empty; take it away to have a key written there")
    if len(raw) > _MOST_BYTES:
        raise _wrong(path, "is too long for a key")
    return raw.decode("ascii", "replace").strip()


def _write(path: Path, key: str) -> None:
    """For its owner only, and under its name only once it is whole and on the disk."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)  # of a run that was killed
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), _OWNER_ONLY)  # whatever the mask takes away
            file.write(f"{key}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise _wrong(path, f"cannot be written: {error.strerror}") from error


def _wrong(path: Path, what: str) -> ConfigError:
    return ConfigError(f"{SETTING}: {path} {what}")
