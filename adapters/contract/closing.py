"""The codes that a connection of any dialect closes with. docs/integrate/stream.md lists them for clients."""

from enum import IntEnum


class CloseCode(IntEnum):
    """WebSocket close codes, by what the other end is to do."""

    TRY_AGAIN = (
        1013  # a call of ours was refused or not answered, or too much came before its answer: connect anew
    )
    NOBODY = 4401  # neither the page nor the token says who the agent is: come with a token that does
