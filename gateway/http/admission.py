"""Who is at the door of a surface, and what of it they may have: keys and tokens applied to requests."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from aiohttp import web
from msgspec.structs import replace

from gateway.events.filters import Filter, Selection, concealing, in_sight, select
from gateway.events.teams import Teams, unknown_team
from gateway.http.connection import said_who
from gateway.http.cors import cors
from gateway.http.peer_faults import note
from gateway.http.proxies import household
from gateway.platforms.platform import Platform
from gateway.runtime.addresses import is_loopback
from gateway.security.access import ANONYMOUS, VENDOR_CALL, Gate, Principal, Scope
from gateway.security.throttle import Left, TooOftenError
from gateway.security.tokens import WrongCredentialError
from gateway.store.base import Appended
from gateway.telemetry.peers import PeerFault
from schemas.errors import RefusedError
from schemas.events import OPERATOR_EVENTS
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode

TICKET: Final = "ticket"  # the parameter of streams
AUTHORIZED: Final = web.RequestKey("authorized", str)  # what the ticket of a request stands for
_LEFT: Final = web.RequestKey("rate_left", Left)  # of the key that it was sent with


class Redeeming(NamedTuple):
    """Of one gateway's tickets."""

    redeem: Callable[[str], str]  # what a ticket stands for; raises CredentialError


REDEEMING: Final = web.AppKey("redeeming", Redeeming)


def use_ticket(request: web.Request) -> None:
    """Let its ticket stand for the credential that it was made with. Raises CredentialError."""
    request[AUTHORIZED] = request.app[REDEEMING].redeem(request.query[TICKET])


def _authorization(request: web.Request, token: str) -> str | None:
    return f"Bearer {token}" if token else request.get(AUTHORIZED, request.headers.get("Authorization"))


def admit(gate: Gate, request: web.Request, token: str = "") -> Principal:
    """Who sends the request: by its header or ticket, or a token from the first frame. Raises RefusedError.

    A browser says which page a request is of. Without a key nothing else protects us from foreign pages, so
    only pages of this machine are let in then.
    """
    authorization = _authorization(request, token)
    try:
        principal = gate.admit(authorization, request.remote, request.headers.get("Host"))
    except WrongCredentialError:
        _count_wrong(gate, request, authorization or "")
        raise
    origin = request.headers.get("Origin")
    if principal.name == ANONYMOUS.name and origin is not None and not _serves_openly(request, origin):
        _note_foreign(request, origin)
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"without an API key, pages of {origin} are not served")
    said_who(request)
    _count_use(gate, request, principal)
    return principal


def _serves_openly(request: web.Request, origin: str) -> bool:
    return is_loopback(_host(origin)) or cors(request).allows(origin)


def check_stream_origin(request: web.Request, gate: Gate) -> None:
    """Raises RefusedError for a page of another origin that holds a stream, unless it is configured.

    The same-origin policy does not hold for WebSockets, so this is asked of them here.
    """
    origin = request.headers.get("Origin")
    if origin is None or _host(origin) == request.headers.get("Host") or cors(request).allows(origin):
        return
    if gate.open_mode() and is_loopback(_host(origin)):
        return
    _note_foreign(request, origin)
    raise RefusedError(ErrorCode.NOT_ALLOWED, f"{origin} is not among the configured origins")


async def look_at(gate: Gate, request: web.Request, token: str = "") -> None:
    """What may have to be asked of an identity provider before `admit`. Raises RefusedError."""
    await gate.look_at(_authorization(request, token))


def _count_wrong(gate: Gate, request: web.Request, authorization: str) -> None:
    """Raises TooManyWrongError if it is one too many."""
    address = household(request.remote or "")
    too_many = gate.throttle.wrong(address, authorization.partition(" ")[2].strip())
    if too_many is not None:
        note(request, PeerFault.THROTTLED, "too many wrong credentials", address=address)
        raise too_many


def _count_use(gate: Gate, request: web.Request, principal: Principal) -> None:
    """Raises TooOftenError. A WebSocket is admitted before its handshake and after it: that is one use."""
    if _LEFT in request:
        return
    try:
        left = gate.use(principal)
    except TooOftenError as error:
        request[_LEFT] = error.left
        note(request, PeerFault.OVER_RATE, "a key is used too often", principal=principal.name)
        raise
    if left is not None:
        request[_LEFT] = left


async def tell_rate(request: web.Request, response: web.StreamResponse) -> None:
    """Say in the answer how often a key may be used, and what of that is left.

    Internet draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-10).
    """
    left = request.get(_LEFT)
    if left is not None:
        rate = left.rate
        response.headers["RateLimit-Policy"] = f'"key";q={rate.burst};w={rate.refill_s}'
        response.headers["RateLimit"] = f'"key";r={left.remaining};t={left.reset_s}'


def needs_hello(gate: Gate, request: web.Request) -> bool:
    """Whether only a first frame can tell who it is: browsers cannot send headers with a WebSocket."""
    return "Authorization" not in request.headers and not gate.open_mode()


def check_origin(request: web.Request, platform: Platform) -> None:
    """Raises RefusedError for a page that the platform's configuration does not list."""
    origin = request.headers.get("Origin")
    if origin is None or "*" in platform.config.origins or origin in platform.config.origins:
        return
    if _host(origin) == request.headers.get("Host"):
        return
    _note_foreign(request, origin, platform.id)
    raise RefusedError(ErrorCode.NOT_ALLOWED, f"{origin} is not among the origins of {platform.id}")


def check_own_page(request: web.Request, gate: Gate) -> None:
    """Raises RefusedError unless it is a page of the gateway's own origin that asks."""
    if gate.open_mode():
        admit(gate, request)  # only this machine is served then
    origin = request.headers.get("Origin", "")
    if _host(origin) != request.headers.get("Host"):
        _note_foreign(request, origin)
        raise RefusedError(ErrorCode.NOT_ALLOWED, "only pages of this gateway may ask that")


def _note_foreign(request: web.Request, origin: str, platform: str = "") -> None:
    note(request, PeerFault.FOREIGN_ORIGIN, "a page of a foreign origin was refused", platform, origin=origin)


def _host(origin: str) -> str:
    """As a Host header has it: with a port only where it is not the scheme's own."""
    return origin.partition("://")[2]


def link_agent(principal: Principal, platform_id: PlatformId, named: str) -> AgentId | None:
    """Whose page a relay is. Raises RefusedError if it may not be one, or names another than its token.

    Who may be the page of some agents only has to name one: a page's frames may tell of any.
    """
    principal.require(Scope.LINKS)
    if principal.rights.roles is not None and Role.LINK not in principal.rights.roles:
        raise RefusedError(ErrorCode.NOT_ALLOWED, "it may not be a platform's page")
    return _agent(principal, Role.LINK, platform_id, named)


def client_agent(principal: Principal, platform_id: PlatformId, named: str) -> AgentId | None:
    """Which agent a client of a dialect is bound to; None: any in sight. Raises RefusedError."""
    principal.require(Scope.COMMANDS_WRITE)
    principal.require(Scope.EVENTS_READ)
    if not principal.rights.whole_frames:
        raise RefusedError(
            ErrorCode.NOT_ALLOWED,
            "a dialect tells all of an agent, and only a part is granted",
        )
    return _agent(principal, Role.FACADE, platform_id, named)


def _agent(principal: Principal, role: Role, platform_id: PlatformId, named: str) -> AgentId | None:
    if principal.role is not None and principal.role is not role:
        raise RefusedError(
            ErrorCode.NOT_ALLOWED, f"the token is for a {principal.role.value}, not a {role.value}"
        )
    if principal.platform_id is not None and principal.platform_id != platform_id:
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"the token is for platform {principal.platform_id}")
    if principal.agent_id is not None and named not in ("", principal.agent_id):
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"the token is for agent {principal.agent_id}")
    agent_id = principal.agent_id or (AgentId(named) if named else None)
    if agent_id is None and role is Role.FACADE:
        if not principal.sees_platform(platform_id):
            raise RefusedError(ErrorCode.NOT_ALLOWED, "it belongs to another platform")
    else:
        require_sight(principal, platform_id, agent_id)
    return agent_id


def require_verb(principal: Principal, verb: str) -> None:
    """Raises RefusedError without the right to give such a command at all."""
    principal.require(Scope.COMMANDS_WRITE)
    if verb == VENDOR_CALL:
        principal.require(Scope.VENDOR_CALL)
    if not principal.may(verb):
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"{verb} is not among the commands that are granted")


def require_sight(principal: Principal, platform_id: str, agent_id: str | None) -> None:
    """Raises RefusedError for an agent that is not theirs to see, whether there is one or not."""
    if not principal.sees(platform_id, agent_id):
        raise RefusedError(ErrorCode.NOT_ALLOWED, "it belongs to another agent or platform")


def sees_event(principal: Principal, event: Appended) -> bool:
    """Whether an event is theirs to see. Raises RefusedError where only a scope is missing."""
    if not (principal.sees(event.platform_id, event.agent_id) and in_sight(principal.rights, event)):
        return False
    if event.type in OPERATOR_EVENTS:
        principal.require(Scope.ADMIN)
    return True


def narrow(principal: Principal, wanted: Filter, teams: Teams) -> Selection:
    """The part of what is wanted that is theirs to see.

    Raises RefusedError if there is none: it is so of what there is not, too, so that nothing is told by it.
    """
    principal.require(Scope.EVENTS_READ)
    selection = select(wanted, teams)
    if not OPERATOR_EVENTS.isdisjoint(selection.types):
        principal.require(Scope.ADMIN)
    rights, platform_id, agent_id = principal.rights, principal.platform_id, principal.agent_id
    for wanted_ones, granted in (
        (selection.platforms, rights.platforms),
        (selection.agents, rights.agents),
        (selection.types, rights.types),
    ):
        if wanted_ones and granted is not None and wanted_ones.isdisjoint(granted):
            raise RefusedError(ErrorCode.NOT_ALLOWED, "nothing of that is granted")
    if (sight := rights.sight) is not None:
        selection = replace(selection, rights=sight)
    selection = concealing(selection, principal.mask)
    if platform_id is not None:
        selection = replace(selection, platforms=_only(platform_id, selection.platforms))
    if agent_id is not None:
        selection = replace(selection, agents=_only(agent_id, selection.agents))
    if wanted.teams:
        require_teams(principal, wanted.teams, teams)
    return selection


def require_teams(principal: Principal, names: Iterable[str], teams: Teams) -> None:
    """Raises RefusedError for a team without anybody in sight, as for one that is not configured."""
    for name in names:
        if not principal.sees_everybody and not any(principal.sees(*one) for one in teams.agents(name)):
            raise unknown_team(name)


def _only(own: str, wanted: frozenset[str]) -> frozenset[str]:
    if wanted and own not in wanted:
        raise RefusedError(ErrorCode.NOT_ALLOWED, "it belongs to another agent or platform")
    return frozenset({own})
