"""Keys, tokens, and who is let in."""

import msgspec
import pytest

from gateway.runtime.addresses import is_loopback
from gateway.security.access import ANONYMOUS, Gate, Scope
from gateway.security.keys import Keys
from gateway.security.tokens import MAX_TTL_S, Tokens
from gateway.store.memory import MemoryStore
from schemas.errors import ConfigError, RefusedError
from schemas.grants import Role
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode
from tests.fakes import FakeClock

SECRET = b"s" * 32
ANNA, SALES = AgentId("anna"), PlatformId("sales")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def keys(store: MemoryStore, clock: FakeClock) -> Keys:
    return Keys(store, clock)


@pytest.fixture
def tokens(clock: FakeClock) -> Tokens:
    return Tokens(SECRET, clock)


@pytest.fixture
def gate(keys: Keys, tokens: Tokens) -> Gate:
    return Gate(keys, tokens)


# --- keys


async def test_a_key_is_known_again_and_only_whole(keys: Keys) -> None:
    record, key = await keys.create("crm", [Scope.EVENTS_READ])
    assert key.startswith(f"tlk_{record.id}_")
    assert keys.verify(key) == record
    for wrong in (
        key[:-1],
        key + "x",
        key.upper(),
        f"tlk_{record.id}_",
        f"tlk_{record.id}",
        "tlk",
        "",
        "x" + key,
    ):
        assert keys.verify(wrong) is None


async def test_the_store_never_sees_the_secret(keys: Keys, store: MemoryStore) -> None:
    _, key = await keys.create("crm", [Scope.ADMIN])
    secret = key.split("_", 2)[2]  # which may have such a line in it
    assert secret.encode() not in msgspec.json.encode(await store.credentials.list_keys())
    assert len((await store.credentials.list_keys())[0].digest) == 32


async def test_a_revoked_key_is_refused_at_once_and_after_a_restart(
    keys: Keys, store: MemoryStore, clock: FakeClock
) -> None:
    record, key = await keys.create("crm", [])
    assert (await keys.revoke(record.id)).revoked_at == clock.now()
    await clock.advance(60)
    assert (await keys.revoke(record.id)).revoked_at != clock.now()
    assert keys.verify(key) is None
    again = Keys(store, clock)
    await again.load()
    assert again.verify(key) is None
    assert again.configured()
    with pytest.raises(RefusedError, match="no such key"):
        await keys.revoke("unknown")


async def test_keys_are_listed_with_names_and_scopes(keys: Keys, clock: FakeClock) -> None:
    await keys.create("first", [Scope.LINKS, Scope.ADMIN])
    await clock.advance(1)
    await keys.create("second", [])
    assert [(key.name, key.scopes) for key in keys.list()] == [("first", ("admin", "links")), ("second", ())]
    with pytest.raises(RefusedError):
        await keys.create("", [])


# --- tokens


async def test_a_token_says_what_it_was_made_with(tokens: Tokens) -> None:
    first, second = (tokens.verify(tokens.mint(ANNA, SALES, Role.LINK)) for _ in range(2))
    assert (first.agent_id, first.platform_id, first.role) == (ANNA, SALES, Role.LINK)
    assert first.id != second.id


async def test_a_token_ends_with_its_time(tokens: Tokens, clock: FakeClock) -> None:
    token = tokens.mint(ANNA, SALES, Role.FACADE)
    await clock.advance(599)
    tokens.verify(token)
    await clock.advance(1)
    with pytest.raises(RefusedError, match="expired") as caught:
        tokens.verify(token)
    assert caught.value.code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("ttl_s", [0, -1, MAX_TTL_S + 1])
def test_a_token_is_for_twelve_hours_at_most(tokens: Tokens, ttl_s: int) -> None:
    with pytest.raises(RefusedError):
        tokens.mint(ANNA, SALES, Role.LINK, ttl_s)
    tokens.verify(tokens.mint(ANNA, SALES, Role.LINK, MAX_TTL_S))


def test_a_token_needs_an_agent(tokens: Tokens) -> None:
    with pytest.raises(RefusedError):
        tokens.mint(AgentId(""), SALES, Role.LINK)


def test_a_token_of_another_secret_or_none_is_refused(tokens: Tokens, clock: FakeClock) -> None:
    good = tokens.mint(ANNA, SALES, Role.LINK)
    head, body, _ = good.split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for wrong in (
        Tokens(b"t" * 32, clock).mint(ANNA, SALES, Role.LINK),
        f"{unsigned}.{body}.",
        f"{head}.{body}.",
        "",
        "a.b.c",
    ):
        with pytest.raises(RefusedError, match="not valid"):
            tokens.verify(wrong)


# --- the gate


def test_without_a_key_this_machine_may_do_everything(gate: Gate) -> None:
    assert gate.open_mode()
    for remote in ("127.0.0.1", "::1", "127.8.8.8", "::ffff:127.0.0.1"):
        assert gate.admit(None, remote).name == ANONYMOUS.name
    for scope in Scope:
        ANONYMOUS.require(scope)


@pytest.mark.parametrize(
    ("remote", "host"),
    [("10.0.0.7", None), (None, None), ("127.0.0.1", "evil.example"), ("::ffff:10.0.0.7", "localhost")],
)
def test_without_a_key_nobody_else_is_served(gate: Gate, remote: str | None, host: str | None) -> None:
    with pytest.raises(RefusedError, match="only this machine"):
        gate.admit(None, remote, host)


def test_without_a_key_we_listen_to_this_machine_only(gate: Gate) -> None:
    gate.refuse_exposed("127.0.0.1")
    gate.refuse_exposed("localhost")
    for host in ("0.0.0.0", "::", "10.0.0.1", "gateway.example", ""):  # noqa: S104
        with pytest.raises(ConfigError, match="no API key"):
            gate.refuse_exposed(host)


async def test_the_first_key_closes_the_gate_for_good(gate: Gate, keys: Keys) -> None:
    record, key = await keys.create("crm", [Scope.EVENTS_READ])
    gate.refuse_exposed("0.0.0.0")  # noqa: S104
    with pytest.raises(RefusedError, match="needed"):
        gate.admit(None, "127.0.0.1")
    principal = gate.admit(f"Bearer {key}", "10.0.0.7")
    assert (principal.name, set(principal.scopes)) == (f"key:{record.id}", {Scope.EVENTS_READ})
    with pytest.raises(RefusedError, match="commands:write"):
        principal.require(Scope.COMMANDS_WRITE)
    await keys.revoke(record.id)
    for header in (None, f"Bearer {key}"):
        with pytest.raises(RefusedError):
            gate.admit(header, "127.0.0.1")


@pytest.mark.parametrize(
    "header", ["Basic YTpi", "Bearer", "Bearer ", "Bearer tlk_x_y", "Bearer a.b.c", "tlk_x_y"]
)
def test_a_wrong_credential_is_refused_even_in_open_mode(gate: Gate, header: str) -> None:
    with pytest.raises(RefusedError) as caught:
        gate.admit(header, "127.0.0.1")
    assert caught.value.code is ErrorCode.NOT_ALLOWED


def test_a_token_sees_its_own_agent_and_platform_only(gate: Gate, tokens: Tokens) -> None:
    principal = gate.admit(f"bearer {tokens.mint(ANNA, SALES, Role.FACADE)}", "10.0.0.7")
    assert principal.name == "facade:sales:anna"
    assert principal.scopes == {Scope.EVENTS_READ, Scope.COMMANDS_WRITE}
    assert principal.sees("sales", "anna")
    assert not principal.sees("sales", "bert")
    assert not principal.sees("support", "anna")
    assert not principal.sees("sales", None)
    link = gate.identify(tokens.mint(ANNA, SALES, Role.LINK))
    assert link.role is Role.LINK
    assert link.scopes == {Scope.LINKS}


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost:8080", True),
        ("[::1]:8080", True),
        ("127.0.0.1:80", True),
        ("app.localhost", True),
        ("localhost.evil.example", False),
        ("192.168.1.1:80", False),
        ("", False),
    ],
)
def test_what_is_this_machine(host: str, own: bool) -> None:  # noqa: FBT001
    assert is_loopback(host) is own
