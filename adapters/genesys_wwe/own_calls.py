"""South: the answers to the connection's own calls read: the snapshot on connecting, and re-reading. Pure.

A module of its own, beside `decode`, because it stands on the rows of `methods`. Source: reference 1.4 and 3.
"""

from collections.abc import Iterable

import msgspec

from adapters.genesys_wwe import decode, methods, wire
from adapters.genesys_wwe.tables import NAME
from adapters.kit import reading
from adapters.kit.jsonrpc import NOTHING
from adapters.kit.reading import Mended
from schemas.errors import MalformedFrame
from schemas.results import Failed
from schemas.values import Json


class OwnAnswer(msgspec.Struct, frozen=True):
    """An answer to a call of our own: the snapshot on connecting, and what is read again."""

    method: str
    failed: Failed | None = None
    agent: wire.Agent | None = None
    state: wire.State | None = None
    states: tuple[wire.State, ...] = ()
    interactions: tuple[decode.Shown, ...] = ()
    whole: bool = True  # whether these are all that there are
    media: tuple[wire.Media, ...] = ()
    data: msgspec.Raw = NOTHING  # as it came

    def private(self) -> dict[str, str]:
        """What the platform said, to be kept where only a client of the same dialect reads it."""
        return {} if self.failed is not None else {self.method: bytes(self.data).decode()}


_agent = msgspec.json.Decoder(wire.Agent | None)
_state = msgspec.json.Decoder(wire.State | None)
_states = msgspec.json.Decoder(tuple[wire.State, ...] | None)
_interactions = msgspec.json.Decoder(tuple[msgspec.Raw, ...] | None)
_members = msgspec.json.Decoder(dict[str, Json]).decode
_media = msgspec.json.Decoder(tuple[wire.Media, ...] | None)


def read(method: str, body: msgspec.Raw, mended: Mended) -> OwnAnswer:
    """Read an answer to a call of our own. Raises MalformedFrame."""
    data = decode.read_answer(body)
    if isinstance(data, Failed):
        return OwnAnswer(method, failed=data)
    try:
        return _own_answer(method, data, mended)
    except msgspec.DecodeError as error:
        raise MalformedFrame(NAME, method, str(error)) from error


def _own_answer(method: str, data: msgspec.Raw, mended: Mended) -> OwnAnswer:
    match method:
        case methods.GET_AGENT.name:
            return OwnAnswer(method, agent=reading.decode(_agent, data, mended), data=data)
        case methods.GET_STATE.name:
            return OwnAnswer(method, state=reading.decode(_state, data, mended), data=data)
        case methods.GET_STATES.name:
            return OwnAnswer(method, states=reading.decode(_states, data, mended) or (), data=data)
        case methods.GET_MEDIA.name:
            return OwnAnswer(method, media=reading.decode(_media, data, mended) or (), data=data)
        case methods.GET_INTERACTIONS.name:
            listed = reading.decode(_interactions, data, mended) or ()
            found = tuple(one for entry in listed for one in _shown(entry, mended))
            return OwnAnswer(method, interactions=found, whole=len(found) == len(listed))
        case _:
            return OwnAnswer(method)


def _shown(entry: msgspec.Raw, mended: Mended) -> Iterable[decode.Shown]:
    """One of the list; nothing if it does not say which."""
    try:
        yield decode.shown(_members(entry), mended)
    except msgspec.DecodeError:
        mended.note("[...]")
