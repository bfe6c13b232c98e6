"""What the addresses of a snapshot mean as telephone numbers: read when they change, and only then."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from gateway.numbers.plan import DialPlan
from schemas.ids import PlatformId
from schemas.interaction import Contact, Interaction, Media, Party

# Of these fields of a change comes news about numbers.
TOLD_BY: Final = frozenset({"remote_address", "ani", "dnis", "parties", "contact", "media", "channel_type"})
_NUMBERS: Final = {"remote_address": "remote_number", "ani": "ani_number", "dnis": "dnis_number"}
_MEDIUM: Final = frozenset({"media", "channel_type"})
_BY_NUMBER: Final = frozenset({"sms", "mms", "rcs", "whatsapp"})  # chats whose addresses are numbers


class Numbers:
    """Reads them by the dial plan of each platform; one without a plan has none."""

    def __init__(self, plans: Mapping[PlatformId, DialPlan]) -> None:
        self._plans = plans

    def add(self, platform_id: PlatformId, old: Interaction | None, changed: dict[str, object]) -> None:
        """Put beside each address that changed what it means; `old` of None: all of it is new."""
        plan = self._plans.get(platform_id)
        if plan is None:
            return
        numbers = plan if _has_numbers(old, changed) else None
        for address, number in _NUMBERS.items():
            if address in changed or (old is not None and not _MEDIUM.isdisjoint(changed)):
                spelt = changed.get(address, "" if old is None else getattr(old, address))
                read = numbers.read(spelt) if numbers is not None and isinstance(spelt, str) else None
                if read != (None if old is None else getattr(old, number)):
                    changed[number] = read
        if numbers is not None and isinstance(parties := changed.get("parties"), tuple):
            _keep(old, changed, "parties", tuple(_numbered(one, numbers) for one in parties))
        if isinstance(contact := changed.get("contact"), Contact) and contact.phone:
            _keep(old, changed, "contact", replace(contact, number=plan.read(contact.phone)))


def _has_numbers(old: Interaction | None, changed: Mapping[str, object]) -> bool:
    media = changed.get("media", Media.VOICE if old is None else old.media)
    if media is Media.VOICE:
        return True
    channel_type = changed.get("channel_type", "" if old is None else old.channel_type)
    return media is Media.CHAT and str(channel_type).casefold() in _BY_NUMBER


def _numbered(party: Party, plan: DialPlan) -> Party:
    number = plan.read(party.address)
    return party if number is None else replace(party, number=number)


def _keep(old: Interaction | None, changed: dict[str, object], name: str, value: object) -> None:
    """With its numbers it may be what is known: then it has not changed."""
    if old is not None and getattr(old, name) == value:
        del changed[name]
    else:
        changed[name] = value
