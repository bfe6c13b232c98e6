"""Fields of some classes, concealed: every field has a class, and what is masked is told on no surface."""

import asyncio
from collections.abc import Iterator
from typing import Final, get_args

import msgspec
import pytest
from aiohttp import ClientTimeout

from gateway.runtime.masking import MARK, concealed_path, masked, masked_event
from gateway.security.access import Scope
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.grants import FieldClass, Grant, Role
from schemas.ids import AgentId, InteractionId, PlatformId, Ref, RootId, SessionId
from schemas.interaction import Contact, Interaction, InteractionState, Party, Record
from schemas.privacy import CLASSES, EVERYTHING, FieldKind, Mask, classes_of
from schemas.results import CommandRecord
from tests.fakes import START
from tests.gateway.handmade import Bench, Over, P, agent, bench, call
from tests.gateway.webhook_world import receiving
from tests.patience import PATIENCE_S

NUMBER: Final = "+15550177042"
NAME: Final = "Jane Planted-Roe"
NOTE: Final = "what she said in confidence"
VENDOR: Final = "the platform says it its own way"


def structs(hint: object) -> Iterator[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for one in get_args(hint):
        yield from structs(one)


def model() -> set[type[msgspec.Struct]]:
    """All structs that leave the gateway: those of events and of commands, and what is in them."""
    found: set[type[msgspec.Struct]] = set()
    waiting = [*get_args(ev.AnyEvent), CommandRecord]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(inner for field in msgspec.structs.fields(one) for inner in structs(field.type))
    return found


@pytest.mark.parametrize("kind", sorted(model(), key=str), ids=str)
def test_every_field_has_a_class(kind: type[msgspec.Struct]) -> None:
    """A new field without one fails here: say in schemas/privacy.py what it tells of people."""
    unclassed = {one.name for one in msgspec.structs.fields(kind)}
    for base in kind.__mro__:
        unclassed -= set(CLASSES.get(base, {})) if issubclass(base, msgspec.Struct) else set()
    assert not unclassed, f"{kind.__name__}: {', '.join(sorted(unclassed))} of no class"


def test_no_class_is_said_of_a_field_that_there_is_not() -> None:
    for kind, fields in CLASSES.items():
        assert set(fields) <= {one.name for one in msgspec.structs.fields(kind)}, kind


def interaction() -> Interaction:
    return Interaction(
        id=InteractionId("int_1"),
        root_id=RootId("int_1"),
        platform_id=PlatformId("p"),
        session_id=SessionId("ses_1"),
        agent_id=AgentId("a1"),
        state=InteractionState.CONNECTED,
        ref=Ref(VENDOR),
        ani=NUMBER,
        remote_address=NUMBER,
        notes=NOTE,
        data={"account": NOTE},
        parties=(Party(id=NUMBER, name=NAME, address=NUMBER),),
        contact=Contact(id=NUMBER, display_name=NAME, phone=NUMBER),
        records=(Record(id=NUMBER, display_name=NAME, fields={"note": NOTE}),),
        refs={"id": VENDOR},
        extras={"x": VENDOR},
    )


def event() -> ev.InteractionConnected:
    frame = ev.VendorFrame(dialect="d", frame=msgspec.Raw(msgspec.json.encode(VENDOR + NUMBER + NAME + NOTE)))
    return ev.InteractionConnected(time=START, platform_id=P, interaction=interaction(), vendor=frame)


TELLS: Final = {FieldClass.IDENTIFIER: NUMBER, FieldClass.PERSONAL: NAME, FieldClass.CONTENT: NOTE}


@pytest.mark.parametrize("kind", TELLS)
@pytest.mark.parametrize("dropped", [False, True])
def test_a_masked_class_goes_and_the_platforms_words_with_it(kind: FieldClass, dropped: bool) -> None:  # noqa: FBT001  # a parameter of a test
    mask = Mask(dropped=frozenset({kind})) if dropped else Mask(masked=frozenset({kind}))
    body = masked_event(msgspec.json.encode(event()), mask)
    text = body.decode()
    assert TELLS[kind] not in text
    assert VENDOR not in text
    for other in set(TELLS) - {kind}:
        assert TELLS[other] in text, other
    assert (MARK in text) or dropped or kind is FieldClass.CONTENT
    read = msgspec.json.decode(body, type=ev.AnyEvent)
    assert isinstance(read, ev.InteractionConnected)  # it is one still
    assert read.interaction.state is InteractionState.CONNECTED
    assert read.interaction.id == "int_1"


def test_without_a_mask_nothing_changes_and_what_tells_nothing_is_the_same_object() -> None:
    one = event()
    assert masked(one, Mask()) is one
    session = AgentSession(id=SessionId("s"), platform_id=P, agent_id=AgentId("a"))
    assert masked(session, EVERYTHING) is session


@pytest.mark.parametrize("kind", get_args(ev.AnyEvent), ids=lambda kind: str(kind.__struct_config__.tag))
def test_every_event_with_everything_dropped_reads_back(kind: type[ev.AnyEvent]) -> None:
    """Required fields are there, whatever was in them."""
    for field in msgspec.structs.fields(kind):
        hidden = classes_of(kind)[field.name] is not FieldKind.PLAIN
        assert not hidden or not field.required, f"{kind.__name__}.{field.name} could not be left out"


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        *(
            ("interaction.ani", True),
            ("interaction.parties.address", True),
            ("interaction.contact.phone", True),
        ),
        *(("interaction.state", False), ("interaction.data.account", False), ("type", False)),
        *(("interaction.extras.x", True), ("vendor.frame.x", True), ("interaction.refs.id", True)),
        *(("party.address", True), ("query.record_id", True), ("interaction.notes", False)),
        ("result.data.x", True),
    ],
)
def test_it_is_known_of_each_path_whether_it_is_concealed(path: str, hidden: bool) -> None:  # noqa: FBT001  # likewise
    assert concealed_path(path, Mask(masked=frozenset({FieldClass.IDENTIFIER}))) is hidden


# --- on the surfaces


async def customer(standing: Bench) -> Interaction:
    page = await standing.page()
    seen = msgspec.structs.replace(
        call("c1", InteractionState.CONNECTED),
        ani=NUMBER,
        remote_address=NUMBER,
        notes=NOTE,
        parties=(Party(id="p1", name=NAME, address=NUMBER),),
    )
    (shown,) = await standing.shown(page, seen)
    await standing.gateway.store.barrier()
    return shown


async def test_a_key_with_a_mask_is_told_nothing_masked_anywhere() -> None:
    async with bench() as standing:
        found = await customer(standing)
        grant = Grant(masked=frozenset({FieldClass.IDENTIFIER}), dropped=frozenset({FieldClass.PERSONAL}))
        _, key = await standing.gateway.keys.create("bi", list(Scope), grant)
        headers = {"Authorization": f"Bearer {key}"}
        for path in (
            *("/v1/events?after=0", "/v1/sessions", "/v1/interactions", f"/v1/interactions/{found.id}"),
            *(
                f"/v1/sessions/{found.session_id}",
                "/v1/platforms",
                "/v1/needinfo",
                "/v1/events?snapshot=true",
            ),
        ):
            reply = await standing.request("GET", path, headers=headers)
            assert reply.status == 200, path
            assert NUMBER.encode() not in reply.body, path
            assert NAME.encode() not in reply.body, path
        whole = await standing.request("GET", "/v1/events?after=0&type=interaction.created", headers=headers)
        cursor = msgspec.json.decode(whole.body)["events"][0]["cursor"]
        one = await standing.request("GET", f"/v1/events/{cursor}", headers=headers)
        assert NUMBER.encode() not in one.body
        for refused in (f"content=interaction.ani:{NUMBER}", "content=interaction.parties.name:*"):
            reply = await standing.request("GET", f"/v1/events?{refused}", headers=headers)
            assert reply.status == 400, reply
        body = {"type": "interaction.dial", "session_id": found.session_id, "destination": NUMBER}
        for _ in range(2):  # and again, by its key
            sent = {**headers, "Idempotency-Key": NUMBER}
            reply = await standing.request("POST", "/v1/commands?wait=0", body, sent)
            assert reply.status in {200, 202}
            assert NUMBER.encode() not in reply.body, reply.body
            record = msgspec.json.decode(reply.body)["id"]
            kept = await standing.request("GET", f"/v1/commands/{record}", headers=headers)
            assert NUMBER.encode() not in kept.body


async def test_a_stream_is_masked_as_it_asks_and_others_are_not() -> None:
    async with bench() as standing:
        masked_one = await standing.stream(filter={"mask": ["identifier"], "drop": ["content"]})
        another = await standing.stream(filter={"mask": ["identifier"], "drop": ["content"]})
        whole = await standing.stream()
        found = await customer(standing)
        for stream in (masked_one, another, whole):
            await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        for stream in (masked_one, another):
            told = msgspec.json.encode(stream.seen)
            assert NUMBER.encode() not in told
            assert NOTE.encode() not in told
            assert NAME.encode() in told
        assert NUMBER.encode() in msgspec.json.encode(whole.seen)
        late = await standing.stream(filter={"mask": ["identifier"]}, after=0)
        await late.until(lambda event: isinstance(event, ev.InteractionConnected))
        assert NUMBER.encode() not in msgspec.json.encode(late.seen)
        assert found.ani == NUMBER


async def test_server_sent_events_are_masked_from_the_journal_and_live() -> None:
    async with bench() as standing:
        await customer(standing)
        url = f"{standing.url}/v1/events/stream?after=0&mask=identifier&drop=personal,content"
        async with standing.http.get(url, timeout=ClientTimeout(None)) as response:
            told = b""
            async with asyncio.timeout(PATIENCE_S):
                while b"interaction.connected" not in told:
                    told += await response.content.readany()
        assert NUMBER.encode() not in told
        assert NAME.encode() not in told
        assert MARK.encode() in told
        reply = await standing.request("GET", "/v1/events?mask=numbers")
        assert reply.status == 400


async def test_a_webhook_sends_what_its_mask_leaves_and_replays_no_more() -> None:
    allowed = {"webhooks": {"allow_private_networks": ["127.0.0.0/8"]}}
    async with bench(overrides=allowed) as standing, receiving() as receiver:
        bad = {"url": receiver.url, "mask": ["identifier"], "content": {"interaction.ani": NUMBER}}
        assert (await standing.request("POST", "/v1/webhooks", bad)).status == 400
        made = {"url": receiver.url, "id": "h", "mask": ["identifier"], "events": ["interaction.connected"]}
        reply = await standing.request("POST", "/v1/webhooks", made)
        assert reply.status == 201
        await customer(standing)
        first = (await receiver.next()).body
        assert NUMBER.encode() not in first
        assert NAME.encode() in first
        stricter = {"url": receiver.url, "drop": ["identifier", "personal"], "events": ["interaction.*"]}
        assert (await standing.request("PUT", "/v1/webhooks/h", stricter)).status == 200
        again = {"states": ["delivered"]}
        assert (await standing.request("POST", "/v1/webhooks/h/replay", again)).status == 202
        second = (await receiver.next()).body
        assert NUMBER.encode() not in second
        assert NAME.encode() not in second


async def test_a_webhook_shows_no_more_than_whoever_made_it_sees() -> None:
    allowed = {"webhooks": {"allow_private_networks": ["127.0.0.0/8"]}}
    async with bench(overrides=allowed) as standing, receiving() as receiver:
        grant = Grant(dropped=frozenset({FieldClass.IDENTIFIER}))
        _, key = await standing.gateway.keys.create("bi", list(Scope), grant)
        headers = {"Authorization": f"Bearer {key}"}
        made = {"url": receiver.url, "events": ["interaction.created"]}
        assert (await standing.request("POST", "/v1/webhooks", made, headers)).status == 201
        page = await standing.relay(token=standing.gateway.tokens.mint(AgentId("a1"), P, Role.LINK))
        await page.see(
            agent(), msgspec.structs.replace(call(), ani=NUMBER, parties=(Party(id="1", name=NAME),))
        )
        await page.say(Over())
        told = (await receiver.next()).body
        assert NUMBER.encode() not in told
        assert NAME.encode() in told
