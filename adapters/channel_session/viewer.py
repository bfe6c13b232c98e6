"""What a client is told of a session on a platform of another kind.

The encoded frames of an event are shared by all clients; what depends on the rest of the session is added in
`viewer_channels` and `viewer_contacts`.
"""

from collections.abc import Sequence

from adapters.channel_session import tables, targets, wire
from adapters.channel_session.codec import event as frame
from adapters.channel_session.viewer_channels import ViewedChannels
from adapters.channel_session.viewer_contacts import ViewedContacts
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from schemas.agent import AgentSession
from schemas.events import AgentEvent, AgentLoggedOut, AnyEvent, InteractionEvent
from schemas.ids import AgentId, SessionId


class Viewer:
    """One agent's session as its client knows it."""

    def __init__(self, view: View, session: AgentSession) -> None:
        self.agent_id: AgentId = session.agent_id
        self.session_id: SessionId = session.id
        self.channels = ViewedChannels(view, session)
        self.contacts = ViewedContacts(view, self.channels)
        self._view = view

    def start(self) -> Sequence[Frame]:
        """Announce the session as it is; session.initialized is last."""
        open_now = self._view.interactions(self.agent_id)
        mains = [one for one in open_now if one.consult_of is None]
        ids = {one.id for one in mains}
        consults = [one for one in open_now if one.consult_of in ids]
        return (
            *self.channels.start(one.media for one in mains),
            *self.contacts.start(mains, consults),
            frame(tables.INITIALIZED, self.session_id, wire.NOTHING),
        )

    def signed_out(self) -> Sequence[Frame]:
        """Channels and group are disposed of."""
        return self.channels.disposed()

    def event(self, event: AnyEvent, frames: Sequence[Frame], *, first: bool) -> Sequence[Frame]:
        """What the client gets of an event of this session."""
        del first  # the frames are so already
        if isinstance(event, InteractionEvent):
            told = self.contacts.event(event, frames)
            if told:
                self.channels.contact_told()
            return told
        if isinstance(event, AgentLoggedOut):
            return self.channels.disposed(event.agent)
        return self.channels.changed(event.agent) if isinstance(event, AgentEvent) else frames

    def resolve(self, target: str, kind: str) -> targets.Found | None:
        """What a client's target names; of no kind in particular, for none is like another here."""
        del kind
        found = targets.resolve(target, self.session_id, self.agent_id, self._view)
        if found is None or (found.kind == tables.GROUP and not self.channels.grouped):
            return None
        return None if found.media is not None and found.media not in self.channels.media else found
