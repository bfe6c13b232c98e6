"""The store's files as files: locked by their inode, watched by their names.

The lock is `flock` on the database's own inode, so that no other name of it lets a second process in. Its
descriptor is opened before SQLite and closed after its last connection: to close any descriptor of the file
drops the locks that SQLite holds in this process. Whoever else wants to know of the file uses `stat`.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

from schemas.errors import StoreError

_Inode = tuple[int, int]  # device and number

NETWORK: Final = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "lustre", "fuse.sshfs", "fuse.glusterfs")
_MOUNTS: Final = Path("/proc/self/mountinfo")

_held: Final[set[_Inode]] = set()  # by this process: a second descriptor must not even be opened


def _inode(path: str) -> _Inode | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # by whatever name
    except OSError:
        return None
    return found.st_dev, found.st_ino


class StoreLock:
    """Held until it is released. Raises StoreError if somebody else holds it."""

    def __init__(self, path: str) -> None:
        if _inode(path) in _held:
            raise StoreError("in use by another process, or by this one")
        try:
            self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)  # customers' data and secrets
        except OSError as error:
            raise StoreError(f"cannot be opened: no such folder, or no right to it ({error})") from error
        found = os.fstat(self._descriptor)
        self.inode: _Inode = (found.st_dev, found.st_ino)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise StoreError("in use by another process") from error
        _held.add(self.inode)

    def release(self) -> None:
        """After SQLite's last connection."""
        if self.inode in _held:
            _held.discard(self.inode)
            os.close(self._descriptor)


class Watched:
    """The database, its log and the log's index, by the names that they had when they were opened."""

    def __init__(self, path: str) -> None:
        self._path = os.path.realpath(path)
        self._log_path, self._index_path = f"{self._path}-wal", f"{self._path}-shm"
        self._database = _inode(self._path)
        self._log = _inode(self._log_path)
        self._index = _inode(self._index_path)

    def database_replaced(self) -> bool:
        """Whether the name stands for another file by now, or for none."""
        return _inode(self._path) != self._database

    def log_replaced(self) -> bool:
        """Likewise of the log."""
        return _inode(self._log_path) != self._log

    def index_replaced(self) -> bool:
        """Likewise of the log's index."""
        return _inode(self._index_path) != self._index


def network(path: str, mounts: str | None = None) -> str:
    """The kind of network file system that a file is on; empty if it is on none, as far as can be seen."""
    try:
        lines = (mounts if mounts is not None else _MOUNTS.read_text("utf-8")).splitlines()
    except OSError:
        return ""
    where = Path(os.path.realpath(path))
    best = kind = ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = fields.split()[4].replace("\\040", " ")
        if len(point) >= len(best) and where.is_relative_to(point):
            best, kind = point, rest.split()[0]
    return kind if kind.startswith(NETWORK) else ""
