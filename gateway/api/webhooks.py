"""`/v1/webhooks`: subscriptions, their deliveries, and replay."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Final, TypeVar

import msgspec
from aiohttp import web
from msgspec.structs import replace
from pydantic import BaseModel, ValidationError

from gateway.api.bodies import Attempts, Deliveries, Webhooks
from gateway.api.places import cursor_of, resume_point
from gateway.http.answers import Empty, respond
from gateway.http.conditional import IF_MATCH, IF_NONE_MATCH, shown, tagged, unchanged
from gateway.http.operations import AFTER, JSON, LAST_EVENT_ID, Handler, Number, Operation, Parameter
from gateway.http.paging import LINKED, PAGED, linked, page_of
from gateway.http.reading import SHOWN, Strict, nearest
from gateway.runtime.idempotency import HEADER
from gateway.security.access import Principal, Scope
from gateway.store.deliveries import Attempt, Delivery, DeliveryState
from gateway.store.epochs import Place
from gateway.store.patience import Patience
from gateway.webhooks.owners import told_id
from gateway.webhooks.replay import Replay, Replayed
from gateway.webhooks.spec import DeclaredWebhook, RateSpec, Rotation, WebhookPatch, WebhookSpec, merged
from gateway.webhooks.subscriptions import MAX_PAGE, Subscriptions
from gateway.webhooks.view import WebhookView, WebhookWithSecret
from schemas.errors import RefusedError
from schemas.ids import Cursor, DeliveryId, WebhookId
from schemas.results import ErrorCode

Spec = TypeVar("Spec", bound=BaseModel)


def _spec(body: bytes | object, kind: type[Spec]) -> Spec:
    """What a body asks for, or what was made of it. Raises RefusedError naming the fields that are wrong."""
    try:
        return kind.model_validate_json(body) if isinstance(body, bytes) else kind.model_validate(body)
    except ValidationError as error:
        raise RefusedError(ErrorCode.INVALID_COMMAND, _wrong(error, kind)) from error


def _wrong(error: ValidationError, kind: type[BaseModel]) -> str:
    """What is wrong where, without the values: they may be secrets."""
    told = []
    for one in error.errors():
        *within, name = [str(part) for part in one["loc"]] or ["body"]
        if one["type"] == "extra_forbidden":
            fields = RateSpec.model_fields if within[:1] == ["rate"] else kind.model_fields
            told.append(
                f"{name[:SHOWN]!r} is no field of {'.'.join(within) or 'it'}; {nearest(name, fields)}"
            )
        else:
            told.append(f"{'.'.join((*within, name))}: {one['msg']}")
    return "; ".join(told)


def _delivery(request: web.Request) -> DeliveryId:
    return DeliveryId(request.match_info["delivery"])


_LIMIT: Final = Number("limit", "Deliveries at most.", default=100, lowest=1, highest=MAX_PAGE, whole=True)
_KEY: Final = Parameter(
    HEADER,
    "Given again within a day, nothing is made: the answer is the same, with the secret unless that was"
    " rotated.",
    place="header",
)
_STATE: Final = Parameter("state", "Only those in this state.", {"enum": list(DeliveryState)})
_replay: Final = Strict[Replay](Replay)
_any: Final = msgspec.json.Decoder()
_MERGE: Final = "application/merge-patch+json"
_TAGGED: Final = {"ETag": "Of this very version of it, for `If-Match`."}


def _told(view: WebhookView, principal: Principal) -> WebhookView:
    """By the name that its owner gave it."""
    return replace(view, id=told_id(view.id, principal.grant.tenant))


def _told_of(delivery: Delivery, principal: Principal) -> Delivery:
    return replace(delivery, webhook_id=told_id(delivery.webhook_id, principal.grant.tenant))


class WebhooksApi:
    """The handlers; all need the scope admin."""

    def __init__(self, subscriptions: Subscriptions, patience: Patience, *, require_if_match: bool) -> None:
        self._subscriptions = subscriptions
        self._patience = patience
        self._require_if_match = require_if_match

    def operations(self) -> tuple[Operation, ...]:
        """What is served, and by which handler."""
        code = ErrorCode
        every, one = "/v1/webhooks", "/v1/webhooks/{id}"
        unknown = (code.UNKNOWN_OBJECT,)
        changing = (code.UNAVAILABLE, *unknown)
        row, kept = partial(Operation, "Webhooks", scope=Scope.ADMIN), self._kept
        change = partial(row, parameters=(IF_MATCH,), headers=_TAGGED, changes=True)
        view: Mapping[int, object] = {200: WebhookView}
        secret: Mapping[int, object] = {200: WebhookWithSecret}
        bad = (*changing, code.BAD_DESTINATION)
        return (
            row(
                *("create_webhook", f"POST {every}", kept(self.create)),
                answers={200: WebhookWithSecret, 201: WebhookWithSecret},
                body=DeclaredWebhook,
                parameters=(_KEY,),
                problems=(code.UNAVAILABLE, code.BAD_DESTINATION, code.RATE_LIMITED, code.CONFLICT),
                headers={**_TAGGED, "Location": "Where it is."},
            ),
            row(
                "list_webhooks",
                f"GET {every}",
                self.all,
                answers={200: Webhooks},
                parameters=PAGED,
                headers=LINKED,
            ),
            row(
                *("get_webhook", f"GET {one}", self.get),
                answers={200: WebhookView, 304: None},
                problems=unknown,
                parameters=(IF_NONE_MATCH,),
                headers=_TAGGED,
            ),
            change(
                *("update_webhook", f"PUT {one}", kept(self.update)),
                answers=view,
                body=WebhookSpec,
                problems=bad,
            ),
            change(
                *("patch_webhook", f"PATCH {one}", kept(self.patch)),
                answers=view,
                body=WebhookPatch,
                problems=(*bad, code.CONFLICT),
                media=JSON,
                takes=_MERGE,
            ),
            change(
                *("delete_webhook", f"DELETE {one}", kept(self.delete)),
                answers={204: None},
                problems=changing,
                headers={},
            ),
            change("pause_webhook", f"POST {one}/pause", kept(self.pause), answers=view, problems=changing),
            change(
                "resume_webhook", f"POST {one}/resume", kept(self.resume), answers=view, problems=changing
            ),
            change(
                *("rotate_webhook_secret", f"POST {one}/rotate", kept(self.rotate)),
                answers=secret,
                body=Rotation,
                body_required=False,
                problems=(*changing, code.CONFLICT),
            ),
            change(
                *("end_webhook_rotation", f"POST {one}/end-rotation", kept(self.end_rotation)),
                answers=view,
                problems=changing,
            ),
            row("test_webhook", f"POST {one}/test", self.test, answers={200: Attempt}, problems=changing),
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
                headers=LINKED,
                problems=(*unknown, code.EXPIRED),
            ),
            row(
                *("list_event_deliveries", "GET /v1/events/{cursor}/deliveries", self.of_event),
                answers={200: Deliveries},
                problems=unknown,
            ),
            row(
                *("list_attempts", f"GET {one}/deliveries/{{delivery}}/attempts", self.attempts),
                answers={200: Attempts},
                parameters=PAGED,
                headers=LINKED,
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

        Example: {"url": "https://warehouse.example/trunkline", "name": "warehouse",
        "events": ["interaction.*"], "platform_ids": ["sales"], "omit": ["vendor"]}
        """
        spec, key = _spec(await request.read(), DeclaredWebhook), request.headers.get(HEADER, "")
        self._subscriptions.require_granted(spec, principal)
        made = await self._subscriptions.create(spec, principal.name, key, principal.grant)
        response = _secretly(made, principal, 201 if made.secret else 200)
        response.headers["Location"] = f"/v1/webhooks/{told_id(made.webhook.id, principal.grant.tenant)}"
        return response

    async def all(self, request: web.Request, principal: Principal) -> web.Response:
        """All webhooks, oldest first."""
        webhooks = self._subscriptions.seen_by(principal)
        page, following = page_of(request, webhooks, lambda one: (one.created_at.isoformat(), one.id))
        told = Webhooks([_told(one, principal) for one in page], following)
        return linked(request, respond(told), page=following)

    async def get(self, request: web.Request, principal: Principal) -> web.Response:
        """One webhook."""
        found = self._subscriptions.get(self._seen(request, principal))
        return shown(request, respond(_told(found, principal)), found)

    async def update(self, request: web.Request, principal: Principal) -> web.Response:
        """Set everything anew: what is left out gets its default. `PATCH` leaves it as it is.

        Example: {"url": "https://warehouse.example/trunkline", "events": ["interaction.ended"]}
        """
        check, spec = self._unchanged(request), _spec(await request.read(), WebhookSpec)
        webhook_id = self._seen(request, principal)
        self._subscriptions.require_granted(spec, principal)
        return _changed(
            await self._subscriptions.update(webhook_id, spec, check, by=principal.name), principal
        )

    async def patch(self, request: web.Request, principal: Principal) -> web.Response:
        """Set what the body names, and leave the rest as it is: a JSON merge patch (RFC 7396).

        `null` gives a member its default back; in `headers` it takes a header away.

        Example: {"rate": {"per_second": 3}, "headers": {"x-gate": "another"}, "name": null}
        """
        webhook_id = self._seen(request, principal)
        if request.content_type not in (_MERGE, JSON):
            wrong = f"{request.content_type[:SHOWN]} is not {_MERGE}"
            raise web.HTTPUnsupportedMediaType(reason=wrong, headers={"Accept-Patch": _MERGE})
        check, asked = self._unchanged(request), _any.decode(await request.read())
        if not isinstance(asked, dict):
            raise RefusedError(ErrorCode.INVALID_COMMAND, "a merge patch of a webhook is an object")

        def read(before: object) -> WebhookSpec:
            spec = _spec(merged(before, asked), WebhookSpec)
            self._subscriptions.require_granted(spec, principal)
            return spec

        return _changed(
            await self._subscriptions.patch(webhook_id, read, check, by=principal.name), principal
        )

    async def delete(self, request: web.Request, principal: Principal) -> web.Response:
        """Unsubscribe."""
        webhook_id, check = self._seen(request, principal), self._unchanged(request)
        await self._subscriptions.delete(webhook_id, check, by=principal.name)
        return web.Response(status=204)

    async def pause(self, request: web.Request, principal: Principal) -> web.Response:
        """Queue and send nothing."""
        webhook_id, check = self._seen(request, principal), unchanged(request)
        made = await self._subscriptions.pause(webhook_id, check, by=principal.name)
        return _changed(made, principal)

    async def resume(self, request: web.Request, principal: Principal) -> web.Response:
        """Send again."""
        webhook_id, check = self._seen(request, principal), unchanged(request)
        made = await self._subscriptions.resume(webhook_id, check, by=principal)
        return _changed(made, principal)

    async def rotate(self, request: web.Request, principal: Principal) -> web.Response:
        """A new secret, of ours or of yours; the old one signs along for a day.

        Example: {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
        """
        own = _spec(await request.read() or b"{}", Rotation).secret
        webhook_id, check = self._seen(request, principal), unchanged(request)
        made = await self._subscriptions.rotate(webhook_id, own, check, by=principal.name)
        return _secretly(made, principal)

    async def end_rotation(self, request: web.Request, principal: Principal) -> web.Response:
        """The newest secret alone signs from now on: all who verify have it."""
        webhook_id, check = self._seen(request, principal), unchanged(request)
        made = await self._subscriptions.end_rotation(webhook_id, check, by=principal.name)
        return _changed(made, principal)

    def _unchanged(self, request: web.Request) -> Callable[[object], None]:
        return unchanged(request, required=self._require_if_match)

    async def test(self, request: web.Request, principal: Principal) -> web.Response:
        """Send a test event once, and tell what came of it."""
        return respond(await self._subscriptions.test(self._seen(request, principal), principal.name))

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
        following = str(found[-1].cursor) if len(found) == limit else ""
        told = Deliveries([_told_of(one, principal) for one in found], following)
        return linked(request, respond(told), after=following)

    async def of_event(self, request: web.Request, principal: Principal) -> web.Response:
        """What became of one event: its delivery to each webhook in sight that it was queued for."""
        if (cursor := cursor_of(request)) is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "there is no such event")
        found = await self._subscriptions.of_event(cursor, principal)
        return respond(Deliveries([_told_of(one, principal) for one in found]))

    async def attempts(self, request: web.Request, principal: Principal) -> web.Response:
        """Every attempt at one delivery."""
        tried = await self._subscriptions.attempts(self._seen(request, principal), _delivery(request))
        if principal.mask:  # a receiver may say again what it was sent
            tried = [replace(one, response="") for one in tried]
        page, following = page_of(request, tried, lambda one: (f"{one.number:012}", one.at.isoformat()))
        return linked(request, respond(Attempts(page, following)), page=following)

    async def replay(self, request: web.Request, principal: Principal) -> web.Response:
        """Send one again."""
        webhook_id = self._seen(request, principal)
        await self._subscriptions.replay(webhook_id, _delivery(request), principal.name)
        return respond(Empty(), 202)

    async def replay_some(self, request: web.Request, principal: Principal) -> web.Response:
        """Send again what is wanted: the dead ones, or by state, type, place and time.

        In the order of the events, and a bounded number in one call; `next` says where the next one begins.

        Example: {"states": ["dead", "missed"], "from": "2026-11-20T00:00:00Z"}
        """
        wanted = _replay.decode(await request.read() or b"{}")
        webhook_id = self._seen(request, principal)
        return respond(await self._subscriptions.replay_some(webhook_id, wanted, principal.name), 202)


def _changed(webhook: WebhookView, principal: Principal) -> web.Response:
    return tagged(respond(_told(webhook, principal)), webhook)


def _secretly(made: WebhookWithSecret, principal: Principal, status: int = 200) -> web.Response:
    """With its secret, which nobody in between is to keep."""
    told = replace(made, webhook=_told(made.webhook, principal))
    response = tagged(respond(told, status), made.webhook)
    response.headers["Cache-Control"] = "no-store"
    return response
