"""North: a client's commands as canonical commands. Pure, given what the client may see.

Source: reference/bright-pattern.md section 7.2, and 7.3 for the forms without an item id, which are about
the interaction on the agent's screen. There are no documented errors: what is refused here is told to the
facade, as a JSON-RPC error, and the script's caller learns nothing, as from the vendor.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from adapters.bright_pattern.embedded import encode, tables
from adapters.contract.dialect import View
from adapters.kit.answers import Given, chosen
from adapters.kit.client import meant
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.errors import RefusedError
from schemas.ids import AgentId
from schemas.interaction import Interaction, InteractionState, Media, RecordingState
from schemas.results import ErrorCode
from schemas.values import Json

_WORDS: Final = {"destination": "number"}  # the document calls it so
_TALKED_ON: Final = frozenset({InteractionState.DIALING, InteractionState.CONNECTED, InteractionState.HELD})
_params = msgspec.json.Decoder(list[Json]).decode


class Together(msgspec.Struct):
    """Commands of one request that are under way at once."""

    under_way: int
    error: Exception | None = None  # the first


class Plan(msgspec.Struct, frozen=True):
    """What a request comes to: commands, one after the other or all at once; or an answer without any."""

    commands: tuple[c.AnyCommand, ...] = ()
    together: Together | None = None
    data: Json = None

    def parts(self) -> "Sequence[Plan]":
        """What is under way by itself."""
        return [self] if self.together is None else [Plan((one,), self.together) for one in self.commands]


class Args:
    """Positional arguments. Raises msgspec.DecodeError, and RefusedError for what is missing or no text."""

    def __init__(self, params: msgspec.Raw) -> None:
        self.given = _params(params)

    def maybe(self, index: int) -> str:
        """A text that may be left out, null or empty; a number is taken for its digits."""
        value = self.given[index] if index < len(self.given) else None
        if isinstance(value, bool) or not isinstance(value, str | int | None):
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"argument {index + 1} is no text")
        return "" if value is None else str(value)

    def text(self, index: int, name: str) -> str:
        """A text that must be there."""
        text = self.maybe(index)
        if not text.strip():
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"{name} is empty")
        return text


class Scope(msgspec.Struct, frozen=True):
    """What one client may see and change, and what it gave so far."""

    view: View
    agent_id: AgentId
    given: Given

    def session(self) -> AgentSession:
        """The agent's session. Raises RefusedError."""
        session = self.view.agent(self.agent_id)
        if session is None or session.state is AgentState.LOGGED_OUT:
            raise RefusedError(ErrorCode.NOT_LOGGED_IN, "The agent is not signed in")
        return session

    def interactions(self) -> Sequence[Interaction]:
        """The agent's, as far as the desktop shows them."""
        return [one for one in self.view.interactions(self.agent_id) if encode.visible(one)]

    def interaction(self, item_id: str) -> Interaction:
        """The one named, else the active one, else the only one. Raises RefusedError."""
        found = meant(self.interactions(), item_id, self.session().focused_interaction_id)
        if found is not None:
            return found
        text = f"Unknown interaction: {item_id}" if item_id else "No interaction is active"
        raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, text)


Read = Callable[[Scope, Args], Plan]
Make = Callable[..., c.AnyCommand]


def _one(command: c.AnyCommand) -> Plan:
    return Plan((command,))


# --- the agent


def state(scope: Scope, args: Args) -> Plan:
    """Of the agent, and all interactions."""
    del args
    agent_id = scope.agent_id
    return Plan(data=encode.state(agent_id, scope.view.agent(agent_id), scope.interactions()))


def of_agent(make: Make, *names: str) -> Read:
    """One command, with texts that must be there."""

    def read(scope: Scope, args: Args) -> Plan:
        said = {name: args.text(index, _WORDS.get(name, name)) for index, name in enumerate(names)}
        return _one(make(session_id=scope.session().id, **said))

    return read


def set_status(scope: Scope, args: Args) -> Plan:
    """One of two states, with a reason by its label or id."""
    word = args.text(0, "status")
    wanted = next((one for one, other in tables.SETTABLE.items() if other == word.upper()), None)
    if wanted is None:
        words = ", ".join(tables.SETTABLE.values())
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"status must be one of {words}")
    session = scope.session()
    reason = args.maybe(1)
    named = next((one.id for one in session.choices if one.state is wanted and reason == one.label), reason)
    return _one(c.SetState(session_id=session.id, state=wanted, reason=named))


def select_service(scope: Scope, args: Args) -> Plan:
    """For what this client dials; one of those that there are, where they are known."""
    service, known = args.maybe(0), scope.given.services
    if service and known and chosen(known, service) is None:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"There is no service {service}")
    scope.given.service = service
    return Plan()


# --- one interaction


def _on_item(args: Args, length: int, scope: Scope) -> tuple[Interaction, int]:
    """The interaction, and where the other arguments begin: shorter ones leave the item out."""
    if len(args.given) >= length:
        return scope.interaction(args.maybe(0)), 1
    return scope.interaction(""), 0


def on_item(make: Make, *names: str, optional: str = "", named: bool = True) -> Read:
    """One command about an interaction, with texts that must be there, and one that need not.

    `named`: the longest form says which interaction, else it is always the one on the agent's screen.
    """
    length = 1 + len(names) + bool(optional)

    def read(scope: Scope, args: Args) -> Plan:
        one, at = _on_item(args, length, scope) if named else (scope.interaction(""), 0)
        said = {name: args.text(at + index, _WORDS.get(name, name)) for index, name in enumerate(names)}
        if optional:
            said[optional] = args.maybe(at + len(names))
        return _one(make(interaction_id=one.id, **said))

    return read


def complete(scope: Scope, args: Args) -> Plan:
    """With what is chosen already."""
    return _completion(scope.interaction(args.maybe(0)), "", "")


def complete_with(scope: Scope, args: Args) -> Plan:
    """With a disposition and notes."""
    disposition = args.text(1, "disposition")
    return _completion(scope.interaction(args.maybe(0)), disposition, args.maybe(2))


def _completion(one: Interaction, disposition: str, notes: str) -> Plan:
    """With what has been chosen already. It also releases a call; terminating does only that (7.3)."""
    standing = one.disposition
    if standing is not None and not disposition:
        disposition = standing.id or standing.code or standing.name
    said = {"disposition": disposition, "notes": notes or one.notes}
    answers: dict[str, Json] = {name: value for name, value in said.items() if value}
    complete = c.Complete(interaction_id=one.id, answers=answers)
    if one.media is Media.VOICE and one.state in _TALKED_ON:
        return Plan((c.Release(interaction_id=one.id), complete))
    return _one(complete)


# --- recording


def recording_status(scope: Scope, args: Args) -> Plan:
    """Of the call."""
    return Plan(data=encode.recording(scope.interaction(args.maybe(0))))


def all_recordings(verb: type[c.PauseRecording | c.ResumeRecording], state: RecordingState) -> Read:
    """Of each call that is in that state."""

    def read(scope: Scope, args: Args) -> Plan:
        del args
        commands = tuple(
            verb(interaction_id=one.id)
            for one in scope.interactions()
            if one.media is Media.VOICE and one.state in _TALKED_ON and one.recording_state is state
        )
        return Plan(commands, Together(len(commands)))

    return read


# --- several calls, and what only a platform of this dialect knows


def merge(scope: Scope, args: Args) -> Plan:
    """The active call and its consultation."""
    del args
    active = scope.interaction("")
    others = scope.interactions()
    if active.consult_of is None and not any(other.consult_of == active.id for other in others):
        raise RefusedError(ErrorCode.WRONG_STATE, "There is no consultation to merge")
    return _one(c.CompleteConference(interaction_id=active.id))


def passed(command: str, length: int) -> Read:
    """Passed on with the platform's own id of the interaction. `length`: of the arguments with the item."""

    def read(scope: Scope, args: Args) -> Plan:
        params, iid = tuple(args.given), None
        if length:
            one, at = _on_item(args, length, scope)
            params, iid = (one.refs.get(tables.ITEM_ID, one.id), *args.given[at:]), one.id
        session = scope.session().id  # the wire name is one that no other dialect has
        return _one(c.VendorCall(session_id=session, method=command, params=params, interaction_id=iid))

    return read
