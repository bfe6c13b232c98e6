"""When a broken test is given up. One that goes well never waits for this: an event ends each of its waits.

Nothing may be concluded from it, and it is long: a busy machine stops a process for seconds, and a command
needs half a minute to start there. What a test has to see in time goes by a fake clock.
"""

from typing import Final

PATIENCE_S: Final = 300.0
# For a gateway to stop whose store another one opens after it: one that is cut short has not let go of it.
TO_STOP_S: Final = PATIENCE_S / 10
