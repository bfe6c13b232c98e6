"""`/v1`: snapshots, commands, answers, events, link tokens; and the operator's addresses beside it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec
from aiohttp import web

from gateway.admission import admit, narrow, require_command, require_sight
from gateway.api import sse
from gateway.api.stream import matching
from gateway.clock import Clock
from gateway.dispatch import Dispatch
from gateway.platform import BadFrame, Platform
from gateway.queries import Queries
from gateway.router import Filter, Router
from gateway.security.access import Gate, Principal, Scope
from gateway.security.tokens import DEFAULT_TTL_S, Role, Tokens
from gateway.state import State
from gateway.store.base import Store
from schemas.commands import AnyCommand
from schemas.errors import RefusedError
from schemas.events import LinkState
from schemas.ids import AgentId, CommandId, Cursor, InteractionId, PlatformId, SessionId
from schemas.needinfo import Answer
from schemas.queries import AnyQueryAnswer
from schemas.results import CommandStatus, ErrorCode

_WAIT_S: Final = 10.0
_LONGEST_WAIT_S: Final = 60.0
_PAGE: Final = 1_000


class PlatformInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A platform, for clients and operators."""

    id: PlatformId
    dialect: str
    state: LinkState
    links: int
    commands: dict[str, str]  # verb: exact, flow, approximate, gateway or unsupported
    malformed: int
    bad_frames: list[BadFrame]


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /v1/link-tokens`."""

    agent_id: AgentId
    platform_id: PlatformId
    role: Role
    ttl_s: int = DEFAULT_TTL_S


_command: Final = msgspec.json.Decoder[AnyCommand](AnyCommand)
_answer: Final = msgspec.json.Decoder(Answer)
_query_answer: Final = msgspec.json.Decoder[AnyQueryAnswer](AnyQueryAnswer)
_token: Final = msgspec.json.Decoder(TokenRequest)
_encode: Final = msgspec.json.Encoder().encode


def respond(body: object, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(body=_encode(body), status=status, content_type="application/json")


def _names(request: web.Request, key: str) -> frozenset[str]:
    return frozenset(name for text in request.query.getall(key, []) for name in text.split(",") if name)


def filter_of(request: web.Request) -> Filter:
    """The filter in a query: `platform`, `agent`, `session`, `interaction`, `type`; commas or repeated."""
    return Filter(
        platforms=_names(request, "platform"),
        agents=_names(request, "agent"),
        sessions=_names(request, "session"),
        interactions=_names(request, "interaction"),
        types=_names(request, "type"),
    )


def number(request: web.Request, key: str, default: float, highest: float) -> float:
    """A number from the query string. Raises RefusedError outside of 0 to `highest`."""
    text = request.query.get(key)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= highest:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"{key}: must be a number from 0 to {highest:g}")
    return value


class Rest:
    """The handlers."""

    def __init__(  # noqa: PLR0913  # it is where the parts meet
        self,
        *,
        platforms: Mapping[PlatformId, Platform],
        state: State,
        store: Store,
        router: Router,
        dispatch: Dispatch,
        queries: Queries,
        gate: Gate,
        tokens: Tokens,
        clock: Clock,
        buffer_bytes: int,
    ) -> None:
        self._platforms = platforms
        self._state = state
        self._store = store
        self._router = router
        self._dispatch = dispatch
        self._queries = queries
        self._gate = gate
        self._tokens = tokens
        self._clock = clock
        self._buffer_bytes = buffer_bytes

    def routes(self) -> list[web.RouteDef]:
        """Method and path of each handler."""
        return [
            web.get("/v1/platforms", self.platforms),
            web.get("/v1/sessions", self.sessions),
            web.get("/v1/sessions/{id}", self.session),
            web.get("/v1/interactions", self.interactions),
            web.get("/v1/interactions/{id}", self.interaction),
            web.post("/v1/commands", self.command),
            web.get("/v1/commands/{id}", self.command_record),
            web.post("/v1/commands/{id}/answer", self.answer),
            web.get("/v1/needinfo", self.needinfo),
            web.post("/v1/queries/{id}/answer", self.query_answer),
            web.get("/v1/events", self.events),
            web.get("/v1/events/stream", self.events_stream),
            web.post("/v1/link-tokens", self.link_token),
        ]

    def principal(self, request: web.Request, scope: Scope) -> Principal:
        """Who asks. Raises RefusedError without that scope."""
        principal = admit(self._gate, request)
        principal.require(scope)
        return principal

    async def platforms(self, request: web.Request) -> web.Response:
        """All platforms that the caller may see, with what their dialect can say."""
        principal = self.principal(request, Scope.EVENTS_READ)
        return respond(
            {
                "platforms": [
                    PlatformInfo(
                        id=one.id,
                        dialect=one.dialect.name,
                        state=one.state,
                        links=one.links,
                        commands={
                            verb: ability.support
                            for verb, ability in one.dialect.capabilities.commands_south.items()
                        },
                        malformed=one.malformed,
                        bad_frames=list(one.bad_frames) if Scope.ADMIN in principal.scopes else [],
                    )
                    for one in self._platforms.values()
                    if principal.platform_id in (None, one.id)
                ]
            }
        )

    async def sessions(self, request: web.Request) -> web.Response:
        """Agent sessions."""
        wanted = narrow(self.principal(request, Scope.EVENTS_READ), filter_of(request))
        sessions, _ = matching(self._state, wanted)
        return respond({"sessions": sessions, "cursor": self._router.cursor})

    async def session(self, request: web.Request) -> web.Response:
        """One agent session."""
        principal = self.principal(request, Scope.EVENTS_READ)
        found = self._state.sessions.get(SessionId(request.match_info["id"]))
        if found is None or not principal.sees(found.platform_id, found.agent_id):
            raise RefusedError(ErrorCode.UNKNOWN_SESSION, f"there is no session {request.match_info['id']}")
        return respond(found)

    async def interactions(self, request: web.Request) -> web.Response:
        """Open interactions."""
        wanted = narrow(self.principal(request, Scope.EVENTS_READ), filter_of(request))
        _, interactions = matching(self._state, wanted)
        return respond({"interactions": interactions, "cursor": self._router.cursor})

    async def interaction(self, request: web.Request) -> web.Response:
        """One interaction, open or completed not long ago."""
        principal = self.principal(request, Scope.EVENTS_READ)
        named = request.match_info["id"]
        found = self._state.interaction(InteractionId(named))
        if found is None or not principal.sees(found.platform_id, found.agent_id):
            raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"there is no interaction {named}")
        return respond(found)

    async def command(self, request: web.Request) -> web.Response:
        """Give a command. 200 once it is finished or asks, 202 if that takes longer than `wait` seconds."""
        principal = self.principal(request, Scope.COMMANDS_WRITE)
        wait_s = number(request, "wait", _WAIT_S, _LONGEST_WAIT_S)
        command = _command.decode(await request.read())
        record = await self._dispatch.submit(
            command,
            principal,
            key=request.headers.get("Idempotency-Key", ""),
            interactive=request.query.get("interactive", "true") != "false",
        )
        return await self._settled(record.id, principal, wait_s)

    async def command_record(self, request: web.Request) -> web.Response:
        """A command as it stands."""
        principal = self.principal(request, Scope.COMMANDS_WRITE)
        return respond(await self._dispatch.find(CommandId(request.match_info["id"]), principal))

    async def answer(self, request: web.Request) -> web.Response:
        """Answer the question of a command."""
        principal = self.principal(request, Scope.COMMANDS_WRITE)
        wait_s = number(request, "wait", _WAIT_S, _LONGEST_WAIT_S)
        answer = _answer.decode(await request.read())
        asked = await self._dispatch.pending.find(answer.needinfo_id)
        if asked.command_id != request.match_info["id"]:
            raise RefusedError(
                ErrorCode.UNKNOWN_OBJECT, f"{answer.needinfo_id} is not a question of this command"
            )
        record = await self._dispatch.answer(answer, principal)
        return await self._settled(record.id, principal, wait_s)

    async def _settled(self, command_id: CommandId, principal: Principal, wait_s: float) -> web.Response:
        record = await self._dispatch.settled(command_id, wait_s)
        if record is None:
            record = await self._dispatch.find(command_id, principal)
        waiting = record.status in (CommandStatus.ACCEPTED, CommandStatus.SENT)
        return respond(record, 202 if waiting else 200)

    async def needinfo(self, request: web.Request) -> web.Response:
        """Open questions."""
        principal = self.principal(request, Scope.EVENTS_READ)
        asked = [one for one in self._dispatch.pending.all() if principal.sees(one.platform_id, one.agent_id)]
        return respond({"needinfo": asked})

    async def query_answer(self, request: web.Request) -> web.Response:
        """Answer a platform's query."""
        principal = self.principal(request, Scope.COMMANDS_WRITE)
        answer = _query_answer.decode(await request.read())
        if answer.query_id != request.match_info["id"]:
            raise RefusedError(ErrorCode.INVALID_COMMAND, "query_id: is not the id in the path")
        platform_id, agent_id = self._queries.about(answer.query_id)
        require_command(principal, "query.answer", platform_id, agent_id)
        self._queries.answer(answer)
        return respond({})

    async def events(self, request: web.Request) -> web.Response:
        """Journaled events after a cursor; `first` above `after` + 1 means that some are no longer kept."""
        wanted = narrow(self.principal(request, Scope.EVENTS_READ), filter_of(request))
        after = sse.resume_point(request) or Cursor(0)
        limit = int(number(request, "limit", 100, _PAGE))
        page = await self._store.read(after, limit)
        bodies = b",".join([one.body for one in page if wanted.accepts(one)])
        upto = page[-1].cursor if page else after
        first = await self._store.first_cursor()
        body = b'{"events":[%s],"cursor":%d,"first":%d}' % (bodies, upto, first)
        return web.Response(body=body, content_type="application/json")

    async def events_stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events."""
        principal = self.principal(request, Scope.EVENTS_READ)
        stream = sse.Sse(self._router, self._store, narrow(principal, filter_of(request)), self._buffer_bytes)
        return await stream.serve(request, sse.resume_point(request))

    async def link_token(self, request: web.Request) -> web.Response:
        """Mint a token for a page: a platform's relay, or a client in a dialect."""
        principal = self.principal(request, Scope.LINKS)
        if principal.role is not None:  # or it would live for ever, and as whatever it likes
            raise RefusedError(ErrorCode.NOT_ALLOWED, "a token cannot mint tokens")
        wanted = _token.decode(await request.read())
        if wanted.platform_id not in self._platforms:
            raise RefusedError(ErrorCode.UNKNOWN_PLATFORM, f"there is no platform {wanted.platform_id}")
        require_sight(principal, wanted.platform_id, wanted.agent_id)
        token = self._tokens.mint(wanted.agent_id, wanted.platform_id, wanted.role, wanted.ttl_s)
        expires_at = self._clock.now() + timedelta(seconds=wanted.ttl_s)
        return respond({"token": token, "expires_at": expires_at}, 201)
