"""Who did what is noted with what was done, and nothing of any party is."""

from pathlib import Path

import msgspec
import pytest

from adapters.contract.dialect import Done
from gateway.api.audit import AuditPage
from gateway.security.access import Principal, Scope
from gateway.security.audit import READ_AGAIN_S, Action, Audit, Readers
from gateway.store.audit import Note, Wanted
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from schemas import events as ev
from schemas.commands import Dial
from schemas.ids import CommandId, PlatformId
from schemas.needinfo import Field, FieldType, NeedInfoKind, Question
from schemas.queries import RecordOnScreen
from schemas.results import CommandStatus
from tests.fakes import START, FakeClock
from tests.gateway.handmade import Ask, Bench, P, Page, bench, call

NUMBER = "+15550177042"
QUESTION = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL, title="Skill?", fields=(Field(key="skill", type=FieldType.TEXT),)
)


async def noted(standing: Bench, *actions: Action) -> list[Note]:
    entries = await standing.gateway.store.audit.entries(Wanted(), 1_000)
    notes = [msgspec.json.decode(one.body, type=Note) for one in entries]
    return [one for one in notes if not actions or one.action in actions]


async def keyed(standing: Bench, *scopes: Scope) -> dict[str, str]:
    _, key = await standing.gateway.keys.create("crm", scopes or list(Scope))
    return {"Authorization": f"Bearer {key}"}


async def test_a_command_is_noted_before_it_is_sent_and_without_whom_it_is_about() -> None:
    async with bench() as standing:
        page = await standing.page()
        body = {"type": "interaction.dial", "session_id": standing.session(), "destination": NUMBER}
        standing.tasks.start(_ask(standing, body), "command")
        called = await page.called()
        (note,) = await noted(standing, Action.COMMANDED)  # it is with the platform, and has no answer yet
        await page.reply(called, Done())
        assert note.principal == "anonymous"
        assert (note.platform_id, note.agent_id, note.details) == (P, "a1", {"verb": "interaction.dial"})
        record = await standing.gateway.store.command(CommandId(note.object))
        assert record is not None
        assert record.principal == note.principal
        assert NUMBER.encode() not in await everything(standing)


async def _ask(standing: Bench, body: object) -> None:
    await standing.request("POST", "/v1/commands", body)


async def everything(standing: Bench) -> bytes:
    return b"\n".join([one.line for one in await standing.gateway.store.audit.entries(Wanted(), 1_000)])


async def test_a_command_given_again_under_its_key_is_noted_once() -> None:
    async with bench() as standing:
        page = await standing.page()
        (mine,) = await standing.shown(page, call())
        body = {"type": "interaction.accept", "interaction_id": mine.id}
        standing.tasks.start(_carry_out(page), "platform")
        for _ in range(3):
            reply = await standing.request("POST", "/v1/commands", body, {"Idempotency-Key": "k"})
            assert reply.status == 200
        (note,) = await noted(standing, Action.COMMANDED)
        assert (note.principal, note.details["interaction"]) == ("anonymous", mine.id)


async def _carry_out(page: Page) -> None:
    await page.carry_out(Done())


async def test_an_answer_is_noted_with_who_gave_it_and_never_what_it_was() -> None:
    async with bench() as standing:
        page = await standing.page()
        body = {"type": "interaction.dial", "session_id": standing.session(), "destination": NUMBER}
        standing.tasks.start(_question(page), "platform")
        record = (await standing.request("POST", "/v1/commands", body)).json()
        assert record["status"] == CommandStatus.NEEDINFO
        needinfo = msgspec.to_builtins(record)["result"]["needinfo"]["id"]
        standing.tasks.start(_carry_out(page), "platform")
        answer = {"needinfo_id": needinfo, "values": {"skill": "what-nobody-may-read"}}
        assert (await standing.request("POST", f"/v1/commands/{record['id']}/answer", answer)).status == 200
        again = await standing.request("POST", f"/v1/commands/{record['id']}/answer", answer)
        assert again.status == 409
        (note,) = await noted(standing, Action.ANSWERED)  # the second did nothing
        assert (note.object, note.details) == (needinfo, {"command": record["id"], "how": "submit"})
        assert b"what-nobody" not in await everything(standing)


async def _question(page: Page) -> None:
    await page.carry_out(QUESTION)


async def test_an_answered_query_is_noted() -> None:
    async with bench() as standing:
        page = await standing.page()
        stream = await standing.stream(answers=["record_on_screen"])
        await page.say(Ask("t1", RecordOnScreen()))
        asked = await stream.until(lambda event: isinstance(event, ev.QueryRequested))
        assert isinstance(asked, ev.QueryRequested)
        answer = {"type": "record", "record": {"id": "r1", "display_name": "Jane Roe"}}
        reply = await standing.request("POST", f"/v1/queries/{asked.query.id}/answer", answer)
        assert reply.status == 200
        (note,) = await noted(standing, Action.QUERY_ANSWERED)
        assert note.object == asked.query.id
        assert b"Jane" not in await everything(standing)


async def test_webhooks_are_noted_from_their_making_to_their_end() -> None:
    async with bench(overrides={"webhooks": {"allow_private_networks": ["127.0.0.0/8"]}}) as standing:
        body = {"url": "http://127.0.0.1:9/hook", "id": "mine"}
        for method, path, wanted in (
            *(("POST", "", 201), ("POST", "", 200), ("PUT", "/mine", 200), ("POST", "/mine/pause", 200)),
            *(("POST", "/mine/resume", 200), ("POST", "/mine/rotate", 200), ("POST", "/mine/replay", 202)),
            *(("DELETE", "/mine", 204), ("DELETE", "/mine", 404)),
        ):
            sent: object = None
            if method == "PUT":
                sent = {"url": body["url"], "name": "changed"}
            elif not path:
                sent = body
            assert (await standing.request(method, f"/v1/webhooks{path}", sent)).status == wanted, path
        told = [(one.action, one.object, one.details.get("how", "")) for one in await noted(standing)]
        assert told == [
            ("webhook.created", "mine", ""),
            ("webhook.changed", "mine", "set"),
            ("webhook.changed", "mine", "pause"),
            ("webhook.changed", "mine", "resume"),
            ("webhook.rotated", "mine", ""),
            ("webhook.replayed", "mine", ""),
            ("webhook.deleted", "mine", ""),
        ]
        assert b"whsec" not in await everything(standing)


async def test_a_minted_token_is_noted_by_its_id_and_not_itself() -> None:
    async with bench() as standing:
        body = {"agent_id": "a1", "platform_id": P, "role": "facade"}
        token = str((await standing.request("POST", "/v1/link-tokens", body)).json()["token"])
        (note,) = await noted(standing, Action.TOKEN_MINTED)
        assert note.object == standing.gateway.tokens.verify(token).id
        assert (note.agent_id, note.details) == ("a1", {"role": "facade"})
        assert token.encode() not in await everything(standing)


async def test_reading_in_bulk_is_noted_once_in_a_while() -> None:
    async with bench() as standing:
        for _ in range(3):
            assert (await standing.request("GET", "/v1/events?after=0")).status == 200
        await standing.stream(after=0)
        await standing.gateway.store.barrier()
        told = [(one.action, one.principal) for one in await noted(standing)]
        assert told == [("events.read", "anonymous"), ("events.streamed", "anonymous")]


async def test_a_reader_is_noted_again_after_a_while() -> None:
    clock, store = FakeClock(START), MemoryStore()
    readers = Readers(Audit(store), clock)
    for _ in range(3):
        readers.read("key:1", Action.EVENTS_READ)
    readers.read("key:2", Action.EVENTS_READ)
    assert len(await store.audit.entries(Wanted(), 9)) == 2
    await clock.advance(READ_AGAIN_S)
    readers.read("key:1", Action.EVENTS_READ)
    assert len(await store.audit.entries(Wanted(), 9)) == 3


async def test_it_is_paged_and_for_the_scope_admin_alone() -> None:
    async with bench() as standing:
        admin = await keyed(standing, Scope.ADMIN)
        reader = await keyed(standing, Scope.EVENTS_READ)
        audit = Audit(standing.gateway.store)
        for n in range(5):
            await audit.note("key:x", Action.KEY_REVOKED if n % 2 else Action.KEY_CREATED, f"k{n}")
        assert (await standing.request("GET", "/v1/audit", headers=reader)).status == 403
        assert (await standing.request("GET", "/v1/audit")).status == 401
        for bad in ("after=x", "after=-1", "action=key.made", "limit=-1"):
            assert (await standing.request("GET", f"/v1/audit?{bad}", headers=admin)).status == 400, bad

        async def page(query: str) -> AuditPage:
            reply = await standing.request("GET", f"/v1/audit?{query}", headers=admin)
            assert reply.status == 200, reply
            return msgspec.json.decode(reply.body, type=AuditPage)

        first = await page("limit=2&principal=key:x")
        assert [one.entry.object for one in first.entries] == ["k0", "k1"]
        rest = await page(f"after={first.entries[-1].entry.number}&principal=key:x")
        assert [one.entry.object for one in rest.entries] == ["k2", "k3", "k4"]
        revoked = await page("action=key.revoked")
        assert [one.entry.object for one in revoked.entries] == ["k1", "k3"]
        assert first.first == 1
        head = await standing.gateway.store.audit.head()
        assert (await page("limit=1")).head == head.text
        (read,) = await noted(standing, Action.AUDIT_READ)
        assert read.principal.startswith("key:")


async def test_a_command_and_its_note_are_of_one_commit(tmp_path: Path) -> None:
    """A store that is copied whenever something was committed never has one without the other."""
    async with bench(path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        principal = Principal(name="key:1", scopes=frozenset(Scope))
        dial = Dial(session_id=standing.session(), destination=NUMBER)
        await standing.submit(dial, principal)
        await page.called()
        store = standing.gateway.store
        assert isinstance(store, SqliteStore)
        (note,) = await noted(standing, Action.COMMANDED)
        (record,) = await store.open_commands()
        assert record.id == note.object


@pytest.mark.parametrize("kind", [MemoryStore, SqliteStore])
async def test_long_values_are_cut(kind: type[MemoryStore] | type[SqliteStore], tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "t.db")) if kind is SqliteStore else MemoryStore()
    await store.open()
    audit = Audit(store)
    await audit.note("p" * 999, Action.KEY_CREATED, "o" * 999, platform_id=PlatformId("x" * 999), d="d" * 999)
    (one,) = await audit.entries(Wanted(), 9)
    assert len(one.body) < 1_200
    await store.close()
