"""South: what the vendor says about its system, session or the agent's devices.

Source: reference/bright-pattern.md section 4. Only an error is told as one; the rest are states of affairs.
What the model has no word for (records to open, screens, the widget, summaries) is told as the event's
parameters in JSON, with the vendor's own interaction ids; a client of this dialect gets the event itself.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from adapters.bright_pattern import codec, params
from adapters.kit import reading
from schemas.ids import Ref
from schemas.observations import Noticed

# Noticed.code, beside the names of errors.SERVER_ERRORS
SOFTPHONE: Final = "softphone_status"
AUDIO_DEVICE: Final = "audio_device"
PHONE_CAPABILITIES: Final = "phone_capabilities"
AUDIO_QUALITY: Final = "call_audio_quality"
SCREEN_RECORDING: Final = "screen_recording"

READY: Final = "ready"
NOT_READY: Final = "not ready"

T = TypeVar("T")
Read = Callable[[msgspec.Raw, Ref, msgspec.Raw, reading.Mended], Noticed]


class _Said(msgspec.Struct, frozen=True):
    """What there is to tell."""

    code: str
    message: str = ""
    error: bool = False


def _by(kind: type[T], make: Callable[[T], _Said]) -> Read:
    """The reader of an event with those parameters. It raises msgspec.DecodeError."""
    decoder = msgspec.json.Decoder(kind)

    def read(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw, mended: reading.Mended) -> Noticed:
        said = make(reading.decode(decoder, raw, mended))
        return Noticed(agent=agent, vendor=vendor, code=said.code, message=said.message, error=said.error)

    return read


_server_error = msgspec.json.Decoder(params.ServerError)


def _on_server_error(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw, mended: reading.Mended) -> Noticed:
    return codec.server_error(reading.decode(_server_error, raw, mended).error, agent, vendor)


def _softphone(status: params.SoftphoneStatus) -> _Said:
    said = READY if status.ready else NOT_READY
    message = f"{said}: {status.error}" if status.error else said
    return _Said(SOFTPHONE, message, error=bool(status.error) and not status.ready)


def _audio_device(device: params.AudioDevice) -> _Said:
    return _Said(AUDIO_DEVICE, ", ".join(name for name in (device.inputDevice, device.outputDevice) if name))


def _audio_quality(quality: params.AudioQuality) -> _Said:
    return _Said(AUDIO_QUALITY, f"{quality.callId}: {'poor' if quality.alert else 'good'}")


def _flags(code: str) -> Callable[[params.Flags], _Said]:
    return lambda said: _Said(code, ", ".join(flag for flag, is_set in said.flags.items() if is_set is True))


def _in_full(code: str, kind: type[msgspec.Struct]) -> Read:
    decoder = msgspec.json.Decoder(kind)

    def read(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw, mended: reading.Mended) -> Noticed:
        said = reading.fitting(decoder, raw, mended)
        return Noticed(agent=agent, vendor=vendor, code=code, message=bytes(said).decode())

    return read


READ: Final[Mapping[str, Read]] = {
    "ON_SERVER_ERROR": _on_server_error,
    "ON_SOFTPHONE_STATUS_CHANGE": _by(params.SoftphoneStatus, _softphone),
    "ON_AUDIO_DEVICE_CHANGE": _by(params.AudioDevice, _audio_device),
    "ON_CALL_AUDIO_QUALITY_ALERT": _by(params.AudioQuality, _audio_quality),
    "ON_PHONE_CAPABILITIES_CHANGE": _by(params.Flags, _flags(PHONE_CAPABILITIES)),
    "ON_SCREEN_RECORDING_STATE_CHANGE": _by(params.Flags, _flags(SCREEN_RECORDING)),
    "ON_LOAD_TRANSFER_DATA": _in_full("load_transfer_data", params.LoadTransferData),
    "ON_OPEN_RECORD": _in_full("open_record", params.OpenRecord),
    "ON_SEARCH_RECORDS": _in_full("search_records", params.SearchRecords),
    "ON_SHOW_SCREEN": _in_full("show_screen", params.ShowScreen),
    "ON_WIDGET_MINIMIZED_CHANGE": _in_full("widget_minimized", params.WidgetMinimized),
    "ON_SUMMARY_GENERATION_STARTED": _in_full("summary_started", params.SummaryStarted),
    "ON_SUMMARY_GENERATION_COMPLETED": _in_full("summary_completed", params.SummaryCompleted),
}
