"""One configured platform, as the running gateway knows it."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

from adapters.contract.dialect import DialectSettings, ErasedDialect
from adapters.contract.remarks import Remark, RemarkKind
from gateway.numbers.plan import DialPlan
from gateway.platforms.config import PlatformConfig, platform_settings
from schemas.errors import RefusedError
from schemas.events import LinkState
from schemas.ids import PlatformId
from schemas.results import ErrorCode

_EXCERPT: Final = 120


class BadFrame(msgspec.Struct, frozen=True):
    """A frame that could not be read: what was wrong and how large it was, never what it said."""

    at: datetime
    what: str
    size_bytes: int


class Remarked(msgspec.Struct, frozen=True):
    """Something about a frame that was taken all the same: where, never what it said."""

    at: datetime
    kind: RemarkKind
    what: str


class FailingLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that did not become usable when it was last tried, and why."""

    agent_id: str  # whose page it is; "": not known, or the platform's own
    reason: str
    since: datetime
    last: datetime
    times: int
    last_s: float  # of the steady clock


@dataclass
class Platform:
    """Its part of the configuration, its dialect, and what the operator asks about it."""

    id: PlatformId
    config: PlatformConfig
    dialect: ErasedDialect
    settings: DialectSettings
    facades: Mapping[str, DialectSettings] = field(default_factory=dict)  # dialects that clients may speak
    plan: DialPlan = field(default_factory=DialPlan)
    state: LinkState = LinkState.DISCONNECTED
    links: int = 0
    reason: str = ""  # why there is no link
    failing: dict[str, FailingLink] = field(default_factory=dict)  # by agent; the last tried one last
    malformed: int = 0
    bad_frames: deque[BadFrame] = field(default_factory=lambda: deque(maxlen=100))

    remarks: Counter[RemarkKind] = field(default_factory=Counter)
    last_remarks: deque[Remarked] = field(default_factory=lambda: deque(maxlen=100))

    def note_remark(self, at: datetime, remark: Remark) -> None:
        """Count what there was to say of a frame that was taken, and keep the last ones."""
        self.remarks[remark.kind] += 1
        self.last_remarks.append(Remarked(at, remark.kind, remark.what[:_EXCERPT]))

    def note_malformed(self, at: datetime, what: str, size_bytes: int) -> None:
        """Count a bad frame and keep its description, bounded."""
        self.malformed += 1
        self.bad_frames.append(BadFrame(at, what[:_EXCERPT], size_bytes))


def offering(platforms: Mapping[PlatformId, Platform], name: str, dialect: str) -> Platform:
    """The platform of that name, if it is offered in that dialect. Raises RefusedError."""
    platform = platforms.get(PlatformId(name))
    if platform is None or dialect not in platform.facades:
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "no such platform, or that dialect is not offered there")
    return platform


def configured(
    platforms: Mapping[PlatformId, PlatformConfig], dialects: Mapping[str, ErasedDialect], malformed_kept: int
) -> dict[PlatformId, Platform]:
    """All of them. Raises ConfigError for what their dialects find wrong."""
    settings = platform_settings(platforms, dialects)
    return {
        platform_id: Platform(
            platform_id,
            one,
            dialects[one.dialect],
            settings[platform_id].own,
            settings[platform_id].facades,
            DialPlan(one.numbers),
            bad_frames=deque(maxlen=malformed_kept),
            last_remarks=deque(maxlen=malformed_kept),
        )
        for platform_id, one in platforms.items()
    }
