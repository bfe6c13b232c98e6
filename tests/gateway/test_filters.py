"""The same filter lets the same events through, whichever way they go out: live, missed, in pages, pushed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import events as ev
from schemas.interaction import Interaction, Media
from schemas.values import Json
from tests.e2e.world import Reply
from tests.fakes import until
from tests.gateway.filter_cases import ACCOUNT, CASES, EVENTS, PLATFORMS, Case, Told, event
from tests.gateway.handmade import Bench, P, bench, call
from tests.gateway.listener import listening
from tests.gateway.webhook_world import receiving


def publish(standing: Bench, events: Iterable[Told]) -> None:
    for one in events:
        standing.gateway.router.publish([event(one)])


def subscribers(standing: Bench) -> int:
    return len(standing.gateway.router._subscribers)  # noqa: SLF001  # who is about to wait, and tells nobody


async def stream_live(standing: Bench, case: Case) -> list[int]:
    client = await standing.stream(filter=case.stream)
    await until(lambda: subscribers(standing) > 0)
    publish(standing, EVENTS)
    last = standing.gateway.store.last_cursor()
    await client.until(lambda one: one.cursor == last)
    return [one.cursor for one in client.seen]


async def stream_missed(standing: Bench, case: Case) -> list[int]:
    publish(standing, EVENTS)
    client = await standing.stream(filter=case.stream, after=0)
    await client.until(lambda one: one.cursor == standing.gateway.store.last_cursor())
    return [one.cursor for one in client.seen]


async def sse_live(standing: Bench, case: Case) -> list[int]:
    async with listening(standing, "?" + urlencode(case.query)) as listener:
        await until(lambda: subscribers(standing) > 0)
        publish(standing, EVENTS)
        return await listener.cursors_up_to(standing.gateway.store.last_cursor())


async def sse_missed(standing: Bench, case: Case) -> list[int]:
    publish(standing, EVENTS)
    async with listening(standing, "?" + urlencode([*case.query, ("after", "0")])) as listener:
        return await listener.cursors_up_to(standing.gateway.store.last_cursor())


class Page(msgspec.Struct):
    """An answer of GET /v1/events, as far as it matters here."""

    events: list[ev.AnyEvent]
    cursor: int
    first: int
    more: bool


def page(reply: Reply) -> Page:
    assert reply.status == 200, reply
    return msgspec.json.decode(reply.body, type=Page)


async def pages(standing: Bench, case: Case) -> list[int]:
    publish(standing, EVENTS)
    seen: list[int] = []
    after = 0
    while True:
        query = urlencode([*case.query, ("after", str(after)), ("limit", "2")])
        found = page(await standing.request("GET", f"/v1/events?{query}"))
        seen += [one.cursor for one in found.events]
        after = found.cursor
        if not found.more:
            return seen


async def pages_waited_for(standing: Bench, case: Case) -> list[int]:
    seen: list[int] = []
    after = 0
    for one in EVENTS:
        query = urlencode([*case.query, ("after", str(after)), ("wait", "60" if case.wanted(one) else "0")])
        asking = asyncio.create_task(standing.request("GET", f"/v1/events?{query}"))
        if case.wanted(one):
            await until(lambda: subscribers(standing) > 0)
        publish(standing, [one])
        found = page(await asking)
        seen += [told.cursor for told in found.events]
        after = found.cursor
    return seen


async def webhook(standing: Bench, case: Case) -> list[int]:
    async with receiving() as receiver:
        spec = {"url": receiver.url, **case.webhook}
        reply = await standing.request("POST", "/v1/webhooks", spec)
        assert reply.status == 201, reply
        made = msgspec.json.decode(reply.body, type=dict[str, dict[str, Json] | str])["webhook"]
        assert isinstance(made, dict)
        assert {name: made[name] for name in case.webhook} == case.webhook
        publish(standing, EVENTS)
        got = await receiver.events(sum(map(case.wanted, EVENTS)))
        await standing.request("DELETE", f"/v1/webhooks/{made['id']}")
        return sorted(got)  # they are in order within an interaction only


WAYS: Final[Sequence[Callable[[Bench, Case], Awaitable[list[int]]]]] = (
    *(stream_live, stream_missed, sse_live, sse_missed, pages, pages_waited_for, webhook),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_filter_lets_through_what_fits_it(
    case: Case, way: Callable[[Bench, Case], Awaitable[list[int]]]
) -> None:
    wanted = [cursor for cursor, one in enumerate(EVENTS, 1) if case.wanted(one)]
    async with bench(platforms=PLATFORMS) as standing:
        assert await way(standing, case) == wanted


tellings = st.builds(
    Told,
    agent=st.sampled_from(["a1", "a2"]),
    media=st.sampled_from([None, Media.VOICE, Media.CHAT]),
    account=st.sampled_from(["4711", "4712", 12, None]),
    platform=st.just(P),
)


@settings(max_examples=25, deadline=None)
@given(
    bursts=st.lists(st.lists(tellings, min_size=1, max_size=4), min_size=1, max_size=10),
    breaks=st.lists(st.integers(0, 10), max_size=3),
    name=st.sampled_from(sorted(CASES)),
    by_stream=st.booleans(),
)
def test_live_and_read_again_are_the_same_across_a_resume_anywhere(
    bursts: list[list[Told]],
    breaks: list[int],
    name: str,
    by_stream: bool,  # noqa: FBT001
) -> None:
    case = CASES[name]

    async def part(standing: Bench, after: int, count: int) -> list[int]:
        """What a client is told that comes, and leaves after so many events."""
        if not count:
            return []
        if by_stream:
            client = await standing.stream(after=after, filter=case.stream)
            await client.eventually(lambda: len(client.seen) >= count or None)
            await client.socket.close()
            return [one.cursor for one in client.seen[:count]]
        async with listening(standing, "?" + urlencode([*case.query, ("after", str(after))])) as listener:
            return await listener.cursors(count)

    async def run() -> None:
        async with bench(platforms=PLATFORMS) as standing:

            async def happen() -> None:
                for burst in bursts:
                    standing.gateway.router.publish(list(map(event, burst)))
                    await asyncio.sleep(0)

            happening = asyncio.create_task(happen())
            wanted = [
                cursor
                for cursor, one in enumerate([one for burst in bursts for one in burst], 1)
                if case.wanted(one)
            ]
            seen: list[int] = []
            for count in [*breaks, len(wanted)]:
                left = min(count, len(wanted) - len(seen))
                seen += await part(standing, seen[-1] if seen else 0, left)
            await happening
            again: list[int] = []
            query, after = urlencode(case.query), 0
            while True:
                found = page(await standing.request("GET", f"/v1/events?{query}&after={after}&limit=3"))
                again += [one.cursor for one in found.events]
                after = found.cursor
                if not found.more:
                    break
            assert seen == again == wanted

    asyncio.run(run())


# --- snapshots, and what a client is asked


async def test_a_snapshot_shows_what_the_events_would_be_about() -> None:
    async with bench(platforms=PLATFORMS) as standing:
        one, two = await standing.page("a1"), await standing.page("a2")
        chat = msgspec.structs.replace(call("c1"), media=Media.CHAT, data={"account": "4711"})
        (mine,) = await standing.shown(one, chat)
        (theirs,) = await standing.shown(two, msgspec.structs.replace(call("c2"), agent="a2"))
        for query, agents, shown in (
            ("", ["a1", "a2"], [mine, theirs]),
            ("?team=sales", ["a1"], [mine]),
            ("?team=nobody", [], []),
            ("?team=nobody&team=sales", ["a1"], [mine]),
            ("?media=chat", ["a1", "a2"], [mine]),
            (f"?content={ACCOUNT}:4711", ["a1", "a2"], [mine]),
            (f"?content={ACCOUNT}:null&type=agent.*", ["a1", "a2"], [theirs]),
            ("?content=agent.agent_id:a2", ["a2"], [theirs]),
        ):
            sessions = (await standing.request("GET", f"/v1/sessions{query}")).json()["sessions"]
            assert [one["agent_id"] for one in msgspec.convert(sessions, list[dict[str, Json]])] == agents
            found = (await standing.request("GET", f"/v1/interactions{query}")).json()["interactions"]
            assert msgspec.convert(found, list[Interaction]) == shown, query


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("team=sale", "there is no team 'sale'"),
        ("media=fax", "media: must be one of voice, chat, email, work_item"),
        ("type=interaction.hold", "there are no events of type 'interaction.hold'"),
        ("content=interaction.ani", "content: 'interaction.ani' is not of the form path:value"),
        ("content=:x", "content: "),
        ("content=" + "p" * 201 + ":x", "content: "),
        ("&".join(f"content=p{i}:x" for i in range(21)), "content: "),
        ("snapshot=yes", "snapshot: must be true or false"),
    ],
)
async def test_a_filter_that_is_wrong_is_a_problem_that_names_it(query: str, named: str) -> None:
    async with bench(platforms=PLATFORMS) as standing:
        for path in ("/v1/events", "/v1/events/stream", "/v1/interactions"):
            if path == "/v1/interactions" and "snapshot" in query:
                continue
            reply = await standing.request("GET", f"{path}?{query}")
            assert reply.status == 400, path
            assert named in str(reply.json()["detail"])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"teams": ["sale"]}, "there is no team 'sale'"),
        ({"media": ["fax"]}, "media.0: "),
        ({"events": ["interaction.hold"]}, "there are no events of type 'interaction.hold'"),
        ({"content": {"a": {"suffix": "b"}}}, "content: "),
        ({"content": {f"p{i}": "x" for i in range(21)}}, "content: "),
    ],
)
async def test_a_webhook_with_a_wrong_filter_is_refused(wrong: Mapping[str, Json], named: str) -> None:
    async with bench(platforms=PLATFORMS) as standing:
        reply = await standing.request("POST", "/v1/webhooks", {"url": "http://127.0.0.1/", **wrong})
        assert reply.status == 400, reply
        assert named in str(reply.json()["detail"])
        assert (await standing.request("GET", "/v1/webhooks")).json() == {"webhooks": []}
