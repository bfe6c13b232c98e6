"""For all tests: property tests draw from a seed that is told, so that a failure can be had again."""

import secrets

import pytest
from hypothesis import settings

settings.register_profile("trunkline", deadline=None, print_blob=True)  # the machine may be busy
settings.load_profile("trunkline")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed, unless `--hypothesis-seed` did."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    """Say which seed it is."""
    return f"hypothesis: repeat with --hypothesis-seed={config.option.hypothesis_seed}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it again beside the failures, where somebody looks."""
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(pytest_report_header(config))
