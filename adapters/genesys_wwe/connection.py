"""South: the connection with the relay in one agent's page. Sans-IO.

Subscribe first, snapshot second, so that nothing falls between. Until agent.get is answered nobody knows
whose page it is: what comes before is read at once (a malformed frame is malformed then) and told after.
Source: reference 1.4, 2.4, 4 and 7 (rows 16, 18).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters import jsonrpc
from adapters.dialect import Call, Close, Context, Flow, PlatformOutput, Ready, Replied, Reply, Send
from adapters.endings import Endings
from adapters.genesys_wwe import answers, codec, flows, observing, tables, wire
from adapters.genesys_wwe.memory import Memory
from adapters.genesys_wwe.settings import Settings
from adapters.genesys_wwe.tables import NAME
from schemas.commands import AnyCommand
from schemas.ids import AgentId, Ref
from schemas.interaction import InteractionState
from schemas.observations import (
    NO_FRAME,
    AgentObserved,
    InteractionObserved,
    InteractionsListed,
    Noticed,
    Unrecognised,
)
from schemas.queries import AnyQueryAnswer
from schemas.results import Effect, Failed
from schemas.values import Json

MAX_EARLY: Final = 1000  # frames kept until it is known whose page it is
POLICY: Final = 1008  # WebSocket: policy violation
_DIGITS: Final = 20  # of the longest id that the core gives out; Python reads no more than some thousands


class Connection:
    """PlatformConnection of this dialect."""

    def __init__(self, settings: Settings, hint: AgentId | None) -> None:
        self._settings = settings
        self._hint = hint
        self._memory = Memory()
        self._endings = Endings()
        self._calls: dict[int, Call] = {}  # of the core
        self._own: dict[str, str] = {}  # id of a call of ours: its method
        self._own_count = 0
        self._again: set[str] = set()  # asked for while under way: the answer may be older than the reason
        self._doubted: set[str] = set()  # to be read again: nobody waited for an answer that it depends on
        self._waiting = set(answers.SNAPSHOT)
        self._owner: observing.Owner | None = None
        self._early: list[tuple[answers.Heard | codec.AnyHappening, msgspec.Raw]] = []

    # --- the contract

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """Subscribe, then ask who it is and how things stand."""
        del now
        channels = list(self._settings.channels)
        return [
            self._ask(answers.SUBSCRIBE, channels),
            *(
                self._ask(method)
                for method in (
                    answers.AGENT,
                    answers.STATE,
                    answers.STATES,
                    answers.INTERACTIONS,
                    answers.MEDIA,
                )
            ),
        ]

    def received(self, frame: bytes, now: datetime) -> Sequence[PlatformOutput]:
        """Read one frame. Raises MalformedFrame and has changed nothing then."""
        message = jsonrpc.decode(NAME, frame)
        outputs = self._endings.through(self._read(message, msgspec.Raw(frame)), now)
        if not self._doubted:
            return outputs
        doubted, self._doubted = sorted(self._doubted), set()
        return [*outputs, *(again for method in doubted for again in self._reread(method))]

    def due(self) -> datetime | None:
        """When an end that waits for an answer is told without it."""
        return self._endings.due()

    def advance(self, now: datetime) -> Sequence[PlatformOutput]:
        """Tell it."""
        return self._endings.advance(now)

    def _read(self, message: jsonrpc.Message, vendor: msgspec.Raw) -> Sequence[PlatformOutput]:
        if message.method is UNSET:
            return self._answered(message, vendor)
        if message.id is not UNSET:
            text = "a relay has nothing to ask"
            return [Send(jsonrpc.failure(message.id, jsonrpc.METHOD_NOT_FOUND, text))]
        return self._tell(codec.decode_event(message.method, message.params), vendor)

    def flow(self, command: AnyCommand, context: Context) -> Flow:
        """Begin a command. Raises UnsupportedError for what the API has no call for."""
        return flows.begin(self._settings, command, context)

    def send(self, call: Call, call_id: int) -> bytes:
        """The frame of a call: its method is the wire name."""
        self._calls[call_id] = call
        self._endings.sent(call_id, self._memory.ends(call.method, _first_ref(call)))
        return jsonrpc.request(call_id, call.method, call.params)

    def forget(self, call_id: int) -> None:
        """Drop the answer when it comes."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            self._endings.forget(call_id)
            self._doubted.add(answers.TELLS.get(call.method, answers.INTERACTIONS))

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:
        """This platform asks nothing."""
        del token, answer
        return []

    # --- answers

    def _answered(self, message: jsonrpc.Message, vendor: msgspec.Raw) -> Sequence[PlatformOutput]:
        body = answers.body_of(message)
        method = self._own.get(str(message.id))
        if method is not None:
            heard = answers.read(method, body)
            del self._own[str(message.id)]
            return self._tell(heard, vendor)
        call_id = _number(message.id)
        call = self._calls.pop(call_id, None)
        if call is None:
            return []  # nobody waits for it any more
        done = not isinstance(codec.read_answer(body), Failed)
        return [
            *self._after(call, body),
            Replied(call_id, Reply(body)),
            *self._endings.answered(call_id, done=done),
        ]

    def _after(self, call: Call, body: msgspec.Raw) -> Iterable[PlatformOutput]:
        """What a call of the core has changed that the platform will not say."""
        ref = _first_ref(call)
        answer = codec.read_answer(body)
        if isinstance(answer, Failed):
            if answer.effect is Effect.UNKNOWN:
                yield from self._reread(answers.TELLS.get(call.method, answers.INTERACTIONS))
            return
        match call.method:
            case "interaction.markdone":
                yield from self._reread(answers.INTERACTIONS)
            case "interaction.blockMarkdone":
                yield from self._blocked(ref, str(call.params[1]) if len(call.params) > 1 else "")
            case "interaction.unblockMarkdone":
                yield from self._unblocked(ref)
            case "sipEndpoint.muteMicrophone":
                yield from self._muted(muted=True)
            case "sipEndpoint.unmuteMicrophone":
                yield from self._muted(muted=False)
            case _:
                pass  # seen by its events

    def _muted(self, *, muted: bool) -> Iterable[PlatformOutput]:
        self._memory.muted = muted
        if self._owner is not None:
            for ref in self._memory.calls():
                yield InteractionObserved(agent=self._owner.agent, ref=ref, muted=muted)

    def _blocked(self, ref: Ref, warning: str, vendor: msgspec.Raw = NO_FRAME) -> Iterable[PlatformOutput]:
        warning = warning or self._memory.warning(ref) or tables.BLOCK_WARNING
        self._memory.block(ref, warning)
        if self._owner is not None:
            yield InteractionObserved(
                agent=self._owner.agent, ref=ref, completion_blocked=warning, vendor=vendor
            )

    def _unblocked(self, ref: Ref, vendor: msgspec.Raw = NO_FRAME) -> Iterable[PlatformOutput]:
        self._memory.block(ref, "")
        if self._owner is not None:
            yield InteractionObserved(agent=self._owner.agent, ref=ref, completion_blocked="", vendor=vendor)

    def _ask(self, method: str, *params: Json) -> Send:
        self._own_count += 1
        call_id = f"own-{self._own_count}"
        self._own[call_id] = method
        return Send(jsonrpc.request(call_id, method, params))

    def _reread(self, method: str) -> Iterable[PlatformOutput]:
        """Ask again. The vendor's library answers every call within 10 s, if only with its own time-out."""
        if method in self._own.values():
            self._again.add(method)
        else:
            yield self._ask(method)

    # --- what was said

    def _tell(
        self, said: answers.Heard | codec.AnyHappening, vendor: msgspec.Raw
    ) -> Sequence[PlatformOutput]:
        if self._owner is not None:
            return [*self._said(self._owner, said, vendor), *self._ready()]
        if not isinstance(said, answers.Heard) or said.method != answers.AGENT:
            if len(self._early) >= MAX_EARLY:
                return [Close(POLICY, "agent.get was not answered")]
            self._early.append((said, vendor))
            return []
        self._waiting.discard(answers.AGENT)
        self._owner = observing.owner(said.agent or wire.Agent(), self._hint, self._settings)
        if self._owner is None:
            return [Close(POLICY, "nobody says which agent this is")]
        early, self._early = self._early, []
        outputs: list[PlatformOutput] = [_introduced(self._owner, said, vendor)]
        for one, frame in early:
            outputs.extend(self._said(self._owner, one, frame))
        return [*outputs, *self._ready()]

    def _ready(self) -> Iterable[PlatformOutput]:
        if self._waiting == set():
            self._waiting.add("over")  # said once
            yield Ready()

    def _said(
        self, of: observing.Owner, said: answers.Heard | codec.AnyHappening, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        match said:
            case answers.Heard():
                yield from self._told(of, said, vendor)
            case wire.InteractionEvent(interaction=wire.Interaction() as one, eventType=event_type):
                yield from self._interaction(of, one, vendor, event_type)
            case wire.InteractionEvent(eventType=str() as event_type, selectedCaseId=str() as case_id):
                yield from self._case(of, event_type, case_id, vendor)
            case wire.InteractionEvent(eventType=name):
                yield Unrecognised(agent=of.agent, name=f"interaction.{name}", vendor=vendor)
            case wire.MarkdoneEvent():
                yield from self._markdone(of, said, vendor)
            case wire.AgentEvent():
                yield from self._agent(of, said, vendor)
            case wire.MediaEvent():
                yield from self._reread(answers.MEDIA)
            case wire.OtherEvent():
                yield observing.notice(of.agent, said, vendor)
            case codec.UnknownEvent(name=name):
                yield Unrecognised(agent=of.agent, name=name, vendor=vendor)

    def _told(
        self, of: observing.Owner, heard: answers.Heard, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        self._waiting.discard(heard.method)
        if heard.failed is not None:
            if heard.method == answers.SUBSCRIBE:
                yield Close(POLICY, f"not subscribed: {heard.failed.message}")
                return
            yield Noticed(
                agent=of.agent, code=heard.method, message=heard.failed.message, error=True, vendor=vendor
            )
        else:
            yield from self._listing(of, heard, vendor)
        if heard.method in self._again:
            self._again.discard(heard.method)
            yield self._ask(heard.method)

    def _listing(
        self, of: observing.Owner, heard: answers.Heard, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        match heard.method:
            case "agent.getState" if heard.state is not None:
                yield observing.agent_state(of.agent, heard.state, vendor)
            case "agent.getStateList":
                yield AgentObserved(
                    agent=of.agent,
                    choices=observing.choices(heard.states),
                    refs=observing.plain_operations(heard.states),
                    vendor=vendor,
                )
            case "media.getMediaList":
                yield AgentObserved(agent=of.agent, channels=observing.channels(heard.media), vendor=vendor)
            case "interaction.getInteractions":
                for one in heard.interactions:
                    yield from self._observe(of, one, vendor)
                refs = tuple(Ref(one.interactionId) for one in heard.interactions)
                self._memory.keep(frozenset(refs))
                yield InteractionsListed(agent=of.agent, refs=refs, vendor=vendor)
            case _:
                pass  # no state was given, or an answer without content

    def _observe(
        self, of: observing.Owner, one: wire.Interaction, vendor: msgspec.Raw
    ) -> Iterable[InteractionObserved]:
        known = self._memory.refs(Ref(one.interactionId))
        seen = self._memory.note(observing.interaction(of, one, vendor, known))
        if seen is not None:
            yield seen

    def _interaction(
        self, of: observing.Owner, one: wire.Interaction, vendor: msgspec.Raw, event_type: str | None
    ) -> Iterable[PlatformOutput]:
        final = False
        for seen in self._observe(of, one, vendor):
            final = seen.state is InteractionState.COMPLETED
            yield seen
        # No event says for certain that it was removed: read the list again.
        if final or event_type in tables.REMOVALS:
            yield from self._reread(answers.INTERACTIONS)

    def _case(
        self, of: observing.Owner, event_type: str, case: str, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        match event_type:
            case tables.CASE_SELECTED:  # at most one is
                for ref in self._memory.of_other_cases(case):
                    yield InteractionObserved(agent=of.agent, ref=ref, focused=False, vendor=vendor)
                for ref in self._memory.of_case(case):
                    yield InteractionObserved(agent=of.agent, ref=ref, focused=True, vendor=vendor)
            case tables.CASE_EXPANDED | tables.CASE_COLLAPSED:
                expanded = event_type == tables.CASE_EXPANDED
                for ref in self._memory.of_case(case):
                    yield InteractionObserved(agent=of.agent, ref=ref, expanded=expanded, vendor=vendor)
            case _:
                yield Unrecognised(agent=of.agent, name=f"interaction.{event_type}", vendor=vendor)
        yield from self._perhaps_removed()

    def _markdone(
        self, of: observing.Owner, event: wire.MarkdoneEvent, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        if event.interaction is not None:
            yield from self._interaction(of, event.interaction, vendor, event.eventType)
        named = event.interactionId or (event.interaction and event.interaction.interactionId)
        if named and event.eventType == tables.BLOCKED:
            yield from self._blocked(Ref(named), event.warningMessage or "", vendor)
        elif named and event.eventType in {tables.BLOCK_TIMEOUT, tables.UNBLOCKED}:
            yield from self._unblocked(Ref(named), vendor)
        elif event.interaction is None:
            yield Unrecognised(agent=of.agent, name=f"markdone.{event.eventType}", vendor=vendor)

    def _agent(
        self, of: observing.Owner, event: wire.AgentEvent, vendor: msgspec.Raw
    ) -> Iterable[PlatformOutput]:
        state = event.state or wire.State(event.type, event.displayName, event.operationName)
        if state.type:
            yield observing.agent_state(of.agent, state, vendor)
        else:
            yield from self._reread(answers.STATE)
        yield from self._perhaps_removed()

    def _perhaps_removed(self) -> Iterable[PlatformOutput]:
        """An agent marks done in the desktop: all that shows may be a case closing or a state changing."""
        if self._memory.awaits_removal():
            yield from self._reread(answers.INTERACTIONS)


def _introduced(of: observing.Owner, heard: answers.Heard, vendor: msgspec.Raw) -> AgentObserved:
    name = observing.full_name(heard.agent) if heard.agent is not None else ""
    return AgentObserved(agent=of.agent, name=name or UNSET, vendor=vendor)


def _first_ref(call: Call) -> Ref:
    return Ref(str(call.params[0])) if call.params else Ref("")


def _number(answered: int | str | UnsetType | None) -> int:
    """The id of a call of the core; as text too, which is all that the vendor's own envelope can carry."""
    if isinstance(answered, str):
        return int(answered) if answered.isascii() and answered.isdigit() and len(answered) < _DIGITS else 0
    return answered if isinstance(answered, int) else 0
