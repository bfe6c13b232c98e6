"""What a vendor's modules read of its data files: meanings of words, methods passed on, the demonstration."""

from pathlib import Path

import msgspec
import pytest

from adapters.contract.capabilities import Support
from adapters.contract.demo_script import Await, Do, Offer
from adapters.kit import coverage, demo
from schemas.interaction import InteractionState, RecordingState
from schemas.results import ErrorCode

COVERAGE = """
[notes]
chain = "records are not in the model"

[enums.state]
"TALKING, ACCEPTED".south = "state connected"
"TALKING, ACCEPTED".north = "Interaction.state"
UNKNOWN = "state as before"
SAVED = "Interaction.extras"
LEADING = { approximate = "state held", note = "nearly is not exactly" }

[enums.recording]
PAUSED = "recording paused"

[passed.records]
"get, put" = "{chain}"
drop = "nobody drops"

[commands]
"chat.send" = { south = { unsupported = "no text passes" }, north = "send" }
"""
DEMO = """
title = "A call"
agents = ["kim"]
platform = {}
steps = [
    { step = "offer", label = "call", agent = "kim", ani = "+15550143" },
    { step = "await", label = "call", state = "alerting" },
    { step = "do", verb = "interaction.hold", agent = "kim", on = "call", refused = "completion_blocked" },
]
[switch]
answer_after_s = 0.2
"""


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    package = tmp_path / f"a_vendor_of_{tmp_path.name}"  # what was read of one is kept
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "coverage.toml").write_text(COVERAGE)
    (package / "demo.toml").write_text(DEMO)
    monkeypatch.syspath_prepend(tmp_path)
    return package.name


def test_a_word_means_what_the_file_says_exactly_and_nothing_else_is_guessed(vendor: str) -> None:
    connected = InteractionState.CONNECTED
    meant = coverage.meanings(vendor, "state", "state", InteractionState)
    assert meant == {"TALKING": connected, "ACCEPTED": connected}
    assert coverage.meanings(vendor, "recording", "recording", RecordingState) == {
        "PAUSED": RecordingState.PAUSED
    }


def test_each_method_that_is_only_passed_on_has_its_reason(vendor: str) -> None:
    chain = "records are not in the model"
    assert coverage.passed(vendor, "records") == {"get": chain, "put": chain, "drop": "nobody drops"}


def test_commands_that_are_no_row_are_said_by_role(vendor: str) -> None:
    read = coverage.load(vendor, {})
    assert read["south"].commands["chat.send"].support is Support.UNSUPPORTED
    assert read["south"].commands["chat.send"].note == "no text passes"
    assert read["north"].commands["chat.send"].vendor == "send"


def test_a_demonstration_is_read_as_it_would_be_written(vendor: str) -> None:
    script = demo.load(vendor)
    assert script.steps == (
        Offer(label="call", agent="kim", ani="+15550143"),
        Await(label="call", state=InteractionState.ALERTING),
        Do(
            verb="interaction.hold",
            agent="kim",
            on="call",
            refused=ErrorCode.COMPLETION_BLOCKED,
        ),
    )
    assert (script.agents, script.switch) == (("kim",), {"answer_after_s": 0.2})


def test_a_step_that_nobody_knows_is_refused(vendor: str, tmp_path: Path) -> None:
    (tmp_path / vendor / "demo.toml").write_text(DEMO.replace('"offer"', '"dance"'))
    with pytest.raises(msgspec.ValidationError, match="dance"):
        demo.load(vendor)
