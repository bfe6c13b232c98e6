"""The truth: what lies on an agent's desk, whether anybody hears of it or not.

Every change of a contact gets the next number, which stands in its attached data. Where a line to the gateway
is up, the change is said on it, and noted. States are named as the README names them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

from tests.faults.notes import Fact, Notes, Told

AT_ONCE: Final = 3  # contacts that an agent has
_NEXT: Final[dict[str, tuple[str, ...]]] = {  # what may follow; the same again: only its data changes
    "alerting": ("connected",),
    "dialing": ("connected",),
    "connected": ("connected", "connected", "held", "wrap_up"),
    "held": ("held", "connected"),
    "wrap_up": ("wrap_up", ""),
}


@dataclass
class Contact:
    """One contact of one agent. No state: it is over."""

    ref: str
    state: str
    count: int = 1
    mark: str = ""
    number: str = "+15550100"
    padding: str = ""

    @property
    def data(self) -> dict[str, str]:
        """What is attached to it."""
        return {"count": str(self.count), "mark": self.mark, "case": self.padding}


class Line(Protocol):
    """One connection to the gateway, for one agent."""

    name: str

    def say(self, contact: Contact, was: str | None) -> None:
        """How a contact is now, and the state it was in before; None: it is new."""
        ...


@dataclass
class Desk:
    """One agent of a platform. `refer` makes the platform's id of a contact out of a number."""

    platform: str
    agent: str
    notes: Notes
    dice: Random
    refer: Callable[[int], str]
    line: Line | None = None
    padding: str = ""  # makes its contacts' data larger
    open: dict[str, Contact] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)  # of what is over
    made: int = 0
    service: bool = False  # one was chosen for the next call

    def step(self) -> None:
        """Something happens."""
        if not self.open or (len(self.open) < AT_ONCE and self.dice.random() < 0.2):
            self.begin("alerting")
            return
        contact = self.dice.choice(list(self.open.values()))
        self._change(contact, self.dice.choice(_NEXT[contact.state]))

    def begin(self, state: str, number: str = "+15550100") -> Contact:
        """A new contact."""
        self.made += 1
        contact = Contact(self.refer(self.made), state, number=number, padding=self.padding)
        self.open[contact.ref] = contact
        self._say(contact, None)
        return contact

    def asked(self, marker: str) -> None:
        """The platform is asked to do something, for this agent."""
        self.notes.asked[marker] += 1

    def dial(self, destination: str) -> Contact:
        """As it was asked to."""
        self.notes.done.add(destination)
        return self.begin("dialing", destination)

    def mark(self, ref: str, value: str) -> bool:
        """Attach data to a contact, as it was asked to. False: there is none."""
        contact = self.open.get(ref)
        if contact is None:
            return False
        self.notes.done.add(value)
        contact.mark = value
        self._change(contact, contact.state)
        return True

    def listed(self, lane: str) -> Iterator[Contact]:
        """What is open, as a snapshot says it on that line."""
        for contact in self.open.values():
            self.notes.told.append(Told(lane, self.name(contact.ref), contact.count))
            yield contact

    @property
    def all_speak(self) -> bool:
        """Whether what is open can be told in another way than by a list: what lies in wrap-up cannot."""
        return all(one.state != "wrap_up" for one in self.open.values())

    def truth(self) -> Iterator[Fact]:
        """All that there ever was."""
        yield from self.facts
        for contact in self.open.values():
            yield Fact(self.name(contact.ref), contact.count, contact.state, over=False)

    def name(self, ref: str) -> str:
        """A contact's name in the notes."""
        return f"{self.platform} {ref}"

    def _change(self, contact: Contact, state: str) -> None:
        was, contact.state = contact.state, state
        contact.count += 1
        if not state:
            del self.open[contact.ref]
            self.facts.append(Fact(self.name(contact.ref), contact.count, "", over=True))
        self._say(contact, was)

    def _say(self, contact: Contact, was: str | None) -> None:
        if self.line is not None:
            name = self.name(contact.ref)
            self.notes.told.append(Told(self.line.name, name, contact.count, over=not contact.state))
            self.line.say(contact, was)
