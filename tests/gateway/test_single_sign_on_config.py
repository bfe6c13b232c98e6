"""The configuration of single sign-on: what would sign the wrong person in, or tell a secret, is refused."""

import pytest

from gateway.config import Config, parse
from schemas.errors import ConfigError
from schemas.values import Json


def configured(over: dict[str, Json], host: str = "127.0.0.1") -> Config:
    section = {
        "issuer": "https://login.example",
        "client_id": "trunkline",
        "agent_claims": {"sales": "employee_id"},
        **over,
    }
    told = {name: value for name, value in section.items() if value is not None}
    platforms = {"sales": {"dialect": "x"}}
    return parse({"server": {"host": host}, "platforms": platforms, "single_sign_on": told}, "test")


def test_the_secret_may_come_from_the_environment_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUNKLINE_SINGLE_SIGN_ON__CLIENT_SECRET", "hunter2")
    found = configured({}).single_sign_on
    assert found is not None
    assert found.client_secret is not None
    assert found.client_secret.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("over", "place"),
    [
        ({"issuer": "http://login.example"}, "issuer"),
        ({"issuer": "https://login.example?tenant=1"}, "issuer"),
        ({"issuer": "login.example"}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"scopes": ["profile"]}, "scopes"),
        ({"agent_claims": None}, "agent_claims"),
        ({"agent_claims": {}}, "agent_claims"),
        ({"agent_claims": {"sales": ""}}, "agent_claims"),
        ({"agent_claims": {"other": "sub"}}, "agent_claims: no platforms: other"),
        ({"origins": ["https://desktop.example/"]}, "origins"),
        ({"origins": ["http://desktop.example"]}, "origins"),
        ({"origins": ["*"]}, "origins"),
        ({"token_s": 43201}, "token_s"),
    ],
    ids=str,
)
def test_a_mistake_is_told_with_its_place(over: dict[str, Json], place: str) -> None:
    with pytest.raises(ConfigError, match=f"single_sign_on.{place}"):
        configured(over)


def test_where_others_are_served_too_the_origins_have_to_be_said() -> None:
    with pytest.raises(ConfigError, match="origins"):
        configured({}, host="0.0.0.0")  # noqa: S104
    configured({"origins": ["https://desktop.example"]}, host="0.0.0.0")  # noqa: S104
    configured({"issuer": "http://127.0.0.1:9000", "origins": ["http://localhost:8080"]})
