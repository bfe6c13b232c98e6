"""HTTP bodies as reference channel-session.md 1.3 prints them; the byte stream of 1.2, however it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channel_session.binding import DIALECT
from adapters.channel_session.framing import Deframer, Frame, framing, pack
from adapters.channel_session.polling import POLLING
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.transports import Begin, End
from schemas.errors import MalformedFrame

LARGEST = 1000

# --- HTTP polling

# Printed in 1.3; the second leaves the id out, which it says may be done.
START = b'{"messageType":"startSession","client":{"id":"c1","name":"bar"}}'
END = b'{"messageType":"endSession","client":{"id":"c1","name":"bar"}}'


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (START, Begin(id="c1", name="bar")),
        (b'{"messageType":"startSession","client":{"name":"bar"}}', Begin(name="bar")),
        (b'{"messageType":"startSession","client":{"name":"bar","id":""}}', Begin(name="bar")),
        (
            b'{"messageType":"startSession","client":{"name":"bar","token":"t","x":1},"y":[]}',
            Begin(name="bar", token="t"),
        ),
        (END, End("c1")),
        (b'{"messageType":"endSession","client":{"id":"c1"}}', End("c1")),
    ],
)
def test_printed_body_opens_or_closes_a_transport_session(body: bytes, read: Begin | End) -> None:
    assert POLLING.read_session(body) == read


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "sessions"),
        (b"[]", "sessions"),
        (b'{"messageType":"startSession"}', "client"),
        (b'{"messageType":"startSession","client":{}}', "client.name is missing"),
        (b'{"messageType":"startSession","client":{"name":""}}', "client.name is missing"),
        (b'{"messageType":"startSession","client":{"name":7}}', "name"),
        (b'{"messageType":"endSession","client":{"name":"bar"}}', "client.id is missing"),
        (b'{"messageType":"pauseSession","client":{"id":"c1","name":"bar"}}', "pauseSession"),
    ],
)
def test_body_that_is_neither_is_malformed_and_says_what_is_wrong(body: bytes, what: str) -> None:
    with pytest.raises(MalformedFrame, match=what):
        POLLING.read_session(body)


def test_bodies_that_we_write_are_the_printed_ones() -> None:
    assert POLLING.begin("bar") == b'{"messageType":"startSession","client":{"name":"bar"}}'
    assert POLLING.begun("c1") == b'{"id":"c1"}'
    assert POLLING.read_session(POLLING.end("c1", "bar")) == POLLING.read_session(END)
    assert POLLING.read_begun(b'{"id":"c1","since":0}') == "c1"


@pytest.mark.parametrize("frames", [[], [b'{"a":1}'], [b'{"a":"]},{"}', b"[]", b'"x"']])
def test_messages_come_out_of_a_poll_as_they_went_in(frames: list[bytes]) -> None:
    assert list(POLLING.unwrap(POLLING.wrap(frames))) == frames


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"messages":{}}', b'{"messages":[1'])
def test_answer_that_holds_no_messages_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedFrame):
        POLLING.unwrap(body)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id":1}', b'{"ID":"c1"}'])
def test_answer_that_holds_no_id_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedFrame):
        POLLING.read_begun(body)


# --- TCP framing

# Written out by hand from the table in 1.2: boundary, index 3, length 2 in network order, content.
BY_HAND = b"~!OM\x03\x00\x00\x00\x02{}"

frames = st.builds(Frame, st.integers(0, 255), st.binary(max_size=40) | st.just(b'{"a":"~!OM"}'))


def test_frame_is_laid_out_as_documented() -> None:
    assert pack(Frame(3, b"{}")) == BY_HAND
    assert list(Deframer(LARGEST).feed(BY_HAND)) == [Frame(3, b"{}")]


@given(st.lists(frames, max_size=6), st.data())
def test_stream_gives_the_same_frames_however_it_is_cut(sent: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(map(pack, sent))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=20)))
    deframer = Deframer(LARGEST)
    came = [
        frame
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in deframer.feed(stream[start:end])
    ]
    assert came == sent


@given(frames, st.integers(1, 48))
def test_frame_that_is_not_whole_yet_waits_for_the_rest(frame: Frame, missing: int) -> None:
    stream = pack(frame)
    cut = max(0, len(stream) - missing)
    deframer = Deframer(LARGEST)
    assert not list(deframer.feed(stream[:cut]))
    assert list(deframer.feed(stream[cut:])) == [frame]


@given(st.lists(frames, max_size=3), st.binary(min_size=1, max_size=8), st.booleans())
def test_missing_boundary_is_fatal_after_the_frames_before_it(
    sent: list[Frame],
    junk: bytes,
    at_once: bool,  # noqa: FBT001  # drawn
) -> None:
    if b"~!OM".startswith(junk[:4]):
        junk = b"x" + junk
    deframer = Deframer(LARGEST)
    came: list[Frame] = []
    stream = b"".join(map(pack, sent))
    chunks = [stream + junk] if at_once else [stream, junk]

    def feed() -> None:
        for chunk in chunks:
            came.extend(deframer.feed(chunk))

    with pytest.raises(MalformedFrame, match="boundary is missing"):
        feed()
    assert came == sent
    with pytest.raises(MalformedFrame, match="boundary is missing"):
        list(deframer.feed(BY_HAND))


def test_frame_past_the_bound_is_fatal_before_it_has_come() -> None:
    deframer = Deframer(4)
    assert list(deframer.feed(pack(Frame(1, b"1234")))) == [Frame(1, b"1234")]
    with pytest.raises(MalformedFrame, match="5 bytes, at most 4"):
        list(deframer.feed(pack(Frame(1, b"12345"))[:9]))


def test_settings_tell_the_index_of_what_we_send_and_any_is_read() -> None:
    settings = ChannelSessionSettings(tcp_protocol_index=7)
    assert DIALECT.framing is framing
    stream = framing(settings, LARGEST)
    assert stream.wrap(b"{}") == pack(Frame(7, b"{}"))
    assert list(stream.feed(pack(Frame(7, b"[1]")) + pack(Frame(0, b"[2]")))) == [b"[1]", b"[2]"]
