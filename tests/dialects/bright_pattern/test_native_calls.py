"""A page may call its own API on a platform of its own dialect, without the scope for any call."""

from typing import Any, Final

import msgspec
import pytest

from gateway.security.access import Scope
from tests.e2e.world import platform, world
from tests.patience import PATIENCE_S

WITHOUT: Final = [Scope.EVENTS_READ, Scope.COMMANDS_WRITE]


@pytest.mark.parametrize(
    ("scopes", "method", "error"),
    [
        (WITHOUT, "getServicesList", None),
        (WITHOUT, "getDIDNumber", None),
        (WITHOUT, "getConfig", "api_method_not_implemented"),  # the simulated platform has none to give
    ],
)
async def test_the_pages_own_api_needs_commands_write_alone(
    scopes: list[Scope], method: str, error: str | None
) -> None:
    async with world([platform("bright_pattern")], keyed=True) as played:
        _, key = await played.gateway.keys.create("crm", scopes)
        socket = await played.connect("/v1/facades/sim/bright_pattern")
        hello = {"jsonrpc": "2.0", "id": "hello", "method": "trunkline.hello"}
        frames: list[dict[str, Any]] = [
            {**hello, "params": [{"token": key, "agent": "a1"}]},
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": []},
        ]
        for frame in frames:
            await socket.send_str(msgspec.json.encode(frame).decode())
        while (answer := await socket.receive_json(timeout=PATIENCE_S)).get("id") != 1:
            pass
        failed = answer["result"].get("error")
        assert (failed and failed["name"]) == error
