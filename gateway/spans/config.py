"""The section `tracing` of the configuration: where spans are sent, and how many."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, SecretStr, field_validator
from yarl import URL

from gateway.runtime.section import Section


class TracingConfig(Section):
    """A collector that takes OTLP over HTTP."""

    endpoint: str | None = None  # such as http://127.0.0.1:4318; None: no spans
    headers: dict[str, SecretStr] = Field(default_factory=dict)  # such as a collector's key
    ca_file: Path | None = None  # authorities in PEM, instead of the system's
    ratio: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1  # of the traces that begin with us
    most_waiting: Annotated[int, Field(ge=64, le=100_000)] = (
        2_048  # spans; further ones are dropped and counted
    )
    export_s: PositiveFloat = Field(default=5.0, le=60.0)  # for one request to the collector
    service_name: Annotated[str, Field(min_length=1, max_length=100)] = "trunkline"

    @field_validator("endpoint")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        """An empty variable of the environment names none."""
        if not value:
            return None
        try:
            url = URL(value)
        except ValueError:
            url = URL()
        if url.scheme not in {"http", "https"} or not url.host or url.user or url.query_string:
            raise ValueError("must be a collector's address, such as http://127.0.0.1:4318")
        return value.rstrip("/")
