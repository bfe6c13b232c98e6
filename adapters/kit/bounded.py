"""What is remembered of things that are over: the newest, and not without end."""

from typing import TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


def keep(known: dict[KeyT, ValueT], key: KeyT, value: ValueT, most: int) -> None:
    """Remember it; the oldest is forgotten where there are too many."""
    known[key] = value
    if len(known) > most:
        del known[next(iter(known))]
