"""`/v1`: snapshots, commands, answers, link tokens. The events are in events.py."""

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web
from msgspec.structs import replace

from adapters.contract.remarks import RemarkKind
from gateway.api.bodies import FailedLink, Interactions, PlatformInfo, Platforms, Questions, Sessions
from gateway.api.history import History, matching
from gateway.commands.dispatch import Dispatch
from gateway.events.filters import Filter
from gateway.events.shown import Shown
from gateway.events.teams import Teams
from gateway.http.admission import narrow, require_sight, require_verb
from gateway.http.answers import Empty, respond
from gateway.http.operations import (
    INTERACTION_FILTER,
    SESSION_FILTER,
    Flag,
    Number,
    Operation,
    Parameter,
    filter_of,
)
from gateway.platforms.platform import Platform
from gateway.queries.answering import ANSWER, Queries
from gateway.security.access import Principal, Scope
from gateway.security.minting import MintedToken, TokenRequest, given, minted
from gateway.security.tokens import Tokens
from schemas.agent import AgentSession
from schemas.commands import AnyCommand
from schemas.errors import RefusedError
from schemas.events import TAGS, NeedInfoRequested
from schemas.ids import CommandId, InteractionId, PlatformId, QueryId, SessionId
from schemas.interaction import Interaction
from schemas.needinfo import Answer
from schemas.queries import AnsweredBy, AnyQueryAnswer
from schemas.results import CommandRecord, CommandStatus, ErrorCode

_WAIT: Final = Number("wait", "Seconds to wait for the command to finish or ask.", default=10, highest=60)
_KEY: Final = Parameter(
    "Idempotency-Key", "Given again, the command is not: its record is the answer.", place="header"
)
_INTERACTIVE: Final = Flag(
    "interactive",
    "`false`: nobody can answer questions; one ends the command with `needs_info`.",
    default=True,
)

_ASKED: Final = TAGS[NeedInfoRequested]

_command: Final = msgspec.json.Decoder[AnyCommand](AnyCommand)
_answer: Final = msgspec.json.Decoder(Answer)
_query_answer: Final = msgspec.json.Decoder[AnyQueryAnswer](AnyQueryAnswer)
_token: Final = msgspec.json.Decoder(TokenRequest)


class Rest:
    """The handlers."""

    def __init__(
        self,
        *,
        platforms: Mapping[PlatformId, Platform],
        shown: Shown,
        history: History,
        dispatch: Dispatch,
        queries: Queries,
        tokens: Tokens,
        teams: Teams,
    ) -> None:
        self._platforms = platforms
        self._shown = shown
        self._history = history
        self._dispatch = dispatch
        self._queries = queries
        self._tokens = tokens
        self._teams = teams

    def operations(self) -> tuple[Operation, ...]:
        """What is served, and by which handler."""
        read, write = Scope.EVENTS_READ, Scope.COMMANDS_WRITE
        code = ErrorCode
        return (
            Operation(
                "Platforms", "list_platforms", "GET /v1/platforms", self.platforms, read, {200: Platforms}
            ),
            Operation(
                *("Snapshots", "list_sessions", "GET /v1/sessions", self.sessions, read, {200: Sessions}),
                parameters=SESSION_FILTER,
            ),
            Operation(
                *("Snapshots", "get_session", "GET /v1/sessions/{id}", self.session, read),
                {200: AgentSession},
                problems=(code.UNKNOWN_SESSION,),
            ),
            Operation(
                *("Snapshots", "list_interactions", "GET /v1/interactions", self.interactions, read),
                {200: Interactions},
                parameters=INTERACTION_FILTER,
            ),
            Operation(
                *("Snapshots", "get_interaction", "GET /v1/interactions/{id}", self.interaction, read),
                {200: Interaction},
                problems=(code.UNKNOWN_INTERACTION,),
            ),
            Operation(
                *("Commands", "send_command", "POST /v1/commands", self.command, write),
                {200: CommandRecord, 202: CommandRecord},
                parameters=(_WAIT, _INTERACTIVE, _KEY),
                body=AnyCommand,
                problems=(
                    *(code.UNKNOWN_PLATFORM, code.UNKNOWN_SESSION, code.UNKNOWN_INTERACTION),
                    *(code.CONFLICT, code.RATE_LIMITED, code.UNAVAILABLE),
                ),
            ),
            Operation(
                *("Commands", "get_command", "GET /v1/commands/{id}", self.command_record, write),
                {200: CommandRecord},
                problems=(code.UNKNOWN_OBJECT,),
            ),
            Operation(
                *("Commands", "answer_question", "POST /v1/commands/{id}/answer", self.answer, write),
                {200: CommandRecord, 202: CommandRecord},
                parameters=(_WAIT,),
                body=Answer,
                problems=(code.UNKNOWN_OBJECT, code.CONFLICT, code.EXPIRED, code.UNAVAILABLE),
            ),
            Operation(
                "Commands", "list_questions", "GET /v1/needinfo", self.needinfo, read, {200: Questions}
            ),
            Operation(
                *("Commands", "answer_query", "POST /v1/queries/{id}/answer", self.query_answer, write),
                {200: Empty},
                body=AnyQueryAnswer,
                problems=(code.UNKNOWN_OBJECT,),
            ),
            Operation(
                *("Links", "mint_link_token", "POST /v1/link-tokens", self.link_token, Scope.LINKS),
                {201: MintedToken},
                body=TokenRequest,
                problems=(code.UNKNOWN_PLATFORM,),
            ),
        )

    async def platforms(self, _request: web.Request, principal: Principal) -> web.Response:
        """All platforms that the caller may see, with what their dialect can say."""
        return respond(
            Platforms(
                [
                    PlatformInfo(
                        id=one.id,
                        dialect=one.dialect.name,
                        state=one.state,
                        reason=one.reason,
                        links=one.links,
                        failing=[
                            FailedLink(
                                agent_id=failing.agent_id,
                                reason=failing.reason,
                                since=failing.since,
                                last=failing.last,
                                times=failing.times,
                            )
                            for failing in one.failing.values()
                            if principal.sees(one.id, failing.agent_id)
                        ],
                        commands={
                            verb: ability.support
                            for verb, ability in one.dialect.capabilities.commands_south.items()
                        },
                        malformed=one.malformed,
                        bad_frames=list(one.bad_frames) if _operates(principal, one) else [],
                        mended=one.remarks[RemarkKind.MENDED],
                        unawaited=one.remarks[RemarkKind.UNAWAITED],
                        remarks=list(one.last_remarks) if _operates(principal, one) else [],
                    )
                    for one in self._platforms.values()
                    if principal.sees_platform(one.id)
                ]
            )
        )

    async def sessions(self, request: web.Request, principal: Principal) -> web.Response:
        """Agent sessions."""
        wanted = narrow(principal, filter_of(request), self._teams)
        sessions, _ = matching(self._shown, wanted)
        return respond(Sessions(sessions, *self._history.now()))

    async def session(self, request: web.Request, principal: Principal) -> web.Response:
        """One agent session."""
        found = self._shown.sessions.get(SessionId(request.match_info["id"]))
        wanted = narrow(principal, Filter(), self._teams)
        if found is None or not (wanted.shows_sessions and wanted.has_session(found)):
            raise RefusedError(ErrorCode.UNKNOWN_SESSION, f"there is no session {request.match_info['id']}")
        return respond(found)

    async def interactions(self, request: web.Request, principal: Principal) -> web.Response:
        """Open interactions."""
        wanted = narrow(principal, filter_of(request), self._teams)
        _, interactions = matching(self._shown, wanted)
        return respond(Interactions(interactions, *self._history.now()))

    async def interaction(self, request: web.Request, principal: Principal) -> web.Response:
        """One interaction, open or completed not long ago."""
        named = request.match_info["id"]
        found = self._shown.interaction(InteractionId(named))
        shows = narrow(principal, Filter(), self._teams).shows_interactions
        if found is None or not (shows and principal.sees(found.platform_id, found.agent_id)):
            raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"there is no interaction {named}")
        return respond(found)

    async def command(self, request: web.Request, principal: Principal) -> web.Response:
        """Give a command. 200 once it is finished or asks, 202 if that takes longer than `wait` seconds."""
        wait_s, interactive = _WAIT.read(request), _INTERACTIVE.read(request)
        command = _command.decode(await request.read())
        record = await self._dispatch.submit(
            command,
            principal,
            key=request.headers.get("Idempotency-Key", ""),
            interactive=interactive,
        )
        return await self._settled(record.id, principal, wait_s)

    async def command_record(self, request: web.Request, principal: Principal) -> web.Response:
        """A command as it stands."""
        return respond(await self._dispatch.find(CommandId(request.match_info["id"]), principal))

    async def answer(self, request: web.Request, principal: Principal) -> web.Response:
        """Answer the question of a command."""
        wait_s = _WAIT.read(request)
        answer = _answer.decode(await request.read())
        record = await self._dispatch.answer(answer, principal, CommandId(request.match_info["id"]))
        return await self._settled(record.id, principal, wait_s)

    async def _settled(self, command_id: CommandId, principal: Principal, wait_s: float) -> web.Response:
        record = await self._dispatch.settled(command_id, min(wait_s, principal.left_s()))
        if record is None:
            record = await self._dispatch.find(command_id, principal)
        waiting = record.status in (CommandStatus.ACCEPTED, CommandStatus.SENT)
        return respond(record, 202 if waiting else 200)

    async def needinfo(self, _request: web.Request, principal: Principal) -> web.Response:
        """Open questions."""
        asked = [
            one for one in self._dispatch.pending.shown() if principal.sees(one.platform_id, one.agent_id)
        ]
        return respond(Questions(asked if principal.sees_type(_ASKED) else []))

    async def query_answer(self, request: web.Request, principal: Principal) -> web.Response:
        """Answer a platform's query. `query_id` may be left out of the body."""
        answer = _query_answer.decode(await request.read())
        query_id = QueryId(request.match_info["id"])
        if answer.query_id not in ("", query_id):
            raise RefusedError(ErrorCode.INVALID_COMMAND, "query_id: is not the id in the path")
        require_verb(principal, ANSWER)
        self._queries.require_sight(query_id, principal)
        self._queries.answer(replace(answer, query_id=query_id), AnsweredBy.CLIENT)
        return respond(Empty())

    async def link_token(self, request: web.Request, principal: Principal) -> web.Response:
        """Mint a token for a page: a platform's relay, or a client in a dialect."""
        wanted = _token.decode(await request.read())
        if wanted.platform_id not in self._platforms or not principal.sees_platform(wanted.platform_id):
            raise RefusedError(ErrorCode.UNKNOWN_PLATFORM, f"there is no platform {wanted.platform_id}")
        require_sight(principal, wanted.platform_id, wanted.agent_id)
        ttl_s = int(min(wanted.ttl_s, principal.left_s()))
        made = minted(
            *(self._tokens, wanted.agent_id, wanted.platform_id, wanted.role, ttl_s),
            origin=principal.origin,
            grant=given(principal, wanted),
        )
        return respond(made, 201)


def _operates(principal: Principal, platform: Platform) -> bool:
    """Whether they see what the operator does of a platform, which may be of any agent's frames."""
    return Scope.ADMIN in principal.scopes and principal.sees(platform.id, None)
