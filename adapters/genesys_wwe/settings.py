"""The options of a WWE platform or endpoint. There are no secrets: this API carries none."""

from pydantic import Field

from adapters.dialect import DialectSettings
from adapters.genesys_wwe.tables import CHANNELS

EVERY_KEY = "*"


class Settings(DialectSettings):
    """South: what the agents' page is asked for. North: what a host page may see and change."""

    # Dispositions and notes are plain attached data on this platform; its administrator chooses the keys.
    disposition_key: str = Field(default="Business Result", min_length=1)
    notes_key: str = Field(default="Notes", min_length=1)
    channels: tuple[str, ...] = Field(default=CHANNELS, min_length=1)  # subscribed to, south
    # North, as for the vendor service-client-api.user-data.read-allowed and
    # service-client-api.user-data.write-allowed: `*` is every key. What is denied stays denied.
    user_data_read_allowed: tuple[str, ...] = (EVERY_KEY,)
    user_data_read_denied: tuple[str, ...] = ()
    user_data_write_allowed: tuple[str, ...] = (EVERY_KEY,)
    user_data_write_denied: tuple[str, ...] = ()

    def readable(self, key: str) -> bool:
        """Whether a host page may see this key of the attached data."""
        return _permits(key, self.user_data_read_allowed, self.user_data_read_denied)

    def writable(self, key: str) -> bool:
        """Whether a host page may set or delete this key."""
        return _permits(key, self.user_data_write_allowed, self.user_data_write_denied)


def _permits(key: str, allowed: tuple[str, ...], denied: tuple[str, ...]) -> bool:
    return key not in denied and (EVERY_KEY in allowed or key in allowed)
