"""What ends a task of webhooks: an error of ours with where it was, trouble of the store in one line."""

import pytest
from structlog.testing import capture_logs

from gateway.outbound.post import Unexpected
from schemas.errors import FencedError, StoreError

NESTED = ExceptionGroup(
    "unhandled errors in a TaskGroup", [StoreError("away"), FencedError("another has it")]
)
MIXED = ExceptionGroup("unhandled errors in a TaskGroup", [StoreError("away"), KeyError("k")])


@pytest.mark.parametrize(
    ("error", "level"),
    [(StoreError("away"), "warning"), (NESTED, "warning"), (KeyError("k"), "error"), (MIXED, "error")],
)
def test_what_goes_wrong_with_the_store_is_no_error_of_ours(error: Exception, level: str) -> None:
    with Unexpected() as unexpected:
        raise error
    with capture_logs() as lines:
        unexpected.tell("deliveries begin anew")
    (line,) = lines
    assert (line["log_level"], "exc_info" in line) == (level, level == "error")
