"""What a demonstration of a dialect does: data, acted out over a simulated platform.

Each dialect declares its own, as structs or in a `demo.toml` (adapters.kit.demo); the core acts out what is
declared. Labels name its interactions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from schemas.interaction import InteractionState
from schemas.results import ErrorCode
from schemas.values import Json


class Offer(msgspec.Struct, frozen=True, kw_only=True, tag_field="step", tag="offer"):
    """A contact comes in for an agent; it goes on when it is offered."""

    label: str
    agent: str
    media: str = "voice"  # voice, chat, email
    ani: str = "+15550100"
    dnis: str = "+15550199"
    data: dict[str, Json] = {}
    service: str = ""


class Do(msgspec.Struct, frozen=True, kw_only=True, tag_field="step", tag="do"):
    """A command, through the gateway. Its result must be `refused`, or success where that is None."""

    verb: str
    agent: str
    on: str = ""  # label of the interaction it is about
    args: dict[str, Json] = {}
    creates: str = ""  # label of the interaction that comes of it
    answers: tuple[dict[str, Json], ...] = ()  # to the questions it meets, in order
    refused: ErrorCode | None = None


class Await(msgspec.Struct, frozen=True, kw_only=True, tag_field="step", tag="await"):
    """Go on when the interaction is in that state."""

    label: str
    state: InteractionState


Step = Offer | Do | Await


@dataclass(frozen=True)
class DemoScript:
    """A dialect's demonstration."""

    title: str
    agents: tuple[str, ...]
    switch: Mapping[str, Json]  # settings of the simulated platform
    platform: Mapping[str, Json]  # settings of the dialect in the gateway
    steps: tuple[Step, ...]
