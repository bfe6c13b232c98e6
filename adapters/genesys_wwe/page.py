"""South: what one agent's page says, as observations; what it leaves out is asked. Sans-IO.

Source: seed 002 (events); reference 4, 5 and 7 (rows 16 and 18).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from adapters.contract.closing import CloseCode
from adapters.contract.dialect import Close, PlatformOutput
from adapters.genesys_wwe import answers, codec, observing, tables, wire
from adapters.genesys_wwe.asking import Asking
from adapters.genesys_wwe.memory import Memory
from adapters.genesys_wwe.observing import Owner
from adapters.genesys_wwe.settings import Settings
from adapters.kit import jsonrpc
from schemas.ids import Ref
from schemas.interaction import InteractionState
from schemas.observations import (
    NO_FRAME,
    AgentObserved,
    InteractionObserved,
    InteractionsListed,
    Noticed,
    Unrecognised,
)

Said = answers.Heard | codec.AnyHappening


class Page:
    """The page of an agent who is known."""

    def __init__(self, settings: Settings, memory: Memory, asking: Asking) -> None:
        self._memory = memory
        self._asking = asking
        self._block_limit = timedelta(milliseconds=settings.block_markdone_timeout_ms)

    def said(self, of: Owner, said: Said, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        """What an answer or an event means; an event that means nothing new to us is told for what it is."""
        yield from self._said(of, said, vendor)
        match said:
            case codec.InteractionEvent(event_type=name) if name in tables.PLAIN_LABELS:
                pass
            case codec.InteractionEvent(case=str() as case) if self._memory.of_case(case):
                pass  # it is known how that stands
            case codec.InteractionEvent(event_type=name, shown=one):
                yield from self._spare(of, "interaction", name, "" if one is None else one.ref, vendor)
            case codec.MarkdoneEvent(event_type=name, interaction_id=ref) if name not in tables.MARKDONE:
                yield from self._spare(of, "markdone", name, ref, vendor)
            case _:
                pass

    def _spare(
        self, of: Owner, channel: str, name: str | None, ref: str, vendor: msgspec.Raw
    ) -> Iterable[Unrecognised]:
        if not self._memory.repeats(channel, Ref(ref), vendor):
            yield Unrecognised(
                agent=of.agent,
                name=f"{channel}.{name}" if name else channel,
                interaction_ref=Ref(ref) if ref else None,
                spare=True,
                vendor=vendor,
            )

    def _said(self, of: Owner, said: Said, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        match said:
            case answers.Heard():
                yield from self._heard(of, said, vendor)
            case codec.InteractionEvent(shown=codec.Shown() as one, event_type=event_type):
                yield from self._interaction(of, one, vendor, event_type)
            case codec.InteractionEvent(event_type=str() as event_type, case=str() as case):
                yield from self._case(of, event_type, case, vendor)
            case codec.InteractionEvent(event_type=name):
                yield Unrecognised(agent=of.agent, name=f"interaction.{name}", vendor=vendor)
            case codec.MarkdoneEvent():
                yield from self._markdone(of, said, vendor)
            case wire.AgentEvent():
                yield from self._agent(of, said, vendor)
            case wire.MediaEvent():
                yield from self._medium(of, said, vendor)
            case wire.OtherEvent():
                yield observing.notice(of.agent, said, vendor)
            case codec.UnknownEvent(name=name):
                yield Unrecognised(agent=of.agent, name=name, vendor=vendor)

    # --- answers

    def introduced(self, of: Owner, heard: answers.Heard, vendor: msgspec.Raw) -> AgentObserved:
        """The answer to agent.get, or that there is none."""
        name = observing.full_name(heard.agent) if heard.agent is not None else ""
        return AgentObserved(agent=of.agent, name=name or msgspec.UNSET, private=heard.said(), vendor=vendor)

    def _heard(self, of: Owner, heard: answers.Heard, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        if heard.failed is None:
            yield from self._listing(of, heard, vendor)
        elif heard.method == answers.SUBSCRIBE:
            yield Close(CloseCode.TRY_AGAIN, f"not subscribed: {heard.failed.message}")
        else:
            text = heard.failed.message
            yield Noticed(agent=of.agent, code=heard.method, message=text, error=True, vendor=vendor)

    def _listing(self, of: Owner, heard: answers.Heard, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        match heard.method:
            case answers.STATE if heard.state is not None:
                yield observing.agent_state(
                    of.agent, heard.state, self._memory.operations, heard.said(), vendor
                )
            case answers.STATES:
                self._memory.operations = observing.plain_operations(heard.states)
                yield AgentObserved(
                    agent=of.agent,
                    choices=observing.choices(heard.states),
                    refs=self._memory.operations,
                    private=heard.said(),
                    vendor=vendor,
                )
            case answers.MEDIA:
                self._memory.channels = observing.channels(heard.media)
                yield AgentObserved(
                    agent=of.agent, channels=self._memory.channels, private=heard.said(), vendor=vendor
                )
            case answers.INTERACTIONS:
                alone = jsonrpc.one_by_one(vendor, ("result", "data"), "interactionId")
                for one in heard.interactions:
                    yield from self._observe(of, one, alone.get(one.ref, vendor))
                if heard.whole:  # what is not in it may be what nobody can read
                    named = tuple(Ref(one.ref) for one in heard.interactions)
                    self._memory.keep(frozenset(named))
                    yield InteractionsListed(agent=of.agent, refs=named, vendor=vendor)
            case _:
                pass  # no state was given, or an answer without content

    # --- interactions and cases

    def _observe(self, of: Owner, one: codec.Shown, vendor: msgspec.Raw) -> Iterable[InteractionObserved]:
        known = self._memory.of(Ref(one.known.interactionId))
        seen = self._memory.note(observing.interaction(of, one, vendor, known))
        if seen is not None:
            yield seen

    def _interaction(
        self, of: Owner, one: codec.Shown, vendor: msgspec.Raw, event_type: str | None
    ) -> Iterable[PlatformOutput]:
        known = self._memory.of(Ref(one.known.interactionId))
        over = known is not None and known.state is InteractionState.COMPLETED
        final = False
        for seen in self._observe(of, one, vendor):
            final = seen.state is InteractionState.COMPLETED and not over
            yield seen
        # No event says for certain that it was removed: read the list again.
        if final or event_type in tables.REMOVALS:
            yield from self._asking.soon(answers.INTERACTIONS)

    def _case(self, of: Owner, event_type: str, case: str, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        match event_type:
            case tables.CASE_SELECTED:  # at most one is
                for ref in self._memory.of_other_cases(case):
                    yield from self._aside(
                        InteractionObserved(agent=of.agent, ref=ref, focused=False, vendor=vendor)
                    )
                for ref in self._memory.of_case(case):
                    yield from self._aside(
                        InteractionObserved(agent=of.agent, ref=ref, focused=True, vendor=vendor)
                    )
            case tables.CASE_EXPANDED | tables.CASE_COLLAPSED:
                expanded = event_type == tables.CASE_EXPANDED
                for ref in self._memory.of_case(case):
                    yield from self._aside(
                        InteractionObserved(agent=of.agent, ref=ref, expanded=expanded, vendor=vendor)
                    )
            case _:
                yield Unrecognised(agent=of.agent, name=f"interaction.{event_type}", vendor=vendor)
        yield from self._perhaps_removed()

    def _aside(self, seen: InteractionObserved) -> Iterable[InteractionObserved]:
        """What a frame says that does not hold the interaction: the frame that does stays the last of it."""
        yield seen
        whole = self._memory.frame(seen.ref)
        if bytes(whole) and bytes(seen.vendor):
            yield InteractionObserved(agent=seen.agent, ref=seen.ref, vendor=whole)

    # --- mark-done

    def blocked(
        self, of: Owner, ref: Ref, warning: str, vendor: msgspec.Raw = NO_FRAME, *, anew: bool
    ) -> Iterable[PlatformOutput]:
        """Marking it done is blocked; `anew`: from now on, so that the platform's timer begins again."""
        standing, until = self._memory.block(ref)
        if anew or not standing:
            until = self._asking.now + self._block_limit if self._block_limit else None
        warning = warning or standing or tables.BLOCK_WARNING
        self._memory.set_block(ref, warning, until)
        yield from self._aside(
            InteractionObserved(
                agent=of.agent,
                ref=ref,
                completion_blocked=warning,
                completion_blocked_until=until,
                vendor=vendor,
            )
        )

    def unblocked(
        self, of: Owner, ref: Ref, until: datetime | None, vendor: msgspec.Raw = NO_FRAME
    ) -> Iterable[PlatformOutput]:
        """It is blocked no longer: lifted, or since `until` because the time was over."""
        self._memory.set_block(ref, "", None)
        yield from self._aside(
            InteractionObserved(
                agent=of.agent,
                ref=ref,
                completion_blocked="",
                completion_blocked_until=until,
                vendor=vendor,
            )
        )

    def _markdone(
        self, of: Owner, event: codec.MarkdoneEvent, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        if event.shown is not None:
            yield from self._interaction(of, event.shown, vendor, event.event_type)
        ref = Ref(event.interaction_id)
        _, until = self._memory.block(ref)
        match event.event_type:
            case tables.BLOCKED if ref:
                yield from self.blocked(of, ref, event.warning, vendor, anew=False)
            case tables.BLOCK_TIMEOUT if ref:
                yield from self.unblocked(of, ref, until or self._asking.now, vendor)
            case tables.UNBLOCKED if ref:
                yield from self.unblocked(of, ref, None, vendor)
            case _ if event.shown is None:
                name = f"markdone.{event.event_type}"
                yield Unrecognised(agent=of.agent, name=name, interaction_ref=ref or None, vendor=vendor)
            case _:
                pass

    def blocks_over(self, of: Owner) -> Iterable[PlatformOutput]:
        """The platform's own timer has lifted these by now, whether it says so or not."""
        for ref, until in self._memory.blocks():
            if until <= self._asking.now:
                yield from self.unblocked(of, ref, until)

    # --- the agent

    def _agent(self, of: Owner, event: wire.AgentEvent, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        state = event.state or wire.State(event.type, event.displayName, event.operationName)
        if state.type:
            said = {answers.STATE: msgspec.json.encode(state).decode()}
            yield observing.agent_state(of.agent, state, self._memory.operations, said, vendor)
        else:
            yield from self._asking.again(answers.STATE)
        yield from self._perhaps_removed()

    def _medium(self, of: Owner, event: wire.MediaEvent, vendor: msgspec.Raw) -> Iterable[PlatformOutput]:
        """One medium as it says, and then all of them as the list does."""
        told = observing.channels((wire.Media(event.media, event.name, event.state),))
        if event.state is not None and told:
            kept = tuple(told[0] if one.id == told[0].id else one for one in self._memory.channels)
            self._memory.channels = kept if told[0] in kept else (*kept, *told)
            yield AgentObserved(agent=of.agent, channels=self._memory.channels, vendor=vendor)
        yield from self._asking.again(answers.MEDIA)

    def _perhaps_removed(self) -> Iterable[PlatformOutput]:
        """An agent marks done in the desktop: all that shows may be a case closing or a state changing."""
        if self._memory.awaits_removal():
            yield from self._asking.again(answers.INTERACTIONS)
