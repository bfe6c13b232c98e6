"""What spellings of telephone numbers mean: by the national plans (numbers/plans.toml), never by a guess."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import phonenumbers
import pytest
from pydantic import ValidationError

from gateway.numbers.config import DialForm, NumbersConfig
from gateway.numbers.plan import CACHED, DialPlan
from schemas.numbers import Number, NumberKind

PLANS: Final = Path(__file__).parent / "numbers" / "plans.toml"


class Case(NamedTuple):
    """One spelling."""

    config: NumbersConfig
    text: str
    means: str


def cases() -> Iterator[Case]:
    """All of the file."""
    for region, told in tomllib.loads(PLANS.read_text("utf-8")).items():
        assert told["source"]
        inside = NumbersConfig(region=region)
        yield from (Case(inside, text, means) for text, means in told["spellings"].items())
        behind = NumbersConfig(region=region, outside_line=told.get("line", ""))
        yield from (Case(behind, text, means) for text, means in told.get("outside", {}).items())


CASES: Final = tuple(cases())


def meaning(number: Number | None) -> str:
    """As the file writes it."""
    if number is None:
        return "none"
    told = ["withheld"] if number.withheld else []
    if number.e164:
        told.append(number.e164 + (f";ext={number.extension}" if number.extension else ""))
    elif number.kind is not NumberKind.UNKNOWN:
        told.append(str(number.kind))
    return " ".join(told)


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{one.config.region}{one.config.outside_line}-{one.text!r}" for one in CASES]
)
def test_spelling_means_what_the_national_plan_says(case: Case) -> None:
    assert meaning(DialPlan(case.config).read(case.text)) == case.means


def test_the_file_is_as_large_as_it_was_promised() -> None:
    assert len(CASES) >= 120
    assert len({one.config.region for one in CASES}) >= 10


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("+49 (0)30 12345678", "+493012345678"),
        ("tel:+1-201-555-0123", "+12015550123"),
        ("030 12345678", "none"),
        ("0049 30 12345678", "none"),  # which country is it that calls others by 00?
        ("4711", "none"),
        ("+1 555 0100", "external"),
        ("ann", "none"),
        ("ann@example.com", "none"),
        ("private number", "withheld"),
        *(
            (one, "emergency")
            for one in ("000", "112", "911", "999", "tel:112", "+112", "112#", "sip:911@pbx")
        ),
    ],
)
def test_without_a_region_nothing_is_guessed(text: str, means: str) -> None:
    assert meaning(DialPlan().read(text)) == means


def test_extensions_are_internal_however_they_are_told() -> None:
    by_length = DialPlan(NumbersConfig(region="DE", extension_digits=frozenset({4})))
    by_pattern = DialPlan(NumbersConfig(extensions=("[1-7]\\d{2}",)))
    for plan, text in ((by_length, "4711"), (by_length, "sip:4711@pbx.example"), (by_pattern, "101")):
        number = plan.read(text)
        assert number is not None
        assert number.kind is NumberKind.INTERNAL
        assert number.extension in text
    assert by_pattern.read("801") is None
    # Help comes first: a desk with the number 112 is called by nobody.
    assert meaning(DialPlan(NumbersConfig(extension_digits=frozenset({3}))).read("112")) == "emergency"


def test_a_plan_has_prefixes_of_its_own() -> None:
    plan = DialPlan(NumbersConfig(region="DE", international_prefix="000", national_prefix="01"))
    assert meaning(plan.read("000 44 20 7946 0958")) == "+442079460958"
    assert meaning(plan.read("01 30 12345678")) == "+493012345678"


def test_operators_add_numbers_of_help() -> None:
    plan = DialPlan(NumbersConfig(outside_line="9", emergency=("5555",)))
    assert plan.is_emergency("9-5555")
    assert not plan.is_emergency("5556")


@pytest.mark.parametrize("text", ["9116666", "911#", "*67 911"])
def test_what_connects_to_help_is_help(text: str) -> None:
    assert DialPlan(NumbersConfig(region="US")).is_emergency(text)


# --- out


@pytest.mark.parametrize(
    ("form", "text", "dialled"),
    [
        (DialForm.E164, "030 12345678", "+493012345678"),
        (DialForm.E164, "+493012345678", "+493012345678"),
        (DialForm.E164, "(030) 123 456 78,,45#", "+493012345678,,45#"),
        (DialForm.PLAN, "+49 30 12345678", "003012345678"),
        (DialForm.PLAN, "+44 20 7946 0958", "000442079460958"),
        (DialForm.AS_GIVEN, "0 030 12345678", "0 030 12345678"),
        *(
            (form, text, text)
            for form in DialForm
            for text in ("112", "0 112", "+112", "tel:110", "*31#030 12345678", "4711", "*100#", "ann")
        ),
    ],
)
def test_numbers_are_dialled_in_one_form_and_emergencies_as_they_are(
    form: DialForm, text: str, dialled: str
) -> None:
    plan = DialPlan(NumbersConfig(region="DE", outside_line="0", dial=form))
    assert plan.dialled(text).text == dialled


def test_an_extension_that_cannot_be_dialled_is_said() -> None:
    dialled = DialPlan(NumbersConfig(region="US")).dialled("(201) 555-0123 x4567")
    assert dialled.text == "+12015550123"
    assert "extension" in dialled.warning


# --- the cost


def test_a_spelling_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    parse = phonenumbers.parse

    def counted(text: str, region: str | None = None) -> phonenumbers.PhoneNumber:
        calls.append(text)
        return parse(text, region)

    monkeypatch.setattr(phonenumbers, "parse", counted)
    plan = DialPlan(NumbersConfig(region="DE"))
    first = plan.read("030 12345678")
    parsed = len(calls)
    assert parsed > 0
    assert all(plan.read("030 12345678") is first for _ in range(100))
    assert len(calls) == parsed


def test_what_is_kept_is_bounded() -> None:
    plan = DialPlan()
    for one in range(CACHED + 100):
        plan.read(f"+{one}")
    assert plan.kept() <= CACHED
    assert plan.read("+" + "1" * 10_000) is None
    assert plan.kept() <= CACHED


def test_a_region_that_there_is_not_is_a_mistake_of_the_configuration() -> None:
    for wrong in ({"region": "XX"}, {"region": "de"}, {"extensions": ("(",)}, {"outside_line": "9,"}):
        with pytest.raises(ValidationError):
            NumbersConfig.model_validate(wrong)
