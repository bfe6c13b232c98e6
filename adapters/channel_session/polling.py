"""The HTTP transport: a transport session is opened and closed, requests are posted, messages polled.

Source: reference channel-session.md section 1.3 [public]. Two things are not visible there and are our
reading [inferred]: the poll, which is `GET /messages?clientId=` here, and what messages come in, which is
`{"messages": [...]}` here. `token` beside a client's name is ours: the page says that authentication must
not depend on HTTP, and not what it depends on instead.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session.tables import NAME
from adapters.contract.transports import Begin, End, Polling
from adapters.kit.reading import malformed
from schemas.errors import MalformedFrame

START: Final = "startSession"
END: Final = "endSession"


class Client(msgspec.Struct, frozen=True):
    """Who opens or closes a transport session; without an id it is given one."""

    name: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    token: str | UnsetType = UNSET


class Session(msgspec.Struct, frozen=True, rename="camel"):
    """The body of POST /sessions."""

    message_type: str
    client: Client


class Begun(msgspec.Struct, frozen=True):
    """The answer to startSession."""

    id: str


class Messages(msgspec.Struct, frozen=True):
    """The answer to a poll."""

    messages: tuple[msgspec.Raw, ...]


_encode: Final = msgspec.json.Encoder().encode
_session: Final = msgspec.json.Decoder(Session).decode
_begun: Final = msgspec.json.Decoder(Begun).decode
_messages: Final = msgspec.json.Decoder(Messages).decode


def _read_session(body: bytes) -> Begin | End:
    """Read the body of POST /sessions. Raises MalformedFrame."""
    with malformed(NAME, "sessions"):
        said = _session(body)
    client = said.client
    match said.message_type:
        case "startSession" if client.name:
            return Begin(name=client.name, id=client.id or None, token=client.token or "")
        case "startSession":
            raise MalformedFrame(NAME, START, "client.name is missing")
        case "endSession" if client.id:
            return End(client.id)
        case "endSession":
            raise MalformedFrame(NAME, END, "client.id is missing")
        case other:
            raise MalformedFrame(NAME, "sessions", f"messageType: {other!r} is neither {START} nor {END}")


def _read_begun(body: bytes) -> str:
    """The id of the session that was opened. Raises MalformedFrame."""
    with malformed(NAME, START):
        return _begun(body).id


def _unwrap(body: bytes) -> Sequence[bytes]:
    """The messages in the answer to a poll. Raises MalformedFrame."""
    with malformed(NAME, "messages"):
        return [bytes(one) for one in _messages(body).messages]


POLLING: Final = Polling(
    sessions="sessions",
    requests="direct/processRequest",
    messages="messages",
    parameter="clientId",
    media="text/plain",
    read_session=_read_session,
    begun=lambda session_id: _encode(Begun(session_id)),
    wrap=lambda frames: b'{"messages":[%s]}' % b",".join(frames),
    begin=lambda name: _encode(Session(START, Client(name))),
    read_begun=_read_begun,
    end=lambda session_id, name: _encode(Session(END, Client(name, session_id))),
    unwrap=_unwrap,
)
