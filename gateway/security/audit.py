"""Who did what: the one way in which any part of the gateway notes it down.

`note` writes an entry of its own, `tell` does so for who does not wait. What is written anyway takes a `made`
entry with it (`Store.put_key`, `put_command`, `put_needinfo`, `put_webhook`, `delete_webhook`), so that one
commit has both. An entry holds ids, verbs and counts: never a number, a name, a text or a secret of anybody.
"""

from collections.abc import Awaitable
from contextlib import suppress
from enum import StrEnum
from typing import Final

import structlog

from gateway.runtime.clock import Clock
from gateway.store.audit import PRUNED, Head, Linked, Note, Wanted
from gateway.store.base import Store
from gateway.telemetry.recent import Recent
from schemas.errors import StoreError

log = structlog.get_logger("trunkline.audit")

OPERATOR: Final = "operator"  # as `principal`: over the local socket, or on the store's file
READ_AGAIN_S: Final = 900.0  # until it is noted again that the same one reads the same way
_READERS: Final = 10_000
_LONGEST: Final = 200  # characters of a principal, an object, a detail


class Action(StrEnum):
    """What can be done. Closed: a new one is a new line here."""

    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    TOKEN_MINTED = "token.minted"  # noqa: S105  # the name of a deed
    TOKEN_REVOKED = "token.revoked"  # noqa: S105  # likewise
    SIGNED_IN = "agent.signed_in"
    TAKEN_OVER = "agent.taken_over"
    COMMANDED = "command.given"
    ANSWERED = "question.answered"
    QUERY_ANSWERED = "query.answered"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_ROTATED = "webhook.rotated"
    WEBHOOK_TESTED = "webhook.tested"
    REPLAYED = "webhook.replayed"
    EVENTS_READ = "events.read"
    EVENTS_STREAMED = "events.streamed"
    JOURNAL_EXPORTED = "journal.exported"
    AUDIT_READ = "audit.read"
    ACTIVATED = "standby.ended"
    ERASED = "party.erased"
    PRUNED = PRUNED


class Audit:
    """Writes entries, and reads them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told = ""

    def made(
        self,
        principal: str,
        action: Action,
        object_id: str = "",
        *,
        platform_id: str = "",
        agent_id: str = "",
        **details: str,
    ) -> Note:
        """An entry, to be written together with what it tells of. `details`: ids, verbs and counts."""
        return Note(
            at=self._store.now() + self._store.leapt(),
            principal=principal[:_LONGEST],
            action=action.value,
            object=object_id[:_LONGEST],
            platform_id=platform_id[:_LONGEST],
            agent_id=agent_id[:_LONGEST],
            details={name: value[:_LONGEST] for name, value in details.items() if value},
        )

    def note(
        self,
        principal: str,
        action: Action,
        object_id: str = "",
        *,
        platform_id: str = "",
        agent_id: str = "",
        **details: str,
    ) -> Awaitable[None]:
        """Write an entry. It is taken by the call itself; whoever has to be sure of it awaits it."""
        made = self.made(principal, action, object_id, platform_id=platform_id, agent_id=agent_id, **details)
        return self._store.audit.note(made)

    def tell(
        self,
        principal: str,
        action: Action,
        object_id: str = "",
        *,
        platform_id: str = "",
        agent_id: str = "",
        **details: str,
    ) -> None:
        """The same, of what waits for no disk: what is read, and what is answered in memory."""
        with suppress(StoreError):  # nothing will be written any more, which the store's trouble tells
            _ = self.note(principal, action, object_id, platform_id=platform_id, agent_id=agent_id, **details)

    async def entries(self, wanted: Wanted, limit: int) -> list[Linked]:
        """Those that are wanted, in order."""
        return await self._store.audit.entries(wanted, limit)

    async def head(self) -> Head:
        """Where the chain begins and ends."""
        return await self._store.audit.head()

    async def tell_head(self) -> None:
        """Log where the chain ends, if it has grown: a log that is kept elsewhere shows a cut of the end."""
        head = await self.head()
        if head.text != self._told:
            self._told = head.text
            log.info("audit head", head=head.text)


class Readers:
    """Who reads much, noted once in a while for each and each way; nobody waits for that."""

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._noted = Recent[tuple[str, Action]](clock, READ_AGAIN_S, _READERS)

    def read(self, principal: str, action: Action, **details: str) -> None:
        """Somebody reads many events at once."""
        if self._noted.first((principal, action)):
            self._audit.tell(principal, action, **details)
