"""A CRM of plain HTTP and JSON: activities with a field for our key, contacts by number, and every bad habit.

It finds by exact text, as CRMs do, and its index may be some seconds late.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from random import Random
from typing import Final
from urllib.parse import parse_qs, urlsplit

from adapters.contract.crm import Answer, Request
from schemas.values import Json
from tests.fakes import FakeClock

TIMEOUT_S: Final = 10.0
INDEX_S: Final = 5.0  # what is created is found so much later
LATE_S: Final = 10.0  # what was given up may come about so much later

TABLE: Final[Mapping[str, Json]] = {
    "find": [{"path": "/contacts?phone={number}", "items": "data", "name": "name", "type": "Contact"}],
    "log": {
        "find": {"path": "/calls?key={key}", "items": "data"},
        "create": {
            "path": "/calls",
            "id": "data.id",
            "body": {
                "data": {"key": "{key}", "text": "{legs}", "seconds": "{talk_s}", "contact": "{record_id}"}
            },
        },
        "update": {"path": "/calls/{id}", "body": {"data": {"text": "{legs}", "note": "{notes}"}}},
    },
    "presence": {"method": "PUT", "path": "/presence/{user}", "body": {"state": "{state}"}},
    "states": {"ready": "online", "not_ready": "away", "logged_out": "offline"},
    "pop": {"method": "POST", "path": "/pop", "body": {"user": "{user}", "record": "{record_id}"}},
}


class Habit(StrEnum):
    """What it does with a request."""

    WELL = "well"
    LATE = "late"  # done, and answered when nobody waits
    LATER = "later"  # given up by us, and done after that
    DIES = "dies"  # before it does anything
    DIES_AFTER = "dies_after"  # it did it
    FAILS = "fails"  # 500, and nothing done
    FAILS_AFTER = "fails_after"
    NONSENSE = "nonsense"  # done, and a page of HTML for an answer
    EMPTY = "empty"  # done, and JSON without what was asked
    LIMITED = "limited"
    SHUT = "shut"


AT_ONCE: Final = {Habit.FAILS: 500, Habit.LIMITED: 429, Habit.SHUT: 401}
DONE: Final = {
    Habit.FAILS_AFTER: Answer(502, b"<html>"),
    Habit.NONSENSE: Answer(200, b"<html>it works</html>"),
    Habit.EMPTY: Answer(200, b"{}"),
}


class FakeCrm:
    """The CRM, as a Sender: what reaches it, and what comes back."""

    def __init__(self, clock: FakeClock, dice: Random | None = None, bad: float = 0.0) -> None:
        """`bad`: how many of the requests, of all, it treats badly."""
        self._clock = clock
        self._dice = dice or Random(0)  # noqa: S311  # guards nothing
        self.bad = bad
        self.calls: dict[str, dict[str, Json]] = {}
        self.contacts: dict[str, list[str]] = {}  # by number
        self.popped: list[Json] = []
        self.presence: dict[str, str] = {}
        self.asked: list[str] = []
        self.next: list[Habit] = []  # for the next requests, before the dice
        self.indexed_s: dict[str, float] = {}

    def of(self, key: str) -> list[dict[str, Json]]:
        """All activities with a key."""
        return [one for one in self.calls.values() if one["key"] == key]

    async def close(self) -> None:
        """Nothing to do."""

    async def send(self, request: Request) -> tuple[Answer, float | None]:
        """One request, by whatever habit it has today."""
        self.asked.append(f"{request.method} {urlsplit(request.path).path}")
        habit = self._habit()
        if habit in AT_ONCE:
            return Answer(AT_ONCE[habit], b"oops"), 7.0
        if habit is Habit.DIES:
            raise ConnectionResetError
        if habit is Habit.LATER:
            later_s = TIMEOUT_S + self._dice.uniform(0.0, LATE_S)
            self._clock.call_later(later_s, partial(self._forget, request))
            await self._clock.sleep(TIMEOUT_S)
            raise TimeoutError
        answer = self._done(request)
        if habit is Habit.LATE:
            await self._clock.sleep(TIMEOUT_S)
            raise TimeoutError
        if habit is Habit.DIES_AFTER:
            raise ConnectionResetError
        if habit in DONE:
            return DONE[habit], None
        await self._clock.sleep(self._dice.uniform(0.01, 2.0))
        return answer, None

    def _habit(self) -> Habit:
        if self.next:
            return self.next.pop(0)
        if self._dice.random() >= self.bad:
            return Habit.WELL
        return self._dice.choice(list(Habit))

    def _forget(self, request: Request) -> None:
        """Do it; nobody waits for the answer."""
        self._done(request)

    def _done(self, request: Request) -> Answer:  # noqa: PLR0911  # one for each operation
        address = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        data = json.loads(request.body)["data"] if request.body and address.path.startswith("/calls") else {}
        match request.method, address.path.split("/")[1:]:
            case "GET", ["contacts"]:
                found = self.contacts.get(asked.get("phone", ""), [])
                return _answer([{"id": one, "name": f"Contact {one}"} for one in found])
            case "GET", ["calls"]:
                now_s = self._clock.monotonic()
                same = [
                    {"id": ident}
                    for ident, one in self.calls.items()
                    if one["key"] == asked["key"] and self.indexed_s[ident] <= now_s
                ]
                return _answer(same)
            case "POST", ["calls"]:
                ident = f"{len(self.calls) + 1}"
                self.calls[ident] = data
                self.indexed_s[ident] = self._clock.monotonic() + self._dice.uniform(0.0, INDEX_S)
                return _answer({"id": ident}, 201)
            case "PATCH", ["calls", ident] if ident in self.calls:
                self.calls[ident].update(data)
                return _answer({"id": ident})
            case "PUT", ["presence", user]:
                self.presence[user] = json.loads(request.body)["state"]
                return _answer({})
            case "POST", ["pop"]:
                self.popped.append(json.loads(request.body))
                return _answer({})
            case _:
                return Answer(404, b"{}")


def _answer(data: Json, status: int = 200) -> Answer:
    return Answer(status, json.dumps({"data": data}).encode())
