"""Messages by CloudEvents 1.0, around the event as the journal has it.

Structured, the body is an envelope in JSON with the event inside; binary, it is the event, and the envelope
stands in headers. The event itself is neither decoded nor encoded again. Extensions: `sequence` counts within
the subject, with leading zeros, so that it also sorts as text; `partitionkey` names what keeps its order;
`expirytime` stands on live events; `dataref` says where an event is that is too large to be sent. A receiver
may have the structured body called plain JSON, and events with fewer members.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from gateway.outbound.members import Slimmed, of
from gateway.store.base import Appended
from gateway.store.deliveries import ContentType, Members, WebhookMode
from gateway.telemetry import tracing
from schemas.events import NO_PLATFORM
from schemas.ids import Cursor
from schemas.privacy import NO_MASK, Mask

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
CONTENT_TYPES: Final[Mapping[ContentType, str]] = {
    ContentType.CLOUD_EVENT: CONTENT_TYPE,
    ContentType.JSON: "application/json",  # bare: who knows nothing else may know no parameter
}
TEST_TYPE: Final = "webhook.test"
_JSON: Final = "application/json"
_TYPE_PREFIX: Final = "dev.trunkline."
_NOTHING: Final = b"null"  # and not an empty body: verifiers read JSON
_UNSAFE: Final = re.compile(r'[^!-~]+|["%]')  # in a header, by the HTTP binding


class Head(msgspec.Struct, frozen=True):
    """What the envelope needs to know of an event."""

    id: str
    time: datetime
    sequence: int = 0
    webhook_id: str = ""
    command_id: str = ""


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
    dataref: str = ""


head = msgspec.json.Decoder(Head).decode
_encode = msgspec.json.Encoder().encode


def key(event: Appended) -> str:
    """What the event keeps its order with: its interaction, else its agent session, else its platform."""
    return event.interaction_id or event.session_id or event.platform_id or "gateway"


def attributes(
    event: Appended, about: Head, expires_at: datetime | None = None, dataref: str = ""
) -> Envelope:
    """What the envelope says of an event."""
    of_platform = event.platform_id != NO_PLATFORM
    return Envelope(
        specversion="1.0",
        id=about.id,
        source=f"/platforms/{event.platform_id}" if of_platform else "/gateway",
        type=_TYPE_PREFIX + event.type,
        time=about.time,
        datacontenttype=_JSON,
        subject=event.interaction_id or event.session_id or about.webhook_id,
        sequence=f"{about.sequence:010}" if about.sequence else "",
        partitionkey=key(event),
        expirytime=expires_at,
        dataref=dataref,
    )


def envelope(event: Appended, about: Head, expires_at: datetime | None = None) -> bytes:
    """A structured body, whatever its size."""
    return _around(event.body, attributes(event, about, expires_at))


def _around(body: bytes, told: Envelope) -> bytes:
    return b'%s,"data":%s}' % (_encode(told)[:-1], body)


class Form(NamedTuple):
    """How a webhook wants its events."""

    mode: WebhookMode = WebhookMode.STRUCTURED
    content_type: ContentType = ContentType.CLOUD_EVENT
    members: tuple[Members, ...] = (Members(),)
    mask: Mask = NO_MASK


class Message(NamedTuple):
    """What is sent, but for its signature."""

    headers: Mapping[str, str]
    body: bytes
    trace: Mapping[str, str] = {}  # headers too, beside the envelope's


class Packer:
    """Makes messages of events. What is too large goes by reference: `dataref` says where it is."""

    def __init__(self, max_bytes: int, public_url: str | None) -> None:
        """Without the address that we have for others, a reference begins with its path."""
        self._max_bytes = max_bytes
        self._base = (public_url or "").rstrip("/")
        self._slimmed = Slimmed()

    def forget(self) -> None:
        """Events were erased."""
        self._slimmed.forget()

    def pack(self, form: Form, event: Appended, about: Head, expires_at: datetime | None = None) -> Message:
        """The message for one event."""
        binary = form.mode is WebhookMode.BINARY
        body = self._slimmed.body(event, of(form.members, event.cursor), form.mask)
        if not binary:
            body = _around(body, attributes(event, about, expires_at))
        dataref = ""
        if len(body) > self._max_bytes:
            dataref = f"{self._base}/v1/events/{event.cursor}"
            body = _NOTHING if binary else _encode(attributes(event, about, expires_at, dataref))
        trace = tracing.of_event(about.id, tracing.of_command(about.command_id))
        if binary:
            return Message(_as_headers(attributes(event, about, expires_at, dataref)), body, trace)
        return Message({"content-type": CONTENT_TYPES[form.content_type]}, body, trace)


def _as_headers(told: Envelope) -> dict[str, str]:
    """The attributes as headers (HTTP binding, 3.1): `ce-` before their names, values percent-encoded."""
    named: dict[str, str] = msgspec.to_builtins(told)
    made = {f"ce-{name}": _percent_encoded(value) for name, value in named.items()}
    return {"content-type": made.pop("ce-datacontenttype"), **made}


def _percent_encoded(value: str) -> str:
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()), value)


def trial(message_id: str, now: datetime) -> tuple[Appended, Head]:
    """An event that means nothing, to try a receiver with."""
    body = _encode({"type": TEST_TYPE, "id": message_id, "time": now, "message": "It works."})
    return Appended(Cursor(0), TEST_TYPE, "-", "", "", "", body), Head(message_id, now)
