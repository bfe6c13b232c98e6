"""What adapters must remember of agents, and nobody else may see: beside the snapshots, never in them.

Lines of JSON, in columns of their own of the journal and the checkpoint: `{"session": ..., "kept": {...}}`;
the last of a session counts.
"""

from collections.abc import Callable, Container, Mapping

import msgspec

from schemas.ids import SessionId


class _Line(msgspec.Struct, frozen=True):
    session: SessionId
    kept: dict[str, str]


_encode = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder(_Line).decode_lines


class Private:
    """All of it, by session."""

    def __init__(self) -> None:
        self._kept: dict[SessionId, dict[str, str]] = {}
        self._changed: set[SessionId] = set()

    def of(self, session_id: SessionId) -> Mapping[str, str]:
        """What is kept of one."""
        return self._kept.get(session_id, {})

    def keep(self, session_id: SessionId, kept: dict[str, str]) -> None:
        """Beside what was kept, by name in its place."""
        before = self._kept.get(session_id, {})
        if any(before.get(name) != value for name, value in kept.items()):
            self._kept[session_id] = {**before, **kept}
            self._changed.add(session_id)

    def changes(self) -> bytes:
        """What was kept since this was asked last; empty if nothing was."""
        if not self._changed:
            return b""
        changed, self._changed = self._changed, set()
        return _lines({session: self._kept[session] for session in changed})

    def dump(self, sessions: Container[SessionId]) -> bytes:
        """All of it, of the sessions that there still are."""
        return _lines({session: kept for session, kept in self._kept.items() if session in sessions})

    def forget(self, names: Callable[[bytes], bool]) -> None:
        """What names somebody who is to be forgotten."""
        for session, kept in self._kept.items():
            self._kept[session] = {name: one for name, one in kept.items() if not names(one.encode())}

    def take(self, lines: bytes) -> None:
        """Go on to what was kept elsewhere, or before."""
        for line in _decode(lines):
            self._kept[line.session] = line.kept


def _lines(kept: Mapping[SessionId, dict[str, str]]) -> bytes:
    return _encode([_Line(session, one) for session, one in kept.items()])
