"""Webhooks whose API key is over are paused: what a key gave goes with it.

What comes meanwhile is queued. Whoever resumes one has it from then on: it sends what he sees.
"""

from collections.abc import Callable, Coroutine

from gateway.runtime.tasks import Tasks
from gateway.security.audit import Action, Audit
from gateway.security.keys import Keys
from gateway.store.audit import GATEWAY
from gateway.store.base import Store
from gateway.store.deliveries import WebhookStatus
from gateway.webhooks.registry import Registry


class Withdrawn:
    """Looks after them."""

    def __init__(self, registry: Registry, keys: Keys, audit: Audit) -> None:
        self._registry = registry
        self._keys = keys
        self._audit = audit

    async def look(self) -> None:
        """Pause what is to be paused: called when a key changes, and now and then, as an end says nothing."""
        for webhook in self._registry.all():
            why = self._keys.ended(webhook.principal)
            if why and webhook.status is WebhookStatus.ACTIVE:
                note = self._audit.made(GATEWAY, Action.WEBHOOK_CHANGED, webhook.id, how="key-ended")
                await self._registry.pause(webhook.id, f"{why}; resume it to have it from now on", note)


def look_after(
    registry: Registry, keys: Keys, store: Store, tasks: Tasks
) -> Callable[[], Coroutine[object, object, None]]:
    """From now on webhooks follow their keys. Returns what looks for those that were missed."""
    withdrawn = Withdrawn(registry, keys, Audit(store))
    narrowed = registry.granted_anew
    keys.on_narrowed = lambda *what: tasks.start(narrowed(*what), "webhooks of a key")
    keys.on_change.append(lambda _key: tasks.start(withdrawn.look(), "webhooks of a key"))
    return withdrawn.look
