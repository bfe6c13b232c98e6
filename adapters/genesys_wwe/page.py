"""South: what one agent's page says, as observations; what it leaves out is asked. Sans-IO.

A module of its own, beside `platform`: that is the connection, this what it is told: in events, and in the
answers to the connection's own calls, which are the snapshot on connecting and what is read again. Source:
seed 002 (events); reference 1.4, 3, 4, 5 and 7 (rows 16 and 18).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET

from adapters.contract.dialect import Call, PlatformOutput
from adapters.genesys_wwe import decode, methods, observe, tables, wire
from adapters.genesys_wwe.memory import Known, Memory
from adapters.genesys_wwe.observe import Owner
from adapters.kit import jsonrpc, reading
from adapters.kit.end_causes import Endings
from adapters.kit.handshake import Handshake
from adapters.kit.jsonrpc import NOTHING
from adapters.kit.reading import Mended
from adapters.kit.repeated import Repeated
from schemas.agent import Channel
from schemas.errors import MalformedFrame
from schemas.ids import Ref
from schemas.interaction import EndCause, InteractionState
from schemas.observations import (
    NO_FRAME,
    AgentObserved,
    InteractionObserved,
    InteractionsListed,
    Noticed,
    Unrecognised,
)
from schemas.results import Failed
from schemas.values import Json


class OwnAnswer(msgspec.Struct, frozen=True):
    """An answer to a call of our own: the snapshot on connecting, and what is read again."""

    method: str
    failed: Failed | None = None
    agent: wire.Agent | None = None
    state: wire.State | None = None
    states: tuple[wire.State, ...] = ()
    interactions: tuple[decode.Shown, ...] = ()
    whole: bool = True  # whether these are all that there are
    media: tuple[wire.Media, ...] = ()
    data: msgspec.Raw = NOTHING  # as it came

    def private(self) -> dict[str, str]:
        """What the platform said, to be kept where only a client of the same dialect reads it."""
        return {} if self.failed is not None else {self.method: bytes(self.data).decode()}


_agent = msgspec.json.Decoder(wire.Agent | None)
_state = msgspec.json.Decoder(wire.State | None)
_states = msgspec.json.Decoder(tuple[wire.State, ...] | None)
_interactions = msgspec.json.Decoder(tuple[msgspec.Raw, ...] | None)
_members = msgspec.json.Decoder(dict[str, Json]).decode
_media = msgspec.json.Decoder(tuple[wire.Media, ...] | None)


def read_answer(method: str, body: msgspec.Raw, mended: Mended) -> OwnAnswer:  # noqa: PLR0911  # one a method
    """Read an answer to a call of our own. Raises MalformedFrame."""
    data = decode.read_answer(body)
    if isinstance(data, Failed):
        return OwnAnswer(method, failed=data)
    try:
        match method:
            case methods.GET_AGENT.name:
                return OwnAnswer(method, agent=reading.decode(_agent, data, mended), data=data)
            case methods.GET_STATE.name:
                return OwnAnswer(method, state=reading.decode(_state, data, mended), data=data)
            case methods.GET_STATES.name:
                return OwnAnswer(method, states=reading.decode(_states, data, mended) or (), data=data)
            case methods.GET_MEDIA.name:
                return OwnAnswer(method, media=reading.decode(_media, data, mended) or (), data=data)
            case methods.GET_INTERACTIONS.name:
                listed = reading.decode(_interactions, data, mended) or ()
                found = tuple(one for entry in listed for one in _shown(entry, mended))
                return OwnAnswer(method, interactions=found, whole=len(found) == len(listed))
            case _:
                return OwnAnswer(method)
    except msgspec.DecodeError as error:
        raise MalformedFrame(tables.NAME, method, str(error)) from error


def _shown(entry: msgspec.Raw, mended: Mended) -> Iterable[decode.Shown]:
    """One of the list; nothing if it does not say which."""
    try:
        yield decode.shown(_members(entry), mended)
    except msgspec.DecodeError:
        mended.note("[...]")


Said = OwnAnswer | decode.AnyEvent
Outputs = Iterable[PlatformOutput]


class Page:
    """The page of an agent who is known."""

    def __init__(
        self, owner: Owner, handshake: Handshake[tuple[Said, msgspec.Raw]], endings: Endings
    ) -> None:
        self._owner = owner
        self._agent = owner.agent
        self._own = handshake
        self._memory = Memory()
        self._repeated = Repeated(decode.same_but_state, endings)
        self._channels: tuple[Channel, ...] = ()
        self._operations: dict[str, str] = {}  # the plain ones, by the canonical state
        self._block_limit = timedelta(milliseconds=owner.settings.block_markdone_timeout_ms)

    def said(self, said: Said, vendor: msgspec.Raw) -> Outputs:  # noqa: PLR0911  # one arm a kind
        """What an answer or an event means; an event that means nothing new to us is told for what it is."""
        if not (isinstance(said, decode.InteractionEvent) and said.shown is not None):
            self._repeated.clear()
        match said:
            case OwnAnswer():
                return self._answer(said, vendor)
            case decode.InteractionEvent():
                return self._interaction_event(said, vendor)
            case decode.MarkdoneEvent():
                return self._markdone(said, vendor)
            case wire.AgentEvent():
                return self._agent_event(said, vendor)
            case wire.MediaEvent():
                return self._medium(said, vendor)
            case wire.OtherEvent():
                return [observe.notice(self._agent, said, vendor)]
            case decode.UnknownEvent(name=name):
                return [Unrecognised(agent=self._agent, name=name, vendor=vendor)]

    def repeated(self, whole: dict[str, Json], vendor: msgspec.Raw) -> InteractionObserved | None:
        """What was said last of a call, but for its state. `whole`: all members of the interaction."""
        ref, word, before = whole.get("interactionId"), whole.get("state"), whole.get("previousState")
        if not isinstance(ref, str) or not isinstance(word, str) or word not in tables.TALKED_ON:
            return None
        state = tables.TALKED_ON[word]
        extras = {"previousState": before} if isinstance(before, str) else {}
        seen = self._repeated.again(whole, ref, vendor, state, word, extras)
        if seen is not None:
            self._memory.goes_on(seen, state)
        return seen

    def _unrecognised(
        self, channel: str, label: str | None, ref: str, vendor: msgspec.Raw, *, spare: bool = False
    ) -> Unrecognised:
        return Unrecognised(
            agent=self._agent,
            name=f"{channel}.{label}" if label else channel,
            interaction_ref=Ref(ref) if ref and channel in tables.ABOUT_INTERACTIONS else None,
            spare=spare,
            vendor=vendor,
        )

    def _spare(self, channel: str, label: str | None, about: str, vendor: msgspec.Raw) -> Outputs:
        """The event for what it is, if it means nothing new to us; the same once more is no news."""
        if not self._memory.repeats(channel, Ref(about), vendor):
            yield self._unrecognised(channel, label, about, vendor, spare=True)

    # --- answers

    def introduced(self, answer: OwnAnswer, vendor: msgspec.Raw) -> AgentObserved:
        """The answer to agent.get, or that there is none."""
        name = "" if answer.agent is None else observe.full_name(answer.agent)
        return AgentObserved(agent=self._agent, name=name or UNSET, private=answer.private(), vendor=vendor)

    def _answer(self, answer: OwnAnswer, vendor: msgspec.Raw) -> Outputs:
        me, private = self._agent, answer.private()
        match answer.method:
            case method if answer.failed is not None:
                yield Noticed(agent=me, code=method, message=answer.failed.message, error=True, vendor=vendor)
            case methods.GET_STATE.name if answer.state is not None:
                yield observe.agent_state(me, answer.state, self._operations, private, vendor)
            case methods.GET_STATES.name:
                listed = tuple(choice for _, choice in observe.operations(answer.states))
                refs = self._operations = observe.plain_operations(answer.states)
                yield AgentObserved(agent=me, choices=listed, refs=refs, private=private, vendor=vendor)
            case methods.GET_MEDIA.name:
                self._channels = observe.channels(answer.media)
                yield AgentObserved(agent=me, channels=self._channels, private=private, vendor=vendor)
            case methods.GET_INTERACTIONS.name:
                alone = jsonrpc.one_by_one(vendor, ("result", "data"), "interactionId")
                for one in answer.interactions:
                    yield from self._observe(one, self._memory.of(Ref(one.ref)), alone.get(one.ref, vendor))
                if answer.whole:  # what is not in it may be what nobody can read
                    named = tuple(Ref(one.ref) for one in answer.interactions)
                    self._memory.keep(frozenset(named))
                    yield InteractionsListed(agent=self._agent, refs=named, vendor=vendor)
            case _:
                pass  # no state was given, or an answer without content

    # --- interactions and cases

    def _observe(
        self, one: decode.Shown, known: Known | None, vendor: msgspec.Raw
    ) -> Iterable[InteractionObserved]:
        seen = self._memory.note(observe.interaction(self._owner, one, vendor, known))
        if seen is not None:
            yield seen

    def _interaction_event(self, event: decode.InteractionEvent, vendor: msgspec.Raw) -> Outputs:
        label, one, case = event.event_type, event.shown, event.case
        if one is not None:
            yield from self._interaction(one, vendor, label)
        elif label is not None and case is not None:
            yield from self._case(label, case, vendor)
            yield from self._perhaps_removed()
        else:
            yield self._unrecognised("interaction", label, "", vendor)
        known = case is not None and self._memory.where(lambda one: one.case == case)
        if label not in tables.PLAIN_LABELS and not known:
            ref = "" if one is None else one.ref
            yield from self._spare("interaction", label, ref, vendor)

    def _interaction(self, one: decode.Shown, vendor: msgspec.Raw, label: str | None) -> Outputs:
        known = self._memory.of(Ref(one.ref))
        over = known is not None and known.state is InteractionState.COMPLETED
        final = False
        for seen in self._observe(one, known, vendor):
            final = seen.state is InteractionState.COMPLETED and not over
            goes_on = label in tables.UNREMARKABLE and seen.vendor_state in tables.TALKED_ON
            self._repeated.keep(one.whole, seen, goes_on=goes_on and one.fits)
            yield seen
        # No event says for certain that it was removed: read the list again.
        if final or label in tables.REMOVALS:
            yield from self._own.soon(methods.GET_INTERACTIONS.name)

    def _case(self, label: str, case: str, vendor: msgspec.Raw) -> Outputs:
        me, of_case = self._agent, self._memory.where(lambda one: one.case == case)
        match label:
            case tables.CASE_SELECTED:  # at most one is
                for ref in (*self._memory.where(lambda one: one.case != case), *of_case):
                    focused = ref in of_case
                    seen = InteractionObserved(agent=me, ref=ref, focused=focused, vendor=vendor)
                    yield from self._aside(seen)
            case tables.CASE_EXPANDED | tables.CASE_COLLAPSED:
                expanded = label == tables.CASE_EXPANDED
                for ref in of_case:
                    seen = InteractionObserved(agent=me, ref=ref, expanded=expanded, vendor=vendor)
                    yield from self._aside(seen)
            case _:
                yield self._unrecognised("interaction", label, "", vendor)

    def _aside(self, seen: InteractionObserved) -> Iterable[InteractionObserved]:
        """What a frame says that does not hold the interaction: the frame that does stays the last of it."""
        yield seen
        known = self._memory.of(seen.ref)
        if known is not None and bytes(known.frame) and bytes(seen.vendor):
            yield InteractionObserved(agent=self._agent, ref=seen.ref, vendor=known.frame)

    def _perhaps_removed(self) -> Outputs:
        """An agent marks done in the desktop: all that shows may be a case closing or a state changing."""
        if self.awaits_removal():
            yield from self._own.again(methods.GET_INTERACTIONS.name)

    # --- mark-done

    def _blocked(self, ref: Ref, text: str, vendor: msgspec.Raw = NO_FRAME, *, anew: bool) -> Outputs:
        """Marking it done is blocked; `anew`: from now on, so that the platform's timer begins again."""
        known = self._memory.of(ref)
        standing, until = ("", None) if known is None else (known.warning, known.blocked_until)
        if anew or not standing:
            until = self._own.now + self._block_limit if self._block_limit else None
        return self._block(ref, text or standing or tables.BLOCK_WARNING, until, vendor)

    def _block(self, ref: Ref, text: str, until: datetime | None, vendor: msgspec.Raw = NO_FRAME) -> Outputs:
        """Blocked with that text; without one no longer: lifted, or since `until` because time was over."""
        known = self._memory.of(ref)
        if known is not None:
            known.warning, known.blocked_until = text, until if text else None
        seen = InteractionObserved(
            agent=self._agent,
            ref=ref,
            completion_blocked=text,
            completion_blocked_until=until,
            vendor=vendor,
        )
        return self._aside(seen)

    def _markdone(self, event: decode.MarkdoneEvent, vendor: msgspec.Raw) -> Outputs:
        if event.shown is not None:
            yield from self._interaction(event.shown, vendor, event.event_type)
        ref = Ref(event.interaction_id)
        match event.event_type:
            case tables.BLOCKED if ref:
                yield from self._blocked(ref, event.warning, vendor, anew=False)
            case tables.BLOCK_TIMEOUT if ref:
                known = self._memory.of(ref)
                until = None if known is None else known.blocked_until
                yield from self._block(ref, "", until or self._own.now, vendor)
            case tables.UNBLOCKED if ref:
                yield from self._block(ref, "", None, vendor)
            case _ if event.shown is None:
                yield self._unrecognised("markdone", event.event_type, ref, vendor)
            case _:
                pass
        if event.event_type not in tables.MARKDONE:
            yield from self._spare("markdone", event.event_type, ref, vendor)

    # --- the agent

    def _agent_event(self, event: wire.AgentEvent, vendor: msgspec.Raw) -> Outputs:
        state = event.state or wire.State(event.type, event.displayName, event.operationName)
        if state.type:
            private = {methods.GET_STATE.name: msgspec.json.encode(state).decode()}
            yield observe.agent_state(self._agent, state, self._operations, private, vendor)
        else:
            yield from self._own.again(methods.GET_STATE.name)
        if event.eventType:  # such a frame may say more than the state
            yield from self._spare("agent", event.eventType, "", vendor)
        yield from self._perhaps_removed()

    def _medium(self, event: wire.MediaEvent, vendor: msgspec.Raw) -> Outputs:
        """One medium as it says, and then all of them as the list does."""
        told = observe.channels((wire.Media(event.media, event.name, event.state),))
        if event.state is not None and told:
            kept = tuple(told[0] if one.id == told[0].id else one for one in self._channels)
            self._channels = kept if told[0] in kept else (*kept, *told)
            yield AgentObserved(agent=self._agent, channels=self._channels, vendor=vendor)
        if event.eventType:
            yield from self._spare("media", event.eventType, "", vendor)
        yield from self._own.again(methods.GET_MEDIA.name)

    # --- calls of the core, and time

    def ends(self, call: Call) -> Mapping[Ref, EndCause]:
        """A call goes out: the interactions that it ends if it succeeds, and by what."""
        self._repeated.clear()
        row, ref = methods.BY_NAME.get(call.method), _first_ref(call)
        cause, known = None if row is None else row.ends_by, self._memory.of(ref)
        if cause is None or known is None:
            return {}
        primary = Ref(known.refs.get("parent", ""))
        both = call.method == methods.COMPLETE_TRANSFER.name and self._memory.of(primary) is not None
        return dict.fromkeys((ref, primary) if both else (ref,), cause)  # a transfer leaves both

    def done(self, call: Call) -> Outputs:
        """What a call has changed that the platform will not say."""
        self._repeated.clear()
        match call.method:
            case methods.MARKDONE.name:
                yield from self._own.soon(methods.GET_INTERACTIONS.name)
            case methods.BLOCK_MARKDONE.name:
                text = str(call.params[1]) if len(call.params) > 1 else ""
                yield from self._blocked(_first_ref(call), text, anew=True)
            case methods.UNBLOCK_MARKDONE.name:
                yield from self._block(_first_ref(call), "", None)
            case methods.MUTE_MICROPHONE.name | methods.UNMUTE_MICROPHONE.name:
                muted = self._memory.muted = call.method == methods.MUTE_MICROPHONE.name
                for one in self._memory.where(lambda one: one.on_call):
                    yield InteractionObserved(agent=self._agent, ref=one, muted=muted)
            case _:
                pass  # seen by its events

    def awaits_removal(self) -> bool:
        """Whether an interaction is over that the agent may mark done without our being told."""
        return self._memory.awaits_removal()

    def due(self) -> datetime | None:
        """When the first block ends by itself."""
        return min((until for _, until in self._memory.blocks()), default=None)

    def advance(self) -> Outputs:
        """The platform's own timer has lifted these by now, whether it says so or not."""
        for ref, until in self._memory.blocks():
            if until <= self._own.now:
                yield from self._block(ref, "", until)


def _first_ref(call: Call) -> Ref:
    return Ref(str(call.params[0])) if call.params else Ref("")
