"""Every address, by every kind of credential: each answers as its row says, and a new one needs a row."""

import msgspec

from gateway.http.operations import Operation
from gateway.security.access import Scope
from tests.security.table import OPEN, ROWS
from tests.security.tenants import GRANTS, OUTSIDE, Tenants, Who, bearer, tenants

OF_TOKENS = frozenset({Scope.EVENTS_READ, Scope.COMMANDS_WRITE})
BY_FRAME = frozenset({"stream", "link", "facade"})
POLLED = frozenset({"channel_session_sessions", "channel_session_requests", "channel_session_messages"})


async def test_every_address_has_a_row_and_no_row_is_left_over() -> None:
    async with tenants() as made:
        served = {one.id for one in made.standing.gateway.contract.operations}
    assert served == {*ROWS, *OPEN, *BY_FRAME, *POLLED}


async def test_every_address_answers_every_credential_as_its_row_says() -> None:
    async with tenants() as made:
        wrong: list[str] = []
        for operation in made.standing.gateway.contract.operations:
            if operation.id in ROWS:
                for who in Who:
                    wrong += await _mistakes(made, operation, who)
        assert not wrong, "\n".join(["", *wrong])


async def _mistakes(made: Tenants, operation: Operation, who: Who) -> list[str]:
    row = ROWS[operation.id]
    path, body = await row.ask(made)
    expected = row.expected(who, of_token=operation.scope in OF_TOKENS)
    credential = made.keys.get(who, "")
    if who is Who.NO_SCOPE:
        credential = await made.key(GRANTS[Who.TENANT], *(one for one in Scope if one is not operation.scope))
    async with made.standing.http.request(
        operation.method,
        made.standing.url + path,
        data=None if body is None else msgspec.json.encode(body),
        headers=bearer(credential),
    ) as response:
        told = b"" if operation.id == "stream_events" else await response.read()
        status = response.status
    where = f"{operation.id} by {who}"
    if status != expected:
        return [f"{where}: {status}, not {expected}: {told[:200]!r}"]
    if who in OUTSIDE | {Who.OTHER_TOKEN} and status < 300:
        return [f"{where}: tells the {thing}" for thing in made.told(told)]
    return []


async def test_what_is_open_is_the_same_for_everybody_and_tells_nothing_of_anybody() -> None:
    async with tenants() as made:
        methods = {one.id: one.method for one in made.standing.gateway.contract.operations}
        wrong: list[str] = []
        for name, (path, expected) in OPEN.items():
            for who in Who:
                status, told = await made.ask(made.keys.get(who, ""), methods[name], path)
                anonymous = expected == 403 and status == 401 and not made.keys.get(who)
                if not (status == expected or anonymous) or made.told(told):
                    wrong.append(f"{name} by {who}: {status}, not {expected}: {told[:200]!r}")
        assert not wrong, "\n".join(["", *wrong])
