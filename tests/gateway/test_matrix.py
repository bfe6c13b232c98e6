"""`trunkline matrix`: nothing of the dialects' tables is left out, in Markdown, listing or counts."""

import re
from dataclasses import replace
from typing import Final

import msgspec
import pytest
from typer.testing import CliRunner

from adapters.contract.capabilities import Vocabulary, word, word_nearly, word_unsaid
from adapters.contract.dialect import ErasedDialect
from adapters.registry import DIALECTS
from gateway.cli import dialect_pages, matrix, matrix_listing
from gateway.cli.choices import Kind, Role
from gateway.cli.main import app
from schemas.errors import ConfigError

ACCOUNTED: Final = [one for one in DIALECTS if one.vocabulary]
each_dialect = pytest.mark.parametrize("dialect", ACCOUNTED, ids=lambda one: one.name)


def run(*arguments: str) -> str:
    ended = CliRunner().invoke(app, ["matrix", *arguments], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended.output


# --- for machines


def test_every_vendor_accounts_for_its_names_in_both_roles() -> None:
    assert {one.name for one in DIALECTS} - {one.name for one in ACCOUNTED} == {"softswitch"}
    assert all(set(one.vocabulary) == set(Role) for one in ACCOUNTED)


@each_dialect
def test_counts_add_up_to_what_is_known_and_stand_where_they_are_looked_for(dialect: ErasedDialect) -> None:
    told = msgspec.json.decode(run(dialect.name, "--json"))["dialects"]
    assert set(told) == {dialect.name}
    for role in Role:
        for kind, table in matrix.words(dialect.vocabulary[role]).items():
            counts = dict(told[dialect.name][role][kind])
            assert set(counts) == {"known", "exact", "flow", "approximate", "unsupported"}
            assert counts.pop("known") == sum(counts.values()) == len(table)
            assert set(told[dialect.name][role]["names"][kind]) == set(table)


# --- for people


@each_dialect
def test_block_of_a_dialect_has_a_row_for_each_method_and_event(dialect: ErasedDialect) -> None:
    _, methods, events = re.split(
        r"^\| (?:methods|events) \|", dialect_pages.page(dialect), flags=re.MULTILINE
    )
    for kind, text in ((Kind.METHODS, methods), (Kind.EVENTS, events)):
        tables = [matrix.words(dialect.vocabulary[role])[kind] for role in Role]
        rows = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
        assert sorted(rows) == sorted({name.replace("|", "\\|") for table in tables for name in table})
        notes = [line for line in text.splitlines() if line.startswith("- ")]
        for name, note in {(name, one.note) for table in tables for name, one in table.items() if one.note}:
            assert any(f"`{name}`" in line and line.endswith(f": {note}") for line in notes), name


def test_a_note_that_names_share_stands_once_and_says_in_which_role() -> None:
    south = Vocabulary(
        methods={
            "a": word_nearly("interaction.hold", "half"),
            "b": word_nearly("it", "half"),
            "c|d": word("x"),
        },
        events={"e": word_unsaid("never heard")},
        errors={},
    )
    north = Vocabulary(
        methods={"a": word_nearly("interaction.hold", "half"), "b": word("it"), "c|d": word("x")},
        events={"e": word_unsaid("never heard")},
        errors={},
    )
    dialect = replace(DIALECTS[0], vocabulary={"south": south, "north": north})
    text = dialect_pages.page(dialect)
    assert text[text.index("## Methods") :].splitlines() == [
        "## Methods: 3",
        "",
        "| methods | south | north |",
        "|---|---|---|",
        "| `a` | nearly `interaction.hold` | nearly `interaction.hold` |",
        "| `b` | nearly it | it |",
        "| `c\\|d` | x | x |",
        "",
        "- nearly south and north, `a`: half",
        "- nearly south, `b`: half",
        "",
        "## Events: 1",
        "",
        "| events | south | north |",
        "|---|---|---|",
        "| `e` | - | - |",
        "",
        "- not south and north, `e`: never heard",
    ]


def test_without_a_name_the_overview_is_printed_without_the_blocks() -> None:
    text = run()
    assert "## Methods" not in text
    assert text.strip() in dialect_pages.pages(DIALECTS)[dialect_pages.OVERVIEW]


# --- in the terminal


@each_dialect
def test_listing_has_a_line_for_every_name(dialect: ErasedDialect) -> None:
    lines = run(dialect.name).splitlines()
    for role in Role:
        for kind, table in matrix.words(dialect.vocabulary[role]).items():
            if not table:
                continue
            (at,) = (n for n, line in enumerate(lines) if line.startswith(f"{dialect.name} {role} {kind}: "))
            assert f": {len(table)} (" in lines[at]
            for line, (name, one) in zip(lines[at + 1 :], table.items(), strict=False):
                assert line.startswith(f"  {name} ")
                assert f" {one.support} " in f"{line} "
                assert one.canonical in line
                assert line.endswith(one.note or line)


def test_listing_is_of_one_role_and_kind_where_they_are_given() -> None:
    name = ACCOUNTED[0].name
    heads = [line for line in run(name, "--role", "north", "--kind", "errors").splitlines() if line[0] != " "]
    assert [head.partition(":")[0] for head in heads] == [f"{name} north errors"]


def test_a_dialect_without_a_vendor_says_so_and_one_that_there_is_not_is_refused() -> None:
    assert "no names of a vendor" in run("softswitch")
    with pytest.raises(ConfigError, match="'nobody' is not one of"):
        matrix_listing.find(DIALECTS, "nobody")
