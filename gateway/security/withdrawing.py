"""Tokens that are revoked before their time: for good, and with all that they were renewed to."""

from datetime import UTC, datetime
from typing import Final

from gateway.security.audit import Action, Audit
from gateway.security.keys import Term
from gateway.security.standing import Withdrawals, mark
from gateway.security.tokens import LinkToken, Tokens
from gateway.store.audit import Note
from gateway.store.base import Store
from schemas.errors import RefusedError
from schemas.results import ErrorCode

LONG_AFTER: Final = datetime.max.replace(tzinfo=UTC)
MOST: Final = 10_000  # that are not over by themselves yet; above it their key is to be revoked


class Revocations:
    """What is known of them to the store and to the gate."""

    def __init__(self, store: Store, tokens: Tokens, withdrawals: Withdrawals) -> None:
        self._audit = Audit(store)
        self._store = store.credentials
        self._tokens = tokens
        self._withdrawals = withdrawals

    async def load(self) -> None:
        """Take up where the last run ended."""
        for one, until in (await self._store.withdrawn()).items():
            self._withdrawals.revoke(one, until)

    async def revoke(self, token: LinkToken, by: str) -> None:
        """A link token. It is so at once, and durable on return. Raises RefusedError if they are too many."""
        note = self._audit.made(
            *(by, Action.TOKEN_REVOKED, token.id), platform_id=token.platform_id, agent_id=token.agent_id
        )
        await self._revoke(mark(token), self._tokens.ends(token), note)

    async def revoke_origin(self, origin: str, term: Term, by: str) -> None:
        """A provider's token, and what it has minted. Likewise."""
        note = self._audit.made(by, Action.TOKEN_REVOKED, origin)
        await self._revoke(origin, term.end or LONG_AFTER, note)

    async def _revoke(self, one: str, until: datetime, note: Note) -> None:
        now, revoked = self._tokens.now(), self._withdrawals.revoked
        over = [each for each, end in revoked.items() if end < now]
        for each in over:
            del revoked[each]
        if over:
            await self._store.forget_withdrawn(now)
        if one not in revoked and len(revoked) >= MOST:
            what = f"{MOST} tokens are revoked already; revoke the key that they came from"
            raise RefusedError(ErrorCode.RATE_LIMITED, what)
        self._withdrawals.revoke(one, until)
        await self._store.withdraw(one, until, note)
