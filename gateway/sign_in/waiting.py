"""Sign-ins under way, from the click until the page has its token. None outlives the process.

Three secrets belong to each. The provider brings `state` back; the cookie of the browser that began it must
come along, so that nobody is signed in by a link that another made. With `pick_up` the page gets the token.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from contextlib import suppress
from secrets import token_urlsafe
from typing import Final, NamedTuple

from gateway.runtime.clock import Clock, time_limit
from gateway.security.minting import MintedToken
from gateway.sign_in.provider import Asked
from schemas.errors import RefusedError
from schemas.ids import PlatformId
from schemas.results import ErrorCode

LIFE_S: Final = 600.0
MOST: Final = 10_000


class Cookie(NamedTuple):
    """What tells the browser in which a sign-in was begun."""

    name: str
    value: str


class SignIn:
    """One of them."""

    def __init__(self, platform_id: PlatformId, redirect: str, cookie: Cookie) -> None:
        self.platform_id = platform_id
        self.cookie = cookie
        self.asked = Asked(redirect, state=token_urlsafe(), nonce=token_urlsafe(), verifier=token_urlsafe(48))
        self.pick_up = token_urlsafe()
        self.outcome: MintedToken | RefusedError | None = None
        self._changed = asyncio.Event()

    def end(self, outcome: MintedToken | RefusedError) -> None:
        """What came of it."""
        self.outcome = outcome
        self._changed.set()

    def leave(self) -> None:
        """Nobody may wait any longer: its time is over, or the gateway goes away."""
        self._changed.set()

    async def settled(self, clock: Clock, wait_s: float) -> None:
        """Return when there is an outcome, or the time is over."""
        with suppress(TimeoutError):
            async with time_limit(clock, wait_s):
                await self._changed.wait()


class SignIns:
    """All of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_state: dict[str, SignIn] = {}
        self._by_pick_up: dict[str, SignIn] = {}

    def begin(self, platform_id: PlatformId, redirect: str, cookie: Cookie) -> SignIn:
        """A new one. Raises RefusedError if too many are under way."""
        if len(self._by_pick_up) >= MOST:
            raise RefusedError(ErrorCode.RATE_LIMITED, f"{MOST} sign-ins are under way")
        made = SignIn(platform_id, redirect, cookie)
        self._by_state[made.asked.state] = self._by_pick_up[made.pick_up] = made
        self._clock.call_later(LIFE_S, self._expiry(made))
        return made

    def returned(self, state: str, cookies: Mapping[str, str]) -> SignIn | None:
        """The one that a browser came back with, once; None if it was not begun there."""
        found = self._by_state.get(state)
        if found is None:
            return None
        shown = cookies.get(found.cookie.name, "").encode(errors="replace")
        if not hmac.compare_digest(found.cookie.value.encode(errors="replace"), shown):
            return None
        return self._by_state.pop(state)

    def find(self, pick_up: str) -> SignIn:
        """The one that a page waits for. Raises RefusedError."""
        found = self._by_pick_up.get(pick_up)
        if found is None:
            raise RefusedError(
                ErrorCode.EXPIRED, "no such sign-in is under way: it took too long, or is over"
            )
        return found

    def forget(self, one: SignIn) -> None:
        """It is over."""
        self._by_state.pop(one.asked.state, None)
        self._by_pick_up.pop(one.pick_up, None)

    def _expiry(self, one: SignIn) -> Callable[[], None]:
        def expire() -> None:
            self.forget(one)
            one.leave()

        return expire
