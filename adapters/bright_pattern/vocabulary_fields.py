"""What becomes of every member of the vendor's types, as `Type.field`, in both roles.

Source: reference/bright-pattern.md sections 2 and 5. Records without names of their own (AttachedData,
InteractionScreen, CustomTransferData, IntegrationConfig) have no members to list, and travel whole.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from adapters.contract.capabilities import Word, word, word_nearly, word_unsaid

PASSED_ON: Final = word_nearly(
    "vendor.call",
    "passed on to a platform of this dialect, with a scope of its own; no other platform has such a method",
)
FROM_ITS_OWN: Final = word_nearly("platform.notice", "told only where the platform is of this dialect")

_CALL: Final = word("vendor.call")
_STATED: Final = word_nearly("platform.notice", "as text")
_ACTIVITY: Final = word("extras of the query save_activity")
_UNCARRIED: Final = word_unsaid("the widget's own form of an answer: no method or event carries it")


def _of(kind: str, members: Mapping[str, Word | str]) -> dict[str, Word]:
    words = {name: said if isinstance(said, Word) else word(said) for name, said in members.items()}
    return {f"{kind}.{name}": said for name, said in words.items()}


def _each(kind: str, members: str, said: Word) -> dict[str, Word]:
    return {f"{kind}.{name}": said for name in members.split()}


_RECORD: Final = {
    "id": "id of a record",
    "type": "type of a record",
    "displayName": "display_name of a record",
    "displayType": "display_type of a record",
    "customFields": "fields of a record",
}
_ARTICLE: Final = {
    "id": "id of a knowledge item",
    "type": "folder of a knowledge item",
    "title": "title of a knowledge item",
}
_INTERACTION: Final[Mapping[str, Word | str]] = {
    "interactionId": "ref, refs",
    "globalInteractionId": "root_id, durable_ref, refs",
    "state": "state, wrap_up_paused, vendor_state",
    "type": "media; extras for a newer word",
    "callParties": "parties",
    "chatParties": "parties",
    "callMuted": "muted",
    "callRecording": "recording_state",
    "attachedData": "data",
    "internal": "internal",
    "interactionKind": "kind, extras",
    "subject": "subject",
    "associatedObjects": "records",
    "phoneNumber": "remote_address; extras of an e-mail",
    "email": "remote_address; extras where there is a phoneNumber too",
    "callDirection": "direction; extras for a newer word",
    "startTime": "created_at",
    "endTime": "ended_at, once it is over",
    "duration": "extras",
    "description": "notes",
    "disposition": "name of the disposition",
    "service": "service",
    "playbackUrl": "recording",
    "recordingUrl": "recording",
    "DNIS": "dnis",
    "ANI": "ani",
    "origination": "origination",
}
_ACTIVITY_MEMBERS: Final = (*_INTERACTION, "contactName", "formValues")

SOUTH: Final[Mapping[str, Word]] = {
    **_of(
        "OperationResult",
        {"status": "outcome of the result", "data": "data of the result", "error": "the failed result"},
    ),
    **_of(
        "ResultError",
        {"code": "code of the failure, vendor_code", "name": "vendor_code", "message": "message"},
    ),
    **_of("InteractionData", {**_INTERACTION, "transferANI": "ani; extras beside ANI", "agentId": "extras"}),
    **_each("InteractionActivityData", " ".join(_ACTIVITY_MEMBERS), _ACTIVITY),
    **_of(
        "InteractionsState",
        {
            "activeInteractionId": "focused_interaction_id of the agent snapshot",
            "interactions": "interaction snapshots",
        },
    ),
    **_of("CallParty", {"id": "id", "name": "name", "phone": "address", "userId": "user_id, role"}),
    **_of(
        "ChatParty",
        {
            "id": "id",
            "type": "role; extras for a newer word",
            "name": "name",
            "userId": "user_id",
            "contactId": "contact_id",
            "email": "email",
            "phone": "address",
        },
    ),
    **_of("InteractionAssociatedObjectData", _RECORD),
    **_of("InteractionAssociatedObject", {**_RECORD, "source": "source of a record"}),
    **_of("InteractionAssociatedObjectsData", {"list": "records", "selected": "selected of a record"}),
    **_of("InitiateResult", {"id": "interaction_id of the result", "error": "data of the result, a warning"}),
    **_of(
        "LoginStateData",
        {
            "isLoggedIn": "state of the agent snapshot, refs",
            "agentId": "agent_id, refs",
            "username": "name, refs",
            "sessionId": "refs",
        },
    ),
    **_of("LoginData", {"username": "agent_id", "password": "password", "tenant": "tenant"}),
    **_of(
        "AgentStateData",
        {
            "state": "state, vendor_state",
            "reservedForIncomingInteraction": "state or pending_state reserved",
            "notReadyReason": "reason",
        },
    ),
    **_of("Team", {"id": "asked for its members", "displayName": "category of a directory entry"}),
    **_each("Team", "isSupervised usersCount", word_nearly("vendor.call", "directory.list leaves it out")),
    **_of(
        "User",
        {
            "id": "id of a directory entry",
            "teamId": word_nearly("vendor.call", "directory.list names the team"),
            "firstName": "name of a directory entry",
            "lastName": "name of a directory entry",
            "phone": "address of a directory entry",
            "state": "state of a directory entry",
        },
    ),
    **_of("ServiceData", {"id": "choice of a service", "name": "choice of a service"}),
    **_each(
        "ServiceData",
        "useDispositions requireDisposition",
        word_nearly("vendor.call", "the question for a service leaves it out"),
    ),
    **_each("DIDNumber", "id number isSMS isVoice", _CALL),
    **_each("PhoneDeviceData", "type phone", _CALL),
    **_each("PhoneCapabilities", "canDial canAnswer canHold canRetrieve", _STATED),
    **_each("ScreenRecordingState", "allowed active muted", _STATED),
    **_of(
        "ServerErrorData",
        {
            "code": "code of platform.notice",
            "name": "code of platform.notice",
            "timestamp": "time of platform.notice",
            "message": "message of platform.notice",
        },
    ),
    **_of(
        "DispositionTarget",
        {
            "service": "service of interaction.list_dispositions",
            "interactionId": "interaction_id of interaction.list_dispositions",
        },
    ),
    **_of("DispositionData", {"id": "id", "code": "code", "name": "name", "type": "category"}),
    **_each("RescheduleData", "numberToDial fromTime untilTime timezoneCode", _CALL),
    **_each("DialCandidate", "id displayName phones associatedObjects email avatarUrl", _CALL),
    **_each("PhoneData", "number type displayType", _CALL),
    **_of("KBFolderOptions", {"language": "language", "folderId": "folder_id"}),
    **_of("ExternalKBArticleItem", {**_ARTICLE, "text": "text of a knowledge item"}),
    **_of("ExternalKBFolderItem", _ARTICLE),
    **_of("ExternalKBSearchResultData", {**_ARTICLE, "text": "text of a knowledge item"}),
    **_of("ExternalKBArticleData", {"id": "id", "title": "title", "answer": "text"}),
    **_each(
        "ExternalKBArticleData",
        "keywords notes language createdByUser lastEditedByUser customFields",
        word("fields of a knowledge item"),
    ),
    **_each(
        "ExternalKBArticle",
        "id title keywords answer notes language createdByUser lastEditedByUser customFields source",
        _UNCARRIED,
    ),
    **_each("ExternalKBSearchResult", "id type title text source", _UNCARRIED),
    **_each("ExternalKBItem", "id type title text source", _UNCARRIED),
    **_each("SearchRecordsQuery", "text types", _STATED),
    **_of("RecordInfoRequest", {"id": "record_id", "type": "record_type"}),
    **_of("RecordsValidationResult", {"valid": "yes of the answer", "message": "message of the answer"}),
    **_each("OpenRecordOptions", "inNewTab source", _STATED),
    **_of("ActivityRecordInfo", {"id": "id of the record that was saved"}),
    **_each("ActivityRecordInfo", "caseId contactId", word("fields of the record that was saved")),
    **_of("WebScreenPop", {"action": "action", "url": "url", "content": "content", "label": "label"}),
    **_each(
        "WebScreenPop",
        "popUponAnswer keepPopupOpenAfterFinish popup secondaryUrls",
        word("options of the query screen_pop"),
    ),
    **_each("InteractionSummary", "interactionId success topics", _STATED),
    **_each("InteractionSummaryFailed", "interactionId success errorCode", _STATED),
    **_each("SummaryTopic", "name value", _STATED),
    **_each("ContactDetails", "firstName lastName", word_unsaid("no method or event has it")),
}


def _nearly(kind: str, members: str, note: str) -> dict[str, Word]:
    """Comes to the same, not quite."""
    names: Iterable[str] = (f"{kind}.{name}" for name in members.split())
    return {name: word_nearly(SOUTH[name].canonical, note) for name in names}


_ROOT: Final = "the root's id, unless the platform is of this dialect"
_OWN_ONLY: Final = "only as a platform of this dialect says it"

NORTH: Final[Mapping[str, Word]] = {
    **SOUTH,
    **_nearly("InteractionData", "globalInteractionId", _ROOT),
    **_nearly("InteractionData", "interactionKind", "direct_call, or as a platform of this dialect says it"),
    **_nearly("InteractionData", "transferANI", f"{_OWN_ONLY}; ANI tells it otherwise"),
    **_nearly(
        "InteractionData", "phoneNumber email", "one of them, or as a platform of this dialect says it"
    ),
    **_of("InteractionActivityData", _INTERACTION),
    **_of("InteractionActivityData", {"contactName": "contact, parties"}),
    "InteractionActivityData.globalInteractionId": word_nearly("root_id", _ROOT),
    "InteractionActivityData.interactionKind": word_nearly(
        "kind", "direct_call, or as such a platform says it"
    ),
    "InteractionActivityData.phoneNumber": word_nearly("remote_address", "the one that the medium has"),
    "InteractionActivityData.email": word_nearly("remote_address", "the one that the medium has"),
    "InteractionActivityData.formValues": word_nearly("extras of the query save_activity", _OWN_ONLY),
    **_nearly("Team", "id", "its name, unless a platform of this dialect is asked"),
    **_nearly("Team", "isSupervised", "false, unless a platform of this dialect is asked"),
    **_nearly("Team", "usersCount", "counted, unless a platform of this dialect is asked"),
    **_nearly("User", "teamId", "the team's name, unless a platform of this dialect is asked"),
    **_nearly("User", "firstName lastName", "of a name in one piece, parted at its first blank"),
    **_nearly(
        "ServiceData", "id name", "those that it offered when it asked, unless such a platform is asked"
    ),
    **_nearly("ServiceData", "useDispositions requireDisposition", "false, unless such a platform is asked"),
    **_each("DIDNumber", "id number isSMS isVoice", PASSED_ON),
    **_each("PhoneDeviceData", "type phone", PASSED_ON),
    **_each("PhoneCapabilities", "canDial canAnswer canHold canRetrieve", FROM_ITS_OWN),
    **_each("ScreenRecordingState", "allowed active muted", FROM_ITS_OWN),
    **_each("RescheduleData", "numberToDial fromTime untilTime timezoneCode", PASSED_ON),
    **_each("DialCandidate", "id displayName phones associatedObjects email avatarUrl", PASSED_ON),
    **_each("PhoneData", "number type displayType", PASSED_ON),
    **_each("SearchRecordsQuery", "text types", FROM_ITS_OWN),
    **_each("OpenRecordOptions", "inNewTab source", FROM_ITS_OWN),
    **_each("InteractionSummary", "interactionId success topics", FROM_ITS_OWN),
    **_each("InteractionSummaryFailed", "interactionId success errorCode", FROM_ITS_OWN),
    **_each("SummaryTopic", "name value", FROM_ITS_OWN),
}
