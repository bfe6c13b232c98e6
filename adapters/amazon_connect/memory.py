"""South: what one page has shown of its contacts, as far as a later update needs it.

A module of its own, beside `decode`, which reads it: an update says how things are, and neither that a leg
was once merged nor that it was we who let a call go.
"""

import msgspec

from schemas.ids import Ref


class Known(msgspec.Struct):
    """One contact."""

    state: str = ""  # the platform's word
    connected: bool = False  # it was, at some time
    refused: bool = False  # we let it go before it was taken
    handing_over: bool = False  # all are connected because we leave then
    merged: set[str] = msgspec.field(default_factory=set)  # legs that talked to the customer
    consultations: set[str] = msgspec.field(default_factory=set)  # legs that are one
    voice: bool = True


class Memory:
    """All of them. Bounded by the platform: what an update does not list is over."""

    def __init__(self) -> None:
        self.contacts: dict[str, Known] = {}

    def of(self, contact_id: str) -> Known:
        """What is known of it, from now on."""
        return self.contacts.setdefault(contact_id, Known())

    def absent(self, listed: set[str]) -> list[tuple[str, Known]]:
        """Those that are not listed any more, forgotten."""
        gone = [(name, one) for name, one in self.contacts.items() if name not in listed]
        for name, _ in gone:
            del self.contacts[name]
        return gone


def leg_ref(contact_id: str, connection_id: str) -> Ref:
    """A consultation's: it has no id but its leg's."""
    return Ref(f"{contact_id}/{connection_id}")
