"""North: a client's leave-and-complete is a release, awaited, and then a completion."""

from collections.abc import Sequence

from schemas import commands as c


def chosen_disposition(commands: Sequence[c.AnyCommand]) -> str:
    """With which one these two would complete; empty if they are other commands, or it names none.

    The gateway looks whether there is such a disposition before the first of them ends anything.
    """
    match commands:
        case (c.Release(), c.Complete(answers={"disposition": str(disposition)})):
            return disposition
        case _:
            return ""
