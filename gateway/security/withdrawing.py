"""Tokens that are revoked before their time: for good, and with all that they were renewed to."""

from typing import Final

from gateway.security.standing import Withdrawals, mark
from gateway.security.tokens import LinkToken, Tokens
from gateway.store.base import Store
from schemas.errors import RefusedError
from schemas.results import ErrorCode

MOST: Final = 10_000  # that are not over by themselves yet; above it their key is to be revoked


class Revocations:
    """What is known of them to the store and to the gate."""

    def __init__(self, store: Store, tokens: Tokens, withdrawals: Withdrawals) -> None:
        self._store = store.credentials
        self._tokens = tokens
        self._withdrawals = withdrawals

    async def load(self) -> None:
        """Take up where the last run ended."""
        for one, until in (await self._store.withdrawn()).items():
            self._withdrawals.revoke(one, until)

    async def revoke(self, token: LinkToken) -> None:
        """It is so at once, and durable on return. Raises RefusedError if there are too many."""
        now = self._tokens.now()
        over = [one for one, until in self._withdrawals.revoked.items() if until < now]
        for one in over:
            del self._withdrawals.revoked[one]
        if over:
            await self._store.forget_withdrawn(now)
        if len(self._withdrawals.revoked) >= MOST:
            what = f"{MOST} tokens are revoked already; revoke the key that they came from"
            raise RefusedError(ErrorCode.RATE_LIMITED, what)
        until = self._tokens.ends(token)
        self._withdrawals.revoke(mark(token), until)
        await self._store.withdraw(mark(token), until)
