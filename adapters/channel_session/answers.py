"""North: what a request is answered with, once there is a result.

Source: seed 003 (shapes, needinfo); reference channel-session.md sections 1.5, 3.1, 4.1 and 8.2. What a
platform of this protocol answered is answered as it was printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from adapters.channel_session import announce, codec, incontact, tables, wire
from adapters.contract.dialect import View
from schemas.commands import AnyCommand, Complete, Dial, InteractionCommand, VendorCall
from schemas.ids import AgentId, SessionId
from schemas.interaction import Disposition, Media, RecordingState
from schemas.needinfo import NeedInfoKind
from schemas.observations import DirectoryEntry
from schemas.results import ErrorCode, Failed, Succeeded
from schemas.values import Json

NO_SESSION: Final = SessionId("")
NO_AGENT: Final = AgentId("")
# Requests that succeed if it is so already.
ALREADY: Final[Mapping[str, RecordingState]] = {
    "interaction.recording.start": RecordingState.RECORDING,
    "interaction.recording.stop": RecordingState.STOPPED,
}
ListedT = TypeVar("ListedT")


@dataclass(slots=True)
class Pending:
    """A request that is being carried out."""

    asked: wire.Message
    original: bytes
    command: str  # bare
    session_id: SessionId = NO_SESSION
    agent_id: AgentId = NO_AGENT  # of prepareSession
    sent: AnyCommand | None = None
    then: AnyCommand | None = None  # to be sent when that has succeeded


def succeeded(pending: Pending, result: Succeeded) -> list[bytes]:
    """The response first, then its event. A list that a platform of this protocol told comes in its event."""
    asked = pending.asked
    if isinstance(pending.sent, VendorCall):
        return [codec.success(asked, result.data)]
    match pending.command:
        case "session.incontact.addressbook":
            books = result.extras if "addressbooks" in result.extras else None
            listed = _listed(result.data, DirectoryEntry)
            return [codec.success(asked, incontact.books(listed) if books is None else books)]
        case "session.getdirectory" if "categories" not in result.extras:
            entries = _listed(result.data, DirectoryEntry)
            return [codec.success(asked, asked.data), announce.directory(pending.session_id, entries).body]
        case "channel.externaldispositions" if "dispositions" not in result.extras:
            dispositions = _listed(result.data, Disposition)
            return [codec.success(asked, asked.data), announce.dispositions(asked.target, dispositions).body]
        case _:
            return [codec.success(asked, asked.data)]


def _listed(data: Json, kind: type[ListedT]) -> tuple[ListedT, ...]:
    """A list in a result, whichever dialect it came from; what is no such list is an empty one."""
    try:
        return tuple(msgspec.convert(msgspec.to_builtins(data), list[kind]))  # type: ignore[valid-type]  # generic in the element
    except msgspec.ValidationError:
        return ()


def so_already(pending: Pending, failed: Failed, view: View) -> list[bytes]:
    """The success of what was refused for being so already; empty if it was refused for another reason."""
    wanted = ALREADY.get(pending.command)
    if wanted is None or failed.code is not ErrorCode.WRONG_STATE or codec.FAILURE in failed.extras:
        return []
    now = (
        view.interaction(pending.sent.interaction_id)
        if isinstance(pending.sent, InteractionCommand)
        else None
    )
    if now is None or now.recording_state is not wanted:
        return []
    return [
        codec.success(pending.asked, pending.asked.data),
        *(frame.body for frame in announce.interaction_state(now)),
    ]


def extension(pending: Pending, failed: Failed) -> Json | None:
    """The `uiExtension` that asks for what is missing; None if nothing is, or it cannot be asked for here."""
    if failed.code is not ErrorCode.NEEDS_INFO:
        return None
    asked = failed.missing
    known = failed.extras.get(codec.UI_EXTENSION)
    if asked is None or known is not None:
        return known
    if asked.kind is NeedInfoKind.SERVICE and not isinstance(pending.sent, Dial):
        return None  # only a dial can be given what is asked for as a skill
    return asked.extras.get(codec.UI_EXTENSION) or codec.ui_extension(asked)


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
    if missing is not None and missing.kind is NeedInfoKind.CONFIRM and pending.command == wire.PREPARE:
        return codec.confirm(asked, original, missing.title)
    printed = told.extras.get(codec.FAILURE)
    if isinstance(printed, dict):
        return codec.failure(asked, original, "", "", printed)
    return codec.failure(asked, original, _code(pending, told, view), told.message or told.code)


def _code(pending: Pending, told: Failed, view: View) -> str:
    """The platform's own code if it is one of this protocol, else the nearest."""
    if told.vendor_code in tables.ERROR_IN:
        return told.vendor_code
    if told.code is ErrorCode.WRONG_STATE and isinstance(pending.sent, InteractionCommand):
        now = view.interaction(pending.sent.interaction_id)
        others = view.interactions(now.agent_id) if now is not None else ()
        consulting = any(one.consult_of == pending.sent.interaction_id for one in others)
        if pending.command in tables.OF_A_CONSULT and not consulting:
            return "no-consult"
        in_a_call = now is not None and now.media is Media.VOICE and now.state in tables.CONVERSATION_OUT
        if isinstance(pending.sent, Complete) and in_a_call:
            return "conversations-open"
    return tables.ERROR_OUT[told.code]
