"""What a key or token is narrowed to. Scopes say what may be done at all; a grant, with whom and what.

A grant only takes away. An empty field narrows nothing; with several, each narrows. What it names is resolved
where it is used (gateway/security/rights.py): a platform, agent or team that is not there is nobody's to see.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Self

import msgspec
from msgspec.structs import asdict, replace

from schemas.events import EVENTS, PLATFORM_EVENTS


class Role(StrEnum):
    """What a token lets its bearer be."""

    LINK = "link"  # the platform's page of that agent, to us
    FACADE = "facade"  # a client in a dialect, for that agent


class VerbGroup(StrEnum):
    """Commands that are given away together."""

    SIGN_IN = "sign_in"
    STATE = "state"
    DIAL = "dial"  # the power to reach people: calls, chats, mail
    HANDLE = "handle"  # what there is
    TRANSFER = "transfer"
    RECORDING = "recording"
    DATA = "data"
    WRAP_UP = "wrap_up"
    DIRECTORY = "directory"
    QUERIES = "queries"  # answers to what a platform asks
    VENDOR = "vendor"


VERBS: Final[Mapping[VerbGroup, frozenset[str]]] = {
    VerbGroup.SIGN_IN: frozenset({"agent.login", "agent.logout"}),
    VerbGroup.STATE: frozenset({"agent.set_state"}),
    VerbGroup.DIAL: frozenset({"interaction.dial", "interaction.start_chat", "interaction.start_email"}),
    VerbGroup.HANDLE: frozenset(
        {
            *("interaction.accept", "interaction.reject", "interaction.release", "interaction.focus"),
            *("interaction.hold", "interaction.retrieve", "interaction.mute", "interaction.unmute"),
            *("interaction.send_dtmf", "chat.send", "email.reply", "email.forward"),
        }
    ),
    VerbGroup.TRANSFER: frozenset(
        {
            *("interaction.consult", "interaction.alternate", "interaction.drop_party"),
            *("interaction.complete_transfer", "interaction.complete_conference"),
            *("interaction.single_step_transfer", "interaction.single_step_conference"),
        }
    ),
    VerbGroup.RECORDING: frozenset(
        {
            *("interaction.start_recording", "interaction.stop_recording"),
            *("interaction.pause_recording", "interaction.resume_recording"),
        }
    ),
    VerbGroup.DATA: frozenset({"interaction.set_data", "interaction.delete_data"}),
    VerbGroup.WRAP_UP: frozenset(
        {
            *("interaction.set_disposition", "interaction.set_notes", "interaction.list_dispositions"),
            *("interaction.complete", "interaction.block_completion", "interaction.unblock_completion"),
            *("interaction.extend_wrap_up", "interaction.end_wrap_up"),
        }
    ),
    VerbGroup.DIRECTORY: frozenset({"directory.list"}),
    VerbGroup.QUERIES: frozenset({"query.answer"}),
    VerbGroup.VENDOR: frozenset({"vendor.call"}),
}
GROUP_OF: Final[Mapping[str, VerbGroup]] = {verb: group for group, verbs in VERBS.items() for verb in verbs}


class FieldClass(StrEnum):
    """Of what kind a field of the model is."""

    IDENTIFIER = "identifier"
    PERSONAL = "personal"
    CONTENT = "content"
    SECRET = "secret"  # noqa: S105  # a name


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left of everything. Teams are those of the configuration; types may end in `.*`.

    `roles` are those that tokens may be minted for. `masked` and `dropped` are classes of fields that are not
    told, or whose members are left out.
    """

    tenant: str = ""
    platforms: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    verbs: frozenset[VerbGroup] = frozenset()
    types: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    masked: frozenset[FieldClass] = frozenset()
    dropped: frozenset[FieldClass] = frozenset()

    @property
    def narrows(self) -> bool:
        """Whether it takes anything away."""
        return self != UNNARROWED

    def or_as_in(self, other: Self) -> Self:
        """The same; what it leaves empty is as the other has it. What is not told there is not told here."""
        mine = {name: value for name, value in asdict(self).items() if value}
        mine |= {"masked": self.masked | other.masked, "dropped": self.dropped | other.dropped}
        return replace(other, **mine)

    def within(self, other: Self) -> bool:
        """Whether it gives no more than the other."""
        return (
            other.tenant in ("", self.tenant)
            and all(
                not theirs or (bool(mine) and mine <= theirs)
                for mine, theirs in (
                    (self.platforms, other.platforms),
                    (self.agents, other.agents),
                    (self.teams, other.teams),
                    (self.verbs, other.verbs),
                    (types_meant(self.types), types_meant(other.types)),
                    (self.roles, other.roles),
                )
            )
            and other.masked <= self.masked | self.dropped
            and other.dropped <= self.dropped
        )


UNNARROWED: Final = Grant()


def types_meant(patterns: Iterable[str]) -> frozenset[str]:
    """The event types that patterns such as `interaction.held`, `interaction.*` and `*` mean.

    A pattern that means none stands for itself: nothing is of that type, and that is no reason to give more.
    """
    meant: set[str] = set()
    for pattern in patterns:
        if pattern == "*":
            meant.update(PLATFORM_EVENTS)
        elif pattern.endswith(".*"):
            meant.update([name for name in EVENTS if name.startswith(pattern[:-1])] or [pattern])
        else:
            meant.add(pattern)
    return frozenset(meant)
