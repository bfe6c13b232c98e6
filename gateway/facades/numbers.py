"""Numbers as a client of another dialect reads them: in the one form that all share.

A client of the platform's own dialect has them as the platform spells them.
"""

from msgspec.structs import replace

from adapters.contract.change import Change, Encoded, Encoder
from schemas import events as ev
from schemas.interaction import Interaction, Party
from schemas.numbers import Number


def canonical(one: Interaction) -> Interaction:
    """The interaction with its numbers in that form; itself, where they are."""
    changed: dict[str, object] = {}
    for address, spelt, number in (
        ("remote_address", one.remote_address, one.remote_number),
        ("ani", one.ani, one.ani_number),
        ("dnis", one.dnis, one.dnis_number),
    ):
        if (told := _spelt(spelt, number)) is not spelt:
            changed[address] = told
    parties = tuple(map(_party, one.parties))
    if any(new is not old for new, old in zip(parties, one.parties, strict=True)):
        changed["parties"] = parties
    contact = one.contact
    if contact is not None and (phone := _spelt(contact.phone, contact.number)) is not contact.phone:
        changed["contact"] = replace(contact, phone=phone)
    return replace(one, **changed) if changed else one


def in_canonical_numbers(encode: Encoder) -> Encoder:
    """The encoder, given each change so."""

    def encoded(change: Change) -> Encoded:
        return encode(_of_change(change))

    return encoded


def _of_change(change: Change) -> Change:
    made: dict[int, Interaction] = {}  # the events of one change share their snapshot
    events: list[ev.AnyEvent] = []
    for event in change.events:
        if isinstance(event, ev.InteractionEvent):
            old = event.interaction
            if (new := made.get(id(old))) is None:
                new = made[id(old)] = canonical(old)
            if new is not old:
                told: dict[str, object] = {"interaction": new}
                if isinstance(event, ev.PartyAdded | ev.PartyRemoved | ev.PartyUpdated):
                    told["party"] = _party(event.party)
                events.append(replace(event, **told))
                continue
        events.append(event)
    return Change(tuple(events))


def _party(party: Party) -> Party:
    address = _spelt(party.address, party.number)
    return party if address is party.address else replace(party, address=address)


def _spelt(address: str, number: Number | None) -> str:
    if number is None or not number.e164 or number.e164 == address:
        return address
    return number.e164
