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


def read_session(body: bytes) -> Begin | End:
    """Read the body of POST /sessions. Raises MalformedFrame."""
    try:
        said = _session(body)
    except msgspec.DecodeError as error:
        raise MalformedFrame(NAME, "sessions", str(error)) from error
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


def begun(session_id: str) -> bytes:
    """The answer to startSession."""
    return _encode(Begun(session_id))


def wrap(frames: Sequence[bytes]) -> bytes:
    """The answer to a poll."""
    return b'{"messages":[%s]}' % b",".join(frames)


def begin(name: str) -> bytes:
    """Open a transport session; the platform chooses its id."""
    return _encode(Session(START, Client(name)))


def read_begun(body: bytes) -> str:
    """The id of the session that was opened. Raises MalformedFrame."""
    try:
        return _begun(body).id
    except msgspec.DecodeError as error:
        raise MalformedFrame(NAME, START, str(error)) from error


def end(session_id: str, name: str) -> bytes:
    """Close it."""
    return _encode(Session(END, Client(name, session_id)))


def unwrap(body: bytes) -> Sequence[bytes]:
    """The messages in the answer to a poll. Raises MalformedFrame."""
    try:
        return [bytes(one) for one in _messages(body).messages]
    except msgspec.DecodeError as error:
        raise MalformedFrame(NAME, "messages", str(error)) from error


POLLING: Final = Polling(
    sessions="sessions",
    requests="direct/processRequest",
    messages="messages",
    parameter="clientId",
    media="text/plain",
    read_session=read_session,
    begun=begun,
    wrap=wrap,
    begin=begin,
    read_begun=read_begun,
    end=end,
    unwrap=unwrap,
)
