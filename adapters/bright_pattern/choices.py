"""North: what one client chose so far, beside what it gave for its commands (adapters.kit.answers).

Held apart from client.py, for requests.py reads it too. Source: reference/bright-pattern.md sections 3.2,
3.4.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.bright_pattern.tables import INTERACTION_ID
from adapters.kit.answers import Given
from schemas import commands as c
from schemas.agent import AgentSession
from schemas.ids import InteractionId
from schemas.interaction import Interaction
from schemas.observations import DirectoryEntry
from schemas.values import Json

CLOSED: Final = 100


class Choices(Given):
    """The vendor's way to answer a refusal is a call before the next try: setService, then startCall."""

    def __init__(self) -> None:
        super().__init__()
        self.extension = ""  # the agent's own, where the directory told it
        self.did = ""  # the number to call from, or its id; empty: the platform's own choice
        self.noted: dict[InteractionId, str] = {}  # the note added last
        self.screens: dict[str, dict[str, Json]] = {}  # what is shown again when an interaction is active
        self._closed: dict[str, str] = {}  # platform's id of a completed interaction: ours

    def completed(self, one: Interaction) -> None:
        """It is completed, and its platform may still speak of it, as in a summary."""
        self.forget(one.id)
        self.noted.pop(one.id, None)
        self.screens.pop(one.id, None)
        if ref := one.refs.get(INTERACTION_ID):
            self._closed[ref] = one.id
            if len(self._closed) > CLOSED:
                del self._closed[next(iter(self._closed))]

    def own_numbers(self, session: AgentSession) -> set[str]:
        """What the agent itself is called at, as far as the platform told it."""
        return {session.agent_id, session.refs.get("extension", ""), self.extension} - {""}

    def listed(self, data: object, session: AgentSession) -> None:
        """A directory, which may list the agent too."""
        entries = msgspec.convert(data or (), tuple[DirectoryEntry, ...])
        own = (one.address for one in entries if one.kind == "agent" and one.id == session.agent_id)
        self.extension = next(own, self.extension)

    def known(self, ref: str) -> str | None:
        """Our id of an interaction that is completed."""
        return self._closed.get(ref)

    def prepared(self, command: c.AnyCommand) -> c.AnyCommand:
        """The command, with what was given for it, and a call from the number that was chosen."""
        command = super().prepared(command)
        return replace(command, caller_id=self.did) if self.did and isinstance(command, c.Dial) else command
