"""The vendor's option accepted-web-content-origins, as it is written there. Source: reference 1.2."""

import re

import pytest

from adapters.genesys_wwe.settings import web_origins

ALL = ("*",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        (" ", {}),
        ("*", {"*": ALL}),
        ("https://a.example, http://b:8080", {"https://a.example": ALL, "http://b:8080": ALL}),
        (
            "https://a.example(agent.*, voice.dial), http://b (*)",
            {"https://a.example": ("agent.*", "voice.dial"), "http://b": ALL},
        ),
    ],
)
def test_origins_and_their_services_are_read(text: str, found: dict[str, tuple[str, ...]]) -> None:
    assert web_origins(text) == found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a.example", "'a.example' is no origin"),
        ("https://a.example/path", "is no origin"),
        ("https://a.example,,http://b", "'' is no origin"),
        ("https://a.example()", "'' is no service"),
        ("https://a.example(dial)", "'dial' is no service"),
        ("https://a.example(agent.*", "not closed"),
        ("https://a.example(agent.*)x", "not closed"),
        ("https://a.example)", "not closed"),
    ],
)
def test_what_is_not_understood_is_named(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=re.escape(named)):
        web_origins(text)
