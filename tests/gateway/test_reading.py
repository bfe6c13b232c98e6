"""What is misspelt is refused with the nearest name: fields of commands, of frames, of what stands within."""

import msgspec
import pytest

from gateway.http.reading import Strict
from schemas.commands import COMMANDS, AnyCommand
from schemas.queries import AnyQueryAnswer
from schemas.values import Json
from tests.gateway.handmade import bench
from tests.patience import PATIENCE_S

DIAL: dict[str, Json] = {"type": "interaction.dial", "session_id": "s", "destination": "+15550100"}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"caller": "1"}, "'caller' is no field of interaction.dial; is it caller_id?"),
        ({"destinaton": "1"}, "is it destination?"),
        ({"colour": "red"}, "there are: "),
        (
            {"records": [{"id": "1", "typ": "case"}]},
            "'typ' is no field of Record (at $.records[0]); is it type?",
        ),
        ({"x" * 99: 1}, "'" + "x" * 40 + "' is no field"),
    ],
)
def test_a_field_that_there_is_not_is_refused(more: dict[str, Json], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        Strict[AnyCommand](AnyCommand).decode(msgspec.json.encode({**DIAL, **more}))
    assert says in str(refused.value)


def test_a_misspelt_field_that_is_needed_is_named_before_the_one_that_is_missing() -> None:
    body = msgspec.json.encode({"type": "interaction.dial", "session_id": "s", "destinatio": "1"})
    with pytest.raises(msgspec.ValidationError, match="is it destination"):
        Strict[AnyCommand](AnyCommand).decode(body)


def test_a_verb_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"is it interaction\.hold\?"):
        Strict[AnyCommand](AnyCommand).decode(b'{"type": "interaction.holds", "interaction_id": "i"}')


@pytest.mark.parametrize("verb", COMMANDS)
async def test_every_verb_refuses_what_it_does_not_know_over_rest_and_the_stream(verb: str) -> None:
    async with bench() as one:
        body: dict[str, Json] = {"type": verb, "answers": {"any": {"thing": 1}}, "sesion_id": "s"}
        reply = await one.request("POST", "/v1/commands", body)
        assert (reply.status, "is no field" in str(reply.json()["detail"])) == (400, True)
        socket = await one.connect("/v1/stream")
        await socket.send_json({"type": "subscribe"})
        await socket.receive_str(timeout=PATIENCE_S)
        await socket.send_json({"type": "command", "ref": "1", "command": body})
        told = msgspec.json.decode(await socket.receive_str(timeout=PATIENCE_S), type=dict[str, str])
        assert (told["type"], told["code"]) == ("stream.error", "invalid_command")
        assert "is no field" in told["message"]


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ({"type": "command", "ref": "1", "comand": DIAL}, "is it command?"),
        ({"type": "answer", "ref": "1", "answer": {"needinfo_id": "x", "value": {}}}, "is it values?"),
        (
            {"type": "query_answer", "reff": "1", "answer": {"type": "no_opinion", "query_id": "q"}},
            "is it ref?",
        ),
        ({"type": "subscribes"}, "is it subscribe?"),
    ],
)
async def test_every_frame_of_the_stream_is_read_to_the_last_name(frame: dict[str, Json], says: str) -> None:
    async with bench() as one:
        socket = await one.connect("/v1/stream")
        await socket.send_json({"type": "subscribe"})
        await socket.receive_str(timeout=PATIENCE_S)
        await socket.send_json(frame)
        assert says in await socket.receive_str(timeout=PATIENCE_S)
        first = await one.connect("/v1/stream")
        await first.send_json({"type": "subscribe", "filter": {"agent": ["a1"]}})
        assert "is it agents?" in await first.receive_str(timeout=PATIENCE_S)


def test_what_may_be_any_json_is_left_alone() -> None:
    body = {"type": "data", "query_id": "q", "data": {"anything": {"at": ["all"]}}}
    read = Strict[AnyQueryAnswer](AnyQueryAnswer).decode(msgspec.json.encode(body))
    assert read.query_id == "q"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "from 1 to 1000"),
        ("limit=1001", "from 1 to 1000"),
        ("limit=1.5", "whole number"),
        ("limit=1_0", "whole number"),
        ("limit=%20" + "5", "whole number"),
        ("limit=inf", "whole number"),
        ("limit=5&limit=6", "given twice"),
        ("page=nonsense", "must be `next`"),
        ("limt=5", "is it limit?"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1/platforms", "/v1/sessions", "/v1/interactions", "/v1/needinfo", "/v1/webhooks"]
)
async def test_parameters_of_lists_are_held_to_what_they_may_be(path: str, query: str, says: str) -> None:
    async with bench() as one:
        reply = await one.request("GET", f"{path}?{query}")
        assert (reply.status, says in str(reply.json()["detail"])) == (400, True), reply


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs", "/metrics", "/v1/stream"])
async def test_open_addresses_refuse_what_they_do_not_know_as_well(path: str) -> None:
    async with bench() as one:
        reply = await one.request("GET", f"{path}?colour=red")
        assert (reply.status, "is no parameter" in str(reply.json()["detail"])) == (400, True)
