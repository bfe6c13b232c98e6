"""Playing a row: the real client connection of one dialect, the real flow of another, nothing between."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from adapters.dialect import Call, ClientOutput, Done, ErasedDialect, Execute, Outcome, Reply, Send
from adapters.registry import DIALECTS
from schemas.agent import AgentState
from schemas.commands import AnyCommand, Login
from schemas.errors import UnsupportedError
from schemas.needinfo import Question
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json
from tests.contract.any_to_any.scenes import NOW, OWN_TARGETS, A, Desk, Scene
from tests.contract.any_to_any.words import CS, VENDORS, ByGateway, Calls, Heard, Made, Said, msg

BY_NAME: Final[Mapping[str, ErasedDialect]] = {one.name: one for one in DIALECTS if one.name in VENDORS}

_Object = dict[str, Json]
_object: Final = msgspec.json.Decoder(_Object)
_CREDENTIALS: Final[_Object] = {"id": "a1", "password": "p"}
_SIGN_IN: Final = (  # a session client of an agent who has a session takes it over first
    msg("prepareSession", model="default", override=True, agent=_CREDENTIALS),
    msg("session.start", "s1"),
)


def plain(value: Json) -> Json:
    """A value as it stands on the wire."""
    return msgspec.json.decode(msgspec.json.encode(value))


# --- north


class Client:
    """A client of one dialect, of the agent of a scene, at a platform of another."""

    def __init__(self, dialect: str, scene: Scene, platform: str) -> None:
        self._dialect = dialect
        self._targets = OWN_TARGETS[scene.bare] if dialect == platform == CS else {}
        self._desk = Desk(scene, platform)
        bound = BY_NAME[dialect]
        assert bound.client_connection is not None
        self._connection = bound.client_connection(bound.settings(), self._desk, A)
        self._connection.opened(NOW)
        if dialect == CS and scene.agent.state is not AgentState.LOGGED_OUT:
            for said in _SIGN_IN:
                self._hear(said.frames[0])

    def says(
        self, said: Said, carry_out: Callable[[AnyCommand], FinalResult]
    ) -> tuple[list[AnyCommand], bool]:
        """The commands that come of it, carried out in turn, and whether the client is told of a success."""
        *before, last = said.frames
        for frame in before:
            asked = list(self._hear(frame))
            while (first := next((one for one in asked if isinstance(one, Execute)), None)) is not None:
                asked.remove(first)  # such as which services there are
                asked += self._connection.finished(first.token, Succeeded(), NOW)
            assert self._told(asked) == [True]
        outputs = list(self._hear(last))
        commands: list[AnyCommand] = []
        while (execute := next((one for one in outputs if isinstance(one, Execute)), None)) is not None:
            outputs.remove(execute)
            commands.append(execute.command)
            result = carry_out(execute.command)
            if isinstance(execute.command, Login) and isinstance(result, Succeeded):
                self._desk.sign_in()
            outputs += self._connection.finished(execute.token, result, NOW)
        if not self._told(outputs) and (due := self._connection.due()) is not None:
            outputs += self._connection.advance(due)  # nobody said which interaction came of it (seed 004)
        (success,) = self._told(outputs)
        return commands, success

    def _hear(self, frame: _Object) -> Sequence[ClientOutput]:
        target = frame.get("target")
        for ours, theirs in self._targets.items():
            if isinstance(target, str) and f"{target}.".startswith(f"{ours}."):
                frame = {**frame, "target": theirs + target.removeprefix(ours)}
                break
        return self._connection.received(msgspec.json.encode(frame), NOW)

    def _told(self, outputs: Sequence[ClientOutput]) -> list[bool]:
        """The answers among the outputs: whether each is a success, as its vendor says that."""
        frames = [_object.decode(one.frame) for one in outputs if isinstance(one, Send)]
        return [self._success(frame["result"]) for frame in frames if "result" in frame]

    def _success(self, result: Json) -> bool:
        match self._dialect:
            case "bright_pattern":  # bp 2
                return isinstance(result, dict) and result["status"] == "success"
            case "genesys_wwe":  # wwe 2.1: the presence of errorMessage
                return isinstance(result, dict) and "errorMessage" not in result
            case _:  # cs 3.1
                return result == "success"


# --- south


def _answer(platform: str, made: Made) -> Json:
    """What such a platform answers: that it is done, what else it has to say, or why not."""
    said = made.answer
    match platform:
        case "bright_pattern":
            refused = isinstance(said, dict) and {"code", "name"} <= said.keys()
            return {"status": "error", "error": said} if refused else {"status": "success", "data": said}
        case "genesys_wwe":
            return {"data": said}
        case _:
            head = {"command": made.method, "target": made.target}
            if isinstance(said, dict) and "uiExtension" in said:
                return {**head, "result": "needinfo", **said}
            return {**head, "result": "success", "data": {} if said is None else said}


def carried_out(
    platform: str, command: AnyCommand, scene: Scene, heard: Heard
) -> tuple[list[Made], Outcome | None]:
    """The calls that a command becomes, answered as the row says, and its outcome; None: refused at once."""
    bound = BY_NAME[platform]
    connection = bound.platform_connection(bound.settings(), A)
    script = list(heard.made) if isinstance(heard, Calls) else []
    made: list[Made] = []
    try:
        flow = connection.flow(command, scene.context(command, platform))
    except UnsupportedError:
        return [], None
    try:
        call = next(flow)
        while True:
            made.append(_made(call))
            assert script, f"one call too many: {made}"
            call = flow.send(Reply(msgspec.Raw(msgspec.json.encode(_answer(platform, script.pop(0))))))
    except StopIteration as ended:
        return made, ended.value


def _made(call: Call) -> Made:
    params = plain(call.params)
    assert isinstance(params, list)
    return Made(call.method, tuple(params), call.target)


def result_of(outcome: Outcome | None, heard: Heard) -> FinalResult:
    """What the core tells the client of it (gateway.commands.dispatch), if nobody answers questions."""
    match outcome:
        case None if isinstance(heard, ByGateway):
            return Succeeded()  # by the core itself, before the platform is asked
        case None:
            return Failed(code=ErrorCode.UNSUPPORTED, message="the platform has no word for it")
        case Done(data=data, warnings=warnings):
            return Succeeded(data=data, warnings=warnings)
        case Question():
            return Failed(code=ErrorCode.NEEDS_INFO, missing=outcome)
        case Failed():
            return outcome
