"""North: what a platform of this dialect said itself, with our ids of interactions for the platform's.

Everything else stays as it came: members newer than our manual, null where another platform leaves out, words
of no list. Source: reference/bright-pattern.md section 4 (handler parameters), seed 000 (the snapshot).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.bright_pattern.tables import INTERACTION_ID, NAME
from adapters.contract.change import Frame
from adapters.kit import jsonrpc, same_dialect
from adapters.kit.same_dialect import At, Find, Handle, Members, Places
from schemas.events import VendorFrame
from schemas.interaction import Interaction
from schemas.values import Json

_HANDLES: Final[Mapping[str, Places]] = {
    "ON_LOAD_TRANSFER_DATA": {"params": At(0, Handle.NEEDED)},
    "ON_OPEN_RECORD": {"params": At(1, Handle.MENTIONED)},
    "ON_SEARCH_RECORDS": {"params": At(1, Handle.MENTIONED)},
    "ON_SHOW_SCREEN": {"params": At(1, Handle.MENTIONED)},
    "ON_SUMMARY_GENERATION_STARTED": {"params": At(0, Handle.NEEDED)},
    "ON_SUMMARY_GENERATION_COMPLETED": {"params": At(0, {INTERACTION_ID: Handle.NEEDED})},
}
_WHOLE: Final = frozenset({"ON_NEW_INTERACTION", "ON_INTERACTION_STATE_CHANGE", "ON_INTERACTION_REMOVED"})


class _Snapshot(msgspec.Struct, frozen=True):
    interactions: list[Members]


class _Answer(msgspec.Struct, frozen=True):
    data: _Snapshot


_message = msgspec.json.Decoder(jsonrpc.Message).decode
_params = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
_answer = msgspec.json.Decoder(_Answer).decode
_objects = msgspec.json.Decoder(dict[str, Json] | None).decode


class PlatformEvent(msgspec.Struct, frozen=True):
    """What a platform said of one interaction, as the parameters of an event; no method: it was asked."""

    method: str
    params: tuple[Json, ...]


# --- snapshots


def said_of(
    vendor: VendorFrame | None, one: Interaction, settings: BrightPatternSettings
) -> PlatformEvent | None:
    """What the frame of an event says of the interaction; None if nothing, or if it is of another dialect."""
    frame = same_dialect.frame_of(vendor, NAME)
    return None if frame is None else _said(frame, one, settings)


def whole(frame: msgspec.Raw | None, one: Interaction, settings: BrightPatternSettings) -> Json:
    """The interaction as the platform wrote it in that frame; None if it is not there."""
    said = None if frame is None else _said(frame, one, settings)
    return None if said is None else said.params[0]


def _said(frame: msgspec.Raw, one: Interaction, settings: BrightPatternSettings) -> PlatformEvent | None:
    message = _message(frame)
    if isinstance(message.result, msgspec.Raw):
        found = _named(_listed(message.result), one, settings)
        return None if found is None else PlatformEvent("", (found,))
    if message.method not in _WHOLE:
        return None
    data, *rest = _params(message.params)
    found = _named((same_dialect.members_of(data) or {},), one, settings)
    return None if found is None else PlatformEvent(str(message.method), (found, *rest))


def _listed(result: msgspec.Raw) -> Iterable[Members]:
    try:
        return _answer(result).data.interactions
    except msgspec.DecodeError:  # the answer to another call
        return ()


def _named(listed: Iterable[Members], one: Interaction, settings: BrightPatternSettings) -> Json:
    found = same_dialect.one_of(listed, INTERACTION_ID, one.refs.get(INTERACTION_ID, ""))
    as_list = settings.selected_as_list
    places: Places = {INTERACTION_ID: Handle.NEEDED}
    if as_list is not None:
        places = {**places, "associatedObjects": lambda objects: _selected(objects, as_list=as_list)}
    return None if found is None else same_dialect.renamed(found, places, lambda _: one.id)


def _selected(given: msgspec.Raw, *, as_list: bool) -> msgspec.Raw:
    """The records of an interaction in the generation that the operator chose."""
    objects = _objects(given)
    if objects is None:
        return given
    chosen = objects.get("selected")
    if as_list:
        chosen = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
    elif isinstance(chosen, list):
        chosen = chosen[0] if chosen else None
    return same_dialect.raw({**objects, "selected": chosen})


# --- other events


def passed_on(vendor: VendorFrame | None, *events: str) -> tuple[Frame, ...]:
    """The frame as it came, if a platform of this dialect told one of these events, or any at all."""
    return same_dialect.passed_on(vendor, NAME, *events)


def renamed(frames: Sequence[Frame], find: Find) -> Sequence[bytes]:
    """The frames with ids that the client knows, without those about an interaction it does not know."""
    return tuple(body for one in frames if (body := _renamed(one, find)))


def _renamed(frame: Frame, find: Find) -> bytes:
    places = _HANDLES.get(frame.topic)
    return frame.body if places is None else same_dialect.frame_renamed(frame.body, places, find)
