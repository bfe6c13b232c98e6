"""When an agent whose session did not come about is tried again.

Source: reference channel-session.md sections 1.5 and 1.6.
"""

from datetime import timedelta
from typing import Final

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=5)
IN_VAIN: Final = "bad-credentials"  # nothing but another password would help
