"""The softswitch, bound together for the registry."""

from typing import Final

from adapters.contract.dialect import Dialect, LinkKind, Naming
from adapters.kit import guides
from adapters.softswitch import wire
from adapters.softswitch.capabilities import CAPABILITIES
from adapters.softswitch.connection import SoftswitchConnection
from adapters.softswitch.peer import SoftswitchPeer
from adapters.softswitch.settings import SoftswitchSettings

DIALECT: Final = Dialect(
    name=wire.NAME,
    title="Softswitch (simulated platform)",
    guides=guides.beside(__file__),
    settings=SoftswitchSettings,
    link=LinkKind.INTERNAL,
    capabilities=CAPABILITIES,
    platform_connection=SoftswitchConnection,
    peer=SoftswitchPeer,
    naming=Naming(lasting=True),
    checks_password=SoftswitchSettings.checks_password,
    knows_password=SoftswitchSettings.knows_password,
)
