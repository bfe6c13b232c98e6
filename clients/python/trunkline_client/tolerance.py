"""Words of a newer gateway: one that is not in our set is no error."""

from enum import StrEnum
from typing import Self


class OpenEnum(StrEnum):
    """A set of words that may grow. A word that is newer than this client is a member without a name here."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        made = str.__new__(cls, value)
        made._name_ = made._value_ = value
        return made
