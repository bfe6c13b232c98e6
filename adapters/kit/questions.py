"""Questions in the form that they have in every dialect: see schemas.needinfo."""

from collections.abc import Mapping
from typing import Final

from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question

# The key of what is chosen.
KEY_OF: Final[Mapping[NeedInfoKind, str]] = {
    **{kind: kind.value for kind in NeedInfoKind},
    NeedInfoKind.OUTBOUND_SKILL: "skill",
    NeedInfoKind.LOGOUT_REASON: "reason",
}
NOTES: Final = Field(key="notes", type=FieldType.TEXT, title="Notes", required=False)


def which(
    kind: NeedInfoKind,
    title: str,
    field: str,
    choices: tuple[Choice, ...],
    *more: Field,
    required: bool = True,
) -> Question:
    """The question which of these it is; one that is not required can be skipped."""
    asked = Field(key=KEY_OF[kind], type=FieldType.CHOICE, title=field, required=required, choices=choices)
    return Question(kind=kind, title=title, fields=(asked, *more), skippable=not required)


def what(kind: NeedInfoKind, title: str, field: str, answer: FieldType = FieldType.TEXT) -> Question:
    """The question for something of which there is no list."""
    return Question(kind=kind, title=title, fields=(Field(key=KEY_OF[kind], type=answer, title=field),))


def chosen_from(question: Question) -> tuple[Choice, ...]:
    """What there is to choose from."""
    return next((one.choices for one in question.fields if one.key == KEY_OF[question.kind]), ())
