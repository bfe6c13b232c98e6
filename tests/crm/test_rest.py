"""Requests that a table makes: of CRMs whose interface is public, as their documents have it."""

import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote

import pytest
import yaml
from pydantic import ValidationError

from adapters.contract.crm import Activity, Answer, Crm, Flow, Keyed, Request, Sought
from adapters.crm.words import NAMES, of_activity
from adapters.registry import CONNECTORS
from schemas.errors import MalformedFrame
from schemas.interaction import Record
from schemas.values import Json
from tests.crm.calls import answered, leg, over
from tests.manual import ROOT


def table(name: str, page: str = "crm-tables") -> Mapping[str, Json]:
    """The table that the manual has under a heading."""
    text = (ROOT / "docs" / "integrate" / f"{page}.md").read_text(encoding="utf-8")
    block = text.split(f"## {name}")[1].split("```yaml\n")[1].split("```")[0]
    settings: Mapping[str, Json] = yaml.safe_load(block)["crm"]["books"]["settings"]
    return settings


def crm(settings: Mapping[str, Json]) -> Crm:
    (made,) = [one.open(settings) for one in CONNECTORS if one.name == "rest"]
    assert made is not None
    return made


def carried_out(flow: Flow[object], answers: Sequence[Json]) -> tuple[list[Request], object]:
    """The requests that a flow makes where it is answered so, and what it comes to."""
    made: list[Request] = []
    left = list(answers)
    try:
        made.append(next(flow))
        while True:
            made.append(flow.send(Answer(200, json.dumps(left.pop(0)).encode())))
    except StopIteration as done:
        assert not left
        return made, done.value


ACTIVITY: Final = Activity(
    key="r1", legs=(over(answered(leg("i1", "r1"))),), users={"ana": "42"}, numbers=("+12015550123",)
)


def test_erpnext_keeps_a_call_log_by_its_own_id() -> None:
    made, ref = carried_out(
        crm(table("ERPNext")).create_log(ACTIVITY), [{"data": []}, {"data": []}, {"data": {"name": "r1"}}]
    )
    assert ref == "r1"
    assert unquote(made[0].path) == (
        '/api/resource/Contact?filters=[["Contact Phone","phone","=","+12015550123"]]'
        '&fields=["name","full_name"]'
    )
    assert made[-1].creates
    assert (made[-1].method, made[-1].path) == ("POST", "/api/resource/Call%20Log")
    body = json.loads(made[-1].body)
    assert (body["id"], body["duration"], body["from"]) == ("r1", 60, "+12015550123")


def test_erpnext_is_asked_for_our_key_and_brought_up_to_date() -> None:
    it = crm(table("ERPNext"))
    assert it.keyed is Keyed.SEARCH
    made, ref = carried_out(it.find_log("r1"), [{"data": [{"name": "r1"}]}])
    assert ref == "r1"
    assert unquote(made[0].path) == '/api/resource/Call Log?filters=[["id","=","r1"]]&fields=["name"]'
    made, there = carried_out(it.update_log("r1", ACTIVITY), [{"data": []}, {"data": []}, {}])
    assert there is True
    assert (made[-1].method, made[-1].path) == ("PUT", "/api/resource/Call%20Log/r1")


def test_odoo_is_asked_by_its_methods() -> None:
    it = crm(table("Odoo"))
    made, found = carried_out(
        it.find(Sought(numbers=("+12015550123",))), [[{"id": 7, "display_name": "Ada"}]]
    )
    assert found == (Record(id="7", type="res.partner", display_name="Ada"),)
    assert made[0].path == "/json/2/res.partner/search_read"
    assert json.loads(made[0].body)["domain"] == [["phone_mobile_search", "=", "+12015550123"]]
    made, ref = carried_out(it.create_log(ACTIVITY), [[{"id": 7, "display_name": "Ada"}], [33]])
    assert ref == "33"
    assert json.loads(made[-1].body)["vals_list"][0]["partner_id"] == 7
    made, there = carried_out(it.update_log("33", ACTIVITY), [[], True])
    assert there is True
    assert json.loads(made[-1].body)["ids"] == [33]


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": {}}, "<html>", [1]])
def test_an_answer_that_holds_no_list_is_not_taken_for_nothing_found(answer: Json) -> None:
    log: Json = {"find": {"path": "/c?key={key}", "items": "data"}, "create": {"path": "/c"}}
    with pytest.raises(MalformedFrame):
        carried_out(crm({"log": log}).find_log("r1"), [answer])


def test_what_a_word_holds_cannot_change_the_request() -> None:
    log: Json = {"create": {"path": "/c"}}
    it = crm({"log": log, "find": [{"path": "/c?phone={number}"}]})
    made, _ = carried_out(it.find(Sought(numbers=("1&all=yes/../#",))), [[]])
    assert made[0].path == "/c?phone=1%26all%3Dyes%2F..%2F%23"


def test_the_example_of_the_manual_is_a_table() -> None:
    assert crm(table("From nothing to a logged call", "crm-rest")).keyed is Keyed.SEARCH


def test_what_the_crm_keeps_by_our_key_is_written_as_often_as_needed() -> None:
    it = crm({"log": {"upsert": {"method": "PUT", "path": "/calls/{key}", "body": {"text": "{legs}"}}}})
    assert it.keyed is Keyed.UPSERT
    (first,), ref = carried_out(it.create_log(ACTIVITY), [{"id": 9}])
    (second,), there = carried_out(it.update_log("9", ACTIVITY), [{"id": 9}])
    assert (ref, there) == ("9", True)
    assert (first.path, first.creates) == ("/calls/r1", False)
    assert second == first


def test_all_words_of_an_activity_are_named() -> None:
    assert set(of_activity(ACTIVITY)) == NAMES


@pytest.mark.parametrize(
    "wrong",
    [
        {"log": {"create": {"path": "/c", "body": {"text": ["{lgs}"]}}}},
        {"log": {"create": {"path": "/c/{id}"}}},
        {"log": {"create": {"path": "/c"}}, "find": [{"path": "/c?phone={phone}"}]},
        {"log": {"create": {"path": "/c"}, "find": {"path": "/c"}}},
        {"log": {"create": {"path": "/c"}, "upsert": {"path": "/c"}}},
    ],
)
def test_a_table_that_names_what_there_is_not_is_refused(wrong: Mapping[str, Json]) -> None:
    with pytest.raises(ValidationError):
        crm(wrong)


def test_a_crm_that_answers_404_where_it_finds_nobody_has_found_nobody() -> None:
    it = crm({"log": {"create": {"path": "/c"}}, "find": [{"path": "/who/{number}"}]})
    flow = it.find(Sought(numbers=("1", "2")))
    next(flow)
    assert flow.send(Answer(404, b"not found")).path == "/who/2"
    with pytest.raises(StopIteration) as found:
        flow.send(Answer(404, b"not found"))
    assert found.value.value == ()
