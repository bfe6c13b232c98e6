"""South: what the vendor says about its system, session or the agent's devices.

Apart from decode.py for its length. Source: reference/bright-pattern.md section 4. Only an error is told as
one; the rest are states of affairs. What the model has no word for (records to open, screens, the widget,
summaries) is told as the event's parameters in JSON, with the vendor's own interaction ids; a client of this
dialect gets the event itself.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from adapters.bright_pattern import decode
from adapters.bright_pattern import wire_events as w
from adapters.kit import reading
from schemas.ids import Ref
from schemas.messages import Attachment, AttachmentKind
from schemas.observations import AttachmentsObserved, Noticed

T = TypeVar("T")
Read = Callable[[msgspec.Raw, Ref, msgspec.Raw, reading.Mended], Noticed]


def _by(kind: type[T], make: Callable[[T, Ref, msgspec.Raw], Noticed]) -> Read:
    """The reader of an event with those parameters. It raises msgspec.DecodeError."""
    decoder = msgspec.json.Decoder(kind)
    return lambda raw, agent, vendor, mended: make(reading.decode(decoder, raw, mended), agent, vendor)


def _as_text(code: str, kind: type[T], text: Callable[[T], str]) -> Read:
    """A state of affairs in words."""
    return _by(
        kind, lambda said, agent, vendor: Noticed(agent=agent, vendor=vendor, code=code, message=text(said))
    )


def _softphone(status: w.SoftphoneStatus, agent: Ref, vendor: msgspec.Raw) -> Noticed:
    said, error = "ready" if status.ready else "not ready", bool(status.error) and not status.ready
    message = f"{said}: {status.error}" if status.error else said
    return Noticed(agent=agent, vendor=vendor, code="softphone_status", message=message, error=error)


def _set(said: w.Flags) -> str:
    return ", ".join(flag for flag, is_set in said.flags.items() if is_set is True)


def _in_full(code: str, kind: type[msgspec.Struct]) -> Read:
    decoder = msgspec.json.Decoder(kind)

    def read(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw, mended: reading.Mended) -> Noticed:
        said = reading.fitting(decoder, raw, mended)
        return Noticed(agent=agent, vendor=vendor, code=code, message=bytes(said).decode())

    return read


_summaries: Final = msgspec.json.Decoder(tuple[w.InteractionSummaryResult, ...])


def summary(event: str, params: msgspec.Raw, agent: Ref) -> list[AttachmentsObserved]:
    """What belongs to an interaction of a notice: its summary, where there is one."""
    if event != "ON_SUMMARY_GENERATION_COMPLETED":
        return []
    try:
        told = reading.decode(_summaries, params)
    except msgspec.DecodeError:
        return []  # the notice says all of it
    return [
        AttachmentsObserved(
            agent=agent,
            ref=Ref(one.interactionId),
            attachments=(
                Attachment(
                    kind=AttachmentKind.SUMMARY,
                    id="summary",
                    text="\n".join(f"{topic.name}: {topic.value}" for topic in one.topics),
                ),
            ),
        )
        for one in told
        if one.success and one.interactionId and one.topics
    ]


READ: Final[Mapping[str, Read]] = {
    "ON_SERVER_ERROR": _by(
        w.ServerError, lambda said, agent, vendor: decode.server_error(said.error, agent, vendor)
    ),
    "ON_SOFTPHONE_STATUS_CHANGE": _by(w.SoftphoneStatus, _softphone),
    "ON_AUDIO_DEVICE_CHANGE": _as_text(
        "audio_device",
        w.AudioDevice,
        lambda one: ", ".join(filter(None, (one.inputDevice, one.outputDevice))),
    ),
    "ON_CALL_AUDIO_QUALITY_ALERT": _as_text(
        "call_audio_quality", w.AudioQuality, lambda one: f"{one.callId}: {'poor' if one.alert else 'good'}"
    ),
    "ON_PHONE_CAPABILITIES_CHANGE": _as_text("phone_capabilities", w.Flags, _set),
    "ON_SCREEN_RECORDING_STATE_CHANGE": _as_text("screen_recording", w.Flags, _set),
    "ON_LOAD_TRANSFER_DATA": _in_full("load_transfer_data", w.LoadTransferData),
    "ON_OPEN_RECORD": _in_full("open_record", w.OpenRecord),
    "ON_SEARCH_RECORDS": _in_full("search_records", w.SearchRecords),
    "ON_SHOW_SCREEN": _in_full("show_screen", w.ShowScreen),
    "ON_WIDGET_MINIMIZED_CHANGE": _in_full("widget_minimized", w.WidgetMinimized),
    "ON_SUMMARY_GENERATION_STARTED": _in_full("summary_started", w.SummaryStarted),
    "ON_SUMMARY_GENERATION_COMPLETED": _in_full("summary_completed", w.SummaryCompleted),
}
