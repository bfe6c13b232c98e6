"""All that decides who may come in, put together: keys, tokens, what was withdrawn, how often it is tried."""

from pathlib import Path
from typing import NamedTuple, Protocol

from gateway.outbound.egress import Egress, EgressSections
from gateway.outbound.fetch import Fetching
from gateway.outbound.lookups import Lookups
from gateway.runtime.clock import Clock
from gateway.runtime.limits import LimitsConfig
from gateway.security.access import Gate
from gateway.security.bearer import Bearers
from gateway.security.bootstrap import bootstrap
from gateway.security.config import AccessConfig
from gateway.security.keys import Keys
from gateway.security.rights import Realm
from gateway.security.throttle import Rate, Throttle
from gateway.security.tokens import STORE_ENTRY, Tokens
from gateway.security.withdrawing import Revocations
from gateway.store.base import Store
from gateway.telemetry.peers import Peers


class CredentialSections(EgressSections, Protocol):
    """The sections of the configuration that say who may come in."""

    @property
    def access(self) -> AccessConfig:
        """How often."""
        ...

    @property
    def limits(self) -> LimitsConfig:
        """For how long."""
        ...

    @property
    def bootstrap_key_file(self) -> Path | None:
        """Where the first key is."""
        ...


class Credentials(NamedTuple):
    """The parts."""

    keys: Keys
    tokens: Tokens
    gate: Gate
    revocations: Revocations


async def opened(
    store: Store,
    clock: Clock,
    config: CredentialSections,
    lookups: Lookups,
    peers: Peers,
    realm: Realm | None = None,
) -> Credentials:
    """As the last run left them. Raises ConfigError for a bootstrap file that is none."""
    keys = Keys(store, clock)
    await keys.load()
    if config.bootstrap_key_file is not None and store.following is None:
        await bootstrap(config.bootstrap_key_file, keys)
    tokens = Tokens(await store.secret(STORE_ENTRY), clock, config.limits.session_s)
    access = config.access
    throttle = Throttle(clock, access.wrong_per_minute, Rate(access.key_rate.burst, access.key_rate.per_s))
    bearers = None
    if access.issuers:
        bearers = Bearers(access.issuers, Fetching(Egress.of(config, lookups)), clock, tokens.now, peers)
    gate = Gate(keys, tokens, realm, throttle, bearers)
    revocations = Revocations(store, tokens, gate.withdrawals)
    await revocations.load()
    return Credentials(keys, tokens, gate, revocations)
