"""South: canonical commands as the vendor's calls.

Source: reference/bright-pattern.md sections 3 (methods) and 8 (readings). Commands that would default to the
active interaction always name theirs; consultCall, transfer and mergeAllCallsIntoConference cannot, so the
interaction is made active first. Questions are in questions.py.
"""

from typing import Final, assert_never

from adapters.bright_pattern import codec, questions, tables, wire, wire_dialing
from adapters.bright_pattern.replies import (
    anything,
    ask_dispositions,
    ask_members,
    ask_teams,
    do,
    failed,
    one,
    refuse,
)
from adapters.dialect import Call, Context, Done, Flow
from schemas import commands as c
from schemas.commands import DestinationKind
from schemas.errors import UnsupportedError
from schemas.interaction import Interaction, InteractionState, Media, Record
from schemas.observations import DirectoryEntry
from schemas.results import ErrorCode
from schemas.values import Json

_DIALABLE: Final = frozenset({DestinationKind.EXTERNAL, DestinationKind.AGENT})
_TO_THE_FRONT: Final = "bring the interaction to the front"
_JOIN_STEPS: Final = {
    "transfer": "complete the transfer",
    "mergeAllCallsIntoConference": "join the calls",
}
_Flat = str | int | float | bool | None


def begin(command: c.AnyCommand, context: Context) -> Flow:  # noqa: PLR0911  # one arm a topic
    """Begin a command. Raises UnsupportedError at once, before anything is sent."""
    match command:
        case c.Login() | c.Logout() | c.SetState():
            return _of_agent(command)
        case c.Dial() | c.StartChat() | c.StartEmail():
            return _of_outbound(command)
        case c.ListDispositions():
            return _list_dispositions(command, context)
        case c.ListDirectory(query=query):
            return _list_directory(query)
        case c.VendorCall(method=method, params=params):
            if method not in tables.METHODS:
                raise UnsupportedError(tables.NAME, f"the method {method}")
            return anything(Call(method=method, params=_named(method, params, context.interaction)))
        case c.DeleteData():
            raise UnsupportedError(tables.NAME, NO_DELETE)
        case c.InteractionCommand():
            interaction = context.interaction
            if interaction is None or codec.INTERACTION_ID not in interaction.refs:
                return refuse(ErrorCode.UNKNOWN_INTERACTION, "the platform has no such interaction")
            return _of_interaction(command, interaction, context)
        case _:
            assert_never(command)


NO_DELETE: Final = "the removal of a variable: it can only be set"


def _of_agent(command: c.Login | c.Logout | c.SetState) -> Flow:
    match command:
        case c.Login():
            return questions.login(command)
        case c.Logout(reason=""):
            return one("logout")
        case c.Logout():
            return one("logout", warnings=("the platform takes no reason for logging out",))
        case c.SetState():
            if command.state not in tables.SETTABLE_OUT:
                raise UnsupportedError(tables.NAME, f"setting the agent to {command.state}")
            return questions.set_state(command)


def _of_outbound(command: c.Dial | c.StartChat | c.StartEmail) -> Flow:
    match command:
        case c.Dial():
            dialable(command.destination_kind)
            warnings = ("the platform takes no extensions with a call",) if command.extensions else ()
            return questions.start(
                command,
                Call(method="startCall", params=(command.destination, *_objects(command.records))),
                warnings,
            )
        case c.StartChat(channel_type=channel, destination=address, records=records):
            call = Call(method="startChat", params=(channel, address, *_objects(records)))
            newer = () if channel in tables.CHAT_CHANNELS else (f"{channel} is no documented channel",)
            return questions.start(command, call, newer)
        case c.StartEmail(destination=address, records=records):
            return questions.start(command, Call(method="startEmail", params=(address, *_objects(records))))


def _of_interaction(command: c.AnyInteractionCommand, interaction: Interaction, context: Context) -> Flow:  # noqa: C901, PLR0911, PLR0912
    iid = reference(interaction)
    match command:  # a table of verbs, flat on purpose
        case c.Accept():
            return one("acceptInteraction", iid)
        case c.Reject():
            return one("rejectInteraction", iid)
        case c.Release():
            return one("leaveInteraction", iid)
        case c.Complete():
            return questions.complete(
                command,
                iid,
                at_once=interaction.media is not Media.VOICE
                and interaction.state is InteractionState.CONNECTED,
            )
        case c.Hold():
            return one("setCallHold", True, iid)
        case c.Retrieve():
            return one("setCallHold", False, iid)
        case c.Mute():
            return one("setCallMute", True, iid)
        case c.Unmute():
            return one("setCallMute", False, iid)
        case c.SendDtmf(tones=tones):
            return one("sendDtmf", tones, iid)
        case c.Focus():
            return one("switchActiveInteraction", iid)
        case c.StartRecording():
            return one("setCallRecording", True, iid)
        case c.StopRecording():
            return one("setCallRecording", False, iid)
        case c.PauseRecording():
            return one("setCallRecordingMute", True, iid)
        case c.ResumeRecording():
            return one("setCallRecordingMute", False, iid)
        case c.SendChat(text=text):
            return one("sendChatMessage", text, iid)
        case c.SetDisposition(disposition=disposition):
            return one("setDisposition", disposition, iid)
        case c.SetNotes(notes=notes):
            return one("replaceNote", notes, iid)
        case c.SetData(data=data):
            return _set_data(iid, data)
        case c.DropParty(party_id=party):
            chat = interaction.media is Media.CHAT
            return one("removeFromChatConference" if chat else "removeFromCallConference", party, iid)
        case c.SingleStepTransfer(destination=destination):
            dialable(command.destination_kind)
            riding = _custom_data({**command.data, **command.extensions})
            return one("blindTransfer", destination, riding, iid)
        case c.SingleStepConference(destination=destination):
            dialable(command.destination_kind)
            if interaction.media is Media.CHAT:
                return one("inviteToChatConference", destination, iid)
            riding = _custom_data({**command.data, **command.extensions})
            return one("inviteToCallConference", destination, riding, iid)
        case c.Consult():
            return _consult(command, interaction)
        case c.Alternate():
            return _alternate(context)
        case c.CompleteTransfer():
            return _join("transfer", context)
        case c.CompleteConference():
            return _join("mergeAllCallsIntoConference", context)
        case c.DeleteData() | c.BlockCompletion() | c.UnblockCompletion():  # refused, or the gateway's own
            raise UnsupportedError(tables.NAME, c.verb(command))
        case _:
            assert_never(command)


def reference(interaction: Interaction) -> str:
    """The vendor's id of an interaction."""
    return interaction.refs[codec.INTERACTION_ID]


def _ref(interaction: Interaction | None) -> str | None:
    return interaction.refs.get(codec.INTERACTION_ID) if interaction is not None else None


def dialable(kind: DestinationKind) -> None:
    """Raise UnsupportedError unless it can be dialled: the vendor takes numbers, internal or external."""
    if kind not in _DIALABLE:
        raise UnsupportedError(tables.NAME, f"a destination that is a {kind}")


def _objects(records: tuple[Record, ...]) -> tuple[Json, ...]:
    """The last parameter of the initiating methods: one object (seed 004), or since 5.24 an array of them."""
    written = tuple(
        wire.InteractionAssociatedObject(
            id=one.id,
            type=one.type,
            displayName=one.display_name,
            displayType=one.display_type,
            customFields=one.fields,
        )
        for one in records
    )
    return written if len(written) <= 1 else (written,)


def _custom_data(data: dict[str, Json]) -> dict[str, Json] | None:
    """CustomTransferData is flat. None: nothing rides along. Raises UnsupportedError for what is nested."""
    for key, value in data.items():
        if not isinstance(value, _Flat):
            raise UnsupportedError(tables.NAME, f"transfer data with an object in it ({key})")
    return data or None


def _set_data(iid: str, data: dict[str, Json]) -> Flow:
    """One call for each key; what is no text is written as JSON."""
    before = False
    for key, value in data.items():
        answer = yield from do("setVariable", key, questions.as_text(value), iid)
        if answer is not None:
            return failed(answer, before=before)
        before = True
    return Done()


def _consult(command: c.Consult, interaction: Interaction) -> Flow:
    dialable(command.destination_kind)
    if interaction.media is not Media.VOICE or command.media not in ("", Media.VOICE):
        raise UnsupportedError(tables.NAME, "a consultation that is no call")
    ignored = command.data or command.extensions
    lost = ", ".join({**command.data, **command.extensions})
    warnings = (f"data cannot ride along with a consultation: {lost}",) if ignored else ()
    return _consult_call(command.destination, interaction, warnings)


def _consult_call(destination: str, interaction: Interaction, warnings: tuple[str, ...]) -> Flow:
    if not interaction.focused:
        answer = yield from do("switchActiveInteraction", reference(interaction), step=_TO_THE_FRONT)
        if answer is not None:
            return failed(answer)
    return (yield from one("consultCall", destination, warnings=warnings, step="begin the consultation"))


def _pair(context: Context) -> tuple[Interaction, Interaction] | None:
    consultation, consulted = context.consultation(), context.consulted()
    if consultation is None or consulted is None:
        return None
    return consultation, consulted


def _alternate(context: Context) -> Flow:
    """Hold the one, take the other: in that order, for an agent talks to one call at a time."""
    pair = _pair(context)
    if pair is None:
        return refuse(ErrorCode.WRONG_STATE, "there is no consultation to swap with")
    held = next((one for one in pair if one.state is InteractionState.HELD), None)
    talking = next((one for one in pair if one.state is InteractionState.CONNECTED), None)
    if held is None or talking is None:
        return refuse(ErrorCode.WRONG_STATE, "one of the two must be held and the other connected")
    return _swap(reference(talking), reference(held))


def _swap(talking: str, held: str) -> Flow:
    answer = yield from do("setCallHold", True, talking, step="hold the connected call")
    if answer is not None:
        return failed(answer)
    answer = yield from do("setCallHold", False, held, step="retrieve the held call")
    return Done() if answer is None else failed(answer, before=True)


def _join(method: str, context: Context) -> Flow:
    """Both methods act on the active call and its consultation."""
    pair = _pair(context)
    if pair is None:
        return refuse(ErrorCode.WRONG_STATE, "there is no consultation to complete")
    consultation, consulted = pair
    bystanders = [
        other
        for other in context.others
        if other.id not in (consultation.id, consulted.id)
        and other.media is Media.VOICE
        and other.state in (InteractionState.CONNECTED, InteractionState.HELD)
    ]
    merged = method == "mergeAllCallsIntoConference" and bystanders
    warnings = ("all calls of the agent are merged, not only the two",) if merged else ()
    return _join_active(method, consulted, warnings)


def _join_active(method: str, consulted: Interaction, warnings: tuple[str, ...]) -> Flow:
    if not consulted.focused:
        answer = yield from do("switchActiveInteraction", reference(consulted), step=_TO_THE_FRONT)
        if answer is not None:
            return failed(answer)
    return (yield from one(method, warnings=warnings, step=_JOIN_STEPS[method]))


def _named(method: str, params: tuple[Json, ...], interaction: Interaction | None) -> tuple[Json, ...]:
    """The parameters, with the id of the interaction that the command names where they leave it out."""
    at, iid = tables.OPTIONAL_ID.get(method), _ref(interaction)
    if at is None or iid is None or (len(params) > at and params[at] not in (None, "")):
        return params
    return (*params[:at], *(None,) * (at - len(params)), iid, *params[at + 1 :])


def _list_dispositions(command: c.ListDispositions, context: Context) -> Flow:
    """For the interaction or the service that is named, else for the active interaction."""
    iid = _ref(context.interaction)
    if iid is None and not command.service:
        iid = next((_ref(other) for other in context.others if other.focused), None)
        if iid is None:
            return refuse(ErrorCode.UNKNOWN_INTERACTION, "no interaction is active: name one, or a service")
    return _dispositions_for(command.service, iid)


def _dispositions_for(service: str, iid: str | None) -> Flow:
    target = wire_dialing.DispositionTarget(service=service or None, interactionId=iid)
    answer = yield from ask_dispositions(target)
    if not isinstance(answer, tuple):
        return failed(answer)
    return Done(data=[questions.builtin(codec.disposition(one)) for one in answer])


def _list_directory(query: str) -> Flow:
    """The members of all teams that the agent sees, each once, under the first team that has them."""
    teams = yield from ask_teams()
    if not isinstance(teams, tuple):
        return failed(teams)
    found: dict[str, DirectoryEntry] = {}
    for team in teams:
        members = yield from ask_members(team.id)
        if not isinstance(members, tuple):
            return failed(members)
        for member in members:
            name = f"{member.firstName} {member.lastName}".strip()
            entry = DirectoryEntry(
                name=name,
                address=member.phone,
                id=member.id,
                category=team.displayName,
                kind="agent",
                state=tables.USER_STATE_SPELT.get(member.state, member.state),
            )
            if query.casefold() in f"{name} {member.phone} {team.displayName}".casefold():
                found.setdefault(member.id, entry)
    return Done(data=[questions.builtin(entry) for entry in found.values()])
