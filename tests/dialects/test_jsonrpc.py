"""The frames that browser relays and facades speak."""

import pytest

from adapters.kit import jsonrpc
from schemas.errors import MalformedFrame


@pytest.mark.parametrize(
    "frame",
    [
        b'{"jsonrpc":"2.0","method":"\x80"}',
        b'{"jsonrpc":"2.0","method":"m","params":["\x80"]}',
        b'{"jsonrpc":"2.0","id":1,"result":{"\xff":1}}',
    ],
)
def test_what_is_no_utf_8_is_malformed_wherever_it_stands(frame: bytes) -> None:
    with pytest.raises(MalformedFrame):
        jsonrpc.decode("x", frame)


def test_other_alphabets_are_read() -> None:
    message = jsonrpc.decode("x", '{"jsonrpc":"2.0","method":"m","params":["día"]}'.encode())
    assert bytes(message.params).decode() == '["día"]'
