"""South: what is announced while a session starts is how things stand, not what happened one after the other.

A held call is announced as started first and as held then: without folding, a link that comes back would tell
that it was retrieved and held again. Source: reference channel-session.md section 1.6, step 4.
"""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET

from schemas.ids import Ref
from schemas.observations import AnyObservation, InteractionObserved

_SAID_IF_SET = frozenset({"time", "durable_ref", "root_ref", "ended", "vendor"})  # never UNSET


def folded(announced: Iterable[AnyObservation]) -> list[AnyObservation]:
    """The same with one observation for each interaction, in the place of its first."""
    folded: list[AnyObservation] = []
    places: dict[Ref, int] = {}
    for one in announced:
        if not isinstance(one, InteractionObserved):
            folded.append(one)
            continue
        place = places.setdefault(one.ref, len(folded))
        if place == len(folded):
            folded.append(one)
        else:
            folded[place] = msgspec.structs.replace(folded[place], **_said(one))
    return folded


def _said(seen: InteractionObserved) -> dict[str, object]:
    values = {name: getattr(seen, name) for name in seen.__struct_fields__}
    return {
        name: value
        for name, value in values.items()
        if value is not UNSET and (value or name not in _SAID_IF_SET)
    }
