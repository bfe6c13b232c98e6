"""What is mutated: a right body for each operation that takes one, and right frames for each socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from msgspec.inspect import (
    BoolType,
    CollectionType,
    DictType,
    EnumType,
    FloatType,
    IntType,
    StructType,
    Type,
    UnionType,
    type_info,
)

from schemas.commands import COMMANDS
from schemas.values import Json
from tests.contract.test_rubbish import documented

SIMULATED: Final = "sim"
RELAYED: Final[Mapping[str, str]] = {"pages": "bright_pattern", "desks": "genesys_wwe"}  # platform, dialect
CLIENTS: Final = ("bright_pattern", "bright_pattern_embedded", "genesys_wwe", "channel_session")
_PLAIN: Final[Mapping[type[Type], Json]] = {BoolType: True, IntType: 1, FloatType: 1.5}
NOWHERE: Final = "http://127.0.0.1:9/hook"  # nobody listens there


@dataclass(frozen=True)
class Target:
    """Where something is sent: `path` of a socket, or method and path of a request."""

    path: str
    right: tuple[bytes, ...]
    method: str = ""  # none: a WebSocket
    first: tuple[bytes, ...] = ()  # frames that come before all others


def encoded(*values: Json) -> tuple[bytes, ...]:
    """As JSON."""
    return tuple(map(msgspec.json.encode, values))


def commands(session: str) -> tuple[bytes, ...]:
    """One of every verb."""
    named = {"session_id": session, "interaction_id": "int_x", "platform_id": SIMULATED, "agent_id": "a1"}
    return encoded(*({"type": verb, **_fields(type_info(kind), named)} for verb, kind in COMMANDS.items()))


def _fields(kind: Type, named: Mapping[str, Json]) -> dict[str, Json]:
    if not isinstance(kind, StructType):
        return {}
    return {one.encode_name: named.get(one.encode_name, _value(one.type)) for one in kind.fields}


def _value(kind: Type) -> Json:
    made: Json = _PLAIN.get(type(kind), "x")
    match kind:
        case EnumType(cls=cls):
            made = str(next(iter(cls)).value)
        case UnionType(types=types):
            made = _value(types[0])
        case CollectionType(item_type=item):
            made = [_value(item)]
        case DictType(value_type=value):
            made = {"k": _value(value)}
        case StructType():
            made = _fields(kind, {})
        case _:
            pass  # plain
    return made


def requests(session: str, webhook: str) -> tuple[Target, ...]:
    """Every operation that takes a body."""
    spec: dict[str, Json] = {
        "url": NOWHERE,
        "name": "n",
        "events": ["interaction.*"],
        "media": ["voice"],
        "content": {"interaction.data.k": ["v", None, {"prefix": "p"}]},
        "headers": {"x-gate": "g"},
        "mode": "binary",
        "order": "strict",
        "rate": {"per_second": 3, "burst": 2},
        "final_statuses": [404],
        "members": ["interaction.state"],
        "handshake": False,
    }
    answers: tuple[Json, ...] = (
        {"type": "data", "data": {"k": "v"}},
        {"type": "veto", "fields": []},
        {"type": "no_opinion"},
    )
    secret = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    hook, sign_in = f"/v1/webhooks/{webhook}", "/v1/sign-in"
    return (
        Target("/v1/commands?wait=0", commands(session), "POST"),
        Target(
            *("/v1/commands/cmd_x/answer?wait=0", encoded({"needinfo_id": "ask_x", "values": {"k": [1]}})),
            "POST",
        ),
        Target("/v1/queries/qry_x/answer", encoded(*answers), "POST"),
        Target(
            *("/v1/link-tokens", encoded({"agent_id": "a1", "platform_id": SIMULATED, "role": "link"})),
            "POST",
        ),
        Target("/v1/webhooks", encoded(spec, {**spec, **secret}), "POST"),
        Target(hook, encoded(spec), "PUT"),
        Target(hook, encoded(spec, {"name": None, "rate": None}), "PATCH"),
        Target(f"{hook}/rotate", encoded(secret), "POST"),
        Target(
            *(
                f"{hook}/replay",
                encoded({"states": ["dead"], "types": ["*"], "from": "2026-01-01T00:00:00Z"}),
            ),
            "POST",
        ),
        Target(sign_in, encoded({"platform_id": SIMULATED}), "POST"),
        Target(f"{sign_in}/pick-up", encoded({"pick_up": "x"}), "POST"),
        Target(
            *(
                f"/v1/facades/{SIMULATED}/bright_pattern/sign-in",
                encoded({"agent_id": "a1", "password": "p"}),
            ),
            "POST",
        ),
        Target(
            f"/v1/facades/{SIMULATED}/channel_session/sessions",
            encoded({"messageType": "startSession", "client": {"id": "c", "name": "n"}}),
            "POST",
        ),
    )


def sockets(session: str) -> tuple[Target, ...]:
    """Every kind of WebSocket."""
    stream: tuple[Json, ...] = (
        *({"type": "command", "ref": "r", "command": msgspec.json.decode(one)} for one in commands(session)),
        {"type": "answer", "ref": "r", "answer": {"needinfo_id": "ask_x", "values": {"k": 1}}},
        {"type": "query_answer", "ref": "r", "answer": {"type": "no_opinion", "query_id": "qry_x"}},
    )
    subscribe: dict[str, Json] = {
        "type": "subscribe",
        "filter": {
            "types": ["command.*"],
            "agents": ["a2"],
            "content": {"result.code": ["x", {"exists": True}]},
        },
        "after": 1,
        "answers": ["transfer_data"],
    }
    hello: dict[str, Json] = {
        "id": 1,
        "method": "trunkline.hello",
        "params": [{"agent": "a1", "protocol": 2}],
    }
    links = (
        Target(f"/v1/links/{platform}", documented(dialect), first=encoded(hello))
        for platform, dialect in RELAYED.items()
    )
    facades = (
        Target(f"/v1/facades/{SIMULATED}/{dialect}?agent=a{i}", documented(dialect))
        for i, dialect in enumerate(CLIENTS, 1)
    )
    return (
        Target("/v1/stream", encoded(*stream), first=encoded({"type": "subscribe"})),
        Target("/v1/stream", encoded(subscribe)),
        *links,
        *(Target(f"/v1/links/{platform}", encoded(hello)) for platform in RELAYED),
        *facades,
    )


def configuration(folder: Path) -> dict[str, Json]:
    """Of the gateway that all this is sent to."""
    agents: list[Json] = [{"id": f"a{i}"} for i in range(1, 9)]
    return {
        "store": {"path": str(folder / "trunkline.db")},
        "platforms": {
            SIMULATED: {"dialect": "softswitch", "settings": {"agents": agents}},
            **{platform: {"dialect": dialect} for platform, dialect in RELAYED.items()},
        },
    }
