"""South: what belongs together among an agent's interactions, remembered because no snapshot says it.

Source: reference/bright-pattern.md section 6: a consult call is a second interaction with its own id. Nothing
there links the two, so which call is a consultation is inferred; see connection.py.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec import UNSET

from adapters.bright_pattern import codec, tables, wire
from adapters.bright_pattern.codec import Lineage
from schemas.ids import Ref

REMEMBERED: Final = 1000


class _Member(msgspec.Struct, frozen=True):
    lineage: Lineage
    global_id: str
    voice: bool
    over: bool


class Family:
    """The interactions of one agent's page that are not removed, and how they hang together."""

    def __init__(self) -> None:
        self.active: str | None = None
        self._members: dict[str, _Member] = {}
        self._closed: dict[str, None] = {}  # global ids of removed interactions, the last ones
        self._consulted: str | None = None  # the call that the next new call is a consultation of

    def clear(self) -> None:
        """The agent logged out: nothing is left."""
        self.active = self._consulted = None
        self._members.clear()

    def consulting(self) -> None:
        """A consultCall is on its way; it acts on the active call."""
        self._consulted = self.active

    def not_consulting(self) -> None:
        """The consultCall failed, or another call is begun."""
        self._consulted = None

    def pair(self) -> tuple[Ref, ...]:
        """The call that is consulted about, and its consultation; empty unless there is exactly one."""
        pairs = [
            (Ref(member.lineage.consult_of), Ref(ref))
            for ref, member in self._members.items()
            if member.lineage.consult_of is not None and not member.over
        ]
        return pairs[0] if len(pairs) == 1 else ()

    def seen(self, data: wire.InteractionData) -> Lineage:
        """What is known of an interaction, after this snapshot of it."""
        ref = data.interactionId
        known = self._members.get(ref)
        lineage = self._born(data) if known is None else known.lineage
        if lineage.durable_ref is None and data.globalInteractionId:
            lineage = msgspec.structs.replace(lineage, durable_ref=self._durable(data, lineage))
        if known is not None and not lineage.open:
            lineage = msgspec.structs.replace(lineage, open=True)
        if lineage.recording_silenced and data.callRecording is False:  # the next recording starts audible
            lineage = msgspec.structs.replace(lineage, recording_silenced=False)
        if known is None and data.state == tables.FINISHED:
            return lineage  # late: it is removed already
        voice, over = codec.is_voice(data), data.state in tables.OVER
        if known is not None:  # what is not said stays as it was
            voice = known.voice if data.type is UNSET else voice
            over = known.over if data.state is UNSET else over
        self._members[ref] = _Member(lineage, data.globalInteractionId or "", voice, over)
        return lineage

    def gone(self, data: wire.InteractionData) -> Lineage:
        """The same for the last snapshot."""
        lineage = self.seen(data)
        self._members.pop(data.interactionId, None)
        if lineage.durable_ref is not None:
            self._closed[lineage.durable_ref] = None
            if len(self._closed) > REMEMBERED:
                del self._closed[next(iter(self._closed))]
        if self._consulted == data.interactionId:
            self._consulted = None
        if self.active == data.interactionId:
            self.active = None
        return lineage

    def listed(
        self, interactions: Iterable[wire.InteractionData]
    ) -> Iterator[tuple[wire.InteractionData, Lineage]]:
        """The same for all that there are; oldest first, so that a call comes before its consultation."""
        ordered = sorted(interactions, key=lambda one: one.startTime or 0)
        here = {one.interactionId for one in ordered}
        self._members = {ref: member for ref, member in self._members.items() if ref in here}
        for one in ordered:
            yield one, self.seen(one)

    def silenced(self, ref: str, *, silent: bool) -> bool:
        """The recording was silenced, or is audible again. False if there is no such interaction."""
        member = self._members.get(ref)
        if member is None:
            return False
        lineage = msgspec.structs.replace(member.lineage, recording_silenced=silent)
        self._members[ref] = msgspec.structs.replace(member, lineage=lineage)
        return True

    def _born(self, data: wire.InteractionData) -> Lineage:
        if not codec.is_voice(data) or data.callDirection == "inbound" or data.state in tables.OVER:
            return codec.ALONE
        if self._consulted in self._members and self._consulted != data.interactionId:
            main, self._consulted = self._consulted, None
            return Lineage(consult_of=Ref(main)) if main else codec.ALONE
        if data.callDirection == "outbound" and data.globalInteractionId:
            for ref, member in sorted(self._members.items(), key=lambda known: known[0] != self.active):
                if (
                    member.voice
                    and not member.over
                    and member.lineage.consult_of is None
                    and member.global_id == data.globalInteractionId
                ):
                    return Lineage(consult_of=Ref(ref))
        return codec.ALONE

    def _durable(self, data: wire.InteractionData, lineage: Lineage) -> Ref | None:
        """The global id, which outlives the page, for the first interaction that has it.

        A consultation shares it with its call, and a contact that is transferred back brings it again; theirs
        is None, for one durable name must not stand for two interactions.
        """
        name = data.globalInteractionId or ""
        taken = name in self._closed or any(
            member.lineage.durable_ref == name for member in self._members.values()
        )
        return None if taken or lineage.consult_of is not None else Ref(name)
