"""How long somebody who was let in may stay: to the end of his credential, or until it is withdrawn.

Two clocks are asked. The steady one cannot be set back to make a credential last; the time of day goes on
while a machine sleeps, and is what the credential itself names.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from gateway.runtime.clock import Clock, TimerHandleLike
from gateway.security.keys import Term
from gateway.security.tokens import EXPIRED, EndedError, LinkToken
from schemas.ids import AgentId, PlatformId

LOOK_S: Final = 30.0  # how often the time of day is looked at: no timer goes by it
SIGN_IN: Final = "sign-in:"  # how an origin begins that is no key
MOST_WITHDRAWN: Final = 10_000


def mark(token: LinkToken) -> str:
    """By which it can be withdrawn, and all that it is renewed to."""
    return f"token:{token.first}"


class TakenOverError(EndedError):
    """Over, as the agent has signed in elsewhere and taken the session over."""


class Withdrawals:
    """The marks of what is good for nothing more, with the reason: tokens, and sign-ins that they came from.

    A key is not among them: it says by itself how long it is good (see Term).
    """

    def __init__(self) -> None:
        self._whys: dict[str, EndedError] = {}
        self.revoked: dict[str, datetime] = {}  # marks for good; none is in use any more after that time
        self.leases: set[Lease] = set()

    def add(self, mark: str, why: EndedError) -> None:
        """Withdraw whatever bears that mark: connections are ended at once."""
        self._whys.pop(mark, None)
        self._whys[mark] = why
        if len(self._whys) > MOST_WITHDRAWN:
            del self._whys[next(iter(self._whys))]
        self.look(mark)

    def revoke(self, mark: str, until: datetime) -> None:
        """The same for good: what bears that mark would be over by then anyhow."""
        self.revoked[mark] = until
        self.look(mark)

    def look(self, mark: str) -> None:
        """Something has changed for whatever bears that mark: end what is over."""
        for lease in [one for one in self.leases if one.standing and mark in one.standing.marks]:
            lease.look()

    def take_over(self, platform_id: PlatformId, agent_id: AgentId, *origins: str) -> None:
        """Withdraw by which sign-ins the agent's clients are there, and these others of his."""
        why = TakenOverError("the agent has signed in elsewhere, and taken the session over")
        tokens = [one.standing.token for one in self.leases if one.standing is not None]
        here = {
            one.origin
            for one in tokens
            if one is not None and (one.platform_id, one.agent_id) == (platform_id, agent_id)
        }
        for origin in here.union(origins):
            if origin.startswith(SIGN_IN):
                self.add(origin, why)

    def of(self, marks: Sequence[str]) -> EndedError | None:
        """Why nothing with one of these marks is good any more, to be raised; None if it is good."""
        for mark in marks:
            if (why := self._whys.get(mark)) is not None:
                return type(why)(why.message)
            if mark in self.revoked:
                return EndedError("the token was revoked")
        return None


class Standing:
    """One credential, while it is used."""

    def __init__(
        self,
        marks: Sequence[str],
        term: Callable[[], Term],
        withdrawals: Withdrawals,
        clock: Clock,
        now: Callable[[], datetime],
        token: LinkToken | None = None,
    ) -> None:
        """`marks`: by which it may be withdrawn, its origin first. `term`: of that. `now` never goes back."""
        self.clock = clock
        self.withdrawals = withdrawals
        self.kept = True  # by the page, over a reload: not once the agent has logged out
        self.marks = marks
        self.token = token
        self._term = term
        self._now = now
        self._until_s = math.inf
        if token is not None:
            self.renewed(token)

    @property
    def origin(self) -> str:
        """What the credential came from, and what comes from it: `key:<id>`, `sign-in:<how>:<id>`."""
        return self.marks[0]

    def renewed(self, token: LinkToken) -> None:
        """It goes on with a fresh token."""
        self.token = token
        self._until_s = self.clock.monotonic() + (token.expires_at - self._now()).total_seconds()

    def withdrawn(self) -> EndedError | None:
        """Why it is over whatever its own end is; None while it is not."""
        if (why := self.withdrawals.of(self.marks)) is not None:
            return why
        term = self._term()
        return EndedError(term.why, self.token) if term.over(self._now()) else None

    def over(self) -> EndedError | None:
        """Why it is over; None while it is not."""
        if (why := self.withdrawn()) is not None:
            return why
        if self.token is None:  # its origin's end is looked at already
            return None
        return EndedError(EXPIRED, self.token) if self.left_s() <= 0 else None

    def left_s(self) -> float:
        """Seconds until it expires, by whichever clock is sooner; infinite without an end."""
        return min(self.term_left_s(), self._token_left_s())

    def term_left_s(self) -> float:
        """Seconds until its origin's end."""
        end = self._term().end
        return math.inf if end is None else (end - self._now()).total_seconds()

    def steadily_left_s(self) -> float:
        """Seconds until a token expires, by the steady clock."""
        return self._until_s - self.clock.monotonic()

    def renewal_s(self) -> float:
        """Seconds until two thirds of the token's life are over."""
        if self.token is None:
            return math.inf
        life = self.token.expires_at - self.token.issued_at
        return self._token_left_s() - life.total_seconds() / 3

    def _token_left_s(self) -> float:
        if self.token is None:
            return math.inf
        return min(self.steadily_left_s(), (self.token.expires_at - self._now()).total_seconds())


class Lease:
    """What a connection has of a credential: fresh tokens while there are any, and its end in time."""

    def __init__(
        self,
        standing: Standing | None,
        over: Callable[[EndedError], None],
        renew: Callable[[Standing], bool] | None = None,
    ) -> None:
        """`standing` None: there is no end. `over` is called once. `renew` says whether it gave a token."""
        self.standing = standing
        self._over = over
        self._renew = renew if standing is not None and standing.token is not None else None
        self._timer: TimerHandleLike | None = None
        self._ended = False

    @property
    def renews(self) -> bool:
        """Whether the other side takes fresh tokens, and there are any."""
        return self._renew is not None

    def begin(self) -> None:
        """Watch from now on, until `stop`."""
        if self.standing is not None:
            self.standing.withdrawals.leases.add(self)
            self.look()

    def stop(self) -> None:
        """The connection is gone."""
        self._ended = True
        self._rest()
        if self.standing is not None:
            self.standing.withdrawals.leases.discard(self)

    def holds(self) -> bool:
        """Whether it is good still; if not, its end has begun when this returns."""
        if self.standing is not None and self.standing.over() is not None:
            self.look()
        return not self._ended

    def prolong(self, other: Standing | None) -> None:
        """The same client has shown a credential again, which may end later."""
        mine = self.standing
        if mine is None or other is None:
            return
        if mine.token is None or other.token is None:  # a key with its new secret, a person's next token
            if mine.token is other.token and other.left_s() > mine.left_s():
                self.standing = other
                self.look()
        elif other.token.expires_at > mine.token.expires_at:
            mine.renewed(other.token)
            self.look()

    def look(self) -> None:
        """Renew what is to be renewed, end what is over, else look again in time."""
        standing = self.standing
        if standing is None or self._ended:
            return
        self._rest()
        # By the steady clock: a time of day that leapt ahead is no reason to send anybody away.
        if self._renew is not None and standing.renewal_s() <= 0 < standing.steadily_left_s():
            good = standing.withdrawn() is None
            self._renew = self._renew if good and self._renew(standing) else None
        if (why := standing.over()) is not None:
            self.stop()
            self._over(why)
            return
        next_s = standing.left_s() if self._renew is None else standing.renewal_s()
        next_s = min(next_s, standing.term_left_s())
        if next_s < math.inf:
            self._timer = standing.clock.call_later(min(max(next_s, 0.0), LOOK_S), self.look)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
