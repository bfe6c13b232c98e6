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
