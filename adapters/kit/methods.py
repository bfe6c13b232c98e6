"""A vendor's methods as rows: what each is in both roles and, where that is plain, how it is said and read.

A vendor's `methods.py` holds its rows; the method's name stands there and nowhere else. South, a row makes
the call of each command that takes one call (`plain`); a command that takes several is a flow, which refers
to the rows. North, a row reads a client's request (`reads`) as whatever that vendor's client carries out, a
command or a plan of several. From the rows come the abilities and the vocabulary of both roles. What has no
row of its own, such as a command by several calls or one that cannot be said, is a small table beside them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Concatenate, Final, Generic, Literal, Protocol, TypeVar

import msgspec

from adapters.contract.capabilities import Ability, Support, Word
from adapters.contract.dialect import Call, Context, Done, Flow, Reply
from adapters.kit import reading
from schemas import commands as c
from schemas.commands import COMMANDS, AnyCommand, Command, verb
from schemas.errors import UnsupportedError
from schemas.results import Effect, Failed
from schemas.values import Json

CommandT = TypeVar("CommandT", bound=Command)
ParamsT = TypeVar("ParamsT")
ScopeT = TypeVar("ScopeT")
RequestT = TypeVar("RequestT")

# Commands that say which interaction they are about, and nothing else.
Bare = (
    type[c.Accept | c.Reject | c.Release | c.Complete | c.Focus | c.Hold | c.Retrieve | c.Mute | c.Unmute]
    | type[c.StartRecording | c.StopRecording | c.PauseRecording | c.ResumeRecording]
    | type[c.Alternate | c.CompleteTransfer | c.CompleteConference | c.UnblockCompletion]
)

# --- rows


class Makes(Protocol):
    """What makes calls of one method: its row."""

    def __call__(self, *params: Json, target: str = "", step: str = "") -> Call:
        """A call with these parameters."""
        ...


Build = Callable[[Makes, CommandT, Context], Call | Failed]
Reads = Callable[[ScopeT, msgspec.Raw], RequestT]


@dataclass(frozen=True)
class Plain:
    """South: a command that is one call of a row."""

    command: type[Command]
    build: Build[Command]


def plain(kind: type[CommandT], build: Build[CommandT]) -> Plain:
    """How that command is called; `build` may also say why not, or raise UnsupportedError."""

    def checked(row: Makes, command: Command, context: Context) -> Call | Failed:
        if not isinstance(command, kind):
            raise TypeError(f"{verb(command)} is no {verb(kind)}")
        return build(row, command, context)

    return Plain(kind, checked)


def reads(kind: type[ParamsT], request: Callable[[ScopeT, ParamsT], RequestT]) -> Reads[ScopeT, RequestT]:
    """How a request with such parameters is read. Raises msgspec.DecodeError, or as `request` does.

    `kind` is the struct of the parameters, `ScopeT` what the vendor's client may see and change.
    """
    decoder = msgspec.json.Decoder(kind)

    def read(scope: ScopeT, params: msgspec.Raw) -> RequestT:
        return request(scope, reading.request(decoder, params))

    return read


def named(request: Callable[Concatenate[ScopeT, ...], RequestT]) -> Reads[ScopeT, RequestT]:
    """How a request is read whose parameters have names: those of the function, after the scope.

    Its annotations and defaults say what they are, and which may be left out; others are ignored. In the
    function they are in snake case, on the wire in camel case. Raises as `reads` does.
    """
    decoder = _parameters(request)

    def read(scope: ScopeT, params: msgspec.Raw) -> RequestT:
        return request(scope, **msgspec.structs.asdict(reading.request(decoder, params)))

    return read


def positional(request: Callable[Concatenate[ScopeT, ...], RequestT]) -> Reads[ScopeT, RequestT]:
    """The same where parameters have places: in the order in which the function has them."""
    decoder = _parameters(request, array_like=True)

    def read(scope: ScopeT, params: msgspec.Raw) -> RequestT:
        return request(scope, *msgspec.structs.astuple(reading.request(decoder, params)))

    return read


def _parameters(
    request: Callable[..., object], *, array_like: bool = False
) -> msgspec.json.Decoder[msgspec.Struct]:
    _, *parameters = signature(request, eval_str=True).parameters.values()
    members = [
        (one.name, one.annotation, msgspec.NODEFAULT if one.default is one.empty else one.default)
        for one in parameters
    ]
    rename: Literal["camel"] | None = None if array_like else "camel"
    return msgspec.json.Decoder(
        msgspec.defstruct("Parameters", members, rename=rename, array_like=array_like, frozen=True)
    )


@dataclass(frozen=True, eq=False)
class Method(Generic[ScopeT, RequestT]):
    """One method of the vendor's API. The words name the canonical commands that it is, joined by ", "."""

    name: str  # on the wire
    south: Word
    north: Word
    calls: tuple[Plain, ...] = ()  # south: the commands that are one call of it
    read: Reads[ScopeT, RequestT] | None = None  # north

    def __call__(self, *params: Json, target: str = "", step: str = "") -> Call:
        """A call of it."""
        return Call(method=self.name, params=params, target=target, step=step)


def rows(module: Mapping[str, object]) -> Iterator[Method[ScopeT, RequestT]]:
    """The rows that a module has given a name, in its order: `rows(globals())` at its end."""
    return (row for row in module.values() if isinstance(row, Method))


class Named(Protocol):
    """A row of any vendor."""

    @property
    def name(self) -> str:
        """On the wire."""
        ...


NamedT = TypeVar("NamedT", bound=Named)


def by_name(table: Iterable[NamedT]) -> dict[str, NamedT]:
    """The rows by what they are called on the wire. Raises ValueError for a name that has two."""
    found: dict[str, NamedT] = {}
    for row in table:
        if row.name in found:
            raise ValueError(f"two rows: {row.name}")
        found[row.name] = row
    return found


# --- what comes from the rows

_BEST: Final = (Support.EXACT, Support.FLOW, Support.APPROXIMATE)


def words_south(table: Iterable[Method[ScopeT, RequestT]]) -> dict[str, Word]:
    """The vocabulary of methods, south."""
    return {row.name: row.south for row in table}


def words_north(table: Iterable[Method[ScopeT, RequestT]]) -> dict[str, Word]:
    """The vocabulary of methods, north."""
    return {row.name: row.north for row in table}


def abilities(words: Mapping[str, Word], others: Mapping[str, Ability]) -> dict[str, Ability]:
    """The commands of one role: those that a method is, by the best of them, and the others as given.

    `others` are those that have no method of their own, and those that are more than their methods say.
    vendor.call is always one: it is any method.
    """
    saying: dict[str, list[tuple[str, Word]]] = {}
    for name, said in words.items():
        if said.support is not Support.UNSUPPORTED:
            for tag in said.canonical.split(", "):
                saying.setdefault(tag, []).append((name, said))
    return {tag: others[tag] if tag in others else _joined(saying[tag]) for tag in COMMANDS}


def _joined(saying: list[tuple[str, Word]]) -> Ability:
    best = next(support for support in _BEST if any(said.support is support for _, said in saying))
    note = next(said.note for _, said in saying if said.support is best)
    return Ability(best, ", ".join(name for name, _ in saying), note)


def served_by(*table: Method[ScopeT, RequestT], support: Support = Support.EXACT, note: str = "") -> Ability:
    """By rows that are other commands too, or by all of them together (Support.FLOW)."""
    return Ability(support, ", ".join(row.name for row in table), note)


def unsaid(reasons: Mapping[type[Command], str]) -> dict[str, Ability]:
    """The commands that cannot be said, and why."""
    return {verb(kind): Ability(Support.UNSUPPORTED, "", note) for kind, note in reasons.items()}


# --- south: plain flows


def plain_calls(
    table: Iterable[Method[ScopeT, RequestT]],
) -> dict[type[Command], tuple[Makes, Build[Command]]]:
    """The commands that are one call, with how. Raises ValueError for one that two rows are."""
    known: dict[type[Command], tuple[Makes, Build[Command]]] = {}
    for row in table:
        for one in row.calls:
            if one.command in known:
                raise ValueError(f"two rows are {verb(one.command)}")
            known[one.command] = (row, one.build)
    return known


class Plainly:
    """The flows of the commands that are one call. `failed` reads how a reply refuses, if it does."""

    def __init__(
        self,
        dialect: str,
        table: Iterable[Method[ScopeT, RequestT]],
        commands: Mapping[str, Ability],
        failed: Callable[[Reply], Failed | None],
    ) -> None:
        self._dialect = dialect
        self._commands = commands
        self._failed = failed
        self._known = plain_calls(table)

    def begin(self, command: AnyCommand, context: Context) -> Flow:
        """The flow of a command; what the row only comes near to is its warning. Raises UnsupportedError."""
        tag = verb(command)
        ability = self._commands[tag]
        known = self._known.get(type(command))
        if known is None:
            raise UnsupportedError(self._dialect, f"{tag}: {ability.note}")
        row, build = known
        warnings = (ability.note,) if ability.support is Support.APPROXIMATE else ()
        return self.one(build(row, command, context), warnings)

    def one(self, call: Call | Failed, warnings: tuple[str, ...] = ()) -> Flow:
        """One call, of which nothing is wanted but that it is done; or why there is none."""
        if isinstance(call, Failed):
            return call
        reply = yield call
        return self._failed(reply) or Done(warnings=warnings)

    def in_turn(self, *calls: Call) -> Flow:
        """One call after the other. The failure of one does not undo those before it."""
        for index, call in enumerate(calls):
            failed = self._failed((yield call))
            if failed is not None:
                return msgspec.structs.replace(failed, effect=Effect.UNKNOWN) if index else failed
        return Done()
