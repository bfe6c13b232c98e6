"""Time that counts on is no news: what a platform says may hold a duration that grows with every frame.

So a change of nothing but such members is told by no event; their values ride along with the next one. What
counts is known by its name, wherever it stands. What only looks like it, a text or an object, is news.

The state before is none either: it belongs to the change that was told, and a page loaded anew forgets it.
"""

import re
from typing import Final

# The names, in lower case and without what joins their words.
_COUNTING: Final = frozenset(
    {"elapsed", "elapsedtime", "timer"}
    | {"duration", "durationms", "durationsec", "durationseconds", "durationinseconds", "totalduration"}
    | {"callduration", "contactduration", "interactionduration", "conversationduration", "recordingduration"}
    | {"stateduration", "agentstateduration", "timeinstate", "timeincurrentstate", "statetime", "timeinqueue"}
    | {"talktime", "talkduration", "holdtime", "holdduration", "wraptime", "wrapuptime", "wrapupduration"}
    | {"ringtime", "ringduration", "queuetime", "queueduration", "waittime", "waitduration", "waitingtime"}
    | {"handletime", "handleduration", "idletime", "idleduration", "acwtime", "acwduration", "totaltime"}
)
_BEFORE: Final = frozenset({"previousstate", "formerstate", "laststate", "oldstate"})
_JOINTS: Final = re.compile(r"[^a-z]")
_CLOCK: Final = re.compile(r"[\d:.,]*")  # 754, 12.5, 00:12:34


def only(before: object, after: object) -> bool:
    """Whether nothing but time has counted on from the one to the other."""
    return _without(before) == _without(after)


def _without(value: object) -> object:
    match value:
        case dict():
            return {name: _without(one) for name, one in value.items() if not _counts(name, one)}
        case list() | tuple():
            return [_without(one) for one in value]
        case _:
            return value


def _counts(name: str, value: object) -> bool:
    plain = _JOINTS.sub("", name.lower())
    if plain in _BEFORE:
        return value is None or isinstance(value, str)
    if isinstance(value, bool) or plain not in _COUNTING:
        return False
    return (
        value is None
        or isinstance(value, int | float)
        or (isinstance(value, str) and _CLOCK.fullmatch(value) is not None)
    )
