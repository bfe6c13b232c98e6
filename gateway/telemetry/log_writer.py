"""The writing end of the log: nobody waits for it, and what goes wrong with it is nobody else's trouble.

Lines wait in a bounded queue for a thread of their own. Where the stream takes nothing (a pipe that nobody
reads, a full disk) or is closed, lines are left out and counted, and the first line that can be written again
is preceded by one that says how many.
"""

import atexit
import io
import json
import os
import select
import threading
from collections import deque
from typing import Final, TextIO

BOUND_BYTES: Final = 4 * 1024 * 1024  # waiting; a line more is left out
_AT_END_S: Final = 1.0


class LogWriter:
    """Takes the place of a stream. May be used from any thread."""

    def __init__(self, stream: TextIO | None) -> None:
        """Without a stream, as where standard error was closed at the start, every line is left out."""
        self.dropped = 0  # lines, so far
        self._told = 0
        self._stream = stream
        self._fd = _descriptor(stream)
        self._lines: deque[bytes] = deque()
        self._size_bytes = 0
        self._changed = threading.Condition()
        self._writing = False
        self._over = False
        if stream is not None:
            threading.Thread(target=self._run, name="log", daemon=True).start()
            atexit.register(self.drain, _AT_END_S)

    def write(self, text: str) -> None:
        """Have it written, soon. Never waits, never raises."""
        line = text.encode("utf-8", "backslashreplace")
        with self._changed:
            if self._stream is None or self._over or self._size_bytes + len(line) > BOUND_BYTES:
                self.dropped += 1
                return
            self._lines.append(line)
            self._size_bytes += len(line)
            self._changed.notify_all()

    def flush(self) -> None:
        """There is nothing to wait for."""

    def isatty(self) -> bool:
        """Whether people are looking."""
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:  # it is closed
            return False

    def drain(self, within_s: float) -> bool:
        """Wait until all is written, so long at most; returns whether it is. Not for the event loop."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._lines and not self._writing, within_s)

    def close(self) -> None:
        """Take no more lines; those that wait are written."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        atexit.unregister(self.drain)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._lines or self._over)
                if not self._lines:
                    break
                line = self._lines.popleft()
                self._size_bytes -= len(line)
                self._writing = True
                missing = self.dropped - self._told
                self._told = self.dropped
            if missing:
                line = _missing(missing) + line
            if not self._put(line):
                with self._changed:
                    self.dropped += 1
                    self._told -= missing
        if self._fd is not None:
            os.close(self._fd)

    def _put(self, data: bytes) -> bool:
        try:
            if self._fd is None and self._stream is not None:
                self._stream.write(data.decode())
                self._stream.flush()
            while self._fd is not None and data:  # past Python's buffer: its lock would be held for ever
                try:
                    data = data[os.write(self._fd, data) :]
                except BlockingIOError:  # somebody shares the stream and wants it so
                    select.select([], [self._fd], [])
        except (OSError, ValueError):  # closed, or nobody reads it any more
            return False
        return True


def _descriptor(stream: TextIO | None) -> int | None:
    """One of our own: whoever closes the stream may open something else in its place."""
    try:
        return None if stream is None else os.dup(stream.fileno())
    except (io.UnsupportedOperation, ValueError, OSError):
        return None


def _missing(count: int) -> bytes:
    told = {"event": "log lines left out, as they could not be written", "count": count, "level": "warning"}
    return json.dumps(told).encode() + b"\n"
