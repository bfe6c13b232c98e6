"""What becomes of every member of the protocol's messages and objects, in both roles.

Source: reference channel-session.md sections 1.4 to 7. Types are named by the message or object that has the
member. North, what is said of the canonical model holds over any platform; over one of this protocol its own
members are passed on as they are (`own_viewer`), and what is unsupported below only for want of a canonical
word is exact.
"""

from collections.abc import Mapping
from typing import Final

from adapters.contract.capabilities import Word, word, word_nearly, word_unsaid

_DIRECT: Final = (
    "of the direct client protocol, whose wrapper is not visible: sessions are spoken to directly"
)
_AID: Final = "a debugging aid, of use to the two ends of one protocol only"
_OPTIONS: Final = "channel options have no effect"
_HANDLE: Final = word("ours, mapped one to one")
_SCRIPTS: Final = "the canonical model has no scripts"
_LEG: Final = "a leg that is only remembered does not fail"

Fields = dict[str, Word]


def _of(kind: str, **members: Word) -> Fields:
    return {f"{kind}.{name}": said for name, said in members.items()}


def _all(kind: str, said: Word, *names: str) -> Fields:
    return {f"{kind}.{name}": said for name in names}


_SAME: Final[Fields] = {  # in both roles
    **_all(
        "coreRequest", word_unsaid(_DIRECT), "messageType", "requestId", "command", "serviceId", "resourceId"
    ),
    **_all("service", word_unsaid(_DIRECT), "id", "name", "type", "serviceStatus", "eventType"),
    **_all("serviceStatus", word_unsaid(_DIRECT), "status"),
    **_all("processorStatus", word_unsaid(_DIRECT), "status", "acceptingClients", "clientCount"),
    **_all(
        "processorInformation",
        word_unsaid(_DIRECT),
        *("vendor", "version", "cti-vendor", "cti-version", "instance-domain"),
    ),
    **_of("prepareSession", override=word("agent.login force"), agent=word("agent.login")),
    **_of("prepareSession.agent", id=word("agent_id"), password=word("password")),
    **_of("prepareSession.success", resourceId=_HANDLE),
    **_all("request", word("the command"), "command", "data"),
    **_of("request", target=_HANDLE, requestId=word("the request that is answered")),
    **_all("success", word("succeeded"), "command", "result", "data"),
    **_of("success", target=_HANDLE, requestId=word("the request that is answered")),
    **_all("failure", word("failed"), "command", "result", "failure", "original"),
    **_of("failure", target=_HANDLE, requestId=word("the request that is answered")),
    **_of("failure.failure", code=word("vendor_code"), message=word("message")),
    **_all("needinfo", word("failed, needs_info"), "command", "result", "uiExtension", "original"),
    **_of("needinfo", target=_HANDLE, requestId=word("the request that is answered")),
    **_all("confirm", word("needinfo confirm"), "command", "result", "message", "original"),
    **_of("confirm", requestId=word("the request that is answered")),
    **_of(
        "event", messageType=word("an event"), target=_HANDLE, name=word("the event"), data=word("the event")
    ),
    **_of("session.request.logout", reason=word("agent.logout reason")),
    **_all("channelgroup.request.setagentstate", word("agent.set_state"), "state", "reason"),
    **_all("channel.request.setagentstate", word("agent.set_state"), "state", "reason"),
    **_of("channel.dial", destination=word("destination"), extensions=word("extensions")),
    **_of("channel.dial.extensions", type=word("destination_kind"), skill=word("answer skill")),
    **_all("interaction.setinteractiondata", word("interaction.set_data"), "key", "value"),
    **_of("interaction.setdisposition", disposition=word("disposition")),
    **_of(
        "interaction.complete",
        dispositionId=word("answer disposition"),
        notes=word("answer notes"),
        skipDisposition=word("answer skip_disposition"),
    ),
    **_of("interaction.consult", destination=word("destination")),
    **_of("conversation.senddtmf", digits=word("tones")),
    **_of("conversation.blindtransfer", destination=word("destination")),
    **_of("conversation.blindconference", destination=word("destination")),
    **_of("directory.updated", categories=word("directory.updated")),
    **_of("categories", name=word("category"), entries=word("directory.updated")),
    **_of("categories.entries", name=word("name"), number=word("address")),
    **_of("channelgroup.created", channelgroup=word("agent.updated")),
    **_of("channel.created", channel=word("channels")),
    **_of("channel.created.channel", id=_HANDLE, name=word("channels name"), type=word("channels media")),
    **_of("channel.infochanged", channel=word("channels")),
    **_of(
        "channel.infochanged.channel",
        id=_HANDLE,
        name=word("channels name"),
        type=word("channels media"),
        state=word("channels state"),
        agentstate=word("channels agent_state"),
        reason=word("channels reason"),
    ),
    **_of("channel.externaldispositions.updated", dispositions=word("dispositions.updated")),
    **_of("channel.externaldispositions.updated.dispositions", id=word("id"), name=word("name")),
    **_of(
        "state.updated",
        type=word("which object it is"),
        state=word("state"),
        agentstate=word("channels agent_state"),
        reason=word("channels reason"),
        recording=word("recording_state"),
        muted=word("muted"),
    ),
    **_of("interaction.created", interaction=word("interaction.created")),
    **_of("interaction.created.interaction", id=_HANDLE, type=word("media")),
    **_all("interaction.preview", word("data"), "key"),
    **_all("interaction.screenpop", word("data"), "key"),
    **_all("interaction.datachanged", word("data"), "key"),
    **_of("interaction.focuschanged", conversation=word("focused")),
    **_of("interaction.focuschanged.conversation", id=_HANDLE),
    **_of("conversation.created", conversation=word("interaction.created")),
    **_of("conversation.created.conversation", id=_HANDLE, role=word("consult_of")),
    **_of("conversation.member.added", member=word("party.added")),
    **_of("conversation.member.removed", member=word("party.removed")),
    **_of("member", id=word("party id"), address=word("party address"), name=word("party name")),
    **_all("inContact.outboundskill", word("needinfo outbound_skill"), "id", "skills"),
    **_all("skills", word("a choice"), "id", "skillName"),
    **_of("agentstate", type=word("needinfo agent_state")),
    **_all("disposition", word("needinfo disposition"), "type", "dispositionRequired", "dispositions"),
    **_all("dispositions", word("a choice"), "dispositionId", "dispositionName"),
    **_all("logoutreason", word("needinfo logout_reason"), "type", "reasons"),
    **_all("reasons", word("a choice"), "id", "name"),
    **_of("session.request.incontact.addressbook.success", addressbooks=word("directory.list")),
    **_of("addressbooks", name=word("category"), entries=word("directory.list")),
    **_of("entries", name=word("name"), type=word("kind"), destinations=word("directory.list")),
    **_of("entries", properties=word("state")),
    **_of("destinations", value=word("address")),
    **_of("properties", state=word("state")),
}
_CALL: Final = "by vendor.call"
_KEPT: Final = word("extras")
_RESULT: Final = word("extras of the result")
SOUTH: Final[Mapping[str, Word]] = {
    **_SAME,
    **_of("prepareSession", model=word("the operator's setting")),
    **_of("request", context=word_unsaid(_AID)),
    **_of("event", context=word_nearly("the frame in `vendor`", _AID)),
    **_of("failure.failure", context=_RESULT),
    **_all("context.conversation", word_nearly("the frame in `vendor`", _AID), "id", "interaction"),
    **_all(
        "context.interaction",
        word_nearly("the frame in `vendor`", _AID),
        "id",
        "type",
        "modeltype",
        "channel",
    ),
    **_all(
        "context.channel",
        word_nearly("the frame in `vendor`", _AID),
        "id",
        "name",
        "type",
        "modeltype",
        "session",
    ),
    **_all("context.session", word_nearly("the frame in `vendor`", _AID), "id"),
    **_of("session.start", extension=word("agent.login extension")),
    **_all("session.request.addchannel", word(_CALL), "channel"),
    **_all("session.request.addchannel.channel", word(_CALL), "endpoint", "type"),
    **_all("session.addchannelgroup", word(_CALL), "channelgroup"),
    **_all("session.addchannelgroup.channelgroup", word(_CALL), "name"),
    **_all("session.request.removechannel", word(_CALL), "channel"),
    **_all("session.request.removechannel.channel", word(_CALL), "id"),
    **_all("session.request.removechannelgroup", word(_CALL), "channelgroup"),
    **_all("session.request.removechannelgroup.channelgroup", word(_CALL), "id"),
    **_of(
        "session.request.incontact.addressbook",
        realtime=word_nearly("directory.list", "always asked for: a directory says who is there"),
    ),
    **_all("channelgroup.request.activate", word(_CALL), "channeloptions", "channel"),
    **_all("channelgroup.request.activateall", word(_CALL), "channeloptions"),
    **_all("channelgroup.request.deactivate", word(_CALL), "channeloptions", "channel"),
    **_all("channelgroup.request.deactivateall", word(_CALL), "channeloptions"),
    **_all("channelgroup.request.addchannel", word(_CALL), "channel"),
    **_all("channelgroup.request.addchannel.channel", word(_CALL), "endpoint", "type"),
    **_all("channelgroup.request.removechannel", word(_CALL), "channel"),
    **_all("channel.request.incontact.getscripts.success", word(_CALL), "scripts"),
    **_all("scripts", word(_CALL), "scriptId", "scriptName"),
    **_all("channel.activate", word(_CALL), "channeloptions"),
    **_all("channel.deactivate", word(_CALL), "channeloptions"),
    **_all("channeloptions", word(_CALL), "queue"),
    **_of(
        "interaction.complete",
        extensions=word_nearly("the same answers", "never sent: the fields stand in the data"),
    ),
    **_all("interaction.request.incontact.signal", word(_CALL), "p1"),
    **_all(
        "conversation.senddtmf",
        word_nearly("tones", "never sent: the key is not printed, `digits` is"),
        "dtmf",
        "tones",
    ),
    **_of("session.agentleg.failed", failure=word("platform.notice")),
    **_of("channelgroup", id=_HANDLE, name=_KEPT),
    **_of("interaction.created.interaction", modeltype=_KEPT),
    **_of("member", state=word_nearly("party held", "HELD is; any other word is in extras")),
    **_all("dispositions", word("extras of the question"), "priority", "isPreviewDisposition"),
    **_of(
        "addressbooks",
        groups=word_nearly("category", "the path of names; the nesting is in the result's extras"),
    ),
    **_of("groups", name=word_nearly("category", "the last of the path"), entries=word("directory.list")),
    **_of(
        "groups", groups=word_nearly("category", "the path of names; the nesting is in the result's extras")
    ),
    **_of("destinations", label=word_nearly("name", "behind the entry's name, if it has several numbers")),
    **_all("properties", _RESULT, "mediaType", "numAvailable", "numUnavailable", "ewt"),
}
_OWN: Final = "the client's own channels"
_ONE_GROUP: Final = "the channel stands in the one group, one of each type"
NORTH: Final[Mapping[str, Word]] = {
    **_SAME,
    **_of(
        "prepareSession",
        model=word_unsaid("a canonical login names no call model: the operator's setting holds"),
    ),
    **_of("request", context=word_nearly("the original of a failure", "it has no effect")),
    **_of("event", context=word_unsaid(_AID)),
    **_of(
        "failure.failure",
        context=word_nearly("an empty text", "a stack trace is nobody's but the platform's"),
    ),
    **_all("context.conversation", word_unsaid(_AID), "id", "interaction"),
    **_all("context.interaction", word_unsaid(_AID), "id", "type", "modeltype", "channel"),
    **_all("context.channel", word_unsaid(_AID), "id", "name", "type", "modeltype", "session"),
    **_all("context.session", word_unsaid(_AID), "id"),
    **_of(
        "session.start", extension=word_unsaid("the agent is signed in by prepareSession, before it comes")
    ),
    **_of("session.request.addchannel", channel=word_nearly(_OWN, _ONE_GROUP)),
    **_of("session.request.addchannel.channel", type=word(_OWN), endpoint=word_unsaid(_ONE_GROUP)),
    **_of("session.addchannelgroup", channelgroup=word_nearly(_OWN, "a session has one group")),
    **_of("session.addchannelgroup.channelgroup", name=word(_OWN)),
    **_of("session.request.removechannel", channel=word(_OWN)),
    **_of("session.request.removechannel.channel", id=word(_OWN)),
    **_of("session.request.removechannelgroup", channelgroup=word(_OWN)),
    **_of("session.request.removechannelgroup.channelgroup", id=word(_OWN)),
    **_of(
        "session.request.incontact.addressbook",
        realtime=word_unsaid("a directory says what it knows either way"),
    ),
    **_of("channelgroup.request.activate", channeloptions=word_unsaid(_OPTIONS), channel=word(_OWN)),
    **_of("channelgroup.request.activateall", channeloptions=word_unsaid(_OPTIONS)),
    **_of("channelgroup.request.deactivate", channeloptions=word_unsaid(_OPTIONS), channel=word(_OWN)),
    **_of("channelgroup.request.deactivateall", channeloptions=word_unsaid(_OPTIONS)),
    **_of("channelgroup.request.addchannel", channel=word_nearly(_OWN, _ONE_GROUP)),
    **_of("channelgroup.request.addchannel.channel", type=word(_OWN), endpoint=word_unsaid(_ONE_GROUP)),
    **_of("channelgroup.request.removechannel", channel=word(_OWN)),
    **_of("channel.request.incontact.getscripts.success", scripts=word_nearly("an empty list", _SCRIPTS)),
    **_all("scripts", word_unsaid(_SCRIPTS), "scriptId", "scriptName"),
    **_of("channel.activate", channeloptions=word_unsaid(_OPTIONS)),
    **_of("channel.deactivate", channeloptions=word_unsaid(_OPTIONS)),
    **_of("channeloptions", queue=word_unsaid(_OPTIONS)),
    **_of("interaction.complete", extensions=word("the same answers")),
    **_of("interaction.request.incontact.signal", p1=word_unsaid("no script is ever active here")),
    **_all("conversation.senddtmf", word("tones"), "dtmf", "tones"),
    **_of("session.agentleg.failed", failure=word_unsaid(_LEG)),
    **_of("channelgroup", id=_HANDLE, name=word("the agent's name")),
    **_of("interaction.created.interaction", modeltype=word("media")),
    **_of("member", state=word_nearly("party held", "HELD or CONNECTED: the model tells no more")),
    **_of("dispositions", priority=word_nearly("a choice", "its place in the list")),
    **_of("dispositions", isPreviewDisposition=word_nearly("a choice", "false: a question does not tell it")),
    **_of("addressbooks", groups=word_nearly("an empty list", "a category is one name: it has no nesting")),
    **_all("groups", word_unsaid("a category is one name: it has no nesting"), "name", "groups", "entries"),
    **_of("destinations", label=word_nearly("an empty text", "the model's entries have one number each")),
    **_all(
        "properties",
        word_unsaid("the model's entries have no such thing"),
        *("mediaType", "numAvailable", "numUnavailable", "ewt"),
    ),
}
