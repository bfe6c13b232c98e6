"""Whom an agent can call.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

import msgspec


class DirectoryEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody or something that can be dialled."""

    name: str
    address: str
    id: str = ""
    category: str = ""  # team, group or address book
    kind: str = "external"  # external, agent, skill
    state: str = ""
