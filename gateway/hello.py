"""The first frame of a page: who it is. Browsers cannot send headers with a WebSocket."""

from typing import Final

import msgspec

from gateway.frames import check


class Hello(msgspec.Struct, frozen=True):
    """Parameters of the first frame of a relay or facade."""

    token: str = ""  # a link token or an API key
    agent: str = ""  # whose page it is, where no token says so


class _HelloFrame(msgspec.Struct, frozen=True):
    method: str
    id: int | str | None = None
    params: tuple[Hello, ...] = ()


HELLO_METHOD: Final = "trunkline.hello"
_decode_hello = msgspec.json.Decoder(_HelloFrame).decode
_encode = msgspec.json.Encoder().encode


def read_hello(frame: bytes) -> tuple[Hello, int | str | None] | None:
    """The hello in a frame, with its request id; None if the frame is something else."""
    try:
        check(frame)
        read = _decode_hello(frame)
    except msgspec.DecodeError:
        return None
    if read.method != HELLO_METHOD:
        return None
    return (read.params[0] if read.params else Hello()), read.id


def hello_answer(request_id: int | str | None, agent: str) -> bytes:
    """What a hello is answered with."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "result": {"agent": agent}})
