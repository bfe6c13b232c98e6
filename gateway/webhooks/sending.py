"""What it takes to send to one webhook, made once: its form, its rights, its signers, its connections.

Kept while the webhook and its maker's grant are the same. Both are looked at with each delivery, so that a
grant that is narrowed holds for the next one.
"""

from datetime import datetime
from typing import NamedTuple

from gateway.events.filters import in_sight
from gateway.outbound import payload
from gateway.outbound.client import Client
from gateway.outbound.post import Posted, Poster
from gateway.runtime.age import RunningTime
from gateway.security.rights import ALL, Rights
from gateway.store.base import Appended
from gateway.store.deliveries import Webhook
from gateway.webhooks.owners import Owners
from schemas.grants import Grant


class _Terms(NamedTuple):
    """What follows from a webhook and a grant."""

    webhook: Webhook
    grant: Grant
    rights: Rights
    form: payload.Form


class Sender:
    """Sends to one webhook. Closed by whoever made it."""

    def __init__(self, client: Client, owners: Owners, packer: payload.Packer, time: RunningTime) -> None:
        self.client = client
        self._owners = owners
        self._packer = packer
        self._time = time
        self.poster = Poster(client, time)
        self._terms: _Terms | None = None

    async def send(
        self, webhook: Webhook, event: Appended, expires_at: datetime | None = None
    ) -> Posted | None:
        """One attempt; None: its maker may not see the event by now.

        `expires_at` is in running time, for live events.
        """
        terms = self._now(webhook)
        if terms.rights is not ALL and not in_sight(terms.rights, event):
            return None
        about = payload.head(event.body)
        until = None if expires_at is None else self._time.shown(expires_at)
        message = self._packer.pack(terms.form, event, about, until)
        return await self.poster.post(webhook, about.id, message)

    async def trial(self, webhook: Webhook, event: Appended, about: payload.Head) -> Posted:
        """One attempt at an event that means nothing, which anybody may see."""
        message = self._packer.pack(self._now(webhook).form, event, about)
        return await self.poster.post(webhook, about.id, message)

    def _now(self, webhook: Webhook) -> _Terms:
        grant, known = self._owners.grant(webhook), self._terms
        if known is not None and known.webhook is webhook and known.grant is grant:
            return known
        mask = self._owners.mask(webhook)
        form = payload.Form(webhook.mode, webhook.content_type, webhook.members, mask)
        self._terms = _Terms(webhook, grant, self._owners.rights(webhook), form)
        return self._terms
