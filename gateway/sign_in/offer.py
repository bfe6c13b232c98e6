"""How agents can sign in to a facade's page without a token: what its frame asks, to show the ways."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from gateway.http.answers import respond
from gateway.http.operations import Operation, unguarded
from gateway.platforms.platform import Platform, offering
from gateway.sign_in.passwords import Passwords
from gateway.sign_in.single_sign_on import WINDOW, SingleSignOn
from schemas.ids import PlatformId
from schemas.results import ErrorCode


class SignInOffer(msgspec.Struct, frozen=True):
    """The ways that there are beside a token."""

    window: str  # the address of the window for single sign-on; empty: there is none
    password: bool  # the platform's, of the agent


class SignInOffers:
    """The handler."""

    def __init__(self, platforms: Mapping[PlatformId, Platform], single_sign_on: SingleSignOn) -> None:
        self._platforms = platforms
        self._single_sign_on = single_sign_on

    def operations(self) -> tuple[Operation, ...]:
        """What is served."""
        address = "GET /v1/facades/{platform}/{dialect}/sign-in.json"
        return (
            Operation(
                *("Links", "sign_in_offer", address, unguarded(self.offer), None, {200: SignInOffer}),
                problems=(ErrorCode.UNKNOWN_OBJECT,),
            ),
        )

    async def offer(self, request: web.Request) -> web.Response:
        """How an agent can sign in to that platform, beside with a token."""
        platform = offering(self._platforms, request.match_info["platform"], request.match_info["dialect"])
        there = self._single_sign_on.offers(platform.id)
        window = f"{WINDOW}?platform={platform.id}" if there else ""
        return respond(SignInOffer(window, Passwords.offers(platform)))
