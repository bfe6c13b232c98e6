"""Clients that give commands through REST, with an idempotency key each, until they know what became of it.

A client that got no answer does what clients do: it asks again under the same key. Each command carries a
marker of its own, by which a platform knows whether it was asked before.
"""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.faults.notes import Event, Given, Notes
from tests.faults.page import SERVICE

_AGAIN_S: Final = 0.05
_IGNORED: Final = 0.3  # of the questions nobody answers, and as many of the others are cancelled
_ONCE: Final = ClientTimeout(total=15.0, connect=3.0)
_CALL_AGAIN: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass
class Board:
    """What a client sees of its stream: who is there, and what is open."""

    sessions: set[str] = field(default_factory=set)
    interactions: dict[str, None] = field(default_factory=dict)

    def note(self, event: Event, _body: bytes) -> None:
        """Keep it up to date."""
        if event.subject.startswith("ses_"):
            self.sessions.add(event.subject)
        elif event.type == "interaction.completed":
            self.interactions.pop(event.subject, None)
        elif event.contact and event.state in ("connected", "held"):
            self.interactions[event.subject] = None


class Commander:
    """Gives one command after the other until `stopping`; never leaves one without its end."""

    def __init__(self, name: str, port: int, board: Board, notes: Notes, dice: Random) -> None:
        self.stopping = asyncio.Event()
        self._name = name
        self._url = f"http://127.0.0.1:{port}"
        self._board = board
        self._notes = notes
        self._dice = dice
        self._given = 0

    async def run(self) -> None:
        """Returns when the last command has ended."""
        async with ClientSession(timeout=_ONCE) as http:
            while not self.stopping.is_set():
                if (command := self._next()) is not None:
                    await self._give(http, *command)
                await asyncio.sleep(self._dice.uniform(0.01, 0.2))

    def _next(self) -> tuple[str, dict[str, object]] | None:
        """A marker, and a command with it."""
        board, marker = self._board, f"{self._name}{self._given:06}"
        if board.interactions and self._dice.random() < 0.8:
            subject = self._dice.choice(list(board.interactions))
            return marker, {
                "type": "interaction.set_data",
                "interaction_id": subject,
                "data": {"mark": marker},
            }
        if not board.sessions:
            return None
        session = self._dice.choice(sorted(board.sessions))
        return marker, {"type": "interaction.dial", "session_id": session, "destination": marker}

    async def _give(self, http: ClientSession, marker: str, command: dict[str, object]) -> None:
        """Until there is an answer that is one, and then until the command has ended."""
        self._given += 1
        key = f"key-{marker}"
        made: dict[str, None] = {}
        answered = self._dice.random() < _IGNORED
        while True:
            try:
                record = await self._post(http, key, command)
            except (ClientError, OSError, TimeoutError):
                record = None
            if record == {}:
                break
            if record is not None:
                made[record["id"]] = None
                if record["status"] == "finished":
                    break
                if record["status"] == "needinfo" and not answered:
                    answered = await self._answer(http, record)
            await asyncio.sleep(_AGAIN_S)
        result: dict[str, Any] = (record or {}).get("result", {})
        harmless = result.get("outcome") == "failed" and result.get("effect", "none") == "none"
        outcome = str(result.get("outcome", ""))
        self._notes.orders.append(Given(key, marker, tuple(made), outcome, harmless, command))

    async def _answer(self, http: ClientSession, record: dict[str, Any]) -> bool:
        """Whether the answer came there. It may be too late, or be lost: then the question is asked again."""
        reply: dict[str, object] = {"needinfo_id": record["result"]["needinfo"]["id"]}
        reply |= {"action": "cancel"} if self._dice.random() < _IGNORED else {"values": {"service": SERVICE}}
        try:
            async with http.post(f"{self._url}/v1/commands/{record['id']}/answer", json=reply) as response:
                return response.ok
        except (ClientError, OSError, TimeoutError):
            return False

    async def _post(self, http: ClientSession, key: str, command: dict[str, object]) -> dict[str, Any] | None:
        """The command's record; None to ask again; empty if it was refused for good."""
        headers = {"Idempotency-Key": key}
        async with http.post(f"{self._url}/v1/commands?wait=5", json=command, headers=headers) as response:
            if response.status in _CALL_AGAIN:
                return None
            if HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return {}
            response.raise_for_status()
            record: dict[str, Any] = await response.json()
            return record
