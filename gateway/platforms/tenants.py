"""Whose a platform is: a tenant's, for good, as its events are in the journal.

Another tenant that got it would get what the former one's customers said. So a platform that changes hands
gets another name; one that was nobody's may become somebody's.
"""

from collections.abc import Mapping

from gateway.platforms.config import PlatformConfig
from gateway.security.rights import Members, Realm
from gateway.store.base import Store
from schemas.errors import ConfigError
from schemas.ids import PlatformId


async def realm(store: Store, platforms: Mapping[PlatformId, PlatformConfig], members: Members) -> Realm:
    """The platforms by tenants, which are remembered.

    Raises ConfigError for a platform that was another tenant's.
    """
    wanted = {name: one.tenant for name, one in platforms.items() if one.tenant}
    kept = await store.tenants() if wanted else {}
    wrong = [
        f"platforms.{name}.tenant: its events in the journal are those of {kept[name]};"
        " the platform of another tenant needs another name"
        for name, tenant in wanted.items()
        if kept.get(name, tenant) != tenant
    ]
    if wrong:
        raise ConfigError("\n".join(wrong))
    if new := {str(name): one for name, one in wanted.items() if name not in kept}:
        await store.put_tenants(new)
    return Realm(wanted, members)
