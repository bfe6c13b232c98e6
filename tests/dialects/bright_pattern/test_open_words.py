"""A word that no list has fails nothing, is kept, and a canonical client reads it where the path says."""

from collections.abc import Callable
from typing import Final

import msgspec
import pytest

from adapters.bright_pattern.flows import begin
from adapters.contract.dialect import Context
from schemas import commands as c
from schemas import events as e
from schemas.ids import SessionId
from schemas.values import Json
from tests.dialects.bright_pattern.bridge import Bridge
from tests.dialects.bright_pattern.carriers_north import requested
from tests.dialects.bright_pattern.carriers_south import ABOUT, DIAL, OK, run, told
from tests.dialects.bright_pattern.peers import call
from tests.dialects.bright_pattern.samples import SAMPLES, Members

WORD: Final = "unheard_of"
S: Final = SessionId("s")
Path = tuple[str | int, ...]


def event(name: str, *params: Json) -> Json:
    """The last canonical event of what the page told, as JSON, without the page's own frame."""
    bridge = Bridge()
    bridge.say(name, *params)
    bare: e.AnyEvent = msgspec.structs.replace(bridge.events[-1], vendor=None)
    return msgspec.json.decode(msgspec.json.encode(bare))


def interaction(**members: Json) -> Callable[[], Json]:
    return lambda: event("ON_NEW_INTERACTION", call("i1", **members))


def outcome(command: c.AnyCommand, *answers: Json) -> Callable[[], Json]:
    return lambda: run(command, *answers, context=ABOUT)[1]


def refused(code: int, name: str) -> Json:
    return {"status": "error", "error": {"code": code, "name": name}}


PARTY: Final = {**SAMPLES["ChatParty"], "type": WORD}
CANDIDATE: Final = {**SAMPLES["DialCandidate"], "phones": [{"number": "1", "type": WORD}]}
USER: Final = {**SAMPLES["User"], "state": f"{WORD} so far"}
CASES: Final[dict[str, tuple[Callable[[], Json], Path, Json]]] = {
    "InteractionState": (interaction(state=WORD), ("interaction", "vendor_state"), WORD),
    "InteractionType": (interaction(type=WORD), ("interaction", "extras", "type"), WORD),
    "CallDirection": (interaction(callDirection=WORD), ("interaction", "extras", "callDirection"), WORD),
    "ChatPartyType": (
        interaction(type="chat", chatParties=[PARTY]),
        ("interaction", "extras", "chatParties", 0, "type"),
        WORD,
    ),
    "InteractionOrigination": (interaction(origination=WORD), ("interaction", "origination"), WORD),
    "InteractionKind": (
        interaction(interactionKind=WORD),
        ("interaction", "extras", "interactionKind"),
        WORD,
    ),
    "AgentState": (lambda: event("ON_AGENT_STATE_CHANGE", WORD), ("agent", "vendor_state"), WORD),
    "UserState": (
        outcome(c.ListDirectory(session_id=S), {**OK, "data": [SAMPLES["Team"]]}, {**OK, "data": [USER]}),
        ("data", 0, "state"),
        f"{WORD} so far",
    ),
    "DispositionType": (
        outcome(
            c.ListDispositions(session_id=S),
            {**OK, "data": [{**SAMPLES["DispositionData"], "type": WORD}]},
        ),
        ("data", 0, "category"),
        WORD,
    ),
    "PhoneDevice": (
        outcome(c.VendorCall(session_id=S, method="getPhoneDevice"), {**OK, "data": {"type": WORD}}),
        ("data", "type"),
        WORD,
    ),
    "PhoneType": (
        lambda: requested("setDialCandidates", [CANDIDATE]),
        ("params", 0, 0, "phones", 0, "type"),
        WORD,
    ),
    "ChatChannelType": (
        outcome(c.StartChat(session_id=S, channel_type=WORD, destination="1"), {**OK, "data": {"id": "i1"}}),
        ("warnings", 0),
        f"{WORD} is no documented channel",
    ),
    "ChatChannelType of a client": (
        lambda: requested("startChat", WORD, "1"),
        ("channel_type",),
        WORD,
    ),
    "WebScreenPop.action": (
        lambda: told("ON_WEB_SCREEN_POP_CUSTOM", "i1", {"action": WORD}),
        (0, 0, "action"),
        WORD,
    ),
    "request error, number and name": (outcome(DIAL, refused(21, WORD)), ("vendor_code",), f"21 {WORD}"),
    "request error, name": (outcome(DIAL, refused(15, WORD)), ("vendor_code",), f"15 {WORD}"),
    "request error, number": (
        outcome(DIAL, refused(21, "invalid_args")),
        ("vendor_code",),
        "21 invalid_args",
    ),
    "server error": (
        lambda: event("ON_SERVER_ERROR", {"code": 400, "name": WORD, "timestamp": 0}),
        ("code",),
        f"400 {WORD}",
    ),
    "server error, its number as text": (
        lambda: event("ON_SERVER_ERROR", {"code": "200", "name": "sip_server_error", "timestamp": 0}),
        ("code",),
        "sip_server_error",
    ),
}


def at(found: Json, path: Path) -> Json:
    for step in path:
        match step:
            case int():
                found = msgspec.convert(found, list[Json])[step]
            case str():
                found = msgspec.convert(found, Members)[step]
    return found


@pytest.mark.parametrize("case", CASES)
def test_word_of_no_list_is_kept_where_a_canonical_client_reads_it(case: str) -> None:
    said, path, word = CASES[case]
    assert at(said(), path) == word


def test_word_that_changes_alone_is_told() -> None:
    bridge = Bridge()
    bridge.say("ON_NEW_INTERACTION", call("i1", state=WORD))
    bridge.say("ON_INTERACTION_STATE_CHANGE", call("i1", state="stranger"))
    last = bridge.events[-1]
    assert isinstance(last, e.InteractionUpdated)
    assert last.interaction.vendor_state == "stranger"


def test_channel_of_no_list_is_tried_and_not_refused_here() -> None:
    chat = c.StartChat(session_id=S, channel_type=WORD, destination="1")
    assert next(begin(chat, Context())).params == (WORD, "1")
