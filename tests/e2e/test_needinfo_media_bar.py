"""Northbound: a media bar is asked in its own protocol, as seed 003 prints it, and repeats its request."""

from collections.abc import Mapping

import msgspec
import pytest

from schemas import events as ev
from schemas.agent import AgentState
from schemas.interaction import InteractionState
from schemas.values import Json
from tests.e2e.needinfo_stage import CHANNEL, INTERNAL, stage, switch_journal, wrap_up
from tests.e2e.world import PLATFORM, World
from tests.fakes import until
from tests.patience import PATIENCE_S


class ChannelClient:
    """A media bar that speaks the channel/session protocol to us."""

    def __init__(self, w: World) -> None:
        self._w = w
        self.events: list[dict[str, Json]] = []

    async def open(self, agent: str = "a1") -> str:
        """Connect, take the agent's session over and start it. Returns the session id."""
        self.socket = await self._w.connect(f"/v1/facades/{PLATFORM}/{CHANNEL}")
        data = {"model": "default", "override": True, "agent": {"id": agent, "password": "p"}}
        prepared = await self.ask({"command": "prepareSession", "data": data})
        session = msgspec.convert(prepared["data"], dict[str, str])["resourceId"]
        started = await self.ask({"command": "session.start", "target": session, "data": {}})
        assert started["result"] == "success"
        return session

    async def ask(self, request: dict[str, Json]) -> dict[str, Json]:
        """Send a request; its response. Events that come first are kept."""
        await self.socket.send_json(request)
        while True:
            frame = await self.heard()
            if "result" in frame:
                return frame
            self.events.append(frame)

    async def heard(self) -> dict[str, Json]:
        """The next frame."""
        message = await self.socket.receive(PATIENCE_S)
        return msgspec.json.decode(message.data, type=dict[str, Json])

    async def until(self, name: str, **data: Json) -> dict[str, Json]:
        """An event of that name with these fields in its data, from those kept or the next ones."""

        def fits(frame: Mapping[str, Json]) -> bool:
            said = frame.get("data")
            return (
                frame.get("name") == name
                and isinstance(said, dict)
                and all(said.get(key) == value for key, value in data.items())
            )

        while not any(fits(frame) for frame in self.events):
            self.events.append(await self.heard())
        return next(frame for frame in self.events if fits(frame))


def channel_of(client: ChannelClient) -> str:
    """The target of the agent's voice channel."""
    for frame in client.events:
        if frame.get("name") == "channel.created":
            channel = msgspec.convert(frame["data"], dict[str, dict[str, str]])["channel"]
            if channel["type"].lower() == "telephony":
                return f"{frame['target']}.{channel['id']}"
    raise AssertionError(client.events)


async def opened(w: World) -> ChannelClient:
    client = ChannelClient(w)
    await client.open()
    await client.until("channel.initialized")
    return client


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_media_bar_is_asked_for_the_skill_and_dials_again_with_it(dialect: str) -> None:
    async with stage(dialect) as w:
        client = await opened(w)
        target = channel_of(client)
        request: dict[str, Json] = {
            "command": "channel.dial",
            "target": target,
            "data": {"destination": "+15551234", "extensions": {"type": "external"}},
        }
        response = await client.ask(request)
        assert response == {
            "command": "channel.dial",
            "target": target,
            "result": "needinfo",
            "uiExtension": {
                "id": "inContact.outboundskill",
                "skills": [
                    {"id": "sales", "skillName": "Sales"},
                    {"id": "support", "skillName": "Support"},
                ],
            },
            "original": request,
        }
        extensions = {"type": "external", "skill": "support"}
        again = await client.ask({**request, "data": {"destination": "+15551234", "extensions": extensions}})
        assert again["result"] == "success"
        await client.until("interaction.created")
        await until(lambda: [one.state for one in w.interactions()] == [InteractionState.CONNECTED])


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
@pytest.mark.parametrize(
    ("service", "required", "more"),
    [
        ("must", True, {"dispositionId": 2, "notes": "rang off"}),
        ("may", False, {"skipDisposition": True}),
        ("may", False, {"dispositionId": 1, "notes": ""}),
    ],
)
async def test_a_media_bar_is_asked_for_the_disposition_and_completes_again_with_it(
    dialect: str,
    service: str,
    required: bool,  # noqa: FBT001  # a column of the table
    more: dict[str, Json],
) -> None:
    async with stage(dialect) as w:
        client = await opened(w)
        interaction = await wrap_up(w, service)
        created = await client.until("interaction.created")
        target = f"{created['target']}.{interaction}"
        request: dict[str, Json] = {"command": "interaction.request.complete", "target": target, "data": {}}
        response = await client.ask(request)
        assert response == {
            "command": "interaction.request.complete",
            "target": target,
            "result": "needinfo",
            "uiExtension": {
                "type": "disposition",
                "dispositionRequired": required,
                "dispositions": [
                    {
                        "dispositionId": 1,
                        "dispositionName": "Sold",
                        "priority": 1,
                        "isPreviewDisposition": False,
                    },
                    {
                        "dispositionId": 2,
                        "dispositionName": "Lost",
                        "priority": 2,
                        "isPreviewDisposition": False,
                    },
                ],
            },
            "original": request,
        }
        assert (await client.ask({**request, "data": more}))["result"] == "success"
        await until(lambda: w.interactions() == [])
        completed = [e for e in await switch_journal(w) if isinstance(e, ev.InteractionCompleted)]
        chosen = completed[-1].interaction.disposition
        assert (chosen.id if chosen else None) == (str(more["dispositionId"]) if len(more) > 1 else None)
        assert completed[-1].interaction.notes == more.get("notes", "")


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_media_bar_ends_after_call_work_by_the_agents_next_state(dialect: str) -> None:
    async with stage(dialect) as w:
        client = await opened(w)
        interaction = await wrap_up(w, "after")
        created = await client.until("interaction.created")
        target = f"{created['target']}.{interaction}"
        request: dict[str, Json] = {"command": "interaction.request.complete", "target": target, "data": {}}
        assert await client.ask(request) == {
            "command": "interaction.request.complete",
            "target": target,
            "result": "needinfo",
            "uiExtension": {"type": "agentstate"},
            "original": request,
        }
        chosen = await client.ask(
            {
                "command": "channel.setagentstate",
                "target": channel_of(client),
                "data": {"state": "READY"},
            }
        )
        assert chosen["result"] == "success"
        await until(lambda: w.interactions() == [])
        await until(lambda: w.agent().state is AgentState.READY)


async def test_a_media_bar_is_asked_whether_to_take_a_session_over() -> None:
    async with stage(INTERNAL) as w:
        socket = await w.connect(f"/v1/facades/{PLATFORM}/{CHANNEL}")
        data: dict[str, Json] = {
            "model": "default",
            "override": False,
            "agent": {"id": "a1", "password": "p"},
        }
        request: dict[str, Json] = {"command": "prepareSession", "data": data}
        await socket.send_json(request)
        frame = msgspec.json.decode((await socket.receive(PATIENCE_S)).data, type=dict[str, Json])
        assert (frame["command"], frame["result"], frame["original"]) == (
            "prepareSession",
            "confirm",
            request,
        )
        assert frame["message"]
        await socket.send_json({**request, "data": {**data, "override": True}})
        frame = msgspec.json.decode((await socket.receive(PATIENCE_S)).data, type=dict[str, Json])
        assert frame["result"] == "success"
