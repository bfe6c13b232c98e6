"""`trunkline serve`, looked at 500 times a second from SIGUSR1 on: where its processor time goes.

`python -m tests.bench.profiled FILE serve --config ...` writes FILE when it ends. A sample is the innermost
frame of Python that a thread is in, with the processor time that it took since the sample before; so what a
library in C does counts where it was called, and who waits counts nothing.
"""

import atexit
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

EVERY_S: Final = 0.002
SWITCH_S: Final = 0.0005  # who computes gives way so soon, or it would be seen at its pauses alone


class Sample(msgspec.Struct, frozen=True):
    """A place, and the processor time that was spent there."""

    thread: str
    file: str
    function: str
    seconds: float


class Sampler:
    """Looks at all threads but its own, until it is over."""

    def __init__(self) -> None:
        self._spent: Counter[tuple[str, str, str]] = Counter()  # in nanoseconds
        self._before: dict[int, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="profile", daemon=True)

    def start(self, *_: object) -> None:
        """From now on."""
        sys.setswitchinterval(SWITCH_S)
        self._thread.start()

    def write(self, file: Path) -> None:
        """No more; what was seen goes there."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        samples = [Sample(*place, spent / 1e9) for place, spent in self._spent.most_common()]
        file.write_bytes(msgspec.json.encode(samples))

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            frames = sys._current_frames()  # noqa: SLF001  # there is no other way
            for thread in threading.enumerate():
                frame = frames.get(thread.ident or 0)
                if thread.ident is not None and frame is not None and thread is not self._thread:
                    self._spent[thread.name, *_place(frame)] += self._since(thread.ident)

    def _since(self, ident: int) -> int:
        now = time.clock_gettime_ns(time.pthread_getcpuclockid(ident))
        before = self._before.get(ident, now)
        self._before[ident] = now
        return now - before


def _place(frame: FrameType) -> tuple[str, str]:
    return frame.f_code.co_filename, frame.f_code.co_qualname


if __name__ == "__main__":
    path = Path(sys.argv.pop(1))
    sampler = Sampler()
    atexit.register(sampler.write, path)
    signal.signal(signal.SIGUSR1, sampler.start)
    import gateway.__main__  # noqa: F401  # importing it is running it
