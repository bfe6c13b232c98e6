"""ID tokens: believed if the provider signed them, for us and for this sign-in; nothing else is."""

from collections.abc import Callable, Sequence
from typing import Final

import jwt
import pytest

from gateway.security.signed import ASK_AGAIN_S, CLOCKS_DIFFER_S, KEYS_S, Jwk, SigningKeys
from gateway.sign_in.id_token import Terms, verified
from schemas.errors import RefusedError
from schemas.values import Json
from tests.fakes import FakeClock
from tests.gateway.openid import Key

TERMS: Final = Terms("https://login.example", "trunkline", "n-1")
NOW: Final = int(FakeClock().now().timestamp())
CLAIMS: Final[dict[str, Json]] = {
    "iss": TERMS.issuer,
    "aud": TERMS.client_id,
    "nonce": TERMS.nonce,
    "sub": "u-1",
    "iat": NOW,
    "exp": NOW + 300,
}
KEY: Final = Key("k1")


class KeyServer:
    """The provider's keys, as they are at the time."""

    def __init__(self, *keys: Jwk) -> None:
        self.keys: Sequence[Jwk] = keys
        self.asked = 0
        self.clock = FakeClock()
        self.known = SigningKeys(self._fetch, self.clock)

    async def _fetch(self) -> Sequence[Jwk]:
        self.asked += 1
        return self.keys

    async def read(self, token: str) -> object:
        """Who it is, by that token."""
        return (await verified(token, TERMS, self.known, self.clock.now().timestamp()))["sub"]


async def refused(server: KeyServer, token: str) -> str:
    with pytest.raises(RefusedError) as caught:
        await server.read(token)
    return caught.value.message


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_a_token_that_is_well_signed_is_believed(algorithm: str) -> None:
    key = Key("k1", algorithm)
    assert await KeyServer(key.public).read(key.sign(CLAIMS)) == "u-1"
    assert await KeyServer({**key.public, "alg": algorithm}).read(key.sign(CLAIMS)) == "u-1"


async def test_several_audiences_are_taken_if_it_was_issued_to_us() -> None:
    several = {**CLAIMS, "aud": ["other", TERMS.client_id]}
    server = KeyServer(KEY.public)
    assert await server.read(KEY.sign({**several, "azp": TERMS.client_id})) == "u-1"
    assert "another client" in await refused(server, KEY.sign(several))


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://other.example"}, "issuer"),
        ({"aud": "other"}, "Audience"),
        ({"aud": ["other"]}, "Audience"),
        ({"azp": "other"}, "another client"),
        ({"nonce": "n-2"}, "another sign-in"),
        ({"exp": NOW - CLOCKS_DIFFER_S}, "expired"),
        ({"iat": NOW + CLOCKS_DIFFER_S + 1}, "time to come"),
        ({"nbf": NOW + CLOCKS_DIFFER_S + 1}, "time to come"),
        ({"exp": "later"}, "exp"),
        *(({name: None}, name) for name in CLAIMS),
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_or_not_for_now_is_refused(
    claims: dict[str, Json], why: str
) -> None:
    told = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    assert why in await refused(KeyServer(KEY.public), KEY.sign(told))


def unsigned() -> str:
    return jwt.encode(CLAIMS, "", "none", headers={"kid": "k1"})


def signed_with_a_shared_secret() -> str:
    return jwt.encode(CLAIMS, "s" * 32, "HS256", headers={"kid": "k1"})


def signed_by_somebody_else() -> str:
    return Key("k1").sign(CLAIMS)


def changed_after_signing() -> str:
    head, _, signature = KEY.sign(CLAIMS).split(".")
    _, claims, _ = KEY.sign({**CLAIMS, "sub": "u-2"}).split(".")
    return f"{head}.{claims}.{signature}"


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (unsigned, "not signed in a way that is allowed"),
        (signed_with_a_shared_secret, "not signed in a way that is allowed"),
        (signed_by_somebody_else, "Signature"),
        (changed_after_signing, "Signature"),
        (lambda: KEY.sign(CLAIMS, alg="RS512"), "not signed in a way that is allowed"),
        (lambda: KEY.sign(CLAIMS, kid="k2"), "key is not known"),
        (lambda: "no.token.atall", "Invalid"),
    ],
)
async def test_a_forged_token_is_refused(forged: Callable[[], str], why: str) -> None:
    assert why in await refused(KeyServer(KEY.public), forged())


async def test_a_key_for_something_else_or_too_short_is_not_used() -> None:
    assert "not known" in await refused(KeyServer({**KEY.public, "use": "enc"}), KEY.sign(CLAIMS))
    assert "not known" in await refused(KeyServer({**KEY.public, "alg": "PS256"}), KEY.sign(CLAIMS))
    assert "cannot be read" in await refused(KeyServer({"kty": "RSA", "kid": "k1"}), KEY.sign(CLAIMS))
    short = Key("k1", bits=1024)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = short.sign(CLAIMS)
    assert "bits" in await refused(KeyServer(short.public), token)


async def test_without_a_key_id_the_only_key_is_meant() -> None:
    head = {"typ": "JWT", "alg": "RS256"}
    token = jwt.encode(CLAIMS, KEY.private, headers=head, algorithm="RS256")  # type: ignore[arg-type]  # it is RSA
    assert await KeyServer(KEY.public).read(token) == "u-1"
    assert "not known" in await refused(KeyServer(KEY.public, Key("k2").public), token)


async def test_a_new_key_is_fetched_when_it_is_used_and_then_known() -> None:
    server = KeyServer(KEY.public)
    await server.read(KEY.sign(CLAIMS))
    new = Key("k2")
    server.keys = (new.public,)
    await server.clock.advance(ASK_AGAIN_S)
    for _ in range(2):
        assert await server.read(new.sign({**CLAIMS, "iat": NOW})) == "u-1"
    assert server.asked == 2


async def test_ids_that_are_made_up_do_not_send_us_to_the_provider_again_and_again() -> None:
    server = KeyServer(KEY.public)
    for i in range(5):
        await refused(server, KEY.sign(CLAIMS, kid=f"made-up-{i}"))
    assert server.asked == 1
    await server.clock.advance(ASK_AGAIN_S)
    await refused(server, KEY.sign(CLAIMS, kid="made-up"))
    assert server.asked == 2


async def test_a_key_that_was_taken_back_is_not_believed_for_long() -> None:
    server = KeyServer(KEY.public)
    await server.read(KEY.sign(CLAIMS))
    server.keys = (Key("k2").public,)
    await server.clock.advance(KEYS_S)
    late = {**CLAIMS, "iat": NOW, "exp": NOW + 2 * KEYS_S}
    assert "not known" in await refused(server, KEY.sign(late))
