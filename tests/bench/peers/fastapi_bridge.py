"""The bridge that most Python teams would write: FastAPI, uvicorn, pydantic; no journal.

`fastapi_bridge.py PORT [HOOK]`, in the peers' own environment (build/bench/venv).

WebSocket in, mapped, to every WebSocket subscriber; or HTTP in, mapped, to one webhook.
"""
# mypy: disable-error-code="import-not-found,untyped-decorator"
# FastAPI and uvicorn are not in the environment that types are read in.

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field

STATES: Final = {
    "delivery_pending": "alerting",
    "delivered": "connected",
    "hold": "held",
    "completed": "ended",
}
PORT: Final = int(sys.argv[1])
HOOK: Final = sys.argv[2] if len(sys.argv) > 2 else ""


class VendorParty(BaseModel):
    """One party, as the page says it."""

    id: str
    name: str
    phone: str


class VendorCall(BaseModel):
    """InteractionData, as far as it is used."""

    interaction_id: str = Field(alias="interactionId")
    global_interaction_id: str = Field(alias="globalInteractionId")
    state: str
    type: str
    call_parties: list[VendorParty] = Field(alias="callParties")
    call_muted: bool = Field(alias="callMuted")
    call_recording: bool = Field(alias="callRecording")
    attached_data: dict[str, str] = Field(alias="attachedData")
    internal: bool
    phone_number: str = Field(alias="phoneNumber")
    call_direction: str = Field(alias="callDirection")
    start_time: int = Field(alias="startTime")
    service: str
    description: str
    playback_url: str = Field(alias="playbackUrl")
    recording_url: str = Field(alias="recordingUrl")
    origination: str
    duration: float = 0.0
    dnis: str = Field(default="", alias="DNIS")
    ani: str = Field(default="", alias="ANI")


class VendorFrame(BaseModel):
    """A notification of the page."""

    method: str
    params: list[VendorCall]


class Party(BaseModel):
    """One party, as we say it."""

    id: str
    name: str
    address: str


class Event(BaseModel):
    """What a subscriber gets."""

    type: str
    id: str
    time: int
    sequence: int
    source: str
    interaction_id: str
    root_id: str
    channel: str
    direction: str
    state: str
    muted: bool
    recording: bool
    internal: bool
    remote: str
    ani: str
    dnis: str
    service: str
    description: str
    started_at: int
    duration_s: float
    playback_url: str
    recording_url: str
    origination: str
    parties: list[Party]
    data: dict[str, str]


class Bridge:
    """Who listens, and how many events there were."""

    def __init__(self) -> None:
        self.subscribers: list[WebSocket] = []
        self.http: aiohttp.ClientSession | None = None
        self.number = 0

    def translate(self, frame: VendorFrame) -> Event:
        """The event of a frame."""
        self.number += 1
        call = frame.params[0]
        state = STATES[call.state]
        return Event(
            type=f"interaction.{state}",
            id=f"evt_{self.number}",
            time=call.start_time + self.number,
            sequence=self.number,
            source="bright_pattern",
            interaction_id=call.interaction_id,
            root_id=call.global_interaction_id,
            channel=call.type,
            direction=call.call_direction,
            state=state,
            muted=call.call_muted,
            recording=call.call_recording,
            internal=call.internal,
            remote=call.phone_number,
            ani=call.ani,
            dnis=call.dnis,
            service=call.service,
            description=call.description,
            started_at=call.start_time,
            duration_s=call.duration,
            playback_url=call.playback_url,
            recording_url=call.recording_url,
            origination=call.origination,
            parties=[Party(id=one.id, name=one.name, address=one.phone) for one in call.call_parties],
            data=call.attached_data,
        )


bridge: Final = Bridge()


@asynccontextmanager
async def life(_: FastAPI) -> AsyncIterator[None]:
    """One client session for all that is posted."""
    async with aiohttp.ClientSession() as session:
        bridge.http = session
        yield


app = FastAPI(lifespan=life)


@app.websocket("/sub")
async def subscriber(socket: WebSocket) -> None:
    """Somebody listens until he goes."""
    await socket.accept()
    bridge.subscribers.append(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        bridge.subscribers.remove(socket)


@app.websocket("/in")
async def page(socket: WebSocket) -> None:
    """A page pushes frames."""
    await socket.accept()
    try:
        while True:
            frame = VendorFrame.model_validate_json(await socket.receive_text())
            event = bridge.translate(frame).model_dump_json()
            for one in bridge.subscribers:
                await one.send_text(event)
    except WebSocketDisconnect:
        pass


@app.post("/events")
async def events(frame: VendorFrame) -> dict[str, int]:
    """A frame by HTTP, answered when the webhook has it."""
    assert bridge.http is not None
    body = bridge.translate(frame).model_dump_json().encode()
    headers = {"content-type": "application/json"}
    async with bridge.http.post(HOOK, data=body, headers=headers) as answer:
        await answer.read()
        return {"status": answer.status}


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=PORT,
        log_level="error",
        access_log=False,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
    )
