"""A tenth of `make fuzz`."""

import secrets
import sys
from pathlib import Path

import pytest

from tests.fuzz.__main__ import TIMES
from tests.fuzz.assault import assault


@pytest.mark.whole
async def test_whatever_is_sent_the_gateway_goes_on(tmp_path: Path) -> None:
    seed = secrets.randbelow(2**32)
    sys.stdout.write(f"python -m tests.fuzz --seed {seed} --times {TIMES // 10}\n")
    found = await assault(tmp_path, seed, TIMES // 10)
    assert not found.wrong, (found.said(), found.wrong[:10])
    assert found.sent == TIMES // 10
    assert found.served
