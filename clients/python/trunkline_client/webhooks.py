"""Webhooks: subscriptions, their deliveries, replay. All of it needs a key with the scope `admin`."""

from collections.abc import AsyncIterator, Mapping
from typing import Final
from uuid import uuid4

from trunkline_client.connection import Connection
from trunkline_client.model import api
from trunkline_client.paging import pages
from trunkline_client.reading import Reader

_view: Final = Reader(api.WebhookView)
_made: Final = Reader(api.WebhookWithSecret)
_attempt: Final = Reader(api.Attempt)
_replayed: Final = Reader(api.Replayed)
_list: Final = Reader(api.Webhooks)
_deliveries: Final = Reader(api.Deliveries)
_attempts: Final = Reader(api.Attempts)


class Webhooks:
    """As `Trunkline.webhooks`. An `etag` of `get` guards a change: it fails if somebody else was first."""

    def __init__(self, at: Connection) -> None:
        self._at = at

    async def create(self, spec: api.WebhookSpec, *, key: str = "") -> api.WebhookWithSecret:
        """Subscribe. Keep the `secret`: it is told this once."""
        reply = await self._at.request("POST", "/v1/webhooks", body=spec, key=key or str(uuid4()))
        return _made(reply.body)

    async def list(self) -> AsyncIterator[api.WebhookView]:
        """All of them, oldest first."""
        async for page in pages(self._at, "/v1/webhooks", _list, {}):
            for one in page.webhooks:
                yield one

    async def get(self, webhook_id: str) -> tuple[api.WebhookView, str]:
        """One of them, and its ETag."""
        reply = await self._at.request("GET", f"/v1/webhooks/{webhook_id}")
        return _view(reply.body), reply.headers.get("ETag", "")

    async def replace(self, webhook_id: str, spec: api.WebhookSpec, *, etag: str = "") -> api.WebhookView:
        """Set everything anew: what is left out gets its default."""
        return await self._change("PUT", webhook_id, spec, etag)

    async def patch(
        self, webhook_id: str, changes: Mapping[str, object], *, etag: str = ""
    ) -> api.WebhookView:
        """Set what is named, and leave the rest; None gives a member its default back."""
        return await self._change("PATCH", webhook_id, dict(changes), etag)

    async def _change(self, method: str, webhook_id: str, body: object, etag: str) -> api.WebhookView:
        path, guard = f"/v1/webhooks/{webhook_id}", _if_match(etag)
        return _view((await self._at.request(method, path, body=body, headers=guard, again=not etag)).body)

    async def delete(self, webhook_id: str, *, etag: str = "") -> None:
        """Unsubscribe."""
        await self._at.request("DELETE", f"/v1/webhooks/{webhook_id}", headers=_if_match(etag))

    async def pause(self, webhook_id: str) -> api.WebhookView:
        """Hold deliveries back."""
        return _view((await self._at.request("POST", f"/v1/webhooks/{webhook_id}/pause", again=True)).body)

    async def resume(self, webhook_id: str) -> api.WebhookView:
        """Let them go."""
        return _view((await self._at.request("POST", f"/v1/webhooks/{webhook_id}/resume", again=True)).body)

    async def test(self, webhook_id: str) -> api.Attempt:
        """Send a `webhook.test`, and tell what came of it."""
        return _attempt((await self._at.request("POST", f"/v1/webhooks/{webhook_id}/test")).body)

    async def rotate(self, webhook_id: str, secret: str = "") -> api.WebhookWithSecret:
        """A new secret, ours or that one. Both sign for a day; take the new one into use within it."""
        body = {"secret": secret} if secret else None
        return _made((await self._at.request("POST", f"/v1/webhooks/{webhook_id}/rotate", body=body)).body)

    async def end_rotation(self, webhook_id: str) -> api.WebhookView:
        """From now on the newest secret alone signs."""
        path = f"/v1/webhooks/{webhook_id}/end-rotation"
        return _view((await self._at.request("POST", path, again=True)).body)

    async def deliveries(self, webhook_id: str, state: str = "") -> AsyncIterator[api.Delivery]:
        """All of them, or those in a state: `pending`, `delivered`, `dead` or `expired`."""
        path, query = f"/v1/webhooks/{webhook_id}/deliveries", {"state": state} if state else {}
        async for page in pages(self._at, path, _deliveries, query, by="after"):
            for one in page.deliveries:
                yield one

    async def attempts(self, webhook_id: str, delivery_id: str) -> AsyncIterator[api.Attempt]:
        """Every attempt at a delivery."""
        path = f"/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/attempts"
        async for page in pages(self._at, path, _attempts, {}):
            for one in page.attempts:
                yield one

    async def replay_one(self, webhook_id: str, delivery_id: str) -> None:
        """Send a delivery again."""
        await self._at.request("POST", f"/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay")

    async def replay(self, webhook_id: str, chosen: api.Replay | None = None) -> api.Replayed:
        """Send many again: the dead ones, or as chosen. With `next` in the answer there may be more."""
        return _replayed(
            (await self._at.request("POST", f"/v1/webhooks/{webhook_id}/replay", body=chosen)).body
        )


def _if_match(etag: str) -> dict[str, str]:
    return {"If-Match": etag} if etag else {}
