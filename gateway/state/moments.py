"""Whose clock to believe: the times of a snapshot are in order, and none is after our receipt.

A time of the platform's that does not fit is moved to the nearest that does. Its own word is kept in the
snapshot's `extras` by the name of the field (RFC 3339): nothing is lost, and the same word told again is no
news. `time` of an event is not moved but given up for that of our receipt, and says so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from schemas.interaction import Interaction
from schemas.values import TimeSource

_ORDER: Final = ("connected_at", "ended_at", "completed_at")
TIMES: Final = frozenset({"created_at", *_ORDER})
_WORDS: Final = frozenset({*TIMES, "since"})
# Two clocks that are kept differ by so much; that is put in order, and no contradiction.
_TOLERANCE: Final = timedelta(seconds=1)


def of_event(told: datetime | None, after: datetime | None, now: datetime) -> tuple[datetime, TimeSource]:
    """The time of an event: the platform's if it can be, not before `after` nor in our future; else ours."""
    if told is None or told > now + _TOLERANCE or (after is not None and told < after - _TOLERANCE):
        return now, TimeSource.GATEWAY
    told = min(told, now)
    return (told if after is None else max(told, after)), TimeSource.PLATFORM


def last(one: Interaction) -> datetime | None:
    """The last time that the snapshot has."""
    return one.completed_at or one.ended_at or one.connected_at or one.created_at


def in_order(old: Interaction, changed: dict[str, object], now: datetime) -> None:
    """Put the times in order that are about to change; what was told otherwise is added to the extras."""
    words: dict[str, str] = {}
    known = [time for name in _ORDER if (time := getattr(old, name)) is not None]
    floor = old.created_at
    created = changed.get("created_at")
    if isinstance(created, datetime):
        floor = changed["created_at"] = min(created, now, *known)
        _note(words, "created_at", created, floor, now)
    for name in _ORDER:
        told = changed.get(name)
        if isinstance(told, datetime):
            fit = min(told, now)
            if floor is not None:
                fit = max(fit, floor)
            changed[name] = fit
            _note(words, name, told, fit, now)
            floor = fit
        elif (time := getattr(old, name)) is not None:
            floor = time
    if words:
        extras = changed.get("extras", old.extras)
        changed["extras"] = {**(extras if isinstance(extras, dict) else {}), **words}


def _note(words: dict[str, str], name: str, told: datetime, taken: datetime, now: datetime) -> None:
    """Only what the platform said: that our own clock was set back is not its word.

    The start is kept to the millisecond: a call is known by it (gateway.identity).
    """
    if told != now and (told != taken if name == "created_at" else abs(told - taken) >= _TOLERANCE):
        words[name] = _word(told)


def keep_words(extras: Mapping[str, object], changed: dict[str, object]) -> None:
    """What is about to change, without what the platform has said so before, and with its words of times."""
    created = changed.get("created_at")
    if "created_at" in changed and (
        not isinstance(created, datetime) or extras.get("created_at") == _word(created)
    ):
        del changed["created_at"]  # said before; or unsaid, and then what is known stands
    told = changed.get("extras")
    if isinstance(told, dict) and not _WORDS.isdisjoint(extras):
        kept = {
            name: extras[name]
            for name in _WORDS
            if name in extras and name not in told and name not in changed
        }
        if kept:
            told = changed["extras"] = {**told, **kept}
            if told == extras:
                del changed["extras"]


def keep_since(extras: Mapping[str, object], changed: dict[str, object], told: datetime | None) -> None:
    """The platform's word for `since`, where another was taken; without an older word."""
    since = changed["since"]
    now = changed.get("extras", extras)
    others = {k: v for k, v in now.items() if k != "since"} if isinstance(now, Mapping) else {}
    if told is not None and isinstance(since, datetime) and abs(told - since) >= _TOLERANCE:
        changed["extras"] = {**others, "since": _word(told)}
    elif "since" in extras:
        changed["extras"] = others


def _word(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
