"""North: canonical events for the clients, each of which makes its own update of them. Pure.

An update is of everything that there is, which no one event has; so what they share is the snapshot, and
what is no part of one: the microphone and what is in front. Source: docs/sources/amazon-connect.md, sections
7 and 10.
"""

from adapters.amazon_connect import tables
from adapters.amazon_connect.settings import Settings
from adapters.contract.change import Change, Encoded, Encoder, Frame
from adapters.kit import jsonrpc
from schemas import events as e


def event_encoder(settings: Settings) -> Encoder:
    """What clients are told; of a snapshot, the first of its events."""
    del settings

    def encode(change: Change) -> Encoded:
        return [(*_snapshot(event, first=first), *_beside(event)) for event, first in change.told()]

    return encode


def _snapshot(event: e.AnyEvent, *, first: bool) -> tuple[Frame, ...]:
    match event:
        case e.InteractionEvent() if first:
            return (Frame(tables.UPDATE, b"", event.interaction),)
        case e.AgentEvent() if first:
            return (Frame(tables.UPDATE, b"", event.agent),)
        case _:
            return ()


def _beside(event: e.AnyEvent) -> tuple[Frame, ...]:
    match event:
        case e.InteractionMuteChanged():
            return (jsonrpc.event(tables.MUTE_TOGGLE, {"muted": event.interaction.muted}),)
        case e.FocusChanged() if event.interaction.focused:
            about = event.interaction.consult_of or event.interaction.id
            return (jsonrpc.event(tables.VIEW, {"contactId": about}),)
        case _:
            return ()
