"""A platform's questions in its vendor's own words, through the whole process, answered by who may answer.

The events and values are those of reference/bright-pattern.md, sections 4 and 5; the platform is simulated,
and its page asks what the vendor's widget would.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import pytest
from aiohttp import web

from gateway.outbound.signature import new_secret
from schemas.interaction import Interaction
from schemas.values import Json
from tests.e2e.clients.bright_pattern import BrightPattern
from tests.e2e.meddler import Meddler
from tests.e2e.test_bad_platform import in_a_call
from tests.e2e.world import PLATFORM, World, platform, world
from tests.fakes import until
from tests.gateway.webhook_world import receiving

VENDOR: Final = "bright_pattern"
# Event, its parameters for an interaction, and what the widget gets when nobody answers.
ASKED: Final[tuple[tuple[str, tuple[Json, ...], Json], ...]] = (
    ("ON_REQUEST_TRANSFER_DATA", ("<call>",), None),
    ("ON_GET_KNOWLEDGE_BASE_FOLDER", ({"folderId": "f"},), []),
    ("ON_SEARCH_KNOWLEDGE_BASE", ("refund",), []),
    ("ON_GET_KNOWLEDGE_BASE_ARTICLE", ("k1",), None),
    ("ON_REQUEST_RECORD_INFO", ({"id": "r1", "type": "case"},), None),
    ("ON_REQUEST_RECORD_ON_SCREEN", (), None),
    ("ON_VALIDATE_ASSOCIATED_RECORDS", ("<call>", {}), {"valid": True}),
    ("ON_SAVE_ACTIVITY_RECORD", ({"interactionId": "<call>"},), None),
    ("ON_WEB_SCREEN_POP_CUSTOM", ("<call>", {"action": "url", "url": "https://crm.example"}), False),
)
# What a web hook says, and what the widget gets of it.
HOOK: Final[Mapping[str, tuple[Json, Json]]] = {
    "transfer_data": ({"type": "data", "data": {"vip": True}}, {"vip": True}),
    "knowledge_folder": (
        {"type": "items", "items": [{"id": "k2", "title": "Refunds", "folder": True}]},
        [{"id": "k2", "type": "folder", "title": "Refunds"}],
    ),
    "knowledge_search": (
        {"type": "items", "items": [{"id": "k1", "title": "Refunds", "text": "In a week"}]},
        [{"id": "k1", "type": "article", "title": "Refunds", "text": "In a week"}],
    ),
    "knowledge_article": (
        {"type": "items", "items": [{"id": "k1", "title": "Refunds", "text": "So."}]},
        {"id": "k1", "title": "Refunds", "answer": "So."},
    ),
    "record_info": (
        {"type": "record", "record": {"id": "r1", "type": "case", "display_name": "Case 1"}},
        {"id": "r1", "type": "case", "displayName": "Case 1"},
    ),
    "record_on_screen": (
        {"type": "record", "record": {"id": "r1", "type": "case"}},
        {"id": "r1", "type": "case"},
    ),
    "validate_records": (
        {"type": "verdict", "yes": False, "message": "no case"},
        {"valid": False, "message": "no case"},
    ),
    "save_activity": (
        {"type": "record", "record": {"id": "a1", "fields": {"caseId": "c1"}}},
        {"id": "a1", "caseId": "c1"},
    ),
    "screen_pop": ({"type": "verdict", "yes": True}, True),
}


def meddler(played: World) -> Meddler:
    assert played.meddler is not None
    return played.meddler


def about(params: Any, call: Interaction) -> Any:
    """The parameters, with the platform's id of the call."""
    text = msgspec.json.encode(params).decode().replace("<call>", call.refs["interactionId"])
    return msgspec.json.decode(text)


def within(part: Json, whole: Json) -> bool:
    """Whether all that is told of an object is so; what else is in it are the vendor's empty fields."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(within, part, whole))
    return part == whole


@pytest.mark.parametrize(("event", "params", "default"), ASKED, ids=[event for event, _, _ in ASKED])
async def test_with_nobody_to_ask_the_widget_gets_its_documented_default(
    event: str, params: tuple[Json, ...], default: Json
) -> None:
    async with world([platform(VENDOR, agents=("a1",))], meddled=True) as played:
        await in_a_call(played)
        (call,) = played.interactions()
        assert within(default, await meddler(played).ask(event, *about(params, call)))


@pytest.mark.parametrize(("event", "params"), [row[:2] for row in ASKED], ids=[row[0] for row in ASKED])
async def test_web_hook_answers_the_widget_in_its_own_words(event: str, params: tuple[Json, ...]) -> None:
    asked: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(msgspec.json.decode(await request.read())["data"]["query"])
        return web.json_response(HOOK[asked[-1]["type"]][0])

    async with receiving() as receiver:
        receiver.answers["/"] = answer
        hook = {"url": receiver.url, "secret": new_secret()}
        overrides = {"platforms": {PLATFORM: {"dialect": VENDOR, "queries": {"webhook": hook}}}}
        simulated = [platform(VENDOR, agents=("a1",))]
        async with world(simulated, overrides=overrides, meddled=True) as played:
            await in_a_call(played)
            (call,) = played.interactions()
            got = await meddler(played).ask(event, *about(params, call))
    (query,) = asked
    assert within(HOOK[query["type"]][1], got)
    assert query.get("interaction_id", call.id) == call.id
    if query["type"] == "save_activity":
        assert query["interaction"]["id"] == call.id


async def test_the_old_page_is_asked_what_the_platform_asks_under_its_own_id_of_the_call() -> None:
    async with world([platform(VENDOR, agents=("a1",))], meddled=True) as played:
        page = await BrightPattern.open(played)
        await page.sign_in()
        await in_a_call(played)
        (call,) = played.interactions()
        params = about(("<call>", {"objects": {}}), call)
        validate = asyncio.create_task(meddler(played).ask("ON_VALIDATE_ASSOCIATED_RECORDS", *params))
        event = "ON_VALIDATE_ASSOCIATED_RECORDS"
        await until(lambda: any(frame.get("method") == event for frame in page.frames))
        (frame,) = (one for one in page.frames if one.get("method") == event)
        assert frame["params"][0] == call.id
        result = {"valid": False, "message": "no case"}
        await page.send(msgspec.json.encode({"jsonrpc": "2.0", "id": frame["id"], "result": result}).decode())
        assert await validate == result
