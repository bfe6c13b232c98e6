"""What may stand in no output: secrets and people's data, as all tests use them, and a search for them.

All the suite's telephone numbers are of the fictional 555 range, its customers have the names below, and its
secrets have forms of their own. So the output of everything that runs is searched for all of them at once:
each test's captured output and log, and what processes write to standard error. A test whose business is such
output says so by the mark `tells`, with a reason.
"""

import re
from collections.abc import Iterable
from typing import Final

import pytest

NUMBER: Final = "+15550177042"
NAME: Final = "Jane Planted-Roe"
NOTE: Final = "what she said in confidence"
PASSWORD: Final = "planted-right-horse"

PATTERNS: Final = {
    "an API key": r"tlk_[0-9a-f]{12}_[\w\-]{20,}",
    "a token": r"eyJ[\w\-]{8,}\.eyJ[\w\-]{8,}\.[\w\-]{8,}",
    "a signing secret": r"whs[ek]c?_[A-Za-z0-9+/=]{20,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a telephone number": r"(?<![0-9])(?:\+|00|%2[Bb])1?\W?555\W?[0-9]{3}\W?[0-9]{1,5}",
    "a customer": "|".join(re.escape(one) for one in (NAME, NOTE)),
    "a password": "|".join(re.escape(one) for one in (PASSWORD, "hunter2", "right-horse", "wrong-horse")),
}
_SOUGHT: Final = re.compile("|".join(f"(?P<p{n}>{one})" for n, one in enumerate(PATTERNS.values())))
_NAMES: Final = tuple(PATTERNS)
_AROUND: Final = 60


def found(text: str) -> list[str]:
    """What of it stands in a text, each with what it stands in; the thing itself is left out."""
    told = []
    for one in _SOUGHT.finditer(text):
        what = _NAMES[int((one.lastgroup or "p0")[1:])]
        before = _SOUGHT.sub("[...]", text[max(0, one.start() - _AROUND) : one.start()])
        told.append(f"{what}, after {before!r}")
    return told


class Watch:
    """Of one session: where something was found."""

    def __init__(self) -> None:
        self.leaks: list[str] = []

    def look(self, where: str, texts: Iterable[str]) -> None:
        """Search what was written there."""
        for text in texts:
            self.leaks += [f"{where}: {one}" for one in found(text)]


WATCH: Final = Watch()


class Search:
    """The part that belongs to pytest."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Search what a test wrote, passed or not. What pytest itself says of a failure is not among it."""
        if "tells" not in report.keywords:
            captured = (text for name, text in report.sections if name.startswith("Captured"))
            WATCH.look(report.nodeid, captured)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """What a worker saw of processes that it started. What its tests wrote came with their reports."""
        output = getattr(node, "workeroutput", None) or {}  # none of one that crashed
        WATCH.leaks += output.get("leaks", [])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A session in which something leaked is not passed."""
        output: dict[str, list[str]] | None = getattr(session.config, "workeroutput", None)
        if output is not None:  # this is one of several workers
            output["leaks"] = WATCH.leaks
        elif WATCH.leaks and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where it was."""
        for leak in dict.fromkeys(WATCH.leaks):
            terminalreporter.write_line(f"LEAKED {leak}", red=True)
