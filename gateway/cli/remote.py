"""A gateway anywhere, spoken to as any client speaks to it: an address, and a key where it wants one."""

from pathlib import Path
from typing import Final, NamedTuple

from yarl import URL

from gateway.cli.options import LOCAL
from schemas.errors import ConfigError

_MOST_KEY_BYTES: Final = 4_096


class Remote(NamedTuple):
    """Where it is, and what opens it."""

    url: str  # without a slash at the end
    key: str = ""  # empty: none is shown

    @property
    def stream(self) -> str:
        """The address of its WebSocket."""
        return self.url.replace("http", "ws", 1) + "/v1/stream"


def remote(url: str, key: str, key_file: Path | None) -> Remote:
    """As options name it. Raises ConfigError."""
    try:
        parsed = URL(url)
    except ValueError as error:
        raise ConfigError(f"--url {url}: {error}") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query_string or parsed.fragment:
        raise ConfigError(f"--url {url}: must be such as {LOCAL} or https://trunkline.example")
    if parsed.user or parsed.password:
        raise ConfigError("--url: a key goes into a file, which --key-file names")
    if key_file is not None:
        try:
            with key_file.open(encoding="ascii") as file:
                key = file.read(_MOST_KEY_BYTES).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--key-file {key_file}: cannot be read: {error}") from error
    if not key.isprintable() or " " in key:
        raise ConfigError("the key is none: it is one word, such as tlk_...")
    return Remote(str(parsed).rstrip("/"), key)
