"""Which events a webhook wants: by type (`interaction.held`, `interaction.*`, `*`), platform and agent."""

from collections.abc import Callable, Iterable
from typing import Final

from gateway.store.base import Appended
from gateway.store.deliveries import Webhook
from schemas.errors import RefusedError
from schemas.events import EVENTS
from schemas.results import ErrorCode

_ALL: Final = frozenset(EVENTS)


def types(patterns: Iterable[str]) -> frozenset[str]:
    """The event types that patterns mean; all for no pattern. Raises RefusedError for one that means none."""
    meant: set[str] = set()
    patterns = tuple(patterns)
    for pattern in patterns:
        found = {name for name in _ALL if _means(pattern, name)}
        if not found:
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"there are no events {pattern!r}")
        meant |= found
    return frozenset(meant) if patterns else _ALL


def _means(pattern: str, name: str) -> bool:
    if pattern.endswith(".*"):
        return name.startswith(pattern[:-1])
    return pattern in {"*", name}


def matcher(webhook: Webhook) -> Callable[[Appended], bool]:
    """A fast test for one webhook."""
    wanted = types(webhook.events)
    platforms = frozenset(webhook.platform_ids)
    agents = frozenset(webhook.agent_ids)
    after = webhook.from_cursor

    def matches(event: Appended) -> bool:
        return (
            event.cursor > after
            and event.type in wanted
            and (not platforms or event.platform_id in platforms)
            and (not agents or event.agent_id in agents)
        )

    return matches
