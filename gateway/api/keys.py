"""`/v1/keys`: API keys made, rotated and withdrawn while the gateway runs; and tokens, withdrawn.

Nobody gives more than he has: of scopes, and of what his own key or token is narrowed to. Keys that give more
than that are not his to see.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Annotated, Final

import msgspec
from aiohttp import hdrs, web
from msgspec import UNSET, Meta, UnsetType

from gateway.http.admission import require_sight
from gateway.http.answers import Empty, respond
from gateway.http.operations import Handler, Operation
from gateway.http.paging import LINKED, PAGED, linked, page_of
from gateway.http.reading import Strict
from gateway.security.access import EVERYTHING, Principal, Scope
from gateway.security.credentials import Credentials
from gateway.security.keys import MOST_OVERLAP_S
from gateway.security.tokens import EndedError
from gateway.store.credentials import KeyRate, KeyRecord
from gateway.store.patience import Patience
from schemas.errors import RefusedError
from schemas.grants import UNNARROWED, Grant
from schemas.results import ErrorCode

OPERATOR: Final = Principal(name="operator", scopes=EVERYTHING)  # whoever may open the operator's socket
LONGEST_TTL_S: Final = 10 * 365 * 24 * 3600
OVERLAP_S: Final = 24 * 3600


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made. Without `expires_at` or `ttl_s` it has no end; without `grant` it is not narrowed."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1)]
    grant: Grant = UNNARROWED
    expires_at: datetime | None = None  # with its offset from UTC
    ttl_s: Annotated[int, Meta(ge=1, le=LONGEST_TTL_S)] | None = None
    rate: KeyRate | None = None  # None: as configured, `access.key_rate`


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a key gets a new secret."""

    overlap_s: Annotated[int, Meta(ge=0, le=MOST_OVERLAP_S)] = (
        OVERLAP_S  # for which the old one is good still
    )


class KeyChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a key is changed; what is left out stays. An empty grant narrows nothing."""

    name: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    grant: Grant | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET  # with its offset from UTC; null: no end
    ttl_s: Annotated[int, Meta(ge=1, le=LONGEST_TTL_S)] | UnsetType = UNSET  # from now on
    rate: KeyRate | UnsetType | None = UNSET  # null: as configured, `access.key_rate`


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    grant: Grant
    state: str  # `valid`, `expired` or `revoked`
    created_at: datetime
    created_by: str  # the principal; empty: an earlier version did not note it
    expires_at: datetime | None
    revoked_at: datetime | None
    rotated_at: datetime | None
    overlap_until: datetime | None  # the secret before the last rotation is good until then
    last_used_at: datetime | None
    rate: KeyRate | None


class MadeKey(KeyView, frozen=True, kw_only=True):
    """A key, with its text: the one time that it is told."""

    key: str


class KeyList(msgspec.Struct, frozen=True):
    """The keys in sight, oldest first; those that are over too."""

    keys: list[KeyView]
    next: str = ""


class TokenRevocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token that is to be good for nothing more."""

    token: str


_read_key: Final = Strict[KeyRequest](KeyRequest).decode
_read_change: Final = Strict[KeyChange](KeyChange).decode
_read_rotation: Final = Strict[Rotation](Rotation).decode
_read_token: Final = Strict[TokenRevocation](TokenRevocation).decode
_SCOPES: Final = ", ".join(Scope)
_FIELDS: Final = ("name", "grant", "rate")  # of a change, as they are kept


def view(record: KeyRecord, now: datetime) -> KeyView:
    """What is told of a key."""
    expired = record.expires_at is not None and record.expires_at <= now
    return KeyView(
        id=record.id,
        name=record.name,
        scopes=record.scopes,
        grant=record.grant,
        state="revoked" if record.revoked_at is not None else "expired" if expired else "valid",
        created_at=record.created_at,
        created_by=record.created_by,
        expires_at=record.expires_at,
        revoked_at=record.revoked_at,
        rotated_at=record.rotated_at,
        overlap_until=None if record.former is None else record.former.until,
        last_used_at=record.last_used_at,
        rate=record.rate,
    )


def made(record: KeyRecord, now: datetime, key: str) -> MadeKey:
    """The same, with its text."""
    return MadeKey(**msgspec.structs.asdict(view(record, now)), key=key)


def expiry(wanted: KeyRequest, now: datetime) -> datetime | None:
    """When a key is to end. Raises RefusedError for what cannot be meant."""
    return _end(wanted.expires_at, wanted.ttl_s, now)


def changed(record: KeyRecord, wanted: KeyChange, now: datetime) -> KeyRecord:
    """A key as it is asked for. Raises RefusedError likewise."""
    given = {name: value for name in _FIELDS if (value := getattr(wanted, name)) is not UNSET}
    if wanted.ttl_s is not UNSET:
        named = None if wanted.expires_at is UNSET else wanted.expires_at
        given["expires_at"] = _end(named, wanted.ttl_s, now)
    elif wanted.expires_at is not UNSET:
        given["expires_at"] = _end(wanted.expires_at, None, now)
    return msgspec.structs.replace(record, **given)


def _end(expires_at: datetime | None, ttl_s: int | None, now: datetime) -> datetime | None:
    if expires_at is None:
        return None if ttl_s is None else now + timedelta(seconds=ttl_s)
    if ttl_s is not None:
        raise RefusedError(ErrorCode.INVALID_COMMAND, "expires_at and ttl_s: only one of them")
    if expires_at.tzinfo is None:
        raise RefusedError(
            ErrorCode.INVALID_COMMAND, "expires_at: needs its offset from UTC, such as 2030-01-01T00:00:00Z"
        )
    return expires_at


class KeysApi:
    """The handlers."""

    def __init__(self, credentials: Credentials, patience: Patience) -> None:
        self._keys, self._tokens, self._gate, self._revocations = credentials
        self._patience = patience

    def operations(self) -> tuple[Operation, ...]:
        """What is served, and by which handler."""
        code = ErrorCode
        every, one = "/v1/keys", "/v1/keys/{id}"
        row, kept = partial(Operation, "Keys", scope=Scope.ADMIN), self._kept
        return (
            row(
                *("create_key", f"POST {every}", kept(self.create)),
                answers={201: MadeKey},
                body=KeyRequest,
                problems=(code.UNAVAILABLE, code.RATE_LIMITED),
            ),
            row(
                *("list_keys", f"GET {every}", self.all),
                answers={200: KeyList},
                parameters=PAGED,
                headers=LINKED,
            ),
            row("get_key", f"GET {one}", self.get, answers={200: KeyView}, problems=(code.UNKNOWN_OBJECT,)),
            row(
                *("revoke_key", f"DELETE {one}", kept(self.revoke)),
                answers={200: KeyView},
                problems=(code.UNAVAILABLE, code.UNKNOWN_OBJECT),
            ),
            row(
                *("rotate_key", f"POST {one}/rotate", kept(self.rotate)),
                answers={200: MadeKey},
                body=Rotation,
                body_required=False,
                problems=(code.UNAVAILABLE, code.UNKNOWN_OBJECT, code.CONFLICT),
            ),
            row(
                *("change_key", f"PATCH {one}", kept(self.change)),
                answers={200: KeyView},
                body=KeyChange,
                problems=(code.UNAVAILABLE, code.UNKNOWN_OBJECT, code.CONFLICT),
            ),
            Operation(
                *("Links", "revoke_link_token", "POST /v1/link-tokens/revoke", kept(self.revoke_token)),
                Scope.LINKS,
                {200: Empty},
                body=TokenRevocation,
                problems=(code.UNAVAILABLE, code.RATE_LIMITED),
            ),
        )

    def for_operator(self) -> list[web.RouteDef]:
        """The same for the operator's own socket, where nobody is asked who he is."""

        def of(one: Operation) -> web.RouteDef:
            async def handle(request: web.Request) -> web.StreamResponse:
                return await one.handler(request, OPERATOR)

            return web.route(one.method, one.path, handle)

        return [of(one) for one in self.operations()]

    def _kept(self, handler: Handler) -> Handler:
        """Nobody waits for the disk for long. What withdraws has its effect before that."""

        @wraps(handler)
        async def handle(request: web.Request, principal: Principal) -> web.StreamResponse:
            return await self._patience.answer(handler(request, principal))

        return handle

    async def create(self, request: web.Request, principal: Principal) -> web.Response:
        """Make a key.

        Its text is in this answer and nowhere else. The scopes have to be named, and nobody gives more than
        he has.
        """
        try:
            wanted = _read_key(await request.read())
        except msgspec.ValidationError as error:
            hint = f"; the scopes are {_SCOPES}" if "scopes" in str(error) else ""
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"{error}{hint}") from error
        require_giving(principal, wanted.scopes, wanted.grant)
        self._keys.require_store()
        record, key = await self._keys.create(
            wanted.name,
            wanted.scopes,
            wanted.grant,
            expires_at=expiry(wanted, self._keys.now()),
            rate=wanted.rate,
            created_by=principal.name,
        )
        return _secret(made(record, self._keys.now(), key), 201)

    async def all(self, request: web.Request, principal: Principal) -> web.Response:
        """All keys in sight, without their secrets."""
        now = self._keys.now()
        seen = [one for one in self._keys.list() if one.grant.within(principal.grant)]
        page, following = page_of(request, seen, lambda one: (one.created_at.isoformat(), one.id))
        told = KeyList([view(one, now) for one in page], following)
        return linked(request, respond(told), page=following)

    async def get(self, request: web.Request, principal: Principal) -> web.Response:
        """A key, without its secret."""
        return respond(view(self._seen(request, principal), self._keys.now()))

    async def revoke(self, request: web.Request, principal: Principal) -> web.Response:
        """Take a key out of use, at once and for good.

        What is connected by it, or by a token that it minted, is closed with 4401; such tokens are refused
        from then on. Commands under way end as usual.
        """
        record = await self._keys.revoke(self._seen(request, principal).id, principal.name)
        return respond(view(record, self._keys.now()))

    async def rotate(self, request: web.Request, principal: Principal) -> web.Response:
        """Give a key a new secret.

        The old one is good for `overlap_s` seconds more; with 0 what is connected by it is closed at once.
        Tokens that the key has minted stay: revoke the key to end them too.
        """
        record = self._seen(request, principal)
        require_giving(principal, record.scopes, record.grant)
        body = await request.read()
        wanted = _read_rotation(body) if body else Rotation()
        self._keys.require_store()
        record, key = await self._keys.rotate(record.id, wanted.overlap_s, principal.name)
        return _secret(made(record, self._keys.now(), key))

    async def change(self, request: web.Request, principal: Principal) -> web.Response:
        """Change a key's name, grant, end or rate, at once; its secret stays.

        With another grant, what is connected by it, or by a token that it minted, is closed with 4401 and may
        come again. Its webhooks send what it sees from then on, of what waits too.
        """
        record, wanted = self._seen(request, principal), _read_change(await request.read())
        now = self._keys.now()
        require_giving(principal, record.scopes, changed(record, wanted, now).grant)
        record = await self._keys.change(record.id, lambda one: changed(one, wanted, now), principal.name)
        return respond(view(record, self._keys.now()))

    async def revoke_token(self, request: web.Request, principal: Principal) -> web.Response:
        """Take a link token, or an identity provider's bearer token, out of use.

        So is whatever it was renewed to, or minted. What is connected by it is closed with 4401. It may be
        revoked by whoever minted it; others need the scope `admin` too.
        """
        text = _read_token(await request.read()).token
        await self._gate.look_at(f"Bearer {text}")
        try:
            vouched = self._gate.vouched(text)
            token = self._tokens.verify(text) if vouched is None else None
        except EndedError as error:
            vouched, token = None, error.token  # it is over, but what it was renewed to may not be
        if vouched is not None:
            if vouched.origin != principal.origin:
                principal.require(Scope.ADMIN)
            if not vouched.grant.within(principal.grant):
                raise RefusedError(ErrorCode.NOT_ALLOWED, "it gives more than you have")
            await self._revocations.revoke_origin(vouched.origin, vouched.term, principal.name)
        elif token is not None:
            if token.origin != principal.origin:
                principal.require(Scope.ADMIN)
            require_sight(principal, token.platform_id, token.agent_id)
            await self._revocations.revoke(token, principal.name)
        else:
            raise RefusedError(ErrorCode.INVALID_COMMAND, "token: is none that could be revoked")
        return respond(Empty())

    def _seen(self, request: web.Request, principal: Principal) -> KeyRecord:
        """Raises RefusedError for a key that is not there, or not in sight."""
        record = self._keys.get(request.match_info["id"])
        if not record.grant.within(principal.grant):
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such key")
        return record


def require_giving(principal: Principal, scopes: Sequence[str], grant: Grant) -> None:
    """Raises RefusedError if that is more than he has himself: also of roles, which stand for scopes."""
    if more := [scope for scope in scopes if scope not in principal.scopes]:
        what = f"nobody gives more than he has, and you have not: {', '.join(more)}"
        raise RefusedError(ErrorCode.NOT_ALLOWED, what)
    if Scope.LINKS in scopes and not all(map(principal.may_be, grant.roles)):
        raise RefusedError(
            ErrorCode.NOT_ALLOWED,
            "nobody gives more than he has: `grant.roles` has one that you may not make",
        )
    if not grant.within(principal.grant):
        raise RefusedError(
            ErrorCode.NOT_ALLOWED, "nobody gives more than he has: `grant` is to be within your own"
        )


def _secret(answer: MadeKey, status: int = 200) -> web.Response:
    response = respond(answer, status)
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response
