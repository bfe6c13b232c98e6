"""Keys made, seen, rotated and revoked while the gateway runs."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession, UnixConnector

from gateway.api.keys import KeyList
from gateway.http import operator_socket
from gateway.maintenance.upkeep import EVERY_S
from gateway.security.access import Scope
from gateway.security.keys import MOST_OVERLAP_S, Keys
from gateway.store.memory import MemoryStore
from schemas.grants import Grant
from schemas.values import Json
from tests.fakes import START, FakeClock
from tests.gateway.handmade import bench
from tests.security.keyed import EVERY, ask, boss, made, told


async def test_a_key_is_shown_once_and_good_until_it_is_revoked() -> None:
    async with bench() as standing:
        admin = await boss(standing)
        crm = await made(standing, admin, scopes=["events:read"])
        key, key_id = str(crm["key"]), str(crm["id"])
        assert key.startswith(f"tlk_{key_id}_")
        secret = key.split("_", 2)[2]
        assert (await ask(standing, key, "GET", "/v1/sessions")).status == 200
        for path in ("/v1/keys", f"/v1/keys/{key_id}"):
            assert secret.encode() not in (await ask(standing, admin, "GET", path)).body
        seen = (await ask(standing, admin, "GET", f"/v1/keys/{key_id}")).json()
        assert {name: seen[name] for name in ("name", "scopes", "state", "expires_at", "grant")} == {
            "name": "crm",
            "scopes": ["events:read"],
            "state": "valid",
            "expires_at": None,
            "grant": {},
        }
        assert str(seen["created_by"]).startswith("key:")
        gone = await ask(standing, admin, "DELETE", f"/v1/keys/{key_id}")
        assert (gone.status, gone.text("state")) == (200, "revoked")
        assert (await ask(standing, key, "GET", "/v1/sessions")).status in {401, 403}
        again = await ask(standing, admin, "DELETE", f"/v1/keys/{key_id}")
        assert again.json()["revoked_at"] == gone.json()["revoked_at"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({}, "name"),
        ({"name": "x"}, "vendor:call"),
        ({"name": "x", "scopes": []}, "vendor:call"),
        ({"name": "x", "scopes": ["events:raed"]}, "events:read"),
        ({"name": "", "scopes": ["admin"]}, "name"),
        ({"name": "x" * 101, "scopes": ["admin"]}, "name"),
        ({"name": "a\nb", "scopes": ["admin"]}, "name"),
        ({"name": "x", "scopes": ["admin"], "ttl_s": 0}, "ttl_s"),
        ({"name": "x", "scopes": ["admin"], "ttl_s": -1}, "ttl_s"),
        ({"name": "x", "scopes": ["admin"], "ttl_s": 10**12}, "ttl_s"),
        ({"name": "x", "scopes": ["admin"], "expires_at": "2020-01-01T00:00:00Z"}, "over already"),
        ({"name": "x", "scopes": ["admin"], "expires_at": "2090-01-01T00:00:00"}, "offset"),
        ({"name": "x", "scopes": ["admin"], "expires_at": "2090-01-01T00:00:00Z", "ttl_s": 9}, "only one"),
        ({"name": "x", "scopes": ["admin"], "rate": {"burst": 0, "per_s": 1}}, "burst"),
        ({"name": "x", "scopes": ["admin"], "rate": {"burst": 1, "per_s": 0}}, "per_s"),
        ({"name": "x", "scopes": ["admin"], "grant": {"platform": ["p"]}}, "platform"),
        ({"name": "x", "scopes": ["admin"], "scope": "admin"}, "scope"),
    ],
)
async def test_what_cannot_be_meant_is_refused_and_says_what(wanted: dict[str, Json], says: str) -> None:
    async with bench() as standing:
        admin = await boss(standing)
        answer = await ask(standing, admin, "POST", "/v1/keys", wanted)
        assert answer.status == 400, answer.body
        assert says in answer.text("detail")
        assert len(standing.gateway.keys.list()) == 1


async def test_nobody_gives_more_than_he_has() -> None:
    async with bench() as standing:
        top = await boss(standing)
        narrow = str(
            (await made(standing, top, scopes=["admin", "links"], grant={"platforms": ["p"]}))["key"]
        )
        refused: list[dict[str, Json]] = [
            {"scopes": ["events:read"], "grant": {"platforms": ["p"]}},
            {"scopes": ["admin"]},
            {"scopes": ["admin"], "grant": {"platforms": ["p", "q"]}},
            {"scopes": ["admin"], "grant": {"agents": ["a1"]}},
        ]
        for more in refused:
            answer = await ask(standing, narrow, "POST", "/v1/keys", {"name": "more", **more})
            assert answer.status == 403, more
            assert "more than he has" in answer.text("detail")
        less = await made(
            standing, narrow, scopes=["links"], grant={"platforms": ["p"], "agents": ["a1"]}, name="less"
        )
        listed = (await ask(standing, narrow, "GET", "/v1/keys")).json()["keys"]
        assert isinstance(listed, list)
        assert len(listed) == 2  # itself, and what it gave: the wider one is not its to see
        boss_id = top.split("_")[1]
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
            assert (await ask(standing, narrow, method, f"/v1/keys/{boss_id}{path}")).status == 404
        assert (await ask(standing, narrow, "POST", f"/v1/keys/{less['id']}/rotate")).status == 200
        wider = await made(standing, top, scopes=EVERY, grant={"platforms": ["p"]})
        # a new secret of a key is that key: he would have its scopes
        assert (await ask(standing, narrow, "POST", f"/v1/keys/{wider['id']}/rotate")).status == 403


async def test_keys_are_for_the_scope_admin() -> None:
    async with bench() as standing:
        admin = await boss(standing)
        crm = await made(standing, admin, scopes=[scope for scope in EVERY if scope != "admin"])
        mine = str(crm["id"])
        for method, path in (
            ("GET", "/v1/keys"),
            ("POST", "/v1/keys"),
            ("GET", f"/v1/keys/{mine}"),
            ("DELETE", f"/v1/keys/{mine}"),
            ("POST", f"/v1/keys/{mine}/rotate"),
        ):
            assert (await ask(standing, str(crm["key"]), method, path)).status == 403
            assert (await ask(standing, "", method, path)).status == 401
        assert (await ask(standing, admin, "GET", "/v1/keys/nothing")).status == 404


async def test_after_a_rotation_the_old_secret_is_good_for_the_overlap() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin)
        first, path = str(crm["key"]), f"/v1/keys/{crm['id']}/rotate"
        answer = await ask(standing, admin, "POST", path, {"overlap_s": 60})
        second = answer.text("key")
        assert second.split("_")[1] == first.split("_")[1]
        assert answer.json()["overlap_until"] == "2026-03-02T09:01:00Z"
        for key in (first, second):
            assert (await ask(standing, key, "GET", "/v1/sessions")).status == 200
        await clock.advance(60)
        assert (await ask(standing, first, "GET", "/v1/sessions")).status in {401, 403}
        third = (await ask(standing, admin, "POST", path, {"overlap_s": 0})).text("key")
        assert (await ask(standing, second, "GET", "/v1/sessions")).status in {401, 403}
        assert (await ask(standing, third, "GET", "/v1/sessions")).status == 200
        fourth = (await ask(standing, admin, "POST", path)).text("key")
        fifth = (await ask(standing, admin, "POST", path)).text("key")
        alive = [(await ask(standing, one, "GET", "/v1/sessions")).status for one in (third, fourth, fifth)]
        assert alive[1:] == [200, 200]
        assert alive[0] in {401, 403}  # one secret before the newest is good, no more
        for overlap in (-1, MOST_OVERLAP_S + 1):
            assert (await ask(standing, admin, "POST", path, {"overlap_s": overlap})).status == 400
        await ask(standing, admin, "DELETE", f"/v1/keys/{crm['id']}")
        assert (await ask(standing, admin, "POST", path)).status == 409


async def test_two_rotations_at_once_are_one_after_the_other() -> None:
    store, clock = MemoryStore(), FakeClock()
    keys = Keys(store, clock)
    record, first = await keys.create("crm", ["admin"])
    secrets = [key for _, key in await asyncio.gather(*(keys.rotate(record.id, 60) for _ in range(2)))]
    assert [keys.verify(key) is not None for key in (first, *secrets)] == [False, True, True]
    again = Keys(store, clock)
    await again.load()
    assert [again.verify(key) is not None for key in (first, *secrets)] == [False, True, True]


@pytest.mark.parametrize("wanted", [{"ttl_s": 90}, {"expires_at": "2026-03-02T10:01:30+01:00"}])
async def test_a_key_ends_with_its_time_and_stays_over_when_the_clock_is_set_back(
    wanted: dict[str, Json],
) -> None:
    clock = FakeClock()
    async with bench(clock=clock) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin, **wanted)
        assert crm["expires_at"] in {"2026-03-02T09:01:30Z", "2026-03-02T10:01:30+01:00"}
        await clock.advance(89)
        assert (await ask(standing, str(crm["key"]), "GET", "/v1/sessions")).status == 200
        await clock.advance(1)
        clock._start -= timedelta(days=1)  # noqa: SLF001  # somebody sets it back
        assert (await ask(standing, str(crm["key"]), "GET", "/v1/sessions")).status in {401, 403}
        seen = (await ask(standing, admin, "GET", f"/v1/keys/{crm['id']}")).json()
        assert seen["state"] == "expired"
        assert (await ask(standing, admin, "POST", f"/v1/keys/{crm['id']}/rotate")).status == 409


async def test_the_last_use_is_told_at_once_and_written_now_and_then(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    async with bench(clock=(clock := FakeClock()), path=path) as standing:
        record, key = await standing.gateway.keys.create("crm", ["admin"])
        assert standing.gateway.keys.get(record.id).last_used_at is None
        await clock.advance(10)
        for _ in range(20):
            await ask(standing, key, "GET", "/v1/keys")
        seen = (await ask(standing, key, "GET", f"/v1/keys/{record.id}")).json()
        assert seen["last_used_at"] == "2026-03-02T09:00:10Z"
        kept = await standing.gateway.store.credentials.key_by_id(record.id)
        assert kept is not None
        assert kept.last_used_at is None
        await clock.advance(EVERY_S)
        await standing.gateway.keys.rotate(record.id, 60)
    async with bench(path=path) as standing:
        (kept,) = standing.gateway.keys.list()
        assert kept.last_used_at == START + timedelta(seconds=10)
        assert standing.gateway.keys.verify(key) is None  # by the real clock its overlap is long over


async def test_a_rotation_is_not_undone_by_the_last_use_that_is_written_meanwhile() -> None:
    store, clock = MemoryStore(), FakeClock()
    keys = Keys(store, clock)
    record, _ = await keys.create("crm", ["admin"])
    keys.used(record.id)
    (_, key), _ = await asyncio.gather(keys.rotate(record.id, 0), keys.save_uses())
    again = Keys(store, clock)
    await again.load()
    assert again.verify(key) is not None


async def test_what_is_over_for_long_is_forgotten_and_the_gate_stays_closed() -> None:
    store, clock = MemoryStore(), FakeClock()
    keys = Keys(store, clock)
    soon = clock.now() + timedelta(hours=1)
    brief = [(await keys.create("temporary", ["links"], expires_at=soon))[0] for _ in range(3)]
    await keys.revoke(brief[0].id)
    await clock.advance(40 * 24 * 3600)
    for name in ("new", "newer"):
        await keys.create(name, ["links"])
    assert {one.name for one in keys.list()} == {"new", "newer"}
    assert {one.name for one in await store.credentials.list_keys()} == {"new", "newer"}
    for one in keys.list():
        await keys.revoke(one.id)
    await clock.advance(40 * 24 * 3600)
    assert keys.configured()


async def test_the_operator_makes_keys_on_the_socket_without_one(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    async with bench(path=path) as standing:
        where = operator_socket.path_of(None, path)
        async with ClientSession(connector=UnixConnector(str(where))) as http:
            body: dict[str, Json] = {"name": "first", "scopes": EVERY}
            answer = await told(http, "POST", "http://operator/v1/keys", body)
            assert answer.status == 201
            assert answer.json()["created_by"] == "operator"
            refused = await told(http, "POST", "http://operator/v1/keys", {"name": "x"})
            assert refused.status == 400
            assert (await told(http, "GET", "http://operator/v1/keys/none")).status == 404
        assert (await ask(standing, "", "GET", "/v1/sessions")).status == 401
        assert (await ask(standing, answer.text("key"), "GET", "/v1/keys")).status == 200


async def test_a_key_is_narrowed_to_its_grant_as_it_was_given() -> None:
    async with bench() as standing:
        admin = await boss(standing)
        crm = await made(standing, admin, grant={"platforms": ["p"], "verbs": ["dial"]})
        record = standing.gateway.keys.get(str(crm["id"]))
        assert record.grant.within(Grant(platforms=frozenset({"p"})))
        assert record.grant.narrows
        assert Scope.ADMIN in record.scopes


async def test_a_key_is_revoked_at_once_while_the_disk_is_full_and_none_is_made() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin)
        store = standing.gateway.store
        assert isinstance(store, MemoryStore)
        store.trouble = "the disk is full"
        wanted: dict[str, Json] = {"name": "late", "scopes": ["links"]}
        for path, body in (("/v1/keys", wanted), (f"/v1/keys/{crm['id']}/rotate", None)):
            refused = await ask(standing, admin, "POST", path, body)
            assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert (await ask(standing, str(crm["key"]), "GET", "/v1/sessions")).status == 200
        await ask(standing, admin, "DELETE", f"/v1/keys/{crm['id']}")
        assert (await ask(standing, str(crm["key"]), "GET", "/v1/sessions")).status in {401, 403}
        store.trouble = ""
        await clock.advance(1)


async def test_keys_come_in_pages() -> None:
    async with bench() as standing:
        names = [f"k{at}" for at in range(3)]
        key = ""
        for name in names:
            _, key = await standing.gateway.keys.create(name, ["admin"])
        headers, found, following = {"Authorization": f"Bearer {key}"}, list[str](), ""
        while True:
            page = f"&page={following}" if following else ""
            reply = await standing.request("GET", f"/v1/keys?limit=2{page}", headers=headers)
            told = msgspec.json.decode(reply.body, type=KeyList)
            found += [one.name for one in told.keys]
            if not (following := told.next):
                break
        assert sorted(found) == names


async def test_name_end_and_rate_of_a_key_are_changed_while_it_is_used() -> None:
    async with bench(clock=(clock := FakeClock())) as standing:
        admin = await boss(standing)
        crm = await made(standing, admin, ttl_s=60)
        key, path = str(crm["key"]), f"/v1/keys/{crm['id']}"
        change: dict[str, Json] = {"name": "warehouse", "ttl_s": 600, "rate": {"per_s": 1.0, "burst": 2}}
        answer = await ask(standing, admin, "PATCH", path, change)
        assert answer.status == 200, answer.body
        seen = answer.json()
        assert (seen["name"], seen["rate"]) == ("warehouse", {"per_s": 1.0, "burst": 2})
        assert seen["grant"] == crm["grant"]  # what is left out stays
        await clock.advance(61)
        assert [(await ask(standing, key, "GET", "/v1/sessions")).status for _ in range(3)] == [200, 200, 429]
        assert (await ask(standing, admin, "PATCH", path, {"rate": None})).json()["rate"] is None
        await clock.advance(3600)
        over = await ask(standing, admin, "PATCH", path, {"ttl_s": 60})
        assert (over.status, "expired" in over.text("detail")) == (409, True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"ttl_s": 0}, "ttl_s"),
        ({"ttl_s": 9, "expires_at": "2090-01-01T00:00:00Z"}, "only one"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "over already"),
        ({"expires_at": "2090-01-01T00:00:00"}, "offset"),
        ({"rate": {"per_s": 0, "burst": 1}}, "per_s"),
        ({"grant": None}, "grant"),
    ],
)
async def test_a_change_that_cannot_be_meant_changes_nothing(change: dict[str, Json], says: str) -> None:
    async with bench() as standing:
        admin = await boss(standing)
        crm = await made(standing, admin)
        path = f"/v1/keys/{crm['id']}"
        refused = await ask(standing, admin, "PATCH", path, {"name": "other", **change})
        assert refused.status == 400
        assert says in refused.text("detail")
        assert (await ask(standing, admin, "GET", path)).text("name") == "crm"
