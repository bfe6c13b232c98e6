"""Which events a webhook wants: the same filter as a stream's, kept with the webhook."""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace

from gateway.events.filters import Filter, Look, select
from gateway.events.teams import Teams
from gateway.security.rights import ALL, Rights
from gateway.store.base import Appended
from gateway.store.deliveries import Webhook
from schemas.events import OPERATOR_EVENTS
from schemas.ids import WebhookId

Matcher = Callable[[Appended, Look], bool]


class _About(msgspec.Struct, frozen=True):
    webhook_id: WebhookId


_about: Final = msgspec.json.Decoder(_About).decode
_log = structlog.get_logger("trunkline.webhooks")


def matcher(webhook: Webhook, teams: Teams, rights: Rights = ALL) -> Matcher:
    """A fast test for one webhook, whose maker has these rights.

    A team that is configured no longer has no agents, and fails no start.

    Events about the gateway are never those about the webhook itself: to tell an endpoint that it fails would
    only be one more failure.
    """
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
    if rights is not ALL:
        selection = replace(selection, rights=rights)
    after = webhook.from_cursor

    def matches(event: Appended, look: Look) -> bool:
        return (
            event.cursor > after
            and selection.accepts(event, look)
            and not (event.type in OPERATOR_EVENTS and _about(event.body).webhook_id == webhook.id)
        )

    return matches
