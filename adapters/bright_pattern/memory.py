"""North: what a client says in several calls that the canonical model says in one.

Source: reference/bright-pattern.md sections 2.1 (no_service, no_disposition) and 3. The vendor's way to
answer a refusal is a call before the next try: setService, then startCall; setDisposition, then
completeInteraction. So what was said between belongs into the answers of the repeated command.
"""

import msgspec

from adapters.bright_pattern import wire
from adapters.bright_pattern.methods import Plan
from schemas import commands as c
from schemas.ids import InteractionId
from schemas.needinfo import NeedInfoKind, Question
from schemas.values import Json


class Memory:
    """What one client chose so far, and what it was told is missing."""

    def __init__(self) -> None:
        self.service = ""  # id or name; empty: none selected
        self.services: tuple[wire.ServiceData, ...] = ()
        self._wanted: dict[InteractionId, dict[str, Json]] = {}  # refused for want of a disposition

    def missing(self, command: c.AnyCommand, question: Question | None) -> None:
        """A command was refused because of this."""
        match command, question:
            case c.Complete(interaction_id=iid), Question(kind=NeedInfoKind.DISPOSITION):
                self._wanted[iid] = {}
            case _, Question(kind=NeedInfoKind.SERVICE | NeedInfoKind.OUTBOUND_SKILL, fields=(field, *_)):
                self.services = tuple(
                    wire.ServiceData(choice.id, choice.label or choice.id) for choice in field.choices
                )
            case _:
                pass

    def forget(self, iid: InteractionId) -> None:
        """The interaction is closed."""
        self._wanted.pop(iid, None)

    def prepared(self, plan: Plan) -> Plan:
        """The plan of a method, with the answers that were given before."""
        return msgspec.structs.replace(plan, commands=tuple(self._with_answers(one) for one in plan.commands))

    def _with_answers(self, command: c.AnyCommand) -> c.AnyCommand:
        match command:
            case c.SetDisposition(interaction_id=iid, disposition=disposition) if iid in self._wanted:
                self._wanted[iid]["disposition"] = disposition
            case c.SetNotes(interaction_id=iid, notes=notes) if iid in self._wanted:
                self._wanted[iid]["notes"] = notes
            case c.Complete(interaction_id=iid, answers=answers) if self._wanted.get(iid):
                return msgspec.structs.replace(command, answers={**self._wanted[iid], **answers})
            case c.Dial() | c.StartChat() | c.StartEmail() if self.service:
                return msgspec.structs.replace(
                    command, answers={"service": self.service, "skill": self.service}
                )
            case _:
                pass
        return command
