"""North: what a client is told in words, where its vendor's API has no question to put to it."""

from collections.abc import Callable

from schemas.needinfo import Field
from schemas.results import Failed


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
