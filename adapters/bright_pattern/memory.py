"""North: what a client says in several calls that the canonical model says in one.

Source: reference/bright-pattern.md sections 2.1 (no_service, no_disposition) and 3. The vendor's way to
answer a refusal is a call before the next try: setService, then startCall; setDisposition, then
completeInteraction. So what was said between belongs into the answers of the repeated command.
"""

from typing import Final

import msgspec

from adapters.bright_pattern import wire_agent
from adapters.bright_pattern.methods import Plan
from schemas import commands as c
from schemas.ids import InteractionId
from schemas.needinfo import NeedInfoKind, Question
from schemas.values import Json

CLOSED: Final = 100


class Memory:
    """What one client chose so far, and what it was told is missing."""

    def __init__(self) -> None:
        self.service = ""  # id or name; empty: none selected
        self.services: tuple[wire_agent.ServiceData, ...] = ()
        self.did = ""  # the number to call from, or its id; empty: the platform's own choice
        self.noted: dict[InteractionId, str] = {}  # the note added last
        self.screens: dict[str, dict[str, Json]] = {}  # what is shown again when an interaction is active
        self._closed: dict[str, str] = {}  # platform's id of an interaction that is closed, and ours
        self._wanted: dict[InteractionId, dict[str, Json]] = {}  # refused for want of a disposition

    def missing(self, command: c.AnyCommand, question: Question | None) -> None:
        """A command was refused because of this."""
        match command, question:
            case c.Complete(interaction_id=iid), Question(kind=NeedInfoKind.DISPOSITION):
                self._wanted[iid] = {}
            case _, Question(kind=NeedInfoKind.SERVICE | NeedInfoKind.OUTBOUND_SKILL, fields=(field, *_)):
                self.services = tuple(
                    wire_agent.ServiceData(choice.id, choice.label or choice.id) for choice in field.choices
                )
            case _:
                pass

    def forget(self, iid: InteractionId) -> None:
        """The interaction is closed."""
        self._wanted.pop(iid, None)
        self.noted.pop(iid, None)
        self.screens.pop(iid, None)

    def closed(self, ref: str | None, iid: str) -> None:
        """An interaction is closed that its platform may still speak of, as in a summary."""
        if ref:
            self._closed[ref] = iid
            if len(self._closed) > CLOSED:
                del self._closed[next(iter(self._closed))]

    def known(self, ref: str) -> str | None:
        """Our id of such an interaction."""
        return self._closed.get(ref)

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
            case c.Dial():
                return msgspec.structs.replace(command, caller_id=self.did, answers=self._for_service())
            case c.StartChat() | c.StartEmail():
                return msgspec.structs.replace(command, answers=self._for_service())
            case _:
                pass
        return command

    def _for_service(self) -> dict[str, Json]:
        return {"service": self.service, "skill": self.service} if self.service else {}
