"""Every pair of client dialect and platform dialect, every canonical command: who says it, who hears what.

The nine pairs follow from two columns of one table (rows_*.py): the client's frames come to the command, the
command to the platform's calls. Beside it: what the dialects declare of themselves agrees with the table.
"""

from typing import Final

import pytest

from adapters.capabilities import Support
from adapters.dialect import Done
from schemas.commands import COMMANDS, AnyCommand, verb
from schemas.needinfo import Question
from schemas.results import Failed, FinalResult, Succeeded
from tests.contract.any_to_any.pairs import BY_NAME, Client, carried_out, result_of
from tests.contract.any_to_any.rows_single_step import SEVERAL
from tests.contract.any_to_any.scenes import Scene
from tests.contract.any_to_any.table import ROWS, of
from tests.contract.any_to_any.words import (
    VENDORS,
    ByGateway,
    Calls,
    Fails,
    Heard,
    Refused,
    Row,
    Said,
    Unsaid,
)


def heard(platform: str, command: AnyCommand, scene: Scene, expected: Heard) -> FinalResult:
    """Let the platform carry out a command, check that it is called as the table says; the result."""
    made, outcome = carried_out(platform, command, scene, expected)
    match expected:
        case Calls(made=calls, warns=warns, ref=ref, asks=asks):
            assert [(one.method, one.params, one.target) for one in made] == [
                (one.method, one.params, one.target) for one in calls
            ]
            if asks is not None:
                assert isinstance(outcome, Question)
                assert outcome.kind is asks
            else:
                assert isinstance(outcome, Done)
                assert bool(outcome.warnings) is warns
                assert (outcome.ref or "") == ref
        case Refused() | ByGateway():
            assert (made, outcome) == ([], None)
        case Fails():
            assert made == []
            assert isinstance(outcome, Failed)
    return result_of(outcome, expected)


# What a client can say only where the platform is of its own dialect, so no row of the table has it; its
# cases are in tests/dialects.
AT_HOME: Final = {("genesys_wwe", "vendor.call"), ("channel_session", "vendor.call")}
# What channels do by themselves here, and a platform that has them does: it is asked (vendor.call).
PASSED_ON: Final = frozenset(
    {"channel.deactivate", "channelgroup.request.deactivate", "channelgroup.request.deactivateall"}
)


def _frames(row: Row, dialect: str) -> tuple[Said, ...]:
    said = row.north[dialect]
    return () if isinstance(said, Unsaid) else said


# What the platform has no word for, and a client's own connection does: it remembers which interaction is
# active, and keeps a note for the completion, which takes it.
KEPT = {
    ("bright_pattern", "channel_session", "interaction.focus"),
    ("bright_pattern", "channel_session", "interaction.set_notes"),
}
SAID = [(dialect, name) for name, row in ROWS.items() for dialect in VENDORS if _frames(row, dialect)]


def _of_its_own(said: Said, scene: Scene) -> bool:
    """Whether a platform of the client's protocol is asked itself, or has no such object."""
    words = said.frames[-1]
    return words.get("command") in PASSED_ON or (scene.bare and words.get("target") == "s1.grp")


@pytest.mark.parametrize(("dialect", "name"), SAID)
@pytest.mark.parametrize("platform", VENDORS)
def test_what_a_client_says_is_what_the_platform_hears(dialect: str, platform: str, name: str) -> None:
    row = ROWS[name]
    for one in _frames(row, dialect):
        if dialect == platform and _of_its_own(one, row.scene):
            continue
        results: list[FinalResult] = []

        def carry_out(command: AnyCommand, results: list[FinalResult] = results) -> FinalResult:
            results.append(heard(platform, command, row.scene, row.south[platform]))
            return results[-1]

        commands, success = Client(dialect, row.scene, platform).says(one, carry_out)
        assert commands == [one.command or row.command]
        kept = (dialect, platform, name) in KEPT
        assert success is (kept or isinstance(results[-1], Succeeded))


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("platform", VENDORS)
def test_a_client_of_our_own_is_heard_alike(platform: str, name: str) -> None:
    row = ROWS[name]
    heard(platform, row.command, row.scene, row.south[platform])


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("platform", VENDORS)
def test_a_frame_that_comes_to_several_commands_ends_with_the_first_that_fails(
    platform: str, name: str
) -> None:
    dialect, said, scene, commands = SEVERAL[name]
    assert Client(dialect, scene, platform).says(said, lambda _: Succeeded()) == (list(commands), True)
    failure = result_of(None, Refused("not here"))
    carried, success = Client(dialect, scene, platform).says(said, lambda _: failure)
    assert success is False
    assert carried in ([commands[0]], list(commands))  # one by one, or all at once


# --- what the dialects declare


def test_every_command_stands_in_the_table() -> None:
    assert {verb(row.command) for row in ROWS.values()} == set(COMMANDS)
    for row in ROWS.values():
        assert set(row.north) == set(row.south) == set(VENDORS)


@pytest.mark.parametrize("tag", COMMANDS)
@pytest.mark.parametrize("dialect", VENDORS)
def test_a_client_can_say_what_its_dialect_declares(dialect: str, tag: str) -> None:
    ability = BY_NAME[dialect].capabilities.commands_north[tag]
    said = any(_frames(row, dialect) for row in of(tag)) or (dialect, tag) in AT_HOME
    assert said is (ability.support is not Support.UNSUPPORTED)
    if ability.support in (Support.UNSUPPORTED, Support.APPROXIMATE):
        assert ability.note


@pytest.mark.parametrize("dialect", VENDORS)
def test_every_name_that_is_said_to_say_a_command_says_it_in_the_table(dialect: str) -> None:
    missing = [
        (name, tag)
        for name, word in BY_NAME[dialect].vocabulary["north"].methods.items()
        for tag in word.canonical.split(", ")
        if tag in COMMANDS and tag != "vendor.call" and _bare(name) not in _said_by(dialect, tag)
    ]
    assert missing == []


def _said_by(dialect: str, tag: str) -> set[str]:
    """The names by which clients of that dialect say a command."""
    rows = {_bare(one.name) for row in of(tag) for one in _frames(row, dialect)}
    several = {
        _bare(said.name)
        for of_dialect, said, _, commands in SEVERAL.values()
        if of_dialect == dialect and tag in map(verb, commands)
    }
    return rows | several


def _bare(name: str) -> str:
    """A name in the spelling that two spellings of it share (cs 4)."""
    return name.replace(".request.", ".")


@pytest.mark.parametrize("tag", COMMANDS)
@pytest.mark.parametrize("platform", VENDORS)
def test_a_platform_can_be_told_what_its_dialect_declares(platform: str, tag: str) -> None:
    ability = BY_NAME[platform].capabilities.commands_south[tag]
    assert ability.support is _support(of(tag), platform)
    if ability.support in (Support.UNSUPPORTED, Support.APPROXIMATE, Support.GATEWAY):
        assert ability.note


def _support(rows: tuple[Row, ...], platform: str) -> Support:
    """What the table says: refused always, several calls ever, a warning in the plain case."""
    cells = [row.south[platform] for row in rows]
    if all(isinstance(cell, Refused) for cell in cells):
        return Support.UNSUPPORTED
    if all(isinstance(cell, ByGateway) for cell in cells):
        return Support.GATEWAY
    if any(isinstance(cell, Calls) and len(cell.made) > 1 for cell in cells):
        return Support.FLOW
    plain = cells[0]
    return Support.APPROXIMATE if isinstance(plain, Calls) and plain.warns else Support.EXACT


@pytest.mark.parametrize("tag", COMMANDS)
@pytest.mark.parametrize("platform", VENDORS)
def test_the_matrix_names_the_calls_that_are_made(platform: str, tag: str) -> None:
    ability = BY_NAME[platform].capabilities.commands_south[tag]
    if tag == "vendor.call":
        return  # any
    cells = [row.south[platform] for row in of(tag)]
    made = {one.method for cell in cells if isinstance(cell, Calls) for one in cell.made}
    assert made <= {name.strip() for name in ability.vendor.split(",")}
