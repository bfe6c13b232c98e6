"""`/v1/webhooks`: subscriptions, their deliveries, and replay."""

from functools import partial, wraps
from typing import Final, TypeVar

import msgspec
from aiohttp import web
from msgspec.structs import replace
from pydantic import ValidationError

from gateway.api.bodies import Attempts, Deliveries, Webhooks
from gateway.api.places import resume_point
from gateway.http.answers import Empty, respond
from gateway.http.operations import AFTER, LAST_EVENT_ID, Handler, Number, Operation, Parameter
from gateway.runtime.idempotency import HEADER
from gateway.security.access import Principal, Scope
from gateway.store.deliveries import Attempt, Delivery, DeliveryState
from gateway.store.epochs import Place
from gateway.store.patience import Patience
from gateway.webhooks.owners import told_id
from gateway.webhooks.replay import Replay, Replayed
from gateway.webhooks.spec import DeclaredWebhook, WebhookSpec
from gateway.webhooks.subscriptions import MAX_PAGE, Subscriptions, WebhookView, WebhookWithSecret
from schemas.errors import RefusedError
from schemas.ids import Cursor, DeliveryId, WebhookId
from schemas.results import ErrorCode

Spec = TypeVar("Spec", bound=WebhookSpec)


def _spec(body: bytes, kind: type[Spec]) -> Spec:
    """Raises RefusedError naming the fields that are wrong."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'body'}: {one['msg']}" for one in error.errors()
        )
        raise RefusedError(ErrorCode.INVALID_COMMAND, wrong) from error


def _delivery(request: web.Request) -> DeliveryId:
    return DeliveryId(request.match_info["delivery"])


_LIMIT: Final = Number("limit", "Deliveries at most.", default=100, highest=MAX_PAGE, whole=True)
_KEY: Final = Parameter(
    HEADER,
    "Given again within a day, nothing is made: the answer is the same, with the secret unless that was"
    " rotated.",
    place="header",
)
_STATE: Final = Parameter("state", "Only those in this state.", {"enum": list(DeliveryState)})
_replay: Final = msgspec.json.Decoder(Replay)


def _told(view: WebhookView, principal: Principal) -> WebhookView:
    """By the name that its owner gave it."""
    return replace(view, id=told_id(view.id, principal.grant.tenant))


def _told_of(delivery: Delivery, principal: Principal) -> Delivery:
    return replace(delivery, webhook_id=told_id(delivery.webhook_id, principal.grant.tenant))


class WebhooksApi:
    """The handlers; all need the scope admin."""

    def __init__(self, subscriptions: Subscriptions, patience: Patience) -> None:
        self._subscriptions = subscriptions
        self._patience = patience

    def operations(self) -> tuple[Operation, ...]:
        """What is served, and by which handler."""
        code = ErrorCode
        every, one = "/v1/webhooks", "/v1/webhooks/{id}"
        unknown = (code.UNKNOWN_OBJECT,)
        changing = (code.UNAVAILABLE, *unknown)
        row, kept = partial(Operation, "Webhooks", scope=Scope.ADMIN), self._kept
        return (
            row(
                *("create_webhook", f"POST {every}", kept(self.create)),
                answers={200: WebhookWithSecret, 201: WebhookWithSecret},
                body=DeclaredWebhook,
                parameters=(_KEY,),
                problems=(code.UNAVAILABLE, code.BAD_DESTINATION, code.RATE_LIMITED, code.CONFLICT),
            ),
            row("list_webhooks", f"GET {every}", self.all, answers={200: Webhooks}),
            row("get_webhook", f"GET {one}", self.get, answers={200: WebhookView}, problems=unknown),
            row(
                *("update_webhook", f"PUT {one}", kept(self.update)),
                answers={200: WebhookView},
                body=WebhookSpec,
                problems=(*changing, code.BAD_DESTINATION),
            ),
            row("delete_webhook", f"DELETE {one}", kept(self.delete), answers={204: None}, problems=changing),
            row(
                "pause_webhook",
                f"POST {one}/pause",
                kept(self.pause),
                answers={200: WebhookView},
                problems=changing,
            ),
            row(
                *("resume_webhook", f"POST {one}/resume", kept(self.resume)),
                answers={200: WebhookView},
                problems=changing,
            ),
            row(
                *("rotate_webhook_secret", f"POST {one}/rotate", kept(self.rotate)),
                answers={200: WebhookWithSecret},
                problems=changing,
            ),
            row("test_webhook", f"POST {one}/test", self.test, answers={200: Attempt}, problems=unknown),
            row(
                *("replay_deliveries", f"POST {one}/replay", kept(self.replay_some)),
                answers={202: Replayed},
                body=Replay,
                body_required=False,
                problems=(*changing, code.EXPIRED),
            ),
            row(
                *("list_deliveries", f"GET {one}/deliveries", self.deliveries),
                answers={200: Deliveries},
                parameters=(_STATE, AFTER, LAST_EVENT_ID, _LIMIT),
                problems=(*unknown, code.EXPIRED),
            ),
            row(
                *("list_attempts", f"GET {one}/deliveries/{{delivery}}/attempts", self.attempts),
                answers={200: Attempts},
                problems=unknown,
            ),
            row(
                *("replay_delivery", f"POST {one}/deliveries/{{delivery}}/replay", kept(self.replay)),
                answers={202: Empty},
                problems=changing,
            ),
        )

    def _seen(self, request: web.Request, principal: Principal) -> WebhookId:
        return self._subscriptions.seen(request.match_info["id"], principal)

    def _kept(self, handler: Handler) -> Handler:
        """What has to be written: refused while that cannot be, and nobody waits for the disk for long."""

        @wraps(handler)
        async def handle(request: web.Request, principal: Principal) -> web.StreamResponse:
            self._subscriptions.require_store()
            return await self._patience.answer(handler(request, principal))

        return handle

    async def create(self, request: web.Request, principal: Principal) -> web.Response:
        """Subscribe; the answer holds the signing secret, this once.

        Bodies are `application/cloudevents+json`. A framework that parses `application/json` alone takes such
        a body for an empty one, without an error: ask for that as `content_type`. `omit` of `["vendor"]`, or
        `members`, makes them smaller. 200: a webhook of this `id` and content was there; its secret is not
        told again.
        """
        spec, key = _spec(await request.read(), DeclaredWebhook), request.headers.get(HEADER, "")
        self._subscriptions.require_teams(spec.teams, principal)
        made = await self._subscriptions.create(spec, principal.name, key, principal.grant)
        told = replace(made, webhook=_told(made.webhook, principal))
        return respond(told, 201 if made.secret else 200)

    async def all(self, _request: web.Request, principal: Principal) -> web.Response:
        """All webhooks."""
        return respond(Webhooks([_told(one, principal) for one in self._subscriptions.seen_by(principal)]))

    async def get(self, request: web.Request, principal: Principal) -> web.Response:
        """One webhook."""
        return respond(_told(self._subscriptions.get(self._seen(request, principal)), principal))

    async def update(self, request: web.Request, principal: Principal) -> web.Response:
        """Set everything anew."""
        spec = _spec(await request.read(), WebhookSpec)
        webhook_id = self._seen(request, principal)
        self._subscriptions.require_teams(spec.teams, principal)
        return respond(_told(await self._subscriptions.update(webhook_id, spec), principal))

    async def delete(self, request: web.Request, principal: Principal) -> web.Response:
        """Unsubscribe."""
        await self._subscriptions.delete(self._seen(request, principal))
        return web.Response(status=204)

    async def pause(self, request: web.Request, principal: Principal) -> web.Response:
        """Queue and send nothing."""
        return respond(_told(await self._subscriptions.pause(self._seen(request, principal)), principal))

    async def resume(self, request: web.Request, principal: Principal) -> web.Response:
        """Send again."""
        return respond(_told(await self._subscriptions.resume(self._seen(request, principal)), principal))

    async def rotate(self, request: web.Request, principal: Principal) -> web.Response:
        """A new secret; the old one signs along for a day."""
        made = await self._subscriptions.rotate(self._seen(request, principal))
        return respond(replace(made, webhook=_told(made.webhook, principal)))

    async def test(self, request: web.Request, principal: Principal) -> web.Response:
        """Send a test event once, and tell what came of it."""
        return respond(await self._subscriptions.test(self._seen(request, principal)))

    async def deliveries(self, request: web.Request, principal: Principal) -> web.Response:
        """Deliveries in order of their events; `state`, `after` and `limit` choose."""
        state: DeliveryState | None = None
        if (text := request.query.get("state")) is not None:
            if text not in set(DeliveryState):
                raise RefusedError(
                    ErrorCode.INVALID_COMMAND, f"state: must be one of {', '.join(DeliveryState)}"
                )
            state = DeliveryState(text)
        after = resume_point(request) or Place(Cursor(0))
        limit = int(_LIMIT.read(request))
        found = await self._subscriptions.deliveries(self._seen(request, principal), state, after, limit)
        return respond(Deliveries([_told_of(one, principal) for one in found]))

    async def attempts(self, request: web.Request, principal: Principal) -> web.Response:
        """Every attempt at one delivery."""
        return respond(
            Attempts(await self._subscriptions.attempts(self._seen(request, principal), _delivery(request)))
        )

    async def replay(self, request: web.Request, principal: Principal) -> web.Response:
        """Send one again."""
        await self._subscriptions.replay(self._seen(request, principal), _delivery(request))
        return respond(Empty(), 202)

    async def replay_some(self, request: web.Request, principal: Principal) -> web.Response:
        """Send again what is wanted: the dead ones, or by state, type, place and time.

        In the order of the events, and a bounded number in one call; `next` says where the next one begins.
        """
        wanted = _replay.decode(await request.read() or b"{}")
        return respond(await self._subscriptions.replay_some(self._seen(request, principal), wanted), 202)
