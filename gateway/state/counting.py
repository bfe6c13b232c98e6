"""Time that counts on is no news: what a platform says may hold a duration that grows with every frame.

So a change of nothing but such members is told by no event; their values ride along with the next one. What
counts is known by its name, wherever it stands. What only looks like it, a text or an object, is news.

Nor is it news that something is unknown now: a page that is loaded anew does not know all it knew before.
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
_JOINTS: Final = re.compile(r"[^a-z]")
_CLOCK: Final = re.compile(r"[\d:.,]*")  # 754, 12.5, 00:12:34


def only(before: object, after: object) -> bool:
    """Whether nothing but time has counted on from the one to the other, or was forgotten."""
    return _news(before, after) == _news(after, after)


def _news(value: object, after: object) -> object:
    """The value without what is no news in what it has become."""
    match value:
        case dict():
            now = after if isinstance(after, dict) else {}
            return {
                name: _news(one, now.get(name))
                for name, one in value.items()
                if not _counts(name, one) and not _is_unknown(now.get(name))
            }
        case list() | tuple():
            others = after if isinstance(after, list | tuple) and len(after) == len(value) else value
            return [_news(one, other) for one, other in zip(value, others, strict=True)]
        case _:
            return value


def _is_unknown(value: object) -> bool:
    return isinstance(value, str) and value.casefold() == "unknown"


def _counts(name: str, value: object) -> bool:
    if isinstance(value, bool) or _JOINTS.sub("", name.lower()) not in _COUNTING:
        return False
    return (
        value is None
        or isinstance(value, int | float)
        or (isinstance(value, str) and _CLOCK.fullmatch(value) is not None)
    )
