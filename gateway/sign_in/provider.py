"""An OpenID provider: where people are sent to it, and how the code that they come back with is redeemed.

Sources: OpenID Connect Core 1.0 (authorization code flow) and Discovery 1.0, PKCE (RFC 7636), the issuer in
the response (RFC 9207). Left out: userinfo, refreshing, logging out there, encrypted tokens.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from logging import WARNING
from typing import Final, NamedTuple, TypeVar
from urllib.parse import quote_plus

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from gateway.outbound.address import own, with_query
from gateway.outbound.client import dialling
from gateway.outbound.lookups import Lookups
from gateway.outbound.post import beginning
from gateway.outbound.profile import environment
from gateway.runtime.addresses import fit_for_secrets
from gateway.runtime.clock import Clock
from gateway.runtime.frames import check
from gateway.security.signed import Jwk, KeySet, SigningKeys
from gateway.sign_in.config import SingleSignOnConfig
from gateway.sign_in.id_token import Terms, verified
from gateway.telemetry.peers import Peers
from gateway.telemetry.redaction import clean
from schemas.errors import RefusedError
from schemas.results import ErrorCode
from schemas.values import Json

MAX_ANSWER: Final = 256 * 1024
METADATA_S: Final = 3600.0
_TIMEOUT: Final = ClientTimeout(total=10, connect=5)
_OK: Final = 200
_BASIC: Final = "client_secret_basic"


class _Metadata(msgspec.Struct, frozen=True):
    """What discovery tells."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = (_BASIC,)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class Asked(NamedTuple):
    """One question to the provider, who somebody is. All of it is secret but the redirect."""

    redirect: str  # where it sends people back to
    state: str  # what they bring back
    nonce: str  # what the token has to say
    verifier: str  # what only we can redeem the code with


T = TypeVar("T")
_metadata: Callable[[bytes], _Metadata] = msgspec.json.Decoder(_Metadata).decode
_key_set: Callable[[bytes], KeySet] = msgspec.json.Decoder(KeySet).decode
_tokens: Callable[[bytes], _Tokens] = msgspec.json.Decoder(_Tokens).decode


def provider_session(lookups: Lookups) -> ClientSession:
    """A client for providers. To be made in the running loop, and closed by whoever asked."""
    return dialling(lookups, _TIMEOUT, DummyCookieJar())


class Provider:
    """The one that is configured. All of it raises RefusedError, and logs what is the provider's fault."""

    def __init__(self, config: SingleSignOnConfig, http: ClientSession, clock: Clock, peers: Peers) -> None:
        self._config = config
        self._peers = peers
        self._http = http
        self._environment = environment()
        self._clock = clock
        self._keys = SigningKeys(self._fetch_keys, clock)
        self._known: tuple[float, _Metadata] | None = None  # and since when

    async def address(self, asked: Asked) -> str:
        """Where somebody is to be sent, to say who he is."""
        found = await self._discover()
        challenge = urlsafe_b64encode(sha256(asked.verifier.encode()).digest()).decode().rstrip("=")
        asking = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": asked.redirect,
            "scope": " ".join(self._config.scopes),
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return str(with_query(own(found.authorization_endpoint), asking))

    async def redeem(self, code: str, issuer: str | None, asked: Asked) -> Mapping[str, Json]:
        """What the provider says of whoever came back with that code, and from that issuer."""
        found = await self._discover()
        named = found.authorization_response_iss_parameter_supported or issuer is not None
        if named and issuer != found.issuer:
            raise RefusedError(ErrorCode.BAD_CREDENTIALS, "the response is another provider's")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect,
            "code_verifier": asked.verifier,
        }
        headers = self._authenticate(form, found)
        answer = await self._ask("token", found.token_endpoint, _tokens, form, headers)
        terms = Terms(found.issuer, self._config.client_id, asked.nonce)
        return await verified(answer.id_token, terms, self._keys, self._clock.now().timestamp())

    def _authenticate(self, form: dict[str, str], found: _Metadata) -> dict[str, str]:
        """Say in form or headers which client we are."""
        client_id, secret = self._config.client_id, self._config.client_secret
        if secret is not None and _BASIC in found.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(client_id)}:{quote_plus(secret.get_secret_value())}"
            return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        form["client_id"] = client_id
        if secret is not None:
            form["client_secret"] = secret.get_secret_value()
        return {}

    async def _discover(self) -> _Metadata:
        now = self._clock.monotonic()
        if self._known is not None and now - self._known[0] < METADATA_S:
            return self._known[1]
        address = f"{self._config.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await self._ask("discovery", address, _metadata)
        if found.issuer != self._config.issuer:
            raise self._refused("discovery", f"it names another issuer, {found.issuer}")
        for one in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            if not _fit(one):
                raise self._refused("discovery", f"{one} is not an https address")
        self._known = (now, found)
        return found

    async def _fetch_keys(self) -> Sequence[Jwk]:
        found = await self._discover()
        return (await self._ask("keys", found.jwks_uri, _key_set)).keys

    async def _ask(
        self,
        what: str,
        address: str,
        read: Callable[[bytes], T],
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """The answer to a GET, or to the POST of a form."""
        url = own(address)
        proxy = self._environment.proxy(url)
        try:
            async with self._http.request(
                "GET" if form is None else "POST",
                url,
                proxy=None if proxy is None else proxy.url,
                proxy_headers=None if proxy is None else proxy.headers,
                data=form,
                headers={"Accept": "application/json", **(headers or {})},
                allow_redirects=False,
            ) as response:
                body = await beginning(response, MAX_ANSWER + 1)
            if response.status != _OK or len(body) > MAX_ANSWER:
                raise self._refused(what, f"status {response.status}, {len(body)} bytes")
            check(body)
            return read(body)
        except (ClientError, OSError, UnicodeError, msgspec.DecodeError) as error:
            raise self._refused(what, f"{type(error).__name__}: {error}") from error

    def _refused(self, what: str, why: str) -> RefusedError:
        """The reason is for the operator; people are told which step it was."""
        self._peers.line(WARNING, "provider failed", what=what, why=clean(why))
        return RefusedError(ErrorCode.LINK_DOWN, f"the provider gave no answer that is of use ({what})")


def _fit(address: str) -> bool:
    try:
        return fit_for_secrets(own(address))
    except ValueError:
        return False
