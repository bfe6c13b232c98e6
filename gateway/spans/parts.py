"""What the gateway is made of where spans are recorded, and where they are not."""

from collections.abc import Callable, Coroutine
from typing import NamedTuple

from gateway.commands.ledger import Begun
from gateway.events.router import Router
from gateway.links.link import Link
from gateway.spans.config import TracingConfig
from gateway.telemetry.metrics import Metrics
from gateway.webhooks.sending import Sender
from schemas.errors import ConfigError


async def _nothing(_within_s: float) -> None:
    """There is nothing to finish."""


class Parts(NamedTuple):
    """The plain ones by default."""

    router: type[Router] = Router
    link: type[Link] = Link
    sender: type[Sender] = Sender
    begun: Begun | None = None
    # Sends what is left, in so many seconds at most; once, for good.
    finish: Callable[[float], Coroutine[object, object, None]] = _nothing


def parts(config: TracingConfig, metrics: Metrics) -> Parts:
    """Those to make a gateway of. Raises ConfigError where the SDK is wanted and not installed."""
    if config.endpoint is None:
        return Parts()
    try:
        from gateway.spans.recording import recording  # noqa: PLC0415  # an extra of the package
    except ModuleNotFoundError as error:
        raise ConfigError(f"tracing: {error.name} is missing: install trunkline[otel]") from error
    return recording(config, metrics.spans)
