"""The section `store` of the configuration."""

from typing import Final

from pydantic import Field, PositiveFloat, PositiveInt

from gateway.runtime.section import Section
from schemas.grants import FieldClass

MEMORY: Final = ":memory:"  # as `store.path`: keep nothing


class StoreConfig(Section):
    """Where the journal is. `path` is a file of ours alone; its folder must exist."""

    path: str = "trunkline.db"
    retention_days: PositiveFloat = 7.0
    retention_bytes: PositiveInt = 10 * 1024**3
    # Of single classes of fields in it; then they are left out of its events, and the platform's own words
    retention_days_of: dict[FieldClass, PositiveFloat] = Field(default_factory=dict)
    audit_days: PositiveFloat = 400.0  # of who did what; so long, and so many entries at most
    audit_entries: PositiveInt = 1_000_000


def node_file(path: str) -> str:
    """Where a gateway on a bus keeps what it asks of a file of its own, while it runs."""
    return f"{path}.node"
