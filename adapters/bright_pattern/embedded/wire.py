"""What the messages of the Embedded Agent Desktop API carry, member for member, in the vendor's spelling.

Source: reference/bright-pattern.md section 7.2. A frame is JSON-RPC 2.0 and stands for one of the desktop's
messages, `{command, request_id, data}`. How one becomes the other is our reading; relay and facade wrap:

    a command   request: the method is `command`, the params are the script's arguments in its order
    its answer  response: the id stands for `request_id`, the result is `data`. The desktop answers only
                what has a callback; for the rest the relay answers at once with null: it was handed over
    an event    notification: the method is `command`, the only param is `data`

No page gives the types of the members: text, but an id or a number may come as a JSON number, and any may be
missing, null or empty.
"""

from msgspec import Struct

from schemas.values import Json

Text = str | int | float | None


class Item(Struct, frozen=True):
    """An interaction: an entry of the getState answer, and the data of the events of interactions."""

    item_id: Text = None
    global_id: Text = None
    phone_number: Text = None
    service: Text = None
    recording_url: Text = None  # getState and INTERACTION_COMPLETED
    screenpop_data: Json = None
    attached_data: Json = None  # getState only
    disposition: Json = None  # this and the next: INTERACTION_COMPLETED only
    notes: Text = None


class State(Struct, frozen=True):
    """The answer to getState. `agent_id` is the user name."""

    agent_id: Text = None
    status: Text = None
    reason: Text = None
    interactions: tuple[Item, ...] | None = None


class LoginChanged(Struct, frozen=True):
    """LOGIN_CHANGED. The type of `login` is not documented."""

    agent_id: Text = None
    login: Json = None


class StateChanged(Struct, frozen=True):
    """STATE_CHANGED."""

    status: Text = None
    reason: Text = None
    agent_id: Text = None


class RecordingStatus(Struct, frozen=True):
    """CALL_RECORDING_STATUS, and the answer to getCallRecordingStatus. Flags are "1" or "0"."""

    item_id: Text = None
    call_id: Text = None
    recording: Json = None
    muted: Json = None


# --- what we write, as a desktop


class Rendered(Struct, frozen=True):
    """INTERACTION_RENDERED; the events with undocumented data carry the same."""

    item_id: str
    global_id: str
    phone_number: str
    service: str
    screenpop_data: Json


class ItemOut(Rendered, frozen=True):
    """An entry of the getState answer: every member, always."""

    recording_url: str
    attached_data: Json


class Completed(Rendered, frozen=True):
    """INTERACTION_COMPLETED."""

    disposition: str
    notes: str
    recording_url: str


class StateOut(Struct, frozen=True):
    """The answer to getState."""

    agent_id: str
    status: str
    reason: str
    interactions: tuple[ItemOut, ...]
