"""Who is asking, and what they may do.

Without any key the gateway stands open, to its own machine only: good for a first try and for a
demonstration. The first key ends that for good.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple, Protocol

import msgspec

from gateway.runtime.addresses import is_loopback
from gateway.security.keys import LONG_AGO, ORIGIN, PREFIX, Keys, Term
from gateway.security.rights import ALL, Realm, Rights
from gateway.security.standing import Standing, Withdrawals, mark
from gateway.security.throttle import Left, Rate, Throttle
from gateway.security.tokens import CredentialError, LinkToken, Tokens, WrongCredentialError
from schemas.errors import ConfigError, RefusedError
from schemas.grants import UNNARROWED, Grant, Role
from schemas.ids import AgentId, PlatformId
from schemas.privacy import NO_MASK, Mask
from schemas.results import ErrorCode


class Scope(StrEnum):
    """What a key may be good for."""

    EVENTS_READ = "events:read"
    COMMANDS_WRITE = "commands:write"
    VENDOR_CALL = "vendor:call"  # any call of a platform's own API
    LINKS = "links"  # mint link tokens, connect as a platform's page
    METRICS_READ = "metrics:read"  # /metrics
    ADMIN = "admin"  # webhooks, keys, deliveries, the operator's views and events


VENDOR_CALL: Final = "vendor.call"  # the verb that needs that scope
EVERYTHING: Final = frozenset(Scope)
BEARER: Final = "bearer:"  # likewise, a provider's token
_TOKEN_SCOPES: Final[Mapping[Role, frozenset[Scope]]] = {
    Role.LINK: frozenset({Scope.LINKS}),
    Role.FACADE: frozenset({Scope.EVENTS_READ, Scope.COMMANDS_WRITE}),
}


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was let in. With an agent or a platform, everything else is out of sight."""

    name: str  # `key:<id>`, `link:<platform>:<agent>`, `anonymous`: stable, for logs and idempotency
    scopes: frozenset[Scope]
    agent_id: AgentId | None = None
    platform_id: PlatformId | None = None
    role: Role | None = None  # of the token; None for keys
    standing: Standing | None = None  # of the credential; None: it has no end
    grant: Grant = UNNARROWED  # as the credential says; what he gives away is within it
    rights: Rights = ALL  # what that leaves
    rate: Rate | None = None  # of a key, where it has one of its own

    def require(self, scope: Scope) -> None:
        """Raises RefusedError(NOT_ALLOWED) without that scope, or once the credential is over."""
        self.require_standing()
        if scope not in self.scopes:
            raise RefusedError(ErrorCode.NOT_ALLOWED, f"needs the scope {scope.value}")

    def require_standing(self) -> None:
        """Raises EndedError once the credential is over: whatever is asked then, over whatever connection."""
        if self.standing is not None and (why := self.standing.over()) is not None:
            raise why

    @property
    def origin(self) -> str:
        """What he has shown, as what comes from it names it: with it, that ends."""
        return self.name if self.standing is None else self.standing.origin

    def left_s(self) -> float:
        """For how long he may stay; anybody who waits for something waits no longer."""
        return math.inf if self.standing is None else max(self.standing.left_s(), 0.0)

    def sees(self, platform_id: str, agent_id: str | None) -> bool:
        """Whether something of that platform and agent is theirs to see."""
        if self.platform_id is not None and platform_id != self.platform_id:
            return False
        if self.agent_id is not None and agent_id != self.agent_id:
            return False
        return self.rights is ALL or self.rights.sees(platform_id, agent_id)

    @property
    def mask(self) -> Mask:
        """What is concealed from them of whatever they see."""
        return NO_MASK if self.rights is ALL else self.rights.mask

    @property
    def sees_everybody(self) -> bool:
        """Whether nothing that happens is out of sight, and what concerns the gateway itself is in it."""
        return self.platform_id is None and self.agent_id is None and self.rights.of_everybody

    def sees_platform(self, platform_id: str) -> bool:
        """Whether the platform is theirs to see, or something of it."""
        return self.platform_id in (None, platform_id) and self.rights.sees_platform(platform_id)

    def sees_type(self, event_type: str) -> bool:
        """Whether events of that type are theirs to see."""
        return self.rights.sees_type(event_type)

    def may_be(self, role: Role) -> bool:
        """Whether they may make a token for such a role.

        One for a client gives more than the scope that mints: who has not all of that has to be granted it.
        """
        if Scope.LINKS not in self.scopes or self.role is not None:
            return False
        if self.rights.roles is None:
            return role is Role.LINK or _TOKEN_SCOPES[role] <= self.scopes
        return role in self.rights.roles

    def may(self, verb: str) -> bool:
        """Whether they may give such a command, such as `interaction.dial`, to those whom they see."""
        if Scope.COMMANDS_WRITE not in self.scopes or not self.rights.may(verb):
            return False
        return verb != VENDOR_CALL or Scope.VENDOR_CALL in self.scopes


ANONYMOUS: Final = Principal(name="anonymous", scopes=EVERYTHING)


class Vouched(NamedTuple):
    """Somebody whom an identity provider vouches for, by a bearer token of its own."""

    name: str  # `oidc:<the provider's name>:<subject>`
    origin: str  # this very token
    scopes: frozenset[Scope]
    grant: Grant
    term: Term


class Vouching(Protocol):
    """Identity providers."""

    async def look_at(self, credential: str) -> None:
        """Learn what it says, if it is one of theirs. Raises RefusedError if that cannot be found out."""
        ...

    def find(self, credential: str) -> Vouched | None:
        """Whose it is; None for what was not looked at. Raises EndedError."""
        ...


class Gate:
    """Lets in by key or token."""

    def __init__(
        self,
        keys: Keys,
        tokens: Tokens,
        realm: Realm | None = None,
        throttle: Throttle | None = None,
        vouching: Vouching | None = None,
    ) -> None:
        """`throttle` None: nothing is counted; `vouching` None: there are no providers."""
        self.throttle = throttle or Throttle(tokens.clock)
        self._vouching = vouching
        self._keys = keys
        self.realm = realm or Realm()
        self._tokens = tokens
        self.withdrawals = Withdrawals()
        here = self._standing((ANONYMOUS.name,))
        self._anonymous = msgspec.structs.replace(ANONYMOUS, standing=here)
        keys.on_change.append(self._changed)

    def open_mode(self) -> bool:
        """Whether there is no key, so that this machine's own may do everything."""
        return not self._keys.configured()

    def refuse_exposed(self, host: str) -> None:
        """Raises ConfigError if we would listen beyond this machine with no key configured."""
        if self.open_mode() and not is_loopback(host):
            raise ConfigError(
                f"server.host: {host} can be reached from other machines, but there is no API key;"
                " create one first, or listen on 127.0.0.1"
            )

    def admit(self, authorization: str | None, remote: str | None, host: str | None = None) -> Principal:
        """Who sends this `Authorization` header from that address, to that `Host`.

        In open mode both must be this machine's: a page on a foreign name that resolves to us is refused.
        Raises CredentialError; RefusedError(NOT_ALLOWED) for who is not served in open mode.
        """
        if authorization:
            credential = _credential(authorization)
            if not credential:
                raise CredentialError("expected `Authorization: Bearer <key or token>`")
            return self.identify(credential)
        if not self.open_mode():
            raise CredentialError("an API key or token is needed")
        if remote is None or not is_loopback(remote) or (host is not None and not is_loopback(host)):
            raise RefusedError(ErrorCode.NOT_ALLOWED, "without an API key only this machine is served")
        return self._anonymous

    async def look_at(self, authorization: str | None) -> None:
        """Ask a provider, if it takes that to know whether a credential of its own is good; then `admit`.

        Raises RefusedError(UNAVAILABLE) if it gives no answer.
        """
        credential = _credential(authorization or "")
        if self._vouching is not None and credential and not credential.startswith(f"{PREFIX}_"):
            await self._vouching.look_at(credential)

    def vouched(self, credential: str) -> Vouched | None:
        """What a provider says of a token that was looked at; None if it is none's. Raises EndedError."""
        return None if self._vouching is None else self._vouching.find(credential)

    def identify(self, credential: str) -> Principal:
        """Whose key or token it is. Raises RefusedError(NOT_ALLOWED)."""
        if credential.startswith(f"{PREFIX}_"):
            shown = self._keys.shown(credential)
            if shown is None:
                raise WrongCredentialError("the API key is not valid")
            record = shown.record
            standing = self._standing((f"{ORIGIN}{record.id}",), digest=shown.digest)
            if (why := standing.over()) is not None:
                raise WrongCredentialError(why.message)
            self._keys.used(record.id)
            known = {scope.value for scope in Scope}
            return Principal(
                name=standing.origin,
                scopes=frozenset(Scope(scope) for scope in record.scopes if scope in known),
                standing=standing,
                grant=record.grant,
                rights=self.realm.rights(record.grant),
                rate=None if record.rate is None else Rate(record.rate.burst, record.rate.per_s),
            )
        if (vouched := self.vouched(credential)) is not None:
            return self._vouched_for(vouched)
        token = self._tokens.verify(credential)
        standing = self._standing((token.origin, mark(token)), token=token)
        if (why := standing.over()) is not None:
            raise why
        return Principal(
            name=f"{token.role.value}:{token.platform_id}:{token.agent_id}",
            scopes=_TOKEN_SCOPES[token.role],
            agent_id=token.agent_id,
            platform_id=token.platform_id,
            role=token.role,
            standing=standing,
            grant=token.grant,
            rights=self._token_rights(token),
        )

    def _vouched_for(self, vouched: Vouched) -> Principal:
        clock, now = self._tokens.clock, self._tokens.now
        standing = Standing((vouched.origin,), lambda: vouched.term, self.withdrawals, clock, now)
        if (why := standing.over()) is not None:
            raise why
        return Principal(
            name=vouched.name,
            scopes=vouched.scopes,
            standing=standing,
            grant=vouched.grant,
            rights=self.realm.rights(vouched.grant),
        )

    def use(self, principal: Principal) -> Left | None:
        """A key asks for something. Returns what is left of its rate, if it has one. Raises TooOftenError."""
        if principal.role is not None or principal.name == ANONYMOUS.name:
            return None
        return self.throttle.use(principal.name, principal.rate)

    def _token_rights(self, token: LinkToken) -> Rights:
        """What it says, and no more than the key that it came from has by now."""
        rights = self.realm.rights(token.grant)
        key = self._keys.of(token.origin)
        return rights if key is None else rights.both(self.realm.rights(key.grant))

    def granted(self, principal: str, then: Grant) -> Grant:
        """What a principal of that name is granted now, who was granted something then."""
        key = self._keys.of(principal)
        return then if key is None else key.grant

    def renew(self, standing: Standing) -> str | None:
        """A fresh token in place of one that is about to end; None if there can be none."""
        if standing.token is None or standing.withdrawn() is not None:
            return None
        if standing.origin.startswith(BEARER):  # a person who has left cannot go on by what he left open
            return None
        fresh = self._tokens.renewed(standing.token)
        if fresh is not None:
            standing.renewed(self._tokens.verify(fresh))
        return fresh

    def _standing(
        self, marks: tuple[str, ...], digest: bytes | None = None, token: LinkToken | None = None
    ) -> Standing:
        """Of what bears these marks; `digest` of the secret, where it is a key itself."""
        origin = marks[0]
        term = partial(self._term, origin, digest, self.granted(origin, UNNARROWED))
        tokens = self._tokens
        return Standing(marks, term, self.withdrawals, tokens.clock, tokens.now, token)

    def _term(self, origin: str, digest: bytes | None, granted: Grant) -> Term:
        """How long what came from there is good; sign-ins say nothing of that.

        `granted`: when it was let in. What is connected with other rights than it has by now comes again.
        """
        if self.granted(origin, granted) != granted:
            return Term(LONG_AGO, "what the API key is narrowed to was changed: connect again")
        if origin.startswith(ORIGIN):
            return self._keys.term(origin.removeprefix(ORIGIN), digest)
        if origin == ANONYMOUS.name and not self.open_mode():
            return Term(LONG_AGO, "there is an API key now, which is needed")
        return Term()

    def _changed(self, key_id: str) -> None:
        """A key is good for longer or shorter, or there is one now."""
        self.withdrawals.look(f"{ORIGIN}{key_id}")
        self.withdrawals.look(ANONYMOUS.name)


def _credential(authorization: str) -> str:
    """The key or token in a header; empty: there is none in it."""
    scheme, _, credential = authorization.partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""
