"""Whose a webhook is: it sends what its maker sees by now, and is shown to who sees no less."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from gateway.security.access import Principal
from gateway.security.rights import ALL, Rights
from gateway.store.deliveries import Webhook
from schemas.grants import Grant
from schemas.ids import WebhookId
from schemas.privacy import Mask

_BETWEEN: Final = ":"  # no id that a subscriber may choose has one


class Owners:
    """Looks up what makers of webhooks have been granted. By default it is what is kept with the webhook."""

    def __init__(
        self,
        now: Callable[[str, Grant], Grant] = lambda _principal, then: then,
        rights: Callable[[Grant], Rights] = lambda _grant: ALL,
        ended: Callable[[str], str] = lambda _principal: "",
    ) -> None:
        """`now`: what a principal is granted now that was granted something then. `ended`: why he is over."""
        self._now = now
        self._rights = rights
        self._ended = ended

    def grant(self, webhook: Webhook) -> Grant:
        """What its maker has been granted."""
        return self._now(webhook.principal, webhook.grant)

    def mask(self, webhook: Webhook) -> Mask:
        """What is concealed of the events that it sends: as it wants, and as its maker sees them."""
        return Mask(frozenset(webhook.mask), frozenset(webhook.drop)) | self.rights(webhook).mask

    def rights(self, webhook: Webhook) -> Rights:
        """What that leaves."""
        return self._rights(self.grant(webhook))

    def resumed(self, webhook: Webhook, by: Principal) -> Webhook:
        """It belongs to who resumes it, if its maker's key is over."""
        if not self._ended(webhook.principal):
            return webhook
        return replace(webhook, principal=by.name, grant=by.grant)

    def shows(self, webhook: Webhook, principal: Principal) -> bool:
        """Whether somebody sees all that it may send."""
        return self.grant(webhook).within(principal.grant)


def kept_id(chosen: str, tenant: str) -> WebhookId:
    """The id under which a webhook is kept that a tenant calls so: another one may call its own the same."""
    return WebhookId(f"{tenant}{_BETWEEN}{chosen}" if tenant else chosen)


def told_id(webhook_id: WebhookId, tenant: str) -> WebhookId:
    """What a tenant calls it."""
    return WebhookId(webhook_id.removeprefix(f"{tenant}{_BETWEEN}"))
