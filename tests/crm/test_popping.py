"""While it rings: the record is found by the spelling that the CRM has, and shown to the agent."""

from collections.abc import Sequence

import pytest
from pydantic import SecretStr

from adapters.registry import CONNECTORS
from gateway.crm.config import CrmConfig, Opened
from gateway.crm.figures import CrmFigures
from gateway.crm.popping import Popper
from gateway.runtime.tasks import Tasks
from gateway.telemetry.metrics import Metrics
from schemas.interaction import Interaction
from schemas.numbers import Number, NumberKind
from tests.crm.calls import leg
from tests.crm.fake_crm import TABLE, FakeCrm, Habit
from tests.fakes import FakeClock


async def ring(crm: FakeCrm, clock: FakeClock, *rings: Interaction, wait_s: float = 10.0) -> Metrics:
    """Let it ring, and so much time pass."""
    config = CrmConfig(connector="rest", url=SecretStr("https://crm"), users={"ana": "42"}, find_s=5)
    (rest,) = [one.open(TABLE) for one in CONNECTORS if one.name == "rest"]
    assert rest is not None
    metrics, tasks = Metrics(), Tasks()
    figures = CrmFigures(metrics, ["crm"])
    popper = Popper(Opened("crm", config, rest, None), rest, crm, clock, tasks, figures)
    for one in rings:
        popper.rings(one)
    await clock.advance(wait_s)
    await tasks.finish(0.0)
    return metrics


@pytest.mark.parametrize(
    "spelling", ["+12015550123", "(201) 555-0123", "2015550123", "12015550123", "+1 201-555-0123"]
)
async def test_the_record_is_found_by_the_spelling_that_the_crm_has(spelling: str) -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    crm.contacts = {spelling: ["c7"]}
    await ring(crm, clock, leg("i1"))
    assert crm.popped == [{"user": "42", "record": "c7"}]


@pytest.mark.parametrize(("found", "agent"), [([], "ana"), (["c7", "c8"], "ana"), (["c7"], "nobody")])
async def test_what_is_not_certain_is_left_to_the_page(found: Sequence[str], agent: str) -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    crm.contacts = {"+12015550123": list(found)}
    await ring(crm, clock, leg("i1", agent=agent))
    assert crm.popped == []


async def test_a_late_answer_is_no_answer_and_is_asked_for_once() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    crm.next = [Habit.LATE]
    metrics = await ring(crm, clock, leg("i1"), wait_s=60)
    assert crm.asked == ["GET /contacts"]
    assert b'trunkline_crm_activities_total{crm="crm",outcome="late"} 1.0' in metrics.render()


async def test_an_emergency_number_is_never_looked_up() -> None:
    clock = FakeClock()
    crm = FakeCrm(clock)
    one = leg("i1", remote_address="911", remote_number=Number(kind=NumberKind.EMERGENCY))
    await ring(crm, clock, one)
    assert crm.asked == []
