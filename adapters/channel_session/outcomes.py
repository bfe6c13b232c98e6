"""What a response means, and what it asks: needinfo in both roles. Pure.

Source: seed 003, whose prose calls such a response NeedsInfo or NeedsMoreInfo; reference channel-session.md
sections 3, 7 and 8.2.
"""

from typing import Final

import msgspec

from adapters.channel_session import incontact, tables, wire
from adapters.channel_session.extras import Members
from adapters.contract.dialect import Done, Outcome
from adapters.kit import reading
from adapters.kit.questions import NOTES, chosen_from, what, which
from schemas.agent import AgentSession, AgentState
from schemas.needinfo import Choice, FieldType, NeedInfoKind, Question
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json

# Keys of a result's or a question's extras: what was printed there.
FAILURE: Final = "failure"
UI_EXTENSION: Final = "uiExtension"

HAS_SESSION: Final = "The agent has a session already. Take it over?"

_EXTENSION: Final = msgspec.json.Decoder(wire.UiExtension)
_FAILURE: Final = msgspec.json.Decoder(wire.Failure | None)
_decode_members = msgspec.json.Decoder(Members | None).decode


def outcome(response: wire.Message, agent: AgentSession | None = None) -> Outcome:
    """What became of a call. Raises MalformedFrame if the response is none of the documented shapes."""
    match response.result:
        case "success":
            return Done()
        case "needinfo" if isinstance(response.ui_extension, msgspec.Raw):
            return _asked(response.ui_extension, agent)
        case "confirm":
            title = response.message or HAS_SESSION
            return what(NeedInfoKind.CONFIRM, title, "Take over", FieldType.BOOLEAN)
        case _:
            return _failed(response)


def _asked(extension: msgspec.Raw, agent: AgentSession | None) -> Question | Failed:
    """The question, with the extension as it was printed; one that we do not know is a failure that keeps it.

    What would be done with an answer to it is nowhere said, so that no form is made of it.
    """
    with reading.malformed(tables.NAME, UI_EXTENSION):
        asked = question(reading.decode(_EXTENSION, extension), agent)
        received = _decode_members(extension) or {}
    extras: dict[str, Json] = {UI_EXTENSION: received}
    if asked is not None:
        return msgspec.structs.replace(asked, extras=extras)
    kind = str(received.get("id") or received.get("type") or "something without a name")
    message = f"the platform asks what we do not know: {kind}"
    return Failed(code=ErrorCode.NEEDS_INFO, message=message, vendor_code=kind, extras=extras)


def told_failure(response: wire.Message) -> tuple[wire.Failure, Members]:
    """Why a request failed, read and as it was printed. Raises MalformedFrame."""
    received = response.failure if isinstance(response.failure, msgspec.Raw) else wire.NO_DATA
    with reading.malformed(tables.NAME, FAILURE):
        return reading.decode(_FAILURE, received) or wire.Failure(), _decode_members(received) or {}


def _failed(response: wire.Message) -> Failed:
    """A result that is none of the documented ones is a failure by that name: it may have had an effect."""
    told, received = told_failure(response)
    word = response.result if isinstance(response.result, str) and response.result != "failure" else ""
    return Failed(
        code=tables.ERROR_IN.get(told.code.casefold(), ErrorCode.PLATFORM_ERROR),
        effect=Effect.UNKNOWN if word else tables.EFFECT_IN.get(told.code.casefold(), Effect.NONE),
        message=told.message or (f"the platform answered {word}" if word else ""),
        vendor_code=told.code or word,
        extras={FAILURE: received} if received else {},
    )


# --- needinfo, both ways


def question(asked: wire.UiExtension, agent: AgentSession | None) -> Question | None:
    """What a `uiExtension` asks; None for a kind that we do not know."""
    if asked.id.strip().casefold() == tables.OUTBOUND_SKILL.casefold():
        skills = tuple(Choice(id=str(one.id), label=one.skill_name) for one in asked.skills or ())
        return which(NeedInfoKind.OUTBOUND_SKILL, "Outbound skill", "Skill", skills)
    match asked.type.strip().casefold():
        case tables.LOGOUT_REASON:
            title, kind = "Reason for signing out", NeedInfoKind.LOGOUT_REASON
            reasons = tuple(Choice(id=one.id, label=one.name) for one in asked.reasons or ())
            return which(kind, title, "Reason", reasons) if reasons else what(kind, title, "Reason")
        case tables.AGENT_STATE:
            return which(NeedInfoKind.AGENT_STATE, "Next agent state", "Agent state", _states(agent))
        case tables.DISPOSITION:
            required = asked.disposition_required is True
            listed = tuple(
                Choice(id=str(one.disposition_id), label=one.disposition_name)
                for one in asked.dispositions or ()
            )
            kind = NeedInfoKind.DISPOSITION
            return which(kind, "Disposition", "Disposition", listed, NOTES, required=required)
        case _:
            return None


def _states(agent: AgentSession | None) -> tuple[Choice, ...]:
    plain = (Choice(id=AgentState.READY, label="Ready"), Choice(id=AgentState.NOT_READY, label="Not ready"))
    own = agent.choices if agent is not None else ()
    return plain + tuple(
        Choice(id=f"{one.state}:{one.id}", label=one.label or one.id) for one in own if one.id
    )


def ui_extension(asked: Question) -> wire.UiExtension | None:
    """The `uiExtension` that asks a question; None where the protocol has no such question.

    Disposition ids are numbers here: see `incontact.numbered` for platforms that have others.
    """
    match asked.kind:
        case NeedInfoKind.LOGOUT_REASON:
            reasons = tuple(wire.ReasonChoice(one.id, one.label) for one in chosen_from(asked))
            return wire.UiExtension(type=tables.LOGOUT_REASON, reasons=reasons)
        case NeedInfoKind.OUTBOUND_SKILL | NeedInfoKind.SERVICE:
            skills = tuple(wire.Skill(one.id, one.label) for one in chosen_from(asked))
            return wire.UiExtension(id=tables.OUTBOUND_SKILL, skills=skills)
        case NeedInfoKind.AGENT_STATE:
            return wire.UiExtension(type=tables.AGENT_STATE)
        case NeedInfoKind.DISPOSITION:
            listed = tuple(
                wire.SkillDisposition(number, choice.label, place)
                for place, (number, choice) in enumerate(incontact.numbered(asked).items(), 1)
            )
            required = not asked.skippable
            return wire.UiExtension(
                type=tables.DISPOSITION, disposition_required=required, dispositions=listed
            )
        case _:
            return None
