"""All 74 methods of the newest client library (2023-06-05), a row each: what they are in both roles.

The library's objects hang under genesys.wwe.service; the wire name is what follows. How a plain call is made
stands in `calls`, how a request is read in `requests`, whose functions have its parameters, and what takes
several calls in `flows`. Methods that only a platform of the same dialect knows stand in `coverage.toml`.
Source: seed 002, methods; reference 3.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Concatenate, Final

import msgspec

from adapters.contract.capabilities import Word, word, word_by_flow, word_nearly, word_unsaid
from adapters.contract.dialect import Call
from adapters.genesys_wwe import calls, requests, snapshots, tables
from adapters.genesys_wwe.scope import Plan, Scope, plan
from adapters.kit import coverage
from adapters.kit import methods as kit
from adapters.kit.declared import declared
from adapters.kit.methods import Bare, Method, Plain, Reads, plain, positional
from schemas import commands as c
from schemas.errors import RefusedError
from schemas.interaction import EndCause, Interaction
from schemas.results import ErrorCode
from schemas.values import Json

_params = msgspec.json.Decoder(list[Json])


@dataclass(frozen=True, eq=False)
class Row(Method[Scope, Plan]):
    """A method of this API."""

    asks: Reads[Scope, bool] | None = None  # north: whether a platform of the same dialect is asked instead,
    id_at: int | None = None  # and where an interaction's id stands in that
    ends_by: EndCause | None = None  # what the interaction that it names ends by, if the call succeeds
    shown_by: str = tables.INTERACTION_LIST  # what shows whether a call that nobody answered went through

    def plan(self, scope: Scope, params: msgspec.Raw) -> Plan:
        """What a request comes to. Raises RefusedError, and msgspec.DecodeError for wrong parameters."""
        if scope.same_dialect and self.asks is not None and self.asks(scope, params):
            return self._passed_on(scope, _params.decode(params))
        if self.read is None:
            reason = UNAVAILABLE[self.name]
            raise RefusedError(ErrorCode.UNSUPPORTED, f"{self.name} is not available here: {reason}")
        return self.read(scope, params)

    def _passed_on(self, scope: Scope, params: list[Json]) -> Plan:
        """What the platform answers is the answer; an interaction goes by the platform's own handle."""
        session_id, at = scope.session_id(), self.id_at
        one: Interaction | None = None
        if at == 0:  # it may be left out
            one = scope.preview(None if not params or params[0] is None else str(params[0]))
        elif at is not None and len(params) > at:
            one = scope.interaction(str(params[at]))
        about = None
        if at is not None and one is not None:
            about, params[at : at + 1] = one.id, [one.ref]
        return plan(
            c.VendorCall(session_id=session_id, method=self.name, params=tuple(params), interaction_id=about)
        )


# The client library's own: no services of the desktop.
SUBSCRIBE: Final = "subscribe"
UNSUBSCRIBE: Final = "unsubscribe"

# --- kinds of rows

_Request = Callable[Concatenate[Scope, ...], Plan]
_VENDOR_CALL: Final = word("vendor.call")


def _is(kind: type[c.Command]) -> Word:
    return word(c.verb(kind))


def _both(name: str, kind: type[c.Command], request: _Request, *called: Plain) -> Row:
    """The same command in both roles."""
    return Row(name, _is(kind), _is(kind), called, positional(request))


def _bare(kind: Bare) -> Reads[Scope, Plan]:
    """[interactionId], and perhaps [consultInteractionId]: nothing else."""

    def read(scope: Scope, interaction_id: str) -> Plan:
        return plan(kind(interaction_id=scope.interaction(interaction_id).id))

    return positional(read)


def _same(
    name: str,
    kind: Bare,
    ends_by: EndCause | None = None,
    of: Callable[[Bare], Plain] = calls.with_interaction,
) -> Row:
    """The interaction's id, or that of its consultation, nothing else, in both roles."""
    return Row(name, _is(kind), _is(kind), (of(kind),), _bare(kind), ends_by=ends_by)


def _to_target(name: str, kind: calls.ToTarget, ends_by: EndCause | None = None) -> Row:
    """To another party, in both roles. A target that our model has not got is the same vendor's affair."""
    call = calls.with_interaction(kind, calls.target, lambda one: one.data, lambda one: one.extensions)
    read, asks = positional(partial(requests.to_target, kind)), positional(requests.is_target_unknown)
    return Row(name, _is(kind), _is(kind), (call,), read, asks, id_at=0, ends_by=ends_by)


def _north(name: str, said: Word, request: _Request, asks: Reads[Scope, bool] | None = None) -> Row:
    """A command, or what is known, to a client; south it is called as it is."""
    return Row(name, _VENDOR_CALL, said, read=positional(request), asks=asks)


def _known(answer: Callable[[Scope], Json]) -> Reads[Scope, Plan]:
    """Answered from what is known, whatever the parameters."""
    return lambda scope, _params: Plan(data=answer(scope))


def _fixed(answer: Json) -> Reads[Scope, Plan]:
    """Answered alike, whatever there is."""
    return _known(lambda _scope: answer)


def _always(_scope: Scope, _params: object) -> bool:
    """Whatever the parameters: the platform knows better."""
    return True


def _of_the_agent(name: str, south: Word, north: Word, shown: Callable[[Scope], Json]) -> Row:
    """Answered as the platform of the same dialect has said it last, else from what is known."""

    def answer(scope: Scope) -> Json:
        said = scope.said(name)
        return shown(scope) if said is None else said

    return Row(name, south, north, read=_known(answer))


def _microphone(name: str, kind: type[c.Mute | c.Unmute], south: str, north: str) -> Row:
    """Of the whole endpoint. Without a call there is none that a command could be about."""
    return Row(
        name,
        word_nearly(c.verb(kind), south),
        word_nearly(c.verb(kind), north),
        (plain(kind, lambda row, _command, _context: row()),),
        lambda scope, _params: requests.microphone(kind, scope),
        lambda scope, _params: not requests.calls(scope),
    )


def _else(canonical: str, reason: str) -> Word:
    """What only a platform of the same dialect takes as it is meant."""
    return word_nearly(canonical, f"passed on to a platform of the same vendor; else {reason}")


def _services(scope: Scope) -> Json:
    """What the client may call."""
    return sorted(
        name
        for name, row in BY_NAME.items()
        if (row.read is not None or (scope.same_dialect and row.asks is not None))
        and scope.settings.serves(name)
    )


# --- the rows

GET_INTERACTIONS: Final = Row(
    tables.INTERACTION_LIST,
    word("interaction.created"),
    word_nearly(
        "interaction snapshots", "what is over for good is not listed, though a desktop may go on listing it"
    ),
    read=_known(requests.interactions),
)
GET_INTERACTION: Final = _north(
    "interaction.getByInteractionId", word("interaction snapshot"), requests.interaction
)
SET_USER_DATA: Final = _both(
    "interaction.setUserData",
    c.SetData,
    requests.set_data,
    calls.with_interaction(c.SetData, lambda one: one.data),
)
DELETE_USER_DATA: Final = _both(
    "interaction.deleteUserData",
    c.DeleteData,
    requests.delete_data,
    calls.with_interaction(c.DeleteData, lambda one: one.key),
)
SELECT_CASE: Final = _both(
    "interaction.selectCaseByCaseId", c.Focus, requests.select_case, calls.with_case(c.Focus)
)
MARKDONE: Final = _both("interaction.markdone", c.Complete, requests.complete)
BLOCK_MARKDONE: Final = _both("interaction.blockMarkdone", c.BlockCompletion, requests.block)
UNBLOCK_MARKDONE: Final = _same("interaction.unblockMarkdone", c.UnblockCompletion)
ACCEPT: Final = _same("interaction.accept", c.Accept)
REJECT: Final = _same("interaction.reject", c.Reject, EndCause.DECLINED)
CONSULT: Final = _to_target("interaction.consult", c.Consult)
SINGLE_STEP_TRANSFER: Final = _to_target(
    "interaction.singleStepTransfer", c.SingleStepTransfer, EndCause.TRANSFERRED
)
SINGLE_STEP_CONFERENCE: Final = _to_target("interaction.singleStepConference", c.SingleStepConference)
COMPLETE_TRANSFER: Final = _same(
    "interaction.completeTransfer", c.CompleteTransfer, EndCause.TRANSFERRED, calls.with_consultation
)
COMPLETE_CONFERENCE: Final = _same(
    "interaction.completeConference", c.CompleteConference, EndCause.CONFERENCED, calls.with_consultation
)

GET_AGENT: Final = _of_the_agent(
    "agent.get",
    word("agent.logged_in"),
    word_nearly("agent snapshot", "rights are not in the model: everybody is an agent"),
    lambda scope: snapshots.agent(scope.session(), scope.agent_id),
)
GET_STATE: Final = _of_the_agent(
    "agent.getState",
    word("agent.state_changed"),
    word_nearly("agent snapshot", "reserved and busy show as ready, supervising as unknown"),
    lambda scope: snapshots.agent_state(scope.session()),
)
GET_STATES: Final = _of_the_agent(
    tables.STATE_LIST,
    word("agent.updated"),
    word("agent snapshot"),
    lambda scope: [state for state, _ in snapshots.state_list(scope.session())],
)
SET_STATE: Final = Row(
    "agent.setState",
    word_by_flow(c.verb(c.SetState)),
    _is(c.SetState),
    read=positional(requests.set_state),
    shown_by=GET_STATE.name,
)
GET_MEDIA: Final = _of_the_agent(
    tables.MEDIA_LIST,
    word("agent.updated"),
    word("agent snapshot"),
    lambda scope: snapshots.media_list(scope.session()),
)
GET_MEDIUM: Final = _north("media.getMediaByName", word("agent snapshot"), requests.medium)
SET_MEDIUM_STATE: Final = Row(
    "media.setState",
    _VENDOR_CALL,
    _else(c.verb(c.SetState), "only for an agent with one medium"),
    read=positional(requests.set_medium_state),
    asks=lambda scope, _params: requests.has_several_media(scope),
    shown_by=GET_MEDIA.name,
)

DIAL: Final = _both("voice.dial", c.Dial, requests.dial)
DIAL_EX: Final = _both("voice.dialEx", c.Dial, requests.dial)
ANSWER: Final = Row("voice.answer", _VENDOR_CALL, _is(c.Accept), read=_bare(c.Accept))
HOLD: Final = _same("voice.hold", c.Hold)
RESUME: Final = _same("voice.resume", c.Retrieve)
HANG_UP: Final = _same("voice.hangUp", c.Release, EndCause.NORMAL)
START_RECORDING: Final = _same("voice.startCallRecording", c.StartRecording)
STOP_RECORDING: Final = _same("voice.stopCallRecording", c.StopRecording)
PAUSE_RECORDING: Final = _same("voice.pauseCallRecording", c.PauseRecording)
RESUME_RECORDING: Final = _same("voice.resumeCallRecording", c.ResumeRecording)
CREATE_EMAIL: Final = _both("email.create", c.StartEmail, requests.start_email)

MUTE_MICROPHONE: Final = _microphone(
    "sipEndpoint.muteMicrophone",
    c.Mute,
    "The microphone of the whole endpoint is closed, not that of one call",
    "every connected call of the agent",
)
UNMUTE_MICROPHONE: Final = _microphone(
    "sipEndpoint.unmuteMicrophone",
    c.Unmute,
    "The microphone of the whole endpoint is opened, not that of one call",
    "every muted call of the agent",
)
# He may have muted himself elsewhere.
IS_MICROPHONE_MUTE: Final = Row(
    "sipEndpoint.isMicrophoneMute",
    _VENDOR_CALL,
    word_nearly("interaction snapshots", "whether any call is muted"),
    read=_known(requests.muted),
    asks=_always,
)

CALL_PREVIEW: Final = Row(
    "outbound.callPreviewRecord",
    _VENDOR_CALL,
    word_nearly(
        c.verb(c.Accept),
        "which record of a chain is dialled is known to a platform of the same vendor only",
    ),
    read=positional(partial(requests.preview, c.Accept)),
    asks=_always,
    id_at=0,
)
REJECT_PREVIEW: Final = _both("outbound.rejectPreviewRecord", c.Reject, partial(requests.preview, c.Reject))

GET_SERVICES: Final = Row("system.getAllowedServices", _VENDOR_CALL, word("settings"), read=_known(_services))
TRIGGER_ACTIVITY: Final = Row(
    "system.triggerActivity",
    _VENDOR_CALL,
    _else("", "there is no inactivity timer to put back"),
    read=_fixed(None),
    asks=_always,
)
GET_OPTION: Final = _north(
    "configuration.getOption",
    word_nearly(
        "settings", "what the gateway is given to show; without any, a platform of the same vendor is asked"
    ),
    requests.options,
    lambda scope, _params: not scope.settings.options,
)
BROADCAST: Final = _north(
    "messenger.broadcastMessage",
    word_nearly("", "to the gateway's clients of the agent; none other is reached"),
    requests.broadcast,
)
# The page that could say whether it is visible is the relay's, not the client's.
AM_I_VISIBLE: Final = Row(
    "system.amIVisible", _VENDOR_CALL, word_unsaid("the gateway does not see the browser's tabs")
)
GET_JWT_TOKEN: Final = Row(
    "auth.getJwtToken",
    word_unsaid("its answer is a secret and would stand in results and journals"),
    word_unsaid("the platform's access token is a secret and not handed out"),
)
# What is not passed on, whoever asks: its answer would stand in results and journals.
SECRETS: Final = frozenset({GET_JWT_TOKEN.name, "auth.getPureCloudToken"})

# Which frame of several leads. Each connection stands for a desktop with a single frame.
FRAME: Final[Mapping[str, bool]] = {
    "system.isFrameLeading": True,
    "system.isFrameFollowing": False,
    "system.isFrameNegotiating": False,
    "system.isFrameLeadingOrNegotiating": True,
    "system.isLastActiveFrame": True,
}
_ONE_FRAME: Final = word_nearly("", "each connection stands for a desktop with one frame, which leads")

# What the model has no word for, and why; the first parameter of some is an interaction's id.
OF_A_RECORD: Final = coverage.passed(tables.PACKAGE, "of_a_record")
PASSED: Final = {**OF_A_RECORD, **coverage.passed(tables.PACKAGE, "as_it_came")}
# What is not available over a platform of another vendor: why.
UNAVAILABLE: Final[Mapping[str, str]] = {
    **PASSED,
    **{row.name: row.north.note for row in (AM_I_VISIBLE, GET_JWT_TOKEN)},
}

ROWS: Final[tuple[Row, ...]] = (
    *(row for row in list(globals().values()) if isinstance(row, Row)),
    *(Row(name, _VENDOR_CALL, _ONE_FRAME, read=_fixed(leads)) for name, leads in FRAME.items()),
    *(
        Row(
            name,
            _VENDOR_CALL,
            _else("vendor.call", reason),
            asks=_always,
            id_at=0 if name in OF_A_RECORD else None,
        )
        for name, reason in PASSED.items()
    ),
)
# Documented for the same protocol, but in no client library, so not of the 74.
GET_CONTEXTUAL_OPTION: Final = Row(
    "configuration.getContextualOption",
    _VENDOR_CALL,
    GET_OPTION.north,
    read=positional(requests.contextual_options),
    asks=GET_OPTION.asks,
    id_at=1,
)
BY_NAME: Final[Mapping[str, Row]] = kit.by_name((*ROWS, GET_CONTEXTUAL_OPTION))


def shown_by(call: Call) -> str:
    """What shows whether a call went through that was not answered: a limit on requests, or a lost reply."""
    row = BY_NAME.get(call.method)
    return tables.INTERACTION_LIST if row is None else row.shown_by


CAPABILITIES, VOCABULARY = declared(
    tables.PACKAGE, ROWS, globals(), voice_only=frozenset({c.verb(c.Release)})
)
