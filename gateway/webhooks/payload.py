"""Bodies by CloudEvents 1.0, structured JSON: an envelope put around the event as the journal has it.

The event itself is neither decoded nor encoded again. Extensions: `sequence` counts within the subject, with
leading zeros, so that it also sorts as text; `partitionkey` names what keeps its order; `expirytime` stands
on live events.
"""

from datetime import datetime
from typing import Final

import msgspec

from gateway.store.base import Appended
from schemas.ids import Cursor

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
TEST_TYPE: Final = "webhook.test"
_TYPE_PREFIX: Final = "dev.trunkline."


class Head(msgspec.Struct, frozen=True):
    """What the envelope needs to know of an event."""

    id: str
    time: datetime
    sequence: int = 0


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The attributes of CloudEvents 1.0 that we send; `data` follows them."""

    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    datacontenttype: str
    subject: str = ""
    sequence: str = ""
    partitionkey: str = ""
    expirytime: datetime | None = None


head = msgspec.json.Decoder(Head).decode
_encode = msgspec.json.Encoder().encode


def key(event: Appended) -> str:
    """What the event keeps its order with: its interaction, else its agent session, else its platform."""
    return event.interaction_id or event.session_id or event.platform_id


def envelope(event: Appended, about: Head, expires_at: datetime | None = None) -> bytes:
    """The body to be sent."""
    attributes = _encode(
        Envelope(
            specversion="1.0",
            id=about.id,
            source=f"/platforms/{event.platform_id}",
            type=_TYPE_PREFIX + event.type,
            time=about.time,
            datacontenttype="application/json",
            subject=event.interaction_id or event.session_id,
            sequence=f"{about.sequence:010}" if about.sequence else "",
            partitionkey=key(event),
            expirytime=expires_at,
        )
    )
    return b'%s,"data":%s}' % (attributes[:-1], event.body)


def trial(message_id: str, now: datetime) -> tuple[Appended, Head]:
    """An event that means nothing, to try a receiver with."""
    body = _encode({"type": TEST_TYPE, "id": message_id, "time": now, "message": "It works."})
    return Appended(Cursor(0), TEST_TYPE, "-", "", "", "", body), Head(message_id, now)
