"""North: which interaction a client means, and what it is told in words where it cannot be asked."""

from collections.abc import Callable, Sequence

from schemas.ids import InteractionId
from schemas.interaction import Interaction
from schemas.needinfo import Field
from schemas.results import Failed


def meant(listed: Sequence[Interaction], named: str, active: InteractionId | None) -> Interaction | None:
    """The interaction that is named, else the active one, else the only one; None: no such."""
    wanted = named or active
    found = next((one for one in listed if one.id == wanted), None)
    return listed[0] if found is None and not named and len(listed) == 1 else found


def failure_text(failed: Failed, given_by: Callable[[str], str], *, labels: bool = False) -> str:
    """The message, else the code; or what is missing: each field by how it is given, with its choices.

    `given_by` is what the client does or writes to give a field, by the field's key.
    """
    if failed.missing is None:
        return failed.message or failed.vendor_code or failed.code.value.replace("_", " ")
    fields = "; ".join(_field_text(field, given_by, labels=labels) for field in failed.missing.fields)
    return f"{failed.missing.title} ({fields})" if fields else failed.missing.title


def _field_text(field: Field, given_by: Callable[[str], str], *, labels: bool) -> str:
    choices = ", ".join(
        f"{one.id} = {one.label}" if labels and one.label else one.id for one in field.choices
    )
    return f"{given_by(field.key)}: {choices}" if choices else given_by(field.key)
