"""The races: what happens."""

from collections.abc import Awaitable, Callable

from schemas.interaction import InteractionState
from schemas.results import Failed
from tests.e2e.race_stage import (
    BOB,
    OUTSIDE,
    SILENT,
    Stage,
    Who,
)

MAIN, CONSULT = Who.MAIN, Who.CONSULT

# --- what can happen


async def customer_leaves_while_the_colleague_rings(on: Stage) -> None:
    await on.asking_bob(answers=False)
    await on.hangs_up(MAIN)
    await on.until(MAIN, "ended")
    await on.do(CONSULT, "release")
    await on.finished(MAIN)


async def customer_leaves_while_held(on: Stage) -> None:
    await on.consulting(OUTSIDE)
    await on.hangs_up(MAIN)
    await on.until(MAIN, "ended")
    await on.do(CONSULT, "release")
    await on.finished(MAIN)


async def customer_is_forgotten_over_the_consultation(on: Stage) -> None:
    await on.consulting(OUTSIDE)
    await on.hangs_up(MAIN)
    await on.until(MAIN, "ended")
    early = await on.attempt(MAIN, "complete")  # one protocol wants all conversations ended first
    await on.do(CONSULT, "release")
    if isinstance(early.result, Failed):
        await on.finished(MAIN)


async def customer_leaves_just_before_the_transfer(on: Stage) -> None:
    await on.consulting(OUTSIDE)
    await on.hangs_up(MAIN)
    await on.refused(MAIN, "complete_transfer")
    await on.until(MAIN, "ended")
    await on.do(CONSULT, "release")
    await on.finished(MAIN)


async def customer_leaves_just_after_the_transfer(on: Stage) -> None:
    await on.asking_bob(answers=True)
    await on.do(MAIN, "complete_transfer")
    await on.hangs_up(Who.BOB)
    await on.finished(MAIN)
    await on.finished(Who.BOB)


async def transferred(on: Stage) -> None:
    await on.asking_bob(answers=True)
    await on.do(CONSULT, "complete_transfer")  # by the consultation's id
    await on.finished(MAIN)
    await on.do(Who.BOB, "release")
    await on.finished(Who.BOB)


async def transferred_at_the_desk(on: Stage) -> None:
    await on.asking_bob(answers=True)
    await on.at_the_desk(MAIN, "complete_transfer")
    await on.finished(MAIN)
    await on.hangs_up(Who.BOB)
    await on.finished(Who.BOB)


async def colleague_rejects(on: Stage) -> None:
    await on.asking_bob(answers=False)
    await on.do(Who.BOB, "reject")
    await on.taken_back()


async def colleague_answers_and_leaves(on: Stage) -> None:
    await on.asking_bob(answers=True)
    await on.do(Who.BOB, "release")
    await on.taken_back()


def colleague_cannot_be_had(number: str) -> "Callable[[Stage], Awaitable[None]]":
    async def race(on: Stage) -> None:
        await on.consulting(number, "dialing")
        await on.taken_back()

    return race


async def consultation_is_cancelled_while_it_rings(on: Stage) -> None:
    await on.asking_bob(answers=False)
    await on.do(CONSULT, "release")
    await on.taken_back()


async def consultation_is_ended_by_the_agent(on: Stage) -> None:
    await on.consulting(OUTSIDE)
    await on.do(CONSULT, "release")
    await on.taken_back()


async def single_step_transfer(on: Stage) -> None:
    await on.talking()
    await on.do(MAIN, "single_step_transfer", destination=BOB)
    await on.finished(MAIN)
    await on.until(Who.BOB, "alerting")
    await on.do(Who.BOB, "accept")
    await on.until(Who.BOB, "connected")
    await on.hangs_up(Who.BOB)
    await on.finished(Who.BOB)


async def single_step_transfer_to_nobody(on: Stage) -> None:
    await on.talking()
    await on.refused(MAIN, "single_step_transfer", destination="nobody")
    assert on.now(MAIN).state is InteractionState.CONNECTED
    await on.do(MAIN, "release")
    await on.finished(MAIN)


async def single_step_transfer_to_somebody_busy(on: Stage) -> None:
    await on.rings("a2")
    await on.do(Who.BOB, "accept")
    await on.talking()
    await on.refused(MAIN, "single_step_transfer", destination=BOB)
    assert on.now(MAIN).state is InteractionState.CONNECTED
    for who in (MAIN, Who.BOB):
        await on.do(who, "release")
        await on.finished(who)


async def single_step_transfer_that_nobody_answers(on: Stage) -> None:
    await on.talking()
    await on.do(MAIN, "single_step_transfer", destination=SILENT)
    await on.finished(MAIN)
    await on.nobody_answers()


async def transfer_before_the_answer(on: Stage) -> None:
    await on.asking_bob(answers=False)
    await on.do(MAIN, "complete_transfer")
    await on.finished(MAIN)
    await on.do(Who.BOB, "accept")
    await on.until(Who.BOB, "connected")
    await on.hangs_up(Who.BOB)
    await on.finished(Who.BOB)


async def transfer_before_the_answer_is_refused(on: Stage) -> None:
    await on.asking_bob(answers=False)
    await on.refused(MAIN, "complete_transfer")
    on.held()
    await on.do(CONSULT, "release")
    await on.taken_back()


async def _conference(on: Stage) -> None:
    await on.asking_bob(answers=True)
    await on.do(MAIN, "complete_conference")
    await on.until(CONSULT, "completed")
    await on.until(MAIN, "retrieved")


async def conference_that_the_colleague_leaves_first(on: Stage) -> None:
    await _conference(on)
    await on.do(Who.BOB, "release")
    await on.finished(Who.BOB)
    assert on.now(MAIN).state is InteractionState.CONNECTED
    await on.hangs_up(MAIN)
    await on.finished(MAIN)


async def conference_that_the_customer_leaves_first(on: Stage) -> None:
    await _conference(on)
    await on.hangs_up(MAIN)
    await on.do(MAIN, "release")
    await on.finished(MAIN)
    await on.finished(Who.BOB)


async def conference_that_the_agent_leaves_first(on: Stage) -> None:
    await _conference(on)
    await on.do(MAIN, "release")
    await on.finished(MAIN)
    await on.hangs_up(Who.BOB)
    await on.finished(Who.BOB)


async def missed(on: Stage) -> None:
    await on.rings()
    await on.nobody_answers()


async def dialled_and_not_answered(on: Stage) -> None:
    await on.dial(SILENT)
    await on.nobody_answers()


async def colleague_does_not_answer(on: Stage) -> None:
    await on.consulting(SILENT, "dialing")
    await on.nobody_answers()
    await on.taken_back()


async def rejected(on: Stage) -> None:
    await on.rings()
    await on.do(MAIN, "reject")


async def rejected_at_the_desk(on: Stage) -> None:
    await on.rings()
    await on.at_the_desk(MAIN, "reject")


async def released_at_the_desk(on: Stage) -> None:
    await on.talking()
    await on.at_the_desk(MAIN, "release")
    await on.finished(MAIN)


async def abandoned(on: Stage) -> None:
    await on.rings()
    await on.hangs_up(MAIN)


async def customer_hangs_up(on: Stage) -> None:
    await on.talking()
    await on.hangs_up(MAIN)
    await on.finished(MAIN)


async def agent_hangs_up(on: Stage) -> None:
    await on.talking()
    await on.do(MAIN, "release")
    await on.finished(MAIN)


def dialled_in_vain(number: str) -> "Callable[[Stage], Awaitable[None]]":
    async def race(on: Stage) -> None:
        await on.dial(number)

    return race


async def dial_is_given_up(on: Stage) -> None:
    await on.dial(SILENT)
    await on.do(MAIN, "release")
