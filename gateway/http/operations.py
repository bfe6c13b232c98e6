"""Operations: what is served where, to whom, and with which answers.

The table of them is the only way to a route, and what the contract is made of: nothing is served that is not
documented, and the scope that is documented is the one that is asked for.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from inspect import getdoc
from typing import Final

import msgspec
from aiohttp import hdrs, web
from multidict import MultiMapping

from gateway.events.filters import Filter
from gateway.http import bodies
from gateway.http.admission import AUTHORIZED, TICKET, admit, look_at, use_ticket
from gateway.http.connection import refuse_expectation
from gateway.http.cors import cors
from gateway.http.problems import OF_STATUS, STATUS
from gateway.http.reading import SHOWN, nearest
from gateway.security.access import Gate, Principal, Scope
from gateway.store.conditions import MAX_ALTERNATIVES, MAX_CONDITIONS, from_texts
from schemas.errors import RefusedError
from schemas.grants import FieldClass
from schemas.interaction import Media
from schemas.results import ErrorCode

JSON: Final = "application/json"
TEXT: Final[Mapping[str, object]] = {"type": "string"}
_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_EXAMPLE: Final = "\nExample: "
_OF_BODIES: Final = (
    *(HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    *(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.EXPECTATION_FAILED),
)
NOBODY: Final = Principal(name="nobody", scopes=frozenset())

Handler = Callable[[web.Request, Principal], Awaitable[web.StreamResponse]]
Unguarded = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Parameter:
    """A parameter in the query or in a header; those in the path need no row. An array may be repeated."""

    name: str
    what: str
    schema: Mapping[str, object] = field(default_factory=lambda: TEXT)
    place: str = "query"


@dataclass(frozen=True)
class Number:
    """A parameter in the query: a number from `lowest` to `highest`."""

    name: str
    what: str
    default: float
    highest: float
    whole: bool = False
    lowest: float = 0
    place: str = "query"

    @property
    def schema(self) -> Mapping[str, object]:
        """What it may be."""
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.lowest, "maximum": self.highest, "default": self.default}

    def read(self, request: web.Request) -> float:
        """The number in a request. Raises RefusedError outside of its bounds."""
        text = request.query.get(self.name)
        if text is None:
            return self.default
        value = float(text) if _NUMBER.fullmatch(text) else -1.0
        if not self.lowest <= value <= self.highest or (self.whole and not value.is_integer()):
            kind = "whole number" if self.whole else "number"
            what = f"{self.name}: must be a {kind} from {self.lowest:g} to {self.highest:g}"
            raise RefusedError(ErrorCode.INVALID_COMMAND, what)
        return value


@dataclass(frozen=True)
class Flag:
    """A parameter in the query: `true` or `false`."""

    name: str
    what: str
    default: bool
    place: str = "query"

    @property
    def schema(self) -> Mapping[str, object]:
        """What it may be."""
        return {"type": "boolean", "default": self.default}

    def read(self, request: web.Request) -> bool:
        """What it says in a request. Raises RefusedError for anything else."""
        text = request.query.get(self.name)
        if text not in (None, "true", "false"):
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"{self.name}: must be true or false")
        return self.default if text is None else text == "true"


AnyParameter = Parameter | Number | Flag

_NAMES: Final[Mapping[str, object]] = {"type": "array", "items": TEXT}
_PLACE: Final[Mapping[str, object]] = {"anyOf": [{"type": "integer", "minimum": 0}, TEXT]}
AFTER: Final = Parameter("after", "Go on after this `cursor`, or after this `resume`.", _PLACE)
LAST_EVENT_ID: Final = Parameter("Last-Event-ID", "The same; goes before `after`.", _PLACE, "header")
TICKETED: Final = Parameter(TICKET, "A ticket, in place of a key: see `/v1/stream-tickets`.")
SNAPSHOT: Final = Flag(
    "snapshot",
    "`true`: all sessions and open interactions come first, unless the cursor can be gone on from.",
    default=False,
)
_CONTENT: Final = Parameter(
    "content",
    "Only where this stands there: `path:value`, such as `interaction.data.account:4711`. Repeat it: other"
    " paths must fit too, of the same path any value. `path:*` is whatever is there, `path:some*` a prefix,"
    " `path:null` nothing. Numbers, `true` and `null` are also taken as text; in quotes, as text alone.",
    {"type": "array", "items": TEXT, "maxItems": MAX_CONDITIONS * MAX_ALTERNATIVES},
)
_CLASSES: Final[Mapping[str, object]] = {"type": "array", "items": {"enum": list(FieldClass)}}
SESSION_FILTER: Final = (
    Parameter("platform", "Only of these platforms; repeat it, or separate by commas.", _NAMES),
    Parameter("agent", "Only of these agents.", _NAMES),
    Parameter("session", "Only of these agent sessions.", _NAMES),
    Parameter("team", "Only of these teams' agents, as they are configured.", _NAMES),
    _CONTENT,
    Parameter("mask", "Fields of these classes are masked, what is the platform's own left out.", _CLASSES),
    Parameter("drop", "Fields of these classes are left out, and what is the platform's own.", _CLASSES),
)
INTERACTION_FILTER: Final = (
    *SESSION_FILTER,
    Parameter("interaction", "Only of these interactions.", _NAMES),
    Parameter(
        "media", "Only of interactions of these media.", {"type": "array", "items": {"enum": list(Media)}}
    ),
)
EVENT_FILTER: Final = (
    *INTERACTION_FILTER,
    Parameter(
        "type", "Only events of these types; `interaction.*` stands for all of an interaction.", _NAMES
    ),
)

_FILTER: Final = frozenset(each.name for each in EVENT_FILTER)


def filter_of(request: web.Request) -> Filter:
    """The filter in a query: see EVENT_FILTER. Raises RefusedError that names what is wrong."""
    media = _names(request, "media")
    mask, drop = _names(request, "mask"), _names(request, "drop")
    if not mask | drop <= set(FieldClass):
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"mask, drop: must be of {', '.join(FieldClass)}")
    if not media <= set(Media):
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"media: must be one of {', '.join(Media)}")
    try:
        content = from_texts(request.query.getall("content", []))
    except ValueError as error:
        raise RefusedError(ErrorCode.INVALID_COMMAND, f"content: {error}") from error
    return Filter(
        platforms=_names(request, "platform"),
        agents=_names(request, "agent"),
        sessions=_names(request, "session"),
        interactions=_names(request, "interaction"),
        teams=_names(request, "team"),
        media=frozenset(map(Media, media)),
        types=_names(request, "type"),
        content=content,
        mask=frozenset(map(FieldClass, mask)),
        drop=frozenset(map(FieldClass, drop)),
    )


def _names(request: web.Request, key: str) -> frozenset[str]:
    return frozenset(name for text in request.query.getall(key, []) for name in text.split(",") if name)


@dataclass(frozen=True)
class Operation:
    """One row. `answers` has the type of the body by status, None for no body."""

    group: str
    id: str
    address: str  # method and path, such as `GET /v1/sessions/{id}`
    handler: Handler
    scope: Scope | None  # None: open to everybody
    answers: Mapping[int, object]
    parameters: tuple[AnyParameter, ...] = ()
    body: object = None  # the type; None: takes none
    body_required: bool = True
    problems: tuple[ErrorCode, ...] = ()  # beside those that follow from the rest of the row
    media: str = JSON  # of the body and the answers; anything else is text
    takes: str = ""  # the media type of the body, if another
    changes: bool = False  # what has an entity tag, which the request may name
    by_first_frame: bool = False  # the handler lets in, as the key may come with the first frame, or body
    text: str = ""  # in place of the handler's docstring
    any_query: bool = False  # other parameters are not ours: the page's own, or an older client's
    headers: Mapping[str, str] = field(
        default_factory=dict
    )  # of its answers, beside those of all: what they say

    @property
    def method(self) -> str:
        """In capitals."""
        return self.address.partition(" ")[0]

    @property
    def path(self) -> str:
        """With its variables in braces."""
        return self.address.partition(" ")[2]

    @property
    def ticketed(self) -> bool:
        """Whether a ticket in the query stands for a key there."""
        return any(each.name == TICKET for each in self.parameters)

    @property
    def upgraded(self) -> bool:
        """Whether it becomes a WebSocket: a refusal is then a close code."""
        return HTTPStatus.SWITCHING_PROTOCOLS in self.answers

    @property
    def doc(self) -> tuple[str, str]:
        """The first sentence or line, and all else but an example."""
        first, _, rest = (self.text or getdoc(self.handler) or "").partition(_EXAMPLE)[0].partition("\n")
        return first, " ".join(rest.split())

    @property
    def example(self) -> object:
        """Of a body, as the docstring has it in its end; None: there is none."""
        text = (getdoc(self.handler) or "").partition(_EXAMPLE)[2]
        return msgspec.json.decode(text) if text else None

    def require_known(self, query: MultiMapping[str]) -> None:
        """Raises RefusedError for a parameter that there is not: a misspelt filter lets all through."""
        if self.any_query:
            return
        known = {each.name: each for each in self.parameters if each.place == "query"}
        beside = _FILTER if SESSION_FILTER[0] in self.parameters else ()  # one filter serves everywhere
        for name in query:
            if name not in known and name not in beside:
                what = f"{name[:SHOWN]!r} is no parameter of {self.path}; {nearest(name, known)}"
                raise RefusedError(ErrorCode.INVALID_COMMAND, what)
            repeated = name not in known or known[name].schema.get("type") == "array"
            if not repeated and len(query.getall(name)) > 1:
                raise RefusedError(ErrorCode.INVALID_COMMAND, f"{name}: is given twice")

    def refusals(self) -> dict[int, list[str]]:
        """The types of the problems it answers with, by status."""
        codes = list(self.problems)
        refused: list[int] = [HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE]
        if not self.any_query or self.body is not None:
            codes.append(ErrorCode.INVALID_COMMAND)
        found: dict[int, list[str]] = {}
        if self.scope is not None:
            refused.append(HTTPStatus.UNAUTHORIZED)
            found[HTTPStatus.SERVICE_UNAVAILABLE] = [ErrorCode.INTERNAL]
            codes.append(ErrorCode.NOT_ALLOWED)
            refused += _OF_BODIES  # who has said who he is may send one, wanted or not
        elif self.body is not None:
            refused += _OF_BODIES
        if self.changes:
            refused += [HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED]
        if self.upgraded:
            refused.append(HTTPStatus.UPGRADE_REQUIRED)
            codes.append(ErrorCode.RATE_LIMITED)
        found |= {status: [OF_STATUS[status]] for status in refused}
        for code in dict.fromkeys(codes):
            found.setdefault(STATUS.get(code, web.HTTPUnprocessableEntity.status_code), []).append(code)
        return dict(sorted(found.items()))


def unguarded(handler: Unguarded) -> Handler:
    """A handler that does not ask who it serves, or finds out by itself."""

    @wraps(handler)
    def handle(request: web.Request, _principal: Principal) -> Awaitable[web.StreamResponse]:
        return handler(request)  # no coroutine of its own: a link would keep it for as long as it lives

    return handle


def routes(operations: Sequence[Operation], gate: Gate) -> list[web.RouteDef]:
    """The routes of a table, and beside them `OPTIONS` for all."""
    there: dict[str, dict[str, Operation]] = {}
    for one in operations:
        there.setdefault(one.path, {})[one.method] = one
    return [
        *(web.route(one.method, _pattern(one.path), _serve(one, gate)) for one in operations),
        *(
            web.route(hdrs.METH_OPTIONS, _pattern(path), _options(of_path))
            for path, of_path in there.items()
            if hdrs.METH_OPTIONS not in of_path
        ),
    ]


def _pattern(path: str) -> str:
    """As the router has it: a file's name has a dot, so that one beside the files is not taken for one."""
    return path.replace("{file}", r"{file:[^/]*\.[^/]*}")


def _options(there: Mapping[str, Operation]) -> Unguarded:
    head = [hdrs.METH_HEAD] if hdrs.METH_GET in there else []
    methods = sorted({*there, *head, hdrs.METH_OPTIONS})

    async def options(request: web.Request) -> web.StreamResponse:
        """What there is at an address, for everybody; and to a browser, what its page may send there."""
        response = web.Response(status=204, headers={hdrs.ALLOW: ", ".join(methods)})
        if hdrs.METH_PATCH in there:
            response.headers["Accept-Patch"] = there[hdrs.METH_PATCH].takes
        cors(request).preflight(request, response, methods)
        return response

    return options


def _serve(one: Operation, gate: Gate) -> Unguarded:
    async def serve(request: web.Request) -> web.StreamResponse:
        if one.ticketed and TICKET in request.query:
            use_ticket(request)
        if one.scope is not None:
            await look_at(gate, request)
        if one.scope is None or (one.by_first_frame and not _shows_who(one, request)):
            refuse_expectation(request)
            one.require_known(request.query)
            return await one.handler(request, NOBODY)
        principal = admit(gate, request)
        principal.require(one.scope)
        refuse_expectation(request)
        one.require_known(request.query)
        if request.body_exists and not one.upgraded:
            await bodies.read(request)
        return await one.handler(request, principal)

    return serve


def _shows_who(one: Operation, request: web.Request) -> bool:
    """Whether a WebSocket's request says who asks: then a refusal comes before the handshake."""
    return one.upgraded and (AUTHORIZED in request or hdrs.AUTHORIZATION in request.headers)
