"""Acts out a demonstration: contacts come in at the simulated platform, commands go through the gateway.

Everything goes over the public surfaces, as a stranger's program would do it.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

from adapters.contract.demo_script import Await, DemoScript, Do, Offer, Step
from gateway.api.history import Gap
from gateway.api.stream import Problem, Progress, Subscribed
from schemas import events as ev
from schemas.errors import TrunklineError
from schemas.ids import Cursor, InteractionId, PlatformId
from schemas.needinfo import NeedInfo
from schemas.results import CommandRecord, Failed, NeedsInfo
from schemas.values import Json

STEP_S: Final = 15.0
_AGAIN_S: Final = 0.5
_Frame = ev.AnyEvent | Subscribed | Gap | Progress | Problem
_decode_frame = msgspec.json.Decoder[_Frame](_Frame).decode
_decode_record = msgspec.json.Decoder(CommandRecord).decode
_decode_subscribed = msgspec.json.Decoder(Subscribed).decode


class DemoError(TrunklineError):
    """A step did not go as the script says."""


class Watcher:
    """A stream client that keeps what it was told."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = url.replace("http", "ws", 1) + "/v1/stream"
        self.events: list[ev.AnyEvent] = []
        self._keeps = True
        self._told = Cursor(0)
        self.on_event: Callable[[ev.AnyEvent], None] = lambda _event: None
        self._changed = asyncio.Event()

    async def connect(self) -> ClientWebSocketResponse:
        """Subscribe to everything that was not told yet, from the beginning."""
        socket = await self._session.ws_connect(self._url, max_msg_size=0)
        await socket.send_json({"type": "subscribe", "after": self._told})
        _decode_subscribed((await socket.receive_str()).encode())
        return socket

    async def run(self, socket: ClientWebSocketResponse) -> None:
        """Follow until stopped; who is cut off comes again."""
        while True:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._took(_decode_frame(message.data))
            await asyncio.sleep(_AGAIN_S)
            try:
                socket = await self.connect()
            except (ClientError, OSError, TypeError):  # a frame of another kind: it is being closed
                continue

    def _took(self, frame: "_Frame") -> None:
        if not isinstance(frame, ev.Event) or frame.cursor <= self._told:
            return
        self._told = frame.cursor
        if self._keeps:
            self.events.append(frame)
        self.on_event(frame)
        self._changed.set()

    def forget(self) -> None:
        """Keep nothing any more: from now on they are only shown."""
        self._keeps = False
        self.events.clear()

    async def until(self, what: str, found: Callable[[ev.AnyEvent], bool]) -> ev.AnyEvent:
        """The first event of which that is true, past or to come. Raises DemoError if none comes in time."""
        seen = 0
        try:
            async with asyncio.timeout(STEP_S):
                while True:
                    self._changed.clear()
                    for event in self.events[seen:]:
                        if found(event):
                            return event
                    seen = len(self.events)
                    await self._changed.wait()
        except TimeoutError:
            raise DemoError(f"waited {STEP_S:g} s in vain for {what}") from None


class Actor:
    """One platform's demonstration."""

    def __init__(
        self,
        session: ClientSession,
        gateway: str,
        switchboard: str,
        platform_id: PlatformId,
        watcher: Watcher,
    ) -> None:
        self._session = session
        self._gateway = gateway
        self._switchboard = switchboard
        self._platform_id = platform_id
        self._watcher = watcher
        self._labels: dict[str, InteractionId] = {}
        self.commands = 0
        self.answered = 0

    async def act(self, script: DemoScript) -> None:
        """Step by step. Raises DemoError naming the step that went wrong."""
        for number, step in enumerate(script.steps, 1):
            try:
                await self._step(step)
            except DemoError as error:
                raise DemoError(f"{self._platform_id}, step {number} ({step}): {error}") from error

    async def _step(self, step: Step) -> None:
        match step:
            case Offer():
                await self._offer(step)
            case Do():
                await self._do(step)
            case Await(label=label, state=state):
                wanted = self._labels[label]
                await self._watcher.until(
                    f"{label} to be {state}",
                    lambda event: (
                        isinstance(event, ev.InteractionEvent)
                        and event.interaction.id == wanted
                        and event.interaction.state is state
                    ),
                )

    async def _offer(self, step: Offer) -> None:
        who = "ani" if step.media == "voice" else "address"
        params: dict[str, Json] = {who: step.ani, "agent": step.agent, "data": step.data}
        if step.media == "voice":
            params["dnis"] = step.dnis
        if step.service:
            params["service"] = step.service
        method = "simulate.inbound_" + ("call" if step.media == "voice" else step.media)
        body: dict[str, Json] = {"type": "vendor.call", "method": method, "params": [params]}
        record = await self._post(
            self._switchboard, body | await self._session_of(self._switchboard, step.agent)
        )
        if isinstance(record.result, Failed):
            raise DemoError(record.result.message)
        self._labels[step.label] = await self._appears(step.agent)

    async def _do(self, step: Do) -> None:
        body: dict[str, Json] = {"type": step.verb, **step.args}
        if step.on:
            body["interaction_id"] = self._labels[step.on]
        else:
            body |= await self._session_of(self._gateway, step.agent)
        record = await self._post(self._gateway, body)
        self.commands += 1
        for answer in step.answers:
            record = await self._answer(record, answer)
        result = record.result
        if isinstance(result, NeedsInfo):
            raise DemoError(f"asks for {result.needinfo.kind}")
        code = result.code if isinstance(result, Failed) else None
        if code is not step.refused:
            raise DemoError(f"{result}")
        if step.creates:
            self._labels[step.creates] = await self._appears(step.agent)

    async def _answer(self, record: CommandRecord, values: dict[str, Json]) -> CommandRecord:
        if not isinstance(record.result, NeedsInfo):
            raise DemoError(f"should have asked, but: {record.result}")
        needinfo: NeedInfo = record.result.needinfo
        url = f"{self._gateway}/v1/commands/{record.id}/answer"
        body = {"needinfo_id": needinfo.id, "action": "submit", "values": values}
        async with self._session.post(url, json=body) as response:
            text = await response.read()
        if not response.ok:
            raise DemoError(text.decode())
        self.answered += 1
        return _decode_record(text)

    async def _appears(self, agent: str) -> InteractionId:
        """The next interaction of an agent that has no label yet."""

        def new(event: ev.AnyEvent) -> bool:
            return (
                isinstance(event, ev.InteractionCreated)
                and event.platform_id == self._platform_id
                and event.agent_id == agent
                and event.interaction.id not in self._labels.values()
            )

        event = await self._watcher.until(f"a new interaction of {agent}", new)
        if not isinstance(event, ev.InteractionEvent):
            raise DemoError("not an interaction")
        return event.interaction.id

    async def _session_of(self, url: str, agent: str) -> dict[str, Json]:
        query = {"platform": self._platform_id, "agent": agent}
        async with self._session.get(f"{url}/v1/sessions", params=query) as response:
            return {"session_id": (await response.json())["sessions"][0]["id"]}

    async def _post(self, url: str, body: dict[str, Json]) -> CommandRecord:
        async with self._session.post(f"{url}/v1/commands", json=body) as response:
            text = await response.read()
        if not response.ok:
            raise DemoError(text.decode())
        return _decode_record(text)
