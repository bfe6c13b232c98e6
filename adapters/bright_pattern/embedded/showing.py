"""North: snapshots as the vendor's objects. Pure.

Source: reference/bright-pattern.md section 7.2. The ids shown are ours. Data of a platform of this dialect
are told apart as it does; of any other, what is attached is also what a page is to pop up with.
"""

from collections.abc import Sequence

from adapters.bright_pattern.embedded import tables, wire
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from schemas.agent import AgentSession, AgentState
from schemas.ids import AgentId
from schemas.interaction import Direction, Interaction, InteractionState, RecordingState
from schemas.values import Json


def visible(one: Interaction) -> bool:
    """An agent does not see the queue."""
    return one.state is not InteractionState.QUEUED


def outbound(one: Interaction) -> bool:
    """Whether the agent began it. A call between colleagues is told by whose number the other one's is."""
    if one.direction is Direction.INTERNAL:
        return bool(one.dnis) and one.remote_address == one.dnis
    return one.direction is Direction.OUTBOUND


def status(session: AgentSession | None) -> str:
    """The agent's status; the platform's own word where it is one of this API's for the same state."""
    if session is None:
        return tables.STATUS_OUT[AgentState.LOGGED_OUT]
    own = session.vendor_state
    if own and tables.STATUS_IN.get(own, AgentState.UNKNOWN) is session.state:
        return own
    return tables.STATUS_OUT[session.state]


def state(
    agent_id: AgentId, session: AgentSession | None, interactions: Sequence[Interaction]
) -> wire.StateOut:
    """The answer to getState."""
    reason = "" if session is None else session.reason
    return wire.StateOut(agent_id, status(session), reason, tuple(_item(one) for one in interactions))


def _item(one: Interaction) -> wire.ItemOut:
    return wire.ItemOut(
        item_id=one.id,
        global_id=one.root_id,
        phone_number=one.remote_address,
        service=one.service,
        recording_url=_recording_url(one),
        screenpop_data=_screenpop(one),
        attached_data=one.extras.get("attached_data", one.data),
    )


def rendered(one: Interaction) -> wire.Rendered:
    """The data of INTERACTION_RENDERED and of the events of calls."""
    return wire.Rendered(
        item_id=one.id,
        global_id=one.root_id,
        phone_number=one.remote_address,
        service=one.service,
        screenpop_data=_screenpop(one),
    )


def completed(one: Interaction, settings: EmbeddedSettings) -> wire.Completed:
    """The data of INTERACTION_COMPLETED."""
    return wire.Completed(
        item_id=one.id,
        global_id=one.root_id,
        phone_number=one.remote_address,
        service=one.service,
        screenpop_data=_screenpop(one),
        disposition=_disposition(one, settings),
        notes=one.notes,
        recording_url=_recording_url(one),
    )


def recording(one: Interaction) -> wire.RecordingStatus:
    """The data of CALL_RECORDING_STATUS. There is one call to an interaction, and the id of both is one."""
    return wire.RecordingStatus(
        item_id=one.id,
        call_id=one.id,
        recording=tables.FLAG_OUT[one.recording_state is not RecordingState.STOPPED],
        muted=tables.FLAG_OUT[one.recording_state is RecordingState.PAUSED],
    )


def _screenpop(one: Interaction) -> Json:
    return one.extras.get("screenpop_data", one.data)


def _recording_url(one: Interaction) -> str:
    return "" if one.recording is None else one.recording.url


def _disposition(one: Interaction, settings: EmbeddedSettings) -> str:
    chosen = one.disposition
    if chosen is None:
        return ""
    first, second = (
        (chosen.name, chosen.code) if settings.disposition_by == "name" else (chosen.code, chosen.name)
    )
    return first or chosen.id or second
