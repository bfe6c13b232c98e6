"""How a number may stand in a CRM, which compares text."""

import phonenumbers

from schemas.interaction import Interaction
from schemas.numbers import Number, NumberKind


def of_remote(one: Interaction) -> tuple[str, ...]:
    """Spellings of the other party's number, the surest first; none of an emergency number."""
    number = one.remote_number or one.ani_number
    written = one.remote_address or one.ani
    if number is None:
        return (written,) if written else ()
    if number.kind is NumberKind.EMERGENCY or number.withheld:
        return ()
    return tuple(dict.fromkeys((*_of(number), *((written,) if written else ()))))


def _of(number: Number) -> tuple[str, ...]:
    if not number.e164:
        return ()
    try:
        parsed = phonenumbers.parse(number.e164)
    except phonenumbers.NumberParseException:
        return (number.e164, number.e164[1:])
    as_text = phonenumbers.format_number
    national = as_text(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return (
        number.e164,
        as_text(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        national,
        "".join(filter(str.isdigit, national)),
        number.e164[1:],
    )
