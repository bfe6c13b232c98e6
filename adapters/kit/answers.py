"""North: a client that cannot be asked answers all the same, by what it said before.

What it gave beforehand (a disposition set, a note added) is kept for the command that asks for it; names are
taken for the ids of choices; what is optional is skipped; and what was asked is remembered, so that the
vendor's own call can list the choices. Source: the design, section 3.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from schemas import commands as c
from schemas.ids import InteractionId
from schemas.needinfo import Choice, Field, NeedInfoKind, Question
from schemas.results import ErrorCode, Failed
from schemas.values import Json

_OF_A_COMPLETION: Final = (c.SetDisposition, c.SetNotes)


def chosen(choices: Sequence[Choice], said: str) -> str | None:
    """The id of the choice that is meant, by id or else by name; None: none of them."""
    if any(one.id == said for one in choices):
        return said
    return next((one.id for one in choices if one.label == said), None)


def answered(question: Question, given: Mapping[str, Json]) -> dict[str, Json] | None:
    """What is to be added to the command's answers; None if it takes a person."""
    found = {field.key: value for field in question.fields if (value := _value(field, given)) is not None}
    whole = all(field.key in found or not field.required for field in question.fields)
    if whole and (found or not question.skippable):
        return found
    return {**found, f"skip_{question.kind}": True} if question.skippable else None


def _value(field: Field, given: Mapping[str, Json]) -> Json:
    said = given.get(field.key)
    if isinstance(said, str) and field.choices:
        said = chosen(field.choices, said)
    return field.default if said is None else said


class Given:
    """What one client said for commands that are still to come, and what it was told is missing."""

    def __init__(self) -> None:
        self.service = ""  # id or name; empty: none selected
        self.services: tuple[Choice, ...] = ()  # those that there are, as far as it is known
        self._given: dict[InteractionId, dict[str, Json]] = {}
        self._kept: dict[
            InteractionId, dict[str, Json]
        ] = {}  # the platform takes it with the completion only
        self._dispositions: dict[InteractionId, tuple[Choice, ...]] = {}
        self._asked_state: set[InteractionId] = set()  # how the agent goes on after these
        self._state = ""  # what the agent was set to since

    def forget(self, iid: InteractionId) -> None:
        """The interaction is completed."""
        for known in (self._given, self._kept, self._dispositions):
            known.pop(iid, None)
        self._asked_state.discard(iid)

    def notes(self, iid: InteractionId) -> str | None:
        """The notes that wait for the completion, if there are any."""
        notes = self._kept.get(iid, {}).get("notes")
        return notes if isinstance(notes, str) else None

    def dispositions(self, iid: InteractionId) -> tuple[Choice, ...] | None:
        """The choices of the question for a disposition; None: it was not asked."""
        return self._dispositions.get(iid)

    def prepared(self, command: c.AnyCommand) -> c.AnyCommand:
        """The command, with what it would ask for where that is known."""
        match command:
            case c.Complete(interaction_id=iid, answers=answers):
                state = self._state if iid in self._asked_state else ""
                kept = self._kept.get(iid)  # notes may need the disposition that they are about
                before = {**self._given.get(iid, {}), **kept} if kept else {}
                before |= {"agent_state": state} if state else {}
                return replace(command, answers={**before, **answers}) if before else command
            case c.Dial() | c.StartChat() | c.StartEmail() if self.service:
                known = chosen(self.services, self.service) or self.service
                return replace(command, answers={"service": known, "skill": known, **command.answers})
            case c.SetDisposition(interaction_id=iid, disposition=said) if iid in self._dispositions:
                command = replace(command, disposition=chosen(self._dispositions[iid], said) or said)
                self._keep_answer(command)
            case c.SetNotes():
                self._keep_answer(command)
            case c.SetState(state=state, reason=reason):
                self._state = f"{state.value}:{reason}" if reason else state.value
            case _:
                pass
        return command

    def succeeded(self, command: c.AnyCommand) -> None:
        """The platform did it."""
        if isinstance(command, _OF_A_COMPLETION):
            self._given.setdefault(command.interaction_id, {}).update(_said(command))

    def keeps(self, command: c.AnyCommand, failed: Failed) -> bool:
        """Whether the platform takes that with the completion only: it is kept, and so succeeds."""
        if not isinstance(command, _OF_A_COMPLETION):
            return False
        if failed.code is ErrorCode.UNSUPPORTED:
            self._keep(command)
            return True
        return self._is_an_answer(command)

    def again(self, command: c.AnyCommand, failed: Failed) -> c.AnyCommand | None:
        """The command with answers to what is missing; None if only a person has them."""
        question = failed.missing
        if question is None or isinstance(command, c.Login):
            return None
        iid = command.interaction_id if isinstance(command, c.Complete) else InteractionId("")
        self._remember(question, iid)
        said = {**self._given.get(iid, {}), **self._kept.get(iid, {}), **command.answers}
        answers = answered(question, said)
        if answers is None or command.answers == (all_of_them := {**command.answers, **answers}):
            return None
        return replace(command, answers=all_of_them)

    def _is_an_answer(self, command: c.SetDisposition | c.SetNotes) -> bool:
        """Whether it is what the completion was refused for want of."""
        asked = self._dispositions.get(command.interaction_id)
        if asked and isinstance(command, c.SetDisposition):
            return chosen(asked, command.disposition) is not None
        return asked is not None

    def _keep_answer(self, command: c.SetDisposition | c.SetNotes) -> None:
        if self._is_an_answer(command):
            self._keep(command)

    def _keep(self, command: c.SetDisposition | c.SetNotes) -> None:
        self._kept.setdefault(command.interaction_id, {}).update(_said(command))

    def _remember(self, question: Question, iid: InteractionId) -> None:
        """The choices, for whoever lists them next."""
        choices = next((field.choices for field in question.fields if field.choices), ())
        match question.kind:
            case NeedInfoKind.DISPOSITION if iid:
                self._dispositions[iid] = choices
            case NeedInfoKind.SERVICE | NeedInfoKind.OUTBOUND_SKILL:
                self.services = choices
            case NeedInfoKind.AGENT_STATE if iid:
                self._asked_state.add(iid)
                self._state = ""  # what it was set to before is no answer
            case _:
                pass


def _said(command: c.SetDisposition | c.SetNotes) -> dict[str, Json]:
    """As the answer to the question of a completion."""
    if isinstance(command, c.SetNotes):
        return {"notes": command.notes}
    return {"disposition": command.disposition}
