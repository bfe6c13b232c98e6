"""The client's methods, a row each: what they are in both roles.

How a plain call is made stands in `calls`, how a request is read in `requests`, whose functions have its
parameters, and what takes several calls in `flows`. Source: docs/sources/amazon-connect.md, section 10.4.
"""

from collections.abc import Callable, Mapping
from typing import Concatenate, Final

import msgspec

from adapters.amazon_connect import calls, requests, tables
from adapters.amazon_connect.scope import Plan, Scope
from adapters.contract.capabilities import Word, word, word_nearly, word_unsaid
from adapters.kit import coverage
from adapters.kit import methods as kit
from adapters.kit.declared import declared
from adapters.kit.methods import Method, Plain, Reads, named, plain
from schemas import commands as c
from schemas.values import Json

Row = Method[Scope, Plan]

WHOLE_AGENT: Final = "The microphone of the whole agent, not that of one call"
_VENDOR_CALL: Final = word("vendor.call")
_Request = Callable[Concatenate[Scope, ...], Plan]


def _both(name: str, kinds: tuple[type[c.Command], ...], request: _Request, *called: Plain) -> Row:
    """The same commands in both roles."""
    said = word(", ".join(c.verb(kind) for kind in kinds))
    return Row(name, said, said, called, named(request))


def _north(name: str, said: Word, request: _Request) -> Row:
    """A command to a client; south it is called as it is."""
    return Row(name, _VENDOR_CALL, said, read=named(request))


def _known(answer: Callable[[Scope], Json]) -> Reads[Scope, Plan]:
    """Answered from what is known, whatever the parameters."""
    return lambda scope, _params: Plan(data=answer(scope))


def _shown(name: str, answer: Callable[[Scope], Json]) -> Row:
    """What the last update said. South these would take the platform's long poll out of step."""
    return Row(
        name,
        word_unsaid("it would take the page's own reading out of step"),
        word("agent and interaction snapshots"),
        read=_known(answer),
    )


def _dropped(name: str, why: str) -> Row:
    """Taken, and nothing comes of it."""
    return Row(name, _VENDOR_CALL, word_nearly("", why), read=_known(lambda _scope: {}))


def _configuration(scope: Scope) -> dict[str, Json]:
    """As it was told."""
    return {} if scope.last is None else msgspec.to_builtins(scope.last.configuration)


def _routing_profile(scope: Scope) -> Json:
    profile = _configuration(scope).get("routingProfile")
    return {"queues": profile.get("queues", ()) if isinstance(profile, dict) else ()}


ACCEPT: Final = _both("acceptContact", (c.Accept,), requests.accept, calls.with_contact(c.Accept))
REJECT: Final = _both("rejectContact", (c.Reject,), requests.reject, calls.with_contact(c.Reject))
CLEAR: Final = _both("clearContact", (c.Complete,), requests.complete, calls.with_contact(c.Complete))
COMPLETE: Final = _north("completeContact", word(c.verb(c.Complete)), requests.complete)
DESTROY: Final = _both(
    "destroyConnection",
    (c.Release, c.DropParty),
    requests.destroy,
    plain(c.Release, calls.release),
    plain(c.DropParty, calls.drop),
)
DESTROY_CONTACT: Final = _north("destroyContact", word(c.verb(c.Release)), requests.release)
HOLD: Final = _both("holdConnection", (c.Hold,), requests.hold, calls.with_leg(c.Hold))
RESUME: Final = _both("resumeConnection", (c.Retrieve,), requests.resume, calls.with_leg(c.Retrieve))
PAUSE: Final = _both("pauseContact", (c.Hold,), requests.pause)
GO_ON: Final = _both("resumeContact", (c.Retrieve,), requests.go_on)
ADD: Final = _both(
    "createAdditionalConnection", (c.Consult,), requests.consult, plain(c.Consult, calls.consult)
)
TOGGLE: Final = _both(
    "toggleActiveConnections", (c.Alternate,), requests.toggle, plain(c.Alternate, calls.toggle)
)
CONFERENCE: Final = _both(
    "conferenceConnections",
    (c.CompleteConference,),
    requests.conference,
    calls.with_contact(c.CompleteConference),
)
INVITE: Final = _both("addNewConnection", (c.SingleStepConference,), requests.invite)
TRANSFER: Final = _both("transferContact", (c.SingleStepTransfer,), requests.transfer)
SEND_DIGITS: Final = _both("sendDigits", (c.SendDtmf,), requests.send_digits, plain(c.SendDtmf, calls.digits))
MUTE_LEG: Final = _both("muteParticipant", (c.Mute,), requests.mute_leg)
UNMUTE_LEG: Final = _both("unmuteParticipant", (c.Unmute,), requests.unmute_leg)
# No method of the vendor's client but a word of its bus; on our links a method, by the bus's name.
MUTE: Final = Row(
    "mute",
    word_nearly(f"{c.verb(c.Mute)}, {c.verb(c.Unmute)}", WHOLE_AGENT),
    word_nearly(f"{c.verb(c.Mute)}, {c.verb(c.Unmute)}", "every connected call of the agent"),
    (calls.mute(c.Mute, mute=True), calls.mute(c.Unmute, mute=False)),
    named(requests.mute),
)
VIEW: Final = Row(  # likewise
    "viewContact",
    word(c.verb(c.Focus)),
    word(c.verb(c.Focus)),
    (calls.with_contact(c.Focus),),
    named(requests.view),
)
LOGOUT: Final = Row(  # likewise
    "signOut",
    word(c.verb(c.Logout)),
    word(c.verb(c.Logout)),
    read=lambda scope, _params: requests.logout(scope),
)
SET_STATE: Final = _both(
    "putAgentState", (c.SetState,), requests.set_state, plain(c.SetState, calls.set_state)
)
DIAL: Final = _both("createOutboundContact", (c.Dial,), requests.dial, plain(c.Dial, calls.dial))
GET_ENDPOINTS: Final = Row(
    "getEndpoints",
    word(c.verb(c.ListDirectory)),
    word(c.verb(c.ListDirectory)),
    (plain(c.ListDirectory, calls.directory),),
    lambda scope, _params: requests.endpoints(scope),
)

# Of no client of the vendor's: what the relay has at hand, and the panel has told last.
GET_DATA: Final = Row(
    "getAgentData",
    word("agent and interaction snapshots"),
    word("agent and interaction snapshots"),
    read=_known(lambda scope: scope.last),
)
GET_SNAPSHOT: Final = _shown(
    "getAgentSnapshot",
    lambda scope: {"snapshot": None if scope.last is None else msgspec.to_builtins(scope.last.snapshot)},
)
GET_STATES: Final = _shown(
    "getAgentStates", lambda scope: {"states": _configuration(scope).get("agentStates", ())}
)
GET_COUNTRIES: Final = _shown(
    "getDialableCountryCodes", lambda scope: {"countryCodes": list(scope.settings.dialable_countries)}
)
GET_QUEUES: Final = _shown("getRoutingProfileQueues", _routing_profile)
GET_PERMISSIONS: Final = _shown(
    "getAgentPermissions", lambda scope: {"permissions": _configuration(scope).get("permissions", ())}
)
GET_CONFIGURATION: Final = _shown(
    "getAgentConfiguration", lambda scope: {"configuration": _configuration(scope)}
)

NOTIFY_ISSUE: Final = _dropped("notifyContactIssue", "taken, and told nobody")
SEND_LOGS: Final = _dropped("sendClientLogs", "dropped: they hold what customers said")
SEND_REPORT: Final = _dropped("sendSoftphoneCallReport", "dropped: there is no audio here")
SEND_METRICS: Final = _dropped("sendSoftphoneCallMetrics", "dropped: there is no audio here")
QUICK_RESPONSES: Final = Row(
    "qrIntegrationExists",
    _VENDOR_CALL,
    word_nearly("", "there are none"),
    read=_known(lambda _scope: False),
)

# What the model has no word for, and why.
PASSED: Final[Mapping[str, str]] = coverage.passed(tables.PACKAGE, "platform")
ROWS: Final[tuple[Row, ...]] = (
    *(row for row in list(globals().values()) if isinstance(row, Method)),
    *(Row(name, _VENDOR_CALL, word_unsaid(reason)) for name, reason in PASSED.items()),
)
BY_NAME: Final[Mapping[str, Row]] = kit.by_name(ROWS)

CAPABILITIES, VOCABULARY = declared(
    tables.PACKAGE,
    ROWS,
    globals(),
    voice_only=frozenset({c.verb(c.Consult), c.verb(c.CompleteTransfer), c.verb(c.CompleteConference)}),
)
