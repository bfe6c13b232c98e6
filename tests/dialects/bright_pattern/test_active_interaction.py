"""The optional interaction id: "" and null are absent, absent means the active one, and we name ours."""

from typing import Final

import msgspec
import pytest

from adapters.bright_pattern import flows
from adapters.bright_pattern.binding import CAPABILITIES
from adapters.bright_pattern.methods import METHODS
from adapters.contract.capabilities import Support
from adapters.contract.dialect import Call, Context, Execute, Reply, Send
from adapters.kit import jsonrpc
from schemas import commands as c
from schemas.ids import InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState, Media, Party
from schemas.results import Succeeded
from schemas.values import Json
from tests.dialects.bright_pattern.carriers_south import run
from tests.dialects.bright_pattern.peers import NOW, Desk, client, interaction, message, session
from tests.dialects.bright_pattern.test_vocabulary import CALLS

ABSENT: Final[dict[str, tuple[Json, ...]]] = {"absent": (), "null": (None,), "empty": ("",)}
PARTIES: Final = (Party(id="p1"), Party(id="p2"))


def meant(method: str, *params: Json, own: bool = True) -> Json:
    """What a client's call comes to, with I1 in front of another: commands, and the answer in the end.

    `own`: the platform is of this dialect, so that more is passed on to it.
    """
    desk = Desk(
        one=session(focused_interaction_id=InteractionId("I1")),
        same_dialect=own,
        open=[interaction("I0"), interaction("I1", parties=PARTIES, data={"case": "4711"})],
    )
    peer = client(desk)
    commands: list[Json] = []
    (out,) = peer.received(jsonrpc.request(1, method, params), NOW)
    while isinstance(out, Execute):
        commands.append(msgspec.to_builtins(out.command))
        (out,) = peer.finished(out.token, Succeeded(), NOW)
    assert isinstance(out, Send)
    return [commands, msgspec.json.decode(message(out).result or b"null")]


OPTIONAL_ID = {name: row.id_at for name, row in METHODS.items() if row.id_at is not None}


@pytest.mark.parametrize("absent", ABSENT.values(), ids=ABSENT)
@pytest.mark.parametrize("method", OPTIONAL_ID)
def test_absent_id_is_the_active_interactions(method: str, absent: tuple[Json, ...]) -> None:
    at = OPTIONAL_ID[method]
    before = (*CALLS[method][:at], *(None,) * (at - len(CALLS[method])))
    expected = meant(method, *before, "I1")
    assert meant(method, *before, *absent) == expected
    assert expected != meant(method, *before, "I0")
    assert meant(method, *before, *absent, own=False) == meant(method, *before, "I1", own=False)


@pytest.mark.parametrize("absent", [{}, {"interactionId": None}, {"interactionId": ""}], ids=str)
def test_absent_target_is_the_active_interaction(absent: Json) -> None:
    assert meant("getDispositionsList", absent) == meant("getDispositionsList", {"interactionId": "I1"})


# --- south

MAIN: Final = interaction("I1", state=InteractionState.CONNECTED, parties=PARTIES)
CONSULT: Final = interaction("C1", consult_of=InteractionId("I1"), state=InteractionState.HELD)
FIELDS: Final[dict[str, Json]] = {
    "interaction_id": "I1",
    "session_id": "s",
    "platform_id": "p",
    "agent_id": "ada",
    **dict.fromkeys(("destination", "tones", "text", "party_id", "disposition", "notes", "key"), "1"),
    "message": "m",
    "state": "ready",
    "channel_type": "sms",
    "data": {"k": "v"},
}
SAID: Final = sorted(
    verb
    for verb, ability in CAPABILITIES.commands_south.items()
    if ability.support not in (Support.UNSUPPORTED, Support.GATEWAY) and verb != "vendor.call"
)
# They take no id and act on the active interaction.
ON_ACTIVE: Final = frozenset({"consultCall", "transfer", "mergeAllCallsIntoConference"})


def calls(command: c.AnyCommand, one: Interaction) -> list[Call]:
    """All calls of a flow whose every call succeeds."""
    flow = flows.begin(command, Context(interaction=one, others=(CONSULT,)))
    made: list[Call] = []
    try:
        made.append(next(flow))
        while True:
            data: Json = {"id": "i9"} if made[-1].method.startswith("start") else []
            answer = msgspec.Raw(msgspec.json.encode({"status": "success", "data": data}))
            made.append(flow.send(Reply(answer)))
    except StopIteration:
        return made


@pytest.mark.parametrize("focused", [True, False], ids=["active", "behind"])
@pytest.mark.parametrize("media", [Media.VOICE, Media.CHAT])
@pytest.mark.parametrize("verb", SAID)
def test_every_call_names_its_interaction_or_makes_it_active_first(
    verb: str, media: Media, *, focused: bool
) -> None:
    if verb == "interaction.consult" and media is not Media.VOICE:
        media = Media.VOICE  # there is no other consultation
    command: c.AnyCommand = msgspec.convert({"type": verb, **FIELDS}, c.AnyCommand)
    active = "i1" if focused else "somebody else's"
    made = calls(command, msgspec.structs.replace(MAIN, focused=focused, media=media))
    assert made
    for call in made:
        if call.method == "switchActiveInteraction":
            active = str(call.params[0])
        elif call.method in ON_ACTIVE:
            assert active == "i1"
        elif call.method == "getDispositionsList":
            assert msgspec.to_builtins(call.params[0]) == {"interactionId": "i1"}
        elif (at := OPTIONAL_ID.get(call.method)) is not None:
            assert call.params[at] in ("i1", "i9", "c1")


@pytest.mark.parametrize("method", OPTIONAL_ID)
@pytest.mark.parametrize("absent", ABSENT.values(), ids=ABSENT)
def test_raw_call_about_an_interaction_names_it(method: str, absent: tuple[Json, ...]) -> None:
    at = OPTIONAL_ID[method]
    before = (*CALLS[method][:at], *(None,) * (at - len(CALLS[method])))
    raw = c.VendorCall(
        session_id=SessionId("s"),
        method=method,
        params=(*before, *absent),
        interaction_id=InteractionId("I1"),
    )
    assert calls(raw, MAIN)[0].params == (*before, "i1")
    own = msgspec.structs.replace(raw, params=(*before, "i7"))
    assert calls(own, MAIN)[0].params == (*before, "i7")


def test_dispositions_of_nothing_in_particular_are_the_active_interactions() -> None:
    asked = c.ListDispositions(session_id=SessionId("s"))
    active = msgspec.structs.replace(MAIN, focused=True)
    made, _ = run(asked, context=Context(others=(CONSULT, active)))
    assert msgspec.to_builtins(made[0].params[0]) == {"interactionId": "i1"}
    made, outcome = run(asked, context=Context(others=(CONSULT,)))
    assert made == []
    assert msgspec.convert(outcome, dict[str, Json])["code"] == "unknown_interaction"
