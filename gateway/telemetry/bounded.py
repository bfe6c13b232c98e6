"""Lines of one kind: so many within a minute, and then how many were left out."""

from collections.abc import Hashable
from typing import Final, Generic, NamedTuple, TypeVar

LINES: Final = 5  # of one kind within a window
WINDOW_S: Final = 60.0
_KINDS: Final = 1_000  # that are remembered

Kind = TypeVar("Kind", bound=Hashable)


class Verdict(NamedTuple):
    """On one line."""

    written: bool
    left_out_before: int  # in the window that this line ends
    first_left_out: bool  # of its window: what was left out is to be told when that ends, at `ends_s`
    ends_s: float


class _Window:
    def __init__(self, ends_s: float) -> None:
        self.ends_s = ends_s
        self.written = 0
        self.left_out = 0


class BoundedLines(Generic[Kind]):
    """Counts them. The time is a steady one, of the caller's."""

    def __init__(self) -> None:
        self._windows: dict[Kind, _Window] = {}

    def take(self, kind: Kind, now_s: float) -> Verdict:
        """One more line."""
        before = self.end(kind, now_s)
        window = self._windows.get(kind)
        if window is None:
            if len(self._windows) >= _KINDS:
                del self._windows[next(iter(self._windows))]
            window = self._windows[kind] = _Window(now_s + WINDOW_S)
        written = window.written < LINES
        if written:
            window.written += 1
        else:
            window.left_out += 1
        return Verdict(written, before, not written and window.left_out == 1, window.ends_s)

    def end(self, kind: Kind, now_s: float) -> int:
        """How many were left out of a window that is over, which is forgotten with that."""
        window = self._windows.get(kind)
        if window is None or now_s < window.ends_s:
            return 0
        del self._windows[kind]
        return window.left_out
