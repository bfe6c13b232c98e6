"""Minting of our own ids: opaque, free of dots, with a prefix that tells people what they look at."""
# ruff: noqa: D102  # a minter's methods are named by what they mint

import base64
import hashlib
import itertools
import secrets
from collections.abc import Callable

from schemas.ids import (
    AgentId,
    CommandId,
    EventId,
    InteractionId,
    NeedInfoId,
    PlatformId,
    QueryId,
    Ref,
    RootId,
    SessionId,
)


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode()
    return base64.b32encode(hashlib.blake2b(text, digest_size=15).digest()).decode().lower()


def session_id(platform: PlatformId, agent: AgentId) -> SessionId:
    """The agent's session on a platform: the same after every restart and sign-in."""
    return SessionId("ses_" + _digest(platform, agent))


def root_id(platform: PlatformId, root_ref: Ref) -> RootId:
    """The customer's contact, the same for every agent who has part in it."""
    return RootId("con_" + _digest(platform, root_ref))


def _random() -> str:
    return base64.b32encode(secrets.token_bytes(15)).decode().lower()


class Minter:
    """Ids that nothing gives; unique across processes and restarts."""

    def __init__(self, random: Callable[[], str] = _random) -> None:
        self._random = random
        self._run = random()[:10]  # sets this process' event ids apart from every other's
        self._events = map(f"evt_{self._run}_%d".__mod__, itertools.count(1))

    def event(self) -> EventId:
        return EventId(next(self._events))

    def interaction(self) -> InteractionId:
        return InteractionId("int_" + self._random())

    def command(self) -> CommandId:
        return CommandId("cmd_" + self._random())

    def needinfo(self) -> NeedInfoId:
        return NeedInfoId("ask_" + self._random())

    def query(self) -> QueryId:
        return QueryId("qry_" + self._random())
