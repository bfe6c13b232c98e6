"""The section `numbers` of a platform's configuration: its dial plan."""

import re
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, field_validator

from gateway.runtime.section import Section

Prefix = Annotated[str, Field(pattern=r"^[0-9*#]{0,6}$")]
Digits = Annotated[str, Field(pattern=r"^[0-9*#+][0-9*#]{0,19}$")]
_LONGEST_PATTERN: Final = 100


class DialForm(StrEnum):
    """How a number that was read is given to the platform."""

    E164 = "e164"  # +4930123456
    PLAN = "plan"  # as it is dialled at a desk there: outside line, national or international prefix
    AS_GIVEN = "as_given"  # as the command has it


class NumbersConfig(Section):
    """How numbers are read and dialled. Without a region only what begins with "+" is certain."""

    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None  # of its lines: ISO 3166, such as DE
    outside_line: Prefix = ""  # what is dialled for a line to the outside
    national_prefix: Prefix | None = None  # where it is not the country's
    international_prefix: Prefix | None = None
    extension_digits: frozenset[Annotated[int, Field(ge=1, le=12)]] = frozenset()  # how long extensions are
    extensions: tuple[str, ...] = ()  # or how they look: regular expressions for all their digits
    emergency: tuple[Digits, ...] = ()  # beside 000, 112, 911, 999 and those of the region
    dial: DialForm = DialForm.E164

    @field_validator("extensions")
    @classmethod
    def _patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if len(one) > _LONGEST_PATTERN:
                raise ValueError(f"{one[:20]}...: at most {_LONGEST_PATTERN} characters")
            try:
                re.compile(one)
            except re.error as error:
                raise ValueError(f"{one}: not a regular expression: {error}") from error
        return value

    @field_validator("region")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value is not None:
            from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  # only where numbers are read

            if value not in SUPPORTED_REGIONS:
                raise ValueError(f"{value} is no region that has numbers, such as DE, GB or US")
        return value
