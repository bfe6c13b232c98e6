"""North: what a platform of this dialect said itself, with our ids of interactions for the platform's.

Everything else stays as it came: members newer than our manual, null where another platform leaves out, words
of no list. Source: reference/bright-pattern.md section 4 (handler parameters), seed 000 (the snapshot).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.bright_pattern.tables import INTERACTION_ID, NAME
from adapters.contract.change import Frame
from adapters.kit import jsonrpc
from schemas.events import VendorFrame
from schemas.interaction import Interaction
from schemas.values import Json

# Where the id of an interaction stands, and whether the event means something without it.
_POSITION: Final[Mapping[str, tuple[int, bool]]] = {
    "ON_LOAD_TRANSFER_DATA": (0, False),
    "ON_OPEN_RECORD": (1, True),
    "ON_SEARCH_RECORDS": (1, True),
    "ON_SHOW_SCREEN": (1, True),
    "ON_SUMMARY_GENERATION_STARTED": (0, False),
}
_SUMMARY: Final = "ON_SUMMARY_GENERATION_COMPLETED"
_WHOLE: Final = frozenset({"ON_NEW_INTERACTION", "ON_INTERACTION_STATE_CHANGE", "ON_INTERACTION_REMOVED"})
_OBJECTS: Final = "associatedObjects"

_Members = dict[str, msgspec.Raw]


class _Snapshot(msgspec.Struct, frozen=True):
    interactions: list[_Members]


class _Answer(msgspec.Struct, frozen=True):
    data: _Snapshot


_message = msgspec.json.Decoder(jsonrpc.Message).decode
_params = msgspec.json.Decoder(list[msgspec.Raw]).decode
_members = msgspec.json.Decoder(_Members).decode
_answer = msgspec.json.Decoder(_Answer).decode
_text = msgspec.json.Decoder(str | None).decode
_objects = msgspec.json.Decoder(dict[str, Json] | None).decode
_encode = msgspec.json.Encoder().encode

Find = Callable[[str], str | None]


class Said(msgspec.Struct, frozen=True):
    """What a platform said of one interaction, as the parameters of an event; no method: it was asked."""

    method: str
    params: tuple[Json, ...]


# --- snapshots


def said_of(vendor: VendorFrame | None, one: Interaction, settings: BrightPatternSettings) -> Said | None:
    """What the frame of an event says of the interaction; None if nothing, or if it is of another dialect."""
    if vendor is None or vendor.dialect != NAME:
        return None
    message = _message(vendor.frame)
    if isinstance(message.result, msgspec.Raw):
        found = _listed(message.result, one, settings)
        return None if found is None else Said("", (found,))
    if message.method not in _WHOLE:
        return None
    data, *rest = _params(message.params)
    found = _named((_members(data),), one, settings)
    return None if found is None else Said(str(message.method), (found, *rest))


def whole(frame: msgspec.Raw | None, one: Interaction, settings: BrightPatternSettings) -> Json:
    """The interaction as the platform wrote it in that frame; None if it is not there."""
    said = None if frame is None else said_of(VendorFrame(dialect=NAME, frame=frame), one, settings)
    return None if said is None else said.params[0]


def _listed(result: msgspec.Raw, one: Interaction, settings: BrightPatternSettings) -> Json:
    try:
        return _named(_answer(result).data.interactions, one, settings)
    except msgspec.DecodeError:  # the answer to another call
        return None


def _named(listed: Iterable[_Members], one: Interaction, settings: BrightPatternSettings) -> Json:
    ref = one.refs.get(INTERACTION_ID)
    for members in listed:
        if _text(members[INTERACTION_ID]) == ref:
            told: dict[str, Json] = {**members, INTERACTION_ID: one.id}
            if settings.selected_as_list is not None and _OBJECTS in members:
                told[_OBJECTS] = selected(_objects(members[_OBJECTS]), as_list=settings.selected_as_list)
            return told
    return None


def selected(objects: dict[str, Json] | None, *, as_list: bool) -> dict[str, Json] | None:
    """The records of an interaction in the generation that the operator chose."""
    if objects is None:
        return None
    chosen = objects.get("selected")
    if as_list:
        chosen = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
    elif isinstance(chosen, list):
        chosen = chosen[0] if chosen else None
    return {**objects, "selected": chosen}


# --- other events


def passed_on(vendor: VendorFrame | None, *events: str) -> tuple[Frame, ...]:
    """The frame as it came, if a platform of this dialect told one of these events, or any if none is named.

    Not an answer to a call of ours. One that somebody there waits for is told without the question.
    """
    if vendor is None or vendor.dialect != NAME:
        return ()
    message = _message(vendor.frame)
    if not isinstance(message.method, str) or (events and message.method not in events):
        return ()
    asked = message.expects_answer
    body = _told(message.method, message.params) if asked else bytes(vendor.frame)
    return (Frame(message.method, body),)


def renamed(frames: Sequence[Frame], find: Find) -> Sequence[bytes]:
    """The frames with ids that the client knows, without those about an interaction it does not know."""
    return tuple(body for one in frames if (body := _renamed(one.topic, one.body, find)) is not None)


def _renamed(event: str, frame: bytes, find: Find) -> bytes | None:
    if event not in _POSITION and event != _SUMMARY:
        return frame
    params = _params(_message(frame).params)
    if event == _SUMMARY:
        result = _members(params[0])
        ours = find(str(_text(result[INTERACTION_ID])))
        told: dict[str, Json] = {**result, INTERACTION_ID: ours}
        return None if ours is None else _told(event, (told, *params[1:]))
    index, optional = _POSITION[event]
    theirs = _text(params[index]) if index < len(params) else None
    if not theirs:
        return frame if optional else None
    ours = find(theirs)
    if ours is None and not optional:
        return None
    return _told(event, (*params[:index], ours, *params[index + 1 :]))


def _told(event: str, params: Json) -> bytes:
    return _encode({"jsonrpc": "2.0", "method": event, "params": params})
