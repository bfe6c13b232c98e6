"""Single sign-on for the agents of facades' pages, in a window of its own, by an OpenID provider.

A page opens `window.html`; that begins, hands the page the secret to pick the token up with, and goes on to
the provider. The way back ends at the callback: the code is redeemed, and the claim that the configuration
names for the platform is the agent. The token goes to whoever has the secret, once.

So it works where the provider's pages cut the window off from its opener, and where a browser keeps apart
what a page in a frame stores. Only a page of our own origin can begin, and only the browser in which it began
can come back: else anybody could have somebody else sign in for him.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

import msgspec
import structlog
from aiohttp import ClientSession, web

from gateway.http import bodies
from gateway.http.answers import Empty, respond
from gateway.http.operations import Operation, Parameter, unguarded
from gateway.http.peer_faults import note
from gateway.http.sockets import CONNECTIONS
from gateway.runtime.clock import Clock
from gateway.security.minting import MintedToken, minted
from gateway.security.standing import SIGN_IN
from gateway.security.tokens import LONGEST_AGENT, Tokens
from gateway.sign_in.attempts import Attempts
from gateway.sign_in.config import SingleSignOnConfig
from gateway.sign_in.provider import Provider
from gateway.sign_in.waiting import LIFE_S, Cookie, SignIn, SignIns
from gateway.telemetry.peers import PeerFault, Peers
from schemas.errors import RefusedError
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode
from schemas.values import Json

log = structlog.get_logger("trunkline.sign_in")

CALLBACK: Final = "/v1/sign-in/callback"
WINDOW: Final = "/v1/sign-in/window.html"
PER_ADDRESS: Final = 600  # begun within a minute: many agents may stand behind one
WAIT_S: Final = 25.0  # of a page, for its token; it asks again
_SCRIPT: Final = (Path(__file__).parent / "window.js").read_bytes()
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the callback's address holds a code
    "X-Content-Type-Options": "nosniff",
}


class SignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent signs in to."""

    platform_id: PlatformId


class SignInBegun(msgspec.Struct, frozen=True):
    """Where the agent is to go, and the secret that the token is picked up with."""

    location: str
    pick_up: str


class PickUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a sign-in."""

    pick_up: str


_request: Final = msgspec.json.Decoder(SignInRequest).decode
_pick_up: Final = msgspec.json.Decoder(PickUp).decode


class SingleSignOn:
    """The handlers. Without a configuration there is nothing to begin."""

    def __init__(
        self,
        config: SingleSignOnConfig | None,
        http: ClientSession,
        tokens: Tokens,
        clock: Clock,
        listening: Callable[[], Sequence[str]],
        peers: Peers,
    ) -> None:
        """`listening` are the addresses we are served at: our origins, where none are configured."""
        self._config = config
        self._provider = Provider(config, http, clock, peers) if config is not None else None
        self._tokens = tokens
        self._clock = clock
        self._listening = listening
        self._sign_ins = SignIns(clock)
        self._attempts = Attempts(clock)

    def offers(self, platform_id: PlatformId) -> bool:
        """Whether agents of that platform can sign in so."""
        return self._config is not None and platform_id in self._config.agent_claims

    def operations(self) -> tuple[Operation, ...]:
        """What is served, and by which handler."""
        code = ErrorCode
        return (
            Operation(
                *("Browser", "sign_in_window", f"GET {WINDOW}", unguarded(self.window), None, {200: str}),
                parameters=(Parameter("platform", "What is signed in to."),),
                media="text/html",
            ),
            Operation(
                *("Browser", "sign_in_script", "GET /v1/sign-in/window.js", unguarded(self.script), None),
                {200: str},
                media="text/javascript",
            ),
            Operation(
                *("Links", "begin_sign_in", "POST /v1/sign-in", unguarded(self.begin), None),
                {200: SignInBegun},
                body=SignInRequest,
                problems=(code.NOT_ALLOWED, code.UNKNOWN_PLATFORM, code.RATE_LIMITED, code.LINK_DOWN),
            ),
            Operation(
                *("Browser", "sign_in_callback", f"GET {CALLBACK}", unguarded(self.callback), None),
                {200: str, 403: str, 422: str, 503: str},
                parameters=(
                    Parameter("state", "Which sign-in it is."),
                    Parameter("code", "What we redeem at the provider."),
                    Parameter("error", "Why there is no code."),
                    Parameter("iss", "The provider, where it says so."),
                ),
                media="text/html",
            ),
            Operation(
                *("Links", "pick_up_token", "POST /v1/sign-in/pick-up", unguarded(self.pick_up), None),
                {200: MintedToken, 202: Empty},
                body=PickUp,
                problems=(code.EXPIRED, code.BAD_CREDENTIALS, code.LINK_DOWN, code.RATE_LIMITED),
            ),
        )

    async def window(self, _request: web.Request) -> web.Response:
        """The window in which an agent signs in, opened by a page of ours."""
        return _page("Opening", "begin")

    async def script(self, _request: web.Request) -> web.Response:
        """Its script."""
        return web.Response(body=_SCRIPT, content_type="text/javascript", charset="utf-8", headers=_HEADERS)

    async def begin(self, request: web.Request) -> web.Response:
        """Begin to sign in at the provider. For the window: it must be a page of ours that asks."""
        origin = request.headers.get("Origin", "")
        if origin not in self._origins():
            raise RefusedError(ErrorCode.NOT_ALLOWED, "only pages of this gateway may begin to sign in")
        platform_id = _request(await bodies.read_small(request)).platform_id
        if self._provider is None or not self.offers(platform_id):
            raise RefusedError(ErrorCode.UNKNOWN_PLATFORM, f"there is no single sign-on to {platform_id}")
        self._attempts.take({f"address {request.remote}": PER_ADDRESS})
        cookie = _cookie(request, origin)
        one = self._sign_ins.begin(platform_id, origin + CALLBACK, cookie)
        try:
            response = respond(SignInBegun(await self._provider.address(one.asked), one.pick_up))
        except RefusedError:
            self._sign_ins.forget(one)
            raise
        response.set_cookie(
            *cookie,
            max_age=int(LIFE_S),
            path="/",
            secure=origin.startswith("https:"),
            httponly=True,
            samesite="Lax",  # the provider's page sends the browser back, and it must come with it
        )
        response.headers.update(_HEADERS)
        return response

    async def callback(self, request: web.Request) -> web.Response:
        """Where the provider sends the agent's browser back to.

        The page that asked for the sign-in is told what came of it when it picks its token up.
        """
        if request.method != "GET":  # HEAD would use the code up
            raise web.HTTPMethodNotAllowed(request.method, ["GET"])
        one = self._sign_ins.returned(request.query.get("state", ""), request.cookies)
        if one is None:
            why = "not begun in this browser, or over"
            note(request, PeerFault.STRAY_SIGN_IN, "single sign-on refused", why=why)
            return _page(
                "This sign-in was begun in another browser, took longer than 10 minutes or is over. "
                "Begin again, in the page that asked for it.",
                "refused",
                status=403,
            )
        try:
            one.end(await self._signed_in(request, one))
        except RefusedError as refused:
            note(
                *(request, PeerFault.BAD_SIGN_IN, "single sign-on refused", one.platform_id),
                why=refused.message,
            )
            one.end(refused)
            status = 503 if refused.code is ErrorCode.LINK_DOWN else 422
            return _page(f"You are not signed in: {refused.message}.", "refused", status=status)
        return _page("You are signed in. This window can be closed.", "done")

    async def pick_up(self, request: web.Request) -> web.Response:
        """Get the token of a sign-in, once. 202 if it is still under way: ask again."""
        secret = _pick_up(await bodies.read_small(request)).pick_up
        one = self._sign_ins.find(secret)
        connections = request.app[CONNECTIONS]
        connections.add(one)
        try:
            await one.settled(self._clock, WAIT_S)
        finally:
            connections.remove(one)
        if one.outcome is None:
            return respond(Empty(), 202)
        self._sign_ins.forget(self._sign_ins.find(secret))  # another may have been quicker
        if isinstance(one.outcome, RefusedError):
            raise one.outcome
        response = respond(one.outcome)
        response.headers.update(_HEADERS)
        return response

    def _origins(self) -> Sequence[str]:
        return (self._config.origins if self._config is not None else ()) or self._listening()

    async def _signed_in(self, request: web.Request, one: SignIn) -> MintedToken:
        """The token of whoever came back. Raises RefusedError."""
        if self._config is None or self._provider is None:
            raise RefusedError(ErrorCode.INTERNAL, "there is no single sign-on")
        query = request.query
        if "code" not in query:
            named = re.fullmatch(r"[a-z_]{1,60}", query.get("error", ""))
            why = named[0] if named is not None else "no code"
            raise RefusedError(ErrorCode.BAD_CREDENTIALS, f"the provider did not let you in ({why})")
        claims = await self._provider.redeem(query["code"], query.get("iss"), one.asked)
        agent_id = _agent(claims, self._config.agent_claims[one.platform_id])
        log.info("signed in", platform=one.platform_id, agent=agent_id, by="single sign-on")
        origin = f"{SIGN_IN}single-sign-on:{token_urlsafe(12)}"
        return minted(self._tokens, agent_id, one.platform_id, Role.FACADE, self._config.token_s, origin)


def _agent(claims: Mapping[str, Json], claim: str) -> AgentId:
    """Whose agent's id stands in that claim. Raises RefusedError."""
    named = claims.get(claim)
    if not isinstance(named, str) or not named.isprintable() or not 0 < len(named) <= LONGEST_AGENT:
        raise RefusedError(
            ErrorCode.BAD_CREDENTIALS, f"the provider does not say which agent you are ({claim})"
        )
    if claim == "email" and claims.get("email_verified") is not True:  # anybody may call himself anything
        raise RefusedError(ErrorCode.BAD_CREDENTIALS, "the provider has not verified your address")
    return AgentId(named)


def _cookie(request: web.Request, origin: str) -> Cookie:
    """The one that the browser has, for it may be signing in elsewhere too, or a new one.

    The prefix keeps the domain's other hosts from setting it; browsers want TLS for it.
    """
    name = "__Host-trunkline-sign-in" if origin.startswith("https:") else "trunkline-sign-in"
    return Cookie(name, request.cookies.get(name) or token_urlsafe())


def _page(text: str, step: str, *, status: int = 200) -> web.Response:
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f'<p id="status" role="status" data-step="{step}">{escape(text)}</p>'
        '<script type="module" src="window.js"></script></html>'
    )
    return web.Response(text=body, status=status, content_type="text/html", charset="utf-8", headers=_HEADERS)
