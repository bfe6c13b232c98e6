"""The vendor's values about how a contact ended, and whom to dial when.

Source: reference/bright-pattern.md section 5.5. How a field is required: see wire.py.
"""
# ruff: noqa: N815  # the spelling is the vendor's

import msgspec

from adapters.bright_pattern.wire import InteractionAssociatedObject


class DispositionTarget(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose dispositions are asked for; empty means those of the active interaction."""

    service: str | None = None  # id or name
    interactionId: str | None = None


class DispositionData(msgspec.Struct, frozen=True):
    """One disposition."""

    id: str
    code: str = ""
    name: str = ""
    type: str = ""


class RescheduleData(msgspec.Struct, frozen=True, omit_defaults=True):
    """When to dial a campaign record again; local times as YYYY-MM-DD HH24:mm:ss."""

    numberToDial: str
    fromTime: str
    untilTime: str
    timezoneCode: str | None = None  # IANA name


class PhoneData(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number of a dial candidate."""

    number: str
    type: str
    displayType: str | None = None


class DialCandidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A suggestion on the dialpad."""

    id: str
    displayName: str
    phones: tuple[PhoneData, ...]
    associatedObjects: tuple[InteractionAssociatedObject, ...] = ()
    email: str | None = None
    avatarUrl: str | None = None
