"""Questions and answers: what a command still needs before it can go through.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from datetime import datetime

import msgspec

from trunkline_client.model.ids import AgentId, CommandId, InteractionId, NeedInfoId, PlatformId, SessionId
from trunkline_client.tolerance import OpenEnum


class NeedInfoKind(OpenEnum):
    """What is asked, so that a client can show its own form."""

    OUTBOUND_SKILL = "outbound_skill"
    DISPOSITION = "disposition"
    AGENT_STATE = "agent_state"
    LOGOUT_REASON = "logout_reason"
    SERVICE = "service"
    CONFIRM = "confirm"
    FORM = "form"


class FieldType(OpenEnum):
    """How one field is filled in."""

    CHOICE = "choice"
    TEXT = "text"
    BOOLEAN = "boolean"
    NUMBER = "number"


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to answer a choice field."""

    id: str
    label: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to be filled in. `key` is the key in Answer.values and in Command.answers."""

    key: str
    type: FieldType
    title: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = ()
    default: object = None


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked, before it has an id and a deadline."""

    kind: NeedInfoKind
    title: str
    fields: tuple[Field, ...]
    skippable: bool = False
    extras: dict[str, object] = {}  # the platform's own question, by its own names


class AnswerAction(OpenEnum):
    """What was done with the question."""

    SUBMIT = "submit"
    SKIP = "skip"
    CANCEL = "cancel"


class NeedInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One open question of one command."""

    id: NeedInfoId
    command_id: CommandId
    platform_id: PlatformId
    session_id: SessionId
    agent_id: AgentId
    interaction_id: InteractionId | None = None
    kind: NeedInfoKind
    title: str
    fields: tuple[Field, ...]
    skippable: bool = False
    round: int = 1  # of at most MAX_ROUNDS
    asked_at: datetime
    expires_at: datetime


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer to one question."""

    needinfo_id: NeedInfoId
    action: AnswerAction = AnswerAction.SUBMIT
    values: dict[str, object] = {}


class Resolution(OpenEnum):
    """How a question ended."""

    SUBMITTED = "submitted"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"
    POLICY = "policy"
