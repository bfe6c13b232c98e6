"""What rides along with an interaction, and the work after it: data, notes, disposition, completion."""

from datetime import timedelta

from adapters.contract.dialect import Done, Outcome
from adapters.softswitch import presence, tables
from adapters.softswitch.model import Agent, Leg, Root
from adapters.softswitch.settings import DispositionConfig, ServiceConfig
from adapters.softswitch.switch import Switch
from schemas.commands import (
    BlockCompletion,
    Complete,
    DeleteData,
    EndWrapUp,
    ExtendWrapUp,
    SetDisposition,
    verb,
)
from schemas.errors import RefusedError
from schemas.interaction import Disposition, EndCause, InteractionState, Kind, Side, WrapUpSetBy
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode
from schemas.values import Json

S = InteractionState


# --- data, notes, disposition


def put(switch: Switch, root: Root, data: dict[str, Json]) -> None:
    """Set keys of the contact's data; everybody who has it sees them."""
    if data:
        root.data = {**root.data, **data}
        _touch_root(switch, root)


def delete_data(switch: Switch, leg: Leg, command: DeleteData) -> Outcome:
    """Remove a key."""
    root = leg.call.root
    if command.key not in root.data:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"no data key {command.key!r}")
    root.data = {key: value for key, value in root.data.items() if key != command.key}
    _touch_root(switch, root)
    return Done()


def _touch_root(switch: Switch, root: Root) -> None:
    for leg in root.legs:
        switch.touch(leg)


def set_notes(switch: Switch, leg: Leg, notes: str) -> Outcome:
    """Replace the notes."""
    leg.notes = notes
    switch.touch(leg)
    return Done()


def set_disposition(switch: Switch, leg: Leg, command: SetDisposition) -> Outcome:
    """Choose the outcome; an empty one takes the choice back."""
    leg.disposition = find(switch, leg, command.disposition) if command.disposition else None
    switch.touch(leg)
    return Done()


def dispositions(service: ServiceConfig | None) -> tuple[Disposition, ...]:
    """The outcomes of a service."""
    return tuple(_disposition(one) for one in service.dispositions) if service else ()


def find(switch: Switch, leg: Leg, wanted: Json) -> Disposition:
    """An outcome of the leg's service, by id, code or name. Raises RefusedError(UNKNOWN_OBJECT)."""
    for one in dispositions(switch.services.get(leg.service)):
        if wanted and str(wanted) in (one.id, one.code, one.name):
            return one
    raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such disposition")


def _disposition(config: DispositionConfig) -> Disposition:
    return Disposition(
        id=config.id,
        code=config.code,
        name=config.name or config.id,
        category=config.category,
        priority=config.priority,
        preview_only=config.preview_only,
    )


# --- completion


def block(switch: Switch, leg: Leg, command: BlockCompletion) -> Outcome:
    """Veto completion, for so long if there is a limit."""
    leg.blocked = command.message or "blocked"
    leg.blocked_until = None
    switch.timers.cancel(("block", leg.ref))
    if command.limit_s:
        leg.blocked_until = switch.later(command.limit_s)
        switch.timers.start(("block", leg.ref), leg.blocked_until)
    switch.touch(leg)
    return Done()


def unblock(switch: Switch, leg: Leg) -> Outcome:
    """Lift the veto."""
    switch.timers.cancel(("block", leg.ref))
    leg.blocked_until = None
    block_over(switch, leg)
    return Done()


def block_over(switch: Switch, leg: Leg) -> None:
    """The veto stands no longer; if the wrap-up limit passed meanwhile, that was it."""
    leg.blocked = ""
    switch.touch(leg)
    if leg.overdue:
        switch.complete(leg)


def wrap_up_over(switch: Switch, leg: Leg) -> None:
    """The service's wrap-up limit has passed."""
    if leg.blocked:
        leg.overdue = True
    else:
        switch.complete(leg)


def extend_wrap_up(switch: Switch, leg: Leg, command: ExtendWrapUp) -> Outcome:
    """Have longer for it; what was overdue is so no more."""
    tables.check(leg, "interaction.extend_wrap_up")
    begins = max(switch.now, leg.wrap_up_until or switch.now)
    leg.overdue = False
    switch.limit_wrap_up(leg, begins + timedelta(seconds=command.by_s), WrapUpSetBy.AGENT)
    switch.touch(leg)
    return Done()


def end_wrap_up(switch: Switch, leg: Leg, command: EndWrapUp) -> Outcome:
    """Be done with it before its time."""
    tables.check(leg, verb(command))
    return complete(switch, leg, Complete(interaction_id=command.interaction_id, answers=command.answers))


def complete(switch: Switch, leg: Leg, command: Complete) -> Outcome:
    """Finish the work, once the disposition and the agent's next state are known, in this order."""
    tables.check(leg, "interaction.complete")
    if leg.blocked and (leg.blocked_until is None or switch.now < leg.blocked_until):
        raise RefusedError(ErrorCode.COMPLETION_BLOCKED, leg.blocked)
    answers = command.answers
    service = switch.services.get(leg.service) if leg.kind is not Kind.CONSULT else None
    disposition = leg.disposition
    if "disposition" in answers:
        if answers.get("skip_disposition"):
            raise RefusedError(ErrorCode.INVALID_COMMAND, "a disposition, and skipped")
        disposition = find(switch, leg, answers["disposition"])
    elif service and service.dispositions and disposition is None:
        skipped = bool(answers.get("skip_disposition"))
        if service.disposition_required or not skipped:
            return _ask_disposition(service)
    notes = str(answers["notes"]) if "notes" in answers else None
    leg.draft = (disposition, notes)
    if service and service.acw and "agent_state" not in answers:
        leg.asked_state = True
        return _ask_state(switch)
    if "agent_state" in answers:
        value, _, reason = str(answers["agent_state"]).partition(":")
        state = next((one for one in presence.CHOSEN if one.value == value), None)
        if state is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such agent state")
        presence.check(switch, state, reason)
        presence.choose(switch, leg.agent, state, reason)
    finish(switch, leg)
    return Done()


def finish(switch: Switch, leg: Leg) -> None:
    """Complete with what the agent had said; media that is still on ends first."""
    disposition, notes = leg.draft
    leg.disposition = disposition or leg.disposition
    leg.notes = leg.notes if notes is None else notes
    if leg.talking:
        switch.leave(leg, EndCause.NORMAL, Side.AGENT)
    if leg.state is S.WRAP_UP:
        switch.complete(leg)


def _ask_disposition(service: ServiceConfig) -> Question:
    choices = tuple(Choice(id=one.id, label=one.name or one.id) for one in service.dispositions)
    return Question(
        kind=NeedInfoKind.DISPOSITION,
        title="What came of it?",
        fields=(
            Field(key="disposition", type=FieldType.CHOICE, title="Disposition", choices=choices),
            Field(key="notes", type=FieldType.TEXT, title="Notes", required=False),
        ),
        skippable=not service.disposition_required,
    )


def _ask_state(switch: Switch) -> Question:
    choices = tuple(
        Choice(id=f"{one.state.value}:{one.id}" if one.id else one.state.value, label=one.label)
        for one in switch.menu
    )
    return Question(
        kind=NeedInfoKind.AGENT_STATE,
        title="Which state next?",
        fields=(Field(key="agent_state", type=FieldType.CHOICE, title="State", choices=choices),),
    )


# --- whom and what there is


def agent_service(switch: Switch, agent: Agent, name: str, ref: str | None) -> ServiceConfig | None:
    """The service that is meant: of the interaction, by name, or the default one."""
    if ref is not None:
        return switch.services.get(switch.leg(agent, ref).service)
    return switch.service(name) if name else switch.services.get(switch.settings.default_service)
