"""What peers do wrong is counted each time, and logged a few times."""

import io
import logging

import msgspec
from gateway.telemetry.config import LogConfig
from structlog.testing import capture_logs

from gateway.telemetry import logs
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.peers import LINES, WINDOW_S, PeerFault, Peers
from schemas.ids import PlatformId
from tests.fakes import FakeClock


async def test_a_thousand_of_a_kind_are_a_few_lines_and_one_that_says_how_many_were_left_out() -> None:
    clock, metrics = FakeClock(), Metrics([PlatformId("p")])
    peers = Peers(metrics, clock)
    with capture_logs() as lines:
        for n in range(1000 + LINES):
            peers.fault(PeerFault.MALFORMED, "malformed frame", "p", what=f"frame {n}")
        assert [line["what"] for line in lines] == [f"frame {n}" for n in range(LINES)]
        await clock.advance(WINDOW_S)
        assert lines[LINES:] == [
            {
                "event": "malformed frame",
                "log_level": "warning",
                "platform": "p",
                "left_out": "and 1,000 more in the last 60 s",
            }
        ]
        peers.fault(PeerFault.MALFORMED, "malformed frame", "p", what="another")
        assert lines[-1]["what"] == "another"
        await clock.advance(WINDOW_S)
        assert len(lines) == LINES + 2  # nothing was left out
    assert f'trunkline_peer_faults_total{{fault="malformed"}} {1001 + LINES}.0' in metrics.render().decode()


async def test_one_platform_s_lines_do_not_keep_another_s_out_and_texts_are_cut() -> None:
    peers = Peers(Metrics(), FakeClock())
    with capture_logs() as lines:
        for platform in ("p", "q"):
            for _ in range(LINES * 2):
                peers.fault(PeerFault.MALFORMED, "malformed frame", platform, what="x" * 10_000)
    assert [line["platform"] for line in lines] == ["p"] * LINES + ["q"] * LINES
    assert {len(line["what"]) for line in lines} == {200}


async def test_what_was_left_out_is_told_even_if_the_timer_is_late() -> None:
    clock = FakeClock()
    peers = Peers(Metrics(), clock)
    with capture_logs() as lines:
        for _ in range(LINES + 1):
            peers.fault(PeerFault.SILENT, "silent")
        clock._elapsed_s += WINDOW_S  # noqa: SLF001  # time passes, and no timer has rung yet
        peers.fault(PeerFault.SILENT, "silent")
    assert [line.get("left_out") for line in lines[LINES:]] == ["and 1 more in the last 60 s", None]


def test_a_library_s_lines_are_bounded_too() -> None:
    out = io.StringIO()
    logs.configure(LogConfig(), out)
    try:
        library = logging.getLogger("aiohttp.websocket")
        for n in range(1000):
            library.warning("%s: protocols do not overlap", f"203.0.113.{n}")
            logging.getLogger("other").warning("once in a while") if n % 500 == 0 else None
    finally:
        logs.configure(LogConfig())
    lines = [msgspec.json.decode(line) for line in out.getvalue().splitlines()]
    assert len([line for line in lines if line["logger"] == "aiohttp.websocket"]) == LINES
    assert len([line for line in lines if line["logger"] == "other"]) == 2
