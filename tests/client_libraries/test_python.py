"""The Python client against a real gateway: what it promises, with what breaks such promises."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from adapters.contract.dialect import Done
from schemas.results import ErrorCode
from schemas.results import Failed as Refused
from tests.client_libraries.stage import SKILL, Stage, stage
from tests.gateway.handmade import P, call
from tests.patience import PATIENCE_S
from trunkline_client import Events, Filter, StreamGap, Trunkline, cancel, submit, verify_webhook
from trunkline_client.deliveries import Delivered
from trunkline_client.errors import (
    BadRequestError,
    CommandFailedError,
    ConflictError,
    NotFoundError,
    PreconditionFailedError,
    SignatureError,
    StreamEndedError,
    UnauthenticatedError,
    UnreachableError,
)
from trunkline_client.model import commands as co
from trunkline_client.model import events as te
from trunkline_client.model.api import WebhookSpec
from trunkline_client.model.ids import InteractionId, SessionId
from trunkline_client.model.needinfo import Answer, NeedInfo
from trunkline_client.model.results import CommandStatus, Effect, Failed, NeedsInfo, Succeeded
from trunkline_client.stream import Told

NOTICES: Final = Filter(types=("platform.notice",))


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as made:
        yield made


async def at_once(_pause_s: float) -> None:
    """No test waits for a pause."""
    await asyncio.sleep(0.01)  # nothing tells when somebody listens at a port again


def client(here: Stage, key: str | None = None) -> Trunkline:
    shown = here.key if key is None else key
    return Trunkline(here.url, key=shown, patience_s=PATIENCE_S, pause=at_once)


async def take(events: Events, count: int) -> list[Told]:
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(events) for _ in range(count)]


def codes(told: list[Told]) -> list[str]:
    return [one.code if isinstance(one, te.PlatformNotice) else type(one).__name__ for one in told]


async def test_events_go_on_over_restarts_and_cuts_with_nothing_lost_and_nothing_twice(here: Stage) -> None:
    async with client(here) as t:
        events = t.events(NOTICES)
        await events.joined()
        await here.tell(3, "a")
        assert codes(await take(events, 2)) == ["a1", "a2"]
        kept = events.resume
        await here.restart()
        await here.tell(2, "b")
        assert codes(await take(events, 3)) == ["a3", "b1", "b2"]
        here.door.cut()
        await here.tell(1, "c")
        assert codes(await take(events, 1)) == ["c1"]
        again = t.events(NOTICES, after=kept)
        assert codes(await take(again, 4)) == ["a3", "b1", "b2", "c1"]
        assert codes([one async for one in t.journal(NOTICES, after=kept)]) == ["a3", "b1", "b2", "c1"]


async def test_who_waits_for_an_event_is_let_go_when_the_client_is_closed(here: Stage) -> None:
    async with client(here) as t:
        events = t.events(NOTICES)
        waiting = asyncio.ensure_future(_all(events))
        await events.joined()
        await here.tell(1, "a")
    assert codes(await waiting) in ([], ["a1"])


async def _all(events: Events) -> list[Told]:
    return [one async for one in events]


async def test_a_tail_that_the_journal_has_lost_is_a_gap_and_what_took_its_numbers_is_told(
    here: Stage,
) -> None:
    async with client(here) as t:
        events = t.events(NOTICES)
        await events.joined()
        await here.tell(3, "a")
        assert codes(await take(events, 3)) == ["a1", "a2", "a3"]
        await here.back_up()
        await here.tell(2, "lost")
        assert codes(await take(events, 2)) == ["lost1", "lost2"]
        kept = events.resume
        await here.lay_back()
        await here.tell(3, "b")
        assert codes(await take(events, 4)) == ["StreamGap", "b1", "b2", "b3"]
        assert codes(await take(t.events(NOTICES, after=kept), 4)) == ["StreamGap", "b1", "b2", "b3"]
        other = await take(t.events(NOTICES, after="0123456789abcdef.3"), 1)
        assert isinstance(other[0], StreamGap)
        first, second, *_ = await take(t.events(NOTICES, after=kept, snapshot=True), 2)
        assert [type(first).__name__, type(second).__name__] == ["StreamGap", "StreamSnapshot"]


async def test_a_command_is_done_once_though_its_answer_is_cut_off(here: Stage) -> None:
    page = await here.page()
    session = SessionId(here.bench.session())
    async with client(here) as t:
        here.door.lose_answer("POST /v1/commands")
        given = asyncio.ensure_future(t.send(co.Dial(session_id=session, destination="+1")))
        called = await page.carry_out(Done())
        record = await given
        assert (here.door.cut_off, called.verb) == (1, "interaction.dial")
        assert isinstance(record.result, Succeeded)
        with pytest.raises(ConflictError) as refused:
            await t.send(co.Dial(session_id=session, destination="+2"), key=record.idempotency_key)
        assert refused.value.code == "conflict"
        # The next call that the platform gets is of the next command: nothing was given twice.
        mute = asyncio.ensure_future(t.run(co.SetNotes(interaction_id=await ringing(here), notes="x")))
        assert (await page.carry_out(Done())).verb == "interaction.set_notes"
        await mute


async def ringing(here: Stage) -> InteractionId:
    (shown,) = await here.bench.shown(here.pages["a1"], call())
    await here.bench.gateway.store.barrier()
    return InteractionId(shown.id)


async def test_a_command_over_the_stream_that_is_cut_is_followed_by_its_key(here: Stage) -> None:
    page = await here.page()
    async with client(here) as t:
        events = t.events()
        await events.joined()
        command = co.Dial(session_id=SessionId(here.bench.session()), destination="+1")
        given = asyncio.ensure_future(t.send(command, over=events))
        called = await page.called()
        here.door.cut()
        await page.reply(called, Done())
        record = await given
        assert isinstance(record.result, Succeeded)
        assert record.attempts == 1
        await events.joined()
        with pytest.raises(NotFoundError):
            await t.send(co.Hold(interaction_id=InteractionId("int_x")), over=events)


async def test_what_failed_with_its_effect_unknown_is_told_and_not_given_again(here: Stage) -> None:
    page = await here.page()
    async with client(here) as t:
        session = SessionId(here.bench.session())
        given = asyncio.ensure_future(t.send(co.Dial(session_id=session, destination="+1")))
        await page.called()
        await page.socket.close()
        record = await given
        assert isinstance(record.result, Failed)
        assert record.result.effect is Effect.UNKNOWN
        page = await here.page()
        given_next = asyncio.ensure_future(t.run(co.Logout(session_id=session)))
        refused = Refused(code=ErrorCode.PLATFORM_ERROR, message="no")
        assert (await page.carry_out(refused)).verb == "agent.logout"
        with pytest.raises(CommandFailedError, match="platform_error: no"):
            await given_next


async def test_a_question_is_answered_in_the_time_of_the_human(here: Stage) -> None:
    page = await here.page()
    dial = co.Dial(session_id=SessionId(here.bench.session()), destination="+1")
    asked: list[NeedInfo] = []

    async def sales(question: NeedInfo) -> Answer | None:
        asked.append(question)
        return submit(question, {"skill": "sales"}) if question.round < 2 else None

    async with client(here) as t:
        given = asyncio.ensure_future(t.run(dial, on_question=sales))
        await page.carry_out(SKILL)
        again = await page.carry_out(Done())
        assert again.command["answers"] == {"skill": "sales"}
        await given
        assert [one.kind for one in asked] == ["outbound_skill"]
        assert 0 < (asked[0].expires_at - asked[0].asked_at).total_seconds() <= 120

        unanswered = asyncio.ensure_future(t.send(dial))
        await page.carry_out(SKILL)
        record = await unanswered
        assert record.status is CommandStatus.NEEDINFO
        assert isinstance(record.result, NeedsInfo)
        question = record.result.needinfo
        with pytest.raises(BadRequestError, match="skill"):
            await t.answer(question, submit(question, {}))
        assert [one.id async for one in t.questions()] == [question.id]
        cancelled = await t.answer(question, cancel(question))
        assert isinstance(cancelled.result, Failed)
        with pytest.raises(ConflictError):
            await t.answer(question, cancel(question))


async def test_a_bot_answers_what_is_open_and_what_comes_and_not_what_others_answered(here: Stage) -> None:
    page = await here.page()
    dial = co.Dial(session_id=SessionId(here.bench.session()), destination="+1")
    seen: asyncio.Queue[NeedInfo] = asyncio.Queue()
    ended = asyncio.Event()

    async def bot(question: NeedInfo) -> Answer | None:
        await seen.put(question)
        if seen.qsize() < 2:  # the first one that is waited for is answered by somebody else
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
        return submit(question, {"skill": "service"})

    async with client(here) as t:
        first = asyncio.ensure_future(t.send(dial))
        await page.carry_out(SKILL)
        question = (await first).result
        assert isinstance(question, NeedsInfo)
        work = asyncio.ensure_future(t.answer_questions(bot, Filter(platforms=(P,))))
        async with asyncio.timeout(PATIENCE_S):
            open_before = await seen.get()
        assert open_before.id == question.needinfo.id
        await t.answer(question.needinfo, cancel(question.needinfo))
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()
        await seen.put(open_before)
        second = asyncio.ensure_future(t.send(dial))
        await page.carry_out(SKILL)
        assert (await page.carry_out(Done())).command["answers"] == {"skill": "service"}
        await second
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work


async def test_a_token_that_ends_ends_the_stream_unless_there_is_another(here: Stage) -> None:
    async with client(here) as boss:
        minted = [await boss.mint_token(P, "a1") for _ in range(3)]
        given = iter([minted[1].token, minted[2].token])

        async def another() -> str:
            return next(given)

        async with (
            client(here, minted[0].token) as once,
            Trunkline(here.url, token=another, patience_s=PATIENCE_S, pause=at_once) as renewed,
        ):
            over, on = once.events(NOTICES), renewed.events(NOTICES)
            await over.joined()
            await on.joined()
            await here.tell(1, "a")
            assert codes([*await take(over, 1), *await take(on, 1)]) == ["a1", "a1"]
            for one in minted[:2]:
                await boss.revoke_token(one.token)
            with pytest.raises(StreamEndedError) as ended:
                await take(over, 1)
            assert ended.value.code == 4401
            await here.tell(1, "b")
            assert codes(await take(on, 1)) == ["b1"]
            await here.tell(1, "not its agent's", agent="a2")
            await here.tell(1, "c")
            assert codes(await take(on, 1)) == ["c1"]
        with pytest.raises(StreamEndedError) as refused:
            await take(boss.events(Filter(teams=("nobody's",))), 1)
        assert refused.value.code == 4403
        assert "nobody's" in refused.value.message


async def test_refusals_are_errors_of_their_kind_and_lists_come_in_pages(here: Stage) -> None:
    for agent in ("a1", "a2", "a3"):
        await here.page(agent)
    async with client(here) as t, client(here, "tlk_nobody") as stranger:
        seen = [one.agent_id async for one in t.sessions(per_page=1)]
        assert sorted(seen) == ["a1", "a2", "a3"]
        assert [one.agent_id async for one in t.sessions(Filter(agents=("a2",)))] == ["a2"]
        assert [str(one.id) async for one in t.platforms()] == [P]
        await ringing(here)
        assert [one.state async for one in t.interactions(Filter(content={"interaction.muted": False}))] == [
            "alerting"
        ]
        with pytest.raises(UnauthenticatedError):
            await stranger.session("ses_x")
        with pytest.raises(NotFoundError) as missing:
            await t.session("ses_x")
        assert (missing.value.code, missing.value.status) == ("unknown_session", 404)
        with pytest.raises(BadRequestError, match="nobody"):
            await anext(t.sessions(Filter(teams=("nobody",))))
    async with Trunkline("http://127.0.0.1:1", patience_s=0.0) as nowhere:
        with pytest.raises(UnreachableError):
            await nowhere.session("ses_x")


async def delivery(here: Stage) -> tuple[dict[str, str], bytes]:
    got = await here.receiver.next()
    return got.headers, got.body


async def test_what_a_webhook_sends_is_verified_and_every_changed_part_is_refused(here: Stage) -> None:
    async with client(here) as t:
        made = await t.webhooks.create(
            WebhookSpec(url=f"{here.receiver.url}/hook", events=("platform.notice",), ed25519=True)
        )
        webhook, secret = made.webhook, made.secret
        await here.tell(1, "a")
        headers, body = await delivery(here)
        read = verify_webhook(headers, body, secret)
        assert isinstance(read.event, te.PlatformNotice)
        assert (read.event.code, read.id, read.order) == ("a1", read.event.id, P)
        assert verify_webhook(headers, body, webhook.public_keys) == read
        refuses_every_change(headers, body, secret)

        other, etag = await t.webhooks.get(webhook.id)
        await t.webhooks.patch(webhook.id, {"mode": "binary"}, etag=etag)
        with pytest.raises(PreconditionFailedError):
            await t.webhooks.patch(webhook.id, {"name": "late"}, etag=etag)
        rotated = await t.webhooks.rotate(webhook.id)
        await here.tell(1, "b")
        headers, body = await delivery(here)
        both: list[Delivered] = [verify_webhook(headers, body, one) for one in (secret, rotated.secret)]
        assert both[0] == both[1]
        assert isinstance(both[0].event, te.PlatformNotice)
        await t.webhooks.end_rotation(webhook.id)
        attempt = await t.webhooks.test(webhook.id)
        assert attempt.status == 204
        headers, body = await delivery(here)
        assert verify_webhook(headers, body, [secret, rotated.secret]).test
        with pytest.raises(SignatureError):
            verify_webhook(headers, body, secret)

        delivered = [one async for one in t.webhooks.deliveries(webhook.id)]
        assert [one.type for one in delivered] == ["platform.notice"] * 2
        assert [one.number async for one in t.webhooks.attempts(webhook.id, delivered[0].id)] == [1]
        await t.webhooks.replay_one(webhook.id, delivered[0].id)
        headers, body = await delivery(here)
        assert verify_webhook(headers, body, rotated.secret).id == read.id
        assert [one.id async for one in t.webhooks.list()] == [other.id]
        await t.webhooks.delete(webhook.id)
        assert [one async for one in t.webhooks.list()] == []


def refuses_every_change(headers: dict[str, str], body: bytes, secret: str) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    sent_at = int(lower["webhook-timestamp"])
    changed: list[dict[str, str]] = [
        {**lower, "webhook-id": lower["webhook-id"] + "0"},
        {**lower, "webhook-timestamp": str(sent_at + 1)},
        {**lower, "webhook-timestamp": f"+{sent_at}"},
        {**lower, "webhook-signature": "v1,AAAA"},
        {**lower, "webhook-signature": lower["webhook-signature"].replace("v1,", "v2,")},
        *(
            {name: value for name, value in lower.items() if name != gone}
            for gone in lower
            if "webhook-" in gone
        ),
    ]
    for one in changed:
        with pytest.raises(SignatureError):
            verify_webhook(one, body, secret)
    for at in (0, len(body) // 2, len(body) - 1):
        with pytest.raises(SignatureError):
            verify_webhook(lower, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], secret)
    another = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
    with pytest.raises(SignatureError):
        verify_webhook(lower, body, [another])
    for now_s in (sent_at - 301, sent_at + 301):
        with pytest.raises(SignatureError, match="not of now"):
            verify_webhook(lower, body, secret, now_s=now_s)
    assert verify_webhook(lower, body, [another, secret], now_s=sent_at + 299).id == lower["webhook-id"]
