"""What options of the command may be: apart from what makes use of them, which takes long to load."""

from enum import StrEnum


class Model(StrEnum):
    """What there is a JSON Schema of."""

    CANONICAL = "canonical"
    CONFIGURATION = "configuration"


class Role(StrEnum):
    """Which side of the gateway the dialect is spoken on."""

    SOUTH = "south"  # to platforms
    NORTH = "north"  # to clients


class Kind(StrEnum):
    """What a vendor has names for."""

    METHODS = "methods"
    EVENTS = "events"
    ERRORS = "errors"
    FIELDS = "fields"
    ENUMS = "enums"


class Kept(StrEnum):
    """Where a store can be."""

    SQLITE = "sqlite"
    NATS = "nats"
