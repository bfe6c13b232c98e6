"""What a row of the protocol says of a request beside what the kit's rows say."""

from dataclasses import dataclass

from adapters.channel_session.addressing import Asked
from adapters.channel_session.client_channels import Carries
from adapters.kit.methods import Method
from schemas.commands import AnyCommand
from schemas.interaction import EndCause, RecordingState


@dataclass(frozen=True, eq=False)
class Row(Method[Asked, AnyCommand]):
    """One request."""

    event: str = ""  # the one that brings its list
    ends: EndCause | None = None  # South: if it succeeds the contact ends, and by this. Nothing else tells.
    already: RecordingState | None = None  # North: it succeeds if it is so already
    consulting: bool = False  # North: it needs an open consultation
    consults: bool = False  # North: it begins one
    carries: Carries | None = None  # North: it changes what one client has, and is no canonical command
