"""North, over a platform of this protocol: what it said is passed on with our handles.

Handles are the segments of targets and the ids that name interactions and conversations: ours outlive a
reconnect. Groups and channels keep the platform's ids, below our session. All else is the platform's own.
What has no frame of its own, such as what was missed while the link was down, is told from the snapshot, in
the platform's words as far as they are known.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from adapters.channel_session import addressing, codec, encode, extras, tables, wire
from adapters.channel_session.addressing import Found, parent, renamed
from adapters.channel_session.client_session import open_now
from adapters.channel_session.encode_session import EMPTY, became
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from adapters.kit import same_dialect
from adapters.kit.same_dialect import Handle, Members, Places, members_of
from schemas import events as e
from schemas.agent import AgentSession
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.values import Json

Frames = Sequence[Frame]

# Events that name a conversation in their data.
_NAMING: Final = frozenset({"conversation.created", "interaction.focuschanged"})
_CONVERSATION: Final[Places] = {"conversation": {"id": Handle.KNOWN}}
_members = msgspec.json.Decoder(Members).decode
_encode = msgspec.json.Encoder().encode


def of_this_protocol(session: AgentSession) -> bool:
    """Whether the session is on such a platform."""
    return extras.of_session(session) is not None


class OwnSession:
    """One started session as its client knows it."""

    def __init__(self, view: View, session: AgentSession) -> None:
        self.agent_id: AgentId = session.agent_id
        self.session_id: SessionId = session.id
        self._view = view
        self._session = session
        self._announced = extras.of_session(session) or EMPTY
        self._known: set[InteractionId] = set()  # interactions announced and not disposed of
        self._passed_on = False  # the platform's frame, so that other events of the snapshot say no more

    def start(self) -> list[Frame]:
        """Announce the session as it is; session.initialized is last."""
        mains, consults = open_now(self._view, self.agent_id)
        self._known = {one.id for one in (*mains, *consults)}
        focused = [one for one in self._view.interactions(self.agent_id) if consults and one.focused]
        return [
            *became(self.session_id, EMPTY, self._announced),
            *(told for one in (*mains, *consults) for told in encode.created(one)),
            *(told for one in focused for told in encode.focus(one)),
            codec.event(tables.INITIALIZED, self.session_id, wire.NOTHING),
        ]

    def signed_out(self) -> Frames:
        """What is left of channels and groups is disposed of."""
        left, self._announced = self._announced, EMPTY
        return became(self.session_id, left, EMPTY)

    def event(self, event: e.AnyEvent, frames: Frames, *, first: bool) -> Frames:
        """What the client gets of an event of this session; `first` of its snapshot."""
        self._passed_on = self._passed_on and not first
        said = _said(event)
        match event:
            case e.InteractionEvent():
                return self._interaction(event, event.interaction, said, frames)
            case e.AgentEvent():
                return self._agent(event, said)
            case _:
                return frames if said is None else [self._ours(said)]

    def _interaction(
        self, event: e.InteractionEvent, now: Interaction, said: "PlatformEvent | None", frames: Frames
    ) -> Frames:
        if now.id not in self._known:
            return self._first(now)
        if isinstance(event, e.InteractionCompleted):
            self._known.discard(now.id)
        if self._passed_on:
            return ()
        if said is None:
            return frames
        if isinstance(event, e.FocusChanged):
            return ()  # its frame was passed on with the interaction that it names
        if said.target not in handles((now,)):
            return frames
        self._passed_on = True
        return [self._ours(said, now)]

    def _first(self, now: Interaction) -> Frames:
        """The first that this client hears of it: as it is; of a consultation only with what it is one of."""
        orphaned = now.consult_of is not None and now.consult_of not in self._known
        if orphaned or now.state is InteractionState.COMPLETED:
            return ()
        self._known.add(now.id)
        self._passed_on = True
        return encode.created(now)

    def _agent(self, event: e.AgentEvent, said: "PlatformEvent | None") -> Frames:
        if self._passed_on:
            return ()
        self._session = event.agent
        before, self._announced = self._announced, extras.of_session(event.agent) or EMPTY
        if said is None:
            if isinstance(event, e.AgentLoggedOut):
                self._announced = before
                return self.signed_out()
            return became(self.session_id, before, self._announced)
        self._passed_on = True
        told = [self._ours(one) for one in (*_earlier(event), said)]
        if isinstance(event, e.AgentLoggedOut):
            path = said.target[len(self._theirs("")) + 1 :]
            self._announced = extras.SessionExtras(
                {one: info for one, info in before.channelgroups.items() if one != path},
                {one: info for one, info in before.channels.items() if one != path},
            )
            told += self.signed_out()
        return told

    def _ours(self, said: "PlatformEvent", now: Interaction | None = None) -> Frame:
        known = self._view.interactions(self.agent_id)
        return ours(said, self._theirs(""), self.session_id, handles(known if now is None else (*known, now)))

    # --- targets

    def resolve(self, target: str, kind: str) -> Found | None:
        """What a client's target names, preferably of that kind: a group may have the id of a channel."""
        found = [one for one in (self._object(target), self._contact(target)) if one is not None]
        path = target.partition(".")[2]
        if path in self._announced.channelgroups:
            found.append(Found(tables.GROUP, theirs=self._theirs(path)))
        return next((one for one in found if one.kind == kind), next(iter(found), None))

    def _theirs(self, path: str) -> str:
        session = self._session.refs.get("session", "")
        return f"{session}.{path}" if path else session

    def _object(self, target: str) -> Found | None:
        """The session or a channel, in either form."""
        path = target.partition(".")[2]
        if not path:
            return Found(tables.SESSION, theirs=self._theirs(""))
        groups = self._announced.channelgroups
        spelt = [one for one in self._announced.channels if one == path]
        spelt += [
            one for one in self._announced.channels if one.removeprefix(f"{parent(one, groups)}.") == path
        ]
        return Found(tables.CHANNEL, theirs=self._theirs(spelt[0])) if spelt else None

    def _contact(self, target: str) -> Found | None:
        """An interaction or a conversation, in either form."""
        for one in self._view.interactions(self.agent_id):
            for handle in _objects(one):
                if handle.ours == target:
                    return Found(handle.kind, one, theirs=handle.theirs)
        return None


# --- the platform's events


class PlatformEvent(msgspec.Struct, frozen=True):
    """An event of the platform's as it came."""

    name: str
    target: str
    frame: msgspec.Raw


def _said(event: e.AnyEvent) -> PlatformEvent | None:
    """The platform's own event behind one of ours; None if there is none that a client could be told.

    What was missed has a frame too, but not that of the change.
    """
    frame = None if event.recovered else same_dialect.frame_of(event.vendor, tables.NAME)
    if frame is None:
        return None
    said = codec.read(frame)
    if not codec.is_event(said) or not isinstance(said.name, str) or said.name == tables.INITIALIZED:
        return None
    return PlatformEvent(said.name, said.target, frame)


def _earlier(event: e.Event) -> list[PlatformEvent]:
    """The platform's events before it that told pieces of the same change."""
    read = [(codec.read(one), one) for one in event.vendor.earlier] if event.vendor is not None else []
    return [PlatformEvent(said.name, said.target, one) for said, one in read if isinstance(said.name, str)]


class _Handle(msgspec.Struct, frozen=True):
    """One object of an interaction: its target there, and ours."""

    kind: str
    theirs: str
    ours: str


def _objects(now: Interaction) -> list[_Handle]:
    """The interaction and its conversation, in the form with the group and in that without.

    Of a consultation only the conversation: the interaction is that of what it is a consultation of.
    """
    found = []
    if now.consult_of is None:
        found.append(_Handle(tables.INTERACTION, now.refs.get("target", ""), addressing.interaction(now)))
    if (theirs := now.refs.get("conversation")) is not None:
        found.append(_Handle(tables.CONVERSATION, theirs, addressing.conversation(now)))
    if (group := now.refs.get("group")) is not None:
        session = now.refs["session"]
        ours = renamed(group, session, now.session_id)
        found += [
            _Handle(one.kind, renamed(one.theirs, group, session), renamed(one.ours, ours, now.session_id))
            for one in found
        ]
    return found


def handles(known: Iterable[Interaction]) -> dict[str, str]:
    """The platform's targets of interactions and conversations, with ours."""
    return {handle.theirs: handle.ours for one in known for handle in _objects(one)}


def ours(said: PlatformEvent, theirs: str, session_id: str, known: Mapping[str, str]) -> Frame:
    """Their event with our handles; `theirs` is their session."""
    members = _members(said.frame)
    target = known.get(said.target) or renamed(said.target, theirs, session_id)
    told: dict[str, Json] = {**members, "target": target}
    if said.name in _NAMING and (data := members_of(members.get("data"))) is not None:

        def find(leg: str) -> str:
            return known.get(f"{said.target}.{leg}", "").rpartition(".")[2] or leg

        told["data"] = same_dialect.renamed(data, _CONVERSATION, find)
    if "context" in members:  # the debugging aid names the objects of the target, inside out
        below = (said.target.removeprefix(theirs), target.removeprefix(session_id))
        names = {theirs: session_id, **dict(zip(*(one.split(".") for one in below), strict=False))}
        told["context"] = _renamed_ids(msgspec.json.decode(members["context"]), names)
    return Frame(said.name, _encode(told))


def _renamed_ids(context: Json, names: Mapping[str, str]) -> Json:
    if not isinstance(context, dict):
        return context
    return {
        key: names.get(value, value) if key == "id" and isinstance(value, str) else _renamed_ids(value, names)
        for key, value in context.items()
    }
