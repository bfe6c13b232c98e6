"""An OpenID provider on loopback: real keys, a page to press a button on, codes that can be redeemed once.

What it says, and how it signs that, a test can change at any time.
"""

from base64 import b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from time import time
from typing import Final

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from yarl import URL

from gateway.security.signed import Jwk
from schemas.values import Json

CLIENT: Final = "trunkline"
SECRET: Final = "s&cret"  # with something in it that a form has to escape
AGENT_CLAIM: Final = "employee"


class Key:
    """A key pair, under an id."""

    def __init__(self, key_id: str, algorithm: str = "RS256", bits: int = 2048) -> None:
        self.id = key_id
        self.algorithm = algorithm
        match algorithm:
            case "ES256":
                ec = ec_key(SECP256R1())
                self.private: object = ec
                self.public: Jwk = ECAlgorithm.to_jwk(ec.public_key(), as_dict=True)
            case "EdDSA":
                ed = Ed25519PrivateKey.generate()
                self.private, self.public = ed, OKPAlgorithm.to_jwk(ed.public_key(), as_dict=True)
            case _:
                rsa = rsa_key(65537, bits)
                self.private, self.public = rsa, RSAAlgorithm.to_jwk(rsa.public_key(), as_dict=True)
        self.public |= {"kid": key_id, "use": "sig"}

    def sign(self, claims: Mapping[str, Json], **header: str) -> str:
        """A token; `header` goes over what it says of its key."""
        told = {"kid": self.id, **header}
        return jwt.encode(dict(claims), self.private, self.algorithm, headers=told)  # type: ignore[arg-type]  # one of three kinds


@dataclass
class Provider:
    """The provider; `person` is who sits at the browser."""

    key: Key = field(default_factory=lambda: Key("first"))
    person: dict[str, Json] = field(default_factory=lambda: {"sub": "u-1", AGENT_CLAIM: "a1"})
    metadata: dict[str, Json] = field(default_factory=dict)  # over what discovery tells
    claims: dict[str, Json] = field(default_factory=dict)  # over what a token says
    headers: dict[str, str] = field(default_factory=dict)  # of its pages
    error: str = ""  # in place of a code
    down: set[str] = field(default_factory=set)  # paths that answer 500
    issuer: str = ""
    asked: Counter[str] = field(default_factory=Counter)  # how often each path
    lines: list[str] = field(default_factory=list)  # paths and queries, as they came
    _codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """All there is."""
        self.asked[request.path] += 1
        self.lines.append(request.raw_path)
        if request.path in self.down:
            return web.Response(status=500)
        match request.path:
            case "/.well-known/openid-configuration":
                return web.json_response(self._discovery())
            case "/keys":
                return web.json_response({"keys": [self.key.public]})
            case "/authorize":
                page = f'<form action="/continue">{_hidden(request.query)}<button>Continue</button></form>'
                return web.Response(text=page, content_type="text/html", headers=self.headers)
            case "/continue":
                raise web.HTTPFound(self._return(request.query))
            case "/token":
                return self._redeem(request, dict(await request.post()))
            case _:
                return web.Response(status=204)

    def _discovery(self) -> dict[str, Json]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=t",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def _return(self, asked: Mapping[str, str]) -> URL:
        """Where the button leads: back, with a code."""
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["tenant"] == "t"
        assert "openid" in asked["scope"].split()
        code = token_urlsafe(8)
        self._codes[code] = dict(asked)
        what = {"error": self.error} if self.error else {"code": code}
        return URL(asked["redirect_uri"]).with_query(what | {"state": asked["state"], "iss": self.issuer})

    def _redeem(self, request: web.Request, form: Mapping[str, object]) -> web.Response:
        asked = self._codes.pop(str(form["code"]), None)
        challenge = sha256(str(form["code_verifier"]).encode()).digest()
        if (
            asked is None
            or form["grant_type"] != "authorization_code"
            or form["redirect_uri"] != asked["redirect_uri"]
            or urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
            or not self._knows(request, form)
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = self.key.sign(self.said(asked["nonce"]))
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _knows(self, request: web.Request, form: Mapping[str, object]) -> bool:
        match self.metadata.get("token_endpoint_auth_methods_supported"):
            case ["none"]:
                return form["client_id"] == CLIENT and "client_secret" not in form
            case ["client_secret_post"]:
                return (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
            case _:
                given = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
                return given == f"{CLIENT}:s%26cret" and "client_secret" not in form

    def said(self, nonce: str) -> dict[str, Json]:
        """What a token says."""
        now = int(time())
        terms = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        told = {**terms, **self.person, **self.claims}
        return {name: value for name, value in told.items() if value is not None}

    def config(self, **more: Json) -> dict[str, Json]:
        """The section of a gateway's configuration."""
        return {
            "single_sign_on": {
                "issuer": self.issuer,
                "client_id": CLIENT,
                "client_secret": SECRET,
                "agent_claims": {"sim": AGENT_CLAIM},
                **more,
            }
        }


def _hidden(query: Mapping[str, str]) -> str:
    return "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in query.items())


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """One that runs, on a free port."""
    made = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
