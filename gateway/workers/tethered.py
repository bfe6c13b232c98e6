"""`python -m gateway.workers.tethered PARENT PROGRAM ...`: becomes that program, which ends with its parent.

Whoever started it may be killed and can end nothing any more. So the system is asked to send SIGTERM then
(prctl, PR_SET_PDEATHSIG; Linux. Elsewhere nothing is asked). What was asked survives `exec`.
"""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Does not return."""
    parent, *program = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # it has died before we asked
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main()
