"""What a store's file holds, looked at without opening it as a gateway does: for checks before a start."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from gateway.store.migrate import known
from schemas.errors import StoreError


def key_count(path: str) -> int:
    """How many keys there ever were; 0 where there is no store. Raises StoreError."""
    return int(str(_one(path, "select count(*) from keys") or 0))


def schema_version(path: str) -> int:
    """The last step of the schema that the file has seen; 0 where there is no store. Raises StoreError."""
    return int(str(_one(path, "select max(version) from migrations") or 0))


def too_new(path: str) -> bool:
    """Whether a newer program has written it. Raises StoreError."""
    return schema_version(path) > known()[-1].version


def _one(path: str, query: str) -> object:
    if not Path(path).is_file() or not Path(path).stat().st_size:
        return None
    try:
        database = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)
        try:
            (value,) = database.execute(query).fetchone()
        finally:
            database.close()
    except sqlite3.Error as error:
        raise StoreError(f"store {path}: cannot be read: {error}") from error
    return value
