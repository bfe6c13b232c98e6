"""Taking a person out of what is kept, and showing that he is gone.

An interaction is his if any of its events names one of his numbers or addresses, and so is every other of the
same contact (`root_id`). All that its events tell of people is taken out; id, cursor, type, state and times
stand, and the event is marked `erased`. What goes on at present is left, and said: its next event would tell
everything again.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import msgspec

from gateway.runtime.masking import masked, masked_event
from gateway.runtime.spelling import Party, also, party
from gateway.state.snapshots import Dump
from gateway.store.base import Appended, ErasingStore, Store
from schemas import events as ev
from schemas.ids import Cursor, InteractionId
from schemas.interaction import Interaction, InteractionState
from schemas.needinfo import NeedInfo
from schemas.privacy import EVERYTHING
from schemas.results import CommandRecord

_ROUNDS: Final = 5  # of looking for what is found by what was found
_OPEN: Final = 0  # of a command that is not finished
_UNPROVED: Final = 2  # of one that is watched still
_event: Final = msgspec.json.Decoder[ev.AnyEvent](ev.AnyEvent).decode
_command: Final = msgspec.json.Decoder(CommandRecord).decode
_needinfo: Final = msgspec.json.Decoder(NeedInfo).decode
_dump: Final = msgspec.json.Decoder(Dump).decode
_encode: Final = msgspec.json.Encoder().encode


class Erased(msgspec.Struct, kw_only=True):
    """What was done, and what is left. Of the person it holds nothing but how he may be spelt."""

    spellings: tuple[str, ...]  # those asked for, and those that were found beside them
    interactions: int = 0
    events: int = 0
    commands: int = 0
    questions: int = 0
    attempts: int = 0
    live: list[str] = []  # interactions, commands and questions that go on: erase again once they are over
    remains: dict[str, int] = {}  # rows that name him still, by table, read again after all that


class Erasure:
    """One erasing, in one store."""

    def __init__(
        self,
        store: Store,
        erasing: ErasingStore,
        spellings: Iterable[str],
        live: Iterable[InteractionId] = (),
    ) -> None:
        """`live`: the interactions that are open now. Raises ValueError for what is too short to go by."""
        self._store = store
        self._erasing = erasing
        self._party: Party = party(spellings)
        self._open = set(live)
        self._roots: dict[InteractionId, str] = {}  # of all interactions that are his, or may be
        self._his: set[InteractionId] = set()
        self._live: set[InteractionId] = set()
        self._states: dict[InteractionId, InteractionState] = {}
        self._cursors: list[Cursor] = []
        self.found = Erased(spellings=self._party.spellings)

    async def run(self, *, running: bool) -> Erased:
        """All of it but the checkpoint, which is its owner's, and the file. Raises StoreError."""
        await self._store.barrier()
        for _ in range(_ROUNDS):
            if not await self._look():
                break
        open_ones = {one for one, state in self._states.items() if state is not InteractionState.COMPLETED}
        self._live = (open_ones | self._open) & self._his
        self.found.live = sorted(self._live)
        self.found.interactions = len(self._his - self._live)
        await self._journal()
        await self._commands(running=running)
        await self._questions()
        self.found.attempts = await self._erasing.blank_attempts(self._cursors, self._party.pattern)
        self.found.spellings = self._party.spellings
        return self.found

    @property
    def erased(self) -> frozenset[InteractionId]:
        """The interactions of which nothing is to be known any more."""
        return frozenset(self._his - self._live)

    def names(self, text: bytes) -> bool:
        """Whether a text names him."""
        return self._party.pattern.search(text) is not None

    def without(self, body: bytes) -> bytes:
        """A checkpoint without what was erased."""
        dump = _dump(body)
        completed = [one for one in dump.completed if one.id not in self.erased]
        left_in = {one: state for one, state in dump.left_in.items() if one not in self.erased}
        dated = {one: at for one, at in dump.dated.items() if one not in self.erased}
        return _encode(msgspec.structs.replace(dump, completed=completed, left_in=left_in, dated=dated))

    def private(self, lines: bytes) -> bytes:
        """Private lines without those that name him, unless he is there now."""
        if self._live:
            return lines
        return b"".join(one + b"\n" for one in lines.splitlines() if not self.names(one))

    # --- finding

    async def _look(self) -> bool:
        """One way through everything; whether more was found than before."""
        before = len(self._his), self._party.spellings
        saved = await self._store.last_checkpoint()
        if saved is not None and self.names(saved[1]):
            dump = _dump(saved[1])
            for one in (*dump.completed, *dump.interactions):
                self._met(one, names=self.names(_encode(one)))
        roots, after = self._roots_pattern(), Cursor(0)
        his, names = frozenset(self._his), self._party.pattern.search

        def fits(told: Appended) -> bool:
            """In the reader's thread."""
            return (
                told.interaction_id in his
                or names(told.body) is not None
                or (roots is not None and bool(told.interaction_id) and roots.search(told.body) is not None)
            )

        while rows := await self._erasing.journal(after, fits):
            after = rows[-1].last
            for told in chain.from_iterable(row.events for row in rows):
                event = _event(told.body)
                if isinstance(event, ev.InteractionEvent):
                    self._met(event.interaction, names=self.names(told.body))
        return before != (len(self._his), self._party.spellings)

    def _roots_pattern(self) -> re.Pattern[bytes] | None:
        if not self._roots:
            return None
        roots = "|".join(re.escape(root) for root in sorted(set(self._roots.values())))
        return re.compile(rf'"root_id":"(?:{roots})"'.encode())

    def _met(self, one: Interaction, *, names: bool) -> None:
        self._states[one.id] = one.state
        if names or one.id in self._his or one.root_id in self._roots.values():
            self._his.add(one.id)
            self._roots[one.id] = one.root_id
            self._party = also(self._party, _numbers(one))

    # --- taking out

    async def _journal(self) -> None:
        after = Cursor(0)
        while rows := await self._erasing.journal(after, self._is_his):
            after = rows[-1].last
            for row in rows:
                if row.events or self.names(row.private):
                    await self._erasing.rewrite(row.last, self._emptied, self.private)
                    self._cursors += [one.cursor for one in row.events]
        self.found.events = len(self._cursors)

    def _is_his(self, event: Appended) -> bool:
        if event.interaction_id:
            return event.interaction_id in self._his and event.interaction_id not in self._live
        return self.names(event.body) and not self._of_live(event.body)

    def _of_live(self, body: bytes) -> bool:
        return any(one.encode() in body for one in self._live)

    def _emptied(self, event: Appended) -> Appended:
        """In the writer's thread."""
        if not self._is_his(event):
            return event
        told = _event(masked_event(event.body, EVERYTHING))
        return event._replace(body=_encode(msgspec.structs.replace(told, erased=True)))

    async def _commands(self, *, running: bool) -> None:
        after = ""
        while rows := await self._erasing.kept("commands", after):
            after = rows[-1].id
            changed = []
            for row in rows:
                if not self.names(row.body) and not self._of_erased(row.body):
                    continue
                if row.state == _OPEN or (running and row.state == _UNPROVED) or self._of_live(row.body):
                    self.found.live.append(row.id)
                    continue
                changed.append((_encode(masked(_command(row.body), EVERYTHING)), row.id))
            await self._erasing.replace("commands", changed)
            self.found.commands += len(changed)

    async def _questions(self) -> None:
        after = ""
        while rows := await self._erasing.kept("needinfos", after):
            after = rows[-1].id
            changed = []
            for row in rows:
                if not self.names(row.body) and not self._of_erased(row.body):
                    continue
                if row.state is None or self._of_live(row.body):
                    self.found.live.append(row.id)
                    continue
                changed.append((_encode(masked(_needinfo(row.body), EVERYTHING)), row.id))
            await self._erasing.replace("needinfos", changed)
            self.found.questions += len(changed)

    def _of_erased(self, body: bytes) -> bool:
        named = re.search(rb'"interaction_id":"([^"]*)"', body)
        return named is not None and named[1].decode() in self.erased

    # --- showing

    async def prove(self) -> Erased:
        """Read everything again, and give free pages back."""
        await self._erasing.shrink()
        self.found.remains = await self._erasing.remains(self._party.pattern)
        return self.found


def _numbers(one: Interaction) -> Iterator[str]:
    """What is known of an interaction under which its customer may be spelt."""
    yield from (one.remote_address, one.ani, one.dnis)
    yield from (party.address for party in one.parties)
    if one.contact is not None:
        yield one.contact.phone
    told = [one.remote_number, one.ani_number, one.dnis_number, *(party.number for party in one.parties)]
    yield from (number.e164 for number in told if number is not None)
