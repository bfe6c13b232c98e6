"""`/v1/audit`: who did what, for the scope admin."""

from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web

from gateway.http.operations import Number, Operation, Parameter
from gateway.runtime.clock import Clock
from gateway.security.access import Principal, Scope
from gateway.security.audit import Action, Audit, Readers
from gateway.store.audit import Wanted
from schemas.errors import RefusedError
from schemas.results import ErrorCode

_DIGITS: Final = 18
_LIMIT: Final = Number("limit", "Entries at most.", default=100, highest=1_000, whole=True)
_AFTER: Final = Parameter("after", "Only those after this number.", {"type": "integer", "minimum": 0})
_PRINCIPAL: Final = Parameter("principal", "Only what this one did, such as `key:<id>`.")
_ACTION: Final = Parameter("action", "Only of this kind.", {"enum": list(Action)})


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One deed. It holds ids, verbs and counts, and nothing of any party."""

    number: int  # from 1, without a gap
    at: datetime
    principal: str  # `key:<id>`, `facade:<platform>:<agent>`, `sign-in:...`, `operator`, `gateway`
    action: Action
    object: str = ""  # the id of what it was done to
    platform_id: str = ""
    agent_id: str = ""
    details: dict[str, str] = {}


class LinkedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in its chain.

    `hash` is SHA-256 of the bytes of `before` and, after them, the JSON of `entry` as it stands here.
    """

    entry: AuditEntry
    before: str
    hash: str


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries in order. The next page begins after the last one's number.

    `first` is the oldest that is kept; `head` is the newest's number and hash. Note that down elsewhere: it
    proves later that nothing was cut off.
    """

    entries: list[LinkedEntry]
    first: int
    head: str


class AuditApi:
    """The handler."""

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._readers = Readers(audit, clock)

    def operations(self) -> tuple[Operation, ...]:
        """What is served."""
        return (
            Operation(
                *("Operator", "list_audit", "GET /v1/audit", self.page, Scope.ADMIN, {200: AuditPage}),
                parameters=(_AFTER, _LIMIT, _PRINCIPAL, _ACTION),
            ),
        )

    async def page(self, request: web.Request, principal: Principal) -> web.Response:
        """Who made, changed, revoked, commanded, answered, replayed, and read in bulk."""
        if not principal.sees_everybody:
            raise RefusedError(ErrorCode.NOT_ALLOWED, "the audit is of everybody, and only some are granted")
        after, action = request.query.get("after", "0"), request.query.get("action", "")
        if not (after.isascii() and after.isdecimal()) or len(after) > _DIGITS:
            raise RefusedError(ErrorCode.INVALID_COMMAND, "after: must be the number of an entry")
        if action and action not in set(Action):
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"action: must be one of {', '.join(Action)}")
        wanted = Wanted(int(after), request.query.get("principal", ""), action)
        self._readers.read(principal.name, Action.AUDIT_READ)
        found = await self._audit.entries(wanted, int(_LIMIT.read(request)))
        head = await self._audit.head()
        entries = b",".join([one.line for one in found])
        body = b'{"entries":[%s],"first":%d,"head":"%s"}' % (entries, head.first, head.text.encode())
        return web.Response(body=body, content_type="application/json")
