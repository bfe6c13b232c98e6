"""`trunkline call`: an agent at any gateway, driven from a terminal or by a script, over the public API."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import typer
from aiohttp import ClientSession

from gateway.api.bodies import Interactions
from gateway.cli import call_words
from gateway.cli.asking import Answered, Asker, Lines, on_terminal
from gateway.cli.call_words import OWN, WORDS, Given, WordError
from gateway.cli.display import line as in_words
from gateway.cli.remote import Remote
from gateway.cli.tail import Tail
from gateway.demo.api import Api, ApiError
from gateway.events.filters import Filter
from gateway.http.reading import nearest
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.errors import TrunklineError
from schemas.ids import InteractionId
from schemas.interaction import Interaction, InteractionState
from schemas.needinfo import AnswerAction, NeedInfo
from schemas.results import CommandRecord, Failed, NeedsInfo, Succeeded
from schemas.values import Json

WAIT_S: Final = 60.0
SETTLE_S: Final = 2.0
_QUIET: Final = (
    ev.AgentUpdated,
    ev.FocusChanged,
    ev.CommandFinished,
    ev.NeedInfoRequested,
    ev.NeedInfoResolved,
)
_ENDS: Final = frozenset({"quit", "exit"})


class CallError(TrunklineError):
    """A line could not be carried out."""


class Screen:
    """What is printed: for people, or as JSON, a line each."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        """For people."""
        if self.as_json:
            typer.echo(text, err=True)
        else:
            typer.echo(text)

    def record(self, kind: str, body: object) -> None:
        """For machines."""
        if self.as_json:
            sys.stdout.write(msgspec.json.encode({"is": kind, kind: body}).decode() + "\n")
            sys.stdout.flush()


class Desk:
    """One agent: what there is, and what is done."""

    def __init__(self, api: Api, session: AgentSession, asker: Asker, screen: Screen) -> None:
        self._api = api
        self.session = session
        self._asker = asker
        self._screen = screen
        self._numbers: dict[InteractionId, int] = {}
        self.open: dict[InteractionId, Interaction] = {}
        self._last: InteractionId | None = None  # that was commanded
        self._changed = asyncio.Event()

    def seen(self, event: object) -> None:
        """Something happened at the gateway."""
        match event:
            case ev.AgentEvent(agent=agent):
                self.session = agent
            case ev.InteractionEvent(interaction=one):
                self.note(one)
            case _:
                pass
        self._changed.set()
        if isinstance(event, ev.Event) and not isinstance(event, _QUIET):
            number = (
                f"#{self._numbers[event.interaction.id]} " if isinstance(event, ev.InteractionEvent) else ""
            )
            self._screen.say(f"- {number}{event.__struct_config__.tag} {in_words(event)}")  # type: ignore[arg-type]  # one of the union

    def note(self, one: Interaction) -> None:
        """It looks so now."""
        self._numbers.setdefault(one.id, len(self._numbers) + 1)
        self.open.pop(one.id, None)
        if one.state is not InteractionState.COMPLETED:
            self.open[one.id] = one

    # --- lines

    async def carry_out(self, line: str) -> None:
        """One line. Raises WordError, CallError, ApiError."""
        name, _, rest = line.strip().partition(" ")
        match name:
            case "help":
                self._help()
            case "show":
                self.show()
            case "sleep":
                await asyncio.sleep(_seconds(rest))
            case "wait":
                await self._wait(*(rest.split() or [""]))
            case _:
                await self._command(call_words.read(line))

    def _help(self) -> None:
        for word in WORDS.values():
            self._screen.say(f"  {word.usage:32} {word.what}")
        for usage, what in OWN.items():
            self._screen.say(f"  {usage:32} {what}")
        self._screen.say("  #2 after a command names an interaction; any verb of the model is taken too")

    def show(self) -> None:
        """The agent, the interactions, and what they allow."""
        agent = self.session
        self._screen.record("session", agent)
        state = f"{agent.state} {agent.reason}".strip()
        self._screen.say(f"{agent.name or agent.agent_id} on {agent.platform_id}: {state}")
        for one in self.open.values():
            self._screen.record("interaction", one)
            who = one.remote_address or one.ani
            self._screen.say(f"  #{self._numbers[one.id]} {one.media} {who} {one.state}")
            self._screen.say(f"     {_words(one.allowed)}")
        if not self.open:
            self._screen.say("  no interaction")

    async def _wait(self, state: str, seconds: str = str(WAIT_S), *more: str) -> None:
        """Until an interaction is in that state; of `completed`, the one that was commanded last."""
        known = [str(each) for each in InteractionState]
        if more or state not in known:
            raise WordError(f"wait: {state[:40]!r} is no state; {nearest(state, known)}")
        try:
            async with asyncio.timeout(_seconds(seconds)):
                while not self._is_there(state):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise CallError(f"nothing was {state} within {seconds} s") from None

    def _is_there(self, state: str) -> bool:
        if state == InteractionState.COMPLETED:
            return self._last not in self.open
        return any(one.state == state for one in self.open.values())

    async def _command(self, given: Given) -> None:
        body = {**given.body}
        if given.of_interaction:
            self._last = (await self._meant(str(body["type"]), given.number)).id
            body.setdefault("interaction_id", self._last)
        elif body["type"] == "agent.login":
            body = {"platform_id": self.session.platform_id, "agent_id": self.session.agent_id, **body}
        else:
            body.setdefault("session_id", self.session.id)
        record = await self._api.command(body)
        self._screen.record("command", record)
        while isinstance(record.result, NeedsInfo):
            record = await self._answered(record.result.needinfo)
        self._told(record)

    async def _answered(self, asked: NeedInfo) -> CommandRecord:
        self._screen.record("needinfo", asked)
        said = await self._asker.ask(asked)
        if said is None:  # nobody is left to answer: better cancelled now than expired later
            said = Answered(AnswerAction.CANCEL, {})
        record = await self._api.answer(asked, said.action, said.values)
        self._screen.record("command", record)
        return record

    def _told(self, record: CommandRecord) -> None:
        match record.result:
            case Failed(code=code, message=message):
                raise CallError(f"{code}{f': {message}' if message else ''}")
            case Succeeded(data=data, warnings=warnings):
                for warning in warnings:
                    self._screen.say(f"  note: {warning}")
                for entry in data if isinstance(data, list) else []:
                    self._screen.say(f"  {_entry(entry)}")
                self._screen.say("ok")
            case _:
                raise CallError(f"it is {record.status}, and has no result yet")

    async def _meant(self, verb: str, number: int | None) -> Interaction:
        """The interaction of that number, or the newest that allows it, or the newest. Raises CallError."""
        if number is not None:
            for one in self.open.values():
                if self._numbers[one.id] == number:
                    return one
            raise CallError(f"there is no interaction #{number}; `show` lists them")
        try:
            async with asyncio.timeout(SETTLE_S):  # what the line before has brought about is on its way
                while True:
                    self._changed.clear()
                    if fit := [one for one in self.open.values() if verb in one.allowed]:
                        return fit[-1]
                    await self._changed.wait()
        except TimeoutError:
            if not self.open:
                raise CallError("there is no interaction") from None
            return [*self.open.values()][-1]


def _words(allowed: tuple[str, ...]) -> str:
    """The verbs, without what they have in common."""
    return " ".join(verb.removeprefix("interaction.") for verb in allowed)


def _entry(entry: Json) -> str:
    return "  ".join(str(each) for each in entry.values() if each) if isinstance(entry, dict) else str(entry)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise WordError(f"{text[:40]!r} is no number of seconds") from None


async def call(
    at: Remote, agent: str, platform: str, given: Mapping[str, Json], *, keep_going: bool, as_json: bool
) -> int:
    """Until the input ends, or `quit`. 1 if a line of a script failed. Raises CallError, ApiError."""
    screen = Screen(as_json=as_json)
    lines = Lines(sys.stdin)
    person = sys.stdin.isatty()
    async with ClientSession() as http:
        api = Api(http, at.url, at.key)
        asker = Asker(lines, screen.say, given, clock_on=on_terminal())
        desk = Desk(api, await _session(api, agent, platform), asker, screen)
        now = await api.get(
            "/v1/interactions",
            Interactions,
            {"platform": desk.session.platform_id, "agent": desk.session.agent_id},
        )
        for one in now.interactions:
            desk.note(one)
        desk.show()
        if person:
            screen.say("a command a line; `help` lists them")
        wanted = Filter(
            agents=frozenset({desk.session.agent_id}), platforms=frozenset({desk.session.platform_id})
        )
        tail = asyncio.create_task(Tail(at, wanted, now.resume, _shown(desk, screen)).run())
        work = asyncio.create_task(_work(desk, lines, screen, person=person, keep_going=keep_going))
        try:
            await asyncio.wait({tail, work}, return_when=asyncio.FIRST_COMPLETED)
            if tail.done():
                await tail
            return await work
        finally:
            tail.cancel()
            work.cancel()
            await asyncio.wait({tail, work})


def _shown(desk: Desk, screen: Screen) -> Callable[[str, object], None]:
    def show(text: str, frame: object) -> None:
        screen.record("event", msgspec.Raw(text.encode()))
        desk.seen(frame)

    return show


async def _work(desk: Desk, lines: Lines, screen: Screen, *, person: bool, keep_going: bool) -> int:
    code = 0
    while (line := await lines.next()) is not None:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.strip() in _ENDS:
            break
        if not person:
            screen.say(f"> {line}")
        try:
            await desk.carry_out(line)
        except (WordError, CallError, ApiError) as error:
            screen.say(f"failed: {error}")
            if not person:
                code = 1
                if not keep_going:
                    break
    return code


async def _session(api: Api, agent: str, platform: str) -> AgentSession:
    found = await api.sessions(agent=agent, platform=platform)
    if len(found) == 1:
        return found[0]
    if found:
        there = ", ".join(one.platform_id for one in found)
        raise CallError(f"{agent} is on several platforms; say --platform, one of {there}")
    known = sorted({str(one.agent_id) for one in await api.sessions(platform=platform)})
    raise CallError(f"there is no agent {agent}; {nearest(agent, known)}")
