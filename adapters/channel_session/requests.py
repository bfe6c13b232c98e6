"""North: a client's request as a canonical command: one row a command, under its bare name.

Source: seed 003; reference channel-session.md sections 4 and 7.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from adapters.channel_session import incontact, tables, wire
from adapters.kit import reading
from schemas.commands import (
    Accept,
    Alternate,
    AnyCommand,
    Complete,
    CompleteConference,
    CompleteTransfer,
    Consult,
    Dial,
    Hold,
    ListDirectory,
    ListDispositions,
    Logout,
    Mute,
    PauseRecording,
    Reject,
    Release,
    ResumeRecording,
    Retrieve,
    SendDtmf,
    SetData,
    SetDisposition,
    SetState,
    SingleStepConference,
    SingleStepTransfer,
    StartRecording,
    StopRecording,
    Unmute,
)
from schemas.ids import InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose target was found."""

    session_id: SessionId
    interaction: Interaction | None
    data: msgspec.Raw
    demanded: bool = False  # inContact's extensions have to be there
    numbers: Mapping[int, str] = {}  # disposition ids behind the numbers that the client was given

    @property
    def interaction_id(self) -> InteractionId:
        """The interaction; rows of interactions and conversations only."""
        return self.interaction.id if self.interaction is not None else InteractionId("")


Reader = Callable[[Asked], AnyCommand]
DataT = TypeVar("DataT")


def _data(kind: type[DataT], read: Callable[[Asked, DataT], AnyCommand]) -> Reader:
    decoder = msgspec.json.Decoder(kind)

    def reader(asked: Asked) -> AnyCommand:
        return read(asked, reading.request(decoder, asked.data))

    return reader


def _set_state(asked: Asked, data: wire.AgentStateData) -> AnyCommand:
    state = tables.AGENT_STATE_IN.get(tables.word(data.state))
    if state not in tables.SETTABLE or state is None:
        raise ValueError(f"no state to set: {data.state}")
    return SetState(session_id=asked.session_id, state=state, reason=data.reason)


def _dial(asked: Asked, data: wire.DialData) -> AnyCommand:
    kind, answers, rest = incontact.read_dial(data.extensions, demanded=asked.demanded)
    return Dial(
        session_id=asked.session_id,
        destination=data.destination,
        destination_kind=kind,
        extensions=rest,
        answers=answers,
    )


def _complete(asked: Asked) -> AnyCommand:
    return Complete(
        interaction_id=asked.interaction_id, answers=incontact.read_completion(asked.data, asked.numbers)
    )


def _release(asked: Asked) -> AnyCommand:
    """On an alerting call it rejects."""
    if asked.interaction is not None and asked.interaction.state is InteractionState.ALERTING:
        return Reject(interaction_id=asked.interaction_id)
    return Release(interaction_id=asked.interaction_id)


def _tones(asked: Asked, data: wire.TonesData) -> AnyCommand:
    tones = data.digits or data.dtmf or data.tones
    if not tones:
        raise ValueError("digits: missing")
    return SendDtmf(interaction_id=asked.interaction_id, tones=tones)


# Bare command -> the kind of its target, and how it is read.
COMMANDS: Final[Mapping[str, tuple[str, Reader]]] = {
    "session.logout": (
        tables.SESSION,
        _data(wire.ReasonData, lambda asked, data: Logout(session_id=asked.session_id, reason=data.reason)),
    ),
    "session.getdirectory": (tables.SESSION, lambda asked: ListDirectory(session_id=asked.session_id)),
    "session.incontact.addressbook": (
        tables.SESSION,
        lambda asked: ListDirectory(session_id=asked.session_id),
    ),
    "channelgroup.setagentstate": (tables.GROUP, _data(wire.AgentStateData, _set_state)),
    "channel.setagentstate": (tables.CHANNEL, _data(wire.AgentStateData, _set_state)),
    "channel.dial": (tables.CHANNEL, _data(wire.DialData, _dial)),
    "channel.externaldispositions": (
        tables.CHANNEL,
        lambda asked: ListDispositions(session_id=asked.session_id),
    ),
    "interaction.accept": (
        tables.INTERACTION,
        lambda asked: Accept(interaction_id=asked.interaction_id),
    ),
    "interaction.reject": (
        tables.INTERACTION,
        lambda asked: Reject(interaction_id=asked.interaction_id),
    ),
    "interaction.setinteractiondata": (
        tables.INTERACTION,
        _data(
            wire.KeyValueData,
            lambda asked, data: SetData(interaction_id=asked.interaction_id, data={data.key: data.value}),
        ),
    ),
    "interaction.setdisposition": (
        tables.INTERACTION,
        _data(
            wire.DispositionText,
            lambda asked, data: SetDisposition(
                interaction_id=asked.interaction_id, disposition=data.disposition
            ),
        ),
    ),
    "interaction.complete": (tables.INTERACTION, _complete),
    "interaction.consult": (
        tables.INTERACTION,
        _data(
            wire.DestinationData,
            lambda asked, data: Consult(interaction_id=asked.interaction_id, destination=data.destination),
        ),
    ),
    "interaction.alternate": (
        tables.INTERACTION,
        lambda asked: Alternate(interaction_id=asked.interaction_id),
    ),
    "interaction.consulttransfer": (
        tables.INTERACTION,
        lambda asked: CompleteTransfer(interaction_id=asked.interaction_id),
    ),
    "interaction.consultconference": (
        tables.INTERACTION,
        lambda asked: CompleteConference(interaction_id=asked.interaction_id),
    ),
    "interaction.recording.start": (
        tables.INTERACTION,
        lambda asked: StartRecording(interaction_id=asked.interaction_id),
    ),
    "interaction.recording.stop": (
        tables.INTERACTION,
        lambda asked: StopRecording(interaction_id=asked.interaction_id),
    ),
    "interaction.recording.pause": (
        tables.INTERACTION,
        lambda asked: PauseRecording(interaction_id=asked.interaction_id),
    ),
    "interaction.recording.resume": (
        tables.INTERACTION,
        lambda asked: ResumeRecording(interaction_id=asked.interaction_id),
    ),
    "conversation.answer": (
        tables.CONVERSATION,
        lambda asked: Accept(interaction_id=asked.interaction_id),
    ),
    "conversation.release": (tables.CONVERSATION, _release),
    "conversation.hold": (tables.CONVERSATION, lambda asked: Hold(interaction_id=asked.interaction_id)),
    "conversation.retrieve": (
        tables.CONVERSATION,
        lambda asked: Retrieve(interaction_id=asked.interaction_id),
    ),
    "conversation.mute": (tables.CONVERSATION, lambda asked: Mute(interaction_id=asked.interaction_id)),
    "conversation.unmute": (
        tables.CONVERSATION,
        lambda asked: Unmute(interaction_id=asked.interaction_id),
    ),
    "conversation.senddtmf": (tables.CONVERSATION, _data(wire.TonesData, _tones)),
    "conversation.blindtransfer": (
        tables.CONVERSATION,
        _data(
            wire.DestinationData,
            lambda asked, data: SingleStepTransfer(
                interaction_id=asked.interaction_id, destination=data.destination
            ),
        ),
    ),
    "conversation.blindconference": (
        tables.CONVERSATION,
        _data(
            wire.DestinationData,
            lambda asked, data: SingleStepConference(
                interaction_id=asked.interaction_id, destination=data.destination
            ),
        ),
    ),
}
