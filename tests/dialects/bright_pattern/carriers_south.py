"""How a value of each of the vendor's types gets in and out in the south: the proof of the vocabulary.

READ: the value comes in; what it comes to in the model. WRITTEN: the value goes out, made of the model alone;
its members, for the sample of the type (samples.py).
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from adapters.bright_pattern import flows, queries
from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.dialect import Asked, Call, Context, Outcome, Reply, Send
from adapters.kit import jsonrpc
from schemas import commands as c
from schemas.ids import PlatformId, QueryId, SessionId
from schemas.observations import Observation
from schemas.queries import (
    AnyQuery,
    AnyQueryAnswer,
    KnowledgeArticle,
    KnowledgeFolder,
    RecordInfo,
    SaveActivity,
    ValidateRecords,
)
from schemas.values import Json
from tests.dialects.bright_pattern.peers import (
    ADA,
    HANDSHAKE,
    NOW,
    interaction,
    page,
    success,
)
from tests.dialects.bright_pattern.samples import INTERACTION, SAMPLES, Members

SETTINGS: Final = BrightPatternSettings()
S: Final = SessionId("s")
P: Final = PlatformId("p")
OK: Final[Members] = {"status": "success", "data": None}
Read = Callable[[Members], object]
Written = Callable[[], Members]


def plain(value: object) -> Json:
    """As the JSON that a canonical client would read, without the vendor's frame."""
    bare = (
        msgspec.structs.replace(value, vendor=msgspec.Raw(b"null"))
        if isinstance(value, Observation)
        else value
    )
    return msgspec.json.decode(msgspec.json.encode(bare))


def members(value: object) -> Members:
    """A struct of ours as its reader sees it."""
    return msgspec.json.decode(msgspec.json.encode(value), type=Members)


# --- south, read


def told(event: str, *params: Json) -> list[Json]:
    """What the platform's connection makes of an event."""
    outputs = page().received(jsonrpc.request(1, event, params), NOW)
    return [
        [plain(one.query), one.interaction_ref] if isinstance(one, Asked) else plain(one)
        for one in outputs
        if not isinstance(one, Send)
    ]


def shown(**changes: Json) -> list[Json]:
    """The same for an interaction with these members."""
    return told("ON_NEW_INTERACTION", {**INTERACTION, **changes})


def answered(number: int, data: Json) -> list[Json]:
    """What it makes of the answer to one of its own calls."""
    platform = BrightPatternPlatform(ADA)
    platform.opened(NOW)
    if number != -1:
        platform.received(success(-1, HANDSHAKE[-1]), NOW)
    return [plain(one) for one in platform.received(success(number, data), NOW)]


def run(command: c.AnyCommand, *answers: Json, context: Context | None = None) -> tuple[list[Call], Json]:
    """The calls of a flow that gets these answers, and its outcome."""
    flow = flows.begin(command, context or Context())
    made: list[Call] = []
    outcome: Outcome
    try:
        made.append(next(flow))
        for answer in answers:
            made.append(flow.send(Reply(msgspec.Raw(msgspec.json.encode(answer)))))  # noqa: PERF401  # it ends
    except StopIteration as end:
        outcome = end.value
        return made, plain(outcome)
    return made, None


def passed(value: Json) -> Json:
    """What vendor.call gives of it, or of what is sent by it."""
    made, outcome = run(
        c.VendorCall(session_id=S, method="getConfig", params=(value,)), {**OK, "data": value}
    )
    return [plain(made[0].params), outcome]


DIAL: Final = c.Dial(session_id=S, destination="1")
ABOUT: Final = Context(interaction=interaction("I1"))


def _directory(team: Members, user: Members) -> object:
    made, outcome = run(c.ListDirectory(session_id=S), {**OK, "data": [team]}, {**OK, "data": [user]})
    return [[plain(one.params) for one in made], outcome]


def _result(value: Members) -> object:
    return [run(DIAL, value)[1], run(DIAL, {**value, "status": "error"})[1]]


def _interaction(value: Members) -> object:
    """As a call, as a chat, and when it is over: what is meant only then is seen then."""
    told_as = (value, {**value, "type": "chat"}, {**value, "state": "wrap_up"})
    return [told("ON_INTERACTION_STATE_CHANGE", one) for one in told_as]


READ: Final[Mapping[str, Read]] = {
    "OperationResult": _result,
    "ResultError": lambda o: run(DIAL, {"status": "error", "error": o})[1],
    "InteractionData": _interaction,
    "InteractionActivityData": lambda o: told("ON_SAVE_ACTIVITY_RECORD", o),
    "InteractionsState": lambda o: answered(-4, o),
    "CallParty": lambda o: shown(callParties=[o]),
    "ChatParty": lambda o: shown(type="chat", chatParties=[o]),
    "InteractionAssociatedObjectData": lambda o: told(
        "ON_VALIDATE_ASSOCIATED_RECORDS", "i1", {"list": [o], "selected": []}
    ),
    "InteractionAssociatedObject": lambda o: shown(associatedObjects={"list": [o], "selected": []}),
    "InteractionAssociatedObjectsData": lambda o: shown(associatedObjects=o),
    "InitiateResult": lambda o: run(DIAL, {**OK, "data": o})[1],
    "LoginStateData": lambda o: answered(-1, o),
    "AgentStateData": lambda o: answered(-2, o),
    "Team": lambda o: _directory(o, SAMPLES["User"]),
    "User": lambda o: _directory(SAMPLES["Team"], o),
    "ServiceData": lambda o: run(
        DIAL, {"status": "error", "error": {"code": 11, "name": "no_service"}}, {**OK, "data": [o]}
    )[1],
    "PhoneCapabilities": lambda o: told("ON_PHONE_CAPABILITIES_CHANGE", o),
    "ScreenRecordingState": lambda o: told("ON_SCREEN_RECORDING_STATE_CHANGE", o),
    "ServerErrorData": lambda o: told("ON_SERVER_ERROR", o),
    "DispositionData": lambda o: run(c.ListDispositions(session_id=S), {**OK, "data": [o]}, context=ABOUT)[1],
    "KBFolderOptions": lambda o: told("ON_GET_KNOWLEDGE_BASE_FOLDER", o),
    "SearchRecordsQuery": lambda o: told("ON_SEARCH_RECORDS", o),
    "RecordInfoRequest": lambda o: told("ON_REQUEST_RECORD_INFO", o),
    "OpenRecordOptions": lambda o: told(
        "ON_OPEN_RECORD", SAMPLES["InteractionAssociatedObjectData"], "i1", o
    ),
    "WebScreenPop": lambda o: told("ON_WEB_SCREEN_POP_CUSTOM", "i1", o),
    "InteractionSummary": lambda o: told("ON_SUMMARY_GENERATION_COMPLETED", o),
    "InteractionSummaryFailed": lambda o: told("ON_SUMMARY_GENERATION_COMPLETED", o),
    "SummaryTopic": lambda o: told(
        "ON_SUMMARY_GENERATION_COMPLETED", {"interactionId": "i1", "success": True, "topics": [o]}
    ),
}


# --- south, written


def _reply(query: AnyQuery, kind: str, *, several: bool = False) -> AnyQueryAnswer:
    """What the northern role reads of a client's answer; only its model goes on."""
    sample = SAMPLES[kind]
    return queries.read_answer(query, msgspec.Raw(msgspec.json.encode([sample] if several else sample)))


def _login() -> Members:
    sample = SAMPLES["LoginData"]
    login = c.Login(
        platform_id=P,
        agent_id=ADA,
        password=str(sample["password"]),
        tenant=str(sample["tenant"]),
    )
    return members(run(login)[0][0].params[0])


def _target() -> Members:
    return members(run(c.ListDispositions(session_id=S, service="Sales"), context=ABOUT)[0][0].params[0])


def _first(value: Json) -> Members:
    return members(msgspec.convert(msgspec.to_builtins(value), list[Json])[0])


FOLDER: Final = KnowledgeFolder(id=QueryId("q"))
WRITTEN: Final[Mapping[str, Written]] = {
    "LoginData": _login,
    "DispositionTarget": _target,
    "ExternalKBArticleItem": lambda: _first(
        queries.written_answer(
            "ON_GET_KNOWLEDGE_BASE_FOLDER", _reply(FOLDER, "ExternalKBArticleItem", several=True)
        )
    ),
    "ExternalKBFolderItem": lambda: _first(
        queries.written_answer(
            "ON_GET_KNOWLEDGE_BASE_FOLDER", _reply(FOLDER, "ExternalKBFolderItem", several=True)
        )
    ),
    "ExternalKBSearchResultData": lambda: _first(
        queries.written_answer(
            "ON_SEARCH_KNOWLEDGE_BASE", _reply(FOLDER, "ExternalKBSearchResultData", several=True)
        )
    ),
    "ExternalKBArticleData": lambda: members(
        queries.written_answer(
            "ON_GET_KNOWLEDGE_BASE_ARTICLE",
            _reply(KnowledgeArticle(id=QueryId("q"), article_id="k-1"), "ExternalKBArticleData"),
        )
    ),
    "RecordsValidationResult": lambda: members(
        queries.written_answer(
            "ON_VALIDATE_ASSOCIATED_RECORDS",
            _reply(ValidateRecords(id=QueryId("q")), "RecordsValidationResult"),
        )
    ),
    "ActivityRecordInfo": lambda: members(
        queries.written_answer(
            "ON_SAVE_ACTIVITY_RECORD", _reply(SaveActivity(id=QueryId("q")), "ActivityRecordInfo")
        )
    ),
    "InteractionAssociatedObjectData": lambda: members(
        queries.written_answer(
            "ON_REQUEST_RECORD_INFO",
            _reply(RecordInfo(id=QueryId("q"), record_id="r-1"), "InteractionAssociatedObjectData"),
        )
    ),
}
