"""Which events a webhook wants: the same filter as a stream's, kept with the webhook."""

from collections.abc import Callable

import structlog
from msgspec.structs import replace

from gateway.filtering import Filter, Look, select
from gateway.store.base import Appended
from gateway.store.deliveries import Webhook
from gateway.teams import Teams

Matcher = Callable[[Appended, Look], bool]

_log = structlog.get_logger("trunkline.webhooks")


def matcher(webhook: Webhook, teams: Teams) -> Matcher:
    """A fast test for one webhook. A team that is configured no longer has no agents, and fails no start."""
    wanted = Filter(
        platforms=frozenset(webhook.platform_ids),
        agents=frozenset(webhook.agent_ids),
        media=frozenset(webhook.media),
        types=frozenset(webhook.events),
        content=webhook.content,
    )
    selection = select(wanted, teams)
    if webhook.teams:
        selection = replace(selection, members=teams.known_members(webhook.teams))
    if unknown := teams.unknown(webhook.teams):
        _log.warning("webhook names teams that are not configured", webhook_id=webhook.id, teams=unknown)
    after = webhook.from_cursor

    def matches(event: Appended, look: Look) -> bool:
        return event.cursor > after and selection.accepts(event, look)

    return matches
