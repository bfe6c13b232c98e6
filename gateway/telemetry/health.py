"""Whether we are fit to serve, by named checks; and notes, which change nothing in that."""

from collections.abc import Callable

# "" if all is well, else what is wrong, for people.
Check = Callable[[], str]


class Health:
    """Named checks and notes, asked anew each time."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._notes: dict[str, Check] = {}

    def check(self, name: str, check: Check) -> None:
        """Add one, or replace it."""
        self._checks[name] = check

    def report(self, name: str, problem: str) -> None:
        """Set one that does not change by itself; an empty problem is none."""
        self._checks[name] = lambda: problem

    def forget(self, name: str) -> None:
        """Take one away."""
        self._checks.pop(name, None)

    def note(self, name: str, check: Check) -> None:
        """Add one of what operators should know, and what makes us no less fit to serve."""
        self._notes[name] = check

    def notes(self) -> dict[str, str]:
        """What there is to say, by name."""
        return {name: text for name, check in self._notes.items() if (text := check())}

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether all is well, and each check's text: `ok`, or what is wrong."""
        found = {name: check() for name, check in self._checks.items()}
        return not any(found.values()), {name: problem or "ok" for name, problem in found.items()}
