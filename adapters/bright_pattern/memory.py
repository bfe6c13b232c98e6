"""South: what a page has shown of its interactions, remembered because no snapshot says it.

Source: reference/bright-pattern.md sections 3.5, 3.6 and 6. Three things are inferred, for the vendor tells
none of them:

- Which call is a consultation. A consult call is a second interaction with no link to the first; the next
  new outbound call after a consult call of ours belongs to the call that was active then, and a new outbound
  call with the globalInteractionId of another open call belongs to that one (the agent used the widget).
- Whether a recording is paused: that shows in no field, so the success of our call is remembered.
- Why an interaction ended: known only if a call of ours that succeeded ended it. That an offer was taken
  back, or not taken, or passed on to somebody else, is told with nothing but its removal.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from adapters.bright_pattern import methods, tables, wire
from adapters.bright_pattern.decode import Known, is_voice
from adapters.contract.dialect import Call
from adapters.kit.bounded import keep
from schemas.ids import Ref
from schemas.interaction import EndCause

REMEMBERED: Final = 1000


class _Open(msgspec.Struct, frozen=True):
    known: Known
    global_id: str
    voice: bool
    over: bool


class Memory:
    """The interactions of one agent's page that are not removed."""

    def __init__(self) -> None:
        self.active: str | None = None
        self._open: dict[str, _Open] = {}
        self._closed: dict[str, None] = {}  # global ids of removed interactions, the last ones
        self._consulted: str | None = None  # the call that the next new call is a consultation of

    def clear(self) -> None:
        """The agent logged out: nothing is left."""
        self.active = self._consulted = None
        self._open.clear()

    # --- our calls

    def sent(self, call: Call) -> Mapping[Ref, EndCause]:
        """A call goes out: the interactions that it ends if it succeeds, and by what."""
        row = methods.METHODS[call.method]
        if row in (methods.CONSULT_CALL, methods.START_CALL):
            self._consulted = self.active if row is methods.CONSULT_CALL else None  # which it acts on
        if row.ends_by is None:
            return {}
        if row.id_at is None:  # the call and its consultation; merged, the call goes on
            ended = self._pair()[1:] if row is methods.MERGE_ALL_CALLS else self._pair()
            return dict.fromkeys(ended, row.ends_by)
        ref = (call.params[row.id_at] if row.id_at < len(call.params) else None) or self.active
        return {Ref(ref): row.ends_by} if isinstance(ref, str) else {}

    def failed(self, call: Call) -> None:
        """It was refused, or nobody waits for its answer any more."""
        if call.method == methods.CONSULT_CALL.name:
            self._consulted = None

    def silenced(self, ref: str, *, silent: bool) -> bool:
        """The recording was silenced, or is audible again. False if there is no such interaction."""
        one = self._open.get(ref)
        if one is not None:
            self._open[ref] = replace(one, known=replace(one.known, recording_silenced=silent))
        return one is not None

    def _pair(self) -> tuple[Ref, ...]:
        """The call that is consulted about, and its consultation; empty unless there is exactly one."""
        pairs = [
            (Ref(one.known.consult_of), Ref(ref))
            for ref, one in self._open.items()
            if one.known.consult_of is not None and not one.over
        ]
        return pairs[0] if len(pairs) == 1 else ()

    # --- what is shown

    def seen(self, data: wire.InteractionData) -> Known:
        """What is known of an interaction, after this snapshot of it."""
        before = self._open.get(data.interactionId)
        known = (
            Known(consult_of=self._consult_of(data)) if before is None else replace(before.known, open=True)
        )
        if known.durable_ref is None and data.globalInteractionId:
            known = replace(known, durable_ref=self._durable(data.globalInteractionId, known))
        if data.callRecording is False:  # the next recording starts audible
            known = replace(known, recording_silenced=False)
        if before is None and data.state == tables.FINISHED:
            return known  # late: it is removed already
        voice, over = is_voice(data), data.state in tables.OVER
        if before is not None:  # what is not said stays as it was
            voice = before.voice if data.type is UNSET else voice
            over = before.over if data.state is UNSET else over
        self._open[data.interactionId] = _Open(known, data.globalInteractionId or "", voice, over)
        return known

    def gone(self, data: wire.InteractionData) -> Known:
        """The same for the last snapshot."""
        known = self.seen(data)
        self._open.pop(data.interactionId, None)
        if known.durable_ref is not None:
            keep(self._closed, known.durable_ref, None, REMEMBERED)
        if self._consulted == data.interactionId:
            self._consulted = None
        if self.active == data.interactionId:
            self.active = None
        return known

    def listed(
        self, ones: Iterable[wire.InteractionData], *, whole: bool
    ) -> Iterator[tuple[wire.InteractionData, Known]]:
        """The same for all that there are; oldest first, so that a call comes before its consultation."""
        ordered = sorted(ones, key=lambda one: one.startTime or 0)
        here = {one.interactionId for one in ordered}
        self._open = {ref: one for ref, one in self._open.items() if ref in here or not whole}
        for one in ordered:
            yield one, self.seen(one)

    def _consult_of(self, data: wire.InteractionData) -> Ref | None:
        if not is_voice(data) or data.callDirection == "inbound" or data.state in tables.OVER:
            return None
        if self._consulted in self._open and self._consulted != data.interactionId:
            main, self._consulted = self._consulted, None
            return Ref(main) if main else None
        if data.callDirection == "outbound" and data.globalInteractionId:
            for ref, one in sorted(self._open.items(), key=lambda known: known[0] != self.active):
                main_call = one.voice and not one.over and one.known.consult_of is None
                if main_call and one.global_id == data.globalInteractionId:
                    return Ref(ref)
        return None

    def _durable(self, name: str, known: Known) -> Ref | None:
        """The global id, which outlives the page, for the first interaction that has it.

        A consultation shares it with its call, and a contact that is transferred back brings it again; theirs
        is None, for one durable name must not stand for two interactions.
        """
        taken = name in self._closed or any(one.known.durable_ref == name for one in self._open.values())
        return None if taken or known.consult_of is not None else Ref(name)
