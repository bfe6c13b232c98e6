"""The state of the platforms that are configured."""

from collections.abc import Mapping

from gateway.platforms.platform import Platform
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas.ids import PlatformId


def state_of(platforms: Mapping[PlatformId, Platform], minter: Minter) -> State:
    """An empty one."""
    dialects = {name: one.dialect for name, one in platforms.items()}
    return State(
        {name: one.capabilities for name, one in dialects.items()},
        {name: one.name for name, one in dialects.items()},
        minter,
        {name: one.naming for name, one in dialects.items()},
        {name: one.plan for name, one in platforms.items()},
    )
