"""Playing the documented sequences on a bridge."""

from tests.dialects.channel_session.bridge import Bridge, Frame
from tests.dialects.channel_session.sequences import Step


def is_event(frame: bytes) -> bool:
    """Not a response."""
    return b'"messageType"' in frame


def play(bridge: Bridge, step: Step) -> list[Frame]:
    """What the client reads when a step is played."""
    heard = bridge.say(step.command, step.target, step.data) if step.command else []
    return [*heard, *bridge.hear(*step.frames)]
