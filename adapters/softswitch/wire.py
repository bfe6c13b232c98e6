"""The softswitch's protocol, frame by frame. JSON, one object a frame.

To the switch, a command (canonical JSON; interaction ids are the switch's refs) or the wish for a snapshot:

    {"id": 7, "agent": "a1", "command": {"type": "interaction.hold", "interaction_id": "i-00c0ffee"}}
    {"id": 0, "snapshot": true}

From the switch, the answer to a frame with that id, and what happened:

    {"id": 7, "outcome": {"kind": "done", "done": {...}}}
    {"id": 7, "outcome": {"kind": "question", "question": {...}}}
    {"id": 7, "outcome": {"kind": "failed", "failed": {...}}}
    {"observation": {"seen": "interaction", ...}}

A command is answered first and observed afterwards. A snapshot is the other way round: its answer closes it.
"""

import msgspec
from msgspec import UNSET, UnsetType

from adapters.contract.dialect import Done
from schemas.commands import AnyCommand
from schemas.needinfo import Question
from schemas.observations import AnyObservation
from schemas.results import Failed

NAME = "softswitch"
SNAPSHOT_ID = 0  # the ids of calls are positive
NULL = msgspec.Raw(b"null")  # an observation's own frame cannot stand inside itself


class Outcome(msgspec.Struct, frozen=True, tag_field="kind"):
    """Common to all."""


class DoneOutcome(Outcome, frozen=True, tag="done"):
    """The switch did it."""

    done: Done


class QuestionOutcome(Outcome, frozen=True, tag="question"):
    """The switch needs to know more; nothing was done."""

    question: Question


class FailedOutcome(Outcome, frozen=True, tag="failed"):
    """The switch refused; nothing was done."""

    failed: Failed


AnyOutcome = DoneOutcome | QuestionOutcome | FailedOutcome


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the switch receives. The command stays raw until it is known whom to answer."""

    id: int
    agent: str = ""
    command: msgspec.Raw | UnsetType = UNSET
    snapshot: bool = False


class CommandFrame(msgspec.Struct, frozen=True):
    """A request as the client writes it."""

    id: int
    agent: str
    command: AnyCommand


class Down(msgspec.Struct, frozen=True, kw_only=True):
    """What the client receives: an answer or an observation."""

    id: int | UnsetType = UNSET
    outcome: msgspec.Raw | UnsetType = UNSET
    observation: AnyObservation | UnsetType = UNSET


class Answer(msgspec.Struct, frozen=True):
    """An answer as the switch writes it."""

    id: int
    outcome: AnyOutcome


class Observed(msgspec.Struct, frozen=True):
    """An observation as the switch writes it."""

    observation: AnyObservation
