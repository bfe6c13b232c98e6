"""What never comes out in a log."""

import pytest

from gateway.security.keys import Keys
from gateway.security.tokens import Tokens
from gateway.store.memory import MemoryStore
from gateway.telemetry.redaction import MAX_TEXT, REDACTED, clean, mask_number, redact
from schemas.commands import Dial, SetData
from schemas.grants import Role
from schemas.ids import AgentId, InteractionId, PlatformId, SessionId
from schemas.results import ErrorCode
from schemas.values import Json
from tests.fakes import FakeClock


def logged(**fields: Json) -> dict[str, Json]:
    return dict(redact(None, "info", fields))


async def test_a_whole_key_is_never_logged_wherever_it_stands() -> None:
    _, key = await Keys(MemoryStore(), FakeClock()).create("crm", [])
    secret = key.split("_", 2)[2]
    line = logged(
        event=f"refused {key}",
        header=f"Bearer {key}",
        url=f"http://x/?token={key}&a=1",
        nested={"deep": [{"note": key}, (key,)]},
        error=ValueError(key),
        **{key: "as a name"},
    )
    del line[key]  # a field's name is the programmer's
    assert secret not in str(line)
    assert key.split("_")[1] in str(line["event"])


def test_tokens_and_signing_secrets_are_never_logged() -> None:
    token = Tokens(b"s" * 32, FakeClock()).mint(AgentId("anna"), PlatformId("sales"), Role.LINK)
    for text in (
        token,
        f"Bearer {token}",
        f"?token={token}",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "Basic QWxhZGRpbjpvcGVu",
    ):
        assert clean(f"got {text}!").count(text.rpartition(" ")[2].rpartition("=")[2]) == 0


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "token",
        "Authorization",
        "data",
        "attached_data",
        "answers",
        "notes",
        "vendor",
        "api_key",
        "response_body",
    ],
)
def test_fields_that_hold_what_must_stay_inside_are_dropped(name: str) -> None:
    assert logged(**{name: {"a": "secret"}}) == {name: REDACTED}
    assert logged(outer={name: "secret"}) == {"outer": {name: REDACTED}}


def test_an_object_is_logged_by_its_type_only() -> None:
    data = SetData(interaction_id=InteractionId("i"), data={"card": "4111111111111111"})
    dial = Dial(session_id=SessionId("s"), destination="+4915112345678")
    assert logged(command=data, many=[dial], raw=b"bytes") == {
        "command": "<SetData>",
        "many": ["<Dial>"],
        "raw": "<bytes>",
    }


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("call to +4915112345678 failed", "call to +491********78 failed"),
        ("to 6505551212.", "to 650*****12."),
        ("to +1 (650) 555-1212", "to +1 (65*) ***-**12"),
        ("(650) 555-1212", "(650) ***-**12"),
        ("4111111111111111", "411***********11"),
    ],
)
def test_numbers_keep_their_ends_only(text: str, instead: str) -> None:
    assert clean(text) == instead


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:00:00.123456Z",
        "at 2026-03-02 09:00:00",
        "0195b2c4-1234567-7def-8abc-0123456789ab",
        "192.168.100.200:8080",
        "extension 4711",
        "i7f3a9c00112233445566",
    ],
)
def test_times_ids_and_extensions_are_left_alone(text: str) -> None:
    assert clean(text) == text


def test_numbers_in_their_own_fields_are_masked_whatever_they_look_like() -> None:
    assert logged(ani=4915112345678, destination="sip:49 151 12345", dnis="12345", caller_id=["1"]) == {
        "ani": "491********78",
        "destination": "sip:49 1** ***45",
        "dnis": "12345",
        "caller_id": REDACTED,
    }
    assert mask_number("") == ""


def test_plain_values_come_through() -> None:
    assert logged(event="finished", cursor=12345678, seconds=0.5, ok=True, why=None, code=ErrorCode.BUSY) == {
        "event": "finished",
        "cursor": 12345678,
        "seconds": 0.5,
        "ok": True,
        "why": None,
        "code": "busy",
    }


def test_nothing_is_unbounded() -> None:
    text = str(logged(event="x" * 10**6)["event"])
    assert len(text) < MAX_TEXT + 40
    assert text.endswith("(1000000 characters)")
    many = logged(items=list(range(1000)), keys={str(n): n for n in range(1000)})
    assert len(str(many)) < 500
    deep: Json = "core"
    for _ in range(50):
        deep = [deep]
    assert len(str(logged(deep=deep))) < 60
