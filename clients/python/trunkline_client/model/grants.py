"""What a key or token is narrowed to. Scopes say what may be done at all; a grant, with whom and what.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

import msgspec

from trunkline_client.tolerance import OpenEnum


class Role(OpenEnum):
    """What a token lets its bearer be."""

    LINK = "link"
    FACADE = "facade"


class VerbGroup(OpenEnum):
    """Commands that are given away together."""

    SIGN_IN = "sign_in"
    STATE = "state"
    DIAL = "dial"
    HANDLE = "handle"
    TRANSFER = "transfer"
    RECORDING = "recording"
    DATA = "data"
    WRAP_UP = "wrap_up"
    DIRECTORY = "directory"
    QUERIES = "queries"
    VENDOR = "vendor"


class FieldClass(OpenEnum):
    """Of what kind a field of the model is."""

    IDENTIFIER = "identifier"
    PERSONAL = "personal"
    CONTENT = "content"
    SECRET = "secret"


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is left of everything. Teams are those of the configuration; types may end in `.*`.

    `roles` are those that tokens may be minted for. `masked` and `dropped` are classes of fields that are not
    told, or whose members are left out.
    """

    tenant: str = ""
    platforms: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    verbs: tuple[VerbGroup, ...] = ()
    types: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    masked: tuple[FieldClass, ...] = ()
    dropped: tuple[FieldClass, ...] = ()
