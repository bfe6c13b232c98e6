"""The section `store` of the configuration."""

from typing import Final

from pydantic import PositiveFloat, PositiveInt

from gateway.runtime.section import Section

MEMORY: Final = ":memory:"  # as `store.path`: keep nothing


class StoreConfig(Section):
    """Where the journal is. `path` is a file of ours alone; its folder must exist."""

    path: str = "trunkline.db"
    retention_days: PositiveFloat = 7.0
    retention_bytes: PositiveInt = 10 * 1024**3
    audit_days: PositiveFloat = 400.0  # of who did what; so long, and so many entries at most
    audit_entries: PositiveInt = 1_000_000
