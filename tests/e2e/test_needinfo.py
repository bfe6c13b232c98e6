"""Questions that are answered, by a person or a policy, and lead to one final result."""

import pytest

from schemas import events as ev
from schemas.agent import AgentState
from schemas.needinfo import (
    NeedInfoKind,
    Resolution,
)
from schemas.results import (
    CommandStatus,
    Effect,
    ErrorCode,
    Succeeded,
)
from schemas.values import Json
from tests.e2e.needinfo_stage import (
    ASKS,
    BRIGHT,
    CHANNEL,
    INTERNAL,
    ROUND,
    THREE,
    answer,
    asked,
    complete,
    dial,
    failure,
    finished,
    open_questions,
    resolutions,
    sign_in,
    stage,
    story,
    switch_journal,
    tags,
    try_answer,
    wrap_up,
)
from tests.fakes import until


@pytest.mark.parametrize("dialect", THREE)
async def test_a_question_that_is_answered_lets_the_same_command_through(dialect: str) -> None:
    async with stage(dialect) as w:
        record = await dial(w)
        question = asked(record)
        kind, key = ASKS[dialect]
        (field,) = question.fields
        assert (question.kind, question.agent_id, question.round) == (kind, "a1", 1)
        assert (field.key, {choice.label for choice in field.choices} >= {"Sales", "Support"}) == (key, True)
        assert await open_questions(w) == [question]
        chosen = next(choice.id for choice in field.choices if choice.label == "Support")
        done = await answer(w, record, **{key: chosen})
        assert isinstance(done.result, Succeeded)
        assert (done.id, done.attempts, done.status) == (record.id, 2, CommandStatus.FINISHED)
        assert await open_questions(w) == []
        told = await story(w, done)
        assert tags(told) == [*ROUND, "command.finished"]
        assert resolutions(told) == [Resolution.SUBMITTED]
        stream = await w.stream(after=0)
        await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
        assert len(w.interactions()) == 1


@pytest.mark.parametrize("dialect", THREE)
async def test_answers_given_up_front_skip_the_question(dialect: str) -> None:
    async with stage(dialect) as w:
        probe = await dial(w)
        _, key = ASKS[dialect]
        chosen = asked(probe).fields[0].choices[0].id
        await w.answer(probe, needinfo_id=asked(probe).id, action="cancel")
        done = await dial(w, answers={key: chosen})
        assert isinstance(done.result, Succeeded)
        assert done.attempts == 1
        assert tags(await story(w, done)) == ["command.finished"]


@pytest.mark.parametrize("dialect", THREE)
async def test_a_disposition_that_is_required_is_asked_for_and_set(dialect: str) -> None:
    async with stage(dialect) as w:
        interaction = await wrap_up(w, "must")
        record = await complete(w, interaction)
        question = asked(record)
        assert (question.kind, question.interaction_id) == (NeedInfoKind.DISPOSITION, interaction)
        assert not question.skippable
        fields = {field.key: field for field in question.fields}
        assert [(one.id, one.label) for one in fields["disposition"].choices] == [
            ("1", "Sold"),
            ("2", "Lost"),
        ]
        assert not fields["notes"].required
        refused = await try_answer(w, record, action="skip")
        assert (refused.status, "cannot be skipped" in str(refused.json()["detail"])) == (400, True)
        done = await answer(w, record, disposition="2", notes="rang off")
        assert isinstance(done.result, Succeeded)
        stream = await w.stream(after=0)
        await stream.until(lambda event: isinstance(event, ev.InteractionCompleted))
        there = [e.interaction for e in await switch_journal(w) if isinstance(e, ev.InteractionCompleted)]
        assert [(one.disposition and one.disposition.id, one.notes) for one in there] == [("2", "rang off")]


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_disposition_that_may_be_left_out_can_be_skipped(dialect: str) -> None:
    async with stage(dialect) as w:
        interaction = await wrap_up(w, "may")
        record = await complete(w, interaction)
        assert asked(record).skippable
        done = await w.answer(record, needinfo_id=asked(record).id, action="skip")
        assert isinstance(done.result, Succeeded)
        told = await story(w, done)
        assert tags(told) == [*ROUND, "command.finished"]
        assert resolutions(told) == [Resolution.SKIPPED]
        await until(lambda: w.interactions() == [])


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_after_call_work_asks_for_the_next_state_which_ends_it(dialect: str) -> None:
    async with stage(dialect) as w:
        interaction = await wrap_up(w, "after")
        record = await complete(w, interaction)
        question = asked(record)
        assert question.kind is NeedInfoKind.AGENT_STATE
        assert {"ready", "not_ready"} <= {choice.id for choice in question.fields[0].choices}
        done = await answer(w, record, agent_state="not_ready")
        assert isinstance(done.result, Succeeded)
        await until(lambda: w.interactions() == [])
        await until(lambda: w.agent().state is AgentState.NOT_READY)


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_question_whose_interaction_is_completed_otherwise_is_closed(dialect: str) -> None:
    async with stage(dialect) as w:
        stream = await w.stream()
        record = await complete(w, await wrap_up(w, "after"))
        assert asked(record).kind is NeedInfoKind.AGENT_STATE
        await w.command(type="agent.set_state", session_id=w.agent().id, state="ready")
        await until(lambda: w.interactions() == [])
        done = await finished(w, record, stream)
        assert isinstance(done.result, Succeeded)
        assert "before the question was answered" in done.result.warnings[0]
        told = await story(w, done)
        assert tags(told) == [*ROUND, "command.finished"]
        assert resolutions(told) == [Resolution.OVERTAKEN]


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_one_command_may_ask_twice_and_ends_once(dialect: str) -> None:
    async with stage(dialect) as w:
        interaction = await wrap_up(w, "both")
        first = await complete(w, interaction)
        assert asked(first).kind is NeedInfoKind.DISPOSITION
        second = await answer(w, first, disposition="1")
        question = asked(second)
        assert (question.kind, question.round, second.id) == (NeedInfoKind.AGENT_STATE, 2, first.id)
        assert question.id != asked(first).id
        done = await answer(w, second, agent_state="ready")
        assert isinstance(done.result, Succeeded)
        assert done.attempts == 3
        assert tags(await story(w, done)) == [*ROUND, *ROUND, "command.finished"]
        await until(lambda: w.interactions() == [])


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_reason_for_signing_out_is_asked_for(dialect: str) -> None:
    reasons: list[Json] = ["home", "sick"]
    async with stage(dialect, require_logout_reason=True, logout_reasons=reasons) as w:
        record = await w.command(type="agent.logout", session_id=w.session())
        question = asked(record)
        assert question.kind is NeedInfoKind.LOGOUT_REASON
        assert [choice.id for choice in question.fields[0].choices] == reasons
        done = await answer(w, record, reason="home")
        assert isinstance(done.result, Succeeded)
        await until(lambda: w.agent().state is AgentState.LOGGED_OUT)


@pytest.mark.parametrize("dialect", THREE)
@pytest.mark.parametrize("agreed", [True, False])
async def test_a_session_that_is_there_already_is_taken_over_only_if_that_is_confirmed(
    dialect: str,
    agreed: bool,  # noqa: FBT001  # a column of the table
) -> None:
    async with stage(dialect, confirm_takeover=True) as w:
        record = await sign_in(w, "a1")
        assert asked(record).kind is NeedInfoKind.CONFIRM
        done = await answer(w, record, confirm=agreed)
        if agreed:
            assert isinstance(done.result, Succeeded)
        else:
            assert (failure(done).code, done.attempts) == (ErrorCode.ALREADY_LOGGED_IN, 2)
        assert tags(await story(w, done)) == [*ROUND, "command.finished"]


# --- nobody to ask


@pytest.mark.parametrize("dialect", THREE)
async def test_a_client_that_cannot_answer_is_told_what_is_missing(dialect: str) -> None:
    async with stage(dialect) as w:
        done = await w.command(
            interactive=False, type="interaction.dial", session_id=w.session(), destination="+15551234"
        )
        kind, key = ASKS[dialect]
        failed = failure(done)
        assert (failed.code, failed.effect, failed.message) == (
            ErrorCode.NEEDS_INFO,
            Effect.NONE,
            f"missing: {key}",
        )
        assert failed.missing is not None
        assert (failed.missing.kind, failed.missing.fields[0].key) == (kind, key)
        assert tags(await story(w, done)) == ["command.finished"]
        again = await dial(w, answers={key: failed.missing.fields[0].choices[0].id})
        assert isinstance(again.result, Succeeded)


@pytest.mark.parametrize("dialect", THREE)
async def test_a_policy_may_decline_for_everybody(dialect: str) -> None:
    async with stage(dialect, needinfo={"policy": "decline"}) as w:
        done = await dial(w)
        assert failure(done).code is ErrorCode.NEEDS_INFO
        assert tags(await story(w, done)) == ["command.finished"]


@pytest.mark.parametrize("dialect", [INTERNAL, CHANNEL])
async def test_a_policy_may_skip_what_can_be_skipped_and_all_see_that_it_did(dialect: str) -> None:
    async with stage(dialect, needinfo={"policy": "default"}) as w:
        done = await complete(w, await wrap_up(w, "may"))
        assert isinstance(done.result, Succeeded)
        told = await story(w, done)
        assert tags(told) == [*ROUND, "command.finished"]
        assert resolutions(told) == [Resolution.POLICY]
        cannot = await dial(w)
        assert failure(cannot).code is ErrorCode.NEEDS_INFO


async def test_a_policy_gives_the_default_of_a_question_that_has_one() -> None:
    async with stage(BRIGHT, needinfo={"policy": "default"}) as w:
        done = await sign_in(w, "a1")
        assert (failure(done).code, done.attempts) == (ErrorCode.ALREADY_LOGGED_IN, 2)
        assert resolutions(await story(w, done)) == [Resolution.POLICY]
