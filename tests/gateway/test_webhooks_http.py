"""Webhooks as a resource: pages, tags, patches, secrets of one's own, the end of a rotation."""

from typing import Final

import msgspec
import pytest
from standardwebhooks import Webhook as Reader

from schemas.values import Json
from tests.gateway.handmade import Bench, bench
from tests.gateway.webhook_world import receiving

SPEC: Final[dict[str, Json]] = {"url": "http://127.0.0.1:9/hook", "name": "n", "events": ["interaction.*"]}
OWN: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MERGE: Final = {"Content-Type": "application/merge-patch+json"}


async def asked(
    one: Bench, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], dict[str, Json]]:
    """Status, headers by small letters, and the JSON."""
    data = None if body is None else msgspec.json.encode(body)
    async with one.http.request(method, one.url + path, data=data, headers=headers) as response:
        told = await response.read()
        named = {name.lower(): value for name, value in response.headers.items()}
        read = msgspec.json.decode(told, type=dict[str, Json]) if told else {}
        return response.status, named, read


async def made(one: Bench, **more: Json) -> tuple[str, str]:
    """A webhook's path and its tag."""
    status, headers, _ = await asked(one, "POST", "/v1/webhooks", {**SPEC, **more})
    assert status == 201
    return headers["location"], headers["etag"]


# --- tags


async def test_a_webhook_has_a_tag_that_changes_with_it_and_saves_an_answer() -> None:
    async with bench() as one:
        path, tag = await made(one)
        assert (await asked(one, "GET", path))[1]["etag"] == tag
        status, headers, body = await asked(one, "GET", path, headers={"If-None-Match": f'"x", W/{tag}'})
        assert (status, headers["etag"], body) == (304, tag, {})
        _, headers, _ = await asked(one, "PUT", path, {**SPEC, "name": "m"})
        assert headers["etag"] != tag
        assert (await asked(one, "GET", path, headers={"If-None-Match": tag}))[0] == 200


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [
        ("PUT", "", SPEC),
        ("PATCH", "", {"name": "m"}),
        ("DELETE", "", None),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("POST", "/rotate", None),
        ("POST", "/end-rotation", None),
    ],
)
async def test_a_change_is_refused_where_somebody_else_has_changed_it(
    method: str, end: str, body: Json
) -> None:
    async with bench() as one:
        path, old = await made(one)
        kind = MERGE if method == "PATCH" else {}
        _, headers, _ = await asked(one, "PUT", path, {**SPEC, "name": "theirs"})
        new = headers["etag"]
        for tag in (old, f"W/{new}", '"x"'):
            status, _, told = await asked(one, method, path + end, body, {**kind, "If-Match": tag})
            assert (status, told["type"]) == (412, "urn:trunkline:precondition_failed")
        assert (await asked(one, "GET", path))[2]["name"] == "theirs"
        status, _, _ = await asked(one, method, path + end, body, {**kind, "If-Match": f'"x", {new}'})
        assert status in {200, 204}


async def test_an_operator_may_ask_for_it() -> None:
    async with bench(overrides={"webhooks": {"require_if_match": True}}) as one:
        path, tag = await made(one)
        for method, body, kind in (("PUT", SPEC, {}), ("PATCH", {}, MERGE), ("DELETE", None, {})):
            status, _, told = await asked(one, method, path, body, kind)
            assert (status, told["type"]) == (428, "urn:trunkline:precondition_required")
        assert (await asked(one, "PUT", path, SPEC, {"If-Match": tag}))[0] == 200
        assert (await asked(one, "DELETE", path, headers={"If-Match": "*"}))[0] == 204


# --- patches


async def test_a_patch_changes_what_it_names_and_nothing_else() -> None:
    async with bench() as one:
        path, _ = await made(
            one,
            headers={"x-gate": "one", "x-other": "two"},
            rate={"per_second": 3, "burst": 4},
            omit=["vendor"],
        )
        before = (await asked(one, "GET", path))[2]
        patch: Json = {"headers": {"x-gate": None, "x-new": "three"}, "rate": {"burst": 2}, "events": ["*"]}
        status, _, after = await asked(one, "PATCH", path, patch, MERGE)
        assert status == 200
        expected = {
            **before,
            "headers": ["x-other", "x-new"],
            "rate": {"per_second": 3.0, "burst": 2},
            "events": ["*"],
        }
        assert after == expected
        status, _, after = await asked(one, "PATCH", path, {"rate": None, "name": None, "omit": None}, MERGE)
        assert (after["rate"], after["name"], after["omit"]) == (None, "", [])
        status, _, _ = await asked(one, "PATCH", path, {}, {"Content-Type": "application/json"})
        assert status == 200


@pytest.mark.parametrize(
    ("patch", "status", "says"),
    [
        ({"evnts": []}, 400, "is it events?"),
        ({"rate": {"brst": 1}}, 400, "is it burst?"),
        ({"url": None}, 400, "url"),
        ({"mode": "loud"}, 400, "mode"),
        ([], 400, "object"),
        ({"url": "ftp://there"}, 422, "http(s)"),
        ({"secret": OWN}, 400, "'secret' is no field"),
    ],
)
async def test_a_patch_that_makes_no_webhook_changes_nothing(patch: Json, status: int, says: str) -> None:
    async with bench() as one:
        path, tag = await made(one)
        got, _, told = await asked(one, "PATCH", path, patch, MERGE)
        assert (got, says in str(told["detail"])) == (status, True), told
        assert (await asked(one, "GET", path))[1]["etag"] == tag


async def test_what_is_no_merge_patch_is_told_what_is() -> None:
    async with bench() as one:
        path, _ = await made(one)
        status, headers, _ = await asked(
            one, "PATCH", path, [], {"Content-Type": "application/json-patch+json"}
        )
        assert (status, headers["accept-patch"]) == (415, "application/merge-patch+json")
        _, headers, _ = await asked(one, "OPTIONS", path)
        assert headers["accept-patch"] == "application/merge-patch+json"


# --- secrets


async def test_a_subscriber_may_bring_its_own_secret_and_end_a_rotation_early() -> None:
    async with bench() as one, receiving() as receiver:
        spec: Json = {**SPEC, "url": f"{receiver.url}/hook", "secret": OWN}
        _, headers, told = await asked(one, "POST", "/v1/webhooks", spec)
        assert told["secret"] == OWN
        assert headers["cache-control"] == "no-store"
        path = headers["location"]
        await asked(one, "POST", f"{path}/test")
        sent = await receiver.next()
        assert Reader(OWN).verify(sent.body, sent.headers)
        _, _, rotated = await asked(one, "POST", f"{path}/rotate")
        ours = str(rotated["secret"])
        assert (await asked(one, "GET", path))[2]["secrets"] == 2
        await asked(one, "POST", f"{path}/test")
        sent = await receiver.next()
        assert Reader(OWN).verify(sent.body, sent.headers)
        assert Reader(ours).verify(sent.body, sent.headers)
        assert (await asked(one, "POST", f"{path}/end-rotation"))[2]["secrets"] == 1
        await asked(one, "POST", f"{path}/test")
        sent = await receiver.next()
        assert len(sent.headers["webhook-signature"].split()) == 1
        assert Reader(ours).verify(sent.body, sent.headers)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "hunter2",
        "whsec_",
        "whsec_!!!",
        "whsec_c2hvcnQ=",
        "whsec_" + "QUFB" * 10,
        "whsec_" + "MfKQ" * 30,
        7,
    ],
)
async def test_a_secret_that_is_none_is_refused_and_not_repeated(secret: Json) -> None:
    async with bench() as one:
        path, _ = await made(one)
        for method, where, body in (
            ("POST", "/v1/webhooks", {**SPEC, "secret": secret}),
            ("POST", f"{path}/rotate", {"secret": secret}),
        ):
            status, _, told = await asked(one, method, where, body)
            assert status == 400
            assert len(str(secret)) < 7 or str(secret) not in str(told)
        assert (await asked(one, "GET", path))[2]["secrets"] == 1


async def test_a_declared_webhook_differs_by_its_secret_too_and_none_signs_twice() -> None:
    async with bench() as one:
        declared: dict[str, Json] = {**SPEC, "id": "mine", "secret": OWN}
        assert [(await asked(one, "POST", "/v1/webhooks", declared))[0] for _ in range(2)] == [201, 200]
        other = {**declared, "secret": OWN.replace("Mf", "Ng")}
        status, _, told = await asked(one, "POST", "/v1/webhooks", other)
        assert (status, "secret" in str(told["detail"])) == (409, True)
        status, _, told = await asked(one, "POST", "/v1/webhooks/mine/rotate", {"secret": OWN})
        assert status == 409
        assert OWN not in str(told)


# --- pages


async def test_pages_hold_still_while_webhooks_come_and_go() -> None:
    async with bench() as one:
        paths = [(await made(one, id=f"w{i}"))[0] for i in range(5)]
        _, headers, first = await asked(one, "GET", "/v1/webhooks?limit=2")
        seen = [one["id"] for one in msgspec.convert(first["webhooks"], list[dict[str, Json]])]
        assert seen == ["w0", "w1"]
        assert headers["link"] == f'</v1/webhooks?limit=2&page={first["next"]}>; rel="next"'
        await asked(one, "DELETE", paths[1])
        await made(one, id="w9")
        while "link" in headers:
            where = headers["link"].partition(">")[0].removeprefix("<")
            _, headers, page = await asked(one, "GET", where)
            seen += [one["id"] for one in msgspec.convert(page["webhooks"], list[dict[str, Json]])]
            assert ("next" in page) == ("link" in headers)
        assert seen == ["w0", "w1", "w2", "w3", "w4", "w9"]
