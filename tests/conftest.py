"""For all tests: property tests draw from a seed that is told, so that a failure can be had again.

No test goes by the machine's time. It waits for an event, a frame, a line, or by `tests.fakes.until` for a
state; what has to happen in time happens on a `FakeClock`. `tests/patience.py` only ends what is broken. A
deadline of the product's own that runs on the real clock is set so long that no test can meet it. The rule
`a_wait_ends_by_an_event` in test_architecture.py finds sleeps and fixed seconds; a reason on the line allows
them.
"""

import os
import secrets
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from gateway.api import history
from gateway.events import restart
from gateway.telemetry.redaction import redact
from tests.nats_server import NatsServer
from tests.patience import PATIENCE_S
from tests.planted import Search

settings.register_profile("trunkline", deadline=None, print_blob=True)  # the machine may be busy
settings.load_profile("trunkline")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed, unless `--hypothesis-seed` did; the machine's proxies are nobody's business here."""
    for name in [name for name in os.environ if name.lower() in {"http_proxy", "https_proxy", "no_proxy"}]:
        del os.environ[name]
    config.pluginmanager.register(Search(), "planted")
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))


@pytest.fixture(autouse=True)
def _slow_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk has its second on the real clock, which one that others keep busy does not always heed.

    A test of a disk that does not work at all sets these again.
    """
    monkeypatch.setattr(history, "LONGEST_WAIT_S", PATIENCE_S)
    monkeypatch.setattr(restart, "_SHOWN_WITHIN_S", PATIENCE_S)


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    """As the gateway logs, but for its writer: redacted, and no locals in tracebacks."""
    first = (structlog.processors.add_log_level, structlog.processors.format_exc_info)
    structlog.configure(processors=[*first, redact, structlog.dev.ConsoleRenderer(colors=False)])


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """One for all tests; each has a prefix of its own."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


def pytest_report_header(config: pytest.Config) -> str:
    """Say which seed it is."""
    return f"hypothesis: repeat with --hypothesis-seed={config.option.hypothesis_seed}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it again beside the failures, where somebody looks."""
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(pytest_report_header(config))
