"""The frames that browser relays and facades speak."""

import msgspec
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


def test_each_of_many_keeps_what_is_its_own_of_a_frame() -> None:
    frame = msgspec.Raw(b'{"id":1,"result":{"n":2.50,"data":[{"id":"a","x":null},{"id":7}]}}')
    alone = jsonrpc.one_by_one(frame, ("result", "data"), "id")
    assert {key: bytes(one) for key, one in alone.items()} == {
        "a": b'{"id":1,"result":{"n":2.50,"data":[{"id":"a","x":null}]}}',
        "7": b'{"id":1,"result":{"n":2.50,"data":[{"id":7}]}}',
    }


@pytest.mark.parametrize(
    "frame",
    [
        b'{"result":{"data":[{"id":"a"}]}}',
        b'{"result":{"data":[]}}',
        b'{"result":{"data":null}}',
        b'{"result":[{"id":"a"},{"id":"b"}]}',
        b'{"result":{"data":[{"id":"a"},{}]}}',
        b"{}",
    ],
)
def test_a_frame_of_one_or_of_another_shape_stays_as_it_is(frame: bytes) -> None:
    assert jsonrpc.one_by_one(msgspec.Raw(frame), ("result", "data"), "id") == {}
