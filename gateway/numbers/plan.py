"""The dial plan of one platform: what a spelling means there, and how a number is dialled from there.

The order is fixed: withheld, emergency (before anything is parsed), internal, codes of the network, and only
then the number itself, by `phonenumbers` and where it errs by the plan (`corrections`). What would have to be
guessed is not told: without a region all but "+", digits that are the plan's own extensions, and emergencies.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, ValidationResult, shortnumberinfo

from gateway.numbers.config import DialForm, NumbersConfig
from gateway.numbers.corrections import (
    BEFORE,
    CORRECTIONS,
    EMERGENCY,
    EVERYWHERE,
    NOT_TOLD,
    ZERO_STAYS,
    Correction,
    caller_id_codes,
)
from gateway.numbers.spelling import LONGEST, Spelt, taken_apart
from schemas.numbers import Number, NumberKind

CACHED: Final = 4_096  # spellings of a platform
_NANP: Final = 1
_SHORT: Final = 6  # digits of a number that no other country can call
_ZERO: Final = re.compile(r"^\+([0-9]{1,3})[\s.\-]*\(\s*0\s*\)")
_NUMBER: Final = re.compile(r"\+?[0-9]{2,24}")
_VANITY: Final = re.compile(r"[0-9+][0-9+\s().\-]*[A-Z][A-Z\s\-]*")
_EXTERNAL: Final = Number(kind=NumberKind.EXTERNAL)
_EMERGENCY: Final = Number(kind=NumberKind.EMERGENCY)
_SERVICE: Final = Number(kind=NumberKind.SERVICE)
_WITHHELD: Final = Number(withheld=True)


class Dialled(NamedTuple):
    """What the platform is given for a destination."""

    text: str
    number: Number | None
    warning: str = ""  # what of the destination it cannot be given


class DialPlan:
    """Reads and writes the numbers of one platform. What was read is kept by its spelling, bounded."""

    def __init__(self, config: NumbersConfig | None = None) -> None:
        self._config = config = config or NumbersConfig()
        self._region = config.region
        self._country = phonenumbers.country_code_for_region(config.region) if config.region else 0
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(config.region) if config.region else None
        self._trunk = metadata.national_prefix or "" if metadata is not None else ""
        self._abroad = metadata.international_prefix or "" if metadata is not None else ""
        self._codes = caller_id_codes(config.region, nanp=self._country == _NANP)
        self._extensions = [re.compile(one) for one in config.extensions]
        self._emergency = {*EVERYWHERE, *EMERGENCY.get(config.region or "", ()), *config.emergency}
        self._cached = lru_cache(CACHED)(self._read)

    def read(self, text: str) -> Number | None:
        """What a spelling means; None: nothing that is certain."""
        return self._cached(text) if text and len(text) <= LONGEST else None

    def kept(self) -> int:
        """How many spellings it remembers."""
        return self._cached.cache_info().currsize

    def is_emergency(self, text: str) -> bool:
        """Whether help is called with it."""
        number = self.read(text)
        return number is not None and number.kind is NumberKind.EMERGENCY

    # --- out

    def dialled(self, text: str) -> Dialled:
        """What the platform is given for a destination: emergencies and what is not read as they are."""
        number = self.read(text)
        form = self._config.dial
        if number is None or not number.e164 or number.withheld or form is DialForm.AS_GIVEN:
            return Dialled(text, number)
        spelt = taken_apart(text, self._codes)
        warning = ""
        if number.extension and not spelt.tail:
            warning = "the extension was not dialled: send it as tones once it has answered"
        made = number.e164 if form is DialForm.E164 else self._from_here(number.e164)
        return Dialled(made + re.sub(r"\s+", "", spelt.tail), number, warning)

    def _from_here(self, e164: str) -> str:
        """As it is dialled at a desk there."""
        config = self._config
        if self._country and e164.startswith(f"+{self._country}"):
            trunk = self._trunk if config.national_prefix is None else config.national_prefix
            return config.outside_line + trunk + e164.removeprefix(f"+{self._country}")
        abroad = config.international_prefix
        if abroad is None:
            abroad = self._abroad if self._abroad.isdigit() else ""
        return config.outside_line + abroad + e164.removeprefix("+") if abroad else e164

    # --- in

    def _read(self, text: str) -> Number | None:
        spelt = taken_apart(text, self._codes)
        if not spelt.core:
            return _WITHHELD if spelt.withheld else None
        number = self._told(spelt)
        if number is None or not (spelt.withheld or spelt.extension):
            return number
        if number.kind is NumberKind.EMERGENCY:
            return number
        extension = number.extension or (spelt.extension if number.e164 else "")
        return Number(
            kind=number.kind,
            e164=number.e164,
            extension=extension,
            withheld=spelt.withheld,
            mended=number.mended,
        )

    def _told(self, spelt: Spelt) -> Number | None:
        bare = spelt.bare
        if self._calls_help(bare):
            return _EMERGENCY
        if self._is_extension(bare):
            return Number(kind=NumberKind.INTERNAL, extension=bare)
        if bare[0] in "*#":
            return _SERVICE
        if spelt.several:
            return _EXTERNAL
        return self._number(spelt.core, bare)

    def _calls_help(self, bare: str) -> bool:
        digits = bare.rstrip("#").removeprefix("+")
        if not digits.isdigit():
            return False
        outside = self._config.outside_line
        rest = digits.removeprefix(outside) if outside and digits != outside else digits
        if not self._emergency.isdisjoint((digits, rest)):
            return True
        return not bare.startswith("+") and any(self._country_calls_help(one) for one in {digits, rest})

    def _country_calls_help(self, digits: str) -> bool:
        if self._region is None:
            return False
        if shortnumberinfo.is_emergency_number(digits, self._region):
            return True
        # Digits behind it are not waited for, unless it is the beginning of a number that there is.
        if not shortnumberinfo.connects_to_emergency_number(digits, self._region):
            return False
        parsed = _parsed(digits, self._region)
        return parsed is None or not _canonical(parsed, whole=False).e164

    def _is_extension(self, bare: str) -> bool:
        if not bare.isdigit():
            return False
        if len(bare) in self._config.extension_digits:
            return True
        return any(one.fullmatch(bare) for one in self._extensions)

    def _number(self, core: str, bare: str) -> Number | None:
        """A number of the public network."""
        if core.startswith("+"):
            return self._international(core, bare)
        if self._region is None:
            return None
        outside = self._config.outside_line
        if outside and bare.startswith(outside) and len(bare) > len(outside):
            rest = bare.removeprefix(outside)
            inside = self._from_outside(rest, rest)
            if inside is not None and (inside.e164 or inside.kind is NumberKind.SERVICE):
                return inside
        return self._from_outside(core, bare)

    def _from_outside(self, core: str, bare: str) -> Number | None:
        """One without the prefix of an outside line; by the platform's own prefixes, where it has such."""
        if bare.startswith("+"):
            return self._international(core, bare)
        config = self._config
        if config.international_prefix and bare.startswith(config.international_prefix):
            plus = "+" + bare.removeprefix(config.international_prefix)
            return self._international(plus, plus)
        if config.national_prefix and bare.startswith(config.national_prefix):
            return self._national(bare.removeprefix(config.national_prefix), whole=True)
        if not bare.isdigit():
            if self._country == _NANP and _VANITY.fullmatch(core):
                return self._national(bare, whole=True)
            return None
        return self._national(bare, whole=bool(self._trunk) and bare.startswith(self._trunk))

    def _international(self, core: str, bare: str) -> Number:
        zero = _ZERO.match(core)
        if zero is not None and zero[1] not in ZERO_STAYS:
            bare = "+" + zero[1] + re.sub(r"[\s().\-/]", "", core[zero.end() :])
        for row in BEFORE.get(self._region or "", ()):
            if row.pattern.fullmatch(bare):
                return Number(kind=NumberKind.EXTERNAL, e164=row.pattern.sub(row.becomes, bare), mended=True)
        if not _NUMBER.fullmatch(bare) and not (bare.startswith("+1") and _VANITY.fullmatch(core)):
            return _EXTERNAL
        parsed = _parsed(bare, None)
        return _EXTERNAL if parsed is None else _canonical(parsed, whole=True)

    def _national(self, digits: str, *, whole: bool) -> Number | None:
        """By the plan of the country. `whole`: the text says so itself, so that it need not be in use."""
        if self._region is None:
            return None
        if len(digits) <= _SHORT and self._is_short(digits):
            return _SERVICE
        parsed = _parsed(digits, self._region)
        if parsed is None:
            return None
        if parsed.country_code != self._country:  # a prefix for abroad
            return _canonical(parsed, whole=True)
        if not whole and self._could_lack_plus(digits, parsed):
            return _EXTERNAL
        # Ten digits are a whole number there, and the length of numbers says nothing elsewhere.
        return _canonical(parsed, whole=whole or self._country == _NANP)

    def _could_lack_plus(self, digits: str, parsed: PhoneNumber) -> bool:
        """Whether it is a number there, and with "+" before it another: nobody can know which was meant."""
        if not digits.startswith(str(self._country)) or self._country == _NANP:
            return False
        other = _parsed(f"+{digits}", None)
        return (
            other is not None
            and other.national_number != parsed.national_number
            and phonenumbers.is_valid_number(other)
            and phonenumbers.is_valid_number(parsed)
        )

    def _is_short(self, digits: str) -> bool:
        if self._region is None or digits.startswith("0") or not digits.isdigit():
            return False
        short = PhoneNumber(country_code=self._country, national_number=int(digits))
        return shortnumberinfo.is_valid_short_number_for_region(short, self._region)


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _canonical(parsed: PhoneNumber, *, whole: bool) -> Number:
    """In the form of E.164, by the plan of today; without it, where these digits are not one number."""
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    known = phonenumbers.is_valid_number(parsed)
    if not known and (right := _corrected(e164, CORRECTIONS.get(parsed.country_code or 0, ()))) is not None:
        return Number(kind=NumberKind.EXTERNAL, e164=right, mended=True)
    not_told = NOT_TOLD.get(parsed.country_code or 0)
    if not_told is not None and not_told.fullmatch(e164):
        return _EXTERNAL
    possible = phonenumbers.is_possible_number_with_reason(parsed) == ValidationResult.IS_POSSIBLE
    if known or (whole and possible):
        return Number(kind=NumberKind.EXTERNAL, e164=e164, extension=parsed.extension or "")
    return _EXTERNAL


def _corrected(e164: str, rows: tuple[Correction, ...]) -> str | None:
    for row in rows:
        if row.pattern.fullmatch(e164):
            made = row.pattern.sub(row.becomes, e164)
            parsed = _parsed(made, None)
            if parsed is not None and phonenumbers.is_valid_number(parsed):
                return made
    return None
