"""What is typed in `trunkline call`, one line a command, as commands of the canonical model.

A word of the trade, or a verb of the model with its members: `hold`, `transfer 102`, `interaction.hold`,
`interaction.set_data data.order=A-17`. Which interaction is meant is found by what it allows.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from gateway.http.reading import nearest
from schemas.commands import COMMANDS, InteractionCommand
from schemas.errors import TrunklineError
from schemas.values import Json

Body = dict[str, Json]


class WordError(TrunklineError):
    """That is no command."""


class Word(NamedTuple):
    """One of them: how it is typed, what it does, and the command it makes of its arguments."""

    usage: str
    what: str
    make: Callable[[Sequence[str]], Body]

    @property
    def name(self) -> str:
        """The first word."""
        return self.usage.partition(" ")[0]


class Given(NamedTuple):
    """A command without whom it is about."""

    body: Body
    of_interaction: bool
    number: int | None = None  # of the interaction, as it is listed; None: whichever allows it


def _plain(verb: str) -> Callable[[Sequence[str]], Body]:
    def make(args: Sequence[str]) -> Body:
        _require(not args, f"{verb} takes nothing more")
        return {"type": verb}

    return make


def _text(verb: str, member: str) -> Callable[[Sequence[str]], Body]:
    def make(args: Sequence[str]) -> Body:
        _require(bool(args), f"{member} is missing")
        return {"type": verb, member: " ".join(args)}

    return make


def _to(verb: str) -> Callable[[Sequence[str]], Body]:
    """DESTINATION, and members of the command."""

    def make(args: Sequence[str]) -> Body:
        _require(bool(args), "the destination is missing")
        return {"type": verb, "destination": args[0], **members(args[1:])}

    return make


def _or_to(verb: str, single_step: str) -> Callable[[Sequence[str]], Body]:
    def make(args: Sequence[str]) -> Body:
        return _to(single_step)(args) if args else {"type": verb}

    return make


def _not_ready(args: Sequence[str]) -> Body:
    return {"type": "agent.set_state", "state": "not_ready", **({"reason": " ".join(args)} if args else {})}


def _logout(args: Sequence[str]) -> Body:
    return {"type": "agent.logout", **({"reason": " ".join(args)} if args else {})}


def _data(args: Sequence[str]) -> Body:
    given = members(args)
    _require(bool(given), "key=value is missing")
    return {"type": "interaction.set_data", "data": given}


def _recording(args: Sequence[str]) -> Body:
    known = ("start", "stop", "pause", "resume")
    _require(len(args) == 1 and args[0] in known, f"one of {', '.join(known)}")
    return {"type": f"interaction.{args[0]}_recording"}


def _begin(verb: str) -> Callable[[Sequence[str]], Body]:
    def make(args: Sequence[str]) -> Body:
        if verb == "interaction.start_chat":
            _require(len(args) == 2, "the channel type and the destination, such as sms +15550123")  # noqa: PLR2004
            return {"type": verb, "channel_type": args[0], "destination": args[1]}
        return _to(verb)(args)

    return make


_I: Final = "interaction."
_ALL: Final = (
    Word("dial NUMBER", "call somebody", _to(f"{_I}dial")),
    Word("answer", "take what rings", _plain(f"{_I}accept")),
    Word("reject", "refuse it", _plain(f"{_I}reject")),
    Word("hold", "hold the call", _plain(f"{_I}hold")),
    Word("retrieve", "take it back", _plain(f"{_I}retrieve")),
    Word("mute", "close the microphone", _plain(f"{_I}mute")),
    Word("unmute", "open it", _plain(f"{_I}unmute")),
    Word("keys 123#", "send tones", _text(f"{_I}send_dtmf", "tones")),
    Word("consult NUMBER", "ask a colleague", _to(f"{_I}consult")),
    Word("alternate", "between customer and colleague", _plain(f"{_I}alternate")),
    Word(
        "transfer [NUMBER]",
        "to the colleague; with a number without asking first",
        _or_to(f"{_I}complete_transfer", f"{_I}single_step_transfer"),
    ),
    Word(
        "conference [NUMBER]",
        "with the colleague; with a number without asking first",
        _or_to(f"{_I}complete_conference", f"{_I}single_step_conference"),
    ),
    Word("drop PARTY", "take one party out", _text(f"{_I}drop_party", "party_id")),
    Word("hangup", "leave", _plain(f"{_I}release")),
    Word("record start|stop|pause|resume", "the recording", _recording),
    Word("data KEY=VALUE ...", "attach data", _data),
    Word("disposition ID", "what came of it", _text(f"{_I}set_disposition", "disposition")),
    Word("note TEXT", "replace the notes", _text(f"{_I}set_notes", "notes")),
    Word("complete", "finish the work after it", _plain(f"{_I}complete")),
    Word("say TEXT", "in a chat", _text("chat.send", "text")),
    Word("chat TYPE ADDRESS", "begin a chat", _begin(f"{_I}start_chat")),
    Word("email ADDRESS", "begin an e-mail", _begin(f"{_I}start_email")),
    Word("ready", "take calls", lambda args: {**_plain("agent.set_state")(args), "state": "ready"}),
    Word("not-ready [REASON]", "take none", _not_ready),
    Word("logout [REASON]", "sign out", _logout),
    Word("dispositions", "list them", _plain(f"{_I}list_dispositions")),
    Word(
        "directory [QUERY]",
        "whom one can call",
        lambda args: {"type": "directory.list", "query": " ".join(args)},
    ),
)
WORDS: Final[Mapping[str, Word]] = {one.name: one for one in _ALL}
OWN: Final[Mapping[str, str]] = {
    "show": "the interactions, and what they allow",
    "wait STATE [SECONDS]": "until an interaction is in that state, such as connected (60 s)",
    "sleep SECONDS": "do nothing",
    "help": "this list",
    "quit": "leave; the agent stays as he is",
}


def read(line: str) -> Given:
    """A line as a command; `#2` in it names an interaction. Raises WordError."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise WordError(str(error)) from error
    numbers = [word for word in words[1:] if word.startswith("#") and word[1:].isdecimal()]
    name, args = words[0], [word for word in words[1:] if word not in numbers]
    number = int(numbers[0][1:]) if numbers else None
    if name in COMMANDS:
        body: Body = {"type": name, **members(args)}
    elif name in WORDS:
        try:
            body = WORDS[name].make(args)
        except WordError as error:
            raise WordError(f"{WORDS[name].usage}: {error}") from error
    else:
        own = [one.partition(" ")[0] for one in OWN]
        raise WordError(f"{name[:40]!r} is no command; {nearest(name, [*WORDS, *own, *COMMANDS])}")
    return Given(body, issubclass(COMMANDS[str(body["type"])], InteractionCommand), number)


def members(args: Sequence[str]) -> Body:
    """`key=value` as members; a dot leads into one, and what is JSON is taken as such. Raises WordError."""
    made: Body = {}
    for arg in args:
        key, is_there, text = arg.partition("=")
        _require(bool(key and is_there), f"{arg[:40]!r} is not key=value")
        into = made
        *path, last = key.split(".")
        for name in path:
            inner = into.setdefault(name, {})
            if not isinstance(inner, dict):
                raise WordError(f"{key[:40]!r} leads into a value")
            into = inner
        into[last] = value(text)
    return made


def value(text: str) -> Json:
    """JSON, or else text. Digits are a number or an account's; here they are text, as most are."""
    if text[:1] in {"{", "[", '"'} or text in {"true", "false", "null"}:
        try:
            read_as: Json = msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise WordError(f"{text[:40]!r} is no JSON: {error}") from error
        return read_as
    return text


def _require(well: bool, what: str) -> None:  # noqa: FBT001  # an assertion
    if not well:
        raise WordError(what)
