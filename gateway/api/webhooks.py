"""`/v1/webhooks`: subscriptions, their deliveries, and replay."""

import msgspec
from aiohttp import web
from pydantic import ValidationError

from gateway.api.rest import Rest, number, respond
from gateway.api.sse import resume_point
from gateway.security.access import Scope
from gateway.store.deliveries import DeliveryState
from gateway.webhooks.subscriptions import MAX_PAGE, Subscriptions, WebhookSpec
from schemas.errors import RefusedError
from schemas.ids import Cursor, DeliveryId, WebhookId
from schemas.results import ErrorCode


def _spec(body: bytes) -> WebhookSpec:
    """Raises RefusedError naming the fields that are wrong."""
    try:
        return WebhookSpec.model_validate_json(body)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'body'}: {one['msg']}" for one in error.errors()
        )
        raise RefusedError(ErrorCode.INVALID_COMMAND, wrong) from error


def _webhook(request: web.Request) -> WebhookId:
    return WebhookId(request.match_info["id"])


def _delivery(request: web.Request) -> DeliveryId:
    return DeliveryId(request.match_info["delivery"])


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /v1/webhooks/{id}/replay`."""

    state: DeliveryState = DeliveryState.DEAD


_replay = msgspec.json.Decoder(Replay)


class WebhooksApi:
    """The handlers; all need the scope admin."""

    def __init__(self, rest: Rest, subscriptions: Subscriptions) -> None:
        self._rest = rest
        self._subscriptions = subscriptions

    def routes(self) -> list[web.RouteDef]:
        """Method and path of each handler."""
        one = "/v1/webhooks/{id}"
        return [
            web.post("/v1/webhooks", self.create),
            web.get("/v1/webhooks", self.all),
            web.get(one, self.get),
            web.put(one, self.update),
            web.delete(one, self.delete),
            web.post(one + "/pause", self.pause),
            web.post(one + "/resume", self.resume),
            web.post(one + "/rotate", self.rotate),
            web.post(one + "/test", self.test),
            web.post(one + "/replay", self.replay_all),
            web.get(one + "/deliveries", self.deliveries),
            web.get(one + "/deliveries/{delivery}/attempts", self.attempts),
            web.post(one + "/deliveries/{delivery}/replay", self.replay),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """Subscribe; the answer holds the signing secret, this once."""
        principal = self._rest.principal(request, Scope.ADMIN)
        return respond(await self._subscriptions.create(_spec(await request.read()), principal.name), 201)

    async def all(self, request: web.Request) -> web.Response:
        """All webhooks."""
        self._rest.principal(request, Scope.ADMIN)
        return respond({"webhooks": self._subscriptions.all()})

    async def get(self, request: web.Request) -> web.Response:
        """One webhook."""
        self._rest.principal(request, Scope.ADMIN)
        return respond(self._subscriptions.get(_webhook(request)))

    async def update(self, request: web.Request) -> web.Response:
        """Set everything anew."""
        self._rest.principal(request, Scope.ADMIN)
        return respond(await self._subscriptions.update(_webhook(request), _spec(await request.read())))

    async def delete(self, request: web.Request) -> web.Response:
        """Unsubscribe."""
        self._rest.principal(request, Scope.ADMIN)
        await self._subscriptions.delete(_webhook(request))
        return web.Response(status=204)

    async def pause(self, request: web.Request) -> web.Response:
        """Queue and send nothing."""
        self._rest.principal(request, Scope.ADMIN)
        return respond(await self._subscriptions.pause(_webhook(request)))

    async def resume(self, request: web.Request) -> web.Response:
        """Send again."""
        self._rest.principal(request, Scope.ADMIN)
        return respond(await self._subscriptions.resume(_webhook(request)))

    async def rotate(self, request: web.Request) -> web.Response:
        """A new secret; the old one signs along for a day."""
        self._rest.principal(request, Scope.ADMIN)
        return respond(await self._subscriptions.rotate(_webhook(request)))

    async def test(self, request: web.Request) -> web.Response:
        """Send a test event once, and tell what came of it."""
        self._rest.principal(request, Scope.ADMIN)
        return respond(await self._subscriptions.test(_webhook(request)))

    async def deliveries(self, request: web.Request) -> web.Response:
        """Deliveries in order of their events; `state`, `after` and `limit` choose."""
        self._rest.principal(request, Scope.ADMIN)
        state: DeliveryState | None = None
        if (text := request.query.get("state")) is not None:
            if text not in set(DeliveryState):
                raise RefusedError(
                    ErrorCode.INVALID_COMMAND, f"state: must be one of {', '.join(DeliveryState)}"
                )
            state = DeliveryState(text)
        after = resume_point(request) or Cursor(0)
        limit = int(number(request, "limit", 100, MAX_PAGE))
        found = await self._subscriptions.deliveries(_webhook(request), state, after, limit)
        return respond({"deliveries": found})

    async def attempts(self, request: web.Request) -> web.Response:
        """Every attempt at one delivery."""
        self._rest.principal(request, Scope.ADMIN)
        return respond(
            {"attempts": await self._subscriptions.attempts(_webhook(request), _delivery(request))}
        )

    async def replay(self, request: web.Request) -> web.Response:
        """Send one again."""
        self._rest.principal(request, Scope.ADMIN)
        await self._subscriptions.replay(_webhook(request), _delivery(request))
        return respond({}, 202)

    async def replay_all(self, request: web.Request) -> web.Response:
        """Send all dead or expired ones again."""
        self._rest.principal(request, Scope.ADMIN)
        wanted = _replay.decode(await request.read() or b"{}")
        count = await self._subscriptions.replay_all(_webhook(request), wanted.state)
        return respond({"replayed": count}, 202)
