"""Contacts as the journal has them: events of one or several agents' legs."""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from gateway.store.base import Appended, Store
from schemas import events as ev
from schemas.ids import AgentId, Cursor, EventId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Direction, EndCause, Interaction, InteractionState
from schemas.numbers import Number, NumberKind
from tests.fakes import START

_encode = msgspec.json.Encoder().encode


def leg(name: str, root: str = "", agent: str = "ana", **changes: object) -> Interaction:
    """One agent's leg, ringing."""
    made = Interaction(
        id=InteractionId(name),
        root_id=RootId(root or f"root-{name}"),
        platform_id=PlatformId("sales"),
        session_id=SessionId(f"session-{agent}"),
        agent_id=AgentId(agent),
        state=InteractionState.ALERTING,
        direction=Direction.INBOUND,
        remote_address="(201) 555-0123",
        remote_number=Number(kind=NumberKind.EXTERNAL, e164="+12015550123"),
        dnis="8005550100",
        service="Support",
        created_at=START,
    )
    return replace(made, **changes)


def answered(one: Interaction, at: datetime = START + timedelta(seconds=5)) -> Interaction:
    """The same, talking."""
    return replace(one, state=InteractionState.CONNECTED, connected_at=at)


def over(
    one: Interaction, at: datetime = START + timedelta(seconds=65), cause: EndCause = EndCause.NORMAL
) -> Interaction:
    """The same, ended."""
    return replace(one, state=InteractionState.WRAP_UP, ended_at=at, end_cause=cause)


class Journal:
    """A store, and a way to have things happen in it."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def happen(self, kind: type[ev.InteractionEvent], one: Interaction) -> Cursor:
        """Journal an event with that snapshot."""
        cursor = Cursor(self.store.last_cursor() + 1)
        event = kind(
            id=EventId(f"evt_{cursor}"),
            cursor=cursor,
            time=START,
            platform_id=one.platform_id,
            session_id=one.session_id,
            agent_id=one.agent_id,
            interaction=one,
        )
        record = Appended(
            cursor, ev.TAGS[kind], one.platform_id, one.session_id, one.agent_id, one.id, _encode(event)
        )
        self.store.append([record], lambda _events: None)
        await self.store.barrier()
        return cursor
