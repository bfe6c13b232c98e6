"""What a client is told of a session on a platform of its own protocol: what that platform says.

Each event of the platform is one of ours with its frame (`Event.vendor`), which is passed on with our
handles. What has no frame of its own, such as what was missed while the link was down, is told from the
snapshot, in the platform's words as far as they are known.
"""

from collections.abc import Sequence
from typing import Final

from adapters.channel_session import announce, printed, reprint, tables, wire
from adapters.channel_session.codec import event as frame
from adapters.channel_session.targets import Found, parent
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from schemas.agent import AgentSession
from schemas.events import (
    AgentEvent,
    AgentLoggedOut,
    AnyEvent,
    FocusChanged,
    InteractionCompleted,
    InteractionEvent,
)
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState

EMPTY: Final = printed.Tree()


class OwnViewer:
    """One agent's session as its client knows it."""

    def __init__(self, view: View, session: AgentSession) -> None:
        self.agent_id: AgentId = session.agent_id
        self.session_id: SessionId = session.id
        self._view = view
        self._session = session
        self._tree = printed.tree(session) or EMPTY  # as announced
        self._known: set[InteractionId] = set()  # interactions announced and not disposed of
        self._passed_on = False  # the platform's frame, so that other events of the snapshot say no more

    def start(self) -> Sequence[Frame]:
        """Announce the session as it is; session.initialized is last."""
        open_now = self._view.interactions(self.agent_id)
        mains = [one for one in open_now if one.consult_of is None]
        self._known = {one.id for one in mains}
        consults = [one for one in open_now if one.consult_of in self._known]
        self._known |= {one.id for one in consults}
        focused = [one for one in open_now if consults and one.focused]
        return [
            *reprint.tree(self.session_id, EMPTY, self._tree),
            *(one for known in (*mains, *consults) for one in announce.created(known)),
            *(one for known in focused for one in announce.focus(known)),
            frame(tables.INITIALIZED, self.session_id, wire.NOTHING),
        ]

    def signed_out(self) -> Sequence[Frame]:
        """What is left of channels and groups is disposed of."""
        left, self._tree = self._tree, EMPTY
        return reprint.tree(self.session_id, left, EMPTY)

    def event(self, event: AnyEvent, frames: Sequence[Frame], *, first: bool) -> Sequence[Frame]:
        """What the client gets of an event of this session; `first` of its snapshot."""
        self._passed_on = self._passed_on and not first
        said = reprint.spoken(event)
        if isinstance(event, InteractionEvent):
            return self._interaction(event, event.interaction, said, frames)
        if isinstance(event, AgentEvent):
            return self._agent(event, said)
        return frames if said is None else [self._ours(said)]

    def _ours(self, said: reprint.Spoken, now: Interaction | None = None) -> Frame:
        known = self._view.interactions(self.agent_id)
        handles = reprint.handles(known if now is None else (*known, now))
        return reprint.ours(said, self._theirs(""), self.session_id, handles)

    # --- interactions

    def _interaction(
        self, event: InteractionEvent, now: Interaction, said: reprint.Spoken | None, frames: Sequence[Frame]
    ) -> Sequence[Frame]:
        if now.id not in self._known:
            return self._first(now)
        if isinstance(event, InteractionCompleted):
            self._known.discard(now.id)
        if self._passed_on:
            return ()
        if said is None:
            return frames
        if isinstance(event, FocusChanged):
            return ()  # its frame was passed on with the interaction that it names
        if said.target not in reprint.handles((now,)):
            return frames
        self._passed_on = True
        return [self._ours(said, now)]

    def _first(self, now: Interaction) -> Sequence[Frame]:
        """The first that this client hears of it: as it is; of a consultation only with what it is one of."""
        orphaned = now.consult_of is not None and now.consult_of not in self._known
        if orphaned or now.state is InteractionState.COMPLETED:
            return ()
        self._known.add(now.id)
        self._passed_on = True
        return announce.created(now)

    # --- the agent

    def _agent(self, event: AgentEvent, said: reprint.Spoken | None) -> Sequence[Frame]:
        if self._passed_on:
            return ()
        self._session = event.agent
        before, self._tree = self._tree, printed.tree(event.agent) or EMPTY
        if said is None:
            if isinstance(event, AgentLoggedOut):
                self._tree = before
                return self.signed_out()
            return reprint.tree(self.session_id, before, self._tree)
        self._passed_on = True
        told = [self._ours(one) for one in (*reprint.earlier(event), said)]
        if isinstance(event, AgentLoggedOut):
            path = said.target[len(self._theirs("")) + 1 :]
            self._tree = printed.Tree(
                {one: info for one, info in before.channelgroups.items() if one != path},
                {one: info for one, info in before.channels.items() if one != path},
            )
            told += self.signed_out()
        return told

    # --- targets

    def resolve(self, target: str, kind: str) -> Found | None:
        """What a client's target names, preferably of that kind: a group may have the id of a channel."""
        found = [one for one in (self._object(target), self._contact(target)) if one is not None]
        path = target.partition(".")[2]
        if path in self._tree.channelgroups:
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
        spelt = [one for one in self._tree.channels if one == path]
        spelt += [
            one
            for one in self._tree.channels
            if one.removeprefix(f"{parent(one, self._tree.channelgroups)}.") == path
        ]
        return Found(tables.CHANNEL, theirs=self._theirs(spelt[0])) if spelt else None

    def _contact(self, target: str) -> Found | None:
        """An interaction or a conversation, in either form."""
        for one in self._view.interactions(self.agent_id):
            for handle in reprint.objects(one):
                if handle.ours == target:
                    return Found(handle.kind, one, theirs=handle.theirs)
        return None


def of_this_protocol(session: AgentSession) -> bool:
    """Whether the session is on such a platform."""
    return printed.tree(session) is not None
