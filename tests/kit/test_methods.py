"""What comes from a vendor's rows, and from its coverage file."""

import sys
from pathlib import Path

import msgspec
import pytest

from adapters.contract.capabilities import Ability, Support, exact, word, word_nearly, word_unsaid
from adapters.contract.dialect import Call, Context, Done, Flow, Outcome, Reply
from adapters.kit import coverage
from adapters.kit.methods import (
    Method,
    Plainly,
    abilities,
    by_name,
    plain,
    reads,
    rows,
    served_by,
    unsaid,
    words_north,
    words_south,
)
from schemas.commands import COMMANDS, AnyCommand, DeleteData, Hold, Mute, Release, Retrieve, SetData, verb
from schemas.errors import UnsupportedError
from schemas.ids import InteractionId
from schemas.results import ErrorCode, Failed

ONE = InteractionId("i-1")
OVER = Failed(code=ErrorCode.WRONG_STATE, message="it is over")


class Params(msgspec.Struct, frozen=True, array_like=True):
    """[id, key]."""

    id: str
    key: str = ""


Row = Method[str, AnyCommand]
# One method that is two commands, as some vendors have it.
SET_HOLD = Row(
    "setHold",
    word("interaction.hold, interaction.retrieve"),
    word("interaction.hold"),
    (
        plain(Hold, lambda row, command, _: row(True, command.interaction_id)),
        plain(Retrieve, lambda row, command, _: row(False, command.interaction_id)),
    ),
)
MUTE = Row(
    "mute",
    word_nearly("interaction.mute", "the whole endpoint"),
    word_unsaid("no such button"),
    (plain(Mute, lambda row, _command, _context: row()),),
)
DELETE = Row(
    "deleteKey",
    word("interaction.delete_data"),
    word("interaction.delete_data"),
    (plain(DeleteData, lambda row, command, _: row(command.key, target="x") if command.key else OVER),),
    reads(Params, lambda scope, params: DeleteData(interaction_id=InteractionId(scope), key=params.key)),
)
OTHER_DELETE = Row("removeKey", word_nearly("interaction.delete_data", "slowly"), word("vendor.call"))
TABLE: tuple[Row, ...] = tuple(rows(globals()))
OTHERS = {
    **unsaid(dict.fromkeys(COMMANDS.values(), "no such call")),
    "interaction.set_data": served_by(DELETE, MUTE, support=Support.FLOW),
    "vendor.call": exact("any"),
}
for _tag in ("interaction.hold", "interaction.retrieve", "interaction.mute", "interaction.delete_data"):
    del OTHERS[_tag]
SOUTH = abilities(words_south(TABLE), OTHERS)


def failed(reply: Reply) -> Failed | None:
    return None if bytes(reply.body) == b"true" else OVER


PLAINLY = Plainly("vendor", TABLE, SOUTH, failed)


def run(flow: Flow, answer: bytes = b"true") -> tuple[list[Call], Outcome]:
    calls = []
    try:
        calls.append(next(flow))
        flow.send(Reply(msgspec.Raw(answer)))
    except StopIteration as end:
        outcome: Outcome = end.value
        return calls, outcome
    raise AssertionError("more than one call")


def test_the_rows_of_a_module_are_found_in_its_order() -> None:
    assert TABLE == (SET_HOLD, MUTE, DELETE, OTHER_DELETE)
    assert by_name(TABLE)["mute"] is MUTE
    with pytest.raises(ValueError, match="mute"):
        by_name((*TABLE, MUTE))


def test_a_command_is_said_as_well_as_the_best_of_its_methods() -> None:
    assert set(SOUTH) == set(COMMANDS)
    assert SOUTH["interaction.hold"] == SOUTH["interaction.retrieve"] == exact("setHold")
    assert SOUTH["interaction.mute"] == Ability(Support.APPROXIMATE, "mute", "the whole endpoint")
    assert SOUTH["interaction.delete_data"] == exact("deleteKey, removeKey")
    assert SOUTH["interaction.set_data"] == Ability(Support.FLOW, "deleteKey, mute")
    assert SOUTH["agent.login"].support is Support.UNSUPPORTED


def test_the_roles_have_words_of_their_own() -> None:
    missing = {verb(kind): Ability(Support.UNSUPPORTED, "", "no such call") for kind in (Mute, Retrieve)}
    north = abilities(words_north(TABLE), {**OTHERS, **missing})
    assert north["interaction.retrieve"].support is Support.UNSUPPORTED
    assert north["interaction.delete_data"] == exact("deleteKey")
    with pytest.raises(KeyError):
        abilities(words_north(TABLE), OTHERS)  # nobody says what becomes of mute


@pytest.mark.parametrize(
    ("command", "call"),
    [
        (Hold(interaction_id=ONE), Call(method="setHold", params=(True, "i-1"))),
        (Retrieve(interaction_id=ONE), Call(method="setHold", params=(False, "i-1"))),
        (DeleteData(interaction_id=ONE, key="k"), Call(method="deleteKey", params=("k",), target="x")),
    ],
)
def test_a_plain_command_is_one_call_of_its_row(command: AnyCommand, call: Call) -> None:
    assert run(PLAINLY.begin(command, Context())) == ([call], Done())
    assert run(PLAINLY.begin(command, Context()), b"false") == ([call], OVER)


def test_what_a_row_only_comes_near_to_is_a_warning() -> None:
    calls, outcome = run(PLAINLY.begin(Mute(interaction_id=ONE), Context()))
    assert (calls, outcome) == ([MUTE()], Done(warnings=("the whole endpoint",)))


def test_a_row_may_say_why_it_cannot_be_called() -> None:
    assert run(PLAINLY.begin(DeleteData(interaction_id=ONE, key=""), Context())) == ([], OVER)


@pytest.mark.parametrize("kind", [Release, SetData])
def test_a_command_without_a_row_is_refused_at_once(kind: type[Release | SetData]) -> None:
    command = Release(interaction_id=ONE) if kind is Release else SetData(interaction_id=ONE, data={})
    with pytest.raises(UnsupportedError):
        PLAINLY.begin(command, Context())


def test_no_command_has_two_rows() -> None:
    with pytest.raises(ValueError, match=r"interaction\.mute"):
        Plainly("vendor", (*TABLE, Row("again", MUTE.south, MUTE.north, MUTE.calls)), SOUTH, failed)


def test_a_plain_request_is_read_and_null_is_as_if_absent() -> None:
    assert DELETE.read is not None
    assert DELETE.read("i-1", msgspec.Raw(b'["4","k"]')) == DeleteData(interaction_id=ONE, key="k")
    assert DELETE.read("i-1", msgspec.Raw(b'["4",null]')) == DeleteData(interaction_id=ONE, key="")
    for wrong in (b"[]", b"[4]", b'["4",5]'):
        with pytest.raises(msgspec.DecodeError):
            DELETE.read("i-1", msgspec.Raw(wrong))


# --- the coverage file

FILE = """
[notes]
elsewhere = "over any other:"

[fields.One]
state = "Interaction.state"
"a, b".south = "Interaction.refs"
"a, b".north = { approximate = "Interaction.id", note = "{elsewhere} our id" }

[enums."agent state"]
"not ready" = { flow = "not_ready" }

[events]
"interaction/X" = { unsupported = "{elsewhere} never" }

[errors]
late = { south = "timeout" }

[told]
"party.updated" = { south = { gateway = "by us" }, north = "{MUTE.name}, parties" }
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "a_vendor_of_tests"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, package.name, raising=False)
    return package / "coverage.toml"


def test_the_file_says_what_becomes_of_each_name_by_role(written: Path) -> None:
    written.write_text(FILE)
    read = coverage.load("a_vendor_of_tests", globals())
    south, north = read["south"], read["north"]
    refs, ours = word("Interaction.refs"), word_nearly("Interaction.id", "over any other: our id")
    assert south.fields == {"One.state": word("Interaction.state"), "One.a": refs, "One.b": refs}
    assert north.fields == {"One.state": word("Interaction.state"), "One.a": ours, "One.b": ours}
    assert south.enums["agent state.not ready"].support is Support.FLOW
    assert south.events == north.events == {"interaction/X": word_unsaid("over any other: never")}
    assert (south.errors, north.errors) == ({"late": word("timeout")}, {})
    assert south.told == {"party.updated": Ability(Support.GATEWAY, "", "by us")}
    assert north.told == {"party.updated": exact("mute, parties")}
    methods = {"m": word("vendor.call")}
    assert south.vocabulary(methods).fields is south.fields
    assert south.vocabulary(methods).methods is methods


@pytest.mark.parametrize(
    "wrong",
    [
        "[events]\nx = {}\n",
        '[events]\nx = {exact = "a", flow = "b"}\n',
        "[y]\n",
        '[events]\nx = "{nobody}"\n',
    ],
)
def test_a_file_that_says_too_little_or_too_much_is_refused(written: Path, wrong: str) -> None:
    written.write_text(wrong)
    with pytest.raises((ValueError, KeyError)):
        coverage.load("a_vendor_of_tests", globals())
