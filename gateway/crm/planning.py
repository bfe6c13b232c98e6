"""From the journal to entries: which events change what shall stand in a CRM, and in whose activity."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.contract.crm import Activity
from gateway.crm.config import Opened
from gateway.crm.spellings import of_remote
from gateway.store.base import Appended, Store
from gateway.store.crm import CrmEntry, EntryState
from schemas import events as ev
from schemas.ids import Cursor
from schemas.interaction import Interaction, Media

_LIVE: Final = frozenset(
    {"interaction.alerting", "interaction.dialing", "interaction.connected", "interaction.ended"}
)
MOST_LEGS: Final = 200  # of a contact that rings at agent after agent: the newest
_ABOUT: Final = "interaction."
_decode: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode


class _Part(msgspec.Struct, frozen=True):
    """What planning looks at of a snapshot."""

    root_id: str
    media: Media = Media.VOICE
    ended_at: datetime | None = None


class _Looked(msgspec.Struct, frozen=True):
    interaction: _Part
    erased: bool = False


_look: Final[Callable[[bytes], _Looked]] = msgspec.json.Decoder(_Looked).decode


def legs_of(one: Opened, events: Iterable[Appended]) -> dict[str, dict[str, Cursor]]:
    """By key, by interaction, the newest event that is to stand there. What was erased is not told again."""
    config = one.config
    found: dict[str, dict[str, Cursor]] = {}
    for event in events:
        if not event.type.startswith(_ABOUT) or not config.has(event.platform_id):
            continue
        if one.live is not None and event.type not in _LIVE:
            continue
        looked = _look(event.body)
        about = looked.interaction
        if looked.erased or about.media not in config.media:
            continue
        if one.live is None and about.ended_at is None and event.type != "interaction.completed":
            continue
        key = event.interaction_id if config.per_leg else about.root_id
        found.setdefault(key, {})[event.interaction_id] = event.cursor
    return found


def merged(
    known: CrmEntry | None, one: Opened, key: str, legs: Mapping[str, Cursor], now: datetime
) -> CrmEntry:
    """The entry with newer legs, due at once. One that waits goes on waiting, but for who only hears.

    What was refused is tried anew, for there is more to be said; but not what may be there unknown to us.
    """
    if known is None:
        return CrmEntry(
            crm=one.name, key=key, legs=legs, state=EntryState.PENDING, created_at=now, next_attempt_at=now
        )
    newer = {**known.legs, **{leg: at for leg, at in legs.items() if at > known.legs.get(leg, 0)}}
    if len(newer) > MOST_LEGS:
        newer = dict(sorted(newer.items(), key=itemgetter(1))[-MOST_LEGS:])
    anew = known.state is EntryState.LOGGED or (known.state is EntryState.DEAD and not known.begun)
    if anew and newer != known.legs:
        return replace(known, legs=newer, state=EntryState.PENDING, next_attempt_at=now, created_at=now)
    return replace(known, legs=newer, next_attempt_at=known.next_attempt_at if one.live is None else now)


async def activity_of(entry: CrmEntry, store: Store, users: Mapping[str, str]) -> Activity | None:
    """What the journal has of it. None: nothing any more, or nothing that may be told."""
    legs: list[Interaction] = []
    for cursor in entry.legs.values():
        found: Sequence[Appended] = await store.read(Cursor(cursor - 1), 1)
        if not found or found[0].cursor != cursor:
            continue
        event = _decode(found[0].body)
        if isinstance(event, ev.InteractionEvent) and not event.erased:
            legs.append(event.interaction)
    if not legs:
        return None
    legs.sort(key=lambda one: (one.created_at.timestamp() if one.created_at else 0.0, one.id))
    return Activity(key=entry.key, legs=tuple(legs), users=users, numbers=of_remote(legs[0]))
