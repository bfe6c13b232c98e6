"""The live document against the live gateway, by somebody who knows nothing but the document (schemathesis).

Every operation, with what the document allows and with what it does not: no 5xx, no answer that is not
documented, 405 with `Allow` for the methods that there are not, nothing without a key that needs one.
"""

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Final

import pytest

from gateway.security.access import Scope
from tests.gateway.handmade import Bench, bench
from tests.patience import PATIENCE_S

CHECKS: Final = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance", "negative_data_rejection"),
    *("unsupported_method", "allow_header_conformance", "missing_required_header"),
)
# What is wrong may be too long as well: 413 and 431 are refusals, too.
REFUSALS: Final = """\
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, 431]
"""
ENDLESS: Final = ("/v1/events/stream",)
LONGEST_S: Final = 20 * PATIENCE_S  # some thousand requests


async def explore(one: Bench, where: Path, *more: str, checks: tuple[str, ...] = CHECKS) -> None:
    """Fails with what schemathesis says, unless it is content."""
    seed = str(random.randrange(2**32))  # noqa: S311  # printed, for whoever repeats it
    (where / "schemathesis.toml").write_text(REFUSALS, encoding="utf-8")
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{one.url}/openapi.json", "--seed", seed),
        *("--phases", "coverage,fuzzing", "--max-examples", "2", "--continue-on-failure", "--no-shrink"),
        *("--checks", ",".join(checks), "--warnings", "off", "--request-timeout", "20"),
        *(argument for path in ENDLESS for argument in ("--exclude-path", path)),
        *("--output-truncate", "true"),
        *more,
        cwd=where,
        stdout=PIPE,
        stderr=STDOUT,
    )
    async with asyncio.timeout(LONGEST_S):
        said, _ = await run.communicate()
    sys.stdout.write(f"schemathesis --seed {seed}\n")
    assert run.returncode == 0, said.decode(errors="replace")


@pytest.mark.whole
async def test_the_open_gateway_is_as_its_document_says(tmp_path: Path) -> None:
    async with bench() as one:
        await one.page()
        await explore(one, tmp_path, "--phases", "coverage")


@pytest.mark.whole
async def test_the_gateway_with_keys_is_as_its_document_says(tmp_path: Path) -> None:
    async with bench() as one:
        await one.page()
        _, key = await one.gateway.keys.create("all", list(Scope))
        checks = (*CHECKS, "ignored_auth")
        await explore(one, tmp_path, "-H", f"Authorization: Bearer {key}", checks=checks)
