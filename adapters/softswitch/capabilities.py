"""What the softswitch can say: every command; and no client ever takes us for one."""

from collections.abc import Mapping
from typing import Final

from adapters.contract.capabilities import Ability, Capabilities, exact, unsupported
from schemas.commands import COMMANDS
from schemas.events import PLATFORM_EVENTS

_NO_NORTH: Final = unsupported("the simulated platform has no client dialect")
_NEVER: Final[Mapping[str, Ability]] = {
    "interaction.queued": unsupported("an agent does not see the queue"),
    "interaction.previewed": unsupported("it runs no campaigns"),
    "dispositions.updated": unsupported(
        "dispositions are told in the answer to interaction.list_dispositions"
    ),
    "directory.updated": unsupported("the directory is told in the answer to directory.list"),
    "query.requested": unsupported("it asks the CRM nothing"),
    "query.resolved": unsupported("it asks the CRM nothing"),
    "vendor.unrecognised": unsupported("it speaks the canonical model itself"),
}

CAPABILITIES: Final = Capabilities(
    commands_south={tag: exact(tag) for tag in COMMANDS},
    events_south={tag: _NEVER.get(tag, exact(tag)) for tag in PLATFORM_EVENTS},
    commands_north=dict.fromkeys(COMMANDS, _NO_NORTH),
    events_north=dict.fromkeys(PLATFORM_EVENTS, _NO_NORTH),
)
