"""North: what a request is answered with once there is a result, and what was asked back.

A client's next request refers to what it was asked without saying so. What a platform of this protocol
answered is answered as it was printed. Source: seed 003 (shapes, needinfo); reference channel-session.md
sections 1.5, 3.1, 4.1, 7 and 8.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET, UnsetType

from adapters.channel_session import codec, encode, incontact, methods, outcomes, tables, wire
from adapters.channel_session.extras import Members
from adapters.channel_session.rows import Row
from adapters.contract.change import Frame
from adapters.contract.dialect import ClientOutput, Send, View
from adapters.kit.questions import KEY_OF
from adapters.kit.under_way import listed
from schemas.commands import AnyCommand, Complete, Dial, InteractionCommand, SetState, VendorCall
from schemas.ids import InteractionId, SessionId
from schemas.interaction import Disposition, Interaction, InteractionState, Media
from schemas.needinfo import NeedInfoKind, Question
from schemas.observations import DirectoryEntry
from schemas.results import ErrorCode, Failed, Succeeded
from schemas.values import Json

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Pending:
    """A request that is being carried out."""

    asked: wire.Message
    original: bytes
    row: Row | None
    session_id: SessionId
    sent: AnyCommand | None = None
    out: list[ClientOutput] = field(default_factory=list)  # its response, and what goes with it

    def answer(
        self,
        result: str,
        *frames: Frame,
        data: Json | UnsetType = UNSET,
        failure: wire.Failure | Members | UnsetType = UNSET,
        extension: Json | UnsetType = UNSET,
        message: str | UnsetType = UNSET,
    ) -> None:
        """The response, in the spelling that was asked in, then the events that it raised.

        All but a success have the whole request in them.
        """
        response = wire.Response(
            codec.spelling(self.asked),
            self.asked.target or UNSET,
            self.asked.request_id,
            result,
            data=data,
            failure=failure,
            ui_extension=extension,
            message=message,
            original=UNSET if result == "success" else msgspec.Raw(self.original),
        )
        self.out += [Send(_encode(response)), *(Send(frame.body) for frame in frames)]

    def taken(self) -> list[ClientOutput]:
        """What there is to be said by now."""
        out, self.out = self.out, []
        return out


class Questions:
    """What one client was asked."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._numbers: dict[InteractionId, dict[int, str]] = {}  # dispositions as the client was asked
        self._working: dict[SessionId, Complete] = {}  # asked for an agent state to end after-call work
        self._skills: dict[SessionId, str] = {}  # the key of what the last dial had to be given

    def asked(self, pending: Pending, missing: Question) -> None:
        """A command came back with that question."""
        session_id, sent = pending.session_id, pending.sent
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


def succeeded(pending: Pending, result: Succeeded) -> None:
    """The response first, then its event. A list that a platform of this protocol told comes in its event."""
    asked = pending.asked
    if isinstance(pending.sent, VendorCall):
        pending.answer("success", data=result.data)
        return
    match pending.row:
        case incontact.ADDRESS_BOOK:
            said = "addressbooks" in result.extras
            books = result.extras if said else incontact.books(listed(result, DirectoryEntry))
            pending.answer("success", data=books)
        case methods.GET_DIRECTORY if "categories" not in result.extras:
            told = encode.directory(pending.session_id, listed(result, DirectoryEntry))
            pending.answer("success", told, data=asked.data)
        case methods.EXTERNAL_DISPOSITIONS if "dispositions" not in result.extras:
            told = encode.dispositions(asked.target, listed(result, Disposition))
            pending.answer("success", told, data=asked.data)
        case _:
            pending.answer("success", data=asked.data)


def _so_already(pending: Pending, failed: Failed, view: View) -> Interaction | None:
    """The interaction that is already as was asked for; None if it was refused for another reason."""
    wanted, sent = pending.row.already if pending.row is not None else None, pending.sent
    if failed.code is not ErrorCode.WRONG_STATE or outcomes.FAILURE in failed.extras:
        return None
    now = view.interaction(sent.interaction_id) if isinstance(sent, InteractionCommand) else None
    return None if now is None or now.recording_state is not wanted else now


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


def failed(pending: Pending, told: Failed, view: View) -> bool:
    """What a failure is answered with: one, a confirm, a needinfo or a success. Whether it asks something."""
    missing, received = told.missing, told.extras.get(outcomes.FAILURE)
    if (now := _so_already(pending, told, view)) is not None:
        pending.answer("success", *encode.interaction_state(now), data=pending.asked.data)
    elif (asks := extension(pending, told)) is not None:
        pending.answer("needinfo", extension=asks)
        return True
    elif missing is not None and missing.kind is NeedInfoKind.CONFIRM and pending.row is None:
        pending.answer("confirm", message=missing.title)
    elif received and isinstance(received, dict):
        pending.answer("failure", failure=received)
    else:
        code = _code(pending, told, view)
        pending.answer("failure", failure=wire.Failure(code, told.message or told.code))
    return False


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
