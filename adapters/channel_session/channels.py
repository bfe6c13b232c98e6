"""North: what a client does with its group, its channels and its agent leg; answered by the connection.

Nothing canonical means these requests, so what they change is one client's own memory (`viewer_channels`);
a platform of this protocol gets them itself. Only going Not Ready before a channel is deactivated is every
platform's affair: `Carried.not_ready` asks for it, and the request is then carried out again. Source:
reference channel-session.md sections 4.1 to 4.3 and 7.3.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from adapters.channel_session import tables, wire
from adapters.channel_session.codec import event as frame
from adapters.channel_session.targets import GROUP_ID, Found
from adapters.channel_session.viewer_channels import ViewedChannels
from adapters.contract.change import Frame
from adapters.kit import reading
from schemas.agent import AgentState, ChannelState
from schemas.interaction import Media
from schemas.values import Json


class RefusedError(Exception):
    """A request that is answered with a failure; `frames` tell what was done before it."""

    def __init__(self, code: str, message: str, frames: tuple[Frame, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.frames = frames


class Carried(msgspec.Struct, frozen=True):
    """A request that was carried out: the events it raised, and the success's data if not the request's."""

    frames: tuple[Frame, ...] = ()
    data: Json = None
    not_ready: bool = False  # the agent has to go Not Ready first


class Request(msgspec.Struct, frozen=True):
    """A request whose target was found."""

    channels: ViewedChannels
    found: Found
    command: str  # bare
    data: msgspec.Raw
    gone_not_ready: bool = False  # it was asked for, and done


class _Options(msgspec.Struct, frozen=True):
    channel: wire.Named | None = None


class _NewChannel(msgspec.Struct, frozen=True):
    type: str


class _Adding(msgspec.Struct, frozen=True):
    channel: _NewChannel


class _Removing(msgspec.Struct, frozen=True):
    channel: wire.Named


class _GroupName(msgspec.Struct, frozen=True):
    name: str = ""


class _AddingGroup(msgspec.Struct, frozen=True):
    channelgroup: _GroupName = _GroupName()


class _RemovingGroup(msgspec.Struct, frozen=True):
    channelgroup: wire.Named


_OPTIONS: Final = msgspec.json.Decoder(_Options)
_ADDING: Final = msgspec.json.Decoder(_Adding)
_REMOVING: Final = msgspec.json.Decoder(_Removing)
_ADDING_GROUP: Final = msgspec.json.Decoder(_AddingGroup)
_REMOVING_GROUP: Final = msgspec.json.Decoder(_RemovingGroup)
_signal = msgspec.json.Decoder(dict[str, Json]).decode
_SIGNALS: Final = frozenset(f"p{number}" for number in range(1, 21))


# --- activation


def _meant(asked: Request) -> tuple[tuple[Media, ...], bool]:
    """The channels that a request is about, and whether it names one; without an id a group's are all."""
    if asked.found.media is not None:
        return (asked.found.media,), True
    named = reading.request(_OPTIONS, asked.data).channel
    if named is None or asked.command.endswith("all"):
        return asked.channels.media, False
    return (_named(asked.channels, named.id),), True


def _named(channels: ViewedChannels, channel: str) -> Media:
    found = next((one for one in channels.media if one == channel), None)
    if found is None:
        raise RefusedError("unknown-target", f"there is no channel {channel}")
    return found


def _turns(asked: Request, *, active: bool) -> Iterator[Media]:
    """The channels to be changed, in turn; one that is named has to need it."""
    meant, one = _meant(asked)
    for media in meant:
        if (asked.channels.state(media) is ChannelState.ACTIVE) is active:
            yield media
        elif one:
            raise RefusedError("bad-state", f"the channel is {asked.channels.state(media)} already")


def _activate(asked: Request) -> Carried:
    """The first that fails ends the run; those before it stay active."""
    done: tuple[Frame, ...] = ()
    for media in _turns(asked, active=False):
        if not asked.channels.activate(media):
            state = asked.channels.state(media)
            raise RefusedError("activation-failed", f"the platform keeps the channel {state}", done)
        done += asked.channels.channel(media)
    return Carried(done)


def _deactivate(asked: Request) -> Carried:
    """An open interaction ends the run; Ready goes Not Ready before the first."""
    done: tuple[Frame, ...] = ()
    for media in _turns(asked, active=True):
        if asked.channels.busy(media):
            raise RefusedError("ongoing-interaction", f"the channel {media} has an open interaction", done)
        if asked.channels.agent_state() is AgentState.READY and not asked.gone_not_ready:
            return Carried(not_ready=True)
        asked.channels.deactivate(media)
        done += asked.channels.channel(media)
    return Carried(done)


# --- channels and the group


def _add(asked: Request) -> Carried:
    word = reading.request(_ADDING, asked.data).channel.type
    media = tables.MEDIA_IN.get(word.casefold())
    if media is None:
        raise RefusedError("bad-request", f"channel.type: no such type as {word}")
    if media in asked.channels.media:
        raise RefusedError("bad-state", f"there is a channel of the type {word} already")
    return Carried(asked.channels.add(media))


def _remove(asked: Request) -> Carried:
    media = _named(asked.channels, reading.request(_REMOVING, asked.data).channel.id)
    if asked.channels.busy(media):
        raise RefusedError("ongoing-interaction", f"the channel {media} has an open interaction")
    return Carried(asked.channels.remove(media))


def _add_group(asked: Request) -> Carried:
    name = reading.request(_ADDING_GROUP, asked.data).channelgroup.name
    if asked.channels.grouped:  # a session has one
        raise RefusedError("unsupported", f"{asked.command} is not supported")
    return Carried(asked.channels.add_group(name))


def _remove_group(asked: Request) -> Carried:
    named = reading.request(_REMOVING_GROUP, asked.data).channelgroup.id
    if named != GROUP_ID or not asked.channels.grouped:
        raise RefusedError("unknown-target", f"there is no group {named}")
    if any(asked.channels.busy(media) for media in asked.channels.media):
        raise RefusedError("ongoing-interaction", "the group has an open interaction")
    return Carried(asked.channels.remove_group())


# --- inContact


def _connect_leg(asked: Request) -> Carried:
    asked.channels.leg = True
    return Carried((_leg(asked, "connected"),), wire.Nothing())


def _disconnect_leg(asked: Request) -> Carried:
    if not asked.channels.leg:
        raise RefusedError("bad-state", "the agent leg is not connected")
    asked.channels.leg = False
    return Carried((_leg(asked, "disconnected"),), wire.Nothing())


def _leg(asked: Request, became: str) -> Frame:
    return frame(f"session.agentleg.{became}", asked.channels.session_id, wire.NOTHING)


def _scripts(_: Request) -> Carried:
    return Carried(data={"scripts": []})


def _no_script(asked: Request) -> Carried:
    if odd := set(_signal(asked.data)) - _SIGNALS:
        raise RefusedError("bad-request", f"no such parameter: {min(odd)}")
    raise RefusedError("bad-state", "no script is active for the interaction")


# Bare command -> the kind of its target, and how it is carried out.
LOCAL: Final[Mapping[str, tuple[str, Callable[[Request], Carried]]]] = {
    "session.addchannel": (tables.SESSION, _add),
    "session.removechannel": (tables.SESSION, _remove),
    "session.addchannelgroup": (tables.SESSION, _add_group),
    "session.removechannelgroup": (tables.SESSION, _remove_group),
    "session.incontact.agentleg.connect": (tables.SESSION, _connect_leg),
    "session.incontact.agentleg.disconnect": (tables.SESSION, _disconnect_leg),
    "channelgroup.activate": (tables.GROUP, _activate),
    "channelgroup.activateall": (tables.GROUP, _activate),
    "channelgroup.deactivate": (tables.GROUP, _deactivate),
    "channelgroup.deactivateall": (tables.GROUP, _deactivate),
    "channelgroup.addchannel": (tables.GROUP, _add),
    "channelgroup.removechannel": (tables.GROUP, _remove),
    "channel.activate": (tables.CHANNEL, _activate),
    "channel.deactivate": (tables.CHANNEL, _deactivate),
    "channel.incontact.getscripts": (tables.CHANNEL, _scripts),
    "interaction.incontact.signal": (tables.INTERACTION, _no_script),
}
# Only inContact has these, and nothing stands in for them elsewhere.
INCONTACT_ONLY: Final = frozenset(
    {
        "session.incontact.agentleg.connect",
        "session.incontact.agentleg.disconnect",
        "channel.incontact.getscripts",
        "interaction.incontact.signal",
    }
)
