"""Signing in by the platform's password, where the platform is seen to check it.

The platform's own login is the check: it is carried out as that agent, and takes no session over, since one
that is there already may be handed on unchecked. Who wants it taken over shows the password that the platform
accepted before, or that the configuration has for the agent. Where the login runs in the agent's own page, a
success tells us nothing: there it is refused. Nobody is told which part was wrong.
"""

import asyncio
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Annotated, Final

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta
from msgspec.structs import replace

from gateway.commands.dispatch import Dispatch
from gateway.http import bodies
from gateway.http.admission import check_own_page
from gateway.http.answers import respond
from gateway.http.operations import Operation, unguarded
from gateway.http.peer_faults import note
from gateway.platforms.platform import Platform, offering
from gateway.runtime.clock import Clock
from gateway.runtime.ids import session_id
from gateway.security.access import Gate, Principal, Scope
from gateway.security.minting import MintedToken, minted
from gateway.security.standing import SIGN_IN
from gateway.security.tokens import LONGEST_AGENT, SHIFT_S, Tokens
from gateway.sign_in.attempts import Attempts
from gateway.sign_in.proofs import Proofs
from gateway.state.fold import State
from gateway.telemetry.peers import PeerFault
from schemas.agent import AgentState
from schemas.commands import Login
from schemas.errors import RefusedError
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded

log = structlog.get_logger("trunkline.sign_in")

PER_AGENT: Final = 5
PER_ADDRESS: Final = 30  # more: many agents may stand behind one
_UNCHECKED: Final = "this platform does not show us that a password is right: sign in in another way"
_ALREADY: Final = (
    "the agent is signed in to the platform already, so that it would not check the password: sign out there,"
    " or sign in in another way"
)
_UNPROVED: Final = (
    "the agent is signed in to the platform already, and this gateway has not seen a password of his accepted"
    " since it was started, so it cannot tell whether this one is right: sign out there, and sign in again"
)
_WRONG: Final = "unknown agent or wrong password"


class PasswordSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs in, with what the platform asks."""

    agent_id: Annotated[AgentId, Meta(min_length=1, max_length=LONGEST_AGENT)]
    password: Annotated[str, Meta(max_length=1_000)]
    tenant: str = ""
    take_over: bool = False  # the session, if the agent is signed in already; older pages of his are closed


_REFUSALS: Final = (
    *(ErrorCode.NOT_ALLOWED, ErrorCode.UNKNOWN_OBJECT, ErrorCode.RATE_LIMITED),
    *(ErrorCode.UNSUPPORTED, ErrorCode.BAD_CREDENTIALS, ErrorCode.ALREADY_LOGGED_IN),
    *(ErrorCode.LINK_DOWN, ErrorCode.TIMEOUT, ErrorCode.PLATFORM_ERROR, ErrorCode.UNAVAILABLE),
)
_read: Final = msgspec.json.Decoder(PasswordSignIn).decode


class Passwords:
    """The handler."""

    def __init__(
        self,
        platforms: Mapping[PlatformId, Platform],
        dispatch: Dispatch,
        tokens: Tokens,
        gate: Gate,
        clock: Clock,
        state: State,
    ) -> None:
        self._platforms = platforms
        self._dispatch = dispatch
        self._tokens = tokens
        self._gate = gate
        self._state = state
        self._proofs = Proofs()
        self._attempts = Attempts(clock)
        # One login at a time, or a platform whose answers do not say what they answer could mix two up.
        self._turns = {platform_id: asyncio.Lock() for platform_id in platforms}

    @staticmethod
    def offers(platform: Platform) -> bool:
        """Whether agents of that platform can sign in so."""
        return platform.dialect.checks_password is not None

    def operations(self) -> tuple[Operation, ...]:
        """What is served."""
        address = "POST /v1/facades/{platform}/{dialect}/sign-in"
        return (
            Operation(
                *("Links", "sign_in", address, unguarded(self.sign_in), None, {200: MintedToken}),
                body=PasswordSignIn,
                problems=_REFUSALS,
            ),
        )

    async def sign_in(self, request: web.Request) -> web.Response:
        """Sign an agent in to the platform, and get a token for it. For pages of this gateway."""
        check_own_page(request, self._gate)
        platform = offering(self._platforms, request.match_info["platform"], request.match_info["dialect"])
        wanted = _read(await bodies.read_small(request))
        if not self.offers(platform):
            raise RefusedError(ErrorCode.UNSUPPORTED, _UNCHECKED)
        counted = {
            f"agent {platform.id} {wanted.agent_id}": PER_AGENT,
            f"address {request.remote}": PER_ADDRESS,
        }
        self._attempts.take(counted)
        origin = f"{SIGN_IN}password:{token_urlsafe(12)}"
        async with self._turns[platform.id]:
            result = await self._login(platform, wanted)
            takes = isinstance(result, Failed) and result.code is ErrorCode.ALREADY_LOGGED_IN
            if wanted.take_over and isinstance(result, Failed) and takes:
                result = await self._take_over(platform, wanted, result)
            if not isinstance(result, Failed):
                await self._accepted(platform, wanted, origin, took_over=takes)
        if isinstance(result, Failed):
            if result.code is ErrorCode.UNAVAILABLE:
                self._attempts.give_back(counted)  # it is our disk, and no password was judged
            note(
                *(request, PeerFault.BAD_SIGN_IN, "sign-in refused", platform.id),
                agent=wanted.agent_id,
                why=result.code,
            )
            raise _refusal(result)
        self._attempts.give_back(counted)
        log.info("signed in", platform=platform.id, agent=wanted.agent_id, by="password", took_over=takes)
        return respond(minted(self._tokens, wanted.agent_id, platform.id, Role.FACADE, SHIFT_S, origin))

    async def _accepted(
        self, platform: Platform, wanted: PasswordSignIn, origin: str, *, took_over: bool
    ) -> None:
        """The agent is signed in anew: where it took his session over, what he had before ends."""
        if took_over:
            before = self._proofs.origin(platform.id, wanted.agent_id)
            self._gate.withdrawals.take_over(platform.id, wanted.agent_id, before)
        await self._proofs.keep(platform.id, wanted.agent_id, wanted.password, origin)

    async def _take_over(self, platform: Platform, wanted: PasswordSignIn, refused: Failed) -> FinalResult:
        """What becomes of it, now that the agent is signed in to the platform already."""
        known = platform.dialect.knows_password
        right = known(platform.settings, wanted.agent_id, wanted.password) if known is not None else None
        if right is None:
            right = await self._proofs.proves(platform.id, wanted.agent_id, wanted.password)
        if right is None:
            return replace(refused, message=_UNPROVED)
        if not right:
            return Failed(code=ErrorCode.BAD_CREDENTIALS)
        session = self._state.snapshots.sessions.get(session_id(platform.id, wanted.agent_id))
        if session is not None and session.state not in (AgentState.LOGGED_OUT, AgentState.UNKNOWN):
            return Succeeded()  # it is signed in over us: nothing of his is disturbed
        return await self._login(platform, wanted, force=True)

    async def _login(self, platform: Platform, wanted: PasswordSignIn, *, force: bool = False) -> FinalResult:
        checks = platform.dialect.checks_password
        if checks is None or not checks(platform.settings, wanted.agent_id):
            return Failed(code=ErrorCode.BAD_CREDENTIALS)
        command = Login(
            platform_id=platform.id,
            agent_id=wanted.agent_id,
            password=wanted.password,
            tenant=wanted.tenant,
            force=force,
            answers={"confirm": force},  # to take nothing over, should the platform ask
        )
        principal = Principal(
            name=f"sign-in:{platform.id}:{wanted.agent_id}",
            scopes=frozenset({Scope.COMMANDS_WRITE}),
            agent_id=wanted.agent_id,
            platform_id=platform.id,
        )
        ended: asyncio.Future[FinalResult] = asyncio.get_running_loop().create_future()

        def end(result: FinalResult) -> None:
            if not ended.done():  # the request may have been given up
                ended.set_result(result)

        await self._dispatch.submit(command, principal, interactive=False, on_result=end)
        return await ended


def _refusal(result: Failed) -> RefusedError:
    match result.code:
        case ErrorCode.BAD_CREDENTIALS:
            return RefusedError(result.code, _WRONG)
        case ErrorCode.ALREADY_LOGGED_IN:
            return RefusedError(result.code, _UNPROVED if result.message == _UNPROVED else _ALREADY)
        case ErrorCode.LINK_DOWN | ErrorCode.TIMEOUT | ErrorCode.UNAVAILABLE:
            return RefusedError(result.code, result.message)
        case _:
            return RefusedError(ErrorCode.PLATFORM_ERROR, result.message)
