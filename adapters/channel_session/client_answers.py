"""North: what a request is answered with once there is a result, and what was asked back.

A client's next request refers to what it was asked without saying so. What a platform of this protocol
answered is answered as it was printed. Source: seed 003 (shapes, needinfo); reference channel-session.md
sections 1.5, 3.1, 4.1, 7 and 8.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from adapters.channel_session import codec, encode, incontact, methods, outcomes, tables, wire
from adapters.channel_session.rows import Row
from adapters.contract.dialect import View
from adapters.kit.questions import KEY_OF
from schemas.commands import AnyCommand, Complete, Dial, InteractionCommand, SetState, VendorCall
from schemas.ids import InteractionId, SessionId
from schemas.interaction import Disposition, InteractionState, Media
from schemas.needinfo import NeedInfoKind, Question
from schemas.observations import DirectoryEntry
from schemas.results import ErrorCode, Failed, Succeeded
from schemas.values import Json

ListedT = TypeVar("ListedT")


@dataclass(slots=True)
class Pending:
    """A request that is being carried out."""

    asked: wire.Message
    original: bytes
    row: Row | None
    session_id: SessionId
    sent: AnyCommand | None = None
    answer: list[bytes] = field(default_factory=list)


class Questions:
    """What one client was asked."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._numbers: dict[InteractionId, dict[int, str]] = {}  # dispositions as the client was asked
        self._working: dict[SessionId, Complete] = {}  # asked for an agent state to end after-call work
        self._skills: dict[SessionId, str] = {}  # the key of what the last dial had to be given

    def asked(self, session_id: SessionId, sent: AnyCommand, missing: Question) -> None:
        """A command came back with that question."""
        if missing.kind in {NeedInfoKind.OUTBOUND_SKILL, NeedInfoKind.SERVICE}:
            self._skills[session_id] = KEY_OF[missing.kind]
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


def succeeded(pending: Pending, result: Succeeded) -> list[bytes]:
    """The response first, then its event. A list that a platform of this protocol told comes in its event."""
    asked = pending.asked
    if isinstance(pending.sent, VendorCall):
        return [codec.success(asked, result.data)]
    match pending.row:
        case incontact.ADDRESS_BOOK:
            books = result.extras if "addressbooks" in result.extras else None
            listed = _listed(result.data, DirectoryEntry)
            return [codec.success(asked, incontact.books(listed) if books is None else books)]
        case methods.GET_DIRECTORY if "categories" not in result.extras:
            entries = _listed(result.data, DirectoryEntry)
            event = [encode.directory(pending.session_id, entries)]
        case methods.EXTERNAL_DISPOSITIONS if "dispositions" not in result.extras:
            event = [encode.dispositions(asked.target, _listed(result.data, Disposition))]
        case _:
            event = []
    return [codec.success(asked, asked.data), *(one.body for one in event)]


def _listed(data: Json, kind: type[ListedT]) -> tuple[ListedT, ...]:
    """A list in a result, whichever dialect it came from; what is no such list is an empty one."""
    try:
        return tuple(msgspec.convert(msgspec.to_builtins(data), list[kind]))  # type: ignore[valid-type]  # generic in the element
    except msgspec.ValidationError:
        return ()


def so_already(pending: Pending, failed: Failed, view: View) -> list[bytes]:
    """The success of what was refused for being so already; empty if it was refused for another reason."""
    wanted, sent = pending.row.already if pending.row is not None else None, pending.sent
    if wanted is None or failed.code is not ErrorCode.WRONG_STATE or outcomes.FAILURE in failed.extras:
        return []
    now = view.interaction(sent.interaction_id) if isinstance(sent, InteractionCommand) else None
    if now is None or now.recording_state is not wanted:
        return []
    state = encode.interaction_state(now)
    return [codec.success(pending.asked, pending.asked.data), *(frame.body for frame in state)]


def extension(pending: Pending, failed: Failed) -> Json | None:
    """The `uiExtension` that asks for what is missing; None if nothing is, or it cannot be asked for here."""
    if failed.code is not ErrorCode.NEEDS_INFO:
        return None
    asked = failed.missing
    known = failed.extras.get(outcomes.UI_EXTENSION)
    if asked is None or known is not None:
        return known
    if asked.kind is NeedInfoKind.SERVICE and not isinstance(pending.sent, Dial):
        return None  # only a dial can be given what is asked for as a skill
    return asked.extras.get(outcomes.UI_EXTENSION) or outcomes.ui_extension(asked)


def without_asking(pending: Pending, failed: Failed) -> AnyCommand | None:
    """The command without what may be left out and cannot be asked for here; None if it has to be asked."""
    asked, sent = failed.missing, pending.sent
    if asked is None or sent is None or not asked.skippable or extension(pending, failed) is not None:
        return None
    skipped = f"skip_{asked.kind}"
    if skipped in sent.answers:
        return None
    return msgspec.structs.replace(sent, answers={**sent.answers, skipped: True})


def failed(pending: Pending, told: Failed, view: View) -> bytes:
    """A failure, or the confirm of a prepareSession."""
    asked, original, missing = pending.asked, pending.original, told.missing
    if missing is not None and missing.kind is NeedInfoKind.CONFIRM and pending.row is None:
        return codec.confirm(asked, original, missing.title)
    received = told.extras.get(outcomes.FAILURE)
    if isinstance(received, dict):
        return codec.failure(asked, original, "", "", received)
    return codec.failure(asked, original, _code(pending, told, view), told.message or told.code)


def _code(pending: Pending, told: Failed, view: View) -> str:
    """The platform's own code if it is one of this protocol, else the nearest."""
    if told.vendor_code in tables.ERROR_IN:
        return told.vendor_code
    if told.code is ErrorCode.WRONG_STATE and isinstance(pending.sent, InteractionCommand):
        now = view.interaction(pending.sent.interaction_id)
        others = view.interactions(now.agent_id) if now is not None else ()
        consulting = any(one.consult_of == pending.sent.interaction_id for one in others)
        if pending.row is not None and pending.row.consulting and not consulting:
            return "no-consult"
        in_a_call = now is not None and now.media is Media.VOICE and now.state in tables.CONVERSATION_OUT
        if isinstance(pending.sent, Complete) and in_a_call:
            return "conversations-open"
    return tables.ERROR_OUT[told.code]
