"""The races: what is told of each, and what a platform's protocol cannot tell."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.interaction import EndCause, Side
from tests.e2e import race_scripts as scripts
from tests.e2e.race_stage import (
    ABSENT,
    BUSY,
    OVERLOADED,
    UNKNOWN_NUMBER,
    UNTOLD,
    UNWILLING,
    End,
    Stage,
    Story,
    Told,
    Who,
)

MAIN, CONSULT = Who.MAIN, Who.CONSULT
US, THEM, IT = Side.AGENT, Side.REMOTE, Side.PLATFORM

# --- what is told

_HELD: Final = "created alerting connected held ended wrap_up completed"
_BACK: Final = "created alerting connected held retrieved ended wrap_up completed"
_CALL: Final = "created alerting connected ended wrap_up completed"
_OFFER: Final = "created alerting ended completed"
_ATTEMPT: Final = "created dialing ended completed"
_TALK: Final = "created dialing connected ended completed"
# A colleague who is asked has no work of their own afterwards; who takes the call over has.
_ASKED: Final = "created alerting connected ended completed"

NORMAL: Final = EndCause.NORMAL


def told(lifecycle: str, cause: EndCause, side: Side) -> Told:
    """One line of a story."""
    return Told(lifecycle, End(cause, side))


@dataclass(frozen=True)
class Race:
    """What happens, and what is told of it by a platform that can tell all."""

    play: "Callable[[Stage], Awaitable[None]]"
    story: Story
    unseen: frozenset[Who] = frozenset()  # ended by the agent, on the platform's own screen


_TAKEN_BACK: Final = told(_BACK, NORMAL, US)


def _in_vain(number: str, cause: EndCause) -> Race:
    story = {MAIN: _TAKEN_BACK, CONSULT: told(_ATTEMPT, cause, THEM)}
    return Race(scripts.colleague_cannot_be_had(number), story)


def _dialled(number: str, cause: EndCause) -> Race:
    return Race(scripts.dialled_in_vain(number), {MAIN: told(_ATTEMPT, cause, THEM)})


RACES: Final[Mapping[str, Race]] = {
    "the customer leaves while the colleague rings": Race(
        scripts.customer_leaves_while_the_colleague_rings,
        {
            MAIN: told(_HELD, NORMAL, THEM),
            CONSULT: told(_ATTEMPT, EndCause.ABANDONED, US),
            Who.BOB: told(_OFFER, EndCause.ABANDONED, THEM),
        },
    ),
    "the customer leaves while held": Race(
        scripts.customer_leaves_while_held,
        {MAIN: told(_HELD, NORMAL, THEM), CONSULT: told(_TALK, NORMAL, US)},
    ),
    "the customer leaves, and is done with before the colleague is": Race(
        scripts.customer_is_forgotten_over_the_consultation,
        {MAIN: told(_HELD, NORMAL, THEM), CONSULT: told(_TALK, NORMAL, US)},
    ),
    "the customer leaves just before the transfer": Race(
        scripts.customer_leaves_just_before_the_transfer,
        {MAIN: told(_HELD, NORMAL, THEM), CONSULT: told(_TALK, NORMAL, US)},
    ),
    "the customer leaves just after the transfer": Race(
        scripts.customer_leaves_just_after_the_transfer,
        {
            MAIN: told(_HELD, EndCause.TRANSFERRED, US),
            CONSULT: told(_TALK, EndCause.TRANSFERRED, US),
            Who.BOB: told(_CALL, NORMAL, THEM),
        },
    ),
    "transferred": Race(
        scripts.transferred,
        {
            MAIN: told(_HELD, EndCause.TRANSFERRED, US),
            CONSULT: told(_TALK, EndCause.TRANSFERRED, US),
            Who.BOB: told(_CALL, NORMAL, US),
        },
    ),
    "scripts.transferred at the desk": Race(
        scripts.transferred_at_the_desk,
        {
            MAIN: told(_HELD, EndCause.TRANSFERRED, US),
            CONSULT: told(_TALK, EndCause.TRANSFERRED, US),
            Who.BOB: told(_CALL, NORMAL, THEM),
        },
        unseen=frozenset({MAIN, CONSULT}),
    ),
    "the colleague rejects": Race(
        scripts.colleague_rejects,
        {
            MAIN: _TAKEN_BACK,
            CONSULT: told(_ATTEMPT, EndCause.DECLINED, THEM),
            Who.BOB: told(_OFFER, EndCause.DECLINED, US),
        },
    ),
    "the colleague answers and leaves": Race(
        scripts.colleague_answers_and_leaves,
        {MAIN: _TAKEN_BACK, CONSULT: told(_TALK, NORMAL, THEM), Who.BOB: told(_ASKED, NORMAL, US)},
    ),
    "the colleague is busy": _in_vain(BUSY, EndCause.BUSY),
    "the colleague's number is nobody's": _in_vain(UNKNOWN_NUMBER, EndCause.BAD_DESTINATION),
    "the colleague is not there": _in_vain(ABSENT, EndCause.DEVICE_UNAVAILABLE),
    "the network is full": _in_vain(OVERLOADED, EndCause.CONGESTION),
    "the consultation is cancelled while it rings": Race(
        scripts.consultation_is_cancelled_while_it_rings,
        {
            MAIN: _TAKEN_BACK,
            CONSULT: told(_ATTEMPT, EndCause.ABANDONED, US),
            Who.BOB: told(_OFFER, EndCause.ABANDONED, THEM),
        },
    ),
    "the consultation is ended by the agent": Race(
        scripts.consultation_is_ended_by_the_agent, {MAIN: _TAKEN_BACK, CONSULT: told(_TALK, NORMAL, US)}
    ),
    "a single-step transfer": Race(
        scripts.single_step_transfer,
        {MAIN: told(_CALL, EndCause.TRANSFERRED, US), Who.BOB: told(_CALL, NORMAL, THEM)},
    ),
    "a single-step transfer to nobody": Race(
        scripts.single_step_transfer_to_nobody, {MAIN: told(_CALL, NORMAL, US)}
    ),
    "a single-step transfer to somebody busy": Race(
        scripts.single_step_transfer_to_somebody_busy,
        {Who.BOB: told(_CALL, NORMAL, US), MAIN: told(_CALL, NORMAL, US)},
    ),
    "a transfer before the answer, where that is refused": Race(
        scripts.transfer_before_the_answer_is_refused,
        {
            MAIN: _TAKEN_BACK,
            CONSULT: told(_ATTEMPT, EndCause.ABANDONED, US),
            Who.BOB: told(_OFFER, EndCause.ABANDONED, THEM),
        },
    ),
    "a conference that the colleague leaves first": Race(
        scripts.conference_that_the_colleague_leaves_first,
        {
            MAIN: told(_BACK, NORMAL, THEM),
            CONSULT: told(_TALK, EndCause.CONFERENCED, US),
            Who.BOB: told(_CALL, NORMAL, US),
        },
    ),
    "a conference that the customer leaves first": Race(
        scripts.conference_that_the_customer_leaves_first,
        {
            MAIN: told(_BACK, NORMAL, US),
            CONSULT: told(_TALK, EndCause.CONFERENCED, US),
            Who.BOB: told(_CALL, NORMAL, THEM),
        },
    ),
    "a conference that the agent leaves first": Race(
        scripts.conference_that_the_agent_leaves_first,
        {
            MAIN: told(_BACK, NORMAL, US),
            CONSULT: told(_TALK, EndCause.CONFERENCED, US),
            Who.BOB: told(_CALL, NORMAL, THEM),
        },
    ),
    "rejected": Race(scripts.rejected, {MAIN: told(_OFFER, EndCause.DECLINED, US)}),
    "scripts.rejected at the desk": Race(
        scripts.rejected_at_the_desk,
        {MAIN: told(_OFFER, EndCause.DECLINED, US)},
        unseen=frozenset({MAIN}),
    ),
    "released at the desk": Race(
        scripts.released_at_the_desk, {MAIN: told(_CALL, NORMAL, US)}, unseen=frozenset({MAIN})
    ),
    "abandoned": Race(scripts.abandoned, {MAIN: told(_OFFER, EndCause.ABANDONED, THEM)}),
    "answered, then the customer hangs up": Race(
        scripts.customer_hangs_up, {MAIN: told(_CALL, NORMAL, THEM)}
    ),
    "answered, then the agent hangs up": Race(scripts.agent_hangs_up, {MAIN: told(_CALL, NORMAL, US)}),
    "dialled, busy": _dialled(BUSY, EndCause.BUSY),
    "dialled, a number that is nobody's": _dialled(UNKNOWN_NUMBER, EndCause.BAD_DESTINATION),
    "dialled, and declined": _dialled(UNWILLING, EndCause.DECLINED),
    "dialled, and given up": Race(scripts.dial_is_given_up, {MAIN: told(_ATTEMPT, EndCause.ABANDONED, US)}),
}
# On a switch whose clock the test sets.
UNANSWERED: Final[Mapping[str, Race]] = {
    "missed": Race(scripts.missed, {MAIN: told(_OFFER, EndCause.NO_ANSWER, IT)}),
    "dialled, and not answered": Race(
        scripts.dialled_and_not_answered, {MAIN: told(_ATTEMPT, EndCause.NO_ANSWER, THEM)}
    ),
    "the colleague does not answer": Race(
        scripts.colleague_does_not_answer,
        {MAIN: _TAKEN_BACK, CONSULT: told(_ATTEMPT, EndCause.NO_ANSWER, THEM)},
    ),
    "a single-step transfer that nobody answers": Race(
        scripts.single_step_transfer_that_nobody_answers, {MAIN: told(_CALL, EndCause.TRANSFERRED, US)}
    ),
}
# On a switch that lets a transfer be completed while the colleague's phone rings.
EARLY: Final[Mapping[str, Race]] = {
    "a transfer before the answer": Race(
        scripts.transfer_before_the_answer,
        {
            MAIN: told(_HELD, EndCause.TRANSFERRED, US),
            CONSULT: told(_ATTEMPT, EndCause.TRANSFERRED, US),
            Who.BOB: told(_CALL, NORMAL, THEM),
        },
    ),
}

# --- what cannot be told

# No vendor's snapshot has a member for the cause: what is known of an end is known because our own command
# brought it about. What the others do, and what the platform does, is told without a cause.
OWN: Final = frozenset(
    {
        End(EndCause.NORMAL, US),
        End(EndCause.DECLINED, US),
        End(EndCause.ABANDONED, US),
        End(EndCause.TRANSFERRED, US),
        End(EndCause.CONFERENCED, US),
    }
)
KNOWN: Final[Mapping[str, frozenset[End]]] = {
    "bright_pattern": OWN,
    "genesys_wwe": OWN | {End(EndCause.NO_ANSWER, IT)},  # ronaCallState
    "channel_session": OWN,
}


# Where "over" and "closed" are two words, every contact of an agent's own passes through the first, with work
# or without: the gateway tells after-call work, and that it is over; of an offer that nobody took it tells
# none. A colleague who is only asked has none with the one (callType CONSULT says so), and has some with the
# other, which tells no difference.
CLOSED_APART: Final[Mapping[str, frozenset[tuple[Who, str]]]] = {
    "bright_pattern": frozenset(),
    "genesys_wwe": frozenset({(MAIN, _ATTEMPT)}),
    "channel_session": frozenset({(MAIN, _ATTEMPT), (Who.BOB, _ASKED)}),
}


def as_told_by(vendor: str, race: Race) -> Story:
    """The story as such a platform can tell it."""
    return {
        who: _as_told_by(vendor, who, one, seen=who not in race.unseen) for who, one in race.story.items()
    }


def _as_told_by(vendor: str, who: Who, one: Told, *, seen: bool) -> Told:
    lifecycle = one.lifecycle
    if (who, lifecycle) in CLOSED_APART[vendor]:
        lifecycle = lifecycle.replace("ended", "ended wrap_up")
    return Told(lifecycle, one.end if seen and one.end in KNOWN[vendor] else UNTOLD)
