"""North: a platform's own events, passed on with the client's ids of interactions for the platform's.

Source: reference/bright-pattern.md section 4 (handler parameters).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from adapters import jsonrpc
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
_ID: Final = "interactionId"

_message = msgspec.json.Decoder(jsonrpc.Message).decode
_params = msgspec.json.Decoder(list[Json]).decode

Find = Callable[[str], str | None]


def renamed(frames: Sequence[bytes], find: Find) -> Sequence[bytes]:
    """The frames with ids that the client knows, without those about an interaction it does not know."""
    return tuple(frame for one in frames if (frame := _renamed(one, find)) is not None)


def _renamed(frame: bytes, find: Find) -> bytes | None:
    message = _message(frame)
    event = message.method
    if not isinstance(event, str) or (event not in _POSITION and event != _SUMMARY):
        return frame
    params = _params(message.params)
    if event == _SUMMARY:
        result = params[0]
        if not isinstance(result, dict) or (ours := find(str(result.get(_ID)))) is None:
            return None
        return jsonrpc.notification(event, ({**result, _ID: ours},))
    index, optional = _POSITION[event]
    theirs = params[index] if index < len(params) else None
    if not theirs:
        return frame if optional else None
    ours = find(str(theirs))
    if ours is None and not optional:
        return None
    return jsonrpc.notification(event, (*params[:index], ours, *params[index + 1 :]))
