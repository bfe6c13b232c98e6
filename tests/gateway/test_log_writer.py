"""A log that cannot be written is the log's trouble alone."""

import asyncio
import io
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from gateway.telemetry.config import LogConfig

from gateway.telemetry import log_writer, logs
from gateway.telemetry.log_writer import LogWriter
from gateway.telemetry.metrics import Metrics
from tests.e2e.processes import configure
from tests.fakes import until
from tests.patience import PATIENCE_S


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    logs._WRITERS.clear()  # noqa: SLF001  # what a test configured


def test_a_stream_that_takes_nothing_holds_up_nobody_and_what_is_left_out_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_writer, "BOUND_BYTES", 100_000)
    reader, writer = os.pipe()
    stream = os.fdopen(writer, "w")
    logs.configure(LogConfig(), stream)
    log, count = structlog.get_logger(), 5_000  # of some hundred bytes; the pipe takes 64 KiB itself
    for number in range(count):
        log.info("line", number=number)
    missing = logs.dropped()
    assert 0 < missing < count
    assert f"trunkline_log_lines_dropped_total {float(missing)}" in Metrics().render().decode()

    came: list[bytes] = []

    def read() -> None:
        with os.fdopen(reader, "rb") as pipe:
            came.extend(pipe)

    reading = threading.Thread(target=read)
    reading.start()
    logs.drain(30.0)
    log.info("last")
    logs.drain(30.0)
    logs._WRITERS[0].close()  # noqa: SLF001  # else the pipe has no end
    stream.close()
    reading.join(30.0)
    told = [json.loads(one) for one in came]
    assert told[-1]["event"] == "last"
    assert sum(one["count"] for one in told if "left out" in one["event"]) == missing
    assert len([one for one in told if one["event"] == "line"]) == count - missing


class Broken(io.StringIO):
    """A stream that fails."""

    def write(self, _text: str) -> int:
        """No."""
        raise OSError("no room")


@pytest.mark.parametrize("closed", [False, True])
def test_a_stream_that_fails_or_is_closed_is_nobodys_error(closed: bool) -> None:  # noqa: FBT001
    stream = Broken()
    logs.configure(LogConfig(format="console"), stream)
    if closed:
        stream.close()
    structlog.get_logger().warning("a")
    logging.getLogger("some.library").warning("b")
    logs.drain(30.0)
    assert logs.dropped() == 2


def test_no_stream_at_all_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    logs.configure(LogConfig())
    structlog.get_logger().warning("a")
    assert logs.dropped() == 1


def test_what_cannot_be_encoded_is_written_all_the_same() -> None:
    out = io.StringIO()
    logs.configure(LogConfig(), out)
    structlog.get_logger().warning("half a letter", name="\ud83d")
    logs.drain(30.0)
    assert "\\ud83d" in out.getvalue()


def test_a_writer_that_is_closed_writes_what_it_took() -> None:
    out = io.StringIO()
    writer = LogWriter(out)
    for _ in range(100):
        writer.write("line\n")
    writer.close()
    assert writer.drain(30.0)
    writer.write("late\n")
    assert (out.getvalue().count("line"), writer.dropped) == (100, 1)


@pytest.mark.whole
async def test_a_gateway_whose_log_nobody_reads_goes_on_and_can_be_stopped(tmp_path: Path) -> None:
    config = configure(tmp_path)
    reader, writer = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "serve", "--config", config),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=writer,
    )
    os.close(writer)
    os.read(reader, 1)  # it has begun to log
    os.close(reader)  # and nobody reads on
    await until((tmp_path / "trunkline.db").exists)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE_S):
        assert await process.wait() == 0
