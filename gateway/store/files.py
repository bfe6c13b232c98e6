"""The store's files as files: locked by their inode, watched by their names.

The lock is `flock` on the database's own inode, so that no other name of it lets a second process in. Its
descriptor is opened before SQLite and closed after its last connection: to close any descriptor of the file
drops the locks that SQLite holds in this process. Whoever else wants to know of the file uses `stat`.
"""

import fcntl
import os
import re
from pathlib import Path
from typing import Final

from schemas.errors import StoreError

_Inode = tuple[int, int]  # device and number

# Kinds of file systems by their beginnings. Any of user space counts: it may keep the files anywhere.
NETWORK: Final = (
    *("nfs", "cifs", "smb", "9p", "afs", "ceph", "lustre", "gluster", "gpfs", "beegfs", "ocfs2", "gfs2"),
    *("orangefs", "pvfs", "coda", "ncp", "vboxsf", "vmhgfs", "prl_fs", "virtiofs", "fuse"),
)
_LOCAL: Final = ("fuseblk", "fuse.fuse-overlayfs")  # of user space, and on a disk of this machine
_MOUNTS: Final = Path("/proc/self/mountinfo")
_LOCKS: Final = Path("/proc/locks")
_READING: Final = range(123, 128)  # the bytes of the -shm that a reader of a WAL locks (SQLite, wal.c)
_MOUNT: Final = re.compile(r"^(?:\S+ ){4}(\S+) .* - (\S+) ", re.MULTILINE)  # its place, its kind
# Who has it, the inode, the first byte.
_LOCK: Final = re.compile(r"^\d+: POSIX .* READ +(\d+) \S+:(\d+) (\d+) ", re.MULTILINE)
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")

_held: Final[set[_Inode]] = set()  # by this process: a second descriptor must not even be opened


def _inode(path: str) -> _Inode | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # by whatever name
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  # by whatever name
    except OSError:
        return 0


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

    @property
    def index_number(self) -> int:
        """The inode number of the log's index; 0 if there was none."""
        return self._index[1] if self._index is not None else 0

    def log_bytes(self) -> int:
        """How long the log is; 0 if it has no name any more."""
        return _size(self._log_path)

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
    where = Path(os.path.realpath(path))
    best = kind = ""
    for place, of in _MOUNT.findall(_proc(_MOUNTS) if mounts is None else mounts):
        point = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), place)
        if len(point) >= len(best) and where.is_relative_to(point):
            best, kind = point, of
    return kind if kind.startswith(NETWORK) and not kind.startswith(_LOCAL) else ""


def readers(index_number: int, locks: str | None = None) -> list[tuple[int, str]]:
    """The processes that read a database now, by the locks on its log's index, and their names.

    Nothing is opened: to close the index would drop SQLite's locks. Empty if they cannot be seen from here.
    """
    found = {
        int(who)
        for who, inode, begin in _LOCK.findall(_proc(_LOCKS) if locks is None else locks)
        if int(inode) == index_number and int(begin) in _READING
    }
    return [(number, _name(number)) for number in sorted(found)]


def _name(number: int) -> str:
    return _proc(Path(f"/proc/{number}/comm")).strip() or "of another container"


def _proc(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
