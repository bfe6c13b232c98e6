"""The WebSockets and what is polled, by every kind of credential; and every verb of the stream."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from aiohttp import ClientWebSocketResponse, WSMsgType

from gateway.api.asyncapi import FROM_CLIENT, tag
from gateway.api.stream import CommandChanged, Problem, Subscribed
from gateway.security.access import Scope
from schemas import events as ev
from schemas.results import ErrorCode, NeedsInfo
from schemas.values import Json
from tests.e2e.world import Stream
from tests.fakes import until
from tests.patience import PATIENCE_S
from tests.security.tenants import (
    A1,
    A2,
    EAST,
    GRANTS,
    NORTH,
    NOT_LET_IN,
    OUTSIDE,
    WEST,
    Tenants,
    Who,
    bearer,
    tenants,
)

OPEN: Final = 101
OVER, FORBIDDEN = 4401, 4403  # not known, or over; known, and not allowed
THEIRS: Final = {  # of those who see something else than a2 of east
    Who.OTHER_TENANT: (WEST, A1),
    Who.OTHER_OIDC: (WEST, A1),
    Who.OTHER_PLATFORM: (NORTH, A1),
}

# What a WebSocket does for whom; who is not named is closed with 4403.
SOCKETS: Final[Mapping[str, tuple[str, Scope, frozenset[Who]]]] = {
    "stream": (
        "/v1/stream",
        Scope.EVENTS_READ,
        OUTSIDE | {Who.TOKEN, Who.OTHER_TOKEN, Who.TENANT, Who.OIDC, Who.OPERATOR},
    ),
    "link": ("/v1/links/east", Scope.LINKS, frozenset({Who.LINK_TOKEN, Who.TENANT, Who.OIDC, Who.OPERATOR})),
    "facade": (
        "/v1/facades/east/bright_pattern",
        Scope.COMMANDS_WRITE,
        frozenset({Who.TOKEN, Who.TENANT, Who.OIDC, Who.OPERATOR}),
    ),
}
POLLED: Final = "/v1/facades/east/channel_session"


async def _credential(made: Tenants, who: Who, scope: Scope) -> str:
    if who is not Who.NO_SCOPE:
        return made.keys[who]
    return await made.key(GRANTS[Who.TENANT], *(one for one in Scope if one is not scope))


def _first_frame(name: str, credential: str) -> str:
    hello: dict[str, Json] = {"id": 1, "method": "trunkline.hello"}
    hello["params"] = [{"agent": "a1", "token": credential, "protocol": 2, "oldest": 1}]
    subscribe: dict[str, Json] = {"type": "subscribe", "token": credential}
    return msgspec.json.encode(subscribe if name == "stream" else hello).decode()


async def _end(socket: ClientWebSocketResponse, name: str) -> int:
    """101 if it was let in, else the close code."""
    while True:
        message = await socket.receive(PATIENCE_S)
        if message.type is not WSMsgType.TEXT:
            return socket.close_code or 0
        told = msgspec.json.decode(message.data)
        if told.get("type") == "stream.subscribed" or "agent" in told.get("result", {}):
            return OPEN
        assert name != "stream" or told["type"] == "stream.error", told


async def test_every_websocket_lets_in_whom_its_row_says_by_header_and_by_first_frame() -> None:
    async with tenants() as made:
        wrong: list[str] = []
        for name, (path, scope, let_in) in SOCKETS.items():
            for who in Who:
                credential = await _credential(made, who, scope)
                expected = {OPEN} if who in let_in else {FORBIDDEN}
                if who in NOT_LET_IN:
                    expected = {OVER, FORBIDDEN}
                for headers in {}, bearer(credential):
                    socket = await made.standing.connect(path, headers)
                    await socket.send_str(_first_frame(name, "" if headers else credential))
                    got = await _end(socket, name)
                    await socket.close()
                    if got not in expected:
                        wrong.append(f"{name} by {who}, {sorted(headers)}: {got}, not {expected}")
        assert not wrong, "\n".join(["", *wrong])


async def test_what_is_polled_is_opened_used_and_read_by_whom_its_socket_is() -> None:
    async with tenants() as made:
        wrong: list[str] = []
        _, scope, let_in = SOCKETS["facade"]
        for number, who in enumerate(Who):
            credential = await _credential(made, who, scope)
            start = {"messageType": "startSession", "client": {"id": f"c{number}", "name": "bar"}}
            status, _ = await made.ask(credential, "POST", f"{POLLED}/sessions?agent=a1", start)
            if (status == 200) is not (who in let_in) or status not in (200, 401, 403):
                wrong.append(f"{who}: {status}")
        start = {"messageType": "startSession", "client": {"id": "mine", "name": "bar"}}
        owner = made.keys[Who.TENANT]
        assert (await made.ask(owner, "POST", f"{POLLED}/sessions?agent=a1", start))[0] == 200
        for who in set(Who) - {Who.TENANT, Who.NO_SCOPE}:
            for method, path, body in (
                ("POST", f"{POLLED}/direct/processRequest?clientId=mine", {}),
                ("GET", f"{POLLED}/messages?clientId=mine", None),
                ("POST", f"{POLLED}/sessions", {**start, "messageType": "endSession"}),
            ):
                status, _ = await made.ask(made.keys[who], method, path, body)
                if status not in ((401, 403) if who in NOT_LET_IN else (404,)):
                    wrong.append(f"{method} {path} by {who}: {status}")
        assert not wrong, "\n".join(["", *wrong])


# --- the verbs of the stream


async def _subscribed(made: Tenants, credential: str, **more: Json) -> Stream:
    stream = Stream(await made.standing.connect("/v1/stream"))
    await stream.send({"type": "subscribe", "token": credential, **more})
    made.standing.tasks.start(stream.follow(stream.socket), "stream client")
    await stream.frame(Subscribed)
    return stream


async def _told(stream: Stream, ref: str) -> ErrorCode | None:
    """What a frame of that ref was answered with; None: it was carried out."""

    def look() -> Problem | CommandChanged | None:
        ours = (one for one in stream.frames if isinstance(one, Problem | CommandChanged) and one.ref == ref)
        return next(ours, None)

    found = await stream.eventually(look)
    return found.code if isinstance(found, Problem) else None


async def _order(made: Tenants, stream: Stream) -> ErrorCode | None:
    held = {"type": "interaction.hold", "interaction_id": made.things["interaction"]}
    await stream.send({"type": "command", "ref": "order", "command": held})
    return await _told(stream, "order")


async def _reaction(made: Tenants, stream: Stream) -> ErrorCode | None:
    record = await made.question()
    assert isinstance(record.result, NeedsInfo)
    answer = {"needinfo_id": record.result.needinfo.id, "action": "cancel"}
    await stream.send({"type": "answer", "ref": "reaction", "answer": answer})
    return await _told(stream, "reaction")


async def _knowledge(made: Tenants, stream: Stream) -> ErrorCode | None:
    query_id = await made.query()
    assert made.operator is not None
    await stream.send(
        {"type": "query_answer", "ref": "knows", "answer": {"type": "data", "query_id": query_id}}
    )

    def look() -> Problem | ev.QueryResolved | None:
        problems = (one for one in stream.frames if isinstance(one, Problem) and one.ref == "knows")
        assert made.operator is not None
        resolved = (
            one
            for one in made.operator.seen
            if isinstance(one, ev.QueryResolved) and one.query.id == query_id
        )
        return next(problems, None) or next(resolved, None)

    await until(lambda: look() is not None)
    found = look()
    return found.code if isinstance(found, Problem) else None


async def _subscription(made: Tenants, stream: Stream) -> ErrorCode | None:
    """Once more: who is there is there."""
    await stream.send({"type": "subscribe", "token": made.keys[Who.OPERATOR]})
    return (await stream.frame(Problem)).code


Verb = Callable[[Tenants, Stream], Awaitable[ErrorCode | None]]
# What a verb about a1 of east is answered with: to who sees him, to who does not.
VERBS: Final[Mapping[str, tuple[Verb, ErrorCode | None, ErrorCode]]] = {
    "subscribe": (_subscription, ErrorCode.CONFLICT, ErrorCode.CONFLICT),
    "command": (_order, None, ErrorCode.UNKNOWN_INTERACTION),
    "answer": (_reaction, None, ErrorCode.UNKNOWN_OBJECT),
    "query_answer": (_knowledge, None, ErrorCode.UNKNOWN_OBJECT),
}


def test_every_verb_of_the_stream_has_a_row() -> None:
    assert {tag(frame) for frame in FROM_CLIENT} == set(VERBS)


async def test_every_verb_of_the_stream_answers_every_credential_as_its_row_says() -> None:
    async with tenants() as made:
        wrong: list[str] = []
        _, _, let_in = SOCKETS["stream"]
        for name, (verb, seen, hidden) in VERBS.items():
            for who in sorted(let_in):
                stream = await _subscribed(made, made.keys[who])
                got = await verb(made, stream)
                expected = hidden if who in OUTSIDE | {Who.OTHER_TOKEN} else seen
                if got != expected:
                    wrong.append(f"{name} by {who}: {got}, not {expected}")
            if name != "subscribe":
                stream = await _subscribed(made, await made.key(GRANTS[Who.TENANT], Scope.EVENTS_READ))
                if (got := await verb(made, stream)) is not ErrorCode.NOT_ALLOWED:
                    wrong.append(f"{name} by {Who.NO_SCOPE}: {got}")
        assert not wrong, "\n".join(["", *wrong])


async def test_a_stream_from_the_first_event_on_tells_nothing_of_others() -> None:
    async with tenants() as made:
        gateway = made.standing.gateway
        for who in sorted(OUTSIDE | {Who.OTHER_TOKEN}):
            platform_id, agent_id = THEIRS.get(who, (EAST, A2))
            stream = Stream(await made.standing.connect("/v1/stream"))
            await stream.send({"type": "subscribe", "token": made.keys[who], "after": 0, "snapshot": True})
            last = ev.PlatformNotice(
                time=gateway.clock.now(), platform_id=platform_id, agent_id=agent_id, code="the last"
            )
            gateway.router.publish([last])
            told = ""
            while "the last" not in told:
                message = await stream.socket.receive(PATIENCE_S)
                assert message.type is WSMsgType.TEXT, message
                told = message.data
                assert not made.told(told.encode()), (who, told)
                assert "stream.gap" not in told, who  # what is not theirs is no gap
