"""One gateway: events, commands, questions, lists, tokens, webhooks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self
from uuid import uuid4
from weakref import WeakSet

import msgspec
from aiohttp import ClientSession, ClientTimeout

from trunkline_client.connection import Connection, Credential, rest
from trunkline_client.errors import (
    CommandFailedError,
    ConflictError,
    GoneError,
    MalformedError,
    NotFoundError,
    UnansweredError,
)
from trunkline_client.model import api, stream
from trunkline_client.model.agent import AgentSession
from trunkline_client.model.commands import AnyCommand
from trunkline_client.model.events import NeedInfoRequested, NeedInfoResolved, ToldEvent
from trunkline_client.model.grants import Grant, Role
from trunkline_client.model.ids import AgentId, Cursor, PlatformId, Resume
from trunkline_client.model.interaction import Interaction
from trunkline_client.model.needinfo import Answer, NeedInfo
from trunkline_client.model.queries import AnyQueryAnswer, QueryKind
from trunkline_client.model.results import CommandRecord, CommandStatus, Failed, NeedsInfo, Succeeded
from trunkline_client.paging import as_query, pages
from trunkline_client.place import Place
from trunkline_client.questions import Handler, Open, asked
from trunkline_client.reading import Reader, read_event, tag
from trunkline_client.stream import Events, has_lost
from trunkline_client.webhooks import Webhooks

WAIT_S: Final = 10.0  # for a command, in one request; its record is asked for again until it is finished
PATIENCE_S: Final = 30.0  # in which a request is made again, where nobody answers
PAGE: Final = 1_000  # of a list, at most
_NO_FILTER: Final = stream.Filter()
_UNSETTLED: Final = frozenset({CommandStatus.ACCEPTED, CommandStatus.SENT})

_record: Final = Reader(CommandRecord)
_session: Final = Reader(AgentSession)
_interaction: Final = Reader(Interaction)
_platforms: Final = Reader(api.Platforms)
_sessions: Final = Reader(api.Sessions)
_interactions: Final = Reader(api.Interactions)
_questions: Final = Reader(api.Questions)
_events: Final = Reader(api.EventPage)
_token: Final = Reader(api.MintedToken)
_ticket: Final = Reader(api.StreamTicket)


class Trunkline:
    """A client of one gateway. Use it as a context: `async with Trunkline(url, key=...) as t`.

    `key` is an API key, `token` a link token or a provider's; either may be a function that gives the one to
    be shown now: it is called again when that is over. Without any, the gateway has to let us in without.
    """

    def __init__(
        self,
        url: str,
        *,
        key: Credential = "",
        token: Credential = "",
        on_question: Handler | None = None,
        session: ClientSession | None = None,
        patience_s: float = PATIENCE_S,
        pause: Callable[[float], Awaitable[None]] = rest,
    ) -> None:
        """`on_question` answers what our own commands ask; without it they return with the question.

        `session`: one of yours, which stays open; e.g. with a proxy, or certificates of your own. `pause` is
        how we wait before another try.
        """
        self._url = url
        self._credential = key or token
        self._on_question = on_question
        self._given = session
        self._patience_s = patience_s
        self._pause = pause
        self._connection: Connection | None = None
        self._streams: WeakSet[Events] = WeakSet()

    async def __aenter__(self) -> Self:
        session = self._given or ClientSession(timeout=ClientTimeout(total=None))
        self._connection = Connection(
            self._url, self._credential, session, patience_s=self._patience_s, pause=self._pause
        )
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for one in tuple(self._streams):
            await one.aclose()
        if self._given is None:
            await self._at.session.close()
        self._connection = None

    @property
    def _at(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("use it as a context: async with Trunkline(...) as t")
        return self._connection

    @property
    def webhooks(self) -> Webhooks:
        """Webhooks, looked after."""
        return Webhooks(self._at)

    # --- events

    def events(
        self,
        wanted: stream.Filter = _NO_FILTER,
        *,
        after: str | int | None = None,
        snapshot: bool = False,
        answers: tuple[QueryKind, ...] = (),
    ) -> Events:
        """Events that fit, from now on or after a place, for ever: it comes again by itself.

        Among them stands a StreamGap where events are missing, and with `snapshot` a StreamSnapshot wherever
        the state would not be known otherwise. `answers`: kinds of queries that `Events.reply` will answer.
        """
        first = stream.Subscribe(filter=wanted, snapshot=snapshot, answers=answers)
        made = Events(self._at, first, after)
        self._streams.add(made)
        return made

    async def journal(
        self, wanted: stream.Filter = _NO_FILTER, *, after: str | int | None = None
    ) -> AsyncIterator[ToldEvent | stream.StreamGap]:
        """Events that are kept, oldest first, up to now."""
        place = Place.read(after)
        lost = await has_lost(self._at, place)
        begin = None if lost else place.after
        while True:
            query = [*as_query(wanted), *([] if begin is None else [("after", str(begin))])]
            page = _events((await self._at.request("GET", "/v1/events", query=query)).body)
            if lost:
                yield _all_again(Cursor(place.cursor), page.first)
                lost = False
            if page.gap is not None:
                yield page.gap
            for one in page.events:
                yield one
            begin = page.resume
            if not page.more:
                return

    async def event(self, cursor: int) -> ToldEvent:
        """One event. Raises NotFoundError, GoneError."""
        return read_event((await self._at.request("GET", f"/v1/events/{cursor}")).body)

    # --- commands

    async def send(
        self,
        command: AnyCommand,
        *,
        key: str = "",
        on_question: Handler | None = None,
        interactive: bool = True,
        over: Events | None = None,
        traceparent: str = "",
    ) -> CommandRecord:
        """Give a command; its record once it is finished, or asks what nobody here answers.

        `key` names it for 24 hours: given again, it is not done again. Without one it gets one of its own,
        which is kept over all tries. A failed command is a record too, and is never given again: see its
        `effect`.
        `over`: a stream to give it over. Raises ProblemError; UnansweredError with the key, if no answer came
        for so long: it may have been done, and may be sent again with that key and no other.
        """
        key = key or str(uuid4())
        record = await over.send(command, key, interactive=interactive) if over is not None else None
        if record is None:
            reply = await self._at.request(
                "POST",
                "/v1/commands",
                query={"wait": f"{WAIT_S:g}", "interactive": str(interactive).lower()},
                body=command,
                headers={"traceparent": traceparent} if traceparent else None,
                wait_s=WAIT_S,
                key=key,
            )
            record = _record(reply.body)
        return await self._followed(record, on_question or self._on_question)

    async def run(
        self, command: AnyCommand, *, key: str = "", on_question: Handler | None = None
    ) -> Succeeded:
        """The same, for who wants nothing but success. Raises CommandFailedError beside what `send` does."""
        handler = on_question or self._on_question
        record = await self.send(command, key=key, on_question=handler, interactive=handler is not None)
        if isinstance(record.result, Succeeded):
            return record.result
        if isinstance(record.result, Failed):
            raise CommandFailedError(record, record.result)
        raise MalformedError(f"the command {record.id} ended in {record.result}")

    async def _followed(self, record: CommandRecord, handler: Handler | None) -> CommandRecord:
        """The record when there is nothing more to wait for."""
        while True:
            if record.status in _UNSETTLED:
                await self._at.pause(0.5)
                record = await self.command(record.id)
            elif isinstance(record.result, NeedsInfo) and record.status == CommandStatus.NEEDINFO and handler:
                question = record.result.needinfo
                answer = await asked(handler, question, self._at)
                if answer is None:
                    return await self.command(record.id)
                try:
                    record = await self.answer(question, answer)
                except (ConflictError, GoneError, UnansweredError):  # somebody was first, or it is over
                    record = await self.command(record.id)
            else:
                return record

    async def command(self, command_id: str) -> CommandRecord:
        """A command as it stands."""
        return _record((await self._at.request("GET", f"/v1/commands/{command_id}")).body)

    # --- questions

    async def answer(self, question: NeedInfo, answer: Answer) -> CommandRecord:
        """Answer a question; the command's record then. See `submit`, `skip` and `cancel`.

        Raises BadRequestError naming the field, ConflictError if somebody else was first, GoneError if late.
        """
        path = f"/v1/commands/{question.command_id}/answer"
        reply = await self._at.request(
            "POST", path, query={"wait": f"{WAIT_S:g}"}, body=answer, wait_s=WAIT_S, again=False
        )
        return _record(reply.body)

    async def questions(self) -> AsyncIterator[NeedInfo]:
        """Those that are open."""
        async for page in pages(self._at, "/v1/needinfo", _questions, {}):
            for one in page.needinfo:
                yield one

    async def answer_questions(self, handler: Handler, wanted: stream.Filter = _NO_FILTER) -> None:
        """Answer everybody's questions, for ever: those that are open, and those that come.

        `wanted`: of which platforms, agents or sessions.
        The handler is given each once, in a task of its own that ends when somebody else was first or its
        time is up; None leaves a question to somebody else.
        """
        types = (tag(NeedInfoRequested), tag(NeedInfoResolved))
        followed = self.events(msgspec.structs.replace(wanted, types=types))

        async def answer(question: NeedInfo) -> None:
            said = await asked(handler, question, self._at)
            if said is not None:
                with suppress(ConflictError, GoneError, NotFoundError):  # it was answered meanwhile
                    await self.answer(question, said)

        async with followed, asyncio.TaskGroup() as group:
            at_work = Open(group, answer)
            await followed.joined()
            at_work.begin([one async for one in self.questions() if _fits(one, wanted)])
            async for told in followed:
                match told:
                    case NeedInfoRequested(needinfo=question):
                        at_work.begin([question])
                    case NeedInfoResolved(needinfo=question):
                        at_work.end(question.id)
                    case stream.StreamGap():
                        at_work.begin([one async for one in self.questions() if _fits(one, wanted)])
                    case _:
                        pass

    async def answer_query(self, query_id: str, answer: AnyQueryAnswer) -> None:
        """Answer what a platform asks of the CRM."""
        await self._at.request("POST", f"/v1/queries/{query_id}/answer", body=answer)

    # --- lists

    async def platforms(self) -> AsyncIterator[api.PlatformInfo]:
        """The platforms in sight, with what each can be told."""
        async for page in pages(self._at, "/v1/platforms", _platforms, {}):
            for one in page.platforms:
                yield one

    async def sessions(
        self, wanted: stream.Filter = _NO_FILTER, *, per_page: int = PAGE
    ) -> AsyncIterator[AgentSession]:
        """Agents that are signed in."""
        async for page in pages(
            self._at, "/v1/sessions", _sessions, [*as_query(wanted), ("limit", str(per_page))]
        ):
            for one in page.sessions:
                yield one

    async def interactions(
        self, wanted: stream.Filter = _NO_FILTER, *, per_page: int = PAGE
    ) -> AsyncIterator[Interaction]:
        """Interactions that are open."""
        async for page in pages(
            self._at, "/v1/interactions", _interactions, [*as_query(wanted), ("limit", str(per_page))]
        ):
            for one in page.interactions:
                yield one

    async def session(self, session_id: str) -> AgentSession:
        """One agent session. Raises NotFoundError."""
        return _session((await self._at.request("GET", f"/v1/sessions/{session_id}")).body)

    async def interaction(self, interaction_id: str) -> Interaction:
        """One interaction, open or completed not long ago. Raises NotFoundError."""
        return _interaction((await self._at.request("GET", f"/v1/interactions/{interaction_id}")).body)

    # --- tokens

    async def mint_token(
        self,
        platform_id: str,
        agent_id: str,
        *,
        role: Role = Role.FACADE,
        ttl_s: int = 600,
        grant: Grant | None = None,
    ) -> api.MintedToken:
        """A token for a page of that agent: it sees him, and acts for him, and nobody else."""
        wanted = api.TokenRequest(
            platform_id=PlatformId(platform_id),
            agent_id=AgentId(agent_id),
            role=role,
            ttl_s=ttl_s,
            grant=grant or Grant(),
        )
        return _token((await self._at.request("POST", "/v1/link-tokens", body=wanted, again=True)).body)

    async def revoke_token(self, token: str) -> None:
        """Take a token out of use; what is connected by it is closed."""
        await self._at.request("POST", "/v1/link-tokens/revoke", body={"token": token}, again=True)

    async def stream_ticket(self) -> api.StreamTicket:
        """What a browser opens one stream with, in place of a key; good for half a minute."""
        return _ticket((await self._at.request("POST", "/v1/stream-tickets", again=True)).body)


def _all_again(after: Cursor, first: Cursor) -> stream.StreamGap:
    """The journal has lost what we were told: everything that it has follows."""
    start = Cursor(first - 1)
    return stream.StreamGap(after=after, first=first, restart_after=start, resume=Resume(str(start)))


def _fits(question: NeedInfo, wanted: stream.Filter) -> bool:
    """As far as a question says it."""
    return (
        question.platform_id in (wanted.platforms or (question.platform_id,))
        and question.agent_id in (wanted.agents or (question.agent_id,))
        and question.session_id in (wanted.sessions or (question.session_id,))
    )
