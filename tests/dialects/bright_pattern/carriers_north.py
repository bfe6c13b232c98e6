"""The same in the north. WRITTEN is of a platform of another dialect: without our refs, extras and words."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from adapters.bright_pattern import (
    decode,
    encode,
    encode_events,
    queries,
    tables,
    wire,
)
from adapters.bright_pattern.binding import CAPABILITIES
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.dialect import Asked, Execute
from adapters.kit import jsonrpc
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import commands as c
from schemas.agent import AgentState
from schemas.events import AnyEvent, InteractionEvent
from schemas.ids import InteractionId, QueryId, Ref
from schemas.interaction import Interaction
from schemas.observations import Observation
from schemas.queries import (
    AnyQuery,
    KnowledgeArticle,
    RecordInfo,
    SaveActivity,
    ValidateRecords,
)
from schemas.results import Succeeded
from schemas.values import Json
from tests.dialects.bright_pattern.carriers_south import (
    ABOUT,
    FOLDER,
    OK,
    P,
    Read,
    S,
    Written,
    members,
    plain,
    run,
)
from tests.dialects.bright_pattern.peers import (
    NOW,
    client,
    message,
    page,
    session,
)
from tests.dialects.bright_pattern.samples import INTERACTION, SAMPLES, Members

SETTINGS: Final = BrightPatternSettings()


# --- north, read


def _replied(query: AnyQuery, *, several: bool = False) -> Read:
    return lambda o: plain(
        queries.read_answer(query, msgspec.Raw(msgspec.json.encode([o] if several else o)))
    )


def requested(method: str, *params: Json) -> object:
    """The command of a client's request, or its refusal."""
    (out,) = client().received(jsonrpc.request(1, method, params), NOW)
    return plain(out.command) if isinstance(out, Execute) else plain(message(out))


READ: Final[Mapping[str, Read]] = {
    "LoginData": lambda o: requested("login", o),
    "DispositionTarget": lambda o: requested(
        "getDispositionsList", {**o, "interactionId": str(o["interactionId"]).upper()}
    ),
    "ExternalKBArticleItem": _replied(FOLDER, several=True),
    "ExternalKBFolderItem": _replied(FOLDER, several=True),
    "ExternalKBSearchResultData": _replied(FOLDER, several=True),
    "ExternalKBArticleData": _replied(KnowledgeArticle(id=QueryId("q"), article_id="k-1")),
    "RecordsValidationResult": _replied(ValidateRecords(id=QueryId("q"))),
    "ActivityRecordInfo": _replied(SaveActivity(id=QueryId("q"))),
    "InteractionAssociatedObjectData": _replied(RecordInfo(id=QueryId("q"), record_id="r-1")),
}


# --- north, written: of a platform of another dialect, which has neither our refs nor our extras


def foreign(**changes: Json) -> Interaction:
    """The sample, over, as the model knows it and no vendor's word beside."""
    state, platform = State({P: CAPABILITIES}, {P: tables.NAME}, Minter()), page()
    data = {**INTERACTION, "state": "wrap_up", **changes}
    last = "ON_INTERACTION_REMOVED" if data["state"] == tables.FINISHED else "ON_INTERACTION_STATE_CHANGE"
    told: list[AnyEvent] = []
    began = datetime.fromtimestamp(1_700_000_000, UTC)  # the sample's startTime
    for event, params, now in (
        ("ON_NEW_INTERACTION", {**data, "state": "delivered"}, began + timedelta(seconds=1)),
        (last, data, began + timedelta(days=1)),
    ):
        for one in platform.received(jsonrpc.notification(event, (params,)), now):
            told += state.observe(P, one, now) if isinstance(one, Observation) else ()
    assert isinstance(told[-1], InteractionEvent)
    return msgspec.structs.replace(told[-1].interaction, refs={}, extras={}, vendor_state="")


def written(**changes: Json) -> Members:
    """The same as a client reads it."""
    return members(encode.interaction(foreign(**changes), SETTINGS))


_EXTERNAL: Final = {k: v for k, v in SAMPLES["ChatParty"].items() if k != "userId"}
_INTERNAL: Final = {**{k: v for k, v in SAMPLES["ChatParty"].items() if k != "contactId"}, "type": "internal"}


def whole() -> Members:
    """A call, with what only a chat and only an e-mail has."""
    chat = written(type="chat", chatParties=[_EXTERNAL])
    mail = written(type="email", phoneNumber=None)
    return {**written(), "chatParties": chat["chatParties"], "email": mail["email"]}


def _chat_party() -> Members:
    parties = written(type="chat", chatParties=[_EXTERNAL, _INTERNAL])["chatParties"]
    external, internal = msgspec.convert(parties, list[Members])
    return {**internal, **external}


def _activity() -> Members:
    chat = members(encode.activity(foreign(type="chat", chatParties=[_EXTERNAL]), SETTINGS))
    return {**whole(), "contactName": chat["contactName"]}


def _inside(kind: Members, *path: str | int) -> Members:
    found: Json = kind
    for step in path:
        found = (
            msgspec.convert(found, list[Json])[step]
            if isinstance(step, int)
            else msgspec.convert(found, Members)[step]
        )
    return msgspec.convert(found, Members)


def _answer(method: str, *params: Json, done: Succeeded | None = None) -> Members:
    peer = client()
    (out,) = peer.received(jsonrpc.request(1, method, params), NOW)
    if isinstance(out, Execute):
        (out,) = peer.finished(out.token, done or Succeeded(), NOW)
    result = message(out).result
    assert isinstance(result, msgspec.Raw)
    return msgspec.json.decode(result, type=Members)


def _query(event: str, *params: Json) -> Members:
    """What a client is asked, of what a page asked."""
    (out,) = [
        one for one in page().received(jsonrpc.request(1, event, params), NOW) if isinstance(one, Asked)
    ]
    asked_of = queries.written(out.query, SETTINGS, same_dialect=False)
    assert asked_of is not None
    return members(asked_of[1][-1])


def _notice() -> Members:
    data = msgspec.convert(SAMPLES["ServerErrorData"], wire.ServerErrorData)
    seen = decode.server_error(data, Ref("a-1"), msgspec.Raw(b""))
    assert seen.time is not None
    frame = encode_events.server_error(seen.code, seen.message, encode.milliseconds(seen.time)).body
    return _inside(msgspec.json.decode(frame, type=Members), "params", 0)


def _session() -> Members:
    """The agent's state, of a platform of another dialect."""
    one = session(
        state=AgentState.NOT_READY, reason="Lunch", pending_state=AgentState.RESERVED, vendor_state=""
    )
    return members(encode.agent_state(one, SETTINGS))


def _dispositions() -> Members:
    found = run(c.ListDispositions(session_id=S), {**OK, "data": [SAMPLES["DispositionData"]]}, context=ABOUT)
    return members(encode.dispositions(_inside(msgspec.convert(found[1], Members))["data"])[0])


def _colleagues() -> Json:
    made = run(
        c.ListDirectory(session_id=S),
        {**OK, "data": [SAMPLES["Team"]]},
        {**OK, "data": [SAMPLES["User"]]},
    )[1]
    return msgspec.convert(made, Members)["data"]


WRITTEN: Final[Mapping[str, Written]] = {
    "OperationResult": lambda: {**_answer("getConfig"), **_answer("leaveInteraction", "nobody's")},
    "ResultError": lambda: members(
        encode.failure(decode.failure(msgspec.convert(SAMPLES["ResultError"], wire.ResultError)))
    ),
    "InteractionData": whole,
    "InteractionActivityData": _activity,
    "InteractionsState": lambda: _inside(_answer("getInteractionsState"), "data"),
    "CallParty": lambda: _inside(written(), "callParties", 0),
    "ChatParty": _chat_party,
    "InteractionAssociatedObjectData": lambda: _inside(written(), "associatedObjects", "list", 0),
    "InteractionAssociatedObject": lambda: _inside(written(), "associatedObjects", "list", 0),
    "InteractionAssociatedObjectsData": lambda: _inside(written(), "associatedObjects"),
    "InitiateResult": lambda: _inside(
        _answer(
            "startCall",
            "1",
            done=Succeeded(interaction_id=InteractionId("i1"), data={"error": "Timeout error"}),
        ),
        "data",
    ),
    "LoginStateData": lambda: members(encode.login_state(session())),
    "AgentStateData": _session,
    "Team": lambda: members(encode.teams(_colleagues())[0]),
    "User": lambda: members(encode.members(_colleagues(), "Sales")[0]),
    "ServerErrorData": _notice,
    "DispositionData": _dispositions,
    "KBFolderOptions": lambda: _query("ON_GET_KNOWLEDGE_BASE_FOLDER", SAMPLES["KBFolderOptions"]),
    "RecordInfoRequest": lambda: _query("ON_REQUEST_RECORD_INFO", SAMPLES["RecordInfoRequest"]),
    "WebScreenPop": lambda: _query("ON_WEB_SCREEN_POP_CUSTOM", "i1", SAMPLES["WebScreenPop"]),
}
