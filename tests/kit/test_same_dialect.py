"""What a platform of the client's own dialect said, told with our handles and otherwise as it came."""

import msgspec
import pytest

from adapters.kit import same_dialect
from adapters.kit.same_dialect import At, Handle, Members, Places
from schemas.events import VendorFrame

ABOUT: Places = {"params": At(0, {"id": Handle.NEEDED})}
PERHAPS: Places = {"params": At(0, {"id": Handle.KNOWN})}
BESIDE: Places = {"params": At(1, Handle.MENTIONED)}


def find(theirs: str) -> str | None:
    return {"7": "ours"}.get(theirs)


def told(body: str, places: Places) -> str:
    return same_dialect.frame_renamed(body.encode(), places, find).decode()


@pytest.mark.parametrize(
    ("places", "body", "expected"),
    [
        (ABOUT, '{"params":[{"new":null,"id":"7"},1]}', '{"params":[{"new":null,"id":"ours"},1]}'),
        (ABOUT, '{"a":1.50,"params":[{"id":7}],"z":{}}', '{"a":1.50,"params":[{"id":"ours"}],"z":{}}'),
        (BESIDE, '{"params":["x","7"]}', '{"params":["x","ours"]}'),
        (BESIDE, '{"params":["x","8"]}', '{"params":["x",null]}'),
        ({"id": Handle.MENTIONED, "of": {"id": Handle.KNOWN}}, '{"of":{"id":"7"}}', '{"of":{"id":"ours"}}'),
    ],
)
def test_only_the_handle_is_ours(places: Places, body: str, expected: str) -> None:
    assert told(body, places) == expected


@pytest.mark.parametrize("nothing", ['{"id":null}', '{"id":""}', '{"id":{}}', "{}", "null", '"7"', "[]"])
def test_what_names_nobody_is_told_only_where_that_is_as_good(nothing: str) -> None:
    body = f'{{ "params" : [ {nothing} ] }}'  # blanks and all
    assert told(body, PERHAPS) == body
    assert not told(body, ABOUT)


@pytest.mark.parametrize("body", ["{}", '{"params":null}', '{"params":[]}', '{"params":{"id":"7"}}'])
def test_a_frame_of_another_shape_holds_no_handle(body: str) -> None:
    assert told(body, PERHAPS) == body
    assert told(body, BESIDE) == body
    assert not told(body, ABOUT)


@pytest.mark.parametrize("places", [ABOUT, PERHAPS])
def test_what_concerns_one_that_the_client_does_not_know_is_held_back(places: Places) -> None:
    assert not told('{"params":[{"id":"8"}]}', places)


def test_a_vendor_rewrites_what_is_more_than_a_handle_where_it_stands() -> None:
    places: Places = {"data": lambda given: msgspec.Raw(bytes(given).upper())}
    assert told('{"data":"abc"}', places) == '{"data":"ABC"}'
    assert told('{"other":1}', places) == '{"other":1}'


def test_an_object_with_nothing_to_replace_is_told_itself() -> None:
    members: Members = {"id": msgspec.Raw(b"null"), "of": msgspec.Raw(b'{"id":""}')}
    places: Places = {"id": Handle.KNOWN, "of": {"id": Handle.MENTIONED}}
    assert same_dialect.renamed(members, places, find) is members


def test_one_is_found_by_its_handle_and_never_by_none() -> None:
    listed = [{"id": msgspec.Raw(b"null")}, {}, {"id": msgspec.Raw(b'"7"')}]
    assert same_dialect.one_of(listed, "id", "7") is listed[2]
    assert same_dialect.one_of(listed, "id", "") is None


def said(body: bytes, dialect: str = "theirs") -> VendorFrame:
    return VendorFrame(dialect=dialect, frame=msgspec.Raw(body))


def test_an_event_is_passed_on_byte_for_byte_by_its_name() -> None:
    body = b'{"method": "ON_IT", "params": [ 1 ], "later": true}'
    (frame,) = same_dialect.passed_on(said(body), "theirs", "ON_IT")
    assert (frame.topic, frame.body) == ("ON_IT", body)
    assert same_dialect.passed_on(said(body), "theirs") == (frame,)


@pytest.mark.parametrize(
    "vendor",
    [None, said(b'{"method":"ON_IT"}', "another"), said(b'{"id":1,"result":2}'), said(b'{"method":"ELSE"}')],
)
def test_nothing_else_is_passed_on(vendor: VendorFrame | None) -> None:
    assert same_dialect.passed_on(vendor, "theirs", "ON_IT") == ()


def test_a_question_is_told_and_not_asked() -> None:
    (frame,) = same_dialect.passed_on(said(b'{"id":5,"method":"ON_IT","params":[1]}'), "theirs")
    assert msgspec.json.decode(frame.body) == {"jsonrpc": "2.0", "method": "ON_IT", "params": [1]}
