"""South: the answers to the connection's own calls: the snapshot on connecting, and re-reading. Pure.

Source: reference 1.4 and 3. `media.getMediaList` adds to the snapshot and is not waited for.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from adapters import jsonrpc
from adapters.genesys_wwe import codec, wire
from adapters.kit.reading import Mended
from schemas.results import Failed
from schemas.values import Json

SUBSCRIBE: Final = "subscribe"
AGENT: Final = "agent.get"
STATE: Final = "agent.getState"
STATES: Final = "agent.getStateList"
INTERACTIONS: Final = "interaction.getInteractions"
MEDIA: Final = "media.getMediaList"
SNAPSHOT: Final = frozenset({SUBSCRIBE, AGENT, STATE, STATES, INTERACTIONS})  # MEDIA only adds to it
# What shows whether a call went through that was not answered: a limit on requests, or a lost reply. For all
# other calls it is INTERACTIONS.
TELLS: Final[Mapping[str, str]] = {"agent.setState": STATE, "media.setState": MEDIA}


class Heard(msgspec.Struct, frozen=True):
    """An answer to a call of our own."""

    method: str
    failed: Failed | None = None
    agent: wire.Agent | None = None
    state: wire.State | None = None
    states: tuple[wire.State, ...] = ()
    interactions: tuple[codec.Shown, ...] = ()
    whole: bool = True  # whether these are all that there are
    media: tuple[wire.Media, ...] = ()
    data: msgspec.Raw = jsonrpc.NOTHING  # as it came

    def said(self) -> dict[str, str]:
        """What the platform said, to be kept where only a client of the same dialect reads it."""
        return {} if self.failed is not None else {self.method: bytes(self.data).decode()}


_agent = msgspec.json.Decoder(wire.Agent | None)
_state = msgspec.json.Decoder(wire.State | None)
_states = msgspec.json.Decoder(tuple[wire.State, ...] | None)
_interactions = msgspec.json.Decoder(tuple[msgspec.Raw, ...] | None)
_members = msgspec.json.Decoder(dict[str, Json]).decode
_media = msgspec.json.Decoder(tuple[wire.Media, ...] | None)


def body_of(message: jsonrpc.Message) -> msgspec.Raw:
    """The vendor's reply; a refusal by the relay itself is told as the platform's would be."""
    if isinstance(message.error, jsonrpc.Error):
        return msgspec.Raw(msgspec.json.encode({"errorMessage": message.error.message}))
    return jsonrpc.NOTHING if message.result is UNSET else message.result


def data_of(message: jsonrpc.Message) -> msgspec.Raw:
    """The data of a reply; null if it is a refusal."""
    data = codec.read_answer(body_of(message))
    return jsonrpc.NOTHING if isinstance(data, Failed) else data


def read(method: str, body: msgspec.Raw, mended: Mended) -> Heard:
    """Read an answer to a call of our own. Raises MalformedFrame."""
    data = codec.read_answer(body)
    if isinstance(data, Failed):
        return Heard(method, failed=data)
    match method:
        case "agent.get":
            heard = Heard(method, agent=codec.decode_data(_agent, data, method, mended), data=data)
        case "agent.getState":
            heard = Heard(method, state=codec.decode_data(_state, data, method, mended), data=data)
        case "agent.getStateList":
            heard = Heard(method, states=codec.decode_data(_states, data, method, mended) or (), data=data)
        case "interaction.getInteractions":
            listed = codec.decode_data(_interactions, data, method, mended) or ()
            found = tuple(one for entry in listed for one in _shown(entry, mended))
            heard = Heard(method, interactions=found, whole=len(found) == len(listed))
        case "media.getMediaList":
            heard = Heard(method, media=codec.decode_data(_media, data, method, mended) or (), data=data)
        case _:
            heard = Heard(method)
    return heard


def _shown(entry: msgspec.Raw, mended: Mended) -> Iterable[codec.Shown]:
    """One of the list; nothing if it does not say which."""
    try:
        yield codec.shown(_members(entry), mended)
    except msgspec.DecodeError:
        mended.note("[...]")
