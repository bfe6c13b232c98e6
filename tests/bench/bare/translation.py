"""The bare parts' translation: a Bright Pattern page's frame, typed, to one event of about 25 members, typed.

What somebody would write who needs this dialect and this event only: two structs and a function.
"""

from typing import Final

import msgspec

STATES: Final = {
    "delivery_pending": "alerting",
    "delivered": "connected",
    "hold": "held",
    "completed": "ended",
}


class VendorParty(msgspec.Struct, gc=False, rename={"address": "phone"}):
    """One party, as the page says it."""

    id: str
    name: str
    address: str


class VendorCall(msgspec.Struct, gc=False, rename="camel"):
    """InteractionData, as far as it is used."""

    interaction_id: str
    global_interaction_id: str
    state: str
    type: str
    call_parties: list[VendorParty]
    call_muted: bool
    call_recording: bool
    attached_data: dict[str, str]
    internal: bool
    phone_number: str
    call_direction: str
    start_time: int
    service: str
    description: str
    playback_url: str
    recording_url: str
    origination: str
    duration: float = 0.0
    dnis: str = msgspec.field(name="DNIS", default="")
    ani: str = msgspec.field(name="ANI", default="")


class VendorFrame(msgspec.Struct, gc=False):
    """A notification of the page."""

    method: str
    params: list[VendorCall]


class Party(msgspec.Struct, gc=False):
    """One party, as we say it."""

    id: str
    name: str
    address: str


class Event(msgspec.Struct, gc=False):
    """What a subscriber gets."""

    type: str
    id: str
    time: int
    sequence: int
    source: str
    interaction_id: str
    root_id: str
    channel: str
    direction: str
    state: str
    muted: bool
    recording: bool
    internal: bool
    remote: str
    ani: str
    dnis: str
    service: str
    description: str
    started_at: int
    duration_s: float
    playback_url: str
    recording_url: str
    origination: str
    parties: list[Party]
    data: dict[str, str]


_read = msgspec.json.Decoder(VendorFrame).decode
write: Final = msgspec.json.Encoder().encode


def translate(frame: bytes, number: int) -> Event:
    """The event of a frame. Raises msgspec.DecodeError."""
    call = _read(frame).params[0]
    state = STATES[call.state]
    return Event(
        f"interaction.{state}",
        f"evt_{number}",
        call.start_time + number,
        number,
        "bright_pattern",
        call.interaction_id,
        call.global_interaction_id,
        call.type,
        call.call_direction,
        state,
        call.call_muted,
        call.call_recording,
        call.internal,
        call.phone_number,
        call.ani,
        call.dnis,
        call.service,
        call.description,
        call.start_time,
        call.duration,
        call.playback_url,
        call.recording_url,
        call.origination,
        [Party(one.id, one.name, one.address) for one in call.call_parties],
        call.attached_data,
    )
