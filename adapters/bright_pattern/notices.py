"""South: what the vendor says about its system, session or the agent's devices.

Source: reference/bright-pattern.md section 4. Only an error is told as one; the rest are states of affairs.
What the model has no word for (records to open, screens, the widget, summaries) is told as the event's
parameters in JSON, with the vendor's own interaction ids; a client of this dialect gets the event itself.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from adapters.bright_pattern import codec, params
from adapters.bright_pattern.tables import NAME
from schemas.errors import MalformedFrame
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

_server_error = msgspec.json.Decoder(params.ServerError).decode
_softphone = msgspec.json.Decoder(params.SoftphoneStatus).decode
_audio_device = msgspec.json.Decoder(params.AudioDevice).decode
_audio_quality = msgspec.json.Decoder(params.AudioQuality).decode
_flags = msgspec.json.Decoder(params.Flags).decode


def _on_server_error(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> Noticed:
    return codec.server_error(_server_error(raw).error, agent, vendor)


def _on_softphone(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> Noticed:
    status = _softphone(raw)
    said = READY if status.ready else NOT_READY
    return Noticed(
        agent=agent,
        vendor=vendor,
        code=SOFTPHONE,
        message=f"{said}: {status.error}" if status.error else said,
        error=bool(status.error) and not status.ready,
    )


def _on_audio_device(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> Noticed:
    device = _audio_device(raw)
    named = [name for name in (device.inputDevice, device.outputDevice) if name]
    return Noticed(agent=agent, vendor=vendor, code=AUDIO_DEVICE, message=", ".join(named))


def _on_audio_quality(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> Noticed:
    quality = _audio_quality(raw)
    said = "poor" if quality.alert else "good"
    return Noticed(agent=agent, vendor=vendor, code=AUDIO_QUALITY, message=f"{quality.callId}: {said}")


def _set_flags(code: str) -> Callable[[msgspec.Raw, Ref, msgspec.Raw], Noticed]:
    def read(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> Noticed:
        said = (flag for flag, is_set in _flags(raw).flags.items() if is_set is True)
        return Noticed(agent=agent, vendor=vendor, code=code, message=", ".join(said))

    return read


def _in_full(code: str, kind: type[msgspec.Struct]) -> Callable[[msgspec.Raw, Ref, msgspec.Raw], Noticed]:
    check = msgspec.json.Decoder(kind).decode

    def read(raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> Noticed:
        check(raw)
        return Noticed(agent=agent, vendor=vendor, code=code, message=bytes(raw).decode())

    return read


READ: Final[Mapping[str, Callable[[msgspec.Raw, Ref, msgspec.Raw], Noticed]]] = {
    "ON_SERVER_ERROR": _on_server_error,
    "ON_SOFTPHONE_STATUS_CHANGE": _on_softphone,
    "ON_AUDIO_DEVICE_CHANGE": _on_audio_device,
    "ON_CALL_AUDIO_QUALITY_ALERT": _on_audio_quality,
    "ON_PHONE_CAPABILITIES_CHANGE": _set_flags(PHONE_CAPABILITIES),
    "ON_SCREEN_RECORDING_STATE_CHANGE": _set_flags(SCREEN_RECORDING),
    "ON_LOAD_TRANSFER_DATA": _in_full("load_transfer_data", params.LoadTransferData),
    "ON_OPEN_RECORD": _in_full("open_record", params.OpenRecord),
    "ON_SEARCH_RECORDS": _in_full("search_records", params.SearchRecords),
    "ON_SHOW_SCREEN": _in_full("show_screen", params.ShowScreen),
    "ON_WIDGET_MINIMIZED_CHANGE": _in_full("widget_minimized", params.WidgetMinimized),
    "ON_SUMMARY_GENERATION_STARTED": _in_full("summary_started", params.SummaryStarted),
    "ON_SUMMARY_GENERATION_COMPLETED": _in_full("summary_completed", params.SummaryCompleted),
}


def read(event: str, raw: msgspec.Raw, agent: Ref, vendor: msgspec.Raw) -> Noticed:
    """Read one of READ. Raises MalformedFrame."""
    try:
        return READ[event](raw, agent, vendor)
    except msgspec.DecodeError as error:
        raise MalformedFrame(NAME, event, str(error)) from error
