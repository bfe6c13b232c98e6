"""North: what one client was told and may change, and what its requests come to; for `methods`, `requests`.

A module of its own, because rows, requests and the client all stand on it.
"""

from collections.abc import Callable

import msgspec

from adapters.amazon_connect import snapshots, wire
from adapters.amazon_connect.settings import Settings
from adapters.amazon_connect.snapshots import Contact, Leg
from schemas.agent import AgentSession
from schemas.commands import AnyCommand
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.results import ErrorCode, Succeeded
from schemas.values import Json


def _nothing(_result: Succeeded) -> Json:
    return {}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a request comes to: commands, one after the other; without any it is done."""

    commands: tuple[AnyCommand, ...] = ()
    data: Json = {}
    read: Callable[[Succeeded], Json] = _nothing  # what the last one's result is, as the answer's data


def plan(*commands: AnyCommand) -> Plan:
    """That these are carried out."""
    return Plan(commands=commands)


class Scope(msgspec.Struct):
    """What one client has been told, up to the last event that it was given."""

    agent_id: AgentId
    settings: Settings
    session: AgentSession | None = None
    interactions: dict[InteractionId, Interaction] = msgspec.field(default_factory=dict)
    merged: dict[InteractionId, dict[str, str]] = msgspec.field(default_factory=dict)
    last: wire.Update | None = None

    def take(self, one: Interaction) -> None:
        """It is so now. Who was consulted stays the same leg, whatever becomes of the consultation."""
        if one.state is InteractionState.COMPLETED:
            self.interactions.pop(one.id, None)
            self.merged.pop(one.id, None)
            return
        self.interactions[one.id] = one
        if one.consult_of is not None and one.remote_address:
            self.merged.setdefault(one.consult_of, {})[one.remote_address] = one.id

    def session_id(self) -> SessionId:
        """Raises RefusedError."""
        if self.session is None:
            raise RefusedError(ErrorCode.NOT_LOGGED_IN, "The agent is not signed in")
        return self.session.id

    def contacts(self) -> tuple[Contact, ...]:
        """All that are shown."""
        return snapshots.contacts(self.interactions.values(), self.settings, self.merged)

    def contact(self, contact_id: str) -> Contact:
        """One of them. Raises RefusedError."""
        found = next((one for one in self.contacts() if one.main.id == contact_id), None)
        if found is None:
            raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"There is no contact {contact_id}")
        return found

    def leg(self, contact_id: str, connection_id: str) -> tuple[Contact, Leg]:
        """One leg of it. Raises RefusedError."""
        contact = self.contact(contact_id)
        found = next((one for one in contact.legs() if one.id == connection_id), None)
        if found is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"There is no connection {connection_id}")
        return contact, found
