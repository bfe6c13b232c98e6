"""Compares what the platforms sent and acknowledged with what every subscriber got. Pure; knows no gateway.

What is demanded, and what cannot be:

- What a platform says on a connection is taken in order. So once a subscriber has seen something of a
  connection, everything said there before must have been seen by all. What was said last before a kill or a
  cut may have died on the way, and nobody promised to have taken it: a change that came and went entirely
  while nobody listened is not demanded.
- Nobody is told an older change of a contact after a newer one, even if the platform's words came late.
- What is over when it is first heard of is not told (README): a contact that nobody was told of while it
  lasted, and of whose end alone there was a word.
- What is open in the end must be seen as it is. What is over, and was ever seen, must be seen to end.
- A list shows what was told by its cursor; who reads on from there is told what came after, and of no gap.
- An end that was only inferred may be taken back: each life of a contact is ended and completed once. See
  `lives`; and `hooks` for what is owed to web hooks.
- Of a web hook, events that are of no use later may be missing: they expire. They count as too late then.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

from tests.faults import hooks
from tests.faults.findings import Findings
from tests.faults.lives import COMPLETED, CREATED, ONCE, REOPENED, unlived
from tests.faults.notes import SHORT_LIVED, Event, Fact, Followed, Notes, Reading, Told

ASKED: Final = "needinfo.requested"
ANSWERED: Final = "needinfo.resolved"


def check(notes: Notes, facts: Sequence[Fact]) -> Findings:
    """Everything that is wrong."""
    found = Findings()
    seen = {event.id: event for one in notes.followed for event in one.events}
    for followed in notes.followed:
        found.lost += missing(followed, seen.values())
        found.duplicated += repeated(followed, seen)
        if followed.by_cursor:
            found.reordered += out_of_order(followed)
        else:
            found.reordered += hooks.passed(followed)
            live, too_late = hooks.too_late(followed, seen.values())
            found.live += live
            found.too_late += too_late
        if followed.whole:
            found.reordered += unlived(followed.name, followed.events)
            known = _Known(followed)
            found.lost += changes_lost(known, notes.told)
            found.lost += ends_lost(known, facts)
            found.lost += results_lost(known, notes)
            found.duplicated += twice_begun(known)
    found.duplicated += one_number_twice(seen.values())
    told = _Told(next((one.events for one in notes.followed if one.whole), []))
    for reading in notes.readings:
        found.lost += reading_lost(reading, told)
    found.lost += not_shown(notes.readings, told)
    found.duplicated += readings_beside(notes, seen)
    found.duplicated += two_results(notes, seen.values())
    questions = Counter((event.question, event.type) for event in seen.values() if event.question)
    found.lost += questions_lost(questions)
    found.duplicated += questions_twice(questions)
    found.commands_twice += commands_twice(notes)
    return found


_cursor: Final = attrgetter("cursor")


class _Known:
    """What a subscriber knows after all it was told."""

    def __init__(self, followed: Followed) -> None:
        self.name = followed.name
        self.counts: set[tuple[str, int]] = set()
        self.last: dict[str, Event] = {}
        self.marks: Counter[tuple[str, str]] = Counter()  # contact and one of ONCE
        self.interactions: defaultdict[str, set[str]] = defaultdict(set)  # our ids of one of theirs
        self.results: set[str] = set()
        for event in followed.events:
            if event.command:
                self.results.add(event.command)
            if not event.contact:
                continue
            self.counts.update((event.contact, count) for count in (event.count, *event.pieces))
            self.interactions[event.contact].add(event.subject)
            if event.contact not in self.last or event.cursor > self.last[event.contact].cursor:
                self.last[event.contact] = event
            if event.type in ONCE or event.type == REOPENED:
                self.marks[event.contact, event.type] += 1


# --- lost


def missing(followed: Followed, seen: Iterable[Event]) -> list[str]:
    """Events that others were told and this one asked for, too."""
    own = {event.id for event in followed.events}
    lost = [
        f"{followed.name} was never told {event.type} {event.id} (cursor {event.cursor})"
        for event in seen
        if event.id not in own
        and followed.wants(event)
        and (followed.by_cursor or event.type not in SHORT_LIVED)
    ]
    if followed.gaps:
        lost.append(f"{followed.name} was told {followed.gaps} times that events are no longer kept")
    return lost


def changes_lost(known: _Known, told: Sequence[Told]) -> list[str]:
    """What was said on a connection before something that was taken from it, and is not known.

    What another connection said as well, as a snapshot does, does not tell from which of them it was taken;
    nor does what is said again on the same one, as after a sign-in, tell that so much more was taken.
    """
    said_on: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    lanes: defaultdict[str, list[Told]] = defaultdict(list)
    for one in told:
        said_on[one.contact, one.count].add(one.lane)
        lanes[one.lane].append(one)
    lost = []
    for lane, said in lanes.items():
        first: dict[tuple[str, int], int] = {}
        for at, one in enumerate(said):
            first.setdefault((one.contact, one.count), at)
        taken = [at for one, at in first.items() if one in known.counts and len(said_on[one]) == 1]
        lasting: set[str] = set()  # what this connection has spoken of before its end
        for one in said[: taken[-1] + 1] if taken else ():
            if one.over and one.contact not in lasting and one.contact not in known.last:
                continue
            lasting.add(one.contact)
            if (one.contact, one.count) not in known.counts:
                lost.append(
                    f"{known.name} was never told change {one.count} of {one.contact}, said on {lane}"
                )
            if one.over and not known.marks[one.contact, COMPLETED]:
                lost.append(f"{known.name} was never told the end of {one.contact}, said on {lane}")
    return lost


def ends_lost(known: _Known, facts: Sequence[Fact]) -> list[str]:
    """What is known of a contact in the end, against the truth."""
    lost = []
    for fact in facts:
        last = known.last.get(fact.contact)
        if fact.over:
            if last is not None:
                lost += [
                    f"{known.name} has no {name} of {fact.contact}"
                    for name in ONCE
                    if not known.marks[fact.contact, name]
                ]
        elif last is None:
            lost.append(f"{known.name} does not know {fact.contact}, which is open")
        elif (last.count, last.state) != (fact.count, fact.state):
            lost.append(
                f"{known.name} knows {fact.contact} at change {last.count}, {last.state};"
                f" it is at {fact.count}, {fact.state}"
            )
    return lost


def results_lost(known: _Known, notes: Notes) -> list[str]:
    """Commands that were accepted, without an end; or done, and nobody was asked to."""
    lost = []
    for order in notes.orders:
        if order.commands and not order.outcome:
            lost.append(f"command {order.commands[0]} was accepted and has no result")
        if order.outcome == "succeeded" and order.marker not in notes.done:
            lost.append(f"command {order.commands[0]} succeeded, it is said, and the platform did nothing")
        lost += [
            f"{known.name} was never told the end of command {command}"
            for command in order.commands
            if order.outcome and command not in known.results
        ]
    return lost


class _Told:
    """Everything of platforms, as one subscriber was told it."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = sorted(events, key=_cursor)
        self._of: defaultdict[str, list[Event]] = defaultdict(list)
        for event in self._events:
            if event.contact:
                self._of[event.contact].append(event)
            elif event.type.startswith("agent."):
                self._of[event.subject].append(event)

    def between(self, after: int, until: int) -> Sequence[Event]:
        """Those with cursors from behind the one to the other."""
        first, last = (bisect_right(self._events, one, key=_cursor) for one in (after, until))
        return self._events[first:last]

    def last(self, contact: str, cursor: int) -> Event | None:
        """What was told of a contact, or an agent's session, last, at that moment."""
        events = self._of[contact]
        at = bisect_right(events, cursor, key=_cursor)
        return events[at - 1] if at else None


def reading_lost(reading: Reading, told: _Told) -> list[str]:
    """What a list showed and nobody was told by then, and what did not come after it."""
    lost = [
        f"a list at {reading.cursor} showed change {count} of {contact}, {state}; told was"
        f" {f'{last.count}, {last.state}' if last else 'nothing'}"
        for contact, count, state in reading.shown or ()
        if (last := told.last(contact, reading.cursor)) is None or (last.count, last.state) != (count, state)
    ]
    lost += [
        f"a list at {reading.cursor} showed {session} as {state};"
        f" told was {last.state if last else 'nothing'}"
        for session, state in reading.agents or ()
        if (last := told.last(session, reading.cursor)) is None or last.state != state
    ]
    if reading.gap:
        lost.append(f"who read on from a list at {reading.cursor} was told that events are no longer kept")
        return lost
    own = {event.id for event in reading.events}
    return lost + [
        f"who read on from a list at {reading.cursor} was never told {event.type} {event.id}"
        f" (cursor {event.cursor})"
        for event in told.between(reading.cursor, reading.until)
        if event.id not in own
    ]


def not_shown(readings: Sequence[Reading], told: _Told) -> list[str]:
    """What was told to be open by then, and a list had not."""
    lost = []
    open_then: dict[str, None] = {}
    upto = 0
    for reading in sorted(readings, key=_cursor):
        for event in told.between(upto, reading.cursor):
            if not event.contact:
                continue
            if event.state == "completed":
                open_then.pop(event.contact, None)
            else:
                open_then[event.contact] = None
        upto = reading.cursor
        if reading.shown is not None:
            has = {contact for contact, _, _ in reading.shown}
            lost += [
                f"a list at {reading.cursor} had no {contact}, which was open by then"
                for contact in open_then
                if contact not in has
            ]
    return lost


def questions_lost(questions: Counter[tuple[str, str]]) -> list[str]:
    """Asked, and never over."""
    return [
        f"question {question} was never over"
        for question, type_ in questions
        if type_ == ASKED and not questions[question, ANSWERED]
    ]


# --- duplicated


def questions_twice(questions: Counter[tuple[str, str]]) -> list[str]:
    """Asked or over twice."""
    return [
        f"{type_} of {question} was told as {times} events"
        for (question, type_), times in questions.items()
        if times > 1
    ]


def readings_beside(notes: Notes, seen: Mapping[str, Event]) -> list[str]:
    """What readers were told, and subscribers otherwise, or as the number of another event."""
    numbers = {event.cursor: event.id for event in seen.values()}
    return [
        f"who read on from a list at {reading.cursor} was told {event.id} as cursor {event.cursor};"
        f" others {numbers[event.cursor]}"
        for reading in notes.readings
        for event in reading.events
        if event.cursor in numbers
        and (numbers[event.cursor] != event.id or seen[event.id].digest != event.digest)
    ]


def repeated(followed: Followed, seen: dict[str, Event]) -> list[str]:
    """The same event again, or another under its id."""
    counts = Counter(event.id for event in followed.events)
    twice = [f"{followed.name} was told {id_} {times} times" for id_, times in counts.items() if times > 1]
    return twice + [
        f"{followed.name} was told another {event.id} than others were"
        for event in followed.events
        if event.digest != seen[event.id].digest
    ]


def one_number_twice(seen: Iterable[Event]) -> list[str]:
    """Two events with one number of the same interaction or session, or with one cursor."""
    numbered: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for event in seen:
        numbered["cursor", event.cursor].add(event.id)
        if event.sequence:
            numbered[event.subject, event.sequence].add(event.id)
    return [
        f"number {number} of {subject} stands on {', '.join(sorted(ids))}"
        for (subject, number), ids in numbered.items()
        if len(ids) > 1
    ]


def twice_begun(known: _Known) -> list[str]:
    """A contact that was made twice, ended or completed twice in one life, or is two interactions."""
    twice = [
        f"{known.name} was told {name} of {contact} {times} times"
        for (contact, name), times in known.marks.items()
        if name in ONCE and times > 1 + (known.marks[contact, REOPENED] if name != CREATED else 0)
    ]
    return twice + [
        f"{known.name} knows {contact} as {', '.join(sorted(ids))}"
        for contact, ids in known.interactions.items()
        if len(ids) > 1
    ]


def two_results(notes: Notes, seen: Iterable[Event]) -> list[str]:
    """A command that ended twice, or otherwise than its client was told."""
    ends: defaultdict[str, list[str]] = defaultdict(list)
    for event in seen:
        if event.command:
            ends[event.command].append(event.outcome)
    twice = [
        f"command {command} ended as {outcomes}" for command, outcomes in ends.items() if len(outcomes) > 1
    ]
    return twice + [
        f"command {command} ended as {ends[command]}, its client was told {order.outcome}"
        for order in notes.orders
        for command in order.commands
        if order.outcome and ends[command] not in ([], [order.outcome])
    ]


# --- reordered


def out_of_order(followed: Followed) -> list[str]:
    """Of who follows by cursor: events out of order, and late words of a platform taken for new ones.

    Cursors of neighbours may differ by more than one; an event that others were told is `missing`.
    """
    wrong = []
    cursor = 0
    counts: defaultdict[str, int] = defaultdict(int)
    numbers: defaultdict[str, int] = defaultdict(int)
    for event in followed.events:
        if event.cursor <= cursor:
            wrong.append(f"{followed.name} was told cursor {event.cursor} after {cursor}")
        cursor = event.cursor
        if event.count < counts[event.contact]:
            later = counts[event.contact]
            wrong.append(f"{followed.name} was told change {event.count} of {event.contact} after {later}")
        counts[event.contact] = event.count
        if not event.sequence:
            continue
        before, numbers[event.subject] = numbers[event.subject], event.sequence
        if event.sequence != before + 1:
            wrong.append(f"{followed.name} was told {event.subject} number {event.sequence} after {before}")
    return wrong


# --- commands


def commands_twice(notes: Notes) -> list[str]:
    """What a platform was asked twice, or would be by a client that believes what it is told."""
    twice = [
        f"the platform was asked {marker} {times} times" for marker, times in notes.asked.items() if times > 1
    ]
    for order in notes.orders:
        if len(order.commands) > 1:
            twice.append(f"idempotency key {order.key} made {', '.join(order.commands)}")
        if order.harmless and order.marker in notes.done:
            twice.append(
                f"command {order.commands[0]} did nothing, it is said; the platform did {order.marker}"
            )
        if not order.commands and notes.asked[order.marker]:
            twice.append(f"{order.key} was refused, it is said; the platform was asked {order.marker}")
    return twice
