"""In which states and media the switch takes which verb; one that is not listed is always taken."""

from collections.abc import Mapping
from typing import Final

from adapters.softswitch.model import Leg
from schemas.errors import RefusedError
from schemas.interaction import InteractionState, Media, RecordingState
from schemas.results import ErrorCode

S = InteractionState
_OFFERED: Final = frozenset({S.ALERTING})
_CONNECTED: Final = frozenset({S.CONNECTED})
_TALKING: Final = frozenset({S.CONNECTED, S.HELD})

STATES: Final[Mapping[str, frozenset[InteractionState]]] = {
    "interaction.accept": _OFFERED,
    "interaction.reject": _OFFERED,
    "interaction.release": _TALKING | {S.DIALING},
    "interaction.hold": _CONNECTED,
    "interaction.retrieve": frozenset({S.HELD}),
    "interaction.mute": _CONNECTED,
    "interaction.unmute": _CONNECTED,
    "interaction.send_dtmf": _CONNECTED | {S.DIALING},
    "chat.send": _CONNECTED,
    "email.reply": _CONNECTED,
    "email.forward": _CONNECTED,
    "interaction.start_recording": _TALKING,
    "interaction.stop_recording": _TALKING,
    "interaction.pause_recording": _TALKING,
    "interaction.resume_recording": _TALKING,
    "interaction.consult": _TALKING,
    "interaction.alternate": _TALKING,
    "interaction.single_step_transfer": _TALKING,
    "interaction.single_step_conference": _TALKING,
    "interaction.drop_party": _TALKING,
    "interaction.extend_wrap_up": frozenset({S.WRAP_UP}),
    "interaction.end_wrap_up": frozenset({S.WRAP_UP}),
    "interaction.complete": frozenset({S.WRAP_UP}),  # what is not voice may also be completed while connected
}
MEDIA: Final[Mapping[str, frozenset[Media]]] = {
    "chat.send": frozenset({Media.CHAT}),
    "email.reply": frozenset({Media.EMAIL}),
    "email.forward": frozenset({Media.EMAIL}),
    **dict.fromkeys(
        (
            "interaction.hold",
            "interaction.retrieve",
            "interaction.mute",
            "interaction.unmute",
            "interaction.send_dtmf",
            "interaction.alternate",
            "interaction.start_recording",
            "interaction.stop_recording",
            "interaction.pause_recording",
            "interaction.resume_recording",
        ),
        frozenset({Media.VOICE}),
    ),
}
# verb -> (the states it is taken in, the state after it)
RECORDING: Final[Mapping[str, tuple[frozenset[RecordingState], RecordingState]]] = {
    "interaction.start_recording": (frozenset({RecordingState.STOPPED}), RecordingState.RECORDING),
    "interaction.stop_recording": (
        frozenset({RecordingState.RECORDING, RecordingState.PAUSED}),
        RecordingState.STOPPED,
    ),
    "interaction.pause_recording": (frozenset({RecordingState.RECORDING}), RecordingState.PAUSED),
    "interaction.resume_recording": (frozenset({RecordingState.PAUSED}), RecordingState.RECORDING),
}


def check(leg: Leg, verb: str) -> None:
    """Raise RefusedError if the verb does not fit the medium (UNSUPPORTED) or the state (WRONG_STATE)."""
    media = leg.call.media
    if verb in MEDIA and media not in MEDIA[verb]:
        raise RefusedError(ErrorCode.UNSUPPORTED, f"{verb} is not for {media}")
    states = STATES.get(verb)
    if states is None or leg.state in states:
        return
    if verb == "interaction.complete" and media is not Media.VOICE and leg.state is S.CONNECTED:
        return
    raise RefusedError(ErrorCode.WRONG_STATE, f"the interaction is {leg.state}")
