"""North: what a client was asked, where its next request refers to it without saying so.

Source: seed 003 (outbound skill, after-call work, dispositions); reference channel-session.md section 7.
"""

from collections.abc import Mapping

import msgspec

from adapters.channel_session import incontact
from adapters.dialect import View
from schemas.commands import AnyCommand, Complete, Dial, SetState
from schemas.ids import InteractionId, SessionId
from schemas.interaction import InteractionState
from schemas.needinfo import NeedInfoKind, Question


class Questions:
    """Of one client."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._numbers: dict[InteractionId, dict[int, str]] = {}  # dispositions as the client was asked
        self._working: dict[SessionId, Complete] = {}  # asked for an agent state to end after-call work
        self._skills: dict[SessionId, str] = {}  # the key of what the last dial had to be given

    def asked(self, session_id: SessionId, sent: AnyCommand, missing: Question) -> None:
        """A command came back with that question."""
        if missing.kind in incontact.ASKED_AS_SKILL:
            self._skills[session_id] = incontact.ASKED_AS_SKILL[missing.kind]
        if isinstance(sent, Complete) and missing.kind is NeedInfoKind.DISPOSITION:
            numbered = incontact.numbered(missing)
            self._numbers[sent.interaction_id] = {number: one.id for number, one in numbered.items()}
        if isinstance(sent, Complete) and missing.kind is NeedInfoKind.AGENT_STATE:
            self._working[session_id] = sent

    def numbers(self, interaction_id: InteractionId) -> Mapping[int, str]:
        """The dispositions behind the numbers that the client was given."""
        return self._numbers.get(interaction_id, {})

    def over(self, interaction_id: InteractionId) -> None:
        """It is completed."""
        self._numbers.pop(interaction_id, None)

    def meant(self, session_id: SessionId, command: AnyCommand) -> AnyCommand:
        """A command as the answer that it is.

        The skill of a dial is one to what was to be chosen, whatever its name; a state to the after-call work
        that was to be ended so.
        """
        if isinstance(command, Dial) and "skill" in command.answers:
            key = self._skills.get(session_id, "skill")
            return msgspec.structs.replace(command, answers={key: command.answers["skill"]})
        if not isinstance(command, SetState) or (asked := self._working.pop(session_id, None)) is None:
            return command
        now = self._view.interaction(asked.interaction_id)
        if now is None or now.state is InteractionState.COMPLETED:
            return command
        chosen = f"{command.state}:{command.reason}" if command.reason else str(command.state)
        return Complete(interaction_id=asked.interaction_id, answers={**asked.answers, "agent_state": chosen})
