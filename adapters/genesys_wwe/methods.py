"""All 74 methods of the newest client library (2023-06-05), a row each: what they are in both roles.

The library's objects hang under genesys.wwe.service; the wire name is what follows. How a plain call is made
stands in `calls`, how a request is read in `requests`, and what takes several calls in `flows`. Source: seed
002, methods; reference 3.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from adapters.contract.capabilities import Ability, Word, word, word_by_flow, word_nearly, word_unsaid
from adapters.genesys_wwe import calls, requests, snapshots, wire
from adapters.genesys_wwe.scope import Plan, Scope, plan
from adapters.genesys_wwe.tables import PACKAGE
from adapters.kit import coverage
from adapters.kit import methods as kit
from adapters.kit.methods import Method, Plain, Reads, plain, reads, served_by
from schemas import commands as c
from schemas.values import Json

Row = Method[Scope, Plan]

# The client library's own: no services of the desktop.
SUBSCRIBE: Final = "subscribe"
UNSUBSCRIBE: Final = "unsubscribe"

# --- kinds of rows

_VENDOR_CALL: Final = word("vendor.call")
_Bare = type[
    c.Accept
    | c.Reject
    | c.Release
    | c.Hold
    | c.Retrieve
    | c.StartRecording
    | c.StopRecording
    | c.PauseRecording
    | c.ResumeRecording
    | c.UnblockCompletion
    | c.CompleteTransfer
    | c.CompleteConference
]


def _is(kind: type[c.Command]) -> Word:
    return word(c.verb(kind))


def _bare(kind: _Bare) -> Reads[Scope, Plan]:
    """The interaction's id, nothing else."""
    return reads(
        wire.OnInteraction,
        lambda scope, params: plan(kind(interaction_id=scope.interaction(params.interactionId).id)),
    )


def _same(name: str, kind: _Bare, call: Plain | None = None) -> Row:
    """The interaction's id, nothing else, in both roles."""
    return Row(name, _is(kind), _is(kind), (call or calls.with_interaction(kind),), _bare(kind))


def _both(name: str, kind: type[c.Command], read: Reads[Scope, Plan], *called: Plain) -> Row:
    """The same command in both roles."""
    return Row(name, _is(kind), _is(kind), called, read)


def _known(answer: Callable[[Scope], Json]) -> Reads[Scope, Plan]:
    """Answered from what is known, whatever the parameters."""
    return lambda scope, _params: Plan(data=answer(scope))


def _always(answer: Json) -> Reads[Scope, Plan]:
    return _known(lambda _scope: answer)


def _services(scope: Scope) -> Json:
    """What the client may call."""
    return sorted(
        name
        for name, row in BY_NAME.items()
        if (row.read is not None or (scope.same_dialect and name in PASSED)) and scope.settings.serves(name)
    )


def _of_the_agent(name: str, south: Word, north: Word, shown: Callable[[Scope], Json]) -> Row:
    """Answered as the platform of the same dialect has said it last, else from what is known."""

    def answer(scope: Scope) -> Json:
        said = scope.said(name)
        return shown(scope) if said is None else said

    return Row(name, south, north, read=_known(answer))


# --- the rows

GET_INTERACTIONS: Final = Row(
    "interaction.getInteractions",
    word("interaction.created"),
    word_nearly(
        "interaction snapshots", "what is over for good is not listed, though a desktop may go on listing it"
    ),
    read=_known(requests.interactions),
)
GET_INTERACTION: Final = Row(
    "interaction.getByInteractionId",
    _VENDOR_CALL,
    word("interaction snapshot"),
    read=reads(wire.OnInteraction, requests.interaction),
)
SET_USER_DATA: Final = _both(
    "interaction.setUserData",
    c.SetData,
    reads(wire.SetUserData, requests.set_data),
    calls.with_interaction(c.SetData, calls.data),
)
DELETE_USER_DATA: Final = _both(
    "interaction.deleteUserData",
    c.DeleteData,
    reads(wire.DeleteUserData, requests.delete_data),
    calls.with_interaction(c.DeleteData, lambda one: one.key),
)
SELECT_CASE: Final = _both(
    "interaction.selectCaseByCaseId", c.Focus, reads(wire.Named, requests.select_case), calls.FOCUS
)
MARKDONE: Final = _both("interaction.markdone", c.Complete, reads(wire.OnInteraction, requests.complete))
BLOCK_MARKDONE: Final = _both(
    "interaction.blockMarkdone", c.BlockCompletion, reads(wire.BlockMarkdone, requests.block)
)
UNBLOCK_MARKDONE: Final = _same("interaction.unblockMarkdone", c.UnblockCompletion)
ACCEPT: Final = _same("interaction.accept", c.Accept)
REJECT: Final = _same("interaction.reject", c.Reject)
CONSULT: Final = _both(
    "interaction.consult",
    c.Consult,
    reads(wire.OnTarget, requests.consult),
    calls.with_interaction(c.Consult, calls.target, calls.data, calls.extensions),
)
SINGLE_STEP_TRANSFER: Final = _both(
    "interaction.singleStepTransfer",
    c.SingleStepTransfer,
    reads(wire.OnTarget, partial(requests.single_step, c.SingleStepTransfer)),
    calls.with_interaction(c.SingleStepTransfer, calls.target, calls.data, calls.extensions),
)
SINGLE_STEP_CONFERENCE: Final = _both(
    "interaction.singleStepConference",
    c.SingleStepConference,
    reads(wire.OnTarget, partial(requests.single_step, c.SingleStepConference)),
    calls.with_interaction(c.SingleStepConference, calls.target, calls.data, calls.extensions),
)
COMPLETE_TRANSFER: Final = _same(
    "interaction.completeTransfer", c.CompleteTransfer, calls.with_consultation(c.CompleteTransfer)
)
COMPLETE_CONFERENCE: Final = _same(
    "interaction.completeConference", c.CompleteConference, calls.with_consultation(c.CompleteConference)
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
    "agent.getStateList",
    word("agent.updated"),
    word("agent snapshot"),
    lambda scope: [state for state, _ in snapshots.state_list(scope.session())],
)
SET_STATE: Final = Row(
    "agent.setState",
    word_by_flow(c.verb(c.SetState)),
    _is(c.SetState),
    read=reads(
        wire.Named,
        lambda scope, params: requests.set_state(scope, scope.said(GET_STATES.name), params.name),
    ),
)
GET_MEDIA: Final = _of_the_agent(
    "media.getMediaList",
    word("agent.updated"),
    word("agent snapshot"),
    lambda scope: snapshots.media_list(scope.session()),
)
GET_MEDIUM: Final = Row(
    "media.getMediaByName",
    _VENDOR_CALL,
    word("agent snapshot"),
    read=reads(
        wire.Named, lambda scope, params: requests.medium(scope, scope.said(GET_MEDIA.name), params.name)
    ),
)
SET_MEDIUM_STATE: Final = Row(
    "media.setState",
    _VENDOR_CALL,
    word_nearly(
        c.verb(c.SetState),
        "passed on to a platform of the same vendor; else only for an agent with one medium",
    ),
    read=reads(
        wire.SetMediaState,
        lambda scope, params: requests.set_medium_state(scope, scope.said(GET_STATES.name), params),
    ),
)

DIAL: Final = _both("voice.dial", c.Dial, reads(wire.Dial, requests.dial))
DIAL_EX: Final = _both("voice.dialEx", c.Dial, reads(wire.Dial, requests.dial))
ANSWER: Final = Row("voice.answer", _VENDOR_CALL, _is(c.Accept), read=_bare(c.Accept))
HOLD: Final = _same("voice.hold", c.Hold)
RESUME: Final = _same("voice.resume", c.Retrieve)
HANG_UP: Final = _same("voice.hangUp", c.Release)
START_RECORDING: Final = _same("voice.startCallRecording", c.StartRecording)
STOP_RECORDING: Final = _same("voice.stopCallRecording", c.StopRecording)
PAUSE_RECORDING: Final = _same("voice.pauseCallRecording", c.PauseRecording)
RESUME_RECORDING: Final = _same("voice.resumeCallRecording", c.ResumeRecording)
CREATE_EMAIL: Final = _both("email.create", c.StartEmail, reads(wire.Dial, requests.start_email))

MUTE_MICROPHONE: Final = Row(
    "sipEndpoint.muteMicrophone",
    word_nearly(c.verb(c.Mute), "The microphone of the whole endpoint is closed, not that of one call"),
    word_nearly(c.verb(c.Mute), "every connected call of the agent"),
    (plain(c.Mute, lambda row, _command, _context: row()),),
    lambda scope, _params: requests.mute(scope),
)
UNMUTE_MICROPHONE: Final = Row(
    "sipEndpoint.unmuteMicrophone",
    word_nearly(c.verb(c.Unmute), "The microphone of the whole endpoint is opened, not that of one call"),
    word_nearly(c.verb(c.Unmute), "every muted call of the agent"),
    (plain(c.Unmute, lambda row, _command, _context: row()),),
    lambda scope, _params: requests.unmute(scope),
)
IS_MICROPHONE_MUTE: Final = Row(
    "sipEndpoint.isMicrophoneMute",
    _VENDOR_CALL,
    word_nearly("interaction snapshots", "whether any call is muted"),
    read=_known(requests.muted),
)

CALL_PREVIEW: Final = Row(
    "outbound.callPreviewRecord",
    _VENDOR_CALL,
    word_nearly(
        c.verb(c.Accept),
        "which record of a chain is dialled is known to a platform of the same vendor only",
    ),
    read=reads(wire.PreviewRecord, partial(requests.preview, c.Accept)),
)
REJECT_PREVIEW: Final = _both(
    "outbound.rejectPreviewRecord",
    c.Reject,
    reads(wire.PreviewRecord, partial(requests.preview, c.Reject)),
)

GET_SERVICES: Final = Row(
    "system.getAllowedServices",
    _VENDOR_CALL,
    word("settings"),
    read=_known(_services),
)
TRIGGER_ACTIVITY: Final = Row(
    "system.triggerActivity",
    _VENDOR_CALL,
    word_nearly(
        "", "passed on to a platform of the same vendor; else there is no inactivity timer to put back"
    ),
    read=_always(None),
)
GET_OPTION: Final = Row(
    "configuration.getOption",
    _VENDOR_CALL,
    word_nearly(
        "settings", "what the gateway is given to show; without any, a platform of the same vendor is asked"
    ),
    read=reads(wire.Options, requests.options),
)
BROADCAST: Final = Row(
    "messenger.broadcastMessage",
    _VENDOR_CALL,
    word_nearly("", "to the gateway's clients of the agent; none other is reached"),
    read=reads(wire.BroadcastMessage, lambda _scope, params: requests.broadcast(params)),
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

# What the model has no word for, and why. A platform of the same dialect is asked all the same (`passthrough`).
OF_A_RECORD: Final = coverage.passed(PACKAGE, "of_a_record")  # their first parameter is an interaction's id
PASSED: Final = {**OF_A_RECORD, **coverage.passed(PACKAGE, "as_it_came")}
# What is not available over a platform of another vendor: why.
UNAVAILABLE: Final[Mapping[str, str]] = {
    **PASSED,
    **{row.name: row.north.note for row in (AM_I_VISIBLE, GET_JWT_TOKEN)},
}

ROWS: Final[tuple[Row, ...]] = (
    *kit.rows(globals()),
    *(Row(name, _VENDOR_CALL, _ONE_FRAME, read=_always(leads)) for name, leads in FRAME.items()),
    *(
        Row(
            name,
            _VENDOR_CALL,
            word_nearly("vendor.call", f"passed on to a platform of the same vendor; else {reason}"),
        )
        for name, reason in PASSED.items()
    ),
)
# Documented for the same protocol, but in no client library, so not of the 74.
GET_CONTEXTUAL_OPTION: Final = Row(
    "configuration.getContextualOption",
    _VENDOR_CALL,
    GET_OPTION.north,
    read=reads(wire.Options, requests.contextual_options),
)
BY_NAME: Final[Mapping[str, Row]] = kit.by_name((*ROWS, GET_CONTEXTUAL_OPTION))

# Commands that no method is, in either role.
_NO_CALL: Final = "the API has no such call"
UNSAID: Final = kit.unsaid(
    {
        c.Login: "signing in and out is done in the desktop",
        c.StartChat: _NO_CALL,
        c.SendDtmf: _NO_CALL,
        c.SendChat: "chat text does not pass through the API",
        c.DropParty: _NO_CALL,
        c.ListDispositions: "dispositions are attached data here, without a list",
        c.ListDirectory: _NO_CALL,
    }
)
# They are attached data here.
AS_DATA: Final[Mapping[str, Ability]] = {
    c.verb(kind): served_by(SET_USER_DATA) for kind in (c.SetDisposition, c.SetNotes)
}
