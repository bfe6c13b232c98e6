"""A question has the same keys whatever dialect asked it."""

import pytest

from adapters.kit.questions import KEY_OF, NOTES, chosen_from, what, which
from schemas.needinfo import Choice, FieldType, NeedInfoKind

ONE, OTHER = Choice(id="1", label="One"), Choice(id="2")


@pytest.mark.parametrize("kind", NeedInfoKind)
def test_what_is_chosen_has_the_key_of_its_kind(kind: NeedInfoKind) -> None:
    asked = which(kind, "Which?", "One of them", (ONE, OTHER), NOTES)
    assert [field.key for field in asked.fields] == [KEY_OF[kind], "notes"]
    assert chosen_from(asked) == (ONE, OTHER)
    assert not asked.skippable


def test_what_is_not_required_can_be_skipped() -> None:
    asked = which(NeedInfoKind.DISPOSITION, "Which?", "Disposition", (ONE,), required=False)
    assert asked.skippable
    assert not asked.fields[0].required


def test_without_a_list_there_is_nothing_to_choose_from() -> None:
    asked = what(NeedInfoKind.LOGOUT_REASON, "Why?", "Reason")
    assert (asked.fields[0].key, asked.fields[0].type) == ("reason", FieldType.TEXT)
    assert chosen_from(asked) == ()
