"""Both roles: what becomes of the members and the enumeration values of this API.

A member is named `Type.member`, a value `enumeration.value`; the canonical names are those of the model's own
types. South, whatever else a member holds rides along in `extras` or `refs`. North, a client over a platform
of the same vendor reads what that sent; the notes say how it is over any other.
"""

from collections.abc import Mapping
from typing import Final

from adapters.contract.capabilities import Word, word, word_nearly, word_unsaid
from adapters.genesys_wwe import tables

_ELSEWHERE: Final = "as the same vendor's platform says it; over any other:"
_LABEL: Final = "a label, which drives no state: it stands in the frame of the event"
_PAGE: Final = "kept as text, in the page's own answer"
_PASSED: Final = "passed on to a platform of the same vendor; any other has no desktop to show it on"
_CAMPAIGNS: Final = f"{_ELSEWHERE} never, for campaigns are not in the model"


def _all_of(kind: str, members: str, said: Word) -> dict[str, Word]:
    return {f"{kind}.{member}": said for member in members.split()}


_TOAST: Final = (
    "title iconUrl subject message keyValues buttons buttonShowDismiss autoCloseTimeout sendToMyMessage width"
)
_DIALOG: Final = "label width height"
_VIEW: Final = "name iconUrl label shortLabel tooltip backgroundColor labelColor"

FIELDS_SOUTH: Final[Mapping[str, Word]] = {
    "Envelope.userAgent": word("the page's side is told from its clients'"),
    "Envelope.protocolVersion": word_nearly("", "2 is sent, and any other is read all the same"),
    "Envelope.referenceId": word("id of a call"),
    "Envelope.request": word("vendor.call"),
    "Envelope.parameters": word("VendorCall.params"),
    "Envelope.event": word("channel"),
    "Envelope.data": word("Succeeded.data"),
    "Envelope.subscriptionId": word_nearly("", "not needed: the connection never unsubscribes"),
    "Envelope.errorMessage": word("Failed.message"),
    "Envelope.frameId": word_unsaid("which frame of the page is meant is for the vendor's library"),
    "Interaction.interactionId": word("Interaction.ref"),
    "Interaction.parentInteractionId": word("Interaction.parent_id"),
    "Interaction.caseId": word("Interaction.root_id"),
    "Interaction.userData": word("Interaction.data"),
    "Interaction.state": word("Interaction.state"),
    "Interaction.previousState": word("Interaction.extras"),
    "Interaction.parties": word("Interaction.parties"),
    "Interaction.isConsultation": word("Interaction.consult_of"),
    "Interaction.isMainCaseInteraction": word("Interaction.extras"),
    "Interaction.callUuid": word("Interaction.refs"),
    "Interaction.direction": word("Interaction.direction"),
    "Interaction.callType": word("Interaction.kind"),
    "Interaction.ani": word("Interaction.ani"),
    "Interaction.dnis": word("Interaction.dnis"),
    "Interaction.recordingState": word("Interaction.recording_state"),
    "Interaction.isCaseSelected": word("Interaction.focused"),
    "Interaction.isCaseExpanded": word("Interaction.expanded"),
    "Interaction.ronaCallState": word("Interaction.end_cause"),
    "Interaction.interactionUUID": word("Interaction.durable_ref"),
    "Interaction.connId": word("Interaction.refs"),
    "Interaction.contact": word("Interaction.contact"),
    "Interaction.media": word("Interaction.media"),
    "Interaction.startDate": word("Interaction.created_at"),
    "Party.name": word("Party.name"),
    "Contact.displayName": word("Contact.display_name"),
    "Contact.firstNname": word("Contact.first_name"),
    "Contact.lastName": word("Contact.last_name"),
    "Agent.employeeId": word("AgentSession.agent_id"),
    "Agent.firstname": word("AgentSession.name"),
    "Agent.lastname": word("AgentSession.name"),
    "Agent.username": word_nearly("AgentSession.agent_id", f"only without an employeeId; else {_PAGE}"),
    "Agent.roles": word_nearly("AgentSession.refs", _PAGE),
    "State.type": word("AgentSession.state"),
    "State.displayName": word_nearly("StateChoice.label", f"of a choice; of the state that is, {_PAGE}"),
    "State.operationName": word("StateChoice.id"),
    "Media.media": word("Channel.id"),
    "Media.name": word("Channel.id"),
    "Media.state": word("Channel.agent_state"),
    **_all_of("Section", "name options", word("vendor.call")),
    "TargetQuery.type": word("Consult.destination_kind"),
    "TargetQuery.target": word_unsaid("`type` is sent, as all samples of the vendor's have it"),
    "TargetQuery.destination": word("Consult.destination"),
    "TargetQuery.media": word("Consult.media"),
    **_all_of("Toast", _TOAST, word("vendor.call")),
    **_all_of("Dialog", _DIALOG, word("vendor.call")),
    **_all_of("View", _VIEW, word("vendor.call")),
    "InteractionEvent.eventType": word_nearly("VendorFrame.frame", _LABEL),
    "InteractionEvent.selectedCaseId": word("Interaction.focused"),
    "InteractionEvent.interaction": word("interaction snapshot"),
    "MarkdoneEvent.eventType": word("Interaction.completion_blocked"),
    "MarkdoneEvent.interactionId": word("Interaction.ref"),
    "MarkdoneEvent.interaction": word("interaction snapshot"),
    "MarkdoneEvent.warningMessage": word("Interaction.completion_blocked"),
    "AgentEvent.eventType": word_nearly("VendorFrame.frame", _LABEL),
    "AgentEvent.type": word("AgentSession.state"),
    "AgentEvent.displayName": word_nearly("AgentSession.refs", _PAGE),
    "AgentEvent.operationName": word("AgentSession.reason"),
    "MediaEvent.eventType": word_nearly("VendorFrame.frame", _LABEL),
    "MediaEvent.media": word("Channel.id"),
    "MediaEvent.name": word("Channel.id"),
    "MediaEvent.state": word("Channel.agent_state"),
    "OutboundEvent.eventType": word("PlatformNotice.code"),
    "OutboundEvent.campaign": word("PlatformNotice.message"),
    "OutboundEvent.mode": word("PlatformNotice.message"),
    "SystemEvent.eventType": word("PlatformNotice.code"),
}

_OUR_ID: Final = f"{_ELSEWHERE} our id of the interaction"
_LABELLED: Final = f"{_ELSEWHERE} by what changed, for not all of the vendor's labels are known"
FIELDS_NORTH: Final[Mapping[str, Word]] = {
    **_all_of("Envelope", "userAgent protocolVersion referenceId request parameters", word("envelope")),
    **_all_of("Envelope", "event data subscriptionId", word("envelope")),
    "Envelope.errorMessage": word("Failed.message"),
    "Envelope.frameId": word_unsaid("each connection stands for a desktop with one frame"),
    "Interaction.interactionId": word("Interaction.id"),
    "Interaction.parentInteractionId": word("Interaction.consult_of"),
    "Interaction.caseId": word("Interaction.root_id"),
    "Interaction.userData": word("Interaction.data"),
    "Interaction.state": word("Interaction.state"),
    "Interaction.previousState": word_nearly("Interaction.state", f"{_ELSEWHERE} what usually comes before"),
    "Interaction.parties": word("Interaction.parties"),
    "Interaction.isConsultation": word("Interaction.consult_of"),
    "Interaction.isMainCaseInteraction": word_nearly(
        "Interaction.parent_id", f"{_ELSEWHERE} that it has no parent"
    ),
    "Interaction.callUuid": word_nearly("Interaction.id", _OUR_ID),
    "Interaction.direction": word("Interaction.direction"),
    "Interaction.callType": word("Interaction.kind"),
    "Interaction.ani": word("Interaction.ani"),
    "Interaction.dnis": word("Interaction.dnis"),
    "Interaction.recordingState": word("Interaction.recording_state"),
    "Interaction.isCaseSelected": word("Interaction.focused"),
    "Interaction.isCaseExpanded": word("Interaction.expanded"),
    "Interaction.ronaCallState": word_nearly(
        "Interaction.end_cause", f"{_ELSEWHERE} where nobody answered, or the agent declined"
    ),
    "Interaction.interactionUUID": word_nearly("Interaction.id", _OUR_ID),
    "Interaction.connId": word_nearly("Interaction.id", _OUR_ID),
    "Interaction.contact": word("Interaction.contact"),
    "Interaction.media": word("Interaction.media"),
    "Interaction.startDate": word_nearly(
        "Interaction.created_at", f"{_ELSEWHERE} never, for only old drafts have it"
    ),
    "Party.name": word("Party.name"),
    "Contact.displayName": word("Contact.display_name"),
    "Contact.firstNname": word("Contact.first_name"),
    "Contact.lastName": word("Contact.last_name"),
    "Agent.employeeId": word("AgentSession.agent_id"),
    "Agent.firstname": word_nearly("AgentSession.name", f"{_ELSEWHERE} the first word of the name"),
    "Agent.lastname": word_nearly("AgentSession.name", f"{_ELSEWHERE} the rest of the name"),
    "Agent.username": word_nearly("AgentSession.agent_id", f"{_ELSEWHERE} the agent's id once more"),
    "Agent.roles": word_nearly("", f"{_ELSEWHERE} everybody is an agent, for rights are not in the model"),
    "State.type": word("AgentSession.state"),
    "State.displayName": word("StateChoice.label"),
    "State.operationName": word("StateChoice.id"),
    "Media.media": word("Channel.media"),
    "Media.name": word("Channel.media"),
    "Media.state": word("Channel.agent_state"),
    **_all_of("Section", "name options", word("settings")),
    "TargetQuery.type": word("Consult.destination_kind"),
    "TargetQuery.target": word("Consult.destination_kind"),
    "TargetQuery.destination": word("Consult.destination"),
    "TargetQuery.media": word("Consult.media"),
    **_all_of("Toast", _TOAST, word_nearly("vendor.call", _PASSED)),
    **_all_of("Dialog", _DIALOG, word_nearly("vendor.call", _PASSED)),
    **_all_of("View", _VIEW, word_nearly("vendor.call", _PASSED)),
    "InteractionEvent.eventType": word_nearly("interaction.updated", _LABELLED),
    "InteractionEvent.selectedCaseId": word("Interaction.root_id"),
    "InteractionEvent.interaction": word("interaction snapshot"),
    "MarkdoneEvent.eventType": word("interaction.completion_block_changed"),
    "MarkdoneEvent.interactionId": word("Interaction.id"),
    "MarkdoneEvent.interaction": word_nearly("interaction snapshot", f"{_ELSEWHERE} on its own channel only"),
    "MarkdoneEvent.warningMessage": word("Interaction.completion_blocked"),
    "AgentEvent.eventType": word_nearly("", f"{_ELSEWHERE} never"),
    "AgentEvent.type": word("AgentSession.state"),
    "AgentEvent.displayName": word("StateChoice.label"),
    "AgentEvent.operationName": word("StateChoice.id"),
    "MediaEvent.eventType": word_nearly("", f"{_ELSEWHERE} never"),
    "MediaEvent.media": word("Channel.media"),
    "MediaEvent.name": word("Channel.media"),
    "MediaEvent.state": word("Channel.agent_state"),
    "OutboundEvent.eventType": word_nearly("PlatformNotice.code", _CAMPAIGNS),
    "OutboundEvent.campaign": word_nearly("PlatformNotice.message", _CAMPAIGNS),
    "OutboundEvent.mode": word_nearly("PlatformNotice.message", _CAMPAIGNS),
    "SystemEvent.eventType": word("PlatformNotice.code"),
}

# --- enumerations


def _values(enumeration: str, values: Mapping[str, str]) -> dict[str, Word]:
    return {f"{enumeration}.{value}": word(canonical) for value, canonical in values.items()}


def _each(enumeration: str, values: str, said: Word) -> dict[str, Word]:
    return {f"{enumeration}.{value}": said for value in values.split()}


_NOTIFIES: Final = word("Interaction.extras")
_CHANNELS: Final = "interaction markdone agent media outbound system messenger:<channel>"
_BOTH: Final[Mapping[str, Word]] = {
    **_values("direction", {name: f"direction {one.value}" for name, one in tables.DIRECTION_IN.items()}),
    **_values("recordingState", {name: f"recording {one}" for name, one in tables.RECORDING_IN.items()}),
    **_values("targetType", {name: f"destination {one.value}" for one, name in tables.TARGET_OUT.items()}),
    **_each("channel", _CHANNELS, word("channel")),
}
ENUMS_SOUTH: Final[Mapping[str, Word]] = {
    **_BOTH,
    **{
        f"state.{name}": word(f"state {'as before' if state is None else state.value}")
        for name, state in tables.STATE_IN.items()
    },
    **{f"state.{name}": _NOTIFIES for name in tables.NOTIFICATIONS},
    **_each("callType", "INTERNAL INBOUND OUTBOUND CONSULT UNKNOWN", word("Interaction.direction")),
    **_each("ronaCallState", "REDIRECTED NO_ANSWER", word("Interaction.end_cause")),
    **_each("roles", "ROLE_AGENT ROLE_SUPERVISOR ROLE_ADMIN", word_nearly("AgentSession.refs", _PAGE)),
    **_values("stateType", {name: f"agent {state.value}" for name, state in tables.AGENT_STATE_IN.items()}),
    **_values("mediaName", {name: f"media {medium.value}" for name, medium in tables.MEDIA_IN.items()}),
    **_each(
        "actionName",
        "Ready NotReady NotReadyReason AfterCallWork AfterCallWorkReason Dnd LogOff",
        word("StateChoice.id"),
    ),
    **_each("campaignMode", "Preview PushPreview", word("PlatformNotice.message")),
    **_each("callbackType", "CAMPAIGN PERSONAL", word("vendor.call")),
    **_each(
        "frameState",
        "LEADING FOLLOWING NEGOTIATING",
        word_nearly("vendor.unrecognised", "the payload is not documented"),
    ),
}

_NO_WORD: Final = f"{_ELSEWHERE} never, for the model has no word for it"
_NEVER_SAID: Final = word_nearly("Interaction.vendor_state", _NO_WORD)
_SAID_STATES: Final = {
    *tables.STATE_OUT_VOICE.values(),
    *tables.STATE_OUT_OPEN.values(),
    *("INVITED_CONFERENCE", "TRANSFERRING", "TRANSFER_COMPLETED", "REVOKED"),
}
_SAID_TYPES: Final = {*tables.AGENT_STATE_OUT.values(), *tables.WITH_ACTION_CODE.values()}
ENUMS_NORTH: Final[Mapping[str, Word]] = {
    **_BOTH,
    **{
        f"state.{name}": word("Interaction.state") if name in _SAID_STATES else _NEVER_SAID
        for name in (*tables.STATE_IN, *sorted(tables.NOTIFICATIONS))
    },
    **_each("callType", "INTERNAL INBOUND OUTBOUND CONSULT UNKNOWN", word("Interaction.kind")),
    **_each("ronaCallState", "REDIRECTED NO_ANSWER", word("Interaction.end_cause")),
    "roles.ROLE_AGENT": word_nearly("", f"{_ELSEWHERE} everybody, for rights are not in the model"),
    "roles.ROLE_SUPERVISOR": word_nearly("", f"{_ELSEWHERE} nobody, for rights are not in the model"),
    "roles.ROLE_ADMIN": word_nearly("", f"{_ELSEWHERE} nobody, for rights are not in the model"),
    **{
        f"stateType.{name}": word("AgentSession.state")
        if name in _SAID_TYPES
        else word_nearly("AgentSession.vendor_state", _NO_WORD)
        for name in tables.AGENT_STATE_IN
    },
    **{
        f"mediaName.{name}": word("Interaction.media")
        if name in tables.MEDIA_OUT.values()
        else word_nearly("Interaction.media", f"{_ELSEWHERE} voice, in the state PREVIEW")
        for name in tables.MEDIA_IN
    },
    **{f"actionName.{name}": word("agent.set_state") for name in tables.OPERATION_OUT.values()},
    **_each(
        "actionName",
        "NotReadyReason AfterCallWorkReason Dnd",
        word_nearly("agent.set_state", f"{_ELSEWHERE} as the state and its reason, such as NotReady:lunch"),
    ),
    **_each("campaignMode", "Preview PushPreview", word_nearly("PlatformNotice.message", _CAMPAIGNS)),
    **_each("callbackType", "CAMPAIGN PERSONAL", word_nearly("vendor.call", _CAMPAIGNS)),
    "frameState.LEADING": word_nearly("", "each connection stands for a desktop with one frame, which leads"),
    **_each("frameState", "FOLLOWING NEGOTIATING", word_unsaid("the one frame of each connection leads")),
}
